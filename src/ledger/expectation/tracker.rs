//! The state machine of one expectation on one channel.

use std::sync::Arc;

use super::at_least::{AtLeast, AtLeastChange};
use super::at_most::{AtMost, AtMostChange};
use super::{Barrier, Changes, Expectation, ExpectationState, ExpectationStatus, Since};
use crate::ledger::finding::{Cause, Finding, FindingKind};
use crate::ledger::known::ServerId;
use crate::ledger::sequence::Channel;

/// Checks one expectation on one channel.
#[derive(Debug)]
pub struct Tracker {
    expectation: Arc<Expectation>,
    channel: Channel,
    at_least: Option<AtLeast>,
    at_most: Option<AtMost>,
    /// The messages since the last barrier.
    received: u64,
    /// The accepted messages since the last barrier.
    accepted: u64,
    /// When the last of them was received, in microseconds since the epoch.
    accepted_at: i64,
    /// The time of the last accepted message before the last barrier. If messages may have been missed since then, the time
    /// when the link was live again.
    quiet_since: Option<Since>,
    link: LinkPhase,
    /// When the last message was accepted or the counting started again. Measured in live time: only the time during which
    /// the link was live counts.
    quiet_from: i64,
    /// Monotonic time minus live time.
    without_link: i64,
    /// The counter that the next barrier reads if all published messages are received.
    expected_counter: Option<u64>,
    /// The server that the counter was read from.
    server: Option<Arc<ServerId>>,
    /// Whether the counter shows that nothing was published since the channel became quiet. The proof covers the time from
    /// the first barrier that was received at `quiet_since` or later.
    is_proved: bool,
    /// The state that was last reported, and the monotonic time of that report.
    reported: Option<(ExpectationState, i64)>,
    report_interval: i64,
}

/// The link of the channel. Times are monotonic.
#[derive(Debug, Clone, Copy)]
enum LinkPhase {
    /// No barrier was received yet.
    NotSeen,
    /// No barrier was received yet, but an earlier run left its state.
    Restored { quiet: i64, is_uncertain: bool },
    /// The last barrier was requested at `proven`.
    Live { proven: i64 },
    /// As `Live`, but the server does not reply.
    Stale { proven: i64 },
    /// The channel is no longer subscribed.
    Down { proven: i64 },
}

impl Tracker {
    /// Creates a tracker for a channel that was never seen.
    #[must_use]
    pub fn new(expectation: Arc<Expectation>, channel: Channel) -> Self {
        let grace = expectation.grace;
        let at_least = expectation.at_least.map(|rate| AtLeast::new(rate, grace));
        Self {
            at_most: expectation.at_most.map(|rate| AtMost::new(rate, grace)),
            at_least,
            report_interval: expectation.report_interval(),
            expectation,
            channel,
            received: 0,
            accepted: 0,
            accepted_at: 0,
            quiet_since: None,
            link: LinkPhase::NotSeen,
            quiet_from: 0,
            without_link: 0,
            expected_counter: None,
            server: None,
            is_proved: false,
            reported: None,
        }
    }

    /// Continues an earlier run. Call this before any other event. The stored state is ignored if its name pattern
    /// differs from the expectation's, or if no message was ever accepted.
    pub fn restore(&mut self, stored: &ExpectationStatus) {
        let Some(wall) = stored.quiet_since.filter(|_| stored.name == self.expectation.name) else { return };
        let earlier = |wall| Since { wall, monotonic: None };
        self.quiet_since = Some(earlier(wall));
        self.link = LinkPhase::Restored { quiet: stored.quiet_micros.max(0), is_uncertain: stored.is_uncertain };
        (self.expected_counter, self.server) = (stored.counter, stored.server.clone());
        self.is_proved = stored.is_proved;
        if let Some(at_least) = &mut self.at_least {
            at_least.silent_since = stored.silent_since.map(earlier);
        }
        if let Some(at_most) = &mut self.at_most {
            at_most.since = stored.too_many_since.map(earlier);
        }
    }

    /// A message was received at this time, in microseconds since the epoch.
    pub fn message(&mut self, name: &[u8], is_accepted: bool, at: i64) {
        self.received += 1;
        self.expected_counter = self.expected_counter.and_then(|counter| counter.checked_add(1));
        if is_accepted && self.expectation.counts(name) {
            self.accepted += 1;
            self.accepted_at = at;
        }
    }

