//! What the ledger found: each finding has a kind, a range and a cause.

use std::sync::Arc;

use super::sequence::Channel;

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was found.
    pub kind: FindingKind,
    /// On which channel.
    pub channel: Channel,
    /// The first sequence number concerned, where it is known.
    pub from: Option<u64>,
    /// The last sequence number concerned, both ends included.
    pub to: Option<u64>,
    /// How many broadcasts it concerns; none where that cannot be known.
    pub count: Option<u64>,
    /// When it was found.
    pub at: i64,
    /// What led to it.
    pub cause: Cause,
}

/// The kinds of findings; their names are those of the JSON lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingKind {
    /// Broadcast while the link was down.
    MissedDisconnected,
    /// Broadcast while aircheck was not running.
    MissedNotRunning,
    /// Counted, but never delivered.
    NotDelivered,
    /// Published past the counter.
    Uncounted,
    /// The counter went back or vanished.
    CounterReset,
    /// A verified message was seen before.
    Repeated,
    /// A signer's clock is off by more than half the tolerance.
    ClockOff,
}

/// What led to a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The link was down, for `micros` microseconds.
    Disconnected {
        /// Why the link went down, not escaped.
        reason: Arc<str>,
        /// For how long, in microseconds.
        micros: u64,
    },
    /// aircheck was not running since that time.
    NotRunning {
        /// When the last counter was stored.
        since: i64,
    },
    /// The counter and the messages of one interval do not balance.
    Unbalanced {
        /// By how much the counter advanced.
        advance: u64,
        /// How many messages were received.
        received: u64,
    },
    /// The counter went from `before` to `after` (none: it vanished).
    Reset {
        /// The value before.
        before: u64,
        /// The value after.
        after: Option<u64>,
    },
    /// Seen before.
    Repeated {
        /// When it was first seen.
        first_at: i64,
        /// On which channel it was first seen.
        first_channel: Channel,
        /// Both stand within the second of their timestamp, so the sender may have sent two.
        twice_in_a_second: bool,
    },
    /// The timestamp is that many seconds from now; positive: the signer's clock is ahead.
    ClockOff {
        /// The offset in seconds.
        seconds: i64,
    },
}

impl FindingKind {
    /// The name used in JSON lines, e.g. `missed_disconnected`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MissedDisconnected => "missed_disconnected",
            Self::MissedNotRunning => "missed_not_running",
            Self::NotDelivered => "not_delivered",
            Self::Uncounted => "uncounted",
            Self::CounterReset => "counter_reset",
            Self::Repeated => "repeated",
            Self::ClockOff => "clock_off",
        }
    }

    /// Whether sequence numbers were missed upstream.
    #[must_use]
    pub fn is_gap(self) -> bool {
        matches!(self, Self::MissedDisconnected | Self::MissedNotRunning | Self::NotDelivered)
    }
}
