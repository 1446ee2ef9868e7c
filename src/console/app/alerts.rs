//! Which alerts are due: each kind of trouble is limited for itself, so that a flood of one does not hide another.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::console::app::event::{Alert, Effect};
use crate::console::app::state::{Notice, State};
use crate::ledger::alert::{AlertKind, Alerts};
use crate::ledger::interval::Interval;

/// The alerts of the profile, and when they last were.
#[derive(Debug, Default)]
pub struct AlertState {
    /// What the profile asks for.
    pub wanted: Alerts,
    /// Nothing rings, nothing is run.
    pub muted: bool,
    bells: HashMap<AlertKind, VecDeque<i64>>,
    commands: HashMap<AlertKind, VecDeque<i64>>,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The bell is to ring.
    pub bell: bool,
    /// The command is to be run.
    pub command: bool,
}

impl AlertState {
    /// What the profile asks for.
    #[must_use]
    pub fn new(wanted: Alerts) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// There is trouble at that time, in microseconds: what is due now, within the limit. A clock that was set back
    /// counts as a time long enough.
    pub fn raise(&mut self, trouble: AlertKind, now: i64) -> Due {
        let Self { wanted, muted, bells, commands } = self;
        let is_due = |asked: &[AlertKind], before: &mut HashMap<AlertKind, VecDeque<i64>>| {
            if *muted || !asked.contains(&trouble) {
                return false;
            }
            let times = before.entry(trouble).or_default();
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

/// What an entry of an interval asks for.
pub(crate) fn raise(state: &mut State, interval: &Arc<Interval>, index: usize, effects: &mut Vec<Effect>) {
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
pub(crate) fn toggle_mute(state: &mut State) {
    if !state.alerts.wanted.is_wanted() {
        state.notice = Some(Notice::error("there is nothing to mute: the profile has no [alerts]"));
        return;
    }
    state.alerts.muted = !state.alerts.muted;
    state.notice = Some(Notice::done(if state.alerts.muted { "alerts are muted" } else { "alerts are on" }));
}

/// The command could not be run, failed, or took too long; the words are escaped already.
pub(crate) fn failed(state: &mut State, why: &str) {
    state.notice = Some(Notice::error(format!("the alert's command failed: {why}")));
}
