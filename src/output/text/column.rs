//! A column of lines that are printed one by one, before the width of the next cell is known.

use unicode_width::UnicodeWidthStr as _;

/// A column that is as wide as its widest cell so far, up to a limit. A wider cell shifts only its own line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    width: usize,
    max_width: usize,
}

impl Column {
    /// A column that grows up to `max_width` terminal columns.
    pub(super) const fn up_to(max_width: usize) -> Self {
        Self { width: 0, max_width }
    }

    /// Widens the column for a cell if needed. Returns the number of spaces that fill the column after the cell.
    pub(super) fn padding(&mut self, cell: &str) -> usize {
        let width = if cell.is_ascii() { cell.len() } else { cell.width() };
        if width <= self.max_width {
            self.width = self.width.max(width);
        }
        self.width.saturating_sub(width)
    }
}
