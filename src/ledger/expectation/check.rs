//! Checks an expectation once, from a counter and stored states, without a subscription.

use std::sync::Arc;

use super::{Expectation, ExpectationState, ExpectationStatus};
use crate::ledger::known::ServerId;
use crate::ledger::sequence::Channel;

/// An aircheck process is considered to be running if the age of its stored state is at most the report interval plus this
/// delay, in microseconds.
const MAX_DELAY: i64 = 15_000_000;

/// A counter that was read to check an expectation, and what is known from before. Times are in microseconds since the epoch.
#[derive(Debug)]
pub struct ExpectationCheck<'a> {
    /// The expectation.
    pub expectation: &'a Expectation,
    /// The channel.
    pub channel: &'a Channel,
    /// The state that a subscription stored.
    pub subscribed: Option<&'a ExpectationStatus>,
    /// The state that an earlier check stored.
    pub checked: Option<&'a ExpectationStatus>,
    /// The counter.
    pub counter: u64,
    /// The server; none if it is unknown.
    pub server: Option<Arc<ServerId>>,
    /// When the counter was read.
    pub at: i64,
}

/// The result of a check.
#[derive(Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// The state.
    pub state: ExpectationState,
    /// The time that `reason` refers to. It is the time of the last accepted message, of the counter reading in the stored
    /// state, or of the counter reading of this check. None if there is no such time.
    pub since: Option<i64>,
    /// How this is known.
    pub reason: &'static str,
    /// What to store for the next check.
    pub stored: ExpectationStatus,
}

impl ExpectationCheck<'_> {
    /// The result.
    #[must_use]
    pub fn result(&self) -> CheckResult {
        let (state, since, reason, stored) = self.by_subscription().unwrap_or_else(|| self.by_counter());
        CheckResult { state, since, reason, stored: ExpectationStatus { state, ..stored } }
    }

    /// The result from the state that a subscription stored. It takes precedence over the counter, because a subscription
    /// knows which messages were accepted. `None` if that state does not decide it.
    fn by_subscription(&self) -> Option<(ExpectationState, Option<i64>, &'static str, ExpectationStatus)> {
        let known = self.subscribed.filter(|known| known.name == self.expectation.name)?;
        let (since, quiet) = (known.quiet_since?, self.at.saturating_sub(known.quiet_since?));
        let age = self.at.saturating_sub(known.at);
        if (0..=self.expectation.report_interval() + MAX_DELAY).contains(&age) && known.state.is_met().is_some() {
            return Some((known.state, Some(since), "from the subscription of a running aircheck", self.now()));
        }
        let at_least = self.expectation.at_least.filter(|rate| rate.count == 1)?;
        let is_unchanged = known.counter == Some(self.counter) && self.is_same_server(known);
        if !is_unchanged || quiet < 0 {
            return None;
        }
        let is_late = quiet >= at_least.micros.saturating_add(self.expectation.grace);
        let state = if is_late { ExpectationState::Silent } else { ExpectationState::Met };
        Some((
            state,
            Some(since),
            "the counter has not advanced since the last message was accepted or missed",
            self.now(),
        ))
    }

    /// The result from the counter alone: every broadcast is taken as accepted.
    fn by_counter(&self) -> (ExpectationState, Option<i64>, &'static str, ExpectationStatus) {
        let expectation = self.expectation;
        let Some((known, before)) = self.checked.and_then(|known| Some((known, known.counter?))) else {
            return (ExpectationState::New, None, "checked for the first time", self.now());
        };
        let elapsed = self.at.saturating_sub(known.at);
        let advance = self.counter.checked_sub(before).filter(|_| elapsed >= 0 && self.is_same_server(known));
        let Some(advance) = advance else {
            return (
                ExpectationState::Unknown,
                None,
                "the counter was reset, or the server or the clock changed",
                self.now(),
            );
        };
        if expectation.name.is_some() && advance > 0 {
            let reason = "the counter advanced, but it counts messages of all names";
            return (ExpectationState::Unknown, None, reason, self.now());
        }
        let periods = |micros: i64| (elapsed.unsigned_abs(), micros.max(1).unsigned_abs());
        if let Some(rate) = expectation.at_most {
            let (elapsed, period) = periods(rate.micros);
            if advance > rate.count.saturating_mul(elapsed.div_ceil(period).max(1)) {
                let reason = "the counter advanced too much since the last check";
                return (ExpectationState::TooMany, Some(known.at), reason, self.now());
            }
        }
        let Some(rate) = expectation.at_least else {
            let stored = if elapsed < rate_period(expectation) { known.clone() } else { self.now() };
            return (ExpectationState::Met, None, "from the counter", stored);
        };
        let (elapsed, within) = periods(rate.micros.saturating_add(expectation.grace));
        let whole = elapsed / within;
        if whole >= 1 && advance < rate.count.saturating_mul(whole) {
            // While nothing is counted, the next check measures from the same time.
            let stored = if advance == 0 { known.clone() } else { self.now() };
            return (ExpectationState::Silent, Some(known.at), "the counter advanced too little since then", stored);
        }
        if advance >= rate.count {
            return (ExpectationState::Met, Some(self.at), "the counter advanced since the last check", self.now());
        }
        (known.state, Some(known.at), "too little time has passed since the last check", known.clone())
    }

    fn is_same_server(&self, known: &ExpectationStatus) -> bool {
        known.server.is_none() || self.server.is_none() || known.server == self.server
    }

    fn now(&self) -> ExpectationStatus {
        ExpectationStatus {
            channel: self.channel.clone(),
            title: Arc::clone(&self.expectation.title),
            name: self.expectation.name.clone(),
            state: ExpectationState::New,
            quiet_since: Some(self.at),
            quiet_micros: 0,
            is_proved: false,
            is_uncertain: false,
            counter: Some(self.counter),
            server: self.server.clone(),
            silent_since: None,
            too_many_since: None,
            at: self.at,
        }
    }
}

fn rate_period(expectation: &Expectation) -> i64 {
    expectation.at_most.map_or(0, |rate| rate.micros)
}
