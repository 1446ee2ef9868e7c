//! Values that commands print, other than the entries of a subscription.

use super::missed::Missed;
use crate::ledger::expectation::ExpectationState;
use crate::ledger::sequence::{Channel, Reading, Sequence};
use crate::wire::verdict::{Check, Verification};

/// A broadcast that was sent.
#[derive(Debug, Clone, Copy)]
pub struct Published<'a> {
    /// When it was sent, in microseconds since the epoch.
    pub at: i64,
    /// The channel, not escaped.
    pub channel: &'a [u8],
    /// The message's exact sequence number.
    pub sequence: u64,
    /// How many subscribers received it on this server.
    pub receivers: u64,
    /// The payload as sent.
    pub payload: &'a [u8],
}

/// A finished run of a handler command.
#[derive(Debug, Clone, Copy)]
pub struct HandlerRun<'a> {
    /// When it started, in microseconds since the epoch.
    pub at: i64,
    /// The channel, not escaped; none for dropped messages of several channels.
    pub channel: Option<&'a [u8]>,
    /// Why it was run.
    pub cause: RunCause<'a>,
    /// Whether the message was missed at first, and was then read from a recording.
    pub recovered: bool,
    /// `done`, `failed`, `killed`, `not_run` or `skipped`.
    pub outcome: &'static str,
    /// The exit status, if it exited by itself.
    pub status: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The outcome as text for a person, escaped.
    pub reason: &'a str,
    /// How many attempts were made; 0 if skipped.
    pub attempts: u32,
    /// The duration of all attempts together, in microseconds.
    pub duration_micros: u64,
}

/// Why a handler command was run.
#[derive(Debug, Clone, Copy)]
pub enum RunCause<'a> {
    /// A message was received.
    Message {
        /// The name of the message, not escaped.
        name: &'a [u8],
        /// Its sequence number.
        sequence: Sequence,
    },
    /// Messages were missed.
    Missed(&'a Missed),
}

/// Messages that a recording does not contain.
#[derive(Debug, Clone, Copy)]
pub struct Missing<'a> {
    /// The channel, not escaped; none for a time span of all channels.
    pub channel: Option<&'a [u8]>,
    /// The first and the last sequence number, if they are known.
    pub range: (Option<u64>, Option<u64>),
    /// How many messages, if that is known.
    pub count: Option<u64>,
    /// The kind of a finding, [`DROPPED`](super::missed::DROPPED), or one of [`MISSING_KINDS`].
    pub kind: &'static str,
    /// The reason as text for a person, escaped.
    pub reason: &'a str,
}

/// Sequence numbers whose messages a recording has.
#[derive(Debug, Clone, Copy)]
pub struct Recorded<'a> {
    /// The channel, not escaped.
    pub channel: &'a [u8],
    /// The path of the recording, escaped.
    pub recording: &'a str,
    /// The counter epoch in the recording.
    pub epoch: i64,
    /// The first and the last sequence number.
    pub range: (u64, u64),
    /// When the first and the last message were received, in microseconds since the epoch.
    pub at: (i64, i64),
}

/// The kinds of [`Missing`] messages that are not kinds of findings.
pub const MISSING_KINDS: [&str; 5] = ["not_recorded", "deleted", "before_recording", "after_recording", "unknown"];

/// A counter that is compared with its last known value.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'a> {
    /// When it was read, in microseconds since the epoch.
    pub at: i64,
    /// The channel, not escaped.
    pub channel: &'a [u8],
    /// The last known value; none if the channel was never checked before.
    pub known: Option<u64>,
    /// When that value was read, in microseconds since the epoch.
    pub since: Option<i64>,
    /// Whether the counter may have been reset since.
    pub doubt: Option<Doubt>,
    /// The current value.
    pub reading: &'a Reading,
}

/// An expectation that was checked once.
#[derive(Debug, Clone)]
pub struct CheckedExpectation {
    /// When it was checked, in microseconds since the epoch.
    pub at: i64,
    /// The channel, or a pattern that no channel has matched yet.
    pub channel: Channel,
    /// The title, not escaped.
    pub title: String,
    /// The rates that it wants.
    pub expected: String,
    /// The state.
    pub state: ExpectationState,
    /// When the last message was accepted or counted, or a later time, in microseconds since the epoch; none if that is unknown.
    pub since: Option<i64>,
    /// How this is known, not escaped.
    pub reason: String,
}

