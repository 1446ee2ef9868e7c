//! Writes one line of cells from left to right.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::console::ui::text;

/// Writes one line. Text that does not fit ends in `…`.
#[derive(Debug)]
pub(crate) struct Pen<'a> {
    buf: &'a mut Buffer,
    x: u16,
    y: u16,
    end: u16,
}

/// The alignment of a text in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    /// Left, for words.
    Left,
    /// Right, for numbers.
    Right,
}

impl<'a> Pen<'a> {
    /// Starts at the left of line `row` of `area`. Nothing is written outside of the area and the buffer.
    pub(crate) fn new(buf: &'a mut Buffer, area: Rect, row: u16) -> Self {
        let line = Rect { y: area.y.saturating_add(row), height: u16::from(row < area.height), ..area };
        let line = line.intersection(buf.area);
        let end = if line.height == 0 { line.x } else { line.right() };
        Self { buf, x: line.x, y: line.y, end }
    }

    /// The cells that are left.
    #[must_use]
    pub(crate) fn room(&self) -> usize {
        usize::from(self.end - self.x)
    }

    /// The column of the next cell, counted from the left of the screen.
    #[must_use]
    pub(crate) fn x(&self) -> u16 {
        self.x
    }

    /// Keeps `width` cells at the right free.
    #[must_use]
    pub(crate) fn reserve(mut self, width: usize) -> Self {
        self.end = self.end.saturating_sub(clamp(width)).max(self.x);
        self
    }

    /// Writes the text.
    pub(crate) fn put(&mut self, text: &str, style: Style) -> &mut Self {
        let (head, whole) = text::head(text, self.room());
        self.set(head, style);
        if !whole {
            self.set("…", style);
        }
        self
    }

    /// Writes the text if all of it fits.
    pub(crate) fn put_whole(&mut self, text: &str, style: Style) -> &mut Self {
        if text::cells(text) <= self.room() {
            self.set(text, style);
        }
        self
    }

    /// Writes the text into a column of `width` cells.
    pub(crate) fn column(&mut self, text: &str, width: usize, side: Align, style: Style) -> &mut Self {
        let width = width.min(self.room());
        let end = self.x + clamp(width);
        let free = width.saturating_sub(text::cells(text));
        if side == Align::Right {
            self.x += clamp(free);
        }
        let (head, whole) = text::head(text, usize::from(end - self.x));
        self.set(head, style);
        if !whole {
            self.set("…", style);
        }
        self.x = end;
        self
    }

    /// Leaves `width` cells as they are.
    pub(crate) fn skip(&mut self, width: usize) -> &mut Self {
        self.x = self.x.saturating_add(clamp(width)).min(self.end);
        self
    }

    /// Fills `width` cells.
    pub(crate) fn fill(&mut self, symbol: &str, width: usize, style: Style) -> &mut Self {
        for _ in 0..width.min(self.room()) {
            if let Some(cell) = self.buf.cell_mut(Position::new(self.x, self.y)) {
                cell.set_symbol(symbol).set_style(style);
            }
            self.x += 1;
        }
        self
    }

    /// Fills the cells that are left.
    pub(crate) fn fill_rest(&mut self, symbol: &str, style: Style) {
        self.fill(symbol, self.room(), style);
    }

    fn set(&mut self, text: &str, style: Style) {
        if self.x >= self.end {
            return;
        }
        let room = self.room();
        if !text::is_plain(text) {
            (self.x, _) = self.buf.set_stringn(self.x, self.y, text, room, style);
            return;
        }
        let start = self.buf.index_of(self.x, self.y);
        for (cell, byte) in self.buf.content[start..start + room].iter_mut().zip(text.bytes()) {
            cell.set_char(char::from(byte)).set_style(style);
            self.x += 1;
        }
    }
}

fn clamp(width: usize) -> u16 {
    u16::try_from(width).unwrap_or(u16::MAX)
}
