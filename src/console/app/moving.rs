//! Moves the cursor or window of a pane.

use crate::console::app::state::{Pane, State};
use crate::console::layout::Layout;
use crate::console::panes::timeline;
use crate::console::ui::list_cursor::{ListCursor, Move};

/// Moves in a pane.
pub(crate) fn go(state: &mut State, pane: Pane, step: Move) {
    match pane {
        Pane::Channels | Pane::Findings | Pane::Rejected | Pane::Detail => {
            if let Some((position, len, height)) = list_mut(state, pane) {
                *position = position.moved(step, len, height);
            }
        }
        Pane::Messages => messages(state, step),
        Pane::Timeline => timeline::update::scroll(state, step),
        Pane::Compose => {}
    }
}

/// The cursor of a pane that stores one, the number of its entries, and how many of them are shown.
fn list_mut(state: &mut State, pane: Pane) -> Option<(&mut ListCursor, usize, usize)> {
    let height = Layout::for_state(state).entries(pane);
    Some(match pane {
        Pane::Channels => {
            let len = state.channels.lines().len();
            (&mut state.channels.position, len, height)
        }
        Pane::Findings => {
            let len = state.findings.list.len();
            (&mut state.findings.list.position, len, height)
        }
        Pane::Rejected => {
            let len = state.rejections.list.len();
            (&mut state.rejections.list.position, len, height)
        }
        Pane::Detail => {
            let height = state.detail.scrolling_height(height);
            (&mut state.detail.position, state.detail.lines.total(), height)
        }
        Pane::Messages | Pane::Timeline | Pane::Compose => return None,
    })
}

/// Moves in Messages. Going past the last row, or to the last row by key, follows; any other move stops following.
fn messages(state: &mut State, step: Move) {
    let height = Layout::for_state(state).entries(Pane::Messages);
    let before = state.messages.position(height);
    let after = before.moved(step, state.messages.shown_len(), height);
    if step == Move::Last || (step.is_down() && after == before) {
        state.messages.follow_newest();
    } else {
        state.messages.set_position(after);
    }
}

/// Moves each window to its cursor, so that it does not jump while rows are added or removed.
pub(crate) fn settle(state: &mut State) {
    for pane in [Pane::Channels, Pane::Findings, Pane::Rejected, Pane::Detail] {
        if let Some((position, len, height)) = list_mut(state, pane) {
            *position = position.settled(len, height);
        }
    }
    if !state.messages.follow {
        let height = Layout::for_state(state).entries(Pane::Messages);
        let top = state.messages.position(height).top;
        state.messages.top = state.messages.shown_serial(top).unwrap_or(state.messages.first_serial);
    }
}
