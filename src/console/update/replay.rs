//! A recording is replayed.

use crate::console::layout::Layout;
use crate::console::state::findings::{Findings, Rejections};
use crate::console::state::link::LinkStatus;
use crate::console::state::rate::PerSecond;
use crate::console::state::replay::ReplayStatus;
use crate::console::state::{Notice, Pane, State, Totals};

/// How it goes now.
pub(super) fn status(state: &mut State, status: ReplayStatus) {
    let Some(replay) = &mut state.replay else { return };
    if status.trouble != replay.status.trouble {
        state.notice = status.trouble.as_ref().map(Notice::error);
    }
    replay.status = status;
}

/// What was shown is put away; the numbers begin anew with what is read from there on. Filter, search, picks and the pinned
/// row stay.
pub(super) fn jumped(state: &mut State) {
    state.messages.clear();
    state.messages.follow_newest();
    state.findings = Findings::default();
    state.rejections = Rejections::default();
    state.totals = Totals::default();
    state.per_second = PerSecond::default();
    state.link = LinkStatus::default();
    state.channels.forget_numbers();
}

/// The newest row is selected, and stays where what follows it comes.
pub(super) fn found(state: &mut State) {
    let scroll = state.messages.scroll(Layout::for_state(state).entries(Pane::Messages));
    state.messages.set_scroll(scroll);
}
