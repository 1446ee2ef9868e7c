//! The command palette: what is typed, and which of the actions found is under the cursor.

use std::ops::Range;

use super::line_edit::LineEdit;
use super::scroll::Scroll;

/// The palette.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Palette {
    /// What is typed.
    pub line: LineEdit,
    /// The action under the cursor, by its index among those found.
    pub cursor: usize,
    /// The first one shown where not all have room.
    pub top: usize,
    /// How many are found.
    pub found: usize,
}

impl Palette {
    /// The indices, among the actions found, of those that have room in `height` lines.
    #[must_use]
    pub fn window(&self, height: usize) -> Range<usize> {
        self.scroll(height).range()
    }

    pub(crate) fn scroll(&self, height: usize) -> Scroll {
        Scroll { len: self.found, top: self.top, cursor: self.cursor, height }
    }
}
