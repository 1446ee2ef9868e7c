//! What was seen before, bounded.
//!
//! A message is known again by the first 64 bits of its HMAC: those of verified messages only, which are as good as random to
//! anyone without the key. Two different messages among a million are taken for one with a chance of 1 in 10^13 a message.

mod names;
mod ring;
mod table;

use self::names::Names;
use self::ring::Ring;
use self::table::Table;
use super::finding::{Cause, Finding, FindingKind};
use super::sequence::Channel;

/// The signed messages seen within the time tolerance, as fingerprints.
///
/// It grows as messages come, to less than 100 bytes each, and allocates nothing for a single message otherwise.
#[derive(Debug, Default)]
pub struct Duplicates {
    /// By fingerprint, the low 32 bits of the position in the ring, counted from the first message ever noted.
    positions: Table,
    /// In the order of arrival.
    ring: Ring<Slot>,
    /// The low 32 bits of the position of the ring's first slot.
    first: u32,
    names: Names,
    capacity: usize,
    tolerance: u64,
    /// The time of the last message noted, in microseconds.
    now: i64,
    /// Until when a message that was forgotten too early could be sent again, in microseconds.
    forgotten_until: Option<i64>,
}

/// One message.
#[derive(Debug, Clone)]
struct Slot {
    fingerprint: u64,
    at: i64,
    /// For how many seconds from `at` on it verifies, and so can be repeated.
    valid_seconds: u32,
    channel: u32,
}

/// What a message is known again by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Of the HMAC text of a verified message: its first 16 hexadecimal digits, each in four bits of its own. Other bytes make
    /// some number too, the same each time.
    #[must_use]
    pub fn of(hmac: &[u8]) -> Self {
        // Eight digits at once: a letter counts nine more than its low bits say.
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

/// A channel that has a number for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed(u32);

/// Where a message was seen first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// When, in microseconds since the epoch.
    pub at: i64,
    /// On which channel.
    pub channel: Channel,
}

impl Duplicates {
    /// Remembers at most `capacity` messages, each until its timestamp is more than `tolerance` seconds old.
    ///
    /// At 1,000,000 messages, a good default, the memory grows to some 41 MB, and suffices for 270 messages a second with the
    /// default tolerance of an hour. More than 2^32 - 1 are taken for that many; 0 remembers nothing.
    #[must_use]
    pub fn new(capacity: usize, tolerance: u64) -> Self {
        Self { capacity: capacity.min(u32::MAX as usize), tolerance, ..Self::default() }
    }

    /// Notes a message by the HMAC text of its signature; says where it was seen first, if it was.
    ///
    /// For verified messages only: others would let anyone fill the memory. `timestamp` is the one that is signed, in Unix
    /// seconds; it says until when the message can be repeated, which is longer than the tolerance where the signer's clock
    /// is ahead.
    pub fn note(&mut self, hmac: &[u8], channel: &Channel, timestamp: i64, at: i64) -> Option<Seen> {
        self.note_numbered(Fingerprint::of(hmac), |names| names.take(channel), timestamp, at)
    }

    /// Fetches the memory that noting these messages will touch. Each is at a random place, far from the processor: asked
    /// for one after another they come together, and noting need not wait for each.
    pub fn fetch(&self, fingerprints: impl ExactSizeIterator<Item = Fingerprint>) {
        let leaving = if self.ring.len() + fingerprints.len() > self.capacity { fingerprints.len() } else { 0 };
        let leaving = self.ring.first(leaving).map(|slot| slot.fingerprint);
        let places = fingerprints.map(|fingerprint| fingerprint.0).chain(leaving).map(|it| self.positions.glance(it));
        std::hint::black_box(places.fold(0, u64::wrapping_add));
    }

    /// Gives a channel a number for good, so that its messages can be noted without looking it up.
    pub fn follow(&mut self, channel: &Channel) -> Followed {
        Followed(self.names.keep(channel))
    }

    /// As [`note`](Self::note), by the fingerprint of the HMAC, for a channel that is followed.
    pub fn note_followed(
        &mut self,
        fingerprint: Fingerprint,
        Followed(channel): Followed,
        timestamp: i64,
        at: i64,
    ) -> Option<Seen> {
        self.note_numbered(fingerprint, |_| channel, timestamp, at)
    }

    fn note_numbered(
        &mut self,
        Fingerprint(fingerprint): Fingerprint,
        channel: impl FnOnce(&mut Names) -> u32,
        timestamp: i64,
        at: i64,
    ) -> Option<Seen> {
        self.now = at;
        self.forget_expired();
        let (ring, first) = (&self.ring, self.first);
        let slot = |position: u32| ring.get(position.wrapping_sub(first) as usize);
        let is_it = |position: u32| slot(position).is_some_and(|slot| slot.fingerprint == fingerprint);
        if let Some(position) = self.positions.find(fingerprint, is_it) {
            let slot = slot(position)?;
            return Some(Seen { at: slot.at, channel: self.names.get(slot.channel)? });
        }
        if self.positions.is_full() {
            self.positions.grow();
        }
        // The ring holds fewer than 2^32 slots, so that the low bits tell them apart.
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

    /// Whether messages were forgotten that could still be repeated, so that a repeat may go unseen. True until the last of
    /// them is out of tolerance.
    #[must_use]
    pub fn incomplete(&self) -> bool {
        self.forgotten_until.is_some_and(|until| self.now <= until)
    }

    /// How many messages are remembered at most.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many messages are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ring.len() == 0
    }

    /// The finding for a message that [`note`](Self::note) has seen before; `at` is when this copy was received. None within a
    /// second after the first copy: copies that close cannot be told from a fan-out or a retry.
    #[must_use]
    pub fn finding(seen: Seen, channel: &Channel, at: i64) -> Option<Finding> {
        (at.abs_diff(seen.at) > MICROS.unsigned_abs()).then(|| Finding {
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

const MICROS: i64 = 1_000_000;

impl Slot {
    /// The last microsecond at which it may verify.
    fn until(&self) -> i64 {
        self.at.saturating_add(i64::from(self.valid_seconds) * MICROS)
    }
}

/// For how many seconds from `at` on a message verifies: one more than is left, as both times count whole seconds.
fn valid_seconds(timestamp: i64, at: i64, tolerance: u64) -> u32 {
    let left = i128::from(timestamp) + i128::from(tolerance) - i128::from(at.div_euclid(MICROS)) + 1;
    u32::try_from(left.max(0)).unwrap_or(u32::MAX)
}
