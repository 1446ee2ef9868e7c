//! The list of what was sent in this run.

use super::findings;
use super::focus;
use crate::console::state::{Notice, Pane, Popup, SentList, State};

pub(super) fn open(state: &mut State) {
    state.popup = Some(Popup::Sent(SentList::default()));
}

/// Goes to the own message as it came back.
pub(super) fn go_to_echo(state: &mut State) {
    let Some(Popup::Sent(list)) = &state.popup else { return };
    let sent = &state.compose.sent;
    let Some(chosen) = sent.iter().rev().nth(list.cursor) else { return };
    match chosen.echo {
        Some(echo) if state.messages.row(echo.row_id).is_some() => {
            state.popup = None;
            focus::show(state, Pane::Messages);
            findings::select(state, echo.row_id);
        }
        Some(_) => state.notice = Some(Notice::error("its echo left the scrollback")),
        None => state.notice = Some(Notice::error("it has no echo to go to")),
    }
}
