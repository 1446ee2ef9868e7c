//! Findings: gaps, duplicates and anything else reported about a channel. A finding has a kind, a channel, a cause and, for
//! some kinds, a range of sequence numbers.

mod words;

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

pub use self::words::Reference;
use super::sequence::Channel;
use crate::wire::verdict::Verdict;

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Finding {
    /// The kind.
    pub kind: FindingKind,
    /// The channel.
    pub channel: Channel,
    /// The first sequence number of the range, if it is known.
    ///
    /// For `ReceivedNotCounted`, the range contains the sequence numbers that were counted since the counter's last
    /// known value. Both ends are `None` if the counter did not advance. For `CounterReset`, this is the value before
    /// the reset.
    pub sequence_from: Option<u64>,
    /// The last sequence number of the range, inclusive. For `CounterReset`, this is the value after the reset; `None` if the
    /// key disappeared.
    pub sequence_to: Option<u64>,
    /// The number of broadcasts or messages that the finding is about; `None` if it is unknown.
    ///
    /// If the count of a gap is less than the size of the range, it is unknown which sequence numbers of the range were
    /// missed. For `ReceivedNotCounted`, it is the number of messages that have no sequence number.
    pub count: Option<u64>,
    /// When it was found, in microseconds since the epoch. Findings of the kinds that are reported at most once a second have
    /// the time at which they are reported.
    pub at: i64,
    /// The cause.
    pub cause: Cause,
}

/// The acknowledgement of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// When the finding was acknowledged, in microseconds since the epoch.
    pub at: i64,
    /// The person's note, not escaped. It can be empty.
    pub note: String,
}

/// The acknowledged findings of one server. A finding is identified by all its fields, including its time in microseconds. A
/// later finding about the same sequence numbers is not acknowledged.
pub type Acknowledgements = HashMap<Finding, Acknowledgement>;

/// The kinds of findings. JSON lines use the names in `snake_case`.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum FindingKind {
    /// Messages were missed while aircheck was disconnected.
    MissedDisconnected,
    /// Messages were missed while aircheck was not running.
    MissedNotRunning,
    /// The counter advanced without a message.
    CountedNotReceived,
    /// Messages were received without a counter advance.
    ReceivedNotCounted,
    /// The counter decreased or disappeared. A new *counter epoch* starts: the sequence numbers continue from the new value, or
    /// from 0 if the key disappeared. Earlier numbers can therefore occur again.
    CounterReset,
    /// The same verified message was already received, on any channel, more than 1 s earlier.
    Duplicate,
    /// A signer's clock is off by more than half the tolerance.
    ClockSkew,
    /// Fewer messages were accepted than an expectation wants.
    Silent,
    /// More messages were accepted than an expectation allows.
    TooMany,
    /// An expectation is met again.
    Resumed,
}

/// How broadcasts were missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Loss {
    /// aircheck was disconnected.
    Disconnected,
    /// aircheck was not running.
    NotRunning,
    /// The counter advanced without a message.
    CountedNotReceived,
    /// The counter decreased or disappeared. It is not known which broadcasts were missed.
    CounterReset,
}

/// The properties of a kind of finding. The methods of [`FindingKind`] explain them.
#[derive(Debug, Clone, Copy)]
struct KindSpec {
    words: &'static str,
    short_words: &'static str,
    loss: Option<Loss>,
    is_count_mismatch: bool,
    is_ongoing: bool,
}

impl KindSpec {
    fn new(words: &'static str) -> Self {
        Self { words, short_words: words, loss: None, is_count_mismatch: false, is_ongoing: false }
    }

    fn short(self, short_words: &'static str) -> Self {
        Self { short_words, ..self }
    }

    fn loss(self, loss: Loss) -> Self {
        Self { loss: Some(loss), ..self }
    }

    fn count_mismatch(self) -> Self {
        Self { is_count_mismatch: true, ..self }
    }

    fn ongoing(self) -> Self {
        Self { is_ongoing: true, ..self }
    }
}

