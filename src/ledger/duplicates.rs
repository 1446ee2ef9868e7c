//! Detects duplicates: verified messages that were already received within the time tolerance. The memory use is bounded.
//!
//! A message is identified by the first 64 bits of its HMAC. Without the key, nobody can choose these bits for a verified
//! message. If 1,000,000 messages are stored, the chance that a new message matches a different one is about 1 in 10^13.

mod index;
mod log;
mod names;

use self::index::{Index, MAX_CAPACITY};
use self::log::Log;
use self::names::ChannelNumbers;
use super::finding::{Cause, Finding, FindingKind};
use super::sequence::Channel;

/// The fingerprints of the verified messages received within the time tolerance.
///
/// The memory use grows with the number of messages, by 8 bytes for each, and by 16 bytes for each that was received at
/// another time or on another channel than the one before it. The index of a full set takes another 8 to 16 bytes for each
/// message.
#[derive(Debug)]
pub struct Duplicates {
    index: Index,
    log: Log,
    names: ChannelNumbers,
    capacity: usize,
    tolerance: u64,
    /// The time at which the last message was received, in microseconds since the epoch.
    now: i64,
    /// Set if messages were removed before they were out of tolerance: the time until which at least one of them is within
    /// the tolerance, in microseconds since the epoch.
    forgotten_until: Option<i64>,
}

/// Identifies a message: the first 64 bits of its HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Computes the fingerprint from the hexadecimal HMAC of a verified message. It consists of the first 16 digits, in an
    /// unspecified order. If `hmac` is not hexadecimal, the result is deterministic but has no meaning.
    #[must_use]
    pub fn of(hmac: &[u8]) -> Self {
        // Decodes eight digits at once. The value of a letter is its low four bits plus 9.
        let values = |digits: &[u8]| {
            let mut eight = [0; 8];
            eight[..digits.len()].copy_from_slice(digits);
            let digits = u64::from_le_bytes(eight);
            (digits & (u64::MAX / 0xff * 0x0f)) + ((digits >> 6) & (u64::MAX / 0xff)) * 9
        };
        let (first, rest) = hmac.split_at(hmac.len().min(8));
        Self(values(first) | values(&rest[..rest.len().min(8)]) << 4)
    }
}

/// A channel with a permanent number. See [`Duplicates::follow`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed(u32);

/// The first copy of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstCopy {
    /// When it was received, in microseconds since the epoch.
    pub at: i64,
    /// The channel on which it was received.
    pub channel: Channel,
}

impl Duplicates {
    /// Creates an empty set of fingerprints. It stores at most `capacity` messages. Unless the capacity is reached, each is
    /// stored at least until its timestamp is more than `tolerance` seconds old.
    ///
    /// If the capacity is reached, the oldest 64th of the messages, but at most 16,384, is removed in one step. A capacity
    /// of 1,000,000 messages needs 16 to 32 MB. With the default tolerance of one hour, that is enough for 270 messages a
    /// second. The maximum capacity is about 33,000,000. A capacity of 0 disables the detection.
    #[must_use]
    pub fn new(capacity: usize, tolerance: u64) -> Self {
        let capacity = capacity.min(MAX_CAPACITY);
        Self {
            index: Index::new(capacity),
            log: Log::new(capacity),
            names: ChannelNumbers::default(),
            capacity,
            tolerance,
            now: 0,
            forgotten_until: None,
        }
    }

    /// Stores a message, identified by the hexadecimal HMAC of its signature. If the message is already stored, returns its
    /// first copy.
    ///
    /// Call this for verified messages only. Otherwise anyone could fill the memory. `timestamp` is the signature's timestamp
    /// in Unix seconds. `at` is the time of receipt in microseconds since the epoch. The message is stored until its timestamp
    /// is out of tolerance. If the signer's clock is ahead, the message is stored for longer than the tolerance.
    pub fn note(&mut self, hmac: &[u8], channel: &Channel, timestamp: i64, at: i64) -> Option<FirstCopy> {
        self.note_numbered(Fingerprint::of(hmac), |names| names.take(channel), timestamp, at)
    }

