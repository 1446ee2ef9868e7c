//! The focus goes from pane to pane.

use crate::console::app::state::{Notice, Pane, State};
use crate::console::layout::Layout;
use crate::console::panes::compose;
use crate::console::panes::compose::send;

const ORDER: [Pane; 7] =
    [Pane::Channels, Pane::Messages, Pane::Findings, Pane::Rejected, Pane::Detail, Pane::Timeline, Pane::Compose];

/// To the next pane that can have it; hidden ones are left out where they would come and go, or the one before.
pub(crate) fn step(state: &mut State, forward: bool) {
    let count = ORDER.len();
    let wide = Layout::for_state(state).wide;
    let at = ORDER.iter().position(|pane| *pane == state.focus).unwrap_or(0);
    let by = if forward { 1 } else { count - 1 };
    let next = (1..=count)
        .map(|steps| ORDER[(at + steps * by) % count])
        .find(|pane| may_have(state, *pane) && !(wide && state.settings.hidden.contains(pane)));
    if let Some(pane) = next {
        show(state, pane);
    }
}

/// Compose is off where nothing may be sent; every other pane is shown, or comes when it gets the focus.
fn may_have(state: &State, pane: Pane) -> bool {
    pane != Pane::Compose || !state.setup.read_only
}

/// To that pane, or a notice why not.
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
        Pane::Detail => state.detail.open = true,
        Pane::Compose => compose::update::entered(state),
        Pane::Channels | Pane::Timeline => {}
    }
    state.focus = pane;
}

/// Closes Detail, or leaves another pane; in any case to Messages.
pub(crate) fn back(state: &mut State) {
    match state.focus {
        Pane::Detail | Pane::Messages => {
            state.detail.open = false;
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