/// The cause of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cause {
    /// aircheck was disconnected.
    Disconnected {
        /// Why the connection was lost, not escaped.
        reason: Arc<str>,
        /// How long aircheck was not subscribed, in microseconds: from the loss of the connection that last read the counter to
        /// the start of the current subscription.
        duration_micros: u64,
        /// Whether the count is a lower bound, because the server may be another one or its counter may have been reset.
        lower_bound: bool,
    },
    /// aircheck or the recorder was not running.
    NotRunning {
        /// Which of the two was not running. It does not distinguish findings.
        program: Program,
        /// When the last counter value was stored, in microseconds since the epoch. The program ended at that time or later.
        since: i64,
        /// Whether the count is a lower bound, because the server may be another one or its counter may have been reset.
        lower_bound: bool,
        /// Set if a recorder was killed since then. It is the number of messages that the recorder is known to have received
        /// but not written; it may have received more. They are the first messages of the gap, and they are lost.
        lost: Option<u64>,
    },
    /// The counter's advance and the number of messages received differ.
    CountMismatch {
        /// The increase of the counter since its last known value.
        advance: u64,
        /// The number of messages received since then.
        received: u64,
    },
    /// The counter decreased or disappeared.
    Reset {
        /// The counter's value before the reset.
        before: u64,
        /// The counter's value after the reset; `None` if the key disappeared.
        after: Option<u64>,
    },
    /// The message had already been received.
    Duplicate {
        /// When the first copy was received, in microseconds since the epoch.
        first_at: i64,
        /// The channel of the first copy.
        first_channel: Channel,
    },
    /// The message's timestamp differs from this machine's clock.
    ClockSkew {
        /// The offset in seconds. A positive offset means that the signer's clock is ahead.
        seconds: i64,
    },
    /// An expectation is not met, or is met again.
    Expectation {
        /// The title of the expectation, not escaped.
        expectation: Arc<str>,
        /// The rate that it wants, e.g. `at least 1/5m`.
        expected: Arc<str>,
        /// In microseconds since the epoch. `Silent`: when the last accepted message was received, or when the link was live
        /// again if messages may have been missed in between. `TooMany`: all messages that the finding counts were published
        /// at this time or later. `Resumed`: as in the `Silent` or `TooMany` finding that it ends.
        since: i64,
        /// How long ago that is, in microseconds.
        duration_micros: u64,
        /// For `Silent`: whether the counter proves that nothing was published since then.
        is_proved: bool,
    },
}

/// The program that was not running.
///
/// All values are equal, and have the same hash. A recording has no column for it: it contains findings of the subscription,
/// which are about aircheck, and reads them as findings about its recorder. They are still the same findings, e.g. for their
/// acknowledgements.
#[derive(Debug, Clone, Copy, Eq)]
pub enum Program {
    /// aircheck, for a finding that was received live.
    Aircheck,
    /// The recorder, for a finding from a recording. aircheck can have been running without recording.
    Recorder,
}

impl PartialEq for Program {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Hash for Program {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Finding {
    /// The memory in bytes: the finding and its texts.
    pub(super) fn size(&self) -> usize {
        let texts = match &self.cause {
            Cause::Disconnected { reason, .. } => reason.len(),
            Cause::Duplicate { first_channel, .. } => first_channel.as_bytes().len(),
            Cause::Expectation { expectation, expected, .. } => expectation.len() + expected.len(),
            Cause::NotRunning { .. } | Cause::CountMismatch { .. } | Cause::Reset { .. } | Cause::ClockSkew { .. } => 0,
        };
        size_of::<Self>() + self.channel.as_bytes().len() + texts
    }
}

impl FindingKind {
    /// All kinds, the gaps first.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The name in JSON lines, e.g. `missed_disconnected`. [`FromStr`](std::str::FromStr) parses it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The properties of this kind.
    fn spec(self) -> KindSpec {
        let spec = KindSpec::new;
        match self {
            Self::MissedDisconnected => spec("missed while disconnected").short("missed").loss(Loss::Disconnected),
            Self::MissedNotRunning => spec("missed while not running").short("missed").loss(Loss::NotRunning),
            Self::CountedNotReceived => {
                spec("counted, not received").short("not received").loss(Loss::CountedNotReceived).count_mismatch()
            }
            Self::ReceivedNotCounted => spec("received, not counted").short("not counted").count_mismatch().ongoing(),
            Self::CounterReset => spec("counter reset").loss(Loss::CounterReset),
            Self::Duplicate => spec("duplicate").ongoing(),
            Self::ClockSkew => spec("clock skew").ongoing(),
            Self::Silent => spec("silent"),
            Self::TooMany => spec("too many"),
            Self::Resumed => spec("resumed"),
        }
    }

    /// A short label, e.g. `missed while disconnected`.
    #[must_use]
    pub fn words(self) -> &'static str {
        self.spec().words
    }

    /// The label for a narrow column, e.g. `missed`.
    #[must_use]
    pub fn short_words(self) -> &'static str {
        self.spec().short_words
    }

    /// How broadcasts were or may have been missed. None if they were not.
    #[must_use]
    pub fn loss(self) -> Option<Loss> {
        self.spec().loss
    }

    /// Whether broadcasts were or may have been missed: a gap or a counter reset.
    #[must_use]
    pub fn is_loss(self) -> bool {
        self.loss().is_some()
    }

    /// Whether the finding is a gap: broadcasts were counted that aircheck did not receive.
    #[must_use]
    pub fn is_gap(self) -> bool {
        match self.loss() {
            Some(Loss::Disconnected | Loss::NotRunning | Loss::CountedNotReceived) => true,
            Some(Loss::CounterReset) | None => false,
        }
    }

