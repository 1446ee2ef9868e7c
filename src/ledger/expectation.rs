//! Expectations: how many messages a channel should receive. Finds channels that are silent or receive too many messages.
//!
//! A [`Tracker`] checks one [`Expectation`] on one channel. It only trusts barriers: a barrier's reply proves that the link
//! is live, and that every message published before the barrier was requested has been received. So a lost or stalled link
//! never looks like silence.
//!
//! A tracker measures rates by a monotonic clock, so setting the wall clock does not change its states. The wall clock gives
//! findings their time, and measures how long ago an event in an earlier run happened. The time without a link does not
//! count. When the link is live again, the check of the highest allowed rate (`at_most`) starts again. The check of the
//! lowest required rate (`at_least`) continues if the same server's counter proves that nothing was published meanwhile;
//! otherwise it starts again. After a restart of aircheck, a check that needs more than one message per period starts again
//! even with that proof.

mod at_least;
mod at_most;
mod check;
mod tracker;

use std::fmt;
use std::sync::Arc;

use super::finding::Finding;
use super::format::between;
use super::known::ServerId;
use super::sequence::Channel;
use crate::wire::glob;

pub use self::check::{CheckResult, ExpectationCheck};
pub use self::tracker::Tracker;

/// The shortest time between two reports of the same state, in microseconds.
const MIN_REPORT_INTERVAL: i64 = 1_000_000;
/// The longest time between two reports of the same state, in microseconds.
const MAX_REPORT_INTERVAL: i64 = 60_000_000;

/// How many messages the channels of an expectation should receive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// Its title, e.g. `heartbeat`.
    pub title: Arc<str>,
    /// The channels and patterns. Each channel must meet the expectation on its own.
    pub channels: Vec<Vec<u8>>,
    /// The pattern of the message names that count; none if all count.
    pub name: Option<Vec<u8>>,
    /// The lowest rate.
    pub at_least: Option<Rate>,
    /// The highest rate.
    pub at_most: Option<Rate>,
    /// The grace time, in microseconds. It is added to the period of the lowest rate before `silent` is reported, and
    /// to the period of the highest rate before `resumed` is reported.
    pub grace: i64,
}

/// A number of messages within a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The number of messages; at least 1.
    pub count: u64,
    /// The period in microseconds: a whole number of seconds, at least 1 s.
    pub micros: i64,
}

/// When something began.
#[derive(Debug, Clone, Copy)]
struct Since {
    /// In microseconds since the epoch.
    wall: i64,
    /// By the monotonic clock; none if it was in an earlier run.
    monotonic: Option<i64>,
}

impl Since {
    /// How long ago it was, in microseconds.
    fn age(self, barrier: &Barrier) -> u64 {
        match self.monotonic {
            Some(monotonic) => between(monotonic, barrier.received),
            None => between(self.wall, barrier.at),
        }
    }
}

/// Whether a channel meets an expectation.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum ExpectationState {
    /// No accepted message was ever received, or an [`ExpectationCheck`] has only started to count.
    New,
    /// It is not known: the link is down or stale, the counting started a short time ago, or an [`ExpectationCheck`]
    /// cannot tell.
    Unknown,
    /// It is met.
    Met,
    /// Too few messages were received.
    Silent,
    /// Too many messages were received.
    TooMany,
}

/// What is known about an expectation on a channel. It is stored for the next run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectationStatus {
    /// The channel.
    pub channel: Channel,
    /// The title of the expectation.
    pub title: Arc<str>,
    /// The pattern of the message names that count.
    pub name: Option<Vec<u8>>,
    /// The state.
    pub state: ExpectationState,
    /// When the last accepted message was received, in microseconds since the epoch. If messages may have been missed since
    /// then, the time when the link was live again. None if no message was ever accepted.
    pub quiet_since: Option<i64>,
    /// For how long the link has been live since the last accepted message, or since the counting started again, in
    /// microseconds.
    pub quiet_micros: i64,
    /// Whether the counter shows that nothing was published since the channel became quiet. The proof covers the time from
    /// the first barrier that was received at `quiet_since` or later.
    pub is_proved: bool,
    /// Whether the counting for the lowest rate started a short time ago, so that it is not known yet whether that
    /// rate is met.
    pub is_uncertain: bool,
    /// The counter up to which all messages were received; none if it is unknown.
    pub counter: Option<u64>,
    /// The server that the counter was read from.
    pub server: Option<Arc<ServerId>>,
    /// Set if `silent` was reported and `resumed` was not. It is the `since` of the `silent` finding, in microseconds since
    /// the epoch.
    pub silent_since: Option<i64>,
    /// Set if `too_many` was reported and `resumed` was not. It is the `since` of the `too_many` finding, in microseconds
    /// since the epoch.
    pub too_many_since: Option<i64>,
    /// When this status was determined, in microseconds since the epoch.
    pub at: i64,
}

