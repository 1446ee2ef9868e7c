//! Counts messages by name: how many were received, how many were rejected, and when the last one was received.
//!
//! Memory is bounded. If there are too many names, the messages of further names are only counted per channel. Counting a
//! message takes one comparison if its name is a recent one, otherwise one hash and one look-up.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState};

/// The maximum number of names of one channel that are counted separately.
pub const MAX_PER_CHANNEL: usize = 1_000;
/// The maximum number of names of all channels that are counted separately.
pub const MAX: usize = 20_000;

/// Longer names are distinguished only by their length and this many bytes at the start.
const MAX_LENGTH: usize = 256;
/// The number of recent names that are found without a hash.
const SLOTS: usize = 32;
/// The period over which the rate is measured, in seconds.
const RATE_SECONDS: i64 = 10;
/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// The counts of one name, or of all names that are counted together. Times are in microseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NameCount {
    /// The number of messages received.
    pub count: u64,
    /// The number of messages rejected.
    pub rejected: u64,
    /// When the last one was received.
    pub last_at: i64,
    /// The ID of the last one's row in the scrollback.
    pub last_row: u64,
    /// The period of ten seconds in which the last message was received, counted from the epoch. `current` is the number of
    /// messages in this period, and `before` the number in the period before.
    window: i64,
    current: u64,
    before: u64,
}

impl NameCount {
    fn add(&mut self, at: i64, rejected: bool, row_id: u64) {
        let window = at.div_euclid(RATE_SECONDS * SECOND);
        if window != self.window {
            self.before = if window == self.window + 1 { self.current } else { 0 };
            self.window = window;
            self.current = 0;
        }
        self.current = self.current.saturating_add(1);
        self.count = self.count.saturating_add(1);
        self.rejected = self.rejected.saturating_add(u64::from(rejected));
        self.last_at = at;
        self.last_row = row_id;
    }

    /// The number of messages in the last complete period of ten seconds.
    #[must_use]
    pub fn in_ten_seconds(&self, now: i64) -> u64 {
        match now.div_euclid(RATE_SECONDS * SECOND).saturating_sub(self.window) {
            0 => self.before,
            1 => self.current,
            _ => 0,
        }
    }

    fn merge(&mut self, other: &Self, now: i64) {
        let rate = self.in_ten_seconds(now).saturating_add(other.in_ten_seconds(now));
        *self = Self {
            count: self.count.saturating_add(other.count),
            rejected: self.rejected.saturating_add(other.rejected),
            last_at: self.last_at.max(other.last_at),
            last_row: self.last_row.max(other.last_row),
            window: now.div_euclid(RATE_SECONDS * SECOND),
            current: 0,
            before: rate,
        };
    }
}

/// A name and its counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameRow {
    /// The name, not escaped, and cut after 256 bytes. `None`: all names that are not counted separately.
    pub name: Option<Vec<u8>>,
    /// Its counts.
    pub count: NameCount,
}

/// The order of the names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NameOrder {
    /// The most frequent first.
    #[default]
    Count,
    /// The highest current rate first.
    Rate,
    /// The most rejected messages first.
    Rejected,
    /// The most recently received first.
    Last,
    /// Alphabetical.
    Name,
}

impl NameOrder {
    /// The next order. After the last one, the first.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Count => Self::Rate,
            Self::Rate => Self::Rejected,
            Self::Rejected => Self::Last,
            Self::Last => Self::Name,
            Self::Name => Self::Count,
        }
    }
}

/// The names of all channels.
#[derive(Debug, Default)]
pub struct Names {
    /// Maps the hash of channel and name to the index in `counts`.
    index: HashMap<u64, u32, BuildHasherDefault<AsItIs>>,
    hasher: RandomState,
    counts: Vec<Counted>,
    /// The indices in `counts` of recent names, each in its [`slot`]. Most names are received again soon.
    recent: [u32; SLOTS],
    /// For each channel, the number of names that are counted separately, and the counts of all its other names.
    channels: Vec<(usize, NameCount)>,
    /// The counts of all names of channels that are not listed.
    unlisted: NameCount,
}

