//! The file, open for writing: its session and transactions.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior, params};

use super::backlog::PendingInterval;
use super::batch::Batch;
use super::channels::Channels;
use super::clock::now;
use super::hole::{HoleKind, LostEntries, LostSpan};
use crate::ledger::sequence::Channel;
use crate::recording::counters::KnownCounter;
use crate::recording::file::{self, RecordError, source_words};
use crate::recording::schema;

/// The origin of a recording session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The host name.
    pub host: String,
    /// The version of aircheck.
    pub version: String,
    /// The server, without user and password, for display.
    pub target: String,
    /// The profile's name. Empty if there is none.
    pub profile: String,
    /// The server and the sequence prefix. All messages of a recording have the same ones.
    pub source: String,
}

/// A recording in progress.
#[derive(Debug)]
pub(super) struct RecordingFile {
    pub(super) connection: Connection,
    path: PathBuf,
    inode: u64,
    channels: Channels,
    session: i64,
    /// The last write of the previous session, if that was killed.
    pub(super) killed_after: Option<i64>,
    next_id: i64,
    offset: Option<i64>,
    /// A transaction has failed, so the state must be read from the file again.
    is_stale: bool,
    /// Disk space is scarce. The journal is checkpointed only if that fits.
    is_scarce: bool,
}

/// What a transaction adds to the running totals.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct BatchTotals {
    pub(super) next_id: i64,
    pub(super) messages: i64,
    pub(super) payload_bytes: i64,
    pub(super) rejected: i64,
    pub(super) findings: i64,
    pub(super) not_recorded: i64,
}

impl BatchTotals {
    /// The next id in the stream.
    pub(super) fn place(&mut self) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    pub(super) fn store(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached(
                "UPDATE total SET next_id = ?, messages = messages + ?, payload_bytes = payload_bytes + ?,
                    rejected = rejected + ?, findings = findings + ?, not_recorded = not_recorded + ?",
            )?
            .execute(params![
                self.next_id,
                self.messages,
                self.payload_bytes,
                self.rejected,
                self.findings,
                self.not_recorded
            ])
            .map(drop)
    }
}

impl RecordingFile {
    /// Opens the file and starts a session. Creates the file if it is missing.
    pub(super) fn open(path: &Path, origin: &Origin) -> Result<(Self, Vec<KnownCounter>), RecordError> {
        let mut connection = file::connect(path)?;
        let failed = |error: &dyn std::fmt::Display| RecordError::failed(path, "record to", error);
        let session = begin(&mut connection, origin).map_err(|error| failed(&error))?;
        let (session, killed_after) = session.map_err(|source| {
            let (source, server) = (source_words(&source), source_words(&origin.source));
            RecordError::new(
                path,
                format_args!("is a recording of {source}, but the server is {server}; choose another file"),
            )
        })?;
        if session == 1 {
            // Programs recognise a recording by the header of the file. Until the first checkpoint, it is only in the journal. An
            // error is ignored: a later checkpoint writes it too.
            let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        }
        let known = Channels::counters(&connection).map_err(|error| failed(&error))?;
        let inode = std::fs::metadata(path).map_err(|error| failed(&error))?.ino();
        let mut opened = Self {
            connection,
            path: path.to_owned(),
            inode,
            channels: Channels::default(),
            session,
            killed_after,
            next_id: 0,
            offset: None,
            is_stale: true,
            is_scarce: false,
        };
        opened.refresh().map_err(|error| failed(&error))?;
        Ok((opened, known))
    }

    /// Writes what was dropped and a batch, in one transaction. If it fails, nothing is written.
    pub(super) fn write(
        &mut self,
        lost: Option<&LostEntries>,
        items: &[PendingInterval],
    ) -> rusqlite::Result<BatchTotals> {
        let written = self.try_write(lost, items);
        self.is_stale |= written.is_err();
        written
    }

    fn try_write(&mut self, lost: Option<&LostEntries>, items: &[PendingInterval]) -> rusqlite::Result<BatchTotals> {
        self.refresh()?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut batch = Batch::new(&transaction, &mut self.channels, self.session, self.offset, self.next_id);
        if let Some(lost) = lost {
            batch.lost(lost)?;
        }
        for (interval, offset) in items {
            batch.interval(interval, *offset)?;
        }
        let (totals, offset) = batch.finish(now())?;
        transaction.commit()?;
        (self.next_id, self.offset) = (totals.next_id, offset);
        Ok(totals)
    }

