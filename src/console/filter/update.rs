//! The filter hides rows: those that come at once, those that are there in slices, and where jq decides, once it did.

use crate::console::app::background::{ROW, SLICE};
use crate::console::app::picks;
use crate::console::app::scan_range::{NextRow, ScanRange};
use crate::console::app::state::{Notice, State};
use crate::console::filter::state::JqAnswers;
use crate::console::filter::{requests, visibility};
use crate::filter::Filter;

/// So many rows may await jq's answer before more are looked at: they are on the screen, and should not all go again.
const MAX_WAITING: usize = 512;

/// Shows only what matches the filter; all of it where there is none.
pub(crate) fn set(state: &mut State, filter: Option<Filter>) {
    let before = state.filtering.filter.take();
    state.filtering.filter = filter.filter(|filter| !filter.is_empty());
    if before.is_some() || state.filtering.filter.is_some() {
        picks::apply(state);
    }
}

/// Shows all again.
pub(crate) fn clear(state: &mut State) {
    state.popup = None;
    if state.filtering.filter.is_some() {
        set(state, None);
        state.notice = Some(Notice::done("everything is shown again"));
    }
}

/// Looks at all rows anew, those in sight first.
pub(crate) fn restart(state: &mut State) {
    let next = state.messages.next_serial();
    let from = state.messages.cursor.filter(|_| !state.messages.follow).unwrap_or(next);
    let filtering = &mut state.filtering;
    filtering.scan_range = ScanRange::from(from);
    filtering.hidden.clear();
    filtering.jq = JqAnswers { id: filtering.jq.id + 1, ..JqAnswers::default() };
    if filtering.filter.is_some() {
        filtering.new_from = next;
        state.messages.show_none();
        scan(state);
    }
}

/// Whether there are rows to look at, or to ask jq for.
pub(crate) fn has_work(state: &State) -> bool {
    let filtering = &state.filtering;
    filtering.filter.is_some()
        && (requests::may_ask(state)
            || has_room(state) && filtering.scan_range.ahead(&state.messages.row_ids()).is_some())
}

pub(crate) fn has_room(state: &State) -> bool {
    state.filtering.jq.waiting.len() < MAX_WAITING
}

/// Looks at some rows.
pub(crate) fn scan(state: &mut State) {
    if state.filtering.filter.is_none() {
        return;
    }
    let rows = state.messages.row_ids();
    let mut left = SLICE;
    while left > 0
        && has_room(state)
        && let Some(ahead) = state.filtering.scan_range.ahead(&rows)
    {
        left = left.saturating_sub(look(state, ahead));
    }
}

/// Looks at a row, and says what it cost in bytes.
fn look(state: &mut State, ahead: NextRow) -> usize {
    state.filtering.scan_range.passed(ahead);
    let row_id = ahead.row_id();
    let Some(row) = state.messages.row(row_id).cloned() else { return ROW };
    let cost = row.message().map_or(0, |message| row.interval.payload(message).len());
    if visibility::decide(state, row_id, &row) {
        let unseen = row_id >= state.filtering.new_from;
        state.messages.show(ahead, unseen);
    }
    cost + ROW
}

/// Forgets rows that left the scrollback.
pub(crate) fn forget(state: &mut State) {
    let first = state.messages.first_serial;
    let filtering = &mut state.filtering;
    for row_ids in [&mut filtering.hidden, &mut filtering.jq.waiting] {
        while row_ids.first().is_some_and(|row_id| *row_id < first) {
            row_ids.pop_first();
        }
    }
    while filtering.jq.failed.first_key_value().is_some_and(|(row_id, _)| *row_id < first) {
        filtering.jq.failed.pop_first();
    }
    // Not in the order of row IDs, but never more than may wait.
    filtering.jq.queue.retain(|row_id| *row_id >= first);
}
