//! Rows are marked, and saved.

use crossterm::event::KeyEvent;

use super::line::input;
use crate::console::action::Effect;
use crate::console::layout::Layout;
use crate::console::state::saving::SavePrompt;
use crate::console::state::{Notice, Pane, Popup, State};

/// Marks rows from the selected one on, or no more.
pub(super) fn mark(state: &mut State) {
    if state.messages.mark.take().is_some() {
        return;
    }
    // What is marked must not grow by itself.
    let scroll = state.messages.scroll(Layout::for_state(state).entries(Pane::Messages));
    if state.messages.cursor.is_some() {
        state.messages.set_scroll(scroll);
        state.messages.mark = state.messages.cursor;
    }
}

/// Asks for a file.
pub(super) fn open(state: &mut State) {
    let rows = state.messages.selection().len();
    if rows == 0 {
        state.notice = Some(Notice::error("no row is selected"));
        return;
    }
    state.popup = Some(Popup::Save(SavePrompt { rows, ..SavePrompt::default() }));
}

/// A key that is typed.
pub(super) fn typed(state: &mut State, key: KeyEvent) {
    if let Some(Popup::Save(prompt)) = &mut state.popup {
        input(&mut prompt.line, key);
    }
}

/// Text that is pasted.
pub(super) fn paste(state: &mut State, text: &str) {
    if let Some(Popup::Save(prompt)) = &mut state.popup {
        prompt.line.insert(text);
    }
}

/// Saves the marked rows; the prompt stays until that is done.
pub(super) fn save(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Save(prompt)) = &state.popup else { return Vec::new() };
    let path = prompt.line.text().to_owned();
    if path.trim().is_empty() {
        state.notice = Some(Notice::error("type the name of a file that is not there yet"));
        return Vec::new();
    }
    let messages = &state.messages;
    let row_ids = messages.selection().filter_map(|index| messages.shown_serial(index));
    let rows = row_ids.filter_map(|row_id| messages.row(row_id).cloned()).collect();
    vec![Effect::Save { path, rows }]
}

/// The rows were saved, or not: then another name can be typed.
pub(super) fn saved(state: &mut State, result: Result<(u64, String), String>) {
    state.notice = Some(match result {
        Ok((rows, path)) => {
            if matches!(state.popup, Some(Popup::Save(_))) {
                state.popup = None;
            }
            state.messages.mark = None;
            Notice::done(format!("{rows} row{} saved in {path}", if rows == 1 { "" } else { "s" }))
        }
        Err(why) => Notice::error(format!("not saved: {why}")),
    });
}
