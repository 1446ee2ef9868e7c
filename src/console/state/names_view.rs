//! The message names of a channel, or of several, as they are looked at.

use std::ops::Range;

use super::names::{NameOrder, NameRow};
use super::scroll::Scroll;

/// The names as of a second ago at most.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamesView {
    /// Whose names these are, by index; none: of all channels.
    pub channels: Option<Vec<usize>>,
    /// What they are called; not escaped. Empty: all channels.
    pub title: Vec<u8>,
    /// In what order they stand.
    pub order: NameOrder,
    /// The names.
    pub rows: Vec<NameRow>,
    /// The row under the cursor.
    pub cursor: usize,
    /// The first row shown where not all have room.
    pub top: usize,
}

impl NamesView {
    /// The indices of the rows that have room in `height` lines.
    #[must_use]
    pub fn window(&self, height: usize) -> Range<usize> {
        self.scroll(height).range()
    }

    pub(crate) fn scroll(&self, height: usize) -> Scroll {
        Scroll { len: self.rows.len(), top: self.top, cursor: self.cursor, height }
    }
}