    /// Prepares for a transaction. `free` is the free space in bytes, if it is scarce.
    ///
    /// A checkpoint that runs out of space uses the last space and does not shorten the journal. Therefore, if space is scarce,
    /// checkpoints are made early and only if they fit.
    pub(super) fn watch_space(&mut self, free: Option<u64>) -> rusqlite::Result<()> {
        if self.is_scarce != free.is_some() {
            file::checkpoint_at(&self.connection, if free.is_some() { 0 } else { file::MAX_JOURNAL_BYTES })?;
            self.is_scarce = free.is_some();
        }
        let Some(free) = free else { return Ok(()) };
        let length = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        let length: i64 = self.connection.prepare_cached(length)?.query_row([], |row| row.get(0))?;
        let on_disk = std::fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        if length.unsigned_abs().saturating_sub(on_disk) <= free {
            // Errors are ignored. If they persist, the transaction fails.
            let _ = self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        }
        Ok(())
    }

    /// Another function changed the file. Its state is read again before the next transaction.
    pub(super) fn was_changed(&mut self) {
        self.is_stale = true;
    }

    /// The session.
    pub(super) fn session(&self) -> i64 {
        self.session
    }

    fn refresh(&mut self) -> rusqlite::Result<()> {
        if self.is_stale {
            self.channels = Channels::load(&self.connection)?;
            self.next_id = self.connection.query_row("SELECT next_id FROM total", [], |row| row.get(0))?;
            let offset = "SELECT offset_micros FROM clock WHERE session = ? ORDER BY id DESC LIMIT 1";
            let offset = self.connection.query_row(offset, [self.session], |row| row.get(0));
            self.offset = rusqlite::OptionalExtension::optional(offset)?;
            self.is_stale = false;
        }
        Ok(())
    }

    /// Stores the sequence number up to which each channel's messages were received.
    pub(super) fn mark(&mut self, marks: &HashMap<Channel, u64>) -> rusqlite::Result<()> {
        Channels::mark(&mut self.connection, marks)
    }

    /// Removes the marks. Used if the received messages will be written to another file.
    pub(super) fn remove_marks(&self) -> rusqlite::Result<()> {
        self.connection.execute("UPDATE channel SET received = NULL", []).map(drop)
    }

    /// Ends the session. Without this, the next session would report it as killed.
    pub(super) fn end(&self) -> rusqlite::Result<()> {
        let end = "UPDATE session SET last_unix_micros = ?1, ended_unix_micros = ?1, ended = 'clean' WHERE id = ?2";
        self.connection.execute(end, [now(), self.session]).map(drop)
    }

    /// Checkpoints the whole journal, even if the file was moved. Closing a moved file would not do this.
    pub(super) fn empty_journal(&self) -> rusqlite::Result<()> {
        let busy: i64 = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy == 0 { Ok(()) } else { Err(busy_error()) }
    }

    /// Whether the path still refers to the open file.
    pub(super) fn is_in_place(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|metadata| metadata.ino() == self.inode)
    }
}

/// Starts a session, and records the end of one that was killed. Returns the session, and the last write of the killed one. The
/// inner error is the source of the recording, if it is another one.
fn begin(connection: &mut Connection, origin: &Origin) -> rusqlite::Result<Result<(i64, Option<i64>), String>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if schema::kind(&transaction)? == schema::FileKind::Empty {
        schema::create(&transaction, &origin.source)?;
    }
    let (source, next_id): (String, i64) =
        transaction.query_row("SELECT source, next_id FROM total", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if source != origin.source {
        return Ok(Err(source));
    }
    let at = now();
    let killed = "SELECT max(last_unix_micros) FROM session WHERE ended IS NULL";
    let killed: Option<i64> = transaction.query_row(killed, [], |row| row.get(0))?;
    let end = "UPDATE session SET ended = 'killed', ended_unix_micros = last_unix_micros WHERE ended IS NULL";
    transaction.execute(end, [])?;
    transaction.execute(
        "INSERT INTO session (started_unix_micros, last_unix_micros, host, version, target, profile)
         VALUES (?1, ?1, ?2, ?3, ?4, ?5)",
        params![at, origin.host, origin.version, origin.target, origin.profile],
    )?;
    let session = transaction.last_insert_rowid();
    if let Some(from_at) = killed {
        // The killed session may have received messages on every channel.
        transaction.execute("UPDATE channel SET received = counter WHERE received IS NULL", [])?;
        let mut channels = Channels::default();
        let hole = LostSpan {
            kind: HoleKind::Killed,
            from_at,
            to_at: at,
            offsets: None,
            messages: None,
            reason: "the recorder was killed, or the machine crashed".to_owned(),
            ranges: Vec::new(),
        };
        let mut batch = Batch::new(&transaction, &mut channels, session, None, next_id);
        batch.hole(&hole)?;
        batch.finish(at)?;
    }
    transaction.commit()?;
    Ok(Ok((session, killed)))
}

/// The error if another connection still reads from the journal.
fn busy_error() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None)
}
