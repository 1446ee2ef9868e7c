//! The queries that each kind of recording implements.

use std::fmt::Debug;

use super::overview::{ChannelRow, Overview, RecordingSession};
use super::page::{Page, Place};
use super::seek::Hole;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Channel;
use crate::recording::file::RecordError;

/// Where a recording is, and how its rows are read. [`RecordingReader`](super::RecordingReader) answers all questions with these
/// queries.
///
/// `channel` is the id of a [`ChannelRow`]. Ranges are inclusive. Every query fails if the recording cannot be read.
pub trait RecordingBackend: Debug {
    /// Until [`end_snapshot`](Self::end_snapshot), all queries see the recording as it is now, although a writer may be active.
    ///
    /// # Errors
    /// The recording cannot be read.
    fn begin_snapshot(&self) -> Result<(), RecordError>;

    /// Ends the snapshot.
    fn end_snapshot(&self);

    /// The running totals.
    ///
    /// # Errors
    /// The recording cannot be read.
    fn totals(&self) -> Result<Overview, RecordError>;

    /// A channel by its name.
    ///
    /// # Errors
    /// The recording cannot be read.
    fn channel(&self, name: &Channel) -> Result<Option<ChannelRow>, RecordError>;

    /// The channels, sorted by name.
    ///
    /// # Errors
    /// The recording cannot be read.
    fn channels(&self) -> Result<Vec<ChannelRow>, RecordError>;

    /// The sessions in order.
    ///
    /// # Errors
    /// The recording cannot be read.
    fn sessions(&self) -> Result<Vec<RecordingSession>, RecordError>;

    /// Whether a recorder is writing to the recording.
    ///
    /// # Errors
    /// The recording cannot be read.
    fn is_being_written(&self) -> Result<bool, RecordError>;

    /// Up to `limit` messages.
    ///
    /// # Errors
    /// The recording cannot be read.
    fn messages(&self, query: &MessageQuery, limit: usize) -> Result<Page, RecordError>;

    /// Up to `limit` findings.
    ///
    /// # Errors
    /// The recording cannot be read.
    fn findings(&self, query: &FindingQuery, limit: usize) -> Result<Page, RecordError>;

    /// The next `limit` counter readings, and the next `limit` link changes.
    ///
    /// # Errors
    /// The recording cannot be read.
    fn counters_and_links(&self, way: Direction, from: i64, limit: usize) -> Result<Vec<(Place, Entry)>, RecordError>;

    /// The last change of the whole link before an id.
    ///
    /// # Errors
    /// The recording cannot be read.
    fn link_before(&self, before: i64) -> Result<Option<Entry>, RecordError>;

    /// The holes with ids in this range, in stream order.
    ///
    /// # Errors
    /// The recording cannot be read.
    fn holes(&self, from: i64, to: i64) -> Result<Vec<Hole>, RecordError>;

    /// The parts of holes that overlap these numbers: the first number, the last number, and the id of the hole.
    ///
    /// # Errors
    /// The recording cannot be read.
    fn hole_ranges(&self, channel: i64, epoch: i64, numbers: (u64, u64)) -> Result<Vec<(u64, u64, i64)>, RecordError>;

    /// The exact and inferred numbers of messages in this range, as up to `limit` ranges in ascending order.
    ///
    /// # Errors
    /// The recording cannot be read.
    fn numbers(
        &self,
        channel: i64,
        epoch: i64,
        numbers: (u64, u64),
        limit: usize,
    ) -> Result<Vec<(u64, u64)>, RecordError>;

    /// The message with this number, or else with the next higher number, or with the next lower one for
    /// [`Direction::Backward`].
    ///
    /// # Errors
    /// The recording cannot be read.
    fn numbered(
        &self,
        channel: i64,
        epoch: i64,
        number: u64,
        way: Direction,
    ) -> Result<Option<NumberedMessage>, RecordError>;

    /// Whether a message or a finding of this epoch can have a number in the range. Counter resets do not count.
    ///
    /// # Errors
    /// The recording cannot be read.
    fn has_epoch(&self, channel: i64, epoch: i64, numbers: (u64, u64)) -> Result<bool, RecordError>;

    /// The id of the message nearest to a time in microseconds since the epoch.
    ///
    /// # Errors
    /// The recording cannot be read.
    fn nearest(&self, at: i64) -> Result<Option<i64>, RecordError>;
}

/// A direction in the stream, or in the sequence numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To later rows and higher numbers.
    Forward,
    /// To earlier rows and lower numbers.
    Backward,
}

impl Direction {
    /// The SQL operator that selects what follows, and the order.
    #[must_use]
    pub(crate) fn sql(self) -> (&'static str, &'static str) {
        match self {
            Self::Forward => (">", "ASC"),
            Self::Backward => ("<", "DESC"),
        }
    }
}

/// The position in a paged query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The time or the sequence number.
    pub(crate) key: i64,
    pub(crate) id: i64,
}

/// Selects messages, and their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageQuery {
    /// The nearest ones after or before an id.
    Stream(Direction, i64),
    /// By time and id, after a cursor.
    Time {
        /// The last message of the previous page, or the start and id 0.
        after: Cursor,
        /// The end.
        to: i64,
        /// Only of this channel.
        channel: Option<i64>,
        /// Only of this epoch.
        epoch: Option<i64>,
    },
    /// By number and id, after a cursor.
    Sequence {
        /// The channel.
        channel: i64,
        /// The epoch.
        epoch: i64,
        /// The last message of the previous page, or the first number and id 0.
        after: Cursor,
        /// The last number.
        to: i64,
    },
    /// Those whose number is not exact and can be in this range, in stream order.
    Range {
        /// The channel.
        channel: i64,
        /// The epoch.
        epoch: i64,
        /// The first number.
        from: i64,
        /// The last number.
        to: i64,
    },
}

/// Selects findings, and their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingQuery {
    /// The nearest ones after or before an id.
    Stream(Direction, i64),
    /// By time, from the first to the second.
    Time(i64, i64),
    /// The one with this id.
    Id(i64),
    /// The counter reset that began an epoch. There is none if the recording began later.
    Reset {
        /// The channel.
        channel: i64,
        /// The epoch.
        epoch: i64,
    },
    /// Gaps, and findings of uncounted messages, that overlap these numbers.
    Gaps {
        /// The channel.
        channel: i64,
        /// The epoch.
        epoch: i64,
        /// The first number.
        from: i64,
        /// The last number.
        to: i64,
    },
}

/// A message with an exact or inferred number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberedMessage {
    /// The id in the stream.
    pub id: i64,
    /// The number.
    pub number: u64,
    /// When it was received, in microseconds since the epoch.
    pub at: i64,
}

/// A sequence number as an SQL integer. Numbers above the largest Redis counter become that counter.
#[must_use]
pub(crate) fn bounded(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The `LIMIT` of a query that finds out whether there are more rows.
#[must_use]
pub(crate) fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}
