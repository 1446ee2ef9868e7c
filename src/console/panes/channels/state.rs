//! The channels and their counts.

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
    /// The channels, at most [`MAX_CHANNELS`].
    pub list: Vec<ChannelState>,
    /// The number of messages of channels that are not listed, because the list is full.
    pub others: u64,
    /// The cursor.
    pub position: ListCursor,
    /// The channels that the Messages pane shows, by index in `list`. Empty: all channels.
    pub picked: BTreeSet<usize>,
    /// The patterns that are or were subscribed.
    pub patterns: Vec<PatternState>,
    /// The order of the channels.
    pub order: Order,
    /// Whether channels with a common prefix are grouped.
    pub tree: bool,
    /// The prefixes of the folded groups.
    pub folded: BTreeSet<Vec<u8>>,
    /// The channels that the last discovery found on the server.
    pub discovered: Vec<Channel>,
    lines: Vec<ChannelRow>,
    index: HashMap<Channel, usize>,
    last: usize,
    /// Whether the lines may be out of date even if no line was added.
    stale: bool,
}

/// The maximum number of listed channels.
pub const MAX_CHANNELS: usize = 2_000;

impl Channels {
    /// The index of a channel in the list.
    #[must_use]
    pub fn find(&self, channel: &Channel) -> Option<usize> {
        self.index.get(channel).copied()
    }

    /// The index of a channel in the list. A new channel is added; `None` if the list is full. The last channel is found
    /// without hashing, because consecutive messages often have the same channel.
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

    /// Resets the counts of all channels. The channels, and which of them are picked, are kept.
    pub(crate) fn forget_numbers(&mut self) {
        self.others = 0;
        for known in &mut self.list {
            *known = ChannelState::new(known.channel.clone());
        }
    }

    /// The channel under the cursor. `None` if another kind of line is under the cursor.
    #[must_use]
    pub fn selected(&self) -> Option<&ChannelState> {
        match self.line() {
            ChannelRow::Channel { index, .. } => self.list.get(*index),
            _ => None,
        }
    }

    /// The indices of the channels of a line. `None`: all channels.
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

    /// Updates the lines. The cursor stays on the same channel, group or pattern.
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

    /// Records that a channel or pattern was subscribed or unsubscribed.
    pub fn note(&mut self, name: &str, wanted: bool) {
        if is_pattern(name) {
            if let Some(pattern) = self.patterns.iter_mut().find(|pattern| pattern.name == name) {
                (pattern.unsubscribed, pattern.denied) = (!wanted, None);
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

/// A pattern that is or was subscribed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternState {
    /// The pattern, not escaped.
    pub name: String,
    /// The number of listed channels that it matches.
    pub channels: usize,
    /// The reason if the server denies it; not escaped.
    pub denied: Option<std::sync::Arc<str>>,
    /// Whether it was unsubscribed.
    pub unsubscribed: bool,
    /// The number of listed channels that were compared with it so far.
    looked_at: usize,
}

impl PatternState {
    /// Creates a pattern that is subscribed.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), channels: 0, denied: None, unsubscribed: false, looked_at: 0 }
    }

    /// Whether it matches this channel.
    #[must_use]
    pub fn matches(&self, channel: &Channel) -> bool {
        glob::matches(self.name.as_bytes(), channel.as_bytes())
    }
}

/// The state of one channel. Times are in microseconds since the epoch.
#[derive(Debug, Clone)]
pub struct ChannelState {
    /// The channel.
    pub channel: Channel,
    /// The last reading of the counter. `None` before the first barrier.
    pub reading: Option<Reading>,
    /// The number of messages received.
    pub received: u64,
    /// When the last one was received.
    pub last_at: Option<i64>,
    /// The number of gaps.
    pub gaps: u64,
    /// The number of these that are acknowledged.
    pub acknowledged: u64,
    /// The number of missed messages.
    pub missed: u64,
    /// The number of rejected messages.
    pub rejected: u64,
    /// The number of findings that are not gaps.
    pub other_findings: u64,
    /// The reason if the server denies it; not escaped.
    pub denied: Option<std::sync::Arc<str>>,
    /// Whether it was unsubscribed.
    pub unsubscribed: bool,
    /// The number of messages in each of the last seconds, the current one last.
    pub per_second: PerSecond,
}

impl ChannelState {
    /// Creates the state of a channel without messages.
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
            unsubscribed: false,
            per_second: PerSecond::default(),
        }
    }

    /// The number of gaps that are not acknowledged.
    #[must_use]
    pub fn open_gaps(&self) -> u64 {
        self.gaps.saturating_sub(self.acknowledged)
    }

    /// The age of the last message, in microseconds. `None` before the first one.
    #[must_use]
    pub fn age(&self, now: i64) -> Option<u64> {
        self.last_at.map(|at| u64::try_from(now.saturating_sub(at)).unwrap_or(0))
    }

    /// Messages per second, averaged over the last complete seconds. `None` before the first complete second.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        self.per_second.rate()
    }
}
