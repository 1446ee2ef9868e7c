//! What lies over the panes.

pub mod acknowledge;
pub mod add_channel;
pub mod backfill;
pub mod confirm;
pub mod copy;
pub mod discover;
pub mod help;
pub mod jump;
pub mod names;
pub mod palette;
pub mod pick;
pub mod record;
pub mod resend;
pub mod save;
pub mod sent;
pub mod series;
pub mod template;
pub mod toggle_list;

use std::collections::BTreeSet;
use std::ops::Range;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::console::app::event::Effect;
use crate::console::app::moving::{Move, apply, text};
use crate::console::app::settings::ToggleList;
use crate::console::app::state::{Notice, State, is_pattern};
use crate::console::filter::state::FilterPrompt;
use crate::console::keymap::copies;
use crate::console::keymap::help::{help_height, help_sections};
use crate::console::keymap::mode::Mode;
use crate::console::layout::{names_rows, popup_rows};
use crate::console::panes::channels::state::MAX_CHANNELS;
use crate::console::panes::compose::draft::Prompting;
use crate::console::popups::add_channel::AddChannel;
use crate::console::popups::backfill::{BackfillList, BackfillPrompt};
use crate::console::popups::discover::DiscoveredChannel;
use crate::console::popups::names::NamesView;
use crate::console::popups::palette::Palette;
use crate::console::popups::pick::Picker;
use crate::console::popups::save::SavePrompt;
use crate::console::popups::series::SeriesForm;
use crate::console::search::state::SearchPrompt;
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::scroll::Scroll;
use crate::wire::verdict::Verdict;

/// What lies over the panes and gets the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Popup {
    /// The keys, scrolled down by that many lines.
    Help {
        #[expect(missing_docs, reason = "said above")]
        scroll: usize,
    },
    /// The exact message to be sent, and the question whether to send it.
    ConfirmSend,
    /// A list to choose from: completion, history, templates.
    Pick(Picker),
    /// A template asks for something.
    Prompt(Prompting),
    /// A message of somebody, and the question whether to send it again as it is.
    Resend(Again),
    /// The question how many times to send, and how fast.
    SeriesForm(SeriesForm),
    /// The first message, and the question whether to send so many.
    ConfirmSeries(SeriesForm),
    /// How far a series has come; the numbers are in [`crate::console::panes::compose::state::Compose::series`].
    Series,
    /// What was sent in this run.
    Sent(SentList),
    /// Leave, though there is an unsent text?
    ConfirmQuit,
    /// The channels found on the server.
    Discover(Discover),
    /// What can be copied, with the cursor on one of the lines.
    Copy {
        #[expect(missing_docs, reason = "said above")]
        cursor: usize,
    },
    /// The text asked for a sequence number to jump to.
    Jump {
        #[expect(missing_docs, reason = "said above")]
        text: String,
    },
    /// The message names of a channel, or of several.
    Names(NamesView),
    /// The channel or pattern to subscribe to.
    AddChannel(AddChannel),
    /// The note for a finding that is to be marked as handled.
    Note {
        /// The row ID of the finding's row.
        row_id: u64,
        /// The note in the making.
        note: LineEdit,
    },
    /// The text to search for.
    Search(SearchPrompt),
    /// The filter.
    Filter(FilterPrompt),
    /// Every action, to be chosen from.
    Palette(Palette),
    /// The file to save rows in.
    Save(SavePrompt),
    /// What is shown and what not.
    ToggleList(ToggleList),
    /// The file to record to.
    Record(LineEdit),
    /// The recording to look for a gap in.
    FillFrom(BackfillPrompt),
    /// What a recording knows of a gap.
    BackfillResult(BackfillList),
}

impl Popup {
    /// Whether it is a line at the bottom, beside which the panes are looked at.
    #[must_use]
    pub fn is_prompt(&self) -> bool {
        matches!(self, Self::Search(_) | Self::Filter(_) | Self::Save(_) | Self::Record(_) | Self::FillFrom(_))
    }
}

/// A message to be sent again as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// The channel.
    pub channel: Vec<u8>,
    /// The exact payload.
    pub payload: Vec<u8>,
    /// The time in its signature, in Unix seconds, if it has one.
    pub timestamp: Option<i64>,
    /// What the checks said of it when it came.
    pub verdict: Verdict,
}

/// A place in the list of what was sent, which begins with the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SentList {
    /// The line under the cursor.
    pub cursor: usize,
    /// The first line shown where not all have room.
    pub top: usize,
}

