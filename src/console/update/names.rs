//! The message names of what is under the cursor of Channels.

use crate::console::state::channel_rows::ChannelRow;
use crate::console::state::names_view::NamesView;
use crate::console::state::{Popup, State};

/// Shows them.
pub(super) fn show(state: &mut State) {
    let channels = &state.channels;
    let line = channels.line();
    let title = match line {
        ChannelRow::All => Vec::new(),
        ChannelRow::Group(group) => group.prefix.clone(),
        ChannelRow::Channel { index, .. } => {
            channels.list.get(*index).map_or_else(Vec::new, |c| c.channel.as_bytes().to_vec())
        }
        ChannelRow::Pattern(index) => {
            channels.patterns.get(*index).map_or_else(Vec::new, |p| p.name.clone().into_bytes())
        }
    };
    state.popup = Some(Popup::Names(NamesView { channels: channels.members(line), title, ..NamesView::default() }));
    refresh(state);
}

/// The next order.
pub(super) fn next_order(state: &mut State) {
    if let Some(Popup::Names(view)) = &mut state.popup {
        view.order = view.order.next();
        (view.cursor, view.top) = (0, 0);
    }
    refresh(state);
}

/// Counts anew; the cursor stays on its name.
pub(super) fn refresh(state: &mut State) {
    let Some(Popup::Names(view)) = &mut state.popup else { return };
    let rows = state.names.rows(view.channels.as_deref(), view.order, state.now);
    if view.cursor > 0
        && let Some(before) = view.rows.get(view.cursor)
        && let Some(now) = rows.iter().position(|row| row.name == before.name)
    {
        view.cursor = now;
    }
    view.cursor = view.cursor.min(rows.len().saturating_sub(1));
    view.rows = rows;
}
