//! Which channels the stream shows.

use crate::console::app::state::State;
use crate::console::filter;
use crate::console::panes::channels;
use crate::console::panes::channels::rows::ChannelRow;
use crate::console::search;
use crate::ledger::sequence::Channel;

/// Only what the line under the cursor stands for; a group is folded or unfolded instead.
pub(crate) fn only(state: &mut State) {
    if let ChannelRow::Group(_) = state.channels.line() {
        channels::update::toggle_fold(state);
        return;
    }
    let members = state.channels.members(state.channels.line());
    state.channels.picked = members.into_iter().flatten().collect();
    apply(state);
}

/// Adds what the line under the cursor stands for, or takes it away where all of it is shown already.
pub(crate) fn toggle(state: &mut State) {
    let channels = &mut state.channels;
    match channels.members(channels.line()) {
        Some(members) if members.iter().all(|index| channels.picked.contains(index)) => {
            channels.picked.retain(|index| !members.contains(index));
        }
        Some(members) => channels.picked.extend(members),
        None => channels.picked.clear(),
    }
    apply(state);
}

/// All channels.
pub(crate) fn all(state: &mut State) {
    state.channels.picked.clear();
    apply(state);
}

/// Rows of the link that concern no channel are always shown. Under a filter, it decides row by row.
pub(crate) fn apply(state: &mut State) {
    show(state);
    filter::update::restart(state);
    search::update::restart(state);
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
