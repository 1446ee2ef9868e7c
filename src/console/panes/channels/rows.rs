//! The lines of the Channels pane: all channels, groups of channels with a common prefix, channels, and patterns.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use crate::console::panes::channels::state::ChannelState;

/// The characters that separate the parts of a name.
const SEPARATORS: &[u8] = b":./";

/// The maximum depth of nested groups.
const DEEPEST: usize = 8;

/// One line of the pane.
#[derive(Debug, Clone, PartialEq)]
pub enum ChannelRow {
    /// All channels.
    All,
    /// Channels with a common prefix.
    Group(Group),
    /// A channel.
    Channel {
        /// Its index.
        index: usize,
        /// The number of groups around it.
        depth: usize,
        /// The length of the prefix that its group already shows, in bytes.
        shared: usize,
    },
    /// A pattern, by its index.
    Pattern(usize),
}

/// Channels whose names have a common prefix that ends with a separator.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The common prefix, including the separator; not escaped.
    pub prefix: Vec<u8>,
    /// The number of groups around it.
    pub depth: usize,
    /// The length of the prefix that the group around it already shows, in bytes.
    pub shared: usize,
    /// Whether the group is folded, so that its channels have no lines.
    pub folded: bool,
    /// The indices of its channels, including those of groups in it, in ascending order.
    pub members: Vec<usize>,
    /// The totals of its channels.
    pub sum: Sum,
}

impl ChannelRow {
    /// Whether both lines are for the same channel, group or pattern, folded or not.
    #[must_use]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Group(one), Self::Group(other)) => one.prefix == other.prefix,
            (Self::Channel { index: one, .. }, Self::Channel { index: other, .. }) => one == other,
            _ => self == other,
        }
    }

    /// The number of groups around it.
    #[must_use]
    pub fn depth(&self) -> usize {
        match self {
            Self::Group(group) => group.depth,
            Self::Channel { depth, .. } => *depth,
            Self::All | Self::Pattern(_) => 0,
        }
    }
}

/// The order of the channels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// In the order of their first appearance.
    #[default]
    Seen,
    /// Alphabetical.
    Name,
    /// The highest rate first.
    Rate,
    /// The most problems first: denied, unmet expectations, open gaps, counter resets, rejected messages, other findings.
    Findings,
    /// The newest last message first.
    Last,
}

impl Order {
    /// Whether it depends on counts and rates, which change all the time.
    #[must_use]
    pub(crate) fn is_by_numbers(self) -> bool {
        match self {
            Self::Seen | Self::Name => false,
            Self::Rate | Self::Findings | Self::Last => true,
        }
    }

    /// The next order. After the last one, the first.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Seen => Self::Name,
            Self::Name => Self::Rate,
            Self::Rate => Self::Findings,
            Self::Findings => Self::Last,
            Self::Last => Self::Seen,
        }
    }
}

/// The totals of several channels.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    /// Messages per second. `None` if the rate of no channel is known.
    pub rate: Option<f64>,
    /// The number of gaps that are not acknowledged.
    pub gaps: u64,
    /// The number of counter resets that are not acknowledged.
    pub resets: u64,
    /// The number of rejected messages.
    pub rejected: u64,
    /// The number of findings as of [`ChannelState::further_findings`].
    pub others: u64,
    /// The number of channels that the server denies.
    pub denied: u64,
    /// The number of channels that do not meet an expectation.
    pub unmet: u64,
    /// When the last message was received.
    pub last_at: Option<i64>,
}

impl Sum {
    /// The totals of one channel.
    #[must_use]
    pub fn of_one(channel: &ChannelState) -> Self {
        Self {
            rate: channel.rate(),
            gaps: channel.open_gaps(),
            resets: channel.open_resets,
            rejected: channel.rejected,
            others: channel.further_findings(),
            denied: u64::from(channel.denied.is_some()),
            unmet: u64::from(channel.is_unmet()),
            last_at: channel.last_at,
        }
    }

    /// Adds up these channels.
    #[must_use]
    pub fn of(list: &[ChannelState], members: &[usize]) -> Self {
        members.iter().filter_map(|index| list.get(*index)).fold(Self::default(), |mut sum, channel| {
            let one = Self::of_one(channel);
            if let Some(rate) = one.rate {
                sum.rate = Some(sum.rate.unwrap_or(0.0) + rate);
            }
            sum.gaps = sum.gaps.saturating_add(one.gaps);
            sum.resets = sum.resets.saturating_add(one.resets);
            sum.rejected = sum.rejected.saturating_add(one.rejected);
            sum.others = sum.others.saturating_add(one.others);
            sum.denied += one.denied;
            sum.unmet += one.unmet;
            sum.last_at = sum.last_at.max(one.last_at);
            sum
        })
    }
}

