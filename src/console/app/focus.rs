//! Moves the focus from pane to pane.

use crate::console::app::state::{Notice, Pane, State};
use crate::console::layout::Layout;
use crate::console::panes::compose;
use crate::console::panes::compose::send;

const ORDER: [Pane; Pane::COUNT - 1] =
    [Pane::Channels, Pane::Messages, Pane::Findings, Pane::Rejected, Pane::Detail, Pane::Timeline];

/// Moves to the next or previous pane. Hidden panes are skipped, and so is Compose, where Tab moves between fields.
pub(crate) fn step(state: &mut State, forward: bool) {
    let count = ORDER.len();
    let wide = Layout::for_state(state).wide;
    let at = ORDER.iter().position(|pane| *pane == state.focus).unwrap_or(0);
    let by = if forward { 1 } else { count - 1 };
    let next = (1..=count)
        .map(|steps| ORDER[(at + steps * by) % count])
        .find(|pane| !(wide && (state.settings.hidden.contains(pane) || is_closed(state, *pane))));
    if let Some(pane) = next {
        show(state, pane);
    }
}

fn is_closed(state: &State, pane: Pane) -> bool {
    pane == Pane::Detail && state.detail.open == Some(false)
}

/// Compose is not available if the profile is read-only.
fn may_have(state: &State, pane: Pane) -> bool {
    pane != Pane::Compose || !state.setup.read_only
}

/// Moves the focus to this pane, or shows why not.
pub(crate) fn show(state: &mut State, pane: Pane) {
    if !may_have(state, pane) {
        state.notice = Some(send::read_only(state));
        return;
    }
    if pane != Pane::Detail {
        state.detail.find.typing = false;
    }
    match pane {
        Pane::Messages | Pane::Findings | Pane::Rejected => state.tab = pane,
        Pane::Detail => state.detail.open = Some(true),
        Pane::Compose => compose::update::entered(state),
        Pane::Channels | Pane::Timeline => {}
    }
    state.focus = pane;
}

/// Closes Detail or leaves another pane. The focus moves to Messages.
pub(crate) fn back(state: &mut State) {
    match state.focus {
        Pane::Detail | Pane::Messages => {
            state.detail.open = Some(false);
            show(state, Pane::Messages);
        }
        Pane::Compose if state.compose.unsent => {
            show(state, Pane::Messages);
            state.notice = Some(Notice::done("the text is kept: c goes back to it"));
        }
        Pane::Channels | Pane::Findings | Pane::Rejected | Pane::Timeline | Pane::Compose => {
            show(state, Pane::Messages);
        }
    }
}