#[derive(Debug)]
struct Counted {
    channel: usize,
    name: Box<[u8]>,
    count: NameCount,
}

impl Names {
    /// Counts a message of the channel with this index. `None` if the channel is not listed. `row_id` is the ID of its row.
    pub fn add(&mut self, channel: Option<usize>, name: &[u8], at: i64, rejected: bool, row_id: u64) {
        let Some(channel) = channel else {
            self.unlisted.add(at, rejected, row_id);
            return;
        };
        let slot = slot(channel, name);
        if let Some(counted) = self.counts.get_mut(self.recent[slot] as usize)
            && counted.channel == channel
            && *counted.name == *name
            && name.len() < MAX_LENGTH
        {
            counted.count.add(at, rejected, row_id);
            return;
        }
        let looked_at = &name[..name.len().min(MAX_LENGTH)];
        let hash = self.hasher.hash_one((channel, name.len(), looked_at));
        if let Some(&place) = self.index.get(&hash)
            && let Some(counted) = self.counts.get_mut(place as usize)
        {
            self.recent[slot] = place;
            counted.count.add(at, rejected, row_id);
            return;
        }
        if self.channels.len() <= channel {
            self.channels.resize(channel + 1, Default::default());
        }
        let (names, others) = &mut self.channels[channel];
        let next = u32::try_from(self.counts.len()).ok().filter(|next| (*next as usize) < MAX);
        let Some(next) = next.filter(|_| *names < MAX_PER_CHANNEL) else {
            others.add(at, rejected, row_id);
            return;
        };
        *names += 1;
        let mut count = NameCount::default();
        count.add(at, rejected, row_id);
        self.index.insert(hash, next);
        self.counts.push(Counted { channel, name: looked_at.into(), count });
    }

    /// The number of names that are counted separately, at most [`MAX`].
    #[must_use]
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether no name was counted yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The names of these channels, or of all channels, in this order. The names that are counted together come last.
    #[must_use]
    pub fn rows(&self, channels: Option<&[usize]>, order: NameOrder, now: i64) -> Vec<NameRow> {
        let of: Option<BTreeSet<usize>> = channels.map(|channels| channels.iter().copied().collect());
        let wanted = |channel: usize| of.as_ref().is_none_or(|of| of.contains(&channel));
        let mut by_name: HashMap<&[u8], NameCount> = HashMap::new();
        for counted in self.counts.iter().filter(|counted| wanted(counted.channel)) {
            by_name.entry(&counted.name).and_modify(|count| count.merge(&counted.count, now)).or_insert(counted.count);
        }
        let mut others = if channels.is_none() { self.unlisted } else { NameCount::default() };
        for (channel, (_, more)) in self.channels.iter().enumerate() {
            if wanted(channel) && more.count > 0 {
                others.merge(more, now);
            }
        }
        let mut rows: Vec<(&[u8], NameCount)> = by_name.into_iter().collect();
        let first = |count: &NameCount| match order {
            NameOrder::Count => count.count,
            NameOrder::Rate => count.in_ten_seconds(now),
            NameOrder::Rejected => count.rejected,
            NameOrder::Last => count.last_at.cast_unsigned() ^ (1 << 63),
            NameOrder::Name => 0,
        };
        rows.sort_unstable_by(|a, b| first(&b.1).cmp(&first(&a.1)).then_with(|| a.0.cmp(b.0)));
        let mut rows: Vec<NameRow> =
            rows.into_iter().map(|(name, count)| NameRow { name: Some(name.to_vec()), count }).collect();
        if others.count > 0 {
            rows.push(NameRow { name: None, count: others });
        }
        rows
    }
}

/// The place of a name in `recent`. The function is cheap rather than uniform: if two names share a place, only the hash look-up
/// is needed again.
fn slot(channel: usize, name: &[u8]) -> usize {
    let end = |byte: Option<&u8>| usize::from(byte.copied().unwrap_or_default());
    (channel.wrapping_add(5 * name.len()) + end(name.first()) + 3 * end(name.last())) % SLOTS
}

/// A hasher for keys that are hashes already: it returns them unchanged.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
