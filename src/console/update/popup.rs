//! What lies over the panes.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::moving::{Move, apply, text};
use crate::console::action::{DiscoveredChannel, Effect};
use crate::console::keymap::{Mode, copies, help_height, help_sections};
use crate::console::layout::{names_rows, popup_rows};
use crate::console::state::channels::MAX_CHANNELS;
use crate::console::state::scroll::Scroll;
use crate::console::state::{Discover, Notice, Popup, State, is_pattern};

/// The longest sequence number has 20 digits.
const MAX_NUMBER: usize = 20;
/// Two numbers, with their signs and what separates them.
const MAX_RANGE: usize = 2 * MAX_NUMBER + 5;

/// Looks for channels; what was picked stays picked when it is found again.
pub(super) fn discover(state: &mut State) -> Vec<Effect> {
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
pub(super) fn discovered(state: &mut State, result: Result<Vec<DiscoveredChannel>, String>) {
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
pub(super) fn toggle_pick(discover: &mut Discover) {
    if discover.cursor < discover.found.len() && !discover.picked.remove(&discover.cursor) {
        discover.picked.insert(discover.cursor);
    }
}

/// Subscribes to the picked channels, or to the one under the cursor where none is picked.
pub(super) fn subscribe(state: &mut State) -> Vec<Effect> {
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
            super::subscriptions::note(state, &name);
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
pub(super) fn literal_pattern(channel: &str) -> String {
    channel.chars().flat_map(|c| ['\\'].into_iter().filter(move |_| "*?[]\\".contains(c)).chain([c])).collect()
}

/// Closes the popup; a question is answered with no.
pub(super) fn close(state: &mut State) {
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
pub(super) fn go(state: &mut State, step: Move) {
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
pub(super) fn type_number(text: &mut String, key: KeyEvent) {
    type_into(text, key, MAX_NUMBER, |c| c.is_ascii_digit());
}

/// Types a sequence number or a range of them into a text.
pub(super) fn type_range(text: &mut String, key: KeyEvent) {
    type_into(text, key, MAX_RANGE, is_of_range);
}

/// Adds the characters of a text that can be part of a range, up to the limit.
pub(super) fn paste_range(text: &mut String, more: &str) {
    add(text, more, MAX_RANGE, is_of_range);
}

/// Adds the digits of a text, up to the limit.
pub(super) fn add_digits(text: &mut String, more: &str) {
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