/// The lines of the channels with these indices, in ascending order, as a flat list.
pub(crate) fn flat(list: &[ChannelState], mut indices: Vec<usize>, order: Order) -> Vec<ChannelRow> {
    indices.sort_by_cached_key(|index| key(list, order, &[*index]));
    indices.into_iter().map(|index| ChannelRow::Channel { index, depth: 0, shared: 0 }).collect()
}

/// The lines of all channels, as a tree.
pub(crate) fn tree(list: &[ChannelState], order: Order, folded: &BTreeSet<Vec<u8>>) -> Vec<ChannelRow> {
    let indices: Vec<usize> = (0..list.len()).collect();
    let mut lines = Vec::new();
    Tree { list, order, folded, lines: &mut lines }.add(&indices, 0, 0);
    lines
}

/// For each line, whether it is the last one of its group.
pub(crate) fn ends(lines: &[ChannelRow]) -> Vec<bool> {
    let mut ends = vec![true; lines.len()];
    // For each depth, whether a line of this depth follows before the group ends.
    let mut follows = [false; DEEPEST + 1];
    for (line, end) in lines.iter().zip(&mut ends).rev() {
        let depth = line.depth().min(DEEPEST);
        *end = !follows[depth];
        follows[depth] = true;
        follows[depth + 1..].fill(false);
    }
    ends
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
                self.lines.push(ChannelRow::Channel { index, depth, shared });
                continue;
            }
            let names = members.iter().map(|index| list[*index].channel.as_bytes());
            let prefix = common_prefix(names).to_vec();
            let (folded, end) = (self.folded.contains(&prefix), prefix.len());
            let sum = Sum::of(list, &members);
            let group = Group { prefix, depth, shared, folded, members: members.clone(), sum };
            self.lines.push(ChannelRow::Group(group));
            if !folded {
                self.add(&members, end, depth + 1);
            }
        }
    }
}

/// The end of the part of the name that begins at `from`, after its separator. `None` if it is the last part.
fn separator(name: &[u8], from: usize) -> Option<usize> {
    let rest = name.get(from..)?;
    let end = from + rest.iter().position(|byte| SEPARATORS.contains(byte))? + 1;
    (end < name.len()).then_some(end)
}

/// The longest common prefix of all names that ends with a separator. It is shorter than each name.
fn common_prefix<'a>(mut names: impl Iterator<Item = &'a [u8]>) -> &'a [u8] {
    let first = names.next().unwrap_or_default();
    let shared = names.fold(first.len().saturating_sub(1), |shared, name| {
        let alike = first.iter().zip(name).take_while(|(one, other)| one == other).count();
        shared.min(alike).min(name.len().saturating_sub(1))
    });
    let end = first[..shared].iter().rposition(|byte| SEPARATORS.contains(byte)).map_or(0, |at| at + 1);
    &first[..end]
}

/// The sort key of a line: higher numbers first, then by first appearance, then by name.
type Key<'a> = (Reverse<[u64; 6]>, usize, &'a [u8]);

/// The sort key of a line with these channels, of which there is at least one.
fn key<'a>(list: &'a [ChannelState], order: Order, members: &[usize]) -> Key<'a> {
    if order == Order::Seen {
        return (Reverse([0; 6]), members.iter().copied().min().unwrap_or(0), b"");
    }
    let name = members.iter().map(|index| list[*index].channel.as_bytes()).min().unwrap_or_default();
    let numbers = || Sum::of(list, members);
    let first = match order {
        Order::Seen | Order::Name => [0; 6],
        // The bits of non-negative floating-point numbers, read as integers, have the same order as the numbers.
        Order::Rate => [numbers().rate.unwrap_or(0.0).max(0.0).to_bits(), 0, 0, 0, 0, 0],
        Order::Findings => {
            let sum = numbers();
            [sum.denied, sum.unmet, sum.gaps, sum.resets, sum.rejected, sum.others]
        }
        Order::Last => [numbers().last_at.map_or(0, |at| at.cast_unsigned() ^ (1 << 63)), 0, 0, 0, 0, 0],
    };
    (Reverse(first), 0, name)
}
