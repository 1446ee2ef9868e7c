//! Applies the filter: to new rows at once, to older rows in steps, and to rows that need jq when it has answered.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::console::app::background::{NextRow, ROW, SLICE, ScanRange};
use crate::console::app::event::Effect;
use crate::console::app::picks;
use crate::console::app::scrollback::Row;
use crate::console::app::state::{Notice, State};
use crate::console::filter::state::JqAnswers;
use crate::filter::jq_worker::Answer;
use crate::filter::{Candidate, Filter};
use crate::ledger::interval::{Entry, Message};
use crate::wire::verdict::Verdict;

/// The maximum number of rows that wait for jq. They are visible meanwhile, so there should be few.
const MAX_WAITING: usize = 512;

/// Sets the filter. An empty one shows everything.
pub(crate) fn set(state: &mut State, filter: Filter) {
    let before = state.filtering.filter.take();
    state.filtering.filter = Some(filter).filter(|filter| !filter.is_empty());
    if before.is_some() || state.filtering.filter.is_some() {
        picks::apply(state);
    }
    if before.is_some() && state.filtering.filter.is_none() {
        state.notice = Some(Notice::done("everything is shown again"));
    }
}

/// Examines all rows again, the visible ones first.
pub(crate) fn restart(state: &mut State) {
    let next = state.messages.next_row_id();
    let from = state.messages.cursor.filter(|_| !state.messages.follow).unwrap_or(next);
    let filtering = &mut state.filtering;
    filtering.scan_range = ScanRange::from(from);
    filtering.hidden.clear();
    filtering.jq = JqAnswers { id: filtering.jq.id + 1, ..JqAnswers::default() };
    if filtering.filter.is_some() {
        filtering.new_from = next;
        state.messages.list_none();
        scan(state);
    }
}

/// Whether there are rows that were not examined yet.
pub(crate) fn is_scanning(state: &State) -> bool {
    state.filtering.filter.is_some() && state.filtering.scan_range.ahead(&state.messages.row_ids()).is_some()
}

/// Why the filter was not evaluated for a listed row, already escaped.
pub(crate) fn error_of(state: &State, row_id: u64) -> Option<Arc<str>> {
    let jq = &state.filtering.jq;
    let waits = || jq.waiting.contains(&row_id).then(|| Arc::from("not evaluated yet"));
    jq.failed.get(&row_id).cloned().or_else(waits)
}

/// Whether there are rows to examine or to send to jq.
pub(crate) fn has_work(state: &State) -> bool {
    let filtering = &state.filtering;
    filtering.filter.is_some()
        && (may_ask(state) || has_room(state) && filtering.scan_range.ahead(&state.messages.row_ids()).is_some())
}

pub(crate) fn has_room(state: &State) -> bool {
    state.filtering.jq.waiting.len() < MAX_WAITING
}

/// Examines some rows.
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

/// Examines a row, and returns the cost in bytes.
fn look(state: &mut State, ahead: NextRow) -> usize {
    state.filtering.scan_range.passed(ahead);
    let row_id = ahead.row_id();
    let Some(row) = state.messages.row(row_id).cloned() else { return ROW };
    let cost = row.message().map_or(0, |message| row.interval.payload(message).len());
    if decide(state, row_id, &row) {
        let unseen = row_id >= state.filtering.new_from;
        state.messages.list(ahead, unseen);
    }
    cost + ROW
}

/// Forgets trimmed rows.
pub(crate) fn forget(state: &mut State) {
    let first = state.messages.first_row_id;
    let filtering = &mut state.filtering;
    for row_ids in [&mut filtering.hidden, &mut filtering.jq.waiting] {
        while row_ids.first().is_some_and(|row_id| *row_id < first) {
            row_ids.pop_first();
        }
    }
    while filtering.jq.failed.first_key_value().is_some_and(|(row_id, _)| *row_id < first) {
        filtering.jq.failed.pop_first();
    }
    // The queue is not sorted, but short.
    filtering.jq.queue.retain(|row_id| *row_id >= first);
}

/// The maximum number of rows to examine per second.
const MAX_EXPIRED: usize = 4096;

