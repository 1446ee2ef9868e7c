//! The echoes of a series of messages: how many this console received, with what verdict, and how long they took.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// The maximum number of received messages that wait for the report that they were sent.
const MAX_EARLY: usize = 100_000;

/// A message of a series, when it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentCopy {
    /// The [`hash`] of its channel and payload.
    pub hash: u64,
    /// The time in microseconds since the epoch.
    pub at: i64,
}

/// A received message that may be an echo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ReceivedCopy {
    hash: u64,
    at: i64,
    is_verified: bool,
}

/// Identifies a message of a series. Equal messages are told apart by their order.
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
    /// When the messages were sent whose echo is awaited, by hash and order.
    awaited: BTreeMap<(u64, u64), i64>,
    /// The number of messages that were reported as sent.
    reported: u64,
    /// An echo can arrive before the report that its message was sent.
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

    /// Awaits no more echoes.
    pub fn give_up(&mut self) {
        self.awaited.clear();
        self.early.clear();
    }

    /// Takes a report of all messages that were sent until `at`.
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

    /// Counts a message if it is an echo. Equal messages arrive in the order in which they were sent.
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
