//! From finding to finding, and from a finding to its place in the stream.

use crate::console::layout::Layout;
use crate::console::state::scroll::Scroll;
use crate::console::state::{Notice, Pane, State};

/// The selection goes to the next finding or refused message that is shown, or the one before.
pub(super) fn step(state: &mut State, forward: bool) {
    let newest = state.messages.next_serial();
    // While following, the newest row itself is one that was not gone to yet.
    let from = if state.messages.follow { newest } else { state.messages.cursor.unwrap_or(newest) };
    let found = if forward { after(state, from) } else { before(state, from) };
    if let Some(serial) = found {
        select(state, serial);
    } else {
        let direction = if forward { "later" } else { "earlier" };
        state.notice = Some(Notice::done(format!("no {direction} finding or refused message")));
    }
}

fn after(state: &State, serial: u64) -> Option<u64> {
    let gaps = state.gaps.list.partition_point(|entry| entry.serial <= serial);
    let refusals = state.refusals.list.partition_point(|entry| entry.serial <= serial);
    let gap = state.gaps.list.range(gaps..).map(|entry| entry.serial).find(|serial| state.messages.is_shown(*serial));
    let refusal =
        state.refusals.list.range(refusals..).map(|entry| entry.serial).find(|serial| state.messages.is_shown(*serial));
    gap.into_iter().chain(refusal).min()
}

fn before(state: &State, serial: u64) -> Option<u64> {
    let gaps = state.gaps.list.partition_point(|entry| entry.serial < serial);
    let refusals = state.refusals.list.partition_point(|entry| entry.serial < serial);
    let shown = |serial: &u64| state.messages.is_shown(*serial);
    let gap = state.gaps.list.range(..gaps).rev().map(|entry| entry.serial).find(shown);
    let refusal = state.refusals.list.range(..refusals).rev().map(|entry| entry.serial).find(shown);
    gap.into_iter().chain(refusal).max()
}

/// From the entry under the cursor of Gaps or Refused to its row in Messages.
pub(super) fn go_to_row(state: &mut State) {
    let serial = match state.focus {
        Pane::Refused => state.refusals.list.get(state.refusals.cursor).map(|entry| entry.serial),
        _ => state.gaps.list.get(state.gaps.cursor).map(|entry| entry.serial),
    };
    let Some(serial) = serial else { return };
    if serial < state.messages.first_serial {
        state.notice = Some(Notice::error("its row has left the scrollback"));
        return;
    }
    if !state.messages.is_shown(serial) {
        super::picks::all(state);
    }
    if !state.messages.is_shown(serial) {
        state.notice = Some(Notice::error("its row is hidden by the filter: f changes it"));
        return;
    }
    select(state, serial);
    super::focus::show(state, Pane::Messages);
}

/// Selects a row that is shown, in the middle of the window where it was out of sight.
pub(super) fn select(state: &mut State, serial: u64) {
    let height = Layout::for_state(state).entries(Pane::Messages);
    let scroll = state.messages.scroll(height);
    let cursor = state.messages.shown_index(serial);
    let top = if scroll.range().contains(&cursor) { scroll.top } else { cursor.saturating_sub(height / 2) };
    state.messages.set_scroll(Scroll { top, cursor, ..scroll }.settled());
}
