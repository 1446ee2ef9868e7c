//! A list to choose from, filtered by the typed words.

use std::collections::HashSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::app::context::Context;
use crate::console::app::event::Effect;
use crate::console::app::footer;
use crate::console::app::state::{Notice, State, is_pattern};
use crate::console::keymap::table::Action;
use crate::console::panes::channels::state::MAX_CHANNELS;
use crate::console::panes::compose;
use crate::console::panes::compose::load;
use crate::console::panes::compose::state::{Compose, Field};
use crate::console::popups::{Popup, profile, template};
use crate::console::ui::line_edit::{LineEdit, TextEdit};
use crate::console::ui::list_cursor::ListCursor;
use crate::console::ui::narrowing::Wanted;
use crate::console::ui::pen::{Align, Pen};
use crate::console::ui::text::{Precision, cells};
use crate::console::ui::{list, popup_frame, text};
use crate::ledger::format;
use crate::ledger::format::number;

/// A list to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picker {
    /// The choices.
    pub choices: Choices,
    /// The typed words. Only choices with all of them are shown.
    pub query: LineEdit,
    /// The indices of the choices shown.
    pub shown: Vec<usize>,
    /// The cursor.
    pub position: ListCursor,
}

/// The choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choices {
    /// Channels for the field.
    Channels(Vec<String>),
    /// Message names for the field.
    Names(Vec<String>),
    /// The messages sent before: [`Compose::history`] from its end.
    History,
    /// [`Compose::templates`].
    Templates,
    /// The other profiles.
    Profiles(Vec<String>),
}

impl Picker {
    /// A list of the choices that have all words of the query.
    #[must_use]
    pub fn new(choices: Choices, query: &str, compose: &Compose) -> Self {
        let mut picker =
            Self { choices, query: LineEdit::new(query), shown: Vec::new(), position: ListCursor::default() };
        picker.narrow(compose);
        picker
    }

    /// Applies the query again. The cursor goes to the first choice.
    pub fn narrow(&mut self, compose: &Compose) {
        let wanted = Wanted::of(self.query.text());
        let has_all = |text: &str| wanted.is_in(text);
        self.shown = match &self.choices {
            Choices::Channels(list) | Choices::Names(list) | Choices::Profiles(list) => {
                (0..list.len()).filter(|index| has_all(&list[*index])).collect()
            }
            Choices::History => (0..compose.history.len())
                .rev()
                .filter(|index| {
                    let entry = &compose.history[*index];
                    has_all(&format!("{} {} {}", entry.channel, entry.name, entry.data))
                })
                .collect(),
            Choices::Templates => {
                (0..compose.templates.len()).filter(|index| has_all(&compose.templates[*index].title)).collect()
            }
        };
        self.position = ListCursor::default();
    }

    /// The index of the choice under the cursor.
    #[must_use]
    pub fn chosen(&self) -> Option<usize> {
        self.shown.get(self.position.cursor).copied()
    }
}

/// The maximum number of rows that are searched for names.
const ROWS: usize = 20_000;

/// The maximum number of channels or names offered: all listed channels.
const MAX_OFFERED: usize = MAX_CHANNELS;

/// Offers the known channels or names that match the text of the field.
pub(crate) fn complete(state: &mut State) {
    let (choices, text) = match state.compose.field {
        Field::Channel => (Choices::Channels(channels(state)), state.compose.channel_text()),
        Field::Name => (Choices::Names(names(state)), state.compose.name_text()),
        Field::Data | Field::Key => {
            state.notice = Some(Notice::done("channels and names can be completed, in their fields"));
            return;
        }
    };
    let (Choices::Channels(list) | Choices::Names(list)) = &choices else { return };
    // If the text is a whole name already, all names are offered.
    let query = if list.contains(&text) { String::new() } else { text };
    state.popup = Some(Popup::Pick(Picker::new(choices, &query, &state.compose)));
}

pub(crate) fn history(state: &mut State) {
    state.popup = Some(Popup::Pick(Picker::new(Choices::History, "", &state.compose)));
}

/// Offers the other profiles.
pub(crate) fn profiles(state: &mut State) {
    let choices = Choices::Profiles(state.profiles.clone());
    state.popup = Some(Popup::Pick(Picker::new(choices, "", &state.compose)));
}

pub(crate) fn templates(state: &mut State) {
    state.popup = Some(Popup::Pick(Picker::new(Choices::Templates, "", &state.compose)));
}

/// The channels that were subscribed to, seen or sent to.
fn channels(state: &State) -> Vec<String> {
    let subscribed = state.subscribed.iter().filter(|name| !is_pattern(name)).cloned();
    let seen = state.channels.list.iter().filter_map(|known| text(known.channel.as_bytes()));
    let sent = state.compose.history.iter().rev().map(|entry| entry.channel.clone());
    distinct(subscribed.chain(seen).chain(sent))
}

/// The names of messages received, newest first, then of messages sent.
fn names(state: &State) -> Vec<String> {
    let rows = state.messages.rows.iter().rev().take(ROWS);
    let came = rows.filter_map(|row| row.message().and_then(|message| text(row.interval.envelope(message).name)));
    let sent = state.compose.history.iter().rev().map(|entry| entry.name.clone());
    distinct(came.chain(sent))
}

