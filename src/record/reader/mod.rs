//! Questions to a recording, also to one that is being written.
//!
//! Nothing here counts rows or reads more than it gives back: opening one of ten million messages takes as long as opening
//! one of ten. What comes back are the ledger's own values, in an [`Interval`], so that the console and the printers show
//! a recording as they show a live subscription.
//!
//! | question | method |
//! |---|---|
//! | what is in it? | [`Reader::overview`], [`Reader::channels`], [`Reader::sessions`] |
//! | everything in stream order, from a place on | [`Reader::forward`], [`Reader::backward`] |
//! | messages of a time | [`Reader::by_time`] |
//! | messages of a range of numbers | [`Reader::by_sequence`], [`Reader::ranged`], [`Reader::epochs`] |
//! | what is missing among them, and why | [`Reader::missing`] |
//! | where was that? | [`Reader::nearest`], [`Reader::findings`], [`Reader::holes`], [`Reader::rates`] |

mod missing;
mod overview;
mod page;
mod seek;
mod select;
mod stream;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};
use rustix::fs::{Access, access};

use super::codes::Name;
use super::file::{RecordError, WriteLock, read_only};
use super::schema;
use crate::ledger::sequence::Channel;

pub use self::missing::{Missing, Reason};
pub use self::overview::{ChannelSummary, Overview, Session};
pub use self::page::{Page, Place};
pub use self::seek::{Hole, HoleRange, Rate};
pub use self::select::{Cursor, TimeQuery};

#[cfg(doc)]
use crate::ledger::interval::Interval;

/// A recording, open for reading.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    path: PathBuf,
}

impl Reader {
    /// Opens a recording; it may be in progress.
    ///
    /// # Errors
    /// If the file does not exist, is not a recording, or has another format version.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let failed = |error: &dyn std::fmt::Display| RecordError::failed(path, "read", error);
        // To open and close it here would end the locks that `SQLite` holds on it elsewhere in this process.
        access(path, Access::READ_OK).map_err(|error| failed(&std::io::Error::from(error)))?;
        let connection = read_only(path).map_err(|error| failed(&error))?;
        let kind = schema::kind(&connection).map_err(|error| failed(&error))?;
        match RecordError::of_kind(path, kind) {
            Some(error) => Err(error),
            None => Ok(Self { connection, path: path.to_owned() }),
        }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a recorder is writing to the file now.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn is_being_written(&self) -> Result<bool, RecordError> {
        let open = "SELECT EXISTS (SELECT 1 FROM session WHERE ended IS NULL)";
        let open = self.asked(self.connection.query_row(open, [], |row| row.get::<_, bool>(0)))?;
        Ok(open && WriteLock::is_held(&self.path))
    }

    /// The connection, for questions that are not asked here; it cannot write.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The same, to set what belongs to a connection, as a handler that ends questions that take too long.
    pub fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    fn channel_id(&self, channel: &Channel) -> rusqlite::Result<Option<i64>> {
        self.connection
            .prepare_cached("SELECT id FROM channel WHERE name = ?")?
            .query_row([Name(channel.as_bytes())], |row| row.get(0))
            .optional()
    }

    fn asked<T>(&self, answer: rusqlite::Result<T>) -> Result<T, RecordError> {
        answer.map_err(|error| RecordError::failed(&self.path, "read", &error))
    }
}
