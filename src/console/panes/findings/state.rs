//! The findings, as their pane lists them.

use std::collections::BTreeMap;

use crate::console::app::state::FindingCounts;
use crate::console::popups::backfill::BackfillResult;
use crate::console::ui::grouped_list::{GroupedList, Line, Listed};
use crate::ledger::finding::{Acknowledgement, Finding, FindingKind};
use crate::ledger::sequence::Channel;
use crate::wire::escape::escape;

/// This many gaps of one kind on one channel are listed one by one. Further ones form a group.
const MAX_SINGLE_GAPS: u8 = 3;

/// What the findings of a group have in common: channel and kind. The number keeps single gaps apart.
type FindingKey = (Channel, FindingKind, u8);

/// A line of the pane: a finding, or several that are folded.
pub(crate) type FindingLine<'a> = Line<'a, FindingKey, FindingEntry>;

/// The Findings pane: groups of findings, bounded.
#[derive(Debug, Default)]
pub struct Findings {
    /// The findings.
    pub list: GroupedList<FindingKey, FindingEntry>,
    /// The acknowledgements of listed findings, by row ID.
    pub acknowledged: BTreeMap<u64, Acknowledgement>,
    /// The messages that other recordings have of gaps, by row ID. The last recording searched counts.
    pub backfilled: BTreeMap<u64, BackfillResult>,
    /// The recording or directory that was searched last for a gap, as typed. Empty before the first search.
    pub searched: String,
    /// The counts of acknowledged findings, including those removed from the list.
    pub acknowledged_counts: FindingCounts,
}

impl Findings {
    /// Adds the newest entry. A cursor on the last line follows, unless `keep_cursor` is set.
    pub fn push(&mut self, entry: FindingEntry, keep_cursor: bool) {
        let kind = entry.finding.kind;
        let key = |number| (entry.finding.channel.clone(), kind, number);
        let singles = if kind.is_gap() { MAX_SINGLE_GAPS } else { 0 };
        let number = (0..singles).find(|number| !self.list.contains(&key(*number))).unwrap_or(singles);
        for removed in self.list.push(key(number), entry, keep_cursor) {
            self.acknowledged.remove(&removed.row_id);
            self.backfilled.remove(&removed.row_id);
        }
    }

    /// The finding under the cursor, or why there is none.
    ///
    /// # Errors
    ///
    /// The list is empty, or the cursor is on a group.
    pub fn selected(&self) -> Result<&FindingEntry, &'static str> {
        let line = self.list.selected().ok_or("no finding is selected")?;
        line.entry.ok_or("this is a group of findings: unfold it and select one")
    }

    /// The finding under the cursor, or the findings of the group.
    pub(crate) fn chosen(&self) -> impl Iterator<Item = &FindingEntry> {
        let line = self.list.selected();
        let group = line.as_ref().filter(|line| line.entry.is_none()).map(|line| &line.group.kept);
        line.as_ref().and_then(|line| line.entry).into_iter().chain(group.into_iter().flatten())
    }

    /// The note of an acknowledged finding.
    #[must_use]
    pub fn note(&self, entry: &FindingEntry) -> Option<&str> {
        self.acknowledged.get(&entry.row_id).map(|acknowledgement| acknowledgement.note.as_str())
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

impl FindingEntry {
    /// Whether it is a gap whose range of sequence numbers is known.
    #[must_use]
    pub(crate) fn is_numbered_gap(&self) -> bool {
        let finding = &self.finding;
        finding.kind.is_gap() && finding.sequence_from.is_some() && finding.sequence_to.is_some()
    }
}

impl Listed for FindingEntry {
    fn row_id(&self) -> u64 {
        self.row_id
    }

    fn at(&self) -> i64 {
        self.finding.at
    }

    fn text(&self) -> String {
        let finding = &self.finding;
        format!("{} {} {}", escape(finding.channel.as_bytes()), finding.line(), finding.kind.words())
    }
}
