//! Moves the selection from finding to finding, and from a finding to its row in Messages.

use crate::console::app::focus;
use crate::console::app::picks;
use crate::console::app::state::{Notice, State};
use crate::console::keymap::table::Action;
use crate::console::panes;
use crate::console::panes::Pane;
use crate::console::ui::list_cursor::ListCursor;

/// Selects the next or previous visible finding or rejected message.
pub(crate) fn step(state: &mut State, forward: bool) {
    let newest = state.messages.next_row_id();
    // While following, the newest row counts as not visited yet.
    let from = if state.messages.follow { newest } else { state.messages.cursor.unwrap_or(newest) };
    let found = if forward { after(state, from) } else { before(state, from) };
    if let Some(row_id) = found {
        select(state, row_id);
        // In Findings, the keys act on the finding just visited.
        state.findings.list.select(row_id);
        state.rejections.list.select(row_id);
    } else {
        let (direction, back, action) = if forward {
            ("later", before(state, from), Action::PreviousFinding)
        } else {
            ("earlier", after(state, from), Action::NextFinding)
        };
        let key = state.keymap.way_to(action);
        let advice = back.map_or_else(String::new, |_| format!("; {key} goes back"));
        // A replay has not shown all rows before its end.
        let so_far =
            if forward && state.replay.as_ref().is_some_and(|replay| !replay.status.at_end) { " so far" } else { "" };
        state.notice = Some(Notice::done(format!("no {direction} finding or rejected message{so_far}{advice}")));
    }
}

fn after(state: &State, row_id: u64) -> Option<u64> {
    let shown = |row_id| state.messages.is_shown(row_id);
    let finding = state.findings.list.after(row_id, shown);
    finding.into_iter().chain(state.rejections.list.after(row_id, shown)).min()
}

fn before(state: &State, row_id: u64) -> Option<u64> {
    let shown = |row_id| state.messages.is_shown(row_id);
    let finding = state.findings.list.before(row_id, shown);
    finding.into_iter().chain(state.rejections.list.before(row_id, shown)).max()
}

/// Selects the row of the selected finding or rejected message. A group is unfolded or folded instead.
pub(crate) fn go_to_row(state: &mut State) {
    let row_id = match state.focus {
        Pane::Rejected if state.rejections.list.toggle() => return,
        Pane::Rejected => state.rejections.list.selected().and_then(|line| line.entry).map(|entry| entry.row_id),
        _ if state.findings.list.toggle() => return,
        _ => state.findings.selected().ok().map(|entry| entry.row_id),
    };
    if let Some(row_id) = row_id {
        show_row(state, row_id);
    }
}

/// Selects a row in Messages, also if it was cleared or its channel is hidden. Otherwise shows why not, and returns false.
pub(crate) fn show_row(state: &mut State, row_id: u64) -> bool {
    let Some(row) = state.messages.row(row_id) else {
        state.notice = Some(Notice::error("its row was trimmed from the scrollback"));
        return false;
    };
    let is_picked = row.channel().is_none_or(|channel| state.channels.shows(channel));
    if !is_picked || row_id < state.messages.cleared {
        if !is_picked {
            state.channels.picked.clear();
        }
        if row_id < state.messages.cleared {
            state.messages.cleared = 0;
        }
        // The filter starts with the row under the cursor.
        (state.messages.follow, state.messages.cursor) = (false, Some(row_id));
        picks::apply(state);
    }
    if !state.messages.is_listed(row_id) {
        let key = state.keymap.way_to(Action::Filter);
        state.notice = Some(Notice::error(format!("its row is hidden by the filter: {key} changes it")));
        return false;
    }
    select(state, row_id);
    focus::show(state, Pane::Messages);
    true
}

/// Selects a row. If it is not visible, it is scrolled to the middle. A copy that shares the row of another one gets its own.
pub(crate) fn select(state: &mut State, row_id: u64) {
    state.messages.reveal(row_id);
    let height = panes::entries(state, Pane::Messages);
    let len = state.messages.shown_len();
    let before = state.messages.position(height);
    let cursor = state.messages.shown_index(row_id);
    let top = if before.range(len, height).contains(&cursor) { before.top } else { cursor.saturating_sub(height / 2) };
    state.messages.set_position(ListCursor { cursor, top }.settled(len, height));
    state.detail_list = Pane::Messages;
}
