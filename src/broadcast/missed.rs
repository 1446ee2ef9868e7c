//! What a listener was not given.

use crate::ledger::dropped::Dropped;
use crate::ledger::finding::{Cause, Finding, FindingKind};

/// Where a listener begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The counter at that point: the next message is the one after it. None where the counter cannot be read.
    pub sequence: Option<u64>,
    /// What was broadcast since the number given to [`since`](super::Listener::since); none where nothing was, or no number
    /// was given.
    pub missed: Option<Missed>,
}

/// Messages that the listener was not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// The first number missed, where it is known. Of a reset, the counter before.
    pub sequence_from: Option<u64>,
    /// The last number missed. Of a reset, the counter after, unless it vanished.
    pub sequence_to: Option<u64>,
    /// How many messages; none where that cannot be known. Where it is less than the range holds, it is that many among
    /// them, and it is not known which.
    pub count: Option<u64>,
    /// What led to it.
    pub cause: MissedCause,
}

/// Why messages were missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MissedCause {
    /// Nobody listened since the position given to [`since_position`](super::Listener::since_position). `lower_bound`: the server was
    /// restarted or replaced since, or that is unknown, so the counter may have been reset and there may be more.
    NotRunning {
        /// Whether it may be more.
        lower_bound: bool,
    },
    /// The connection was lost meanwhile.
    Disconnected {
        /// Whether it may be more, as above.
        lower_bound: bool,
    },
    /// They were counted, but never delivered: somebody counts without sending, or sends on another path.
    CountedNotReceived,
    /// The counter went back or vanished, so that what was missed cannot be known.
    CounterReset,
    /// The handlers were too slow for what came.
    TooSlow,
}

impl Missed {
    /// None for findings about messages that did arrive.
    pub(super) fn of(finding: &Finding) -> Option<Self> {
        let lower_bound = matches!(
            finding.cause,
            Cause::Disconnected { lower_bound: true, .. } | Cause::NotRunning { lower_bound: true, .. }
        );
        let cause = match finding.kind {
            FindingKind::MissedNotRunning => MissedCause::NotRunning { lower_bound },
            FindingKind::MissedDisconnected => MissedCause::Disconnected { lower_bound },
            FindingKind::CountedNotReceived => MissedCause::CountedNotReceived,
            FindingKind::CounterReset => MissedCause::CounterReset,
            FindingKind::ReceivedNotCounted | FindingKind::Duplicate | FindingKind::ClockSkew => return None,
        };
        Some(Self {
            sequence_from: finding.sequence_from,
            sequence_to: finding.sequence_to,
            count: finding.count,
            cause,
        })
    }

    /// Messages that the handlers were too slow for.
    pub(super) fn of_dropped(dropped: &Dropped) -> Self {
        Self {
            sequence_from: dropped.range.map(|(from, _)| from),
            sequence_to: dropped.range.map(|(_, to)| to),
            // A dropped finding may have reported more.
            count: (dropped.findings == 0).then_some(dropped.count),
            cause: MissedCause::TooSlow,
        }
    }
}
