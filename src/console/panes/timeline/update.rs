//! Moves the cursor of the timeline, and selects the matching row in Messages.

use crate::console::app::navigation;
use crate::console::app::scrollback::Row;
use crate::console::app::state::{Notice, State};
use crate::console::app::update::SECOND;
use crate::console::layout::Layout;
use crate::console::panes::Pane;
use crate::console::panes::timeline::state::{Columns, Zoom, bars};
use crate::console::ui::list_cursor::Move;

/// Moves the cursor by this many columns. If it moves past the newest one, Messages follows again.
pub(crate) fn step(state: &mut State, by: isize) {
    let columns = columns(state);
    let at = columns.at(state.timeline.cursor);
    let to = at.saturating_add_signed(by);
    if to >= columns.list.len() {
        newest(state);
    } else {
        go(state, &columns, to);
    }
}

/// Adds the latest counts. If Messages follows, the cursor moves to the newest time.
pub(crate) fn settle(state: &mut State) {
    state.timeline.settle();
    if state.messages.follow && state.messages.shown_len() > 0 {
        state.timeline.cursor = None;
    }
}

/// Moves to the oldest time of the window.
pub(crate) fn oldest(state: &mut State) {
    let columns = columns(state);
    go(state, &columns, 0);
}

/// Moves to the newest time.
pub(crate) fn newest(state: &mut State) {
    state.timeline.cursor = None;
    state.messages.follow_newest();
}

/// Makes the window shorter or longer. A cursor that is no longer in the window moves to the oldest time.
pub(crate) fn zoom(state: &mut State, closer: bool) {
    state.timeline.zoom = state.timeline.zoom.step(closer);
}

/// Zooms with the mouse wheel and the keys for up and down. Down makes the window longer.
pub(crate) fn scroll(state: &mut State, step: Move) {
    match step {
        Move::Scroll(by) | Move::By(by) => zoom(state, by < 0),
        Move::First => oldest(state),
        Move::Last => newest(state),
        Move::HalfPages(_) | Move::Pages(_) => {}
    }
}

/// Moves the cursor to the column at this cell, counted from the left end of the bars.
pub(crate) fn point(state: &mut State, cell: usize) {
    let columns = columns(state);
    let room = width(state);
    // A window of a fixed length ends at the right.
    let left = match state.timeline.zoom {
        Zoom::Start => 0,
        _ => room.saturating_sub(columns.list.len() * columns.cells),
    };
    let to = cell.saturating_sub(left) / columns.cells;
    go(state, &columns, to.min(columns.list.len().saturating_sub(1)));
}

fn columns(state: &State) -> Columns {
    state.timeline.columns(state.now, width(state))
}

fn width(state: &State) -> usize {
    Layout::for_state(state).inner(Pane::Timeline).map_or(80, |area| usize::from(bars(area).width))
}

fn go(state: &mut State, columns: &Columns, to: usize) {
    let Some(column) = columns.list.get(to) else { return };
    state.timeline.cursor = Some(column.from);
    select(state, column.from.saturating_mul(SECOND));
}

/// Selects the first shown row at this time or later. If there is none, selects the last row.
fn select(state: &mut State, at: i64) {
    let messages = &state.messages;
    let len = messages.shown_len();
    let time = |index: usize| messages.shown_row_id(index).and_then(|row_id| messages.row(row_id)).map(Row::at);
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        if time(middle).is_some_and(|time| time < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let trimmed = low == 0 && state.totals.trimmed > 0 && time(0).is_some_and(|oldest| oldest > at + SECOND);
    if let Some(row_id) = messages.shown_row_id(low.min(len.saturating_sub(1))) {
        navigation::select(state, row_id);
    }
    if trimmed {
        state.notice = Some(Notice::done("the rows of that time were trimmed from the scrollback"));
    }
}
