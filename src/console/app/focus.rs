//! Moves the focus from pane to pane.

use crate::console::app::narrowing;
use crate::console::app::state::{Notice, State};
use crate::console::keymap::table::Action;
use crate::console::layout::Layout;
use crate::console::panes;
use crate::console::panes::Pane;
use crate::console::panes::compose::send;

/// Moves to the next or previous pane. Hidden panes are skipped.
pub(crate) fn step(state: &mut State, forward: bool) {
    let stops: Vec<Pane> = Pane::ALL.iter().copied().filter(|pane| pane.spec().has_tab_stop).collect();
    let count = stops.len();
    let wide = Layout::for_state(state).wide;
    let at = stops.iter().position(|pane| *pane == state.focus).unwrap_or(0);
    let by = if forward { 1 } else { count - 1 };
    let next = (1..=count)
        .map(|steps| stops[(at + steps * by) % count])
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
    panes::entered(state, pane);
    if state.focus != pane {
        narrowing::keep(state);
    }
    state.focus = pane;
}

/// Closes Detail or leaves another pane. The focus moves to Messages.
pub(crate) fn back(state: &mut State) {
    if matches!(state.focus, Pane::Detail | Pane::Messages) {
        state.detail.open = Some(false);
    }
    let text_kept = state.focus == Pane::Compose && state.compose.unsent;
    show(state, Pane::Messages);
    if text_kept {
        let key = state.keymap.way_to(Action::Compose);
        state.notice = Some(Notice::done(format!("the text is kept: {key} goes back to it")));
    }
}