    /// Prefetches the memory that [`note`](Self::note) needs for these messages. The accesses are random and usually miss the
    /// processor's caches. They do not depend on each other, so the processor loads them in parallel.
    pub fn fetch(&self, fingerprints: impl Iterator<Item = Fingerprint>) {
        let words = fingerprints.map(|Fingerprint(fingerprint)| self.index.touch(fingerprint));
        std::hint::black_box(words.fold(0, u32::wrapping_add));
    }

    /// Gives a channel a permanent number. Its messages then need no look-up of the channel: see
    /// [`note_followed`](Self::note_followed).
    pub fn follow(&mut self, channel: &Channel) -> Followed {
        Followed(self.names.keep(channel))
    }

    /// Like [`note`](Self::note), but takes the fingerprint of the HMAC and a channel that [`follow`](Self::follow) returned.
    pub fn note_followed(
        &mut self,
        fingerprint: Fingerprint,
        Followed(channel): Followed,
        timestamp: i64,
        at: i64,
    ) -> Option<FirstCopy> {
        self.note_numbered(fingerprint, |_| channel, timestamp, at)
    }

    fn note_numbered(
        &mut self,
        Fingerprint(fingerprint): Fingerprint,
        channel: impl FnOnce(&mut ChannelNumbers) -> u32,
        timestamp: i64,
        at: i64,
    ) -> Option<FirstCopy> {
        self.now = at;
        while self.log.first_until().is_some_and(|until| until < at) {
            self.forget();
        }
        let Self { index, log, names, .. } = self;
        let is_it = |index| log.fingerprint(index) == Some(fingerprint);
        if let Some(first) = index.find(fingerprint, log.len(), is_it) {
            let (at, channel) = log.origin(first)?;
            return Some(FirstCopy { at, channel: names.get(channel)? });
        }
        if index.must_grow(log.len()) {
            index.grow(log.len(), log.fingerprints());
        }
        index.insert(fingerprint, log.len());
        let channel = channel(names);
        log.push(fingerprint, at, valid_until(timestamp, self.tolerance), channel, names);
        if log.len() > self.capacity {
            let until = self.forget();
            self.forgotten_until = self.forgotten_until.max(until);
        }
        None
    }

    /// Whether the detection is incomplete, because messages were removed while they were still within the tolerance. True
    /// until the last of them is out of tolerance.
    #[must_use]
    pub fn incomplete(&self) -> bool {
        self.forgotten_until.is_some_and(|until| self.now <= until)
    }

    /// The maximum number of messages stored.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The number of messages stored.
    #[must_use]
    pub fn len(&self) -> usize {
        self.log.len()
    }

    /// Whether no message is stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.log.len() == 0
    }

    /// The finding for a copy that was received at `at`. `seen` is the first copy. Returns `None` if the copy was received
    /// within 1 s of the first one, because it may be a retry, or one message that was published on several channels.
    #[must_use]
    pub fn finding(seen: FirstCopy, channel: &Channel, at: i64) -> Option<Finding> {
        (at.abs_diff(seen.at) > SECOND_MICROS.unsigned_abs()).then(|| Finding {
            kind: FindingKind::Duplicate,
            channel: channel.clone(),
            sequence_from: None,
            sequence_to: None,
            count: Some(1),
            at,
            cause: Cause::Duplicate { first_at: seen.at, first_channel: seen.channel },
        })
    }

    /// Removes the oldest messages. Returns the last time at which one of them is within the tolerance.
    fn forget(&mut self) -> Option<i64> {
        let until = self.log.remove_first(&mut self.names)?;
        self.index.remove_expired(self.log.len());
        Some(until)
    }
}

const SECOND_MICROS: i64 = 1_000_000;

/// The last time at which a timestamp is within the tolerance, in microseconds since the epoch. One second is added because both
/// times are truncated to seconds when they are compared.
fn valid_until(timestamp: i64, tolerance: u64) -> i64 {
    let seconds = i64::try_from(tolerance).unwrap_or(i64::MAX).saturating_add(1);
    timestamp.saturating_add(seconds).saturating_mul(SECOND_MICROS)
}
