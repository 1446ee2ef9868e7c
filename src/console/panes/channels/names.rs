//! What is known of each message name: how many came, how many were rejected, when the last one came.
//!
//! Memory is bounded; what is beyond the bounds is counted together, channel by channel. A message costs a comparison with
//! a name that came lately, or one hash of its name and one look-up.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState};

/// Names of one channel that are counted for themselves.
pub const MAX_PER_CHANNEL: usize = 1_000;
/// Names of all channels that are counted for themselves.
pub const MAX: usize = 20_000;

/// Of a longer name only so many bytes are looked at, and its length.
const MAX_LENGTH: usize = 256;
/// So many names that came lately are found without a hash.
const SLOTS: usize = 32;
/// The rate is taken over so many seconds.
const RATE_SECONDS: i64 = 10;
/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// What is known of one name, or of all that are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NameCount {
    /// Messages received.
    pub count: u64,
    /// Messages rejected.
    pub rejected: u64,
    /// When the last one came.
    pub last_at: i64,
    /// The ten seconds under way, by their number since the epoch; what came in them, and in the ten seconds before.
    window: i64,
    current: u64,
    before: u64,
}

impl NameCount {
    fn add(&mut self, at: i64, rejected: bool) {
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
    }

    /// Messages in the last full ten seconds.
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
            window: now.div_euclid(RATE_SECONDS * SECOND),
            current: 0,
            before: rate,
        };
    }
}

/// A name and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameRow {
    /// The name, not escaped; cut after 256 bytes. None: all names that are not counted for themselves.
    pub name: Option<Vec<u8>>,
    /// What is known of it.
    pub count: NameCount,
}

/// In what order the names stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NameOrder {
    /// The most frequent first.
    #[default]
    Count,
    /// The busiest at the moment first.
    Rate,
    /// The most often rejected first.
    Rejected,
    /// The one that came last first.
    Last,
    /// By name.
    Name,
}

impl NameOrder {
    /// The next one.
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
    /// By the hash of channel and name: where it is counted.
    index: HashMap<u64, u32, BuildHasherDefault<AsItIs>>,
    hasher: RandomState,
    counts: Vec<Counted>,
    /// Where names that came lately are counted, each in its [`slot`]: most come again soon.
    recent: [u32; SLOTS],
    /// By channel: how many of its names are counted for themselves, and all the others.
    channels: Vec<(usize, NameCount)>,
    /// Of channels that are not listed.
    unlisted: NameCount,
}

#[derive(Debug)]
struct Counted {
    channel: usize,
    name: Box<[u8]>,
    count: NameCount,
}

impl Names {
    /// Counts a message on the channel of that index; none where the channel is not listed.
    pub fn add(&mut self, channel: Option<usize>, name: &[u8], at: i64, rejected: bool) {
        let Some(channel) = channel else {
            self.unlisted.add(at, rejected);
            return;
        };
        let slot = slot(channel, name);
        if let Some(counted) = self.counts.get_mut(self.recent[slot] as usize)
            && counted.channel == channel
            && *counted.name == *name
            && name.len() < MAX_LENGTH
        {
            counted.count.add(at, rejected);
            return;
        }
        let looked_at = &name[..name.len().min(MAX_LENGTH)];
        let hash = self.hasher.hash_one((channel, name.len(), looked_at));
        if let Some(&place) = self.index.get(&hash)
            && let Some(counted) = self.counts.get_mut(place as usize)
        {
            self.recent[slot] = place;
            counted.count.add(at, rejected);
            return;
        }
        if self.channels.len() <= channel {
            self.channels.resize(channel + 1, Default::default());
        }
        let (names, others) = &mut self.channels[channel];
        let next = u32::try_from(self.counts.len()).ok().filter(|next| (*next as usize) < MAX);
        let Some(next) = next.filter(|_| *names < MAX_PER_CHANNEL) else {
            others.add(at, rejected);
            return;
        };
        *names += 1;
        let mut count = NameCount::default();
        count.add(at, rejected);
        self.index.insert(hash, next);
        self.counts.push(Counted { channel, name: looked_at.into(), count });
    }

    /// How many names are counted for themselves; never more than [`MAX`].
    #[must_use]
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether no name was counted yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The names of these channels, or of all, in that order; those that are counted together stand last.
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

/// Where a name is remembered: a cheap mixture, for another name in its place does no harm.
fn slot(channel: usize, name: &[u8]) -> usize {
    let end = |byte: Option<&u8>| usize::from(byte.copied().unwrap_or_default());
    (channel.wrapping_add(5 * name.len()) + end(name.first()) + 3 * end(name.last())) % SLOTS
}

/// A hash is hashed already.
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
