//! A channel found on the server.

use crate::ledger::sequence::{Channel, Reading};

/// A channel that the server knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscoveredChannel {
    /// The channel.
    pub channel: Channel,
    /// Its counter.
    pub counter: Reading,
    /// Its subscribers, where that may be asked.
    pub subscribers: Option<u64>,
}
