//! The command palette: an action is found by what it does, and done where it belongs.

use crossterm::event::KeyEvent;

use super::line::input;
use super::{act, focus};
use crate::console::action::Effect;
use crate::console::palette::{find, pane};
use crate::console::state::palette::Palette;
use crate::console::state::{Notice, Popup, State};

/// Opens the palette.
pub(super) fn open(state: &mut State) {
    show(state, Palette::default());
}

/// A key that is typed.
pub(super) fn typed(state: &mut State, key: KeyEvent) {
    if let Some(Popup::Palette(palette)) = &mut state.popup
        && input(&mut palette.line, key)
    {
        let line = palette.line.clone();
        show(state, Palette { line, ..Palette::default() });
    }
}

/// Text that is pasted.
pub(super) fn paste(state: &mut State, text: &str) {
    if let Some(Popup::Palette(palette)) = &mut state.popup {
        palette.line.insert(text);
        let line = palette.line.clone();
        show(state, Palette { line, ..Palette::default() });
    }
}

fn show(state: &mut State, palette: Palette) {
    let found = find(state, palette.line.text()).len();
    state.popup = Some(Popup::Palette(Palette { found, ..palette }));
}

/// Does what is under the cursor, in the pane it belongs to; says why where it cannot be done.
pub(super) fn run(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Palette(palette)) = &state.popup else { return Vec::new() };
    let Some(choice) = find(state, palette.line.text()).into_iter().nth(palette.cursor) else { return Vec::new() };
    if let Some(reason) = choice.reason {
        state.notice = Some(Notice::error(format!("{} cannot be done now: {reason}", choice.help)));
        return Vec::new();
    }
    state.popup = None;
    if let Some(pane) = pane(state, choice.context) {
        focus::show(state, pane);
    }
    act::act(state, choice.action, choice.key)
}
