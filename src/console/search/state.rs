//! The state of the search.

use std::collections::VecDeque;

use crate::console::app::background::{NextRow, ScanRange};
use crate::console::search::needle::Needle;
use crate::console::ui::line_edit::LineEdit;

/// The prompt of a search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchPrompt {
    /// The text.
    pub line: LineEdit,
    /// Whether it is a regex.
    pub is_regex: bool,
    /// Why the regex is invalid, already escaped.
    pub error: Option<String>,
    /// The scroll position before the search.
    pub place: Place,
}

/// A scroll position in Messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The ID of the selected row.
    pub cursor: Option<u64>,
    /// The row ID of the first row in the window.
    pub top: u64,
    /// Whether the newest row was followed.
    pub follow: bool,
    /// The ID of the row that the user selected.
    pub chosen: Option<u64>,
}

/// A search and its progress.
#[derive(Debug)]
pub struct Search {
    /// What is searched for.
    pub needle: Needle,
    /// The IDs of the listed rows with a hit, oldest first.
    pub hits: VecDeque<u64>,
    /// The examined rows.
    pub scan_range: ScanRange,
    /// The row whose long payload was examined in part, and the next offset.
    pub(crate) partial: Option<(NextRow, usize)>,
    /// Whether the first hit will be selected.
    pub(crate) seeking: bool,
}

impl Search {
    /// Starts before the row with this ID.
    #[must_use]
    pub fn new(needle: Needle, row_id: u64) -> Self {
        Self { needle, hits: VecDeque::new(), scan_range: ScanRange::from(row_id), partial: None, seeking: true }
    }

    /// Whether this row has a hit.
    #[must_use]
    pub fn is_hit(&self, row_id: u64) -> bool {
        self.hits.binary_search(&row_id).is_ok()
    }

    /// The index of a row among the hits, from 1; `None` if it is not a hit.
    #[must_use]
    pub fn position(&self, row_id: u64) -> Option<usize> {
        self.hits.binary_search(&row_id).ok().map(|index| index + 1)
    }

    /// The next or previous hit, seen from a row. It wraps around.
    #[must_use]
    pub fn next(&self, row_id: u64, forward: bool) -> Option<u64> {
        let (first, last) = (self.hits.front()?, self.hits.back()?);
        Some(if forward {
            let index = self.hits.partition_point(|hit| *hit <= row_id);
            *self.hits.get(index).unwrap_or(first)
        } else {
            let index = self.hits.partition_point(|hit| *hit < row_id);
            index.checked_sub(1).and_then(|index| self.hits.get(index)).copied().unwrap_or(*last)
        })
    }
}
