//! The notes of a line of Channels: its problems, those that matter most right now first.

use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::app::state::Phase;
use crate::console::panes::channels::expected::ChannelExpectation;
use crate::console::panes::channels::rows::{ChannelRow, Group, Sum};
use crate::console::panes::channels::state::ChannelState;
use crate::console::ui::text::cells;
use crate::console::ui::theme::strong;
use crate::console::ui::{panel, text};
use crate::ledger::expectation::ExpectationState;
use crate::ledger::format;
use crate::ledger::format::{counted, number};
use crate::ledger::sequence::Reading;

/// A channel without messages for this long is shown as silent, in microseconds.
const SILENCE: i64 = 60_000_000;

/// One problem.
#[derive(Debug)]
struct Note {
    words: String,
    /// A shorter text.
    short: Option<&'static str>,
    style: Style,
    /// Whether it is a current state, such as silent. Such a note is never left out.
    is_current: bool,
}

/// The notes of a line.
#[derive(Debug)]
pub(crate) struct Notes {
    list: Vec<Note>,
    soft: Style,
    has_bars: bool,
}

impl Notes {
    /// The notes of a line. All channels together and patterns have none.
    pub(crate) fn of_line(cx: &Context<'_>, line: &ChannelRow) -> Self {
        match line {
            ChannelRow::Channel { index, .. } => match cx.state.channels.list.get(*index) {
                Some(channel) => Self::of_channel(cx, channel),
                None => Self::new(cx),
            },
            ChannelRow::Group(group) => Self::of_group(cx, group),
            ChannelRow::All | ChannelRow::Pattern(_) => Self::new(cx),
        }
    }

    /// The notes of a channel.
    pub(crate) fn of_channel(cx: &Context<'_>, channel: &ChannelState) -> Self {
        let theme = cx.theme;
        let mut notes = Self::new(cx);
        if channel.denied.is_some() {
            notes.add(String::from("denied"), strong(theme.bad));
        }
        if channel.unsubscribed {
            notes.add(String::from("off"), theme.soft);
        }
        let expected = channel.expected.iter().max_by_key(|expected| expected.state.severity());
        let sum = Sum::of_one(channel);
        notes.add_losses(cx, &sum);
        match expected.map(|expected| (expected, expected.state.is_met())) {
            Some((expected, Some(false))) => notes.add_unmet(cx, expected),
            Some(_) => {}
            None => {
                if let Some(Silence { since, is_lower_bound }) = silence(cx, channel) {
                    let lower_bound = if is_lower_bound { "≥" } else { "" };
                    let age = format::short_age(since, cx.state.now);
                    notes.add_current(format!("silent {lower_bound}{age}"), Some("silent"), theme.soft);
                    notes.has_bars = false;
                }
            }
        }
        notes.add_rejected(cx, &sum);
        if let Some(expected) = expected.filter(|expected| expected.state.is_met().is_none()) {
            notes.add(expected.state.words().to_owned(), theme.soft);
        }
        notes.add_others(cx, &sum);
        notes
    }

    /// The notes of a group, with the totals of its channels. The silent channels of an unfolded group have lines.
    pub(crate) fn of_group(cx: &Context<'_>, group: &Group) -> Self {
        let (theme, sum) = (cx.theme, &group.sum);
        let mut notes = Self { has_bars: false, ..Self::new(cx) };
        if sum.denied > 0 {
            notes.add(format!("{} denied", number(sum.denied)), strong(theme.bad));
        }
        notes.add_losses(cx, sum);
        if sum.unmet > 0 {
            notes.add_current(format!("{} unmet", number(sum.unmet)), None, strong(theme.bad));
        }
        let channels =
            group.members.iter().filter(|_| group.folded).filter_map(|index| cx.state.channels.list.get(*index));
        let silent = channels.filter(|channel| channel.expected.is_empty() && silence(cx, channel).is_some()).count();
        if silent > 0 {
            notes.add_current(format!("{} silent", number(silent as u64)), None, theme.soft);
        }
        notes.add_rejected(cx, sum);
        notes.add_others(cx, sum);
        notes
    }

    fn new(cx: &Context<'_>) -> Self {
        Self { list: Vec::new(), soft: cx.theme.soft, has_bars: true }
    }

    fn add(&mut self, words: String, style: Style) {
        self.list.push(Note { words, short: None, style, is_current: false });
    }

    fn add_current(&mut self, words: String, short: Option<&'static str>, style: Style) {
        self.list.push(Note { words, short, style, is_current: true });
    }

    /// Adds the gaps and counter resets.
    fn add_losses(&mut self, cx: &Context<'_>, sum: &Sum) {
        for (count, noun) in [(sum.gaps, "gap"), (sum.resets, "reset")] {
            if count > 0 {
                self.add(counted(count, noun), strong(cx.theme.warn));
            }
        }
    }

    /// Adds the state of an expectation, e.g. `silent 6m`.
    fn add_unmet(&mut self, cx: &Context<'_>, expected: &ChannelExpectation) {
        let (words, style) = (expected.state.words(), strong(cx.theme.bad));
        let is_silent = expected.state == ExpectationState::Silent;
        self.has_bars &= !is_silent;
        match expected.quiet_since.filter(|_| is_silent) {
            Some(at) => {
                self.add_current(format!("{words} {}", format::short_age(at, cx.state.now)), Some(words), style);
            }
            None => self.add_current(words.to_owned(), None, style),
        }
    }

