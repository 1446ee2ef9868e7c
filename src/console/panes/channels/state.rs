//! The channels and their numbers.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use crate::console::app::state::is_pattern;
use crate::console::panes::channels::rate::PerSecond;
use crate::console::panes::channels::rows;
use crate::console::panes::channels::rows::{ChannelRow, Order};
use crate::console::ui::list_cursor::ListCursor;
use crate::ledger::sequence::{Channel, Reading};
use crate::wire::glob;

/// The channels, in order of their first appearance.
#[derive(Debug, Default)]
pub struct Channels {
    /// One a channel; at most a few thousand, the rest is counted in `others`.
    pub list: Vec<ChannelState>,
    /// Messages of channels beyond the bound of the list.
    pub others: u64,
    /// The cursor.
    pub position: ListCursor,
    /// Which channels the Messages pane shows, by index in `list`; empty: all of them.
    pub picked: BTreeSet<usize>,
    /// The patterns that were ever subscribed to.
    pub patterns: Vec<PatternState>,
    /// In what order the channels stand.
    pub order: Order,
    /// Names that share a separator stand in groups.
    pub tree: bool,
    /// The groups that are folded, by how their names begin.
    pub folded: BTreeSet<Vec<u8>>,
    /// What the server was last found to have.
    pub discovered: Vec<Channel>,
    lines: Vec<ChannelRow>,
    index: HashMap<Channel, usize>,
    last: usize,
    /// The lines are not those of the order of appearance.
    stale: bool,
}

/// How many channels are listed at most.
pub const MAX_CHANNELS: usize = 2_000;

impl Channels {
    /// The index of a channel in the list.
    #[must_use]
    pub fn find(&self, channel: &Channel) -> Option<usize> {
        self.index.get(channel).copied()
    }

    /// The index of a channel in the list, where it is added if there is room. The channel asked for last is found
    /// without hashing: messages come in runs of one channel.
    pub fn find_or_add(&mut self, channel: &Channel) -> Option<usize> {
        if self.list.get(self.last).is_some_and(|last| last.channel == *channel) {
            return Some(self.last);
        }
        let index = match self.index.get(channel) {
            Some(index) => *index,
            None if self.list.len() < MAX_CHANNELS => {
                self.index.insert(channel.clone(), self.list.len());
                self.list.push(ChannelState::new(channel.clone()));
                self.list.len() - 1
            }
            None => return None,
        };
        self.last = index;
        Some(index)
    }

    /// The lines of the pane, as of the last [`refresh`](Self::refresh).
    #[must_use]
    pub fn lines(&self) -> &[ChannelRow] {
        &self.lines
    }

    /// The line under the cursor.
    #[must_use]
    pub fn line(&self) -> &ChannelRow {
        self.lines.get(self.position.cursor).unwrap_or(&ChannelRow::All)
    }

    /// Keeps the channels and what is picked of them, and forgets all that is known of them.
    pub(crate) fn forget_numbers(&mut self) {
        self.others = 0;
        for known in &mut self.list {
            *known = ChannelState::new(known.channel.clone());
        }
    }

    /// The channel under the cursor; none where that is "all channels".
    #[must_use]
    pub fn selected(&self) -> Option<&ChannelState> {
        match self.line() {
            ChannelRow::Channel { index, .. } => self.list.get(*index),
            _ => None,
        }
    }

    /// The indices of the channels that a line stands for; none: all of them.
    #[must_use]
    pub fn members(&self, line: &ChannelRow) -> Option<Vec<usize>> {
        match line {
            ChannelRow::All => None,
            ChannelRow::Group(group) => Some(group.members.clone()),
            ChannelRow::Channel { index, .. } => Some(vec![*index]),
            ChannelRow::Pattern(pattern) => Some(self.patterns.get(*pattern).map_or_else(Vec::new, |pattern| {
                (0..self.list.len()).filter(|index| pattern.matches(&self.list[*index].channel)).collect()
            })),
        }
    }

    /// Lays the lines out anew; the cursor stays on what it was on.
    pub fn refresh(&mut self) {
        for pattern in &mut self.patterns {
            let new = self.list.get(pattern.looked_at..).unwrap_or_default();
            pattern.channels +=
                new.iter().filter(|channel| glob::matches(pattern.name.as_bytes(), channel.channel.as_bytes())).count();
            pattern.looked_at = self.list.len();
        }
        let len = 1 + self.list.len() + self.patterns.len();
        if self.order == Order::Seen && !self.tree && !self.stale && self.lines.len() == len {
            return;
        }
        let mut lines = vec![ChannelRow::All];
        lines.extend(rows::of(&self.list, self.order, self.tree, &self.folded));
        lines.extend((0..self.patterns.len()).map(ChannelRow::Pattern));
        let before = std::mem::replace(&mut self.lines, lines);
        self.stale = self.tree || self.order != Order::Seen;
        if let Some(line) = before.get(self.position.cursor)
            && let Some(now) = self.lines.iter().position(|now| now.is_same(line))
        {
            self.position.cursor = now;
        }
        self.position.cursor = self.position.cursor.min(self.lines.len() - 1);
    }

