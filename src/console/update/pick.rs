//! Lists to choose from: completion, history, templates.

use std::collections::HashSet;

use super::{compose, load, template};
use crate::console::state::compose::Field;
use crate::console::state::picker::{Choices, Picker};
use crate::console::state::{Notice, Popup, State, is_pattern};

/// So many of the newest rows are looked through for names.
const ROWS: usize = 20_000;

/// So many channels or names are offered.
const OFFERED: usize = 500;

/// The channel or name is chosen from those known; what the field has is what is looked for.
pub(super) fn complete(state: &mut State) {
    let (choices, text) = match state.compose.field {
        Field::Channel => (Choices::Channels(channels(state)), state.compose.channel_text()),
        Field::Name => (Choices::Names(names(state)), state.compose.name_text()),
        Field::Data | Field::Key => {
            state.notice = Some(Notice::done("channels and names can be completed, in their fields"));
            return;
        }
    };
    let (Choices::Channels(list) | Choices::Names(list)) = &choices else { return };
    // What is whole already is no beginning of anything: all are offered.
    let query = if list.contains(&text) { String::new() } else { text };
    state.popup = Some(Popup::Pick(Picker::new(choices, &query, &state.compose)));
}

pub(super) fn history(state: &mut State) {
    state.popup = Some(Popup::Pick(Picker::new(Choices::History, "", &state.compose)));
}

pub(super) fn templates(state: &mut State) {
    state.popup = Some(Popup::Pick(Picker::new(Choices::Templates, "", &state.compose)));
}

/// Channels that are subscribed, seen, or were sent to.
fn channels(state: &State) -> Vec<String> {
    let subscribed = state.subscribed.iter().filter(|name| !is_pattern(name)).cloned();
    let seen = state.channels.list.iter().filter_map(|known| text(known.channel.as_bytes()));
    let sent = state.compose.history.iter().rev().map(|entry| entry.channel.clone());
    distinct(subscribed.chain(seen).chain(sent))
}

/// Names of messages that came, the newest first, or were sent.
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
    texts.filter(|text| !text.is_empty() && seen.insert(text.clone())).take(OFFERED).collect()
}

/// Takes the choice under the cursor; where nothing has the words, what was typed is the channel or name.
pub(super) fn accept(state: &mut State) {
    let Some(Popup::Pick(picker)) = state.popup.take() else { return };
    let chosen = picker.chosen();
    match picker.choices {
        Choices::Channels(list) | Choices::Names(list) => {
            let text = chosen.and_then(|index| list.get(index)).map_or(picker.query.text(), String::as_str).to_owned();
            if let Some(area) = state.compose.field_mut() {
                compose::set_text(area, &text);
                compose::changed(state);
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
    }
}

/// Looks again for what has the words of the query, if they changed.
pub(super) fn narrow(state: &mut State, changed: bool) {
    if let Some(Popup::Pick(picker)) = state.popup.as_mut().filter(|_| changed) {
        picker.narrow(&state.compose);
    }
}
