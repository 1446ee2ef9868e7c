//! Dispatches keys and pasted text to an action of the key table, or to the text field that has the focus.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::console::app::act;
use crate::console::app::event::Effect;
use crate::console::app::state::{Pane, State};
use crate::console::keymap::key::Key;
use crate::console::keymap::{contexts, lookup};
use crate::console::panes::compose;
use crate::console::panes::detail::find;
use crate::console::popups;
use crate::console::ui::line_edit::TextEdit;

pub(crate) fn key(state: &mut State, event: KeyEvent) -> Vec<Effect> {
    if event.kind == KeyEventKind::Release {
        return Vec::new();
    }
    state.notice = None;
    if let Some(action) = lookup(&contexts(state), &event) {
        return act::act(state, action, Key::of(&event));
    }
    typed(state, event);
    Vec::new()
}

/// Handles a key that is not in the table.
fn typed(state: &mut State, event: KeyEvent) {
    if state.popup.is_some() {
        popups::typed(state, event);
    } else if state.focus == Pane::Compose {
        compose::update::input(state, event);
    } else if let (true, KeyCode::Char(character)) = (is_finding(state), event.code)
        && is_text(&event)
    {
        find::edit(state, |line| line.insert(character.encode_utf8(&mut [0; 4])));
    }
}

/// Whether a key types a character.
pub(crate) fn is_text(event: &KeyEvent) -> bool {
    matches!(event.code, KeyCode::Char(_)) && !event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
}

/// Carries out a command in the text field that has the focus.
pub(crate) fn edit_text(state: &mut State, edit: TextEdit) {
    if state.popup.is_some() {
        popups::edit(state, |line| line.edit(edit));
    } else if state.focus == Pane::Compose {
        compose::update::edit_text(state, edit);
    } else if is_finding(state) {
        find::edit(state, |line| line.edit(edit));
    }
}

pub(crate) fn paste(state: &mut State, text: &str) {
    if state.popup.is_some() {
        popups::edit(state, |line| line.insert(text));
    } else if state.focus == Pane::Compose {
        state.notice = None;
        compose::update::paste(state, text);
    } else if is_finding(state) {
        find::edit(state, |line| line.insert(text.lines().next().unwrap_or_default()));
    }
}

fn is_finding(state: &State) -> bool {
    state.focus == Pane::Detail && state.detail.find.typing
}
