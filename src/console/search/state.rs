//! What is searched for, and where it was found.

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
    /// Why it is no regex, escaped already.
    pub error: Option<String>,
    /// Where one was before.
    pub place: Place,
}

/// Where one looks in the messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The selected row's row ID.
    pub cursor: Option<u64>,
    /// The row ID of the first row in the window.
    pub top: u64,
    /// Whether the newest row was followed.
    pub follow: bool,
}

/// A search, and how far it has come.
#[derive(Debug)]
pub struct Search {
    /// What is searched for.
    pub needle: Needle,
    /// The row IDs of the rows with a hit that are shown, oldest first.
    pub hits: VecDeque<u64>,
    /// Which rows were looked at.
    pub scan_range: ScanRange,
    /// The row whose long payload was looked at in part, and how far.
    pub(crate) partial: Option<(NextRow, usize)>,
    /// The selection goes to the first hit that is found.
    pub(crate) seeking: bool,
}

impl Search {
    /// Begins before the row with that row ID.
    #[must_use]
    pub fn new(needle: Needle, row_id: u64) -> Self {
        Self { needle, hits: VecDeque::new(), scan_range: ScanRange::from(row_id), partial: None, seeking: true }
    }

    /// Whether that row has a hit.
    #[must_use]
    pub fn is_hit(&self, row_id: u64) -> bool {
        self.hits.binary_search(&row_id).is_ok()
    }

    /// The place of a row among the hits, from 1; none where it is no hit.
    #[must_use]
    pub fn position(&self, row_id: u64) -> Option<usize> {
        self.hits.binary_search(&row_id).ok().map(|index| index + 1)
    }

    /// The next hit after a row, or the one before it; from the last to the first.
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
