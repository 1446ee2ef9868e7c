//! What was seen before, bounded.

use super::sequence::Channel;

/// The signed messages seen within the time tolerance, as fingerprints.
#[derive(Debug, Default)]
pub struct Repeats {}

/// Where a message was seen first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// When, in microseconds since the epoch.
    pub at: i64,
    /// On which channel.
    pub channel: Channel,
}

impl Repeats {
    /// Remembers at most `capacity` messages, each for `tolerance` seconds.
    #[must_use]
    pub fn new(capacity: usize, tolerance: u64) -> Self {
        let _ = (capacity, tolerance);
        Self {}
    }

    /// Notes a verified message by the HMAC text of its signature; says where it was seen first, if it was.
    pub fn note(&mut self, hmac: &[u8], channel: &Channel, at: i64) -> Option<Seen> {
        let _ = (hmac, channel, at);
        None
    }

    /// Whether messages were forgotten before their tolerance was over, so that a repeat may go unseen.
    #[must_use]
    pub fn incomplete(&self) -> bool {
        false
    }
}