    /// Notes that a channel or pattern is subscribed to, or not any more.
    pub fn note(&mut self, name: &str, wanted: bool) {
        if is_pattern(name) {
            if let Some(pattern) = self.patterns.iter_mut().find(|pattern| pattern.name == name) {
                (pattern.dropped, pattern.denied) = (!wanted, None);
            } else if wanted && self.patterns.len() < MAX_CHANNELS {
                self.patterns.push(PatternState::new(name));
            }
        } else if let Some(index) = self.find_or_add(&Channel::new(name.as_bytes())) {
            self.list[index].denied = None;
        }
    }

    /// Whether the server denies this channel or pattern.
    pub(crate) fn is_denied(&self, name: &str) -> bool {
        if is_pattern(name) {
            self.patterns.iter().any(|pattern| pattern.name == name && pattern.denied.is_some())
        } else {
            self.find(&Channel::new(name.as_bytes())).is_some_and(|index| self.list[index].denied.is_some())
        }
    }

    /// Whether the rows of a channel are shown: it is picked, or none is.
    #[must_use]
    pub fn shows(&self, channel: &Channel) -> bool {
        self.picked.is_empty() || self.find(channel).is_some_and(|index| self.picked.contains(&index))
    }

    /// The indices of the entries shown in a window of `height` entries.
    #[must_use]
    pub fn window(&self, height: usize) -> Range<usize> {
        self.position.range(self.lines.len(), height)
    }
}

/// A pattern that is or was subscribed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternState {
    /// The pattern, not escaped.
    pub name: String,
    /// How many of the channels listed it matches.
    pub channels: usize,
    /// Why the server denies it, if it does; not escaped.
    pub denied: Option<std::sync::Arc<str>>,
    /// It is not subscribed to any more.
    pub dropped: bool,
    /// How many channels were compared with it.
    looked_at: usize,
}

impl PatternState {
    /// A pattern that is subscribed to.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), channels: 0, denied: None, dropped: false, looked_at: 0 }
    }

    /// Whether it brings that channel.
    #[must_use]
    pub fn matches(&self, channel: &Channel) -> bool {
        glob::matches(self.name.as_bytes(), channel.as_bytes())
    }
}

/// What is known of one channel.
#[derive(Debug, Clone)]
pub struct ChannelState {
    /// The channel.
    pub channel: Channel,
    /// The counter as last read; none before the first barrier.
    pub reading: Option<Reading>,
    /// Messages received.
    pub received: u64,
    /// When the last one came.
    pub last_at: Option<i64>,
    /// Gap findings.
    pub gaps: u64,
    /// Those of them that were marked as acknowledged.
    pub acknowledged: u64,
    /// Sequence numbers missed.
    pub missed: u64,
    /// Messages rejected.
    pub rejected: u64,
    /// Findings that are no gaps.
    pub other_findings: u64,
    /// Why the server denies it, if it does; not escaped.
    pub denied: Option<std::sync::Arc<str>>,
    /// It was subscribed to, and is not any more.
    pub dropped: bool,
    /// Messages of each of the last seconds, the current one last.
    pub per_second: PerSecond,
}

impl ChannelState {
    /// Nothing has come yet.
    #[must_use]
    pub fn new(channel: Channel) -> Self {
        Self {
            channel,
            reading: None,
            received: 0,
            last_at: None,
            gaps: 0,
            acknowledged: 0,
            missed: 0,
            rejected: 0,
            other_findings: 0,
            denied: None,
            dropped: false,
            per_second: PerSecond::default(),
        }
    }

    /// Gap findings that were not marked as acknowledged.
    #[must_use]
    pub fn open_gaps(&self) -> u64 {
        self.gaps.saturating_sub(self.acknowledged)
    }

    /// How long ago the last message came, in microseconds; none before the first.
    #[must_use]
    pub fn age(&self, now: i64) -> Option<u64> {
        self.last_at.map(|at| u64::try_from(now.saturating_sub(at)).unwrap_or(0))
    }

    /// Messages a second, over the last full seconds; none before there was one.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        self.per_second.rate()
    }
}
