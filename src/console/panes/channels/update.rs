//! Changes the order and the grouping of the channels.

use crate::console::app::state::State;
use crate::console::layout::Layout;
use crate::console::panes;
use crate::console::panes::Pane;
use crate::console::panes::channels::rows::ChannelRow;
use crate::console::ui::list_cursor::Move;

/// Switches between the tree and the flat list.
pub(crate) fn toggle_tree(state: &mut State) {
    state.channels.tree = !state.channels.tree;
}

/// Selects the next order.
pub(crate) fn next_order(state: &mut State) {
    state.channels.order = state.channels.order.next();
}

/// Folds the group under the cursor, or unfolds it.
pub(crate) fn toggle_fold(state: &mut State) {
    let channels = &mut state.channels;
    if let ChannelRow::Group(group) = channels.line() {
        let prefix = group.prefix.clone();
        if !channels.folded.remove(&prefix) {
            channels.folded.insert(prefix);
        }
    }
}

/// Folds or unfolds the group under the cursor. If that is not possible, the cursor moves: see `fold` and `unfold`.
pub(crate) fn fold_or_unfold(state: &mut State, folded: bool) {
    if folded { fold(state) } else { unfold(state) }
}

/// Folds the group under the cursor. On a line within a group, moves to the group. Otherwise, moves to the previous line.
fn fold(state: &mut State) {
    let line = state.channels.line().clone();
    match &line {
        // If the channels share one line, the key only moves to the previous entry.
        _ if !Layout::for_state(state).wide => panes::go(state, Pane::Channels, Move::By(-1)),
        ChannelRow::Group(group) if !group.folded => toggle_fold(state),
        _ if line.depth() > 0 => {
            let channels = &mut state.channels;
            let before = &channels.lines()[..channels.position.cursor];
            let parent = before.iter().rposition(|above| above.depth() < line.depth());
            channels.position.cursor = parent.unwrap_or(channels.position.cursor);
        }
        _ => panes::go(state, Pane::Channels, Move::By(-1)),
    }
}

/// Unfolds the group under the cursor. Otherwise, moves to the next line.
fn unfold(state: &mut State) {
    match state.channels.line() {
        ChannelRow::Group(group) if group.folded && Layout::for_state(state).wide => toggle_fold(state),
        _ => panes::go(state, Pane::Channels, Move::By(1)),
    }
}
