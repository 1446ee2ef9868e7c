//! How many messages came in each of the last seconds.

use std::collections::VecDeque;

/// How many seconds are kept, the current one included.
pub const SECONDS: usize = 60;

/// Over how many full seconds the rate is taken.
const AVERAGED: usize = 5;

/// Messages of each of the last seconds, the current one last. It starts with a second that is not full.
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

    /// Messages a second, over the last full seconds; none before there was one.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        // The first second began in its middle, the last one goes on.
        let full = self.counts.len().saturating_sub(2).min(AVERAGED);
        let sum: u64 = self.counts.iter().rev().skip(1).take(full).map(|count| u64::from(*count)).sum();
        let seconds = u32::try_from(full).ok().filter(|seconds| *seconds > 0)?;
        Some(f64::from(u32::try_from(sum).unwrap_or(u32::MAX)) / f64::from(seconds))
    }

    /// That many seconds went by.
    pub fn advance(&mut self, seconds: usize) {
        for _ in 0..seconds.min(SECONDS) {
            if self.counts.len() == SECONDS {
                self.counts.pop_front();
            }
            self.counts.push_back(0);
        }
    }

    /// Counts a message that came `ago` seconds before the current one: in the oldest second kept, where fewer are.
    pub fn count(&mut self, ago: usize) {
        self.count_many(ago, 1);
    }

    /// Counts messages of one second, as [`count`](Self::count) counts one.
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
