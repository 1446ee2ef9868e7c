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
    row_id: u64,
}

/// Identifies a message of a series. Messages with the same hash are matched in the order in which they were sent.
#[must_use]
pub fn hash(channel: &[u8], payload: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (channel, payload).hash(&mut hasher);
    hasher.finish()
}

/// A latency rounded down to three digits. This limits the number of different latencies of a series.
fn rounded(latency: u64) -> u64 {
    let unit = 10_u64.pow(latency.checked_ilog10().unwrap_or(0).saturating_sub(2));
    latency - latency % unit
}

/// The echoes received so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Echoes {
    /// The number of echoes.
    pub received: u64,
    /// The number of echoes that were verified.
    pub verified: u64,
    /// The ID of the row of the first echo.
    pub first_row: Option<u64>,
    /// Whether more echoes may have been received, because messages were dropped before this console saw them.
    pub is_lower_bound: bool,
    /// The messages whose echo is awaited, by hash and order: when each was sent.
    awaited: BTreeMap<(u64, u64), i64>,
    /// The number of messages that were reported as sent.
    reported: u64,
    /// Received messages that may be echoes: an echo can arrive before its message is reported as sent.
    early: Vec<ReceivedCopy>,
    /// The number of echoes by [`rounded`] latency in microseconds.
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

    /// Records messages that were sent. All messages sent until `at` are reported now. Returns the rows of their echoes that were
    /// received before.
    pub fn sent(&mut self, copies: &[SentCopy], at: i64) -> Vec<u64> {
        for copy in copies {
            self.awaited.insert((copy.hash, self.reported), copy.at);
            self.reported += 1;
        }
        let (echoes, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.early).into_iter().partition(|copy| self.take(*copy));
        self.early = others.into_iter().filter(|copy| copy.at > at).collect();
        echoes.iter().map(|copy| copy.row_id).collect()
    }

    /// Takes a received message, which may be an echo. Returns whether it is one, as far as this is known now.
    pub fn receive(&mut self, hash: u64, at: i64, is_verified: bool, row_id: u64) -> bool {
        let copy = ReceivedCopy { hash, at, is_verified, row_id };
        if self.take(copy) {
            return true;
        }
        if self.early.len() < MAX_EARLY {
            self.early.push(copy);
        } else {
            self.is_lower_bound = true;
        }
        false
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
        self.first_row.get_or_insert(copy.row_id);
        *self.latencies.entry(rounded(latency)).or_default() += 1;
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
