//! The findings and the rejected messages, as their panes list them.

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
    /// How many left the list by its bound.
    pub evicted: u64,
    /// The cursor.
    pub position: ListCursor,
    /// The findings that were marked as acknowledged, by the row ID of their row, each with its note. Kept for this session only.
    pub acknowledged: BTreeMap<u64, String>,
    /// What other recordings know of gaps, by the row ID of their row; the last one asked of each.
    pub backfilled: BTreeMap<u64, BackfillResult>,
    /// How many gaps were marked as acknowledged, those that left the list included.
    pub acknowledged_gaps: u64,
}

impl Findings {
    /// Adds the newest. With `keep_cursor` false, a cursor on the newest goes with it.
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

    /// The note of a finding that was marked as acknowledged.
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
