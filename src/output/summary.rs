//! What commands tell of themselves, as opposed to what the subscription brought.

use super::missed::Missed;
use crate::ledger::sequence::{Reading, Sequence};
use crate::wire::verdict::{Check, Judgement};

/// A broadcast that was sent.
#[derive(Debug, Clone, Copy)]
pub struct Published<'a> {
    /// The channel, not escaped.
    pub channel: &'a [u8],
    /// The message's exact sequence number.
    pub sequence: u64,
    /// How many subscribers received it on this server.
    pub receivers: u64,
    /// The payload as sent.
    pub payload: &'a [u8],
}

/// A command of `listen` that has ended.
#[derive(Debug, Clone, Copy)]
pub struct Ran<'a> {
    /// When it was started, in microseconds since the epoch.
    pub at: i64,
    /// The channel, not escaped.
    pub channel: &'a [u8],
    /// What it was run for.
    pub cause: RanFor<'a>,
    /// What it was run for was missed, and comes from a recording.
    pub recovered: bool,
    /// `done`, `failed`, `killed` or `not_run`.
    pub outcome: &'static str,
    /// The exit status, where it ended by itself.
    pub status: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The outcome for a person, already escaped.
    pub words: &'a str,
    /// How often it was run.
    pub attempts: u32,
    /// How long all of that took, in microseconds.
    pub micros: u64,
}

/// What a command was run for.
#[derive(Debug, Clone, Copy)]
pub enum RanFor<'a> {
    /// A message.
    Message {
        /// Its name, not escaped.
        name: &'a [u8],
        /// Its number.
        sequence: Sequence,
    },
    /// What was missed.
    Missed(&'a Missed),
}

/// A counter to be compared with the last one known.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'a> {
    /// The channel, not escaped.
    pub channel: &'a [u8],
    /// The counter as last known; none at a first look.
    pub known: Option<u64>,
    /// When that was, in microseconds since the epoch.
    pub since: Option<i64>,
    /// The counter is not known to be the same server's: it may have been reset, and have passed its old value.
    pub may_be_more: bool,
    /// The counter now.
    pub reading: &'a Reading,
}

/// What a comparison of counters came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison<'a> {
    /// Never known before: there is nothing to compare with.
    First {
        /// The counter.
        now: u64,
    },
    /// The counter went on, or stood still.
    Advanced {
        /// The counter as last known.
        known: u64,
        /// The counter.
        now: u64,
        /// How many broadcasts lie between them.
        missed: u64,
        /// Whether that is a lower bound.
        lower_bound: bool,
    },
    /// The counter went back, so that what was missed cannot be known.
    Reset {
        /// The counter as last known.
        known: u64,
        /// The counter.
        now: u64,
    },
    /// The counter cannot be read, with the reason, not escaped.
    Unreadable(&'a str),
}

impl<'a> Checked<'a> {
    /// Compares; a counter that does not exist counts as 0, as `INCR` does.
    #[must_use]
    pub fn comparison(&self) -> Comparison<'a> {
        let now = match self.reading {
            Reading::Value(now) => *now,
            Reading::Missing => 0,
            Reading::Unreadable(why) => return Comparison::Unreadable(why),
        };
        match self.known.map(|known| (known, now.checked_sub(known))) {
            None => Comparison::First { now },
            Some((known, Some(missed))) => Comparison::Advanced { known, now, missed, lower_bound: self.may_be_more },
            Some((known, None)) => Comparison::Reset { known, now },
        }
    }
}

impl Comparison<'_> {
    /// The counter now; none where it cannot be read.
    #[must_use]
    pub fn now(&self) -> Option<u64> {
        match *self {
            Self::First { now } | Self::Advanced { now, .. } | Self::Reset { now, .. } => Some(now),
            Self::Unreadable(_) => None,
        }
    }

    /// How many broadcasts were missed; none where that cannot be known.
    #[must_use]
    pub fn missed(&self) -> Option<u64> {
        match *self {
            Self::Advanced { missed, .. } => Some(missed),
            _ => None,
        }
    }

    /// Whether something was missed, or may have been.
    #[must_use]
    pub fn is_something(&self) -> bool {
        match *self {
            Self::First { .. } => false,
            Self::Advanced { missed, .. } => missed > 0,
            Self::Reset { .. } | Self::Unreadable(_) => true,
        }
    }
}

/// A channel that was ever broadcast on, or is listened to.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    /// The channel, not escaped.
    pub channel: &'a [u8],
    /// Its counter.
    pub counter: &'a Reading,
    /// How many subscribers it has, without those of patterns; none where the server does not say.
    pub subscribers: Option<u64>,
}

/// A payload that was judged on request.
#[derive(Debug, Clone, Copy)]
pub struct Inspected<'a> {
    /// The time at which it was judged, in microseconds since the epoch.
    pub at: i64,
    /// The payload.
    pub payload: &'a [u8],
    /// The outcome.
    pub judgement: Judgement<'a>,
    /// The checks one by one, of the same payload.
    pub checks: &'a [Check],
}

/// The parts of a signature text that are named in lines: the algorithm and the key, where they are not empty.
/// An empty signature and `0` are none to PHP.
pub(super) fn signature_names(signature: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
    if matches!(signature, b"" | b"0") {
        return (None, None);
    }
    let mut parts = signature.split(|&byte| byte == b'|').map(|part| Some(part).filter(|part| !part.is_empty()));
    (parts.next().flatten(), parts.next().flatten())
}
