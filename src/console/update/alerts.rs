//! Alerts are raised, muted, and fail.

use std::sync::Arc;

use crate::console::action::{Alert, Effect};
use crate::console::state::{Notice, State};
use crate::ledger::alert::AlertKind;
use crate::ledger::interval::Interval;

/// What an entry of an interval asks for.
pub(super) fn raise(state: &mut State, interval: &Arc<Interval>, index: usize, effects: &mut Vec<Effect>) {
    let Some(trouble) = AlertKind::of(&interval.entries()[index]) else { return };
    let due = state.alerts.raise(trouble, state.now);
    // However many are due at once, the bell rings once.
    if due.bell && !effects.contains(&Effect::Bell) {
        effects.push(Effect::Bell);
    }
    if due.command {
        effects.push(Effect::Alert(Alert { interval: Arc::clone(interval), index }));
    }
}

/// Nothing rings and nothing is run, or both again.
pub(super) fn toggle_mute(state: &mut State) {
    if !state.alerts.wanted.is_wanted() {
        state.notice = Some(Notice::error("there is nothing to mute: the profile has no [alerts]"));
        return;
    }
    state.alerts.muted = !state.alerts.muted;
    state.notice = Some(Notice::done(if state.alerts.muted { "alerts are muted" } else { "alerts are on" }));
}

/// The command could not be run, failed, or took too long; the words are escaped already.
pub(super) fn failed(state: &mut State, why: &str) {
    state.notice = Some(Notice::error(format!("the alert's command failed: {why}")));
}
