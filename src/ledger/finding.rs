//! What the ledger found: each finding has a kind, a range and a cause.

mod words;

pub(crate) use words::counted;

use std::sync::Arc;

use super::sequence::Channel;
use crate::wire::verdict::Verdict;

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was found.
    pub kind: FindingKind,
    /// On which channel.
    pub channel: Channel,
    /// The first sequence number concerned, where it is known. For `ReceivedNotCounted` the range is what was counted meanwhile,
    /// none if nothing was; for `CounterReset` this is the value before.
    pub sequence_from: Option<u64>,
    /// The last sequence number concerned, both ends included. For `CounterReset` the value after, unless it vanished.
    pub sequence_to: Option<u64>,
    /// How many broadcasts it concerns; none where that cannot be known. Where it is less than `from..=to` holds, it is
    /// that many among them, and it is not known which.
    pub count: Option<u64>,
    /// When it was found.
    pub at: i64,
    /// What led to it.
    pub cause: Cause,
}

/// The kinds of findings; their names are those of the JSON lines.
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
pub enum FindingKind {
    /// Broadcast while the link was down.
    MissedDisconnected,
    /// Broadcast while aircheck was not running.
    MissedNotRunning,
    /// Counted, but never delivered.
    CountedNotReceived,
    /// Published past the counter.
    ReceivedNotCounted,
    /// The counter went back or vanished.
    CounterReset,
    /// A verified message was received before, on any channel, more than a second ago.
    Duplicate,
    /// A signer's clock is off by more than half the tolerance.
    ClockSkew,
}

/// What led to a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The link was down, for `duration_micros` microseconds.
    Disconnected {
        /// Why the link went down, not escaped.
        reason: Arc<str>,
        /// From the loss of the link that ended what was known to the subscription that this finding is about.
        duration_micros: u64,
        /// The server is not known to be the same one since, so its counter may have been reset: the range is a lower bound.
        lower_bound: bool,
    },
    /// aircheck was not running since that time.
    NotRunning {
        /// When the last counter was stored, in microseconds since the epoch.
        since: i64,
        /// The server is not known to be the same one since, so its counter may have been reset: the range is a lower bound.
        lower_bound: bool,
    },
    /// The counter and the messages since it was last known do not balance.
    CountMismatch {
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
    /// Received before, more than a second ago.
    Duplicate {
        /// When the first copy was received.
        first_at: i64,
        /// On which channel the first copy was received.
        first_channel: Channel,
    },
    /// The timestamp is that many seconds from now; positive: the signer's clock is ahead.
    ClockSkew {
        /// The offset in seconds.
        seconds: i64,
    },
}

impl FindingKind {
    /// All kinds, the gaps first.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The name in JSON lines, e.g. `missed_disconnected`. [`FromStr`](std::str::FromStr) parses it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether sequence numbers were missed upstream.
    #[must_use]
    pub fn is_gap(self) -> bool {
        match self {
            Self::MissedDisconnected | Self::MissedNotRunning | Self::CountedNotReceived => true,
            Self::ReceivedNotCounted | Self::CounterReset | Self::Duplicate | Self::ClockSkew => false,
        }
    }

    /// Whether it may be found again with every message, so that it is said at most once a second.
    #[must_use]
    pub fn is_ongoing(self) -> bool {
        match self {
            Self::ReceivedNotCounted | Self::Duplicate | Self::ClockSkew => true,
            Self::MissedDisconnected | Self::MissedNotRunning | Self::CountedNotReceived | Self::CounterReset => false,
        }
    }
}

impl Finding {
    /// Finds a signer's clock that is off by more than half of `tolerance`, which is in seconds.
    ///
    /// Looks at `verified` messages only: in any other, somebody else may have written the timestamp, in Unix seconds.
    #[must_use]
    pub fn clock_skew(
        channel: &Channel,
        verdict: Verdict,
        timestamp: Option<i64>,
        at: i64,
        tolerance: u64,
    ) -> Option<Self> {
        let seconds = timestamp?.saturating_sub(at.div_euclid(1_000_000));
        // More than half without rounding: 3 of 5 seconds is, 2 of 5 is not.
        if verdict != Verdict::Verified || seconds.unsigned_abs() <= tolerance / 2 {
            return None;
        }
        Some(Self {
            kind: FindingKind::ClockSkew,
            channel: channel.clone(),
            sequence_from: None,
            sequence_to: None,
            count: Some(1),
            at,
            cause: Cause::ClockSkew { seconds },
        })
    }
}
