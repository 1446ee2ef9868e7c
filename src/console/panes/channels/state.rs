//! The channels and their counts.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use crate::console::app::state::is_pattern;
use crate::console::panes::channels::expected::{ChannelExpectation, Unmet, Unresolved};
use crate::console::panes::channels::rate::PerSecond;
use crate::console::panes::channels::rows;
use crate::console::panes::channels::rows::{ChannelRow, Order, Sum};
use crate::console::ui::list_cursor::ListCursor;
use crate::console::ui::narrowing::Narrowing;
use crate::ledger::sequence::{Channel, Reading};
use crate::wire::escape::escape;
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
    /// The text that narrows the list. A narrowed list is flat, and includes the channels of folded groups.
    pub narrowing: Narrowing,
    /// The order of the channels.
    pub order: Order,
    /// Whether channels with a common prefix are grouped.
    pub tree: bool,
    /// The prefixes of the folded groups.
    pub folded: BTreeSet<Vec<u8>>,
    /// The channels that the last discovery found on the server.
    pub discovered: Vec<Channel>,
    lines: Vec<ChannelRow>,
    /// For each line, whether it is the last one of its group.
    ends: Vec<bool>,
    /// The lines that are entries when the channels share one line: all but unfolded groups, whose channels are in the line.
    entries: Vec<usize>,
    /// What the lines were built from. `None` before they were built.
    built_from: Option<BuiltFrom>,
    /// The number of channels and patterns that match the narrowing.
    found: usize,
    /// The number of lines without a narrowing.
    all_lines: usize,
    /// How many expectations are not met.
    pub unmet: Unmet,
    /// Whether counts or rates changed since the totals of the groups were computed.
    numbers_changed: bool,
    index: HashMap<Channel, usize>,
    last: usize,
    /// The number of lines built so far.
    #[cfg(test)]
    lines_built: usize,
}

/// What the lines depend on, apart from counts and rates.
#[derive(Debug)]
struct BuiltFrom {
    channels: usize,
    patterns: usize,
    order: Order,
    tree: bool,
    folded: BTreeSet<Vec<u8>>,
    text: String,
}

