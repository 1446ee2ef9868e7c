//! Checks the expectations with each barrier.

use super::reader::Reader;
use super::table::CountedSource;
use crate::ledger::expectation::{Barrier, Changes};
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Reading;

/// The counter, 0 if the key is missing; none if it cannot be read.
pub(super) fn counter_of(reading: &Reading) -> Option<u64> {
    match reading {
        Reading::Value(counter) => Some(*counter),
        Reading::Missing => Some(0),
        Reading::Unreadable(_) => None,
    }
}

impl Reader {
    /// A channel's counter was read with the current barrier.
    pub(super) fn expected_barrier(&mut self, index: usize, counter: Option<u64>, at: i64) {
        let tracked = &mut self.table.channels[index];
        if tracked.trackers.is_empty() {
            return;
        }
        let requested = self.barrier_requested;
        let (received, server) = (self.shared.monotonic(), self.table.server.clone());
        let barrier = Barrier { requested, received, at, counter, server };
        let changes: Vec<_> = tracked.trackers.iter_mut().map(|tracker| tracker.barrier(&barrier)).collect();
        self.add_changes(changes);
    }

    /// A channel is no longer subscribed.
    pub(super) fn expected_link_is_down(&mut self, index: usize, at: i64) {
        let now = self.shared.monotonic();
        let trackers = self.table.channels[index].trackers.iter_mut();
        let changes: Vec<_> = trackers.map(|tracker| tracker.link_is_down(now, at)).collect();
        self.add_changes(changes);
    }

    /// The server does not reply.
    pub(super) fn expected_link_is_stale(&mut self, at: i64) {
        let now = self.shared.monotonic();
        let trackers = self.table.channels.iter_mut().flat_map(|tracked| &mut tracked.trackers);
        let changes: Vec<_> = trackers.map(|tracker| tracker.link_is_stale(now, at)).collect();
        self.add_changes(changes);
    }

    fn add_changes(&mut self, changes: Vec<Changes>) {
        for Changes { findings, status } in changes {
            for finding in findings {
                self.add_finding(finding, None);
            }
            if let Some(status) = status {
                self.builder.push(Entry::Expectation(Box::new(status)));
            }
        }
    }

    /// Tracks the channels that match the pattern at this index and have a stored state from an earlier run. Otherwise it
    /// would not be noticed that such a channel has been silent since that run.
    pub(super) fn find_stored_channels(&mut self, pattern: usize) {
        let bytes = &self.table.names[pattern].bytes;
        let stored: Vec<_> = self.table.expected.stored_channels(bytes).cloned().collect();
        for channel in stored {
            if self.table.is_over_limit(channel.as_bytes()) || !self.counts_here(channel.as_bytes()) {
                continue;
            }
            let index = self.table.find(channel.as_bytes());
            let tracked = &mut self.table.channels[index];
            if tracked.source == CountedSource::None {
                tracked.pattern.get_or_insert(pattern);
            }
        }
    }
}
