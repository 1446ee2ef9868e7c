//! What channels there are: the counters and the subscriptions of the server.

use super::target::Target;
use crate::ledger::sequence::{Channel, Reading};

/// What the server knows of one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelFacts {
    /// The channel.
    pub channel: Channel,
    /// Its counter.
    pub counter: Reading,
    /// How many clients subscribe to it by name; none where that may not be asked.
    pub subscribers: Option<u64>,
}

/// Why discovery failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DiscoveryError {
    /// The server cannot be reached, or refuses the user.
    #[error("cannot reach the server: {0}")]
    Unreachable(String),
    /// The server refused a command that discovery cannot do without.
    #[error("the server refused: {0}")]
    Refused(String),
}

/// Finds the channels that were ever broadcast (`SCAN` of the counters) or are subscribed to now
/// (`PUBSUB CHANNELS`), sorted by name; what the user may not ask is left out.
///
/// # Errors
/// Where the server cannot be asked at all.
#[expect(clippy::unused_async, reason = "a stub")]
pub async fn discover(target: &Target, sequence_prefix: &str) -> Result<Vec<ChannelFacts>, DiscoveryError> {
    let _ = (target, sequence_prefix);
    Ok(Vec::new())
}

/// Reads the counters of the given channels, in that order.
///
/// # Errors
/// Where the server cannot be asked.
#[expect(clippy::unused_async, reason = "a stub")]
pub async fn counters(
    target: &Target,
    sequence_prefix: &str,
    channels: &[Channel],
) -> Result<Vec<Reading>, DiscoveryError> {
    let _ = (target, sequence_prefix, channels);
    Ok(Vec::new())
}
