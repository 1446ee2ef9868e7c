//! The jq predicate is asked elsewhere, a batch at a time.

use std::collections::BTreeSet;

use crate::console::app::event::Effect;
use crate::console::app::state::State;
use crate::filter::jq_worker::Answer;

/// So many messages are asked for at once.
const BATCH: usize = 128;

/// Whether there are messages to ask for, and none is being asked for.
pub(crate) fn may_ask(state: &State) -> bool {
    let jq = &state.filtering.jq;
    !jq.queue.is_empty() && jq.queue.len() == jq.waiting.len()
}

/// Asks for the next messages.
pub(crate) fn ask(state: &mut State) -> Vec<Effect> {
    let Some(filter) = state.filtering.filter.clone().filter(|_| may_ask(state)) else { return Vec::new() };
    let queue = &mut state.filtering.jq.queue;
    let batch: Vec<u64> = queue.drain(..queue.len().min(BATCH)).collect();
    let rows = batch.iter().filter_map(|row_id| Some((*row_id, state.messages.row(*row_id)?.clone()))).collect();
    vec![Effect::Ask { id: state.filtering.jq.id, filter, rows }]
}

/// Takes the answers; those to an earlier filter are too late.
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

/// Hides rows that were shown, and forgets what was to be known of them.
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
