//! The sequence numbers of all messages of an interval, as one value.

use crate::ledger::sequence::{Sequence, UnknownReason};

/// The sequence numbers of the messages of one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sequences {
    /// The message at index `i` (from 0) has the sequence number `first + i`.
    Exact {
        /// The first message's sequence number.
        first: u64,
    },
    /// The message at index `i` has the sequence number `first + i` if nothing was missed. No barrier has confirmed it.
    Inferred {
        /// The first message's inferred sequence number.
        first: u64,
    },
    /// The interval has `received` messages, with increasing sequence numbers within `from..=to`. If all of them were counted,
    /// the message at index `i` has one of the numbers `from + i ..= to - (received - 1 - i)`.
    Spread {
        /// The lowest number.
        from: u64,
        /// The highest number.
        to: u64,
        /// The number of messages.
        received: u64,
    },
    /// Each message has one of the sequence numbers `from..=to`, or none because it was not counted.
    Range {
        /// The lowest number.
        from: u64,
        /// The highest number.
        to: u64,
    },
    /// No sequence number is known. The value is the reason.
    Unknown(UnknownReason),
}

impl Sequences {
    /// The sequence number of one message. `index` is the value that [`ChannelLedger::message`](super::ChannelLedger::message)
    /// returned for it.
    #[must_use]
    pub fn of(self, index: u64) -> Sequence {
        match self {
            Self::Exact { first } => Sequence::Exact(first.saturating_add(index)),
            Self::Inferred { first } => Sequence::Inferred(first.saturating_add(index)),
            Self::Spread { from, to, received } => {
                let behind = received.saturating_sub(index).saturating_sub(1);
                Sequence::Range { from: from.saturating_add(index), to: to.saturating_sub(behind) }
            }
            Self::Range { from, to } => Sequence::Range { from, to },
            Self::Unknown(why) => Sequence::Unknown(why),
        }
    }
}