    fn add_rejected(&mut self, cx: &Context<'_>, sum: &Sum) {
        if sum.rejected > 0 {
            self.add(format!("✗ {}", number(sum.rejected)), cx.theme.bad);
        }
    }

    fn add_others(&mut self, cx: &Context<'_>, sum: &Sum) {
        if sum.others > 0 {
            self.add(format!("{} other", number(sum.others)), cx.theme.note);
        }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether the line has bars that show something: not for a group or a silent channel.
    pub(crate) fn has_bars(&self) -> bool {
        self.has_bars
    }

    /// The width of all notes.
    pub(crate) fn all_width(&self) -> usize {
        width_of(&self.all())
    }

    /// The width of the first note.
    pub(crate) fn first_width(&self) -> usize {
        self.list.first().map_or(0, |note| cells(&note.words))
    }

    /// The widths of the shorter choices of [`fitting`](Self::fitting): with the first note, and without it.
    pub(crate) fn short_widths(&self) -> [usize; 2] {
        [self.chosen(is_brief, true), self.chosen(self.only_current(), true)].map(|words| width_of(&words))
    }

    /// Chooses the first note that is never left out, or else the first note.
    fn only_current(&self) -> impl Fn(usize, &Note) -> bool + Copy {
        let place = self.list.iter().position(|note| note.is_current).unwrap_or(0);
        move |index, _| index == place
    }

    /// The first note and those that are never left out, with the number of the others: `1 gap silent 6m +1`.
    pub(crate) fn brief(&self) -> panel::Words {
        self.chosen(is_brief, false)
    }

    /// The most of the notes that fits in `room`. All of them only if they fit in `room_for_all`. The number of notes that are
    /// left out is never left out; the last choice is cut instead.
    pub(crate) fn fitting(&self, room: usize, room_for_all: usize) -> panel::Words {
        let all = self.all();
        if width_of(&all) <= room_for_all {
            return all;
        }
        let only = self.only_current();
        let choices = [self.brief(), self.chosen(is_brief, true), self.chosen(only, false)];
        let fitting = choices.into_iter().find(|words| width_of(words) <= room);
        fitting.unwrap_or_else(|| {
            let mut last = self.chosen(only, true);
            let too_wide = width_of(&last).saturating_sub(room);
            if let Some((words, _)) = last.first_mut() {
                *words = text::cut(words, cells(words).saturating_sub(too_wide));
            }
            last
        })
    }

    fn all(&self) -> panel::Words {
        let mut words = panel::Words::new();
        for note in &self.list {
            if !words.is_empty() {
                words.push((String::from(" · "), self.soft));
            }
            words.push((note.words.clone(), note.style));
        }
        words
    }

    /// The notes for which `is_chosen` returns true, and the number of the others.
    fn chosen(&self, is_chosen: impl Fn(usize, &Note) -> bool, is_short: bool) -> panel::Words {
        let mut words = panel::Words::new();
        for (_, note) in self.list.iter().enumerate().filter(|(index, note)| is_chosen(*index, note)) {
            if !words.is_empty() {
                words.push((String::from(" "), self.soft));
            }
            let short = note.short.filter(|_| is_short).map(str::to_owned);
            words.push((short.unwrap_or_else(|| note.words.clone()), note.style));
        }
        let more = self.list.len() - words.len().div_ceil(2);
        if more > 0 {
            words.push((format!(" +{more}"), self.soft));
        }
        words
    }
}

/// Whether a note is in the brief notes.
fn is_brief(index: usize, note: &Note) -> bool {
    index == 0 || note.is_current
}

/// The width of notes.
pub(crate) fn width_of(words: &panel::Words) -> usize {
    words.iter().map(|(words, _)| cells(words)).sum()
}

/// Whether a channel is shown as silent.
pub(crate) fn is_silent(cx: &Context<'_>, channel: &ChannelState) -> bool {
    match channel.expected.iter().max_by_key(|expected| expected.state.severity()) {
        Some(expected) => expected.state == ExpectationState::Silent,
        None => silence(cx, channel).is_some(),
    }
}

/// A silence of at least a minute.
struct Silence {
    /// In microseconds since the epoch.
    since: i64,
    /// Whether it may have begun earlier, because it did not begin with a message.
    is_lower_bound: bool,
}

/// The silence of a channel without an expectation. `None` if the link is not live, because messages may then be missing, in a
/// replay, or if nothing can be received because it is denied or was unsubscribed. Without a message since, `None` if the counter
/// cannot be read.
fn silence(cx: &Context<'_>, channel: &ChannelState) -> Option<Silence> {
    let is_live = cx.state.link.phase == Phase::Live && cx.state.replay.is_none();
    let can_receive = channel.denied.is_none() && !channel.unsubscribed;
    let is_lower_bound = channel.quiet_from.is_some();
    let is_known = !is_lower_bound || !matches!(channel.reading, Some(Reading::Unreadable(_)));
    let since = channel.quiet_from.or(channel.last_at)?;
    let is_long = cx.state.now.saturating_sub(since) >= SILENCE;
    (is_live && can_receive && is_known && is_long).then_some(Silence { since, is_lower_bound })
}