/// Hides the oldest rows that no longer match `since:`. Rows are sorted by time, so the first match ends it.
pub(crate) fn expire_since(state: &mut State) {
    let depends = state.filtering.filter.as_ref().is_some_and(crate::filter::Filter::depends_on_time);
    let Some(shown) = state.messages.listed.as_ref().filter(|_| depends) else { return };
    let mut old = BTreeSet::new();
    for row_id in shown.iter().take(MAX_EXPIRED) {
        let Some(row) = state.messages.row(*row_id) else { continue };
        match row.entry() {
            Entry::Message(_) | Entry::Finding(_) if is_hidden(state, row) => {
                old.insert(*row_id);
            }
            Entry::Message(_) | Entry::Finding(_) => break,
            Entry::Dropped(_)
            | Entry::Link(_)
            | Entry::Counter { .. }
            | Entry::Expectation(_)
            | Entry::Barrier { .. } => {}
        }
    }
    if !old.is_empty() {
        hide(state, old);
    }
}

/// The maximum number of messages in a request.
const BATCH: usize = 128;

/// Whether there are messages to send to jq and no request is pending.
pub(crate) fn may_ask(state: &State) -> bool {
    let jq = &state.filtering.jq;
    !jq.queue.is_empty() && jq.queue.len() == jq.waiting.len()
}

/// Sends the next messages to jq.
pub(crate) fn ask(state: &mut State) -> Vec<Effect> {
    let Some(filter) = state.filtering.filter.clone().filter(|_| may_ask(state)) else { return Vec::new() };
    let queue = &mut state.filtering.jq.queue;
    let batch: Vec<u64> = queue.drain(..queue.len().min(BATCH)).collect();
    let rows = batch.iter().filter_map(|row_id| Some((*row_id, state.messages.row(*row_id)?.clone()))).collect();
    vec![Effect::Ask { id: state.filtering.jq.id, filter, rows }]
}

/// Applies answers. Those to an earlier filter are ignored.
pub(crate) fn answered(state: &mut State, id: u64, answers: Vec<(u64, Answer)>, stopped: Option<String>) {
    let jq = &mut state.filtering.jq;
    if id != jq.id {
        return;
    }
    let mut hidden = BTreeSet::new();
    for (row_id, answer) in answers {
        if !jq.waiting.remove(&row_id) {
            continue;
        }
        match answer {
            Answer::Yes => {}
            Answer::No => {
                hidden.insert(row_id);
            }
            Answer::Failed(why) => jq.fail(row_id, &why),
        }
    }
    if let Some(why) = stopped {
        for row_id in std::mem::take(&mut jq.waiting) {
            jq.fail(row_id, &why);
        }
        jq.stopped = Some(why.into());
    }
    jq.queue.retain(|row_id| jq.waiting.contains(row_id));
    if !hidden.is_empty() {
        hide(state, hidden);
    }
}

/// Hides rows, and forgets their hits and pending answers.
pub(crate) fn hide(state: &mut State, mut rows: BTreeSet<u64>) {
    state.messages.hide(&rows);
    if let Some(search) = &mut state.search {
        search.hits.retain(|row_id| !rows.contains(row_id));
    }
    let jq = &mut state.filtering.jq;
    jq.waiting.retain(|row_id| !rows.contains(row_id));
    jq.failed.retain(|row_id, _| !rows.contains(row_id));
    jq.queue.retain(|row_id| !rows.contains(row_id));
    state.filtering.hidden.append(&mut rows);
}

/// What the filter decides about a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visibility {
    Shown,
    Hidden,
    /// Its channel is not picked.
    NotPicked,
    /// jq decides.
    Asked,
}

/// Whether a new row is shown. It waits if older rows are not examined yet.
pub(crate) fn takes(state: &mut State, row: &Row) -> bool {
    let row_id = state.messages.next_row_id();
    if state.filtering.scan_range.seen().end < row_id || !has_room(state) {
        return false;
    }
    state.filtering.scan_range.passed(NextRow::Later(row_id));
    decide(state, row_id, row)
}

/// Notes the decision about a row, and returns whether it is shown.
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

/// Whether the filter hides a row, not considering jq.
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
        Entry::Dropped(_) | Entry::Link(_) | Entry::Counter { .. } | Entry::Expectation(_) | Entry::Barrier { .. } => {
            true
        }
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