    /// The counter was read.
    #[must_use]
    pub fn barrier(&mut self, barrier: &Barrier) -> Changes {
        let is_expected = barrier.counter.is_some() && barrier.counter == self.expected_counter;
        let mut starts_here = self.accepted > 0;
        let previous = match self.link {
            LinkPhase::Live { proven } | LinkPhase::Stale { proven } => Some(proven),
            LinkPhase::NotSeen | LinkPhase::Restored { .. } | LinkPhase::Down { .. } => {
                let is_same = is_expected && ServerId::is_same(self.server.as_ref(), barrier.server.as_ref());
                starts_here |= self.link_is_live(barrier, is_same);
                None
            }
        };
        if starts_here {
            self.is_proved = barrier.counter.is_some();
        } else {
            self.is_proved &= is_expected && self.received == 0;
        }
        self.link = LinkPhase::Live { proven: barrier.requested };
        (self.expected_counter, self.server) = (barrier.counter, barrier.server.clone());
        let accepted = self.accepted;
        self.add_accepted(barrier.received);
        let mut findings = Vec::new();
        if let (Some(at_most), Some(previous)) = (&mut self.at_most, previous)
            && let Some(change) = at_most.check(accepted, previous, barrier)
        {
            findings.push(self.at_most_finding(change, barrier));
        }
        findings.extend(self.check_at_least(barrier));
        Changes { findings, status: self.status(barrier.received, barrier.at) }
    }

    /// The channel is no longer subscribed. `now` is monotonic, `at` is in microseconds since the epoch.
    #[must_use]
    pub fn link_is_down(&mut self, now: i64, at: i64) -> Changes {
        let (LinkPhase::Live { proven } | LinkPhase::Stale { proven }) = self.link else { return Changes::default() };
        self.link = LinkPhase::Down { proven };
        self.add_accepted(now);
        // Every message before the last barrier was received. The messages received after it can only end a silence.
        let end = Barrier { requested: proven, received: now, at, counter: None, server: None };
        let findings = self.check_at_least(&end).into_iter().collect();
        Changes { findings, status: self.status(now, at) }
    }

    /// The server does not reply. `now` is monotonic, `at` is in microseconds since the epoch.
    #[must_use]
    pub fn link_is_stale(&mut self, now: i64, at: i64) -> Changes {
        if let LinkPhase::Live { proven } = self.link {
            self.link = LinkPhase::Stale { proven };
        }
        Changes { findings: Vec::new(), status: self.status(now, at) }
    }

    /// The first barrier on a connection was received. `is_same` is true if it comes from the same server as the last
    /// one and its counter proves that nothing was published while there was no link. Returns whether the counting starts
    /// again.
    fn link_is_live(&mut self, barrier: &Barrier, is_same: bool) -> bool {
        let now = barrier.received;
        if let (LinkPhase::Down { proven }, true) = (self.link, is_same) {
            self.without_link += now.saturating_sub(proven).max(0);
        }
        let live = now.saturating_sub(self.without_link);
        let restarts = match (self.link, &mut self.at_least) {
            (LinkPhase::Down { .. }, _) if is_same => false,
            (LinkPhase::Restored { quiet, is_uncertain }, at_least) if is_same => {
                self.quiet_from = live.saturating_sub(quiet);
                if let Some(at_least) = at_least {
                    at_least.restore(live, quiet, is_uncertain);
                }
                false
            }
            (_, at_least) => {
                self.quiet_from = live;
                let restart = Since { wall: barrier.at, monotonic: Some(now) };
                self.quiet_since = self.quiet_since.map(|_| restart);
                if let Some(at_least) = at_least {
                    at_least.restart(live);
                }
                true
            }
        };
        if let Some(at_most) = &mut self.at_most {
            at_most.restart(now);
        }
        restarts
    }

    /// Adds the accepted messages since the last barrier. `now` is monotonic; none of them was received later.
    fn add_accepted(&mut self, now: i64) {
        self.received = 0;
        let accepted = std::mem::take(&mut self.accepted);
        if accepted == 0 {
            return;
        }
        self.quiet_from = now.saturating_sub(self.without_link);
        let is_first = self.quiet_since.replace(Since { wall: self.accepted_at, monotonic: Some(now) }).is_none();
        if let Some(at_least) = &mut self.at_least {
            if is_first {
                at_least.restart(self.quiet_from);
            }
            at_least.add(self.quiet_from, accepted);
        }
    }

