//! Which channels the stream shows.

use crate::console::state::State;
use crate::ledger::sequence::Channel;

/// Only the channel under the cursor; all of them where that is "all channels".
pub(super) fn only(state: &mut State) {
    let index = state.channels.cursor.checked_sub(1);
    state.channels.picked = index.into_iter().collect();
    apply(state);
}

/// Adds the channel under the cursor, or takes it away.
pub(super) fn toggle(state: &mut State) {
    match state.channels.cursor.checked_sub(1) {
        Some(index) if !state.channels.picked.remove(&index) => {
            state.channels.picked.insert(index);
        }
        Some(_) => {}
        None => state.channels.picked.clear(),
    }
    apply(state);
}

/// All channels.
pub(super) fn all(state: &mut State) {
    state.channels.picked.clear();
    apply(state);
}

/// Rows of the link that concern no channel are always shown. Under a filter, it decides row by row.
pub(super) fn apply(state: &mut State) {
    show(state);
    super::filter::restart(state);
    super::search::restart(state);
}

fn show(state: &mut State) {
    let channels = &state.channels;
    if channels.picked.is_empty() {
        state.messages.show_only(None);
        return;
    }
    let picked: std::collections::HashSet<&Channel> =
        channels.picked.iter().filter_map(|index| channels.list.get(*index)).map(|channel| &channel.channel).collect();
    state.messages.show_only(Some(&|row| row.channel().is_none_or(|channel| picked.contains(channel))));
}