    /// Whether broadcasts were missed because aircheck was disconnected or not running.
    #[must_use]
    pub fn is_while_absent(self) -> bool {
        matches!(self.loss(), Some(Loss::Disconnected | Loss::NotRunning))
    }

    /// Whether findings of this kind have the cause [`Cause::CountMismatch`].
    #[must_use]
    pub fn is_count_mismatch(self) -> bool {
        self.spec().is_count_mismatch
    }

    /// Whether findings of this kind are derived from the counter: broadcasts were or may have been missed, or messages were
    /// not counted.
    #[must_use]
    pub fn is_shown_by_counter(self) -> bool {
        self.is_loss() || self.is_count_mismatch()
    }

    /// Whether every message can cause such a finding. These kinds are reported at most once a second per channel.
    #[must_use]
    pub fn is_ongoing(self) -> bool {
        self.spec().is_ongoing
    }
}

impl Cause {
    /// Whether the count is a lower bound. `None` for causes to which this does not apply.
    #[must_use]
    pub fn lower_bound(&self) -> Option<bool> {
        match *self {
            Self::Disconnected { lower_bound, .. } | Self::NotRunning { lower_bound, .. } => Some(lower_bound),
            Self::CountMismatch { .. }
            | Self::Reset { .. }
            | Self::Duplicate { .. }
            | Self::ClockSkew { .. }
            | Self::Expectation { .. } => None,
        }
    }

    /// Merges the causes of two findings of one kind: the sum of two count mismatches, the larger of two clock offsets, otherwise
    /// the later cause.
    #[must_use]
    pub(super) fn merge(self, later: Self) -> Self {
        match later {
            Self::CountMismatch { advance, received } => {
                let Self::CountMismatch { advance: earlier_advance, received: earlier_received } = self else {
                    return later;
                };
                Self::CountMismatch {
                    advance: advance.saturating_add(earlier_advance),
                    received: received.saturating_add(earlier_received),
                }
            }
            Self::ClockSkew { seconds } => {
                let Self::ClockSkew { seconds: earlier_seconds } = self else { return later };
                if earlier_seconds.unsigned_abs() > seconds.unsigned_abs() { self } else { later }
            }
            Self::Disconnected { .. }
            | Self::NotRunning { .. }
            | Self::Reset { .. }
            | Self::Duplicate { .. }
            | Self::Expectation { .. } => later,
        }
    }
}

impl Finding {
    /// The number of missed broadcasts: the count without the messages that a killed recorder had received. `None` if it is
    /// unknown.
    #[must_use]
    pub fn missed(&self) -> Option<u64> {
        Some(self.count?.saturating_sub(self.lost().unwrap_or(0)))
    }

    /// The number of messages that a killed recorder is known to have received but not written. `None` if no recorder was
    /// killed.
    #[must_use]
    pub fn lost(&self) -> Option<u64> {
        match self.cause {
            Cause::NotRunning { lost, .. } => lost,
            Cause::Disconnected { .. }
            | Cause::CountMismatch { .. }
            | Cause::Reset { .. }
            | Cause::Duplicate { .. }
            | Cause::ClockSkew { .. }
            | Cause::Expectation { .. } => None,
        }
    }

    /// When its cause began, in microseconds since the epoch.
    #[must_use]
    pub fn began_at(&self) -> i64 {
        match self.cause {
            Cause::Disconnected { duration_micros: micros, .. }
            | Cause::Expectation { duration_micros: micros, .. } => {
                self.at.saturating_sub(i64::try_from(micros).unwrap_or(i64::MAX))
            }
            Cause::NotRunning { since, .. } => since.min(self.at),
            Cause::CountMismatch { .. } | Cause::Reset { .. } | Cause::Duplicate { .. } | Cause::ClockSkew { .. } => {
                self.at
            }
        }
    }

    /// Returns a finding if a signer's clock is off by more than half of `tolerance`, in seconds. `timestamp` is the message's
    /// timestamp in Unix seconds. `at` is the time of receipt, in microseconds since the epoch.
    ///
    /// Always `None` for messages that are not `verified`, because anyone could have written their timestamp.
    #[must_use]
    pub fn clock_skew(
        channel: &Channel,
        verdict: Verdict,
        timestamp: Option<i64>,
        at: i64,
        tolerance: u64,
    ) -> Option<Self> {
        let seconds = timestamp?.saturating_sub(at.div_euclid(1_000_000));
        // Rounding the half down is correct for whole seconds: if the tolerance is 5 s, 3 s is more than half and 2 s is not.
        if verdict != Verdict::Verified || seconds.unsigned_abs() <= tolerance / 2 {
            return None;
        }
        Some(Self {
            kind: FindingKind::ClockSkew,
            channel: channel.clone(),
            sequence_from: None,
            sequence_to: None,
            count: Some(1),
            at,
            cause: Cause::ClockSkew { seconds },
        })
    }
}
