//! The lines of the Channels pane: all channels, groups of names that share a separator, channels, patterns.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use crate::console::panes::channels::state::ChannelState;

/// What separates the parts of a name.
const SEPARATORS: &[u8] = b":./";

/// Groups stand in groups to this depth at most.
const DEEPEST: usize = 8;

/// One line of the pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelRow {
    /// All channels.
    All,
    /// Channels whose names begin alike.
    Group(Group),
    /// A channel.
    Channel {
        /// Its index.
        index: usize,
        /// In how many groups it stands.
        depth: usize,
        /// How many bytes of its name its group says already.
        said: usize,
    },
    /// A pattern, by its index.
    Pattern(usize),
}

/// Channels whose names begin alike, up to a separator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// How their names begin, with the separator; not escaped.
    pub prefix: Vec<u8>,
    /// In how many groups it stands.
    pub depth: usize,
    /// How many bytes of it the group that it stands in says already.
    pub said: usize,
    /// Its channels have no lines.
    pub folded: bool,
    /// The indices of its channels, those of groups in it included.
    pub members: Vec<usize>,
}

impl ChannelRow {
    /// Whether both stand for the same thing, folded or not.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Group(one), Self::Group(other)) => one.prefix == other.prefix,
            (Self::Channel { index: one, .. }, Self::Channel { index: other, .. }) => one == other,
            _ => self == other,
        }
    }

    /// In how many groups it stands.
    #[must_use]
    pub fn depth(&self) -> usize {
        match self {
            Self::Group(group) => group.depth,
            Self::Channel { depth, .. } => *depth,
            Self::All | Self::Pattern(_) => 0,
        }
    }
}

/// In what order the channels stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// As they first appeared.
    #[default]
    Seen,
    /// By name.
    Name,
    /// The busiest first.
    Rate,
    /// Those with the most open gaps first, then those with the most rejected messages.
    Trouble,
    /// Those whose last message is the newest first.
    Last,
}

impl Order {
    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Seen => Self::Name,
            Self::Name => Self::Rate,
            Self::Rate => Self::Trouble,
            Self::Trouble => Self::Last,
            Self::Last => Self::Seen,
        }
    }
}

/// What several channels add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    /// Messages a second; none where it is known of none of them.
    pub rate: Option<f64>,
    /// Gaps that are not acknowledged.
    pub gaps: u64,
    /// Messages rejected.
    pub rejected: u64,
    /// Other findings.
    pub others: u64,
    /// Channels that the server denies.
    pub denied: u64,
    /// When the last message came.
    pub last_at: Option<i64>,
}

impl Sum {
    /// Over these channels.
    #[must_use]
    pub fn of(list: &[ChannelState], members: &[usize]) -> Self {
        members.iter().filter_map(|index| list.get(*index)).fold(Self::default(), |mut sum, channel| {
            if let Some(rate) = channel.rate() {
                sum.rate = Some(sum.rate.unwrap_or(0.0) + rate);
            }
            sum.gaps = sum.gaps.saturating_add(channel.open_gaps());
            sum.rejected = sum.rejected.saturating_add(channel.rejected);
            sum.others = sum.others.saturating_add(channel.other_findings);
            sum.denied += u64::from(channel.denied.is_some());
            sum.last_at = sum.last_at.max(channel.last_at);
            sum
        })
    }
}

/// The lines of channels, as a tree or flat.
pub(crate) fn of(list: &[ChannelState], order: Order, tree: bool, folded: &BTreeSet<Vec<u8>>) -> Vec<ChannelRow> {
    let mut indices: Vec<usize> = (0..list.len()).collect();
    if !tree {
        indices.sort_by_cached_key(|index| key(list, order, &[*index]));
        return indices.into_iter().map(|index| ChannelRow::Channel { index, depth: 0, said: 0 }).collect();
    }
    let mut lines = Vec::new();
    Tree { list, order, folded, lines: &mut lines }.add(&indices, 0, 0);
    lines
}

struct Tree<'a> {
    list: &'a [ChannelState],
    order: Order,
    folded: &'a BTreeSet<Vec<u8>>,
    lines: &'a mut Vec<ChannelRow>,
}

impl Tree<'_> {
    /// Adds channels whose names have the first `shared` bytes in common.
    fn add(&mut self, indices: &[usize], shared: usize, depth: usize) {
        let list = self.list;
        let mut parts: Vec<Vec<usize>> = Vec::new();
        let mut part_of: HashMap<&[u8], usize> = HashMap::new();
        for &index in indices {
            let name = list[index].channel.as_bytes();
            match separator(name, shared).filter(|_| depth < DEEPEST) {
                Some(end) => {
                    let part = *part_of.entry(&name[..end]).or_insert(parts.len());
                    match parts.get_mut(part) {
                        Some(members) => members.push(index),
                        None => parts.push(vec![index]),
                    }
                }
                None => parts.push(vec![index]),
            }
        }
        parts.sort_by_cached_key(|members| key(list, self.order, members));
        for members in parts {
            if let [index] = members[..] {
                self.lines.push(ChannelRow::Channel { index, depth, said: shared });
                continue;
            }
            let names = members.iter().map(|index| list[*index].channel.as_bytes());
            let prefix = common_prefix(names).to_vec();
            let (folded, end) = (self.folded.contains(&prefix), prefix.len());
            self.lines.push(ChannelRow::Group(Group { prefix, depth, said: shared, folded, members: members.clone() }));
            if !folded {
                self.add(&members, end, depth + 1);
            }
        }
    }
}

/// The end of the part that begins at `from`, behind its separator, unless the name ends there.
fn separator(name: &[u8], from: usize) -> Option<usize> {
    let rest = name.get(from..)?;
    let end = from + rest.iter().position(|byte| SEPARATORS.contains(byte))? + 1;
    (end < name.len()).then_some(end)
}

/// The longest start that all names share and that ends with a separator, shorter than any of them.
fn common_prefix<'a>(mut names: impl Iterator<Item = &'a [u8]>) -> &'a [u8] {
    let first = names.next().unwrap_or_default();
    let shared = names.fold(first.len().saturating_sub(1), |shared, name| {
        let alike = first.iter().zip(name).take_while(|(one, other)| one == other).count();
        shared.min(alike).min(name.len().saturating_sub(1))
    });
    let end = first[..shared].iter().rposition(|byte| SEPARATORS.contains(byte)).map_or(0, |at| at + 1);
    &first[..end]
}

/// What channels are sorted by: the higher numbers first, then what appeared first, then by name.
type Key<'a> = (Reverse<[u64; 4]>, usize, &'a [u8]);

/// Where channels stand that form one line; there is at least one.
fn key<'a>(list: &'a [ChannelState], order: Order, members: &[usize]) -> Key<'a> {
    if order == Order::Seen {
        return (Reverse([0; 4]), members.iter().copied().min().unwrap_or(0), b"");
    }
    let name = members.iter().map(|index| list[*index].channel.as_bytes()).min().unwrap_or_default();
    let numbers = || Sum::of(list, members);
    let first = match order {
        Order::Seen | Order::Name => [0; 4],
        // The bits of numbers that are not negative are in the order of the numbers.
        Order::Rate => [numbers().rate.unwrap_or(0.0).max(0.0).to_bits(), 0, 0, 0],
        Order::Trouble => {
            let sum = numbers();
            [sum.denied, sum.gaps, sum.rejected, sum.others]
        }
        Order::Last => [numbers().last_at.map_or(0, |at| at.cast_unsigned() ^ (1 << 63)), 0, 0, 0],
    };
    (Reverse(first), 0, name)
}
