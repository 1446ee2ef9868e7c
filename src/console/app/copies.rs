//! Copies of a message share one row. A copy has the same payload, channel and verdict, and was received at most one second after
//! the first. A message and its copies are a *run*.
//!
//! The scrollback keeps every copy. Only the list omits the rows of later copies, which are then *folded*.

use std::collections::{BTreeMap, VecDeque};

use crate::console::app::update::SECOND;
use crate::ledger::interval::{Interval, Message};

/// The runs of copies, and which copies share the row of an earlier one. Rows are identified by their IDs.
#[derive(Debug, Default)]
pub struct Copies {
    /// Each copy with the first message of its run, sorted.
    copy_of: VecDeque<(u64, u64)>,
    /// For each channel, by its index: its newest message, and the first message of that run.
    newest: Vec<Option<(u64, u64)>>,
    /// The newest row that is not a message. It ends all runs.
    separator: Option<u64>,
    /// The listed part of each run, by the run's first message.
    runs: BTreeMap<u64, Run>,
    /// The copies without a row of their own, sorted.
    folded: VecDeque<u64>,
    /// Whether each copy has a row of its own.
    pub unfolded: bool,
}

/// The listed messages of a run.
#[derive(Debug)]
struct Run {
    /// The first listed message. The others share its row.
    leader: u64,
    /// The other listed messages, sorted.
    copies: VecDeque<u64>,
    /// Whether each of them has a row of its own.
    unfolded: bool,
}

/// Whether a message is a copy of the first message of a run. Both must be on the same channel.
pub(crate) fn is_copy(
    (first_interval, first): (&Interval, &Message),
    (interval, message): (&Interval, &Message),
) -> bool {
    // A later copy is a finding (`duplicate`).
    message.at.abs_diff(first.at) <= SECOND.unsigned_abs()
        && message.verdict == first.verdict
        && interval.payload(message) == first_interval.payload(first)
}

impl Copies {
    /// The newest message of a channel, and the first message of its run. `None` if no copy can continue the run.
    pub(crate) fn open_run(&self, channel: usize) -> Option<(u64, u64)> {
        let newest = (*self.newest.get(channel)?)?;
        self.separator.is_none_or(|separator| separator < newest.0).then_some(newest)
    }

    /// Adds a message of a channel: a copy of the message `first`, or the first message of a new run.
    pub(crate) fn note(&mut self, channel: usize, row_id: u64, first: Option<u64>) {
        if self.newest.len() <= channel {
            self.newest.resize(channel + 1, None);
        }
        self.newest[channel] = Some((row_id, first.unwrap_or(row_id)));
        if let Some(first) = first {
            self.copy_of.push_back((row_id, first));
        }
    }

    /// Adds a row that is not a message.
    pub(crate) fn separate(&mut self, row_id: u64) {
        self.separator = Some(row_id);
    }

    /// The first message of a copy's run. `None` if the row is not a copy.
    pub(crate) fn first_of(&self, row_id: u64) -> Option<u64> {
        let (newest, first) = self.copy_of.back()?;
        if *newest <= row_id {
            return (*newest == row_id).then_some(*first);
        }
        let index = self.copy_of.binary_search_by_key(&row_id, |(copy, _)| *copy).ok()?;
        Some(self.copy_of[index].1)
    }

    /// A row was added at the end of the list.
    pub(crate) fn list_last(&mut self, row_id: u64, is_listed: impl Fn(u64) -> bool) {
        let Some(first) = self.first_of(row_id) else { return };
        let run = self.runs.entry(first).or_insert_with(|| Run {
            leader: if is_listed(first) { first } else { row_id },
            copies: VecDeque::new(),
            unfolded: false,
        });
        if run.leader != row_id {
            run.copies.push_back(row_id);
            if !self.unfolded && !run.unfolded {
                self.folded.push_back(row_id);
            }
        }
    }

