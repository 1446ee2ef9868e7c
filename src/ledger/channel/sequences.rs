//! The numbers of an interval's messages, all at once.

use crate::ledger::sequence::{Sequence, UnknownReason};

/// The numbers of the messages of one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sequences {
    /// The message at index i (from 0) has exactly `first + i`.
    Exact {
        /// The first message's number.
        first: u64,
    },
    /// The message at index i has presumably `first + i`.
    Inferred {
        /// The first message's inferred number.
        first: u64,
    },
    /// `received` messages have numbers from `from` to `to`, in order; the message at index i one of
    /// `from + i ..= to - (received - 1 - i)`, provided that all of them were counted.
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
    Unknown(UnknownReason),
}

impl Sequences {
    /// The number of the message at `index`, from 0, in the interval: what [`ChannelLedger::message`](super::ChannelLedger::message)
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
