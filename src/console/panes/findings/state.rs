//! The findings, as their pane lists them.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use crate::console::popups::backfill::BackfillResult;
use crate::console::ui::list_cursor::{ListCursor, push};
use crate::ledger::finding::Finding;

/// The Findings pane: all findings, oldest first, bounded.
#[derive(Debug, Default)]
pub struct Findings {
    /// The findings.
    pub list: VecDeque<FindingEntry>,
    /// The number of entries removed because of the maximum.
    pub evicted: u64,
    /// The cursor.
    pub position: ListCursor,
    /// The notes of acknowledged findings, by row ID. Kept for this session only.
    pub acknowledged: BTreeMap<u64, String>,
    /// The messages that other recordings have of gaps, by row ID. The last recording searched counts.
    pub backfilled: BTreeMap<u64, BackfillResult>,
    /// The number of acknowledged gaps, including those removed from the list.
    pub acknowledged_gaps: u64,
}

impl Findings {
    /// Adds the newest entry. A cursor on the newest entry follows, unless `keep_cursor` is set.
    pub fn push(&mut self, entry: FindingEntry, keep_cursor: bool) {
        push(&mut self.list, &mut self.evicted, &mut self.position, entry, keep_cursor);
        let oldest = self.list.front().map_or(0, |entry| entry.row_id);
        if self.acknowledged.first_key_value().is_some_and(|(row_id, _)| *row_id < oldest) {
            self.acknowledged = self.acknowledged.split_off(&oldest);
        }
        if self.backfilled.first_key_value().is_some_and(|(row_id, _)| *row_id < oldest) {
            self.backfilled = self.backfilled.split_off(&oldest);
        }
    }

    /// The finding under the cursor.
    #[must_use]
    pub fn selected(&self) -> Option<&FindingEntry> {
        self.list.get(self.position.cursor)
    }

    /// The note of an acknowledged finding.
    #[must_use]
    pub fn note(&self, entry: &FindingEntry) -> Option<&str> {
        self.acknowledged.get(&entry.row_id).map(String::as_str)
    }

    /// The indices of the entries shown in a window of `height` entries.
    #[must_use]
    pub fn window(&self, height: usize) -> Range<usize> {
        self.position.range(self.list.len(), height)
    }
}

/// One finding and its place in the stream.
#[derive(Debug, Clone)]
pub struct FindingEntry {
    /// The finding.
    pub finding: Finding,
    /// The row ID of its row.
    pub row_id: u64,
}