/// Why a counter may have been reset since its last known value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The server was restarted or replaced since, or its ID is unknown.
    OtherServer,
    /// A listener stored the value, and no recording shows what happened to the counter since.
    Unrecorded,
}

/// The result of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison<'a> {
    /// There is no known value to compare with.
    First {
        /// The current value.
        now: u64,
    },
    /// The counter advanced, or did not change.
    Advanced {
        /// The last known value.
        known: u64,
        /// The current value.
        now: u64,
        /// How many broadcasts were missed.
        missed: u64,
        /// Whether that is a lower bound.
        lower_bound: bool,
    },
    /// The counter decreased. How many broadcasts were missed cannot be known.
    Reset {
        /// The last known value.
        known: u64,
        /// The current value.
        now: u64,
        /// Whether it was reset. If not, the known value may also be that of another server.
        is_certain: bool,
    },
    /// The counter cannot be read. The reason is not escaped.
    Unreadable(&'a str),
}

impl<'a> Checked<'a> {
    /// Compares the counter with its last known value. A counter that does not exist counts as 0, as it does for `INCR`.
    #[must_use]
    pub fn comparison(&self) -> Comparison<'a> {
        let now = match self.reading {
            Reading::Value(now) => *now,
            Reading::Missing => 0,
            Reading::Unreadable(why) => return Comparison::Unreadable(why),
        };
        match self.known.map(|known| (known, now.checked_sub(known))) {
            None => Comparison::First { now },
            Some((known, Some(missed))) => {
                Comparison::Advanced { known, now, missed, lower_bound: self.doubt.is_some() }
            }
            Some((known, None)) => Comparison::Reset { known, now, is_certain: self.doubt != Some(Doubt::Unrecorded) },
        }
    }
}

impl Comparison<'_> {
    /// The current value; none if it cannot be read.
    #[must_use]
    pub fn now(&self) -> Option<u64> {
        match *self {
            Self::First { now } | Self::Advanced { now, .. } | Self::Reset { now, .. } => Some(now),
            Self::Unreadable(_) => None,
        }
    }

    /// How many broadcasts were missed; none if that cannot be known.
    #[must_use]
    pub fn missed(&self) -> Option<u64> {
        match *self {
            Self::Advanced { missed, .. } => Some(missed),
            Self::First { .. } | Self::Reset { .. } | Self::Unreadable(_) => None,
        }
    }

    /// Whether broadcasts were or may have been missed.
    #[must_use]
    pub fn is_loss(&self) -> bool {
        match *self {
            Self::First { .. } => false,
            Self::Advanced { missed, .. } => missed > 0,
            Self::Reset { .. } | Self::Unreadable(_) => true,
        }
    }
}

/// A channel that has a counter or subscribers.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    /// When the server was asked, in microseconds since the epoch.
    pub at: i64,
    /// The channel, not escaped.
    pub channel: &'a [u8],
    /// Its counter.
    pub counter: &'a Reading,
    /// The number of subscribers, without pattern subscribers; none if the server does not report it.
    pub subscribers: Option<u64>,
}

/// An inspected payload.
#[derive(Debug, Clone, Copy)]
pub struct Inspected<'a> {
    /// When it was inspected, in microseconds since the epoch.
    pub at: i64,
    /// The payload.
    pub payload: &'a [u8],
    /// The verdict, with the parts of the signature that led to it.
    pub verification: Verification<'a>,
    /// The checks of this payload, in order.
    pub checks: &'a [Check],
}

/// The algorithm and the key of a signature text, if they are not empty. To PHP, an empty signature and `0` are no
/// signature.
pub(super) fn signature_names(signature: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
    if matches!(signature, b"" | b"0") {
        return (None, None);
    }
    let mut parts = signature.split(|&byte| byte == b'|').map(|part| Some(part).filter(|part| !part.is_empty()));
    (parts.next().flatten(), parts.next().flatten())
}
