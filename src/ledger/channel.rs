//! The state machine of one channel.

use std::sync::Arc;

use super::finding::Finding;
use super::sequence::{Channel, NoSequence, Reading, Sequence};

/// The ledger of one channel; takes events in stream order.
#[derive(Debug, Clone)]
pub struct ChannelLedger {
    channel: Channel,
    received: u64,
}

/// What a barrier says of the interval that it closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The numbers of the interval's messages.
    pub sequences: Sequences,
    /// What was found; these stand before the interval's messages in the stream, but for `NotDelivered` and `Uncounted`.
    pub findings: Vec<Finding>,
}

/// The numbers of the messages of one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sequences {
    /// The message at index i (from 0) has exactly `first + i`.
    Exact {
        /// The first message's number.
        first: u64,
    },
    /// The message at index i has presumably `first + i`.
    Presumed {
        /// The first message's presumed number.
        first: u64,
    },
    /// `received` messages have numbers from `from` to `to`, in order; the message at index i one of `from + i ..= to - (received - 1 - i)`.
    Spread {
        /// The lowest number.
        from: u64,
        /// The highest number.
        to: u64,
        /// How many messages.
        received: u64,
    },
    /// Each message has one of `from..=to`, or none.
    Range {
        /// The lowest number.
        from: u64,
        /// The highest number.
        to: u64,
    },
    /// None is known.
    Unknown(NoSequence),
}

impl Sequences {
    /// The number of the message at `index`, from 0, in the interval.
    #[must_use]
    pub fn of(self, index: u64) -> Sequence {
        match self {
            Self::Exact { first } => Sequence::Exact(first + index),
            Self::Presumed { first } => Sequence::Presumed(first + index),
            Self::Spread { from, to, received } => {
                Sequence::Range { from: from + index, to: to - (received - 1 - index) }
            }
            Self::Range { from, to } => Sequence::Range { from, to },
            Self::Unknown(why) => Sequence::Unknown(why),
        }
    }
}

impl ChannelLedger {
    /// A ledger that knows nothing yet.
    #[must_use]
    pub fn new(channel: Channel) -> Self {
        Self { channel, received: 0 }
    }

    /// The last counter known from an earlier run, stored at `at`.
    pub fn restored(&mut self, counter: u64, at: i64) {
        let _ = (counter, at);
    }

    /// Delivery starts here; the counter at this point is not known yet. `same_server` is false where the server's
    /// run id changed since the last subscription, so that a counter may have been reset and have passed its old value.
    pub fn subscribed(&mut self, at: i64) {
        let _ = at;
    }

    /// One message was received; its index in the interval, from 0.
    pub fn message(&mut self) -> u64 {
        self.received += 1;
        self.received - 1
    }

    /// The messages received since the last barrier.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.received
    }

    /// What can be said of the open interval's messages without a barrier: they leave early, because it is late or the interval is full.
    #[must_use]
    pub fn presumed(&self) -> Sequences {
        Sequences::Unknown(NoSequence::NoBarrier)
    }

    /// The counter's value at this point of the stream: closes the interval.
    pub fn barrier(&mut self, reading: &Reading, at: i64) -> Closed {
        let _ = (reading, at, &self.channel);
        self.received = 0;
        Closed { sequences: Sequences::Unknown(NoSequence::NoBarrier), findings: Vec::new() }
    }

    /// Delivery stopped somewhere after the last event; the numbers of the messages since the last barrier.
    pub fn disconnected(&mut self, reason: &Arc<str>, at: i64) -> Sequences {
        let _ = (reason, at);
        self.received = 0;
        self.presumed()
    }

    /// The highest counter value known, to be kept between runs: everything up to it was seen or reported.
    #[must_use]
    pub fn known(&self) -> Option<u64> {
        None
    }
}
