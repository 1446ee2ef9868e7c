//! Decides which alerts are due. Each kind has its own limit, so that a flood of one kind does not hide another.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::console::app::event::{Alert, Effect};
use crate::console::app::state::{Notice, State};
use crate::ledger::alert::{AlertKind, Alerts};
use crate::ledger::interval::Interval;

/// The profile's alerts and the times of the last ones.
#[derive(Debug, Default)]
pub struct AlertState {
    /// The profile's alert settings.
    pub wanted: Alerts,
    /// Whether alerts are muted: no bell rings and no command runs.
    pub muted: bool,
    bells: HashMap<AlertKind, VecDeque<i64>>,
    commands: HashMap<AlertKind, VecDeque<i64>>,
}

/// The alerts that are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Ring the bell.
    pub bell: bool,
    /// Run the command.
    pub command: bool,
}

impl AlertState {
    /// The profile's alert settings.
    #[must_use]
    pub fn new(wanted: Alerts) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// Returns the alerts that are due for this kind at this time, in microseconds. If the clock was set back, earlier
    /// alerts do not count towards the limit.
    pub fn raise(&mut self, kind: AlertKind, now: i64) -> Due {
        let Self { wanted, muted, bells, commands } = self;
        let is_due = |asked: &[AlertKind], before: &mut HashMap<AlertKind, VecDeque<i64>>| {
            if *muted || !asked.contains(&kind) {
                return false;
            }
            let times = before.entry(kind).or_default();
            times.retain(|at| (0..wanted.at_most.micros).contains(&now.saturating_sub(*at)));
            if times.len() >= wanted.at_most.count {
                return false;
            }
            times.push_back(now);
            true
        };
        Due { bell: is_due(&wanted.bell, bells), command: is_due(&wanted.kinds, commands) }
    }
}

/// Adds the alerts that are due for an entry of an interval.
pub(crate) fn raise(state: &mut State, interval: &Arc<Interval>, index: usize, effects: &mut Vec<Effect>) {
    let Some(kind) = AlertKind::of(&interval.entries()[index]) else { return };
    let due = state.alerts.raise(kind, state.now);
    // The bell rings once, even if several alerts are due.
    if due.bell && !effects.contains(&Effect::Bell) {
        effects.push(Effect::Bell);
    }
    if due.command {
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
