//! The findings and the rejected messages, as their panes list them.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use super::backfill::BackfillResult;
use super::scroll::Scroll;
use crate::ledger::finding::Finding;
use crate::ledger::sequence::{Channel, Sequence};
use crate::wire::verdict::Rejection;

/// The Findings pane: all findings, oldest first, bounded.
#[derive(Debug, Default)]
pub struct Findings {
    /// The findings.
    pub list: VecDeque<FindingEntry>,
    /// How many left the list by its bound.
    pub evicted: u64,
    /// The index under the cursor.
    pub cursor: usize,
    /// The first index shown where not all have room.
    pub top: usize,
    /// The findings that were marked as handled, by the row_id of their row, each with its note. Kept for this session only.
    pub handled: BTreeMap<u64, String>,
    /// What other recordings know of gaps, by the row_id of their row; the last one asked of each.
    pub filled: BTreeMap<u64, BackfillResult>,
    /// How many gaps were marked as handled, those that left the list included.
    pub handled_gaps: u64,
}

/// How many findings, and how many rejected messages, are listed at most; the oldest leave.
pub const MAX_LISTED: usize = 10_000;

impl Findings {
    /// Adds the newest. With `keep_cursor` false, a cursor on the newest goes with it.
    pub fn push(&mut self, entry: FindingEntry, keep_cursor: bool) {
        push(&mut self.list, &mut self.evicted, (&mut self.cursor, &mut self.top), entry, keep_cursor);
        let oldest = self.list.front().map_or(0, |entry| entry.row_id);
        if self.handled.first_key_value().is_some_and(|(row_id, _)| *row_id < oldest) {
            self.handled = self.handled.split_off(&oldest);
        }
        if self.filled.first_key_value().is_some_and(|(row_id, _)| *row_id < oldest) {
            self.filled = self.filled.split_off(&oldest);
        }
    }

    /// The finding under the cursor.
    #[must_use]
    pub fn selected(&self) -> Option<&FindingEntry> {
        self.list.get(self.cursor)
    }

    /// The note of a finding that was marked as handled.
    #[must_use]
    pub fn note(&self, entry: &FindingEntry) -> Option<&str> {
        self.handled.get(&entry.row_id).map(String::as_str)
    }

    /// The indices of the entries that have room where `count` have.
    #[must_use]
    pub fn window(&self, count: usize) -> Range<usize> {
        self.scroll(count).range()
    }

    pub(crate) fn scroll(&self, height: usize) -> Scroll {
        Scroll { len: self.list.len(), top: self.top, cursor: self.cursor, height }
    }
}

impl Rejections {
    /// Adds the newest. With `keep_cursor` false, a cursor on the newest goes with it.
    pub fn push(&mut self, entry: RejectedEntry, keep_cursor: bool) {
        *self.by_rejection.entry(entry.rejection.name()).or_default() += 1;
        push(&mut self.list, &mut self.evicted, (&mut self.cursor, &mut self.top), entry, keep_cursor);
    }

    /// The indices of the entries that have room where `count` have.
    #[must_use]
    pub fn window(&self, count: usize) -> Range<usize> {
        self.scroll(count).range()
    }

    pub(crate) fn scroll(&self, height: usize) -> Scroll {
        Scroll { len: self.list.len(), top: self.top, cursor: self.cursor, height }
    }
}

fn push<T>(
    list: &mut VecDeque<T>,
    evicted: &mut u64,
    (cursor, top): (&mut usize, &mut usize),
    entry: T,
    keep_cursor: bool,
) {
    let on_newest = *cursor + 1 >= list.len();
    list.push_back(entry);
    if on_newest && !keep_cursor {
        *cursor = list.len() - 1;
    }
    if list.len() > MAX_LISTED {
        list.pop_front();
        *evicted += 1;
        *cursor = cursor.saturating_sub(1);
        *top = top.saturating_sub(1);
    }
}

/// One finding and its place in the stream.
#[derive(Debug, Clone)]
pub struct FindingEntry {
    /// The finding.
    pub finding: Finding,
    /// The row_id of its row.
    pub row_id: u64,
}

/// The Rejected pane: rejected messages, oldest first, bounded.
#[derive(Debug, Default)]
pub struct Rejections {
    /// The rejected messages.
    pub list: VecDeque<RejectedEntry>,
    /// How many left the list by its bound.
    pub evicted: u64,
    /// The index under the cursor.
    pub cursor: usize,
    /// The first index shown where not all have room.
    pub top: usize,
    /// How many of each reason, all told.
    pub by_rejection: BTreeMap<&'static str, u64>,
}

/// One rejected message and its place in the stream.
#[derive(Debug, Clone)]
pub struct RejectedEntry {
    /// When it came.
    pub at: i64,
    /// On which channel.
    pub channel: Channel,
    /// Its name, not escaped; cut after 256 bytes.
    pub name: Vec<u8>,
    /// The key name in its signature, not escaped; cut after 256 bytes.
    pub key_name: Option<Vec<u8>>,
    /// Its sequence.
    pub sequence: Sequence,
    /// Why it is rejected.
    pub rejection: Rejection,
    /// The row_id of its row.
    pub row_id: u64,
}
