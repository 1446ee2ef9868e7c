//! Decides which alerts are due.

use std::sync::Arc;

use crate::console::app::event::{Alert, Effect};
use crate::console::app::state::{Notice, State};
use crate::ledger::alert::{AlertGate, AlertKind, AlertLimit, Alerts};
use crate::ledger::interval::Interval;

/// The profile's alerts and the times of the last ones.
#[derive(Debug, Default)]
pub struct AlertState {
    /// The profile's alert settings.
    pub wanted: Alerts,
    /// Whether alerts are muted: no bell rings and no command runs.
    pub muted: bool,
    bells: AlertLimit,
    commands: AlertGate,
}

impl AlertState {
    /// The profile's alert settings.
    #[must_use]
    pub fn new(wanted: Alerts) -> Self {
        Self { wanted, ..Self::default() }
    }
}

/// Adds the alerts that are due for an entry of an interval.
pub(crate) fn raise(state: &mut State, interval: &Arc<Interval>, index: usize, effects: &mut Vec<Effect>) {
    let entry = &interval.entries()[index];
    let AlertState { wanted, muted, bells, commands } = &mut state.alerts;
    let Some(kind) = AlertKind::of(entry).filter(|_| !*muted) else { return };
    // The bell rings once, even if several alerts are due.
    let is_wanted = wanted.bell.contains(&kind);
    if is_wanted && bells.allows(wanted.at_most, kind, state.now) && !effects.contains(&Effect::Bell) {
        effects.push(Effect::Bell);
    }
    if commands.passes(wanted, entry, state.now) {
        effects.push(Effect::Alert(Alert { interval: Arc::clone(interval), index }));
    }
}

/// Mutes or unmutes the alerts.
pub(crate) fn toggle_mute(state: &mut State) {
    if !state.alerts.wanted.is_wanted() {
        state.notice = Some(Notice::error("there is nothing to mute: the profile has no [alerts]"));
        return;
    }
    state.alerts.muted = !state.alerts.muted;
    state.notice = Some(Notice::done(if state.alerts.muted { "alerts are muted" } else { "alerts are on" }));
}

/// Shows that the command could not be run, failed or took too long. `why` is already escaped.
pub(crate) fn failed(state: &mut State, why: &str) {
    state.notice = Some(Notice::error(format!("the alert's command failed: {why}")));
}
