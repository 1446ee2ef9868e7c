//! Marks: for each channel, the sequence number up to which its messages were received. A mark is stored before its messages are
//! written. If the recorder is killed, the next session then knows which messages it had received and lost.

use std::collections::{HashMap, HashSet};

use crate::ledger::interval::{Entry, Interval};
use crate::ledger::sequence::{Channel, Reading};

/// The marks of the intervals that wait to be written.
///
/// A mark means that every number after the last written one was received. A channel gets no mark while a gap, another counter
/// finding or a drop that contradicts this waits to be written.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// The marks that are not stored yet.
    unstored: HashMap<Channel, u64>,
    /// The channels that get no mark.
    uncertain: HashSet<Channel>,
    /// Whether no channel gets a mark, because messages of unknown channels or findings were dropped.
    is_all_uncertain: bool,
}

impl Marks {
    /// Marks what an interval contains. Only counter readings are marked: the ledger has compared them with the messages.
    pub(super) fn add(&mut self, interval: &Interval) {
        for entry in interval.entries() {
            match entry {
                Entry::Finding(finding) => {
                    if finding.kind.is_shown_by_counter() {
                        self.uncertain.insert(finding.channel.clone());
                    }
                }
                Entry::Dropped(dropped) => match &dropped.channel {
                    Some(channel) if dropped.findings == 0 => {
                        self.uncertain.insert(channel.clone());
                    }
                    _ => self.is_all_uncertain = true,
                },
                Entry::Message(_)
                | Entry::Link(_)
                | Entry::Counter { .. }
                | Entry::Expectation(_)
                | Entry::Barrier { .. } => {}
            }
        }
        if self.is_all_uncertain {
            return;
        }
        for entry in interval.entries() {
            if let Entry::Counter { channel, reading: Reading::Value(number), .. } = entry
                && !self.uncertain.contains(channel)
            {
                self.unstored.insert(channel.clone(), *number);
            }
        }
    }

    /// Returns the marks to store, and forgets them.
    pub(super) fn take(&mut self) -> HashMap<Channel, u64> {
        std::mem::take(&mut self.unstored)
    }

    /// All intervals were written.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
