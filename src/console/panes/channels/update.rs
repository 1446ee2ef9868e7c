//! How the channels are listed.

use crate::console::app::moving;
use crate::console::app::state::{Pane, State};
use crate::console::layout::Layout;
use crate::console::panes::channels::rows::ChannelRow;
use crate::console::ui::list_cursor::Move;

/// In groups by their names, or flat.
pub(crate) fn toggle_tree(state: &mut State) {
    state.channels.tree = !state.channels.tree;
}

/// The next order.
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

/// Folds what is under the cursor, or unfolds it; otherwise to the line before, or the next.
pub(crate) fn fold_or_unfold(state: &mut State, folded: bool) {
    if folded { fold(state) } else { unfold(state) }
}

/// Folds the group; a channel in a group leads to the group. Otherwise to the line before.
fn fold(state: &mut State) {
    let line = state.channels.line().clone();
    match &line {
        // In the strip the lines stand side by side.
        _ if !Layout::for_state(state).wide => moving::go(state, Pane::Channels, Move::By(-1)),
        ChannelRow::Group(group) if !group.folded => toggle_fold(state),
        _ if line.depth() > 0 => {
            let channels = &mut state.channels;
            let before = &channels.lines()[..channels.position.cursor];
            let parent = before.iter().rposition(|above| above.depth() < line.depth());
            channels.position.cursor = parent.unwrap_or(channels.position.cursor);
        }
        _ => moving::go(state, Pane::Channels, Move::By(-1)),
    }
}

/// Unfolds the group; otherwise to the next line.
fn unfold(state: &mut State) {
    match state.channels.line() {
        ChannelRow::Group(group) if group.folded && Layout::for_state(state).wide => toggle_fold(state),
        _ => moving::go(state, Pane::Channels, Move::By(1)),
    }
}