/// The expectations of a subscription, and what an earlier run left.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// The expectations.
    pub expectations: Vec<Arc<Expectation>>,
    /// The stored states.
    pub statuses: Vec<ExpectationStatus>,
}

impl Expected {
    /// The trackers of a channel: one for each expectation that applies to it.
    #[must_use]
    pub fn trackers(&self, channel: &Channel) -> Vec<Tracker> {
        let expectations = self.expectations.iter().filter(|expectation| expectation.applies_to(channel.as_bytes()));
        expectations
            .map(|expectation| {
                let mut tracker = Tracker::new(Arc::clone(expectation), channel.clone());
                let is_stored = |it: &&ExpectationStatus| it.channel == *channel && it.title == expectation.title;
                if let Some(stored) = self.statuses.iter().find(is_stored) {
                    tracker.restore(stored);
                }
                tracker
            })
            .collect()
    }

    /// The channels with a stored state that match a pattern.
    pub fn stored_channels(&self, pattern: &[u8]) -> impl Iterator<Item = &Channel> {
        let applies = |status: &ExpectationStatus| self.expectations.iter().any(|it| it.title == status.title);
        let stored = self.statuses.iter().filter(move |status| applies(status));
        stored.map(|status| &status.channel).filter(move |channel| glob::matches(pattern, channel.as_bytes()))
    }
}

/// A counter that was read on the subscribing connection. Every message before it has been received.
#[derive(Debug, Clone)]
pub struct Barrier {
    /// When it was requested, in microseconds by a monotonic clock. The server read the counter later.
    pub requested: i64,
    /// When its reply was processed, in microseconds by a monotonic clock. The server read the counter earlier.
    pub received: i64,
    /// When its reply was processed, in microseconds since the epoch.
    pub at: i64,
    /// The counter, 0 if the key is missing; none if it cannot be read.
    pub counter: Option<u64>,
    /// The server; none if it is unknown.
    pub server: Option<Arc<ServerId>>,
}

/// What changed.
#[derive(Debug, Default)]
pub struct Changes {
    /// The findings, in order.
    pub findings: Vec<Finding>,
    /// The state to show and to store; `None` if it need not be reported now.
    pub status: Option<ExpectationStatus>,
}

impl Expectation {
    /// Whether it applies to a channel.
    #[must_use]
    pub fn applies_to(&self, channel: &[u8]) -> bool {
        self.channels.iter().any(|pattern| glob::matches(pattern, channel))
    }

    /// Whether messages of this name count.
    #[must_use]
    pub fn counts(&self, name: &[u8]) -> bool {
        self.name.as_ref().is_none_or(|pattern| glob::matches(pattern, name))
    }

    /// How often an unchanged `Met`, `Silent` or `TooMany` is reported and stored again, in microseconds. `New` and
    /// `Unknown` are not repeated.
    #[must_use]
    pub fn report_interval(&self) -> i64 {
        let within = self.at_least.map_or(i64::MAX, |rate| rate.micros.saturating_add(self.grace));
        (within / 60).clamp(MIN_REPORT_INTERVAL, MAX_REPORT_INTERVAL)
    }

    /// The lowest rate in words, e.g. `at least 1/5m`; empty if there is none.
    #[must_use]
    pub fn at_least_words(&self) -> String {
        self.at_least.map(|rate| format!("at least {rate}")).unwrap_or_default()
    }

    /// The highest rate in words, e.g. `at most 500/s`; empty if there is none.
    #[must_use]
    pub fn at_most_words(&self) -> String {
        self.at_most.map(|rate| format!("at most {rate}")).unwrap_or_default()
    }
}

impl fmt::Display for Rate {
    /// `1/5m`, `500/s`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.micros / 1_000_000;
        let units = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
        let (unit, name) = units.into_iter().find(|(unit, _)| seconds % unit == 0).unwrap_or((1, "s"));
        match seconds / unit {
            1 => write!(f, "{}/{name}", self.count),
            count => write!(f, "{}/{count}{name}", self.count),
        }
    }
}

impl ExpectationState {
    /// All states.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The name in the store and in JSON lines, e.g. `too_many`. [`FromStr`](std::str::FromStr) parses it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// A short label, e.g. `too many`.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Unknown => "unknown",
            Self::Met => "met",
            Self::Silent => "silent",
            Self::TooMany => "too many",
        }
    }

    /// Orders the states of several expectations: the highest is the one to show.
    #[must_use]
    pub fn severity(self) -> u8 {
        match self {
            Self::Met => 0,
            Self::New => 1,
            Self::Unknown => 2,
            Self::TooMany => 3,
            Self::Silent => 4,
        }
    }

    /// Whether the expectation is met. None if that is not known.
    #[must_use]
    pub fn is_met(self) -> Option<bool> {
        match self {
            Self::New | Self::Unknown => None,
            Self::Met => Some(true),
            Self::Silent | Self::TooMany => Some(false),
        }
    }
}