    fn check_at_least(&mut self, barrier: &Barrier) -> Option<Finding> {
        let proven = barrier.requested.saturating_sub(self.without_link);
        let change = self.at_least.as_mut()?.check(proven, self.quiet_since?)?;
        let (kind, since) = match change {
            AtLeastChange::Silent(since) => (FindingKind::Silent, since),
            AtLeastChange::Resumed(since) => (FindingKind::Resumed, since),
        };
        let is_proved = kind == FindingKind::Silent
            && self.is_proved
            && self.expectation.name.is_none()
            && self.expectation.at_least.is_some_and(|rate| rate.count == 1);
        let words = self.expectation.at_least_words();
        Some(self.finding(kind, None, words, since, barrier, is_proved))
    }

    fn at_most_finding(&self, change: AtMostChange, barrier: &Barrier) -> Finding {
        let (kind, count, since) = match change {
            AtMostChange::TooMany { count, micros } => {
                let wall = barrier.at.saturating_sub(micros);
                let monotonic = Some(barrier.received.saturating_sub(micros));
                (FindingKind::TooMany, Some(count), Since { wall, monotonic })
            }
            AtMostChange::Resumed(since) => (FindingKind::Resumed, None, since),
        };
        self.finding(kind, count, self.expectation.at_most_words(), since, barrier, false)
    }

    fn finding(
        &self,
        kind: FindingKind,
        count: Option<u64>,
        expected: String,
        since: Since,
        barrier: &Barrier,
        is_proved: bool,
    ) -> Finding {
        Finding {
            kind,
            channel: self.channel.clone(),
            sequence_from: None,
            sequence_to: None,
            count,
            at: barrier.at,
            cause: Cause::Expectation {
                expectation: Arc::clone(&self.expectation.title),
                expected: expected.into(),
                since: since.wall,
                duration_micros: since.age(barrier),
                is_proved,
            },
        }
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> ExpectationState {
        if self.quiet_since.is_none() {
            return ExpectationState::New;
        }
        let LinkPhase::Live { .. } = self.link else { return ExpectationState::Unknown };
        let few = self.at_least.as_ref().map(|it| (it.is_uncertain, it.silent_since.is_some()));
        let many = self.at_most.as_ref().map(|it| (it.is_uncertain, it.since.is_some()));
        match (few, many) {
            (Some((false, true)), _) => ExpectationState::Silent,
            (_, Some((false, true))) => ExpectationState::TooMany,
            (Some((true, _)), _) | (_, Some((true, _))) => ExpectationState::Unknown,
            _ => ExpectationState::Met,
        }
    }

    /// The state if it changed, or if it is to be repeated after [`Expectation::report_interval`]. `now` is monotonic.
    fn status(&mut self, now: i64, at: i64) -> Option<ExpectationStatus> {
        let state = self.state();
        let is_due = self.reported.is_none_or(|(reported, reported_at)| {
            reported != state || (state.is_met().is_some() && now.saturating_sub(reported_at) >= self.report_interval)
        });
        if !is_due {
            return None;
        }
        self.reported = Some((state, now));
        let proven = match self.link {
            LinkPhase::Live { proven } | LinkPhase::Stale { proven } | LinkPhase::Down { proven } => proven,
            LinkPhase::NotSeen | LinkPhase::Restored { .. } => now,
        };
        let live = proven.saturating_sub(self.without_link);
        Some(ExpectationStatus {
            channel: self.channel.clone(),
            title: Arc::clone(&self.expectation.title),
            name: self.expectation.name.clone(),
            state,
            quiet_since: self.quiet_since.map(|since| since.wall),
            quiet_micros: live.saturating_sub(self.quiet_from).max(0),
            is_proved: self.is_proved,
            is_uncertain: self.at_least.as_ref().is_some_and(|at_least| at_least.is_uncertain),
            counter: self.expected_counter,
            server: self.server.clone(),
            silent_since: self.at_least.as_ref().and_then(|it| it.silent_since).map(|since| since.wall),
            too_many_since: self.at_most.as_ref().and_then(|it| it.since).map(|since| since.wall),
            at,
        })
    }
}
