//! What takes long is done in slices, so that keys and drawing never wait for it.

use super::{filter, search};
use crate::console::action::Effect;
use crate::console::state::State;

/// A slice looks at about that many bytes: some milliseconds, even where they are looked at twice.
pub(super) const SLICE: usize = 256 << 10;

/// What a row costs beside its payload, in bytes.
pub(super) const ROW: usize = 64;

/// Whether a filter or search has not come to its end.
#[must_use]
pub fn has_work(state: &State) -> bool {
    filter::has_work(state) || search::has_work(state)
}

/// Goes on with the filter and the search.
pub(super) fn step(state: &mut State) -> Vec<Effect> {
    filter::scan(state);
    search::scan(state);
    filter::ask(state)
}
