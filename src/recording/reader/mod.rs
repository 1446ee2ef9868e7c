//! Queries on a recording, also while it is being written.
//!
//! Queries use indexes and running totals, and never scan the whole recording. Opening a recording takes the same time for ten
//! million messages as for ten.
//! Results are ledger types in an [`Interval`], so the console and the printers display recordings like a live subscription.
//!
//! [`RecordingReader`] answers the questions. It reads the rows from a [`RecordingBackend`]: an `SQLite` file by default, or the store.
//!
//! | query | method |
//! |---|---|
//! | totals, channels and sessions | [`RecordingReader::overview`], [`RecordingReader::channels`], [`RecordingReader::sessions`] |
//! | all entries in stream order | [`RecordingReader::forward`], [`RecordingReader::backward`] |
//! | messages by time | [`RecordingReader::by_time`] |
//! | messages by sequence number | [`RecordingReader::by_sequence`], [`RecordingReader::ranged`], [`RecordingReader::epochs`] |
//! | messages to recover, and the numbers that the recording lacks | [`RangeMessages`], [`RecordingReader::lacking`] |
//! | missing sequence numbers, with the reasons | [`RecordingReader::missing`] |
//! | whether a counter was reset since it had a value | [`RecordingReader::continuity`] |
//! | gaps that a merge filled | [`RecordingReader::filled_gaps`] |
//! | positions in the stream | [`RecordingReader::nearest`], [`RecordingReader::findings`], [`RecordingReader::holes`] |

mod backend;
mod continuity;
mod filled;
mod missing;
mod overview;
mod page;
mod range;
mod seek;
mod select;
mod sqlite;
mod stream;

use super::file::RecordError;

pub use self::backend::{Cursor, Direction, FindingQuery, MessageQuery, NumberedMessage, RecordingBackend};
#[cfg(feature = "program")]
pub(crate) use self::backend::{bounded, one_more};
pub use self::continuity::Continuity;
pub use self::filled::FilledGap;
pub use self::missing::{InexactRange, MissingRange, MissingReason};
#[cfg(feature = "program")]
pub(crate) use self::missing::{MAX_RANGED, length};
pub use self::overview::{ChannelRow, ChannelSummary, Overview, RecordingSession};
#[cfg(feature = "program")]
pub(crate) use self::page::{MAX_BYTES as MAX_PAGE_BYTES, RecordedMessage};
pub use self::page::{Page, Place};
pub use self::range::{LackingRange, RangeMessages};
pub use self::seek::{Hole, HoleRange};
pub use self::select::TimeQuery;
pub use self::sqlite::SqliteBackend;

#[cfg(doc)]
use crate::ledger::interval::Interval;

/// An open recording.
#[derive(Debug)]
pub struct RecordingReader<B: RecordingBackend = SqliteBackend> {
    backend: B,
}

impl<B: RecordingBackend> RecordingReader<B> {
    /// Reads the recording of a backend.
    pub fn new(backend: B) -> Self {
        Self { backend }
    }

    /// Where the rows are read from.
    pub(crate) fn backend(&self) -> &B {
        &self.backend
    }

    /// Whether a recorder is writing to the recording.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub(crate) fn is_being_written(&self) -> Result<bool, RecordError> {
        self.backend.is_being_written()
    }

    /// A snapshot of all tables, because a writer may be active.
    fn snapshot(&self) -> Result<Snapshot<'_, B>, RecordError> {
        self.backend.begin_snapshot()?;
        Ok(Snapshot(&self.backend))
    }
}

/// Ends the snapshot when it is dropped.
struct Snapshot<'a, B: RecordingBackend>(&'a B);

impl<B: RecordingBackend> Drop for Snapshot<'_, B> {
    fn drop(&mut self) {
        self.0.end_snapshot();
    }
}
