//! The channels and their numbers.

use std::collections::VecDeque;

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
    /// Sequence numbers missed.
    pub missed: u64,
    /// Messages refused.
    pub refused: u64,
    /// Findings that are no gaps.
    pub other_findings: u64,
    /// Why the server denies it, if it does; not escaped.
    pub denied: Option<std::sync::Arc<str>>,
    /// Messages of each of the last seconds, the current one last; at most 60.
    pub per_second: VecDeque<u32>,
}
