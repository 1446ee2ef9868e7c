//! The number of messages received in each of the last seconds.

use std::collections::VecDeque;

/// The number of seconds that are kept, including the current one.
pub const SECONDS: usize = 60;

/// The number of complete seconds over which the rate is averaged.
const AVERAGED: usize = 5;

/// The number of messages in each of the last seconds, the current one last. The first second is not complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerSecond {
    counts: VecDeque<u32>,
}

impl Default for PerSecond {
    fn default() -> Self {
        Self { counts: VecDeque::from([0]) }
    }
}

impl PerSecond {
    /// The counts, oldest first; at least one, at most [`SECONDS`].
    #[must_use]
    pub fn counts(&self) -> &VecDeque<u32> {
        &self.counts
    }

    /// Messages per second, averaged over the last complete seconds. `None` before the first complete second.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        // Neither the first second, in which counting began, nor the current one is complete.
        let full = self.counts.len().saturating_sub(2).min(AVERAGED);
        let sum: u64 = self.counts.iter().rev().skip(1).take(full).map(|count| u64::from(*count)).sum();
        let seconds = u32::try_from(full).ok().filter(|seconds| *seconds > 0)?;
        Some(f64::from(u32::try_from(sum).unwrap_or(u32::MAX)) / f64::from(seconds))
    }

    /// Starts the next second, this many times.
    pub fn advance(&mut self, seconds: usize) {
        for _ in 0..seconds.min(SECONDS) {
            if self.counts.len() == SECONDS {
                self.counts.pop_front();
            }
            self.counts.push_back(0);
        }
    }

    /// Counts a message that was received `ago` seconds before the current second. If that second is before the first one, the
    /// message is counted in the first one.
    pub fn count(&mut self, ago: usize) {
        self.count_many(ago, 1);
    }

    /// Like [`count`](Self::count), for several messages of one second.
    pub fn count_many(&mut self, ago: usize, messages: u32) {
        if ago >= SECONDS {
            return;
        }
        let last = self.counts.len() - 1;
        if let Some(count) = self.counts.get_mut(last.saturating_sub(ago)) {
            *count = count.saturating_add(messages);
        }
    }
}
