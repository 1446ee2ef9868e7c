//! The channels and their numbers.

use std::collections::HashMap;
use std::ops::Range;

use super::rate::PerSecond;
use super::scroll::Scroll;
use crate::ledger::sequence::{Channel, Reading};

/// The channels, in order of their first appearance.
#[derive(Debug, Default)]
pub struct Channels {
    /// One a channel; at most a few thousand, the rest is counted in `others`.
    pub list: Vec<ChannelState>,
    /// Messages of channels beyond the bound of the list.
    pub others: u64,
    /// The row under the cursor: 0 is "all channels", n is `list[n - 1]`.
    pub cursor: usize,
    /// Which channels the Messages pane shows, by index in `list`; empty: all of them.
    pub picked: std::collections::BTreeSet<usize>,
    /// The first row shown where not all have room.
    pub top: usize,
    index: HashMap<Channel, usize>,
    last: usize,
}

/// How many channels are listed at most.
pub const MAX_CHANNELS: usize = 2_000;

impl Channels {
    /// The index of a channel in the list.
    #[must_use]
    pub fn find(&self, channel: &Channel) -> Option<usize> {
        self.index.get(channel).copied()
    }

    /// The index of a channel in the list, where it is added if there is room. The channel asked for last is found
    /// without hashing: messages come in runs of one channel.
    pub fn find_or_add(&mut self, channel: &Channel) -> Option<usize> {
        if self.list.get(self.last).is_some_and(|last| last.channel == *channel) {
            return Some(self.last);
        }
        let index = match self.index.get(channel) {
            Some(index) => *index,
            None if self.list.len() < MAX_CHANNELS => {
                self.index.insert(channel.clone(), self.list.len());
                self.list.push(ChannelState::new(channel.clone()));
                self.list.len() - 1
            }
            None => return None,
        };
        self.last = index;
        Some(index)
    }

    /// Keeps the channels and what is picked of them, and forgets all that is known of them.
    pub(crate) fn forget_numbers(&mut self) {
        self.others = 0;
        for known in &mut self.list {
            *known = ChannelState::new(known.channel.clone());
        }
    }

    /// The channel under the cursor; none where that is "all channels".
    #[must_use]
    pub fn selected(&self) -> Option<&ChannelState> {
        self.list.get(self.cursor.checked_sub(1)?)
    }

    /// Whether the rows of a channel are shown: it is picked, or none is.
    #[must_use]
    pub fn shows(&self, channel: &Channel) -> bool {
        self.picked.is_empty() || self.find(channel).is_some_and(|index| self.picked.contains(&index))
    }

    /// The rows that have room in `height` lines: 0 is "all channels", n is `list[n - 1]`.
    #[must_use]
    pub fn window(&self, height: usize) -> Range<usize> {
        self.scroll(height).range()
    }

    pub(crate) fn scroll(&self, height: usize) -> Scroll {
        Scroll { len: self.list.len() + 1, top: self.top, cursor: self.cursor, height }
    }
}

/// What is known of one channel.
#[derive(Debug, Clone)]
pub struct ChannelState {
    /// The channel.
    pub channel: Channel,
    /// The counter as last read; none before the first barrier.
    pub reading: Option<Reading>,
    /// Messages received.
    pub received: u64,
    /// When the last one came.
    pub last_at: Option<i64>,
    /// Gap findings.
    pub gaps: u64,
    /// Those of them that were marked as handled.
    pub handled: u64,
    /// Sequence numbers missed.
    pub missed: u64,
    /// Messages refused.
    pub refused: u64,
    /// Findings that are no gaps.
    pub other_findings: u64,
    /// Why the server denies it, if it does; not escaped.
    pub denied: Option<std::sync::Arc<str>>,
    /// Messages of each of the last seconds, the current one last.
    pub per_second: PerSecond,
}

impl ChannelState {
    /// Nothing has come yet.
    #[must_use]
    pub fn new(channel: Channel) -> Self {
        Self {
            channel,
            reading: None,
            received: 0,
            last_at: None,
            gaps: 0,
            handled: 0,
            missed: 0,
            refused: 0,
            other_findings: 0,
            denied: None,
            per_second: PerSecond::default(),
        }
    }

    /// How long ago the last message came, in microseconds; none before the first.
    #[must_use]
    pub fn age(&self, now: i64) -> Option<u64> {
        self.last_at.map(|at| u64::try_from(now.saturating_sub(at)).unwrap_or(0))
    }

    /// Messages a second, over the last full seconds; none before there was one.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        self.per_second.rate()
    }
}