impl SentList {
    pub(crate) fn scroll(self, len: usize, height: usize) -> Scroll {
        Scroll { len, top: self.top, cursor: self.cursor, height }
    }
}

/// The channels found on the server, to be picked from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Discover {
    /// Still looking.
    pub searching: bool,
    /// What was found, sorted by name.
    pub found: Vec<DiscoveredChannel>,
    /// Which of them are picked, by index.
    pub picked: std::collections::BTreeSet<usize>,
    /// The row under the cursor.
    pub cursor: usize,
    /// The first row shown where not all have room.
    pub top: usize,
    /// What went wrong, escaped already.
    pub error: Option<String>,
}

impl Discover {
    /// The indices of the channels that have room in `height` lines.
    #[must_use]
    pub fn window(&self, height: usize) -> Range<usize> {
        self.scroll(height).range()
    }

    pub(crate) fn scroll(&self, height: usize) -> Scroll {
        Scroll { len: self.found.len(), top: self.top, cursor: self.cursor, height }
    }
}

/// The longest sequence number has 20 digits.
const MAX_NUMBER: usize = 20;
/// Two numbers, with their signs and what separates them.
const MAX_RANGE: usize = 2 * MAX_NUMBER + 5;

/// Looks for channels; what was picked stays picked when it is found again.
pub(crate) fn discover(state: &mut State) -> Vec<Effect> {
    if state.replay.is_some() {
        state.notice = Some(Notice::error("a replay has the channels that were recorded; there is no server to ask"));
        return Vec::new();
    }
    let before = match state.popup.take() {
        Some(Popup::Discover(before)) => before,
        _ => Discover::default(),
    };
    if before.searching {
        state.popup = Some(Popup::Discover(before));
        return Vec::new();
    }
    state.popup = Some(Popup::Discover(Discover { searching: true, error: None, ..before }));
    vec![Effect::Discover]
}

/// What was found, or why nothing could be. Closed meanwhile: nobody asks any more.
pub(crate) fn discovered(state: &mut State, result: Result<Vec<DiscoveredChannel>, String>) {
    if let Ok(found) = &result {
        state.channels.discovered = found.iter().take(MAX_CHANNELS).map(|found| found.channel.clone()).collect();
    }
    let Some(Popup::Discover(discover)) = &mut state.popup else { return };
    discover.searching = false;
    match result {
        Ok(mut found) => {
            found.sort_by(|a, b| a.channel.cmp(&b.channel));
            let was_picked: BTreeSet<_> = discover
                .picked
                .iter()
                .filter_map(|index| discover.found.get(*index))
                .map(|found| &found.channel)
                .collect();
            let picked = (0..found.len()).filter(|index| was_picked.contains(&found[*index].channel)).collect();
            discover.picked = picked;
            discover.cursor = discover.cursor.min(found.len().saturating_sub(1));
            discover.found = found;
            discover.error = None;
        }
        Err(error) => discover.error = Some(error),
    }
}

/// Picks the channel under the cursor, or not.
pub(crate) fn toggle_pick(discover: &mut Discover) {
    if discover.cursor < discover.found.len() && !discover.picked.remove(&discover.cursor) {
        discover.picked.insert(discover.cursor);
    }
}

/// Subscribes to the picked channels, or to the one under the cursor where none is picked.
pub(crate) fn subscribe(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Discover(discover)) = &state.popup else { return Vec::new() };
    let under_cursor = discover.picked.is_empty().then_some(discover.cursor);
    let wanted = discover.picked.iter().copied().chain(under_cursor).filter_map(|index| discover.found.get(index));
    let channels: Vec<_> = wanted.map(|found| found.channel.clone()).collect();
    if channels.is_empty() {
        return Vec::new();
    }
    let mut names = Vec::new();
    let mut unreadable = 0;
    for channel in channels {
        let Ok(name) = String::from_utf8(channel.as_bytes().to_vec()) else {
            unreadable += 1;
            continue;
        };
        let name = if is_pattern(&name) { literal_pattern(&name) } else { name };
        if !state.subscribed.contains(&name) {
            state.channels.find_or_add(&channel);
            crate::console::app::subscriptions::note(state, &name);
            names.push(name);
        }
    }
    state.popup = None;
    state.notice = Some(match (unreadable, names.len()) {
        (0, 0) => Notice::done("subscribed already"),
        (0, count) => Notice::done(format!("subscribing to {count} channel{}", if count == 1 { "" } else { "s" })),
        (unreadable, _) => {
            Notice::error(format!("{unreadable} left out: only channels in UTF-8 can be subscribed here"))
        }
    });
    if names.is_empty() { Vec::new() } else { vec![Effect::Subscribe(names)] }
}

