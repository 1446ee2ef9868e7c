//! Channels, counters and sequence numbers.

pub mod notation;

use std::sync::Arc;

/// A channel's name: any bytes. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Channel(Arc<[u8]>);

impl Channel {
    /// Creates a channel name from its bytes.
    #[must_use]
    pub fn new(name: &[u8]) -> Self {
        Self(name.into())
    }

    /// The name's bytes, not escaped.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Allows look-ups by the name's bytes in a map whose keys are channels.
impl std::borrow::Borrow<[u8]> for Channel {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

/// The value of a counter key at one point of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// The counter's value.
    Value(u64),
    /// The key does not exist: nothing was ever counted, or the key was deleted.
    Missing,
    /// The counter cannot be read. The value is the reason (permission, wrong type, not a number, …), not escaped.
    Unreadable(Arc<str>),
}

/// What is known about a message's sequence number. `Display` uses the [notation] that all screens and texts use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sequence {
    /// The exact sequence number, shown as `#1046`. The first broadcast of a channel has the sequence number 1.
    Exact(u64),
    /// The sequence number if nothing was missed since the last barrier. No later barrier has confirmed it. Shown as `#1046?`.
    Inferred(u64),
    /// One of the sequence numbers from `from` to `to`, both included; shown as `#1040–1046?`. If some messages were received
    /// without being counted, this message may be one of them and have no sequence number.
    Range {
        /// The lowest possible number.
        from: u64,
        /// The highest possible number.
        to: u64,
    },
    /// The sequence number is unknown. The value is the reason. Shown as `?`.
    Unknown(UnknownReason),
}

impl Sequence {
    /// The sequence number, if it is exact or inferred.
    #[must_use]
    pub fn number(self) -> Option<u64> {
        match self {
            Self::Exact(number) | Self::Inferred(number) => Some(number),
            Self::Range { .. } | Self::Unknown(_) => None,
        }
    }

    /// The lowest and the highest possible sequence number; `None` if nothing is known.
    #[must_use]
    pub fn range(self) -> Option<(u64, u64)> {
        match self {
            Self::Exact(number) | Self::Inferred(number) => Some((number, number)),
            Self::Range { from, to } => Some((from, to)),
            Self::Unknown(_) => None,
        }
    }

    /// How precisely the sequence number is known.
    #[must_use]
    pub fn certainty(self) -> Certainty {
        match self {
            Self::Exact(_) => Certainty::Exact,
            Self::Inferred(_) => Certainty::Inferred,
            Self::Range { .. } => Certainty::Range,
            Self::Unknown(_) => Certainty::Unknown,
        }
    }
}

/// How precisely a sequence number is known. JSON lines and filters use the names in `snake_case`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::EnumString, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum Certainty {
    /// See [`Sequence::Exact`].
    Exact,
    /// See [`Sequence::Inferred`].
    Inferred,
    /// See [`Sequence::Range`].
    Range,
    /// See [`Sequence::Unknown`].
    Unknown,
}

impl Certainty {
    /// All certainties, the most precise first.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The name in JSON lines, e.g. `exact`. [`FromStr`](std::str::FromStr) parses it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Why the sequence number of a message is unknown, or why it has none.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    strum::IntoStaticStr,
    strum::EnumCount,
    strum::EnumString,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum UnknownReason {
    /// The counter cannot be read: access is denied, or it is not an integer. Also used if aircheck does not read the counter,
    /// because a pattern matches too many channels.
    CounterUnreadable,
    /// The counter was reset since it was last read.
    CounterReset,
    /// The message was received, but not counted.
    ReceivedNotCounted,
    /// The message was sent to the consumers before the subscription's first barrier, e.g. because the connection ended.
    NoBarrier,
}

impl UnknownReason {
    /// All reasons.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The name in JSON lines, e.g. `counter_reset`. [`FromStr`](std::str::FromStr) parses it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}
