//! Which channels Messages shows.

use crate::console::app::state::{Notice, State};
use crate::console::filter;
use crate::console::panes::channels;
use crate::console::panes::channels::rows::ChannelRow;
use crate::console::search;
use crate::ledger::sequence::Channel;

/// Shows only the selected channel or pattern. A group is folded or unfolded instead.
pub(crate) fn only(state: &mut State) {
    if let ChannelRow::Group(_) = state.channels.line() {
        channels::update::toggle_fold(state);
        return;
    }
    let members = state.channels.members(state.channels.line());
    // Without a picked channel, all channels are shown.
    if members.as_ref().is_some_and(Vec::is_empty) {
        state.notice = Some(Notice::error("no channel matches the pattern yet"));
        return;
    }
    state.channels.picked = members.into_iter().flatten().collect();
    apply(state);
}

/// Adds the selected channels to those shown, or removes them if all of them are shown.
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

/// Shows all channels.
pub(crate) fn all(state: &mut State) {
    state.channels.picked.clear();
    apply(state);
}

/// Hides all rows that are there. Counts, gaps and findings stay.
pub(crate) fn clear(state: &mut State) {
    state.messages.cleared = state.messages.next_row_id();
    state.messages.mark = None;
    apply(state);
}

/// Shows the cleared rows again.
pub(crate) fn show_cleared(state: &mut State) {
    state.messages.cleared = 0;
    apply(state);
}

/// Applies the picked channels. Link rows without a channel are always shown. A filter decides about each row.
pub(crate) fn apply(state: &mut State) {
    show(state);
    filter::update::restart(state);
    search::update::restart(state);
}

fn show(state: &mut State) {
    let channels = &state.channels;
    if channels.picked.is_empty() {
        state.messages.list_only(None);
        return;
    }
    let picked: std::collections::HashSet<&Channel> =
        channels.picked.iter().filter_map(|index| channels.list.get(*index)).map(|channel| &channel.channel).collect();
    state.messages.list_only(Some(&|row| row.channel().is_none_or(|channel| picked.contains(channel))));
}
