//! What takes long is done in slices, so that keys and drawing never wait for it.

use crate::console::app::event::Effect;
use crate::console::app::state::State;
use crate::console::{filter, search};

/// A slice looks at about that many bytes: some milliseconds, even where they are looked at twice.
pub(crate) const SLICE: usize = 256 << 10;

/// What a row costs beside its payload, in bytes.
pub(crate) const ROW: usize = 64;

/// Whether a filter or search has not come to its end.
#[must_use]
pub fn has_work(state: &State) -> bool {
    filter::update::has_work(state) || search::update::has_work(state)
}

/// Goes on with the filter and the search.
pub(crate) fn step(state: &mut State) -> Vec<Effect> {
    filter::update::scan(state);
    search::update::scan(state);
    crate::console::filter::requests::ask(state)
}