/// A pattern that matches only that channel.
pub(crate) fn literal_pattern(channel: &str) -> String {
    channel.chars().flat_map(|c| ['\\'].into_iter().filter(move |_| "*?[]\\".contains(c)).chain([c])).collect()
}

/// Closes the popup; a question is answered with no.
pub(crate) fn close(state: &mut State) {
    match state.popup.take() {
        Some(Popup::ConfirmSend | Popup::ConfirmSeries(_)) => {
            state.notice = Some(Notice::done("not sent; the text is kept"));
            state.compose.asked_at = None;
        }
        Some(Popup::Resend(_)) => state.notice = Some(Notice::done("not sent")),
        _ => {}
    }
}

/// Moves in a popup that has lines.
pub(crate) fn go(state: &mut State, step: Move) {
    let Some(popup) = &state.popup else { return };
    let height = usize::from(popup_rows(state.size, popup).height);
    let names = usize::from(names_rows(state.size, popup).height);
    let lines = help_height(&help_sections(Mode::beneath(state)));
    let sent = state.compose.sent.len();
    let filled = |row_id: u64| state.findings.filled.get(&row_id).map_or(0, |filled| filled.rows.len());
    let filled = match popup {
        Popup::BackfillResult(list) => filled(list.row_id),
        _ => 0,
    };
    let choices = copies().len();
    match &mut state.popup {
        Some(Popup::Help { scroll }) => *scroll = text(*scroll, lines, height, step),
        Some(Popup::Names(view)) => {
            let moved = apply(view.scroll(names), step);
            (view.cursor, view.top) = (moved.cursor, moved.top);
        }
        Some(Popup::Discover(discover)) => {
            let moved = apply(discover.scroll(height), step);
            (discover.cursor, discover.top) = (moved.cursor, moved.top);
        }
        Some(Popup::Pick(picker)) => {
            // The first line is the query.
            let moved = apply(picker.scroll(height.saturating_sub(1)), step);
            (picker.cursor, picker.top) = (moved.cursor, moved.top);
        }
        Some(Popup::Sent(list)) => {
            let moved = apply(list.scroll(sent, height), step);
            (list.cursor, list.top) = (moved.cursor, moved.top);
        }
        Some(Popup::BackfillResult(list)) => {
            let moved = apply(list.scroll(filled, names), step);
            (list.cursor, list.top) = (moved.cursor, moved.top);
        }
        Some(Popup::Palette(palette)) => {
            let moved = apply(palette.scroll(height), step);
            (palette.cursor, palette.top) = (moved.cursor, moved.top);
        }
        Some(Popup::ToggleList(toggle_list)) => {
            let len = toggle_list.of.len();
            toggle_list.cursor = apply(Scroll { len, top: 0, cursor: toggle_list.cursor, height: len }, step).cursor;
        }
        Some(Popup::Copy { cursor }) => {
            *cursor = apply(Scroll { len: choices, top: 0, cursor: *cursor, height: choices }, step).cursor;
        }
        _ => {}
    }
}

/// Types a number into a text.
pub(crate) fn type_number(text: &mut String, key: KeyEvent) {
    type_into(text, key, MAX_NUMBER, |c| c.is_ascii_digit());
}

/// Types a sequence number or a range of them into a text.
pub(crate) fn type_range(text: &mut String, key: KeyEvent) {
    type_into(text, key, MAX_RANGE, is_of_range);
}

/// Adds the characters of a text that can be part of a range, up to the limit.
pub(crate) fn paste_range(text: &mut String, more: &str) {
    add(text, more, MAX_RANGE, is_of_range);
}

/// Adds the digits of a text, up to the limit.
pub(crate) fn add_digits(text: &mut String, more: &str) {
    add(text, more, MAX_NUMBER, |c| c.is_ascii_digit());
}

fn is_of_range(c: char) -> bool {
    c.is_ascii_digit() || "#-–.?".contains(c)
}

fn type_into(text: &mut String, key: KeyEvent, limit: usize, wanted: fn(char) -> bool) {
    match key.code {
        KeyCode::Char(typed) if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => {
            add(text, typed.encode_utf8(&mut [0; 4]), limit, wanted);
        }
        KeyCode::Backspace => {
            text.pop();
        }
        _ => {}
    }
}

fn add(text: &mut String, more: &str, limit: usize, wanted: fn(char) -> bool) {
    let room = limit.saturating_sub(text.chars().count());
    text.extend(more.chars().filter(|&c| wanted(c)).take(room));
}
