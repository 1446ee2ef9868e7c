//! Rows grow too old for `since:`.

use std::collections::BTreeSet;

use crate::console::app::state::State;
use crate::console::filter::requests;
use crate::console::filter::visibility::is_hidden;
use crate::ledger::interval::Entry;

/// So many rows are looked at in one go; what is left has its turn a second later.
const MAX: usize = 4096;

/// Hides the oldest rows that do not match any more. Rows are in the order of time, so the first one that matches ends it.
pub(crate) fn expire_since(state: &mut State) {
    let depends = state.filtering.filter.as_ref().is_some_and(crate::filter::Filter::depends_on_time);
    let Some(shown) = state.messages.shown.as_ref().filter(|_| depends) else { return };
    let mut old = BTreeSet::new();
    for row_id in shown.iter().take(MAX) {
        let Some(row) = state.messages.row(*row_id) else { continue };
        match row.entry() {
            Entry::Message(_) | Entry::Finding(_) if is_hidden(state, row) => {
                old.insert(*row_id);
            }
            Entry::Message(_) | Entry::Finding(_) => break,
            Entry::Dropped(_) | Entry::Link(_) | Entry::Counter { .. } | Entry::Barrier { .. } => {}
        }
    }
    if !old.is_empty() {
        requests::hide(state, old);
    }
}
