//! What was sent before, in this run and in those before it.

use crate::console::state::history::{HistoryEntry, remember};
use crate::console::state::{Notice, State};

/// What was kept by earlier runs, oldest first; what was sent meanwhile stays the newest.
pub(super) fn loaded(state: &mut State, result: Result<Vec<HistoryEntry>, String>) {
    match result {
        Ok(kept) => {
            let since = std::mem::take(&mut state.compose.history);
            for entry in kept.into_iter().chain(since) {
                remember(&mut state.compose.history, entry);
            }
        }
        Err(why) => state.notice = Some(Notice::error(format!("the history cannot be read: {why}"))),
    }
}