/// The maximum number of listed channels. Each takes at most 800 bytes, without its name, which the subscription has anyway: all
/// together take at most 16 MB.
pub const MAX_CHANNELS: usize = 20_000;

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

    /// Whether a line is the last one of its group.
    pub(crate) fn is_end(&self, line: usize) -> bool {
        self.ends.get(line).copied().unwrap_or(true)
    }

    /// When the channels share one line: the number of entries, and the index of the selected one. An unfolded group is an entry
    /// only if it is selected.
    pub(crate) fn entries(&self) -> (usize, usize) {
        match self.entries.binary_search(&self.position.cursor) {
            Ok(cursor) => (self.entries.len(), cursor),
            Err(cursor) => (self.entries.len() + 1, cursor),
        }
    }

    /// The line of an entry.
    pub(crate) fn entry(&self, entry: usize) -> Option<&ChannelRow> {
        let line = match self.entries.binary_search(&self.position.cursor) {
            Err(cursor) if entry == cursor => self.position.cursor,
            Err(cursor) if entry > cursor => *self.entries.get(entry - 1)?,
            _ => *self.entries.get(entry)?,
        };
        self.lines.get(line)
    }

    /// The line under the cursor.
    #[must_use]
    pub fn line(&self) -> &ChannelRow {
        self.lines.get(self.position.cursor).unwrap_or(&ChannelRow::All)
    }

    /// Resets the counts of all channels. The channels, and which of them are picked, are kept.
    pub(crate) fn forget_numbers(&mut self) {
        self.others = 0;
        self.unmet = Unmet::default();
        self.note_numbers();
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

    /// Whether the cursor is on a channel or a pattern.
    #[must_use]
    pub(crate) fn is_on_name(&self) -> bool {
        matches!(self.line(), ChannelRow::Channel { .. } | ChannelRow::Pattern(_))
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

    /// Updates the lines. The cursor stays on the same channel, group or pattern. Without a change, this takes no time, however
    /// many channels there are.
    pub fn refresh(&mut self) {
        for pattern in &mut self.patterns {
            let new = self.list.get(pattern.looked_at..).unwrap_or_default();
            pattern.channels +=
                new.iter().filter(|channel| glob::matches(pattern.name.as_bytes(), channel.channel.as_bytes())).count();
            pattern.looked_at = self.list.len();
        }
        let numbers_changed = std::mem::take(&mut self.numbers_changed);
        if !self.is_built() || (numbers_changed && self.order.is_by_numbers()) {
            self.build();
        } else if numbers_changed {
            for line in &mut self.lines {
                if let ChannelRow::Group(group) = line {
                    group.sum = Sum::of(&self.list, &group.members);
                }
            }
        }
    }

    /// Whether the lines are up to date, apart from an order by numbers.
    fn is_built(&self) -> bool {
        self.built_from.as_ref().is_some_and(|from| {
            (from.channels, from.patterns) == (self.list.len(), self.patterns.len())
                && (from.order, from.tree) == (self.order, self.tree)
                && from.text == self.narrowing.line.text()
                && from.folded == self.folded
        })
    }

    fn build(&mut self) {
        let mut lines = vec![ChannelRow::All];
        let wanted = self.narrowing.wanted();
        let matches = |name: &[u8]| !self.narrowing.is_narrowed() || wanted.is_in(&escape(name));
        let channels: Vec<usize> =
            (0..self.list.len()).filter(|index| matches(self.list[*index].channel.as_bytes())).collect();
        let patterns = (0..self.patterns.len()).filter(|index| matches(self.patterns[*index].name.as_bytes()));
        let patterns: Vec<ChannelRow> = patterns.map(ChannelRow::Pattern).collect();
        self.found = channels.len() + patterns.len();
        lines.extend(if self.tree && !self.narrowing.is_narrowed() {
            rows::tree(&self.list, self.order, &self.folded)
        } else {
            rows::flat(&self.list, channels, self.order)
        });
        lines.extend(patterns);
        self.ends = rows::ends(&lines);
        let is_entry = |line: &ChannelRow| !matches!(line, ChannelRow::Group(group) if !group.folded);
        self.entries = (0..lines.len()).filter(|index| is_entry(&lines[*index])).collect();
        let text = self.narrowing.line.text();
        let retyped = self.built_from.as_ref().is_some_and(|from| from.text != text);
        self.built_from = Some(BuiltFrom {
            channels: self.list.len(),
            patterns: self.patterns.len(),
            order: self.order,
            tree: self.tree,
            folded: self.folded.clone(),
            text: text.to_owned(),
        });
        #[cfg(test)]
        {
            self.lines_built += lines.len();
        }
        if !self.narrowing.is_narrowed() {
            self.all_lines = lines.len();
        }
        let before = std::mem::replace(&mut self.lines, lines);
        if retyped && self.narrowing.is_narrowed() {
            // The first match, after the line of all channels.
            self.position.cursor = 1;
        } else if let Some(line) = before.get(self.position.cursor)
            && let Some(now) = self.place_of(line)
        {
            self.position.cursor = now;
        }
        self.position.cursor = self.position.cursor.min(self.lines.len() - 1);
    }

    /// The place of a line, or of the innermost group that has its channel.
    fn place_of(&self, line: &ChannelRow) -> Option<usize> {
        let same = self.lines.iter().position(|now| now.is_same(line));
        let ChannelRow::Channel { index, .. } = line else { return same };
        let has =
            |line: &ChannelRow| matches!(line, ChannelRow::Group(group) if group.members.binary_search(index).is_ok());
        same.or_else(|| self.lines.iter().rposition(has))
    }

    /// The number of channels and patterns that match the narrowing, and the number of all.
    #[must_use]
    pub fn found(&self) -> (usize, usize) {
        (self.found, self.list.len() + self.patterns.len())
    }

    /// The number of lines without a narrowing, so that the height of the pane does not change while a text is typed.
    #[must_use]
    pub(crate) fn all_lines(&self) -> usize {
        self.all_lines
    }

    /// Records that counts, rates or denials changed: totals and orders that depend on them are computed again.
    pub(crate) fn note_numbers(&mut self) {
        self.numbers_changed = true;
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
    /// From when on silence is known if it did not begin with a message: when the counter was first read, or when it last
    /// advanced or was reset without a message. `None` if a message was received since.
    pub quiet_from: Option<i64>,
    /// The number of gaps.
    pub gaps: u64,
    /// The number of these that are acknowledged.
    pub acknowledged: u64,
    /// The number of rejected messages.
    pub rejected: u64,
    /// The number of findings that are not gaps.
    pub other_findings: u64,
    /// The number of these that are acknowledged.
    pub acknowledged_others: u64,
    /// The number of counter resets that are not acknowledged.
    pub open_resets: u64,
    /// The reason if the server denies it; not escaped.
    pub denied: Option<std::sync::Arc<str>>,
    /// Whether it was unsubscribed.
    pub unsubscribed: bool,
    /// The expectations that apply to it.
    pub expected: Vec<ChannelExpectation>,
    /// The `silent` and `too_many` findings that no `resumed` has followed.
    pub unresolved: Vec<Unresolved>,
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
            quiet_from: None,
            gaps: 0,
            acknowledged: 0,
            rejected: 0,
            other_findings: 0,
            acknowledged_others: 0,
            open_resets: 0,
            denied: None,
            unsubscribed: false,
            expected: Vec::new(),
            unresolved: Vec::new(),
            per_second: PerSecond::default(),
        }
    }

    /// The number of gaps that are not acknowledged.
    #[must_use]
    pub fn open_gaps(&self) -> u64 {
        self.gaps.saturating_sub(self.acknowledged)
    }

    /// The number of findings that are not acknowledged, without gaps, counter resets, and those shown as the state of an
    /// expectation.
    #[must_use]
    pub fn further_findings(&self) -> u64 {
        let shown_elsewhere = self.acknowledged_others + self.open_resets + Unmet::of(self).in_findings;
        self.other_findings.saturating_sub(shown_elsewhere)
    }

    /// Whether an expectation is not met.
    #[must_use]
    pub fn is_unmet(&self) -> bool {
        self.expected.iter().any(|expected| expected.state.is_met() == Some(false))
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

#[cfg(test)]
mod tests {
    use super::{Channel, ChannelRow, ChannelState, Channels, MAX_CHANNELS};
    use crate::console::ui::list_cursor::{ListCursor, Move};

    /// Ten thousand channels in a hundred groups.
    fn many() -> Channels {
        let mut channels = Channels { tree: true, ..Channels::default() };
        for number in 0..10_000 {
            channels.find_or_add(&Channel::new(format!("shop:{}:{number:04}", number % 100).as_bytes()));
        }
        channels.refresh();
        channels
    }

    #[test]
    fn lines_are_built_only_when_they_change() {
        let mut channels = many();
        // All channels, the outer group, and the groups in it.
        let lines = 1 + 1 + 100 + 10_000;
        assert_eq!((channels.lines().len(), channels.lines_built), (lines, lines));
        for second in 0..60 {
            channels.list[second].rejected += 1;
            channels.note_numbers();
            channels.position = channels.position.moved(Move::By(1), lines, 20);
            for _frame in 0..30 {
                channels.refresh();
            }
        }
        assert_eq!(channels.lines_built, lines, "counts and movements change no line");
        channels.find_or_add(&Channel::new(b"one more"));
        channels.refresh();
        channels.refresh();
        assert_eq!(channels.lines_built, lines + lines + 1);
    }

    #[test]
    fn the_memory_for_all_channels_matches_the_constant() {
        // The counts of 60 seconds, with the growth of the ring; the map, at most half full; and eight groups around the channel.
        let seconds = 64 * size_of::<u32>();
        let indices = 2 * (size_of::<(Channel, usize)>() + 1) + 9 * size_of::<usize>();
        let each = size_of::<ChannelState>() + seconds + size_of::<ChannelRow>() + indices;
        assert!(each * MAX_CHANNELS <= 16_000_000, "{each} bytes for each channel");
    }

    #[test]
    fn the_totals_of_a_group_follow_its_channels() {
        let mut channels = many();
        channels.list[9_999].rejected = 7;
        channels.note_numbers();
        channels.refresh();
        let totals = channels.lines().iter().filter_map(|line| match line {
            ChannelRow::Group(group) => Some(group.sum.rejected),
            _ => None,
        });
        assert_eq!(totals.filter(|rejected| *rejected == 7).count(), 2, "the outer group, and the group in it");
    }

    #[test]
    fn every_entry_of_the_channels_in_one_line_is_reached() {
        let mut channels = many();
        let (len, _) = channels.entries();
        assert_eq!(len, 10_001, "unfolded groups are no entries");
        for cursor in 0..channels.lines().len() {
            channels.position = ListCursor { cursor, top: 0 };
            let (_, entry) = channels.entries();
            assert_eq!(channels.entry(entry), channels.lines().get(cursor));
        }
    }
}
