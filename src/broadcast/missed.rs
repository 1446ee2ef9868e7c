//! Messages that a listener missed.

use crate::ledger::dropped::Dropped;
use crate::ledger::finding::{Finding, Loss};

/// The point of the stream at which a listener starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenStart {
    /// The counter at this point. The next broadcast gets the next number. None if it is unknown, e.g. because the
    /// counter cannot be read.
    pub sequence: Option<u64>,
    /// The broadcasts missed since the listener's last position, which [`resume_after`](super::Listener::resume_after) or
    /// an earlier `listen` set. `None` if there is no such
    /// position, or if no missed broadcast is known yet.
    pub missed: Option<Missed>,
}

/// Messages that the listener missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// The first sequence number of the range in which messages were missed, if it is known. For a counter reset, the
    /// counter's value before the reset.
    pub sequence_from: Option<u64>,
    /// The last sequence number of that range, inclusive. For a counter reset, the counter's value after the reset;
    /// none if the key disappeared.
    pub sequence_to: Option<u64>,
    /// The number of messages; none if it is unknown. If it is less than the size of the range, it is not known which
    /// numbers in the range were missed.
    pub count: Option<u64>,
    /// The cause.
    pub cause: MissedCause,
}

/// Why messages were missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MissedCause {
    /// They were sent after the position given to [`resume_after`](super::Listener::resume_after) and before the
    /// listener started.
    NotRunning {
        /// Whether more messages may have been missed than reported, because the server may be a different one and its
        /// counter may have been reset.
        lower_bound: bool,
    },
    /// They were sent while the listener was disconnected.
    Disconnected {
        /// Whether more messages may have been missed than reported, because the server may be a different one and its
        /// counter may have been reset.
        lower_bound: bool,
    },
    /// The counter advanced without a message: for example, a program increments the counter without publishing, or
    /// increments this counter but publishes the message on another channel or server.
    CountedNotReceived,
    /// The counter decreased or disappeared. It is not known which messages were missed.
    CounterReset,
    /// They were received, but the handlers were too slow, so they were dropped.
    TooSlow,
}

impl Missed {
    /// Converts a finding. None if it is about messages that were received.
    pub(super) fn of(finding: &Finding) -> Option<Self> {
        let lower_bound = finding.cause.lower_bound() == Some(true);
        let cause = match finding.kind.loss()? {
            Loss::NotRunning => MissedCause::NotRunning { lower_bound },
            Loss::Disconnected => MissedCause::Disconnected { lower_bound },
            Loss::CountedNotReceived => MissedCause::CountedNotReceived,
            Loss::CounterReset => MissedCause::CounterReset,
        };
        Some(Self {
            sequence_from: finding.sequence_from,
            sequence_to: finding.sequence_to,
            count: finding.count,
            cause,
        })
    }

    /// Messages that were dropped because the handlers were too slow.
    pub(super) fn of_dropped(dropped: &Dropped) -> Self {
        Self {
            sequence_from: dropped.range.map(|(from, _)| from),
            sequence_to: dropped.range.map(|(_, to)| to),
            // If findings were dropped too, they may have reported further missed messages, so the total is unknown.
            count: (dropped.findings == 0).then_some(dropped.count),
            cause: MissedCause::TooSlow,
        }
    }
}
