//! Queries on a recording, also while it is being written.
//!
//! Queries use indexes and running totals, and never scan the whole recording. Opening a recording takes the same time for ten
//! million messages as for ten.
//! Results are ledger types in an [`Interval`], so the console and the printers display recordings like a live subscription.
//!
//! | query | method |
//! |---|---|
//! | totals, channels and sessions | [`Reader::overview`], [`Reader::channels`], [`Reader::sessions`] |
//! | all entries in stream order | [`Reader::forward`], [`Reader::backward`] |
//! | messages by time | [`Reader::by_time`] |
//! | messages by sequence number | [`Reader::by_sequence`], [`Reader::ranged`], [`Reader::epochs`] |
//! | missing sequence numbers, with the reasons | [`Reader::missing`] |
//! | whether a counter was reset since it had a value | [`Reader::continuity`] |
//! | gaps that a merge filled | [`Reader::filled_gaps`] |
//! | positions in the stream | [`Reader::nearest`], [`Reader::findings`], [`Reader::holes`] |

mod continuity;
mod filled;
mod missing;
mod overview;
mod page;
mod seek;
mod select;
mod stream;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};
use rustix::fs::{Access, access};

use super::codes::NameColumn;
use super::file::{RecordError, WriteLock, read_only};
use super::schema;
use crate::ledger::sequence::Channel;

pub use self::continuity::Continuity;
pub use self::filled::FilledGap;
pub use self::missing::{MissingRange, MissingReason};
pub use self::overview::{ChannelSummary, Overview, RecordingSession};
pub use self::page::{Page, Place};
pub use self::seek::{Hole, HoleRange};
pub use self::select::{Cursor, TimeQuery};

#[cfg(doc)]
use crate::ledger::interval::Interval;

/// An open recording.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    path: PathBuf,
}

impl Reader {
    /// Opens a recording, also while it is being written.
    ///
    /// # Errors
    /// The file does not exist, is not a recording, or has another format version.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let failed = |error: &dyn std::fmt::Display| RecordError::failed(path, "read", error);
        // Opening and closing the file here would release the locks that `SQLite` holds on it elsewhere in this process.
        access(path, Access::READ_OK).map_err(|error| failed(&std::io::Error::from(error)))?;
        let connection = read_only(path).map_err(|error| failed(&error))?;
        let kind = schema::kind(&connection).map_err(|error| failed(&error))?;
        match RecordError::of_kind(path, kind) {
            Some(error) => Err(error),
            None => Ok(Self { connection, path: path.to_owned() }),
        }
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a recorder is writing to the file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn is_being_written(&self) -> Result<bool, RecordError> {
        self.map_error(self.try_is_being_written())
    }

    fn try_is_being_written(&self) -> rusqlite::Result<bool> {
        let open = "SELECT EXISTS (SELECT 1 FROM session WHERE ended IS NULL)";
        let open: bool = self.connection.query_row(open, [], |row| row.get(0))?;
        Ok(open && WriteLock::is_held(&self.path))
    }

    /// The read-only connection, for other queries.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The read-only connection, to change its settings, e.g. to set a progress handler that aborts long queries.
    pub fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    fn channel_id(&self, channel: &Channel) -> rusqlite::Result<Option<i64>> {
        self.connection
            .prepare_cached("SELECT id FROM channel WHERE name = ?")?
            .query_row([NameColumn(channel.as_bytes())], |row| row.get(0))
            .optional()
    }

    fn map_error<T>(&self, answer: rusqlite::Result<T>) -> Result<T, RecordError> {
        answer.map_err(|error| RecordError::failed(&self.path, "read", &error))
    }
}
