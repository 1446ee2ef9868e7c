//! Marks up to which sequence number each channel's messages were received. A mark is stored before its messages are written, so
//! that the next session can tell which messages a killed recorder had received and lost.

use std::collections::{HashMap, HashSet};

use crate::ledger::finding::FindingKind;
use crate::ledger::interval::{Entry, Interval};
use crate::ledger::sequence::{Channel, Reading};

/// The marks of the intervals that wait to be written.
///
/// A mark claims that every number after the last written one was received. Therefore a channel is not marked while a finding that
/// contradicts this, or a drop, waits to be written.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// The marks that are not stored yet.
    unstored: HashMap<Channel, u64>,
    uncertain: HashSet<Channel>,
    /// Messages of unknown channels were dropped.
    is_all_uncertain: bool,
}

impl Marks {
    /// Marks what an interval contains. Only counter readings are marked: the ledger has compared them with the messages.
    pub(super) fn add(&mut self, interval: &Interval) {
        for entry in interval.entries() {
            match entry {
                Entry::Finding(finding) => match finding.kind {
                    FindingKind::MissedDisconnected
                    | FindingKind::MissedNotRunning
                    | FindingKind::CountedNotReceived
                    | FindingKind::ReceivedNotCounted
                    | FindingKind::CounterReset => {
                        self.uncertain.insert(finding.channel.clone());
                    }
                    FindingKind::Duplicate | FindingKind::ClockSkew => {}
                },
                Entry::Dropped(dropped) => match &dropped.channel {
                    Some(channel) if dropped.findings == 0 => {
                        self.uncertain.insert(channel.clone());
                    }
                    _ => self.is_all_uncertain = true,
                },
                Entry::Message(_) | Entry::Link(_) | Entry::Counter { .. } | Entry::Barrier { .. } => {}
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
