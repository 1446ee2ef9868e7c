//! Which alerts are due: each kind of trouble is limited for itself, so that a flood of one does not hide another.

use std::collections::{HashMap, VecDeque};

use crate::ledger::alert::{AlertKind, Alerts};

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
