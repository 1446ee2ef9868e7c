//! The events of a listener.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::message::Message;
use crate::ledger::dropped;
use crate::ledger::finding::{Finding, Loss};
use crate::ledger::interval::{self, LinkState};
use crate::wire::escape::escape;
use crate::wire::verdict::Rejection;

/// An event of an [`EventStream`](super::EventStream).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The listener has subscribed to the channel. The event says where in the stream it starts, if that is known. Every
    /// stream returns this event once, before the first message.
    Started(Started),
    /// A message was accepted: it is verified, or it is unsigned and no signing key is set.
    Message(Message),
    /// Messages were missed. This event usually comes before the message that follows the gap. It comes later if the cause is
    /// [`CountedNotReceived`](MissedCause::CountedNotReceived), or if the server's reply to a counter read is late.
    Missed(Missed),
    /// Messages were received, but the stream was not read fast enough, so they were dropped.
    Dropped(Dropped),
    /// A message was rejected.
    Rejected {
        /// The rejected message.
        message: Message,
        /// The check that failed.
        rejection: Rejection,
    },
    /// The state of the connection changed. The listener reconnects without help, so this event needs no action.
    Link(Link),
}

/// The point of the stream at which a listener starts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Started {
    /// The counter at this point: the next broadcast gets the next number. `None` if it is unknown, e.g. because the ACL
    /// does not permit the Redis user to read the counter.
    pub sequence: Option<u64>,
}

/// Messages that the listener missed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Missed {
    /// The first sequence number of the range in which messages were missed, if it is known. For a counter reset, the
    /// counter's value before the reset.
    pub sequence_from: Option<u64>,
    /// The last sequence number of that range, inclusive. For a counter reset, the counter's value after the reset, or `None` if
    /// the counter disappeared.
    pub sequence_to: Option<u64>,
    /// The number of messages; `None` if it is unknown. If it is less than the size of the range, it is unknown which numbers in
    /// the range were missed.
    pub count: Option<u64>,
    /// The cause.
    pub cause: MissedCause,
}

/// Why messages were missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MissedCause {
    /// They were sent after the position of [`resume_after`](super::Listener::resume_after) and before the listener started.
    NotRunning {
        /// Whether more messages may have been missed than reported. This is the case if the server may not be the same as
        /// before: the counter may then have been reset, and have passed its old value.
        lower_bound: bool,
    },
    /// They were sent while the listener was disconnected.
    Disconnected {
        /// Whether more messages may have been missed than reported. This is the case if the server may not be the same as
        /// before: the counter may then have been reset, and have passed its old value.
        lower_bound: bool,
    },
    /// The counter advanced without a message: for example, a program increments the counter without publishing, or
    /// increments this counter but publishes the message on another channel or server.
    CountedNotReceived,
    /// The counter decreased or disappeared. It is unknown which messages were missed.
    CounterReset,
}

/// Messages that were received and then dropped, because the stream or the handlers were too slow.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// The lowest sequence number that a dropped message can have, if it is known.
    pub sequence_from: Option<u64>,
    /// The highest sequence number that a dropped message can have, if it is known.
    pub sequence_to: Option<u64>,
    /// The number of dropped messages. If it is less than the size of the range, it is unknown which numbers in the range were
    /// dropped.
    pub count: u64,
    /// The number of dropped [`Missed`] events, plus the number of dropped findings that the listener would only have
    /// logged, e.g. duplicates. It is 0 unless tens of thousands of such events and findings are in the queue. If it is not
    /// 0, the range includes the messages that the dropped [`Missed`] events reported, and `count` does not.
    pub dropped_events: u64,
}

/// A change of the connection's state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link {
    /// The new state.
    pub state: LinkState,
    /// Why the state changed, safe for a terminal.
    pub reason: Option<String>,
    /// When the state changed.
    pub at: SystemTime,
}

impl Missed {
    /// Converts a finding. `None` if it is about messages that were received.
    pub(super) fn of(finding: &Finding) -> Option<Self> {
        let lower_bound = finding.cause.lower_bound() == Some(true);
        let cause = match finding.kind.loss()? {
            Loss::NotRunning => MissedCause::NotRunning { lower_bound },
            Loss::Disconnected => MissedCause::Disconnected { lower_bound },
            Loss::CountedNotReceived => MissedCause::CountedNotReceived,
            Loss::CounterReset => MissedCause::CounterReset,
        };
        let Finding { sequence_from, sequence_to, count, .. } = *finding;
        Some(Self { sequence_from, sequence_to, count, cause })
    }
}

impl From<&dropped::Dropped> for Dropped {
    fn from(dropped: &dropped::Dropped) -> Self {
        Self {
            sequence_from: dropped.range.map(|(from, _)| from),
            sequence_to: dropped.range.map(|(_, to)| to),
            count: dropped.count,
            dropped_events: dropped.findings,
        }
    }
}

impl From<&interval::Link> for Link {
    fn from(link: &interval::Link) -> Self {
        let reason = link.reason.as_ref().map(|reason| escape(reason.as_bytes()));
        Self { state: link.state, reason, at: time(link.at) }
    }
}

/// Converts microseconds since the Unix epoch.
pub(super) fn time(at: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(u64::try_from(at).unwrap_or_default())
}
