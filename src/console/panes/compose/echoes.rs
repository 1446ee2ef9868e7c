//! The echoes of a series of sent messages: how many of them this console received and verified, and their latencies.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// The maximum number of received messages kept until they are reported as sent.
const MAX_EARLY: usize = 100_000;

/// A message of a series that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentCopy {
    /// The [`hash`] of its channel and payload.
    pub hash: u64,
    /// When it was sent, in microseconds since the epoch.
    pub at: i64,
}

/// A received message that may be an echo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ReceivedCopy {
    hash: u64,
    at: i64,
    is_verified: bool,
}

/// Identifies a message of a series. Messages with the same hash are matched in the order in which they were sent.
#[must_use]
pub fn hash(channel: &[u8], payload: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (channel, payload).hash(&mut hasher);
    hasher.finish()
}

/// The echoes received so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Echoes {
    /// The number of echoes.
    pub received: u64,
    /// The number of echoes that were verified.
    pub verified: u64,
    /// Whether more echoes may have been received, because messages were dropped before this console saw them.
    pub is_lower_bound: bool,
    /// The messages whose echo is awaited, by hash and order: when each was sent.
    awaited: BTreeMap<(u64, u64), i64>,
    /// The number of messages that were reported as sent.
    reported: u64,
    /// Received messages that may be echoes: an echo can arrive before its message is reported as sent.
    early: Vec<ReceivedCopy>,
    /// The number of echoes by latency in microseconds.
    latencies: BTreeMap<u64, u64>,
}

impl Echoes {
    /// Whether an echo is awaited.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        !self.awaited.is_empty()
    }

    /// Stops waiting for echoes.
    pub(crate) fn give_up(&mut self) {
        self.awaited.clear();
        self.early.clear();
    }

    /// Records messages that were sent. All messages sent until `at` are reported now.
    pub fn sent(&mut self, copies: &[SentCopy], at: i64) {
        for copy in copies {
            self.awaited.insert((copy.hash, self.reported), copy.at);
            self.reported += 1;
        }
        let early = std::mem::take(&mut self.early);
        self.early = early.into_iter().filter(|copy| !self.take(*copy) && copy.at > at).collect();
    }

    /// Takes a received message, which may be an echo.
    pub fn receive(&mut self, hash: u64, at: i64, is_verified: bool) {
        let copy = ReceivedCopy { hash, at, is_verified };
        if self.take(copy) {
            return;
        }
        if self.early.len() < MAX_EARLY {
            self.early.push(copy);
        } else {
            self.is_lower_bound = true;
        }
    }

    /// Counts a message if it is an echo. Of equal messages, the one that was sent first is counted first.
    fn take(&mut self, copy: ReceivedCopy) -> bool {
        let Some((key, sent_at)) = self.awaited.range((copy.hash, 0)..=(copy.hash, u64::MAX)).next() else {
            return false;
        };
        let latency = u64::try_from(copy.at.saturating_sub(*sent_at)).unwrap_or(0);
        let key = *key;
        self.awaited.remove(&key);
        self.received += 1;
        self.verified += u64::from(copy.is_verified);
        *self.latencies.entry(latency).or_default() += 1;
        true
    }

    /// The latency in microseconds that this percentage of the echoes did not exceed.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (self.received * percent).div_ceil(100).max(1);
        let mut counted = 0;
        self.latencies.iter().find_map(|(latency, count)| {
            counted += count;
            (counted >= rank).then_some(*latency)
        })
    }
}
