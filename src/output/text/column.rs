//! A column of lines that are printed one by one, before it is known how wide the next will be.

use unicode_width::UnicodeWidthStr as _;

/// As wide as the widest cell so far, up to a bound; a cell beyond the bound pushes its own line only.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    width: usize,
    widest: usize,
}

impl Column {
    /// A column that grows up to `widest` terminal columns.
    pub(super) const fn up_to(widest: usize) -> Self {
        Self { width: 0, widest }
    }

    /// Takes note of a cell, and gives how much room is left behind it.
    pub(super) fn room(&mut self, cell: &str) -> usize {
        let width = if cell.is_ascii() { cell.len() } else { cell.width() };
        if width <= self.widest {
            self.width = self.width.max(width);
        }
        self.width.saturating_sub(width)
    }
}
