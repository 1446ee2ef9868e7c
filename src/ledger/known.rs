//! The last known value of a counter, and the server that it was read from.

use std::sync::Arc;

use super::sequence::Channel;

/// The identity of a server and its data, from `INFO`.
///
/// A restart changes the run id. A promoted replica has its own run id. A replica that follows another primary takes over that
/// primary's replication id with its data.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ServerId {
    /// `run_id`: identifies one run of the server process.
    pub run_id: Box<str>,
    /// `master_replid`: identifies one replication history of the data.
    pub replication_id: Box<str>,
}

/// The last known value of a counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCounter {
    /// The channel.
    pub channel: Channel,
    /// The counter value up to which every broadcast was received or reported as missed.
    pub counter: u64,
    /// The server that the counter was read from; `None` if it is unknown.
    pub server: Option<Arc<ServerId>>,
    /// When it was stored, in microseconds since the epoch.
    pub at: i64,
    /// Set if a recorder was killed since then. It is the number of messages that the recorder is known to have received but
    /// not written. They have the next sequence numbers, and they are lost.
    pub lost: Option<u64>,
}

impl KnownCounter {
    /// The highest value that the counter is known to have had.
    #[must_use]
    pub fn highest(&self) -> u64 {
        self.counter.saturating_add(self.lost.unwrap_or(0))
    }
}

impl ServerId {
    /// Creates an id. Returns `None` if either part is empty, because such an id does not identify a server.
    #[must_use]
    pub fn new(run_id: &str, replication_id: &str) -> Option<Self> {
        let is_known = !run_id.is_empty() && !replication_id.is_empty();
        is_known.then(|| Self { run_id: run_id.into(), replication_id: replication_id.into() })
    }

    /// Whether both ids are known and equal. If they are not, the counter may have been reset and then have grown past its old
    /// value. Such a reset cannot be detected.
    #[must_use]
    pub fn is_same(known: Option<&Arc<Self>>, now: Option<&Arc<Self>>) -> bool {
        known.is_some() && known == now
    }
}
