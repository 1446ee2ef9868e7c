//! Keys and pasted text go to a binding of the table, or to the text field that has the cursor.

use crossterm::event::{KeyEvent, KeyEventKind};

use crate::console::app::act;
use crate::console::app::event::Effect;
use crate::console::app::state::{Pane, State};
use crate::console::keymap::key::Key;
use crate::console::keymap::{contexts, lookup};
use crate::console::panes::compose;
use crate::console::panes::detail::find;
use crate::console::popups;

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

/// A key that is not in the table.
fn typed(state: &mut State, event: KeyEvent) {
    if state.popup.is_some() {
        popups::typed(state, event);
    } else if state.focus == Pane::Compose {
        compose::update::input(state, event);
    } else if state.focus == Pane::Detail && state.detail.find.typing {
        find::key(state, event);
    }
}

pub(crate) fn paste(state: &mut State, text: &str) {
    if state.popup.is_some() {
        popups::paste(state, text);
    } else if state.focus == Pane::Compose {
        state.notice = None;
        compose::update::paste(state, text);
    } else if state.focus == Pane::Detail && state.detail.find.typing {
        find::add(state, text);
    }
}
