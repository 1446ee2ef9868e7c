//! What becomes of one row.

use crate::console::app::scan_range::NextRow;
use crate::console::app::scrollback::Row;
use crate::console::app::state::State;
use crate::console::filter;
use crate::filter::{Candidate, Filter};
use crate::ledger::interval::{Entry, Message};
use crate::wire::verdict::Verdict;

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visibility {
    Shown,
    Hidden,
    /// Its channel is not picked, so the filter has no say.
    NotPicked,
    /// jq decides.
    Asked,
}

/// Whether a row that comes now is shown. Where older ones were not looked at yet, it waits for its turn.
pub(crate) fn takes(state: &mut State, row: &Row) -> bool {
    let row_id = state.messages.next_serial();
    if state.filtering.scan_range.seen().end < row_id || !filter::update::has_room(state) {
        return false;
    }
    state.filtering.scan_range.passed(NextRow::Later(row_id));
    decide(state, row_id, row)
}

/// Notes what becomes of a row, and says whether it is shown.
pub(crate) fn decide(state: &mut State, row_id: u64, row: &Row) -> bool {
    let Some(filter) = &state.filtering.filter else { return true };
    match visibility(state, filter, row) {
        Visibility::Shown => true,
        Visibility::NotPicked => false,
        Visibility::Hidden => {
            state.filtering.hidden.insert(row_id);
            false
        }
        Visibility::Asked => {
            let jq = &mut state.filtering.jq;
            if let Some(why) = jq.stopped.clone() {
                jq.fail(row_id, &why);
            } else {
                jq.waiting.insert(row_id);
                jq.queue.push_back(row_id);
            }
            true
        }
    }
}

/// Whether the filter hides a row now, without jq.
pub(crate) fn is_hidden(state: &State, row: &Row) -> bool {
    state.filtering.filter.as_ref().is_some_and(|filter| visibility(state, filter, row) == Visibility::Hidden)
}

fn visibility(state: &State, filter: &Filter, row: &Row) -> Visibility {
    if row.channel().is_some_and(|channel| !state.channels.shows(channel)) {
        return Visibility::NotPicked;
    }
    let shown = match row.entry() {
        Entry::Message(message) => return visibility_of_message(state, filter, row, message),
        Entry::Finding(finding) => filter.matches_finding(finding, state.now),
        Entry::Dropped(_) | Entry::Link(_) | Entry::Counter { .. } | Entry::Barrier { .. } => true,
    };
    if shown { Visibility::Shown } else { Visibility::Hidden }
}

fn visibility_of_message(state: &State, filter: &Filter, row: &Row, message: &Message) -> Visibility {
    let candidate = Candidate::new(&row.interval, message, state.now);
    let rejected = matches!(message.verdict, Verdict::Rejected(_));
    if rejected {
        return if filter.keeps_rejected(&candidate) { Visibility::Shown } else { Visibility::Hidden };
    }
    match (filter.terms_match(&candidate), filter.has_predicate(), candidate.data()) {
        (false, _, _) | (true, true, None) => Visibility::Hidden,
        (true, false, _) => Visibility::Shown,
        (true, true, Some(_)) => Visibility::Asked,
    }
}