fn text(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    texts.filter(|text| !text.is_empty() && seen.insert(text.clone())).take(MAX_OFFERED).collect()
}

/// Takes the choice under the cursor, or the typed text if no channel, name or profile matches.
pub(crate) fn accept(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Pick(picker)) = state.popup.take() else { return Vec::new() };
    let chosen = picker.chosen();
    match picker.choices {
        Choices::Channels(list) | Choices::Names(list) => {
            let text = chosen.and_then(|index| list.get(index)).map_or(picker.query.text(), String::as_str).to_owned();
            if let Some(area) = state.compose.field_mut() {
                compose::update::set_text(area, &text);
                compose::update::changed(state);
            }
        }
        Choices::History => {
            if let Some(entry) = chosen.and_then(|index| state.compose.history.get(index)).cloned() {
                load::from_history(state, &entry);
            }
        }
        Choices::Templates => {
            if let Some(chosen) = chosen.and_then(|index| state.compose.templates.get(index)).cloned() {
                template::begin(state, chosen);
            }
        }
        Choices::Profiles(list) => {
            let name = chosen.and_then(|index| list.get(index)).map_or(picker.query.text().trim(), String::as_str);
            return profile::choose(state, name);
        }
    }
    Vec::new()
}

/// Applies the query again if it changed.
pub(crate) fn narrow(state: &mut State, changed: bool) {
    if let Some(Popup::Pick(picker)) = state.popup.as_mut().filter(|_| changed) {
        picker.narrow(&state.compose);
    }
}

/// Draws the list over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, picker: &Picker, buf: &mut Buffer) {
    let theme = cx.theme;
    let compose = &cx.state.compose;
    let (title, all) = match &picker.choices {
        Choices::Channels(list) => ("Channels known", list.len()),
        Choices::Names(list) => ("Message names seen", list.len()),
        Choices::History => ("Sent before", compose.history.len()),
        Choices::Templates => ("Templates of the profile", compose.templates.len()),
        Choices::Profiles(list) => ("Profiles", list.len()),
    };
    let count = format!("{} of {}", number(picker.shown.len() as u64), number(all as u64));
    let inner = popup_frame::draw(cx, popup, title, vec![(count, theme.soft)], theme.accent, buf);
    if inner.height == 0 {
        return;
    }
    template::line(cx, "/ ", &picker.query, Rect { height: 1, ..inner }, buf);
    let rows = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
    if picker.shown.is_empty() {
        let (headline, advice) = empty(cx, picker, all);
        list::empty(cx, rows, buf, headline, &advice);
        return;
    }
    list::rows(cx, rows, picker.position, picker.shown.len(), buf, |pen, line| {
        choice(cx, picker, picker.shown[line], pen);
    });
}

fn choice(cx: &Context<'_>, picker: &Picker, index: usize, pen: &mut Pen<'_>) {
    let theme = cx.theme;
    let compose = &cx.state.compose;
    match &picker.choices {
        Choices::Channels(list) | Choices::Names(list) | Choices::Profiles(list) => {
            let text = list.get(index).map_or("", String::as_str);
            pen.put(&text::row(text.as_bytes(), pen.room()), theme.text);
        }
        Choices::History => {
            let Some(entry) = compose.history.get(index) else { return };
            let receipt = format!("#{} to {}", entry.sequence, entry.receivers);
            pen.put(
                &cx.time(entry.at, Precision::Date)[..16.min(cx.time(entry.at, Precision::Date).len())],
                theme.soft,
            );
            pen.skip(1).column(&text::row(entry.channel.as_bytes(), 14), 14, Align::Left, theme.text).skip(1);
            pen.column(&text::row(entry.name.as_bytes(), 20), 20, Align::Left, theme.text).skip(1);
            let data = pen.room().saturating_sub(cells(&receipt) + 1);
            pen.column(&text::row(entry.data.as_bytes(), data), data, Align::Left, theme.soft).skip(1);
            pen.put(&receipt, theme.accent);
        }
        Choices::Templates => {
            let Some(template) = compose.templates.get(index) else { return };
            pen.column(&text::row(template.title.as_bytes(), 24), 24, Align::Left, theme.text).skip(1);
            let prompts = template.prompts().len() as u64;
            let asks =
                if prompts == 0 { String::new() } else { format!("asks {}", format::counted(prompts, "question")) };
            pen.put(&asks, theme.soft);
        }
    }
}

fn empty(cx: &Context<'_>, picker: &Picker, all: usize) -> (&'static str, String) {
    let key = |action| footer::key_of(cx, action);
    match picker.choices {
        Choices::Channels(_) | Choices::Names(_) | Choices::Profiles(_) => {
            ("Nothing known has these words.", format!("{} takes what you typed.", key(Action::Accept)))
        }
        _ if all > 0 => {
            let key = key(Action::EditText(TextEdit::DeleteToStart));
            ("Nothing has these words.", format!("{key} deletes the words."))
        }
        Choices::History => {
            ("Nothing was sent yet.", "What is sent from here is kept, without keys and signatures.".to_owned())
        }
        Choices::Templates => (
            "This profile has no templates.",
            "[profile.NAME.templates.NAME] with channel, name and data in the configuration makes one.".to_owned(),
        ),
    }
}
