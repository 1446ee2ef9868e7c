//! Detects duplicates: verified messages that were already received within the time tolerance. The memory use is bounded.
//!
//! A message is identified by the first 64 bits of its HMAC. Without the key, nobody can choose these bits for a verified
//! message. If 1,000,000 messages are stored, the chance that a new message matches a different one is about 1 in 10^13.

mod names;
mod ring;
mod table;

use self::names::ChannelNumbers;
use self::ring::Ring;
use self::table::FingerprintTable;
use super::finding::{Cause, Finding, FindingKind};
use super::sequence::Channel;

/// The fingerprints of the verified messages received within the time tolerance.
///
/// The memory use grows with the number of messages, by less than 100 bytes for each. Storing a message usually needs no
/// allocation.
#[derive(Debug, Default)]
pub struct Duplicates {
    /// Maps fingerprints to positions. The position of a message is the number of messages stored before it, modulo 2^32.
    positions: FingerprintTable,
    /// The messages in the order of arrival.
    ring: Ring<Slot>,
    /// The position of the ring's first slot.
    first: u32,
    names: ChannelNumbers,
    capacity: usize,
    tolerance: u64,
    /// The time at which the last message was received, in microseconds since the epoch.
    now: i64,
    /// The time until which at least one message that was removed early is within the tolerance, in microseconds since the
    /// epoch. `None` if no message was removed early.
    forgotten_until: Option<i64>,
}

/// A stored message.
#[derive(Debug, Clone)]
struct Slot {
    fingerprint: u64,
    at: i64,
    /// How long its timestamp stays within the tolerance, in seconds from `at`.
    valid_seconds: u32,
    channel: u32,
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
    /// Creates an empty set of fingerprints. It stores at most `capacity` messages, each until its timestamp is more than
    /// `tolerance` seconds old.
    ///
    /// A capacity of 1,000,000 messages needs about 41 MB. With the default tolerance of one hour, that is enough for 270
    /// messages a second. The maximum capacity is 2^32 - 1. A capacity of 0 disables the detection.
    #[must_use]
    pub fn new(capacity: usize, tolerance: u64) -> Self {
        Self { capacity: capacity.min(u32::MAX as usize), tolerance, ..Self::default() }
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
    pub fn fetch(&self, fingerprints: impl ExactSizeIterator<Item = Fingerprint>) {
        let leaving = if self.ring.len() + fingerprints.len() > self.capacity { fingerprints.len() } else { 0 };
        let leaving = self.ring.first(leaving).map(|slot| slot.fingerprint);
        let places =
            fingerprints.map(|fingerprint| fingerprint.0).chain(leaving).map(|it| self.positions.search_start(it));
        std::hint::black_box(places.fold(0, u64::wrapping_add));
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
        self.forget_expired();
        let (ring, first) = (&self.ring, self.first);
        let slot = |position: u32| ring.get(position.wrapping_sub(first) as usize);
        let is_it = |position: u32| slot(position).is_some_and(|slot| slot.fingerprint == fingerprint);
        if let Some(position) = self.positions.find(fingerprint, is_it) {
            let slot = slot(position)?;
            return Some(FirstCopy { at: slot.at, channel: self.names.get(slot.channel)? });
        }
        if self.positions.is_full() {
            self.positions.grow();
        }
        // The ring has fewer than 2^32 slots, so positions are unique.
        #[expect(clippy::cast_possible_truncation, reason = "positions count modulo 2^32")]
        let position = first.wrapping_add(self.ring.len() as u32);
        self.positions.insert(fingerprint, position);
        let valid_seconds = valid_seconds(timestamp, at, self.tolerance);
        self.ring.push_back(Slot { fingerprint, at, valid_seconds, channel: channel(&mut self.names) });
        if self.ring.len() > self.capacity {
            self.forget_early();
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
        self.ring.len()
    }

    /// Whether no message is stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ring.len() == 0
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

    fn forget_expired(&mut self) {
        while self.ring.front().is_some_and(|slot| slot.until() < self.now) {
            self.forget();
        }
    }

    fn forget_early(&mut self) {
        if let Some(slot) = self.forget() {
            self.forgotten_until = self.forgotten_until.max(Some(slot.until()));
        }
    }

    fn forget(&mut self) -> Option<Slot> {
        let slot = self.ring.pop_front()?;
        self.positions.remove(slot.fingerprint, self.first);
        self.first = self.first.wrapping_add(1);
        self.names.release(slot.channel);
        Some(slot)
    }
}

const SECOND_MICROS: i64 = 1_000_000;

impl Slot {
    /// The last time at which the message's timestamp is within the tolerance, in microseconds since the epoch.
    fn until(&self) -> i64 {
        self.at.saturating_add(i64::from(self.valid_seconds) * SECOND_MICROS)
    }
}

/// The number of seconds after `at` for which a timestamp is within the tolerance. One second is added because both times are
/// truncated to seconds.
fn valid_seconds(timestamp: i64, at: i64, tolerance: u64) -> u32 {
    let left = i128::from(timestamp) + i128::from(tolerance) - i128::from(at.div_euclid(SECOND_MICROS)) + 1;
    u32::try_from(left.max(0)).unwrap_or(u32::MAX)
}
