//! Long work runs in small steps, so that keys and drawing never wait for it.

use crate::console::app::event::Effect;
use crate::console::app::state::State;
use crate::console::filter::requests;
use crate::console::{filter, search};

/// The bytes that one step examines: a few milliseconds of work, even if it examines them twice.
pub(crate) const SLICE: usize = 256 << 10;

/// The bytes that a row counts for in addition to its payload.
pub(crate) const ROW: usize = 64;

/// Whether a filter or a search is still in progress.
#[must_use]
pub fn has_work(state: &State) -> bool {
    filter::update::has_work(state) || search::update::has_work(state)
}

/// Continues the filter and the search by one step.
pub(crate) fn step(state: &mut State) -> Vec<Effect> {
    filter::update::scan(state);
    search::update::scan(state);
    requests::ask(state)
}
