//! A message as a filter's input.

use crate::ledger::interval::{Interval, Message};
use crate::ledger::sequence::Sequence;
use crate::wire::envelope::Envelope;
use crate::wire::verdict::{Rejection, Verdict};

/// The properties of a message that filters use.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// When it was received, in microseconds since the epoch.
    pub at: i64,
    /// The time of evaluation, in microseconds since the epoch.
    pub now: i64,
    /// The channel's name.
    pub channel: &'a [u8],
    /// What is known about its sequence number.
    pub sequence: Sequence,
    /// The verdict on this payload.
    pub verdict: Verdict,
    /// The payload as received.
    pub payload: &'a [u8],
}

impl<'a> Candidate<'a> {
    /// Creates the input from a message of an interval, evaluated at `now`.
    #[must_use]
    pub fn new(interval: &'a Interval, message: &'a Message, now: i64) -> Self {
        Self {
            at: message.at,
            now,
            channel: interval.channel(message).as_bytes(),
            sequence: message.sequence,
            verdict: message.verdict,
            payload: interval.payload(message),
        }
    }

    pub(super) fn name(&self) -> &'a [u8] {
        Envelope::parse(self.payload).name
    }

    /// The key name in the signature. `None` if there is none.
    pub(super) fn key(&self) -> Option<&'a [u8]> {
        Envelope::parse(self.payload).signature.split(|&byte| byte == b'|').nth(1)
    }

    /// The data, if the message has data and it is JSON.
    #[must_use]
    pub fn data(&self) -> Option<&'a [u8]> {
        if self.verdict == Verdict::Rejected(Rejection::InvalidJson) {
            return None;
        }
        Some(Envelope::parse(self.payload).data).filter(|data| !data.is_empty())
    }
}