    /// A row was added at the start of the list. The later copies of its run now share it.
    pub(crate) fn list_first(&mut self, row_id: u64) {
        let first = self.first_of(row_id);
        if let Some(run) = self.runs.get_mut(&first.unwrap_or(row_id)) {
            let leader = std::mem::replace(&mut run.leader, row_id);
            run.copies.push_front(leader);
            if !self.unfolded && !run.unfolded {
                let index = self.folded.partition_point(|folded| *folded < leader);
                self.folded.insert(index, leader);
            }
        } else if let Some(first) = first {
            self.runs.insert(first, Run { leader: row_id, copies: VecDeque::new(), unfolded: false });
        }
    }

    /// The list was rebuilt.
    pub(crate) fn list_again(&mut self, is_listed: impl Fn(u64) -> bool) {
        let before = std::mem::take(&mut self.runs);
        self.folded.clear();
        for (row_id, first) in std::mem::take(&mut self.copy_of) {
            self.copy_of.push_back((row_id, first));
            if is_listed(row_id) {
                if let (false, Some(run)) = (self.runs.contains_key(&first), before.get(&first)) {
                    let leader = if is_listed(first) { first } else { row_id };
                    self.runs.insert(first, Run { leader, copies: VecDeque::new(), unfolded: run.unfolded });
                }
                self.list_last(row_id, &is_listed);
            }
        }
    }

    /// The oldest row was trimmed. If copies share it, the first of them becomes the leader.
    pub(crate) fn trim(&mut self, row_id: u64) {
        let first = match self.copy_of.front() {
            Some((oldest, first)) if *oldest == row_id => {
                let first = *first;
                self.copy_of.pop_front();
                first
            }
            _ => row_id,
        };
        let Some(run) = self.runs.get_mut(&first).filter(|run| run.leader == row_id) else { return };
        let Some(leader) = run.copies.pop_front() else {
            self.runs.remove(&first);
            return;
        };
        run.leader = leader;
        if let Ok(index) = self.folded.binary_search(&leader) {
            self.folded.remove(index);
        }
    }

    /// All rows were removed.
    pub(crate) fn clear(&mut self) {
        *self = Self { unfolded: self.unfolded, ..Self::default() };
    }

    /// The number of copies without a row of their own.
    pub(crate) fn folded(&self) -> usize {
        self.folded.len()
    }

    /// The number of copies without a row of their own before this row.
    pub(crate) fn folded_before(&self, row_id: u64) -> usize {
        self.folded.partition_point(|folded| *folded < row_id)
    }

    /// Whether the row is a copy without a row of its own.
    pub(crate) fn is_folded(&self, row_id: u64) -> bool {
        self.folded.binary_search(&row_id).is_ok()
    }

    /// The row that represents this message: its run's leader if it is folded, otherwise its own.
    #[must_use]
    pub fn row_of(&self, row_id: u64) -> u64 {
        let run = self.first_of(row_id).filter(|_| self.is_folded(row_id)).and_then(|first| self.runs.get(&first));
        run.map_or(row_id, |run| run.leader)
    }

    /// The copies that share this row, oldest first. `None` if there are none.
    #[must_use]
    pub fn sharing(&self, row_id: u64) -> Option<&VecDeque<u64>> {
        let run = self.runs.get(&self.first_of(row_id).unwrap_or(row_id))?;
        (run.leader == row_id && !run.copies.is_empty() && !self.unfolded && !run.unfolded).then_some(&run.copies)
    }

    /// Gives each copy of this message's run a row of its own. Used to select a folded message.
    pub(crate) fn unfold(&mut self, row_id: u64) {
        if !self.is_folded(row_id) {
            return;
        }
        if let Some(run) = self.first_of(row_id).and_then(|first| self.runs.get_mut(&first)) {
            run.unfolded = true;
            self.folded.retain(|folded| run.copies.binary_search(folded).is_err());
        }
    }

    /// Gives each copy a row of its own, or folds all copies again.
    pub(crate) fn toggle(&mut self) {
        self.unfolded = !self.unfolded;
        self.folded.clear();
        for run in self.runs.values_mut() {
            run.unfolded = false;
            if !self.unfolded {
                self.folded.extend(&run.copies);
            }
        }
        self.folded.make_contiguous().sort_unstable();
    }
}
