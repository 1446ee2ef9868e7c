//! The last counter of each channel per server, and the states of expectations, kept between runs.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};

use super::{codes, schema};
use crate::ledger::expectation::{ExpectationState, ExpectationStatus};
use crate::ledger::sequence::Channel;
use crate::own_file;
use crate::wire::escape::escape;

/// How long to wait if another aircheck is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The format version. A file with another version cannot be opened.
const FORMAT_VERSION: i64 = 4;

/// Counters are stored as 64-bit integers, so other tools show numbers from 2^63 as negative.
const SCHEMA: &str = "
    CREATE TABLE counter (
        server         TEXT NOT NULL,
        channel        BLOB NOT NULL,
        counter        INTEGER NOT NULL,
        at_unix_micros INTEGER NOT NULL,
        run_id         TEXT, -- the server that the counter was read from; null if unknown
        replication_id TEXT,
        PRIMARY KEY (server, channel)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE expectation_status ( -- what is known about an expectation on a channel
        server               TEXT NOT NULL,
        channel              BLOB NOT NULL,
        expectation          TEXT NOT NULL,
        name                 BLOB, -- the pattern of the message names that count
        state                TEXT NOT NULL,
        quiet_since          INTEGER NOT NULL, -- Unix microseconds
        quiet_micros         INTEGER NOT NULL,
        proved               INTEGER NOT NULL,
        uncertain            INTEGER NOT NULL,
        counter              INTEGER,
        run_id               TEXT,
        replication_id       TEXT,
        silent_since         INTEGER,
        too_many_since       INTEGER,
        at_unix_micros       INTEGER NOT NULL,
        PRIMARY KEY (server, channel, expectation)
    ) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 4;";

pub use crate::ledger::known::KnownCounter;

/// The counters file: an `SQLite` file that only its owner can read. Several processes can use it at the same time.
#[derive(Debug)]
pub struct Counters {
    connection: Connection,
    path: PathBuf,
}

/// Why the file cannot be used. The text contains the file name and is escaped for a terminal.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CountersError(String);

impl Counters {
    /// Opens the file. Creates it and its directory if they are missing.
    ///
    /// # Errors
    /// The file cannot be created or opened, or is not a counters file.
    pub fn open(path: &Path) -> Result<Self, CountersError> {
        create(path).map_err(|error| failed(path, &error))?;
        let connection = prepare(path).map_err(|error| failed(path, &error))?;
        let connection = connection.map_err(|mismatch| failed(path, &mismatch))?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// The known counters of a server. `server` is the profile's `state_key`: the server and the sequence prefix.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn load(&self, server: &str) -> Result<Vec<KnownCounter>, CountersError> {
        self.read(server).map_err(|error| failed(&self.path, &error))
    }

    /// Stores counters in one transaction. A stored counter with a later time is kept, unless it is more than an hour later. In
    /// that case a clock was wrong, and the counter would never be replaced.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&mut self, server: &str, counters: &[KnownCounter]) -> Result<(), CountersError> {
        self.write(server, counters).map_err(|error| failed(&self.path, &error))
    }

    /// The stored states of expectations. `server` is the profile's `state_key`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn load_statuses(&self, server: &str) -> Result<Vec<ExpectationStatus>, CountersError> {
        self.read_statuses(server).map_err(|error| failed(&self.path, &error))
    }

    /// Stores states of expectations in one transaction, with the same rule for later times as [`save`](Self::save). States of
    /// channels that were never seen are not stored.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save_statuses(&mut self, server: &str, statuses: &[ExpectationStatus]) -> Result<(), CountersError> {
        self.write_statuses(server, statuses).map_err(|error| failed(&self.path, &error))
    }

    fn read_statuses(&self, server: &str) -> rusqlite::Result<Vec<ExpectationStatus>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT channel, expectation, name, state, quiet_since, quiet_micros, proved, uncertain, counter, run_id,
                replication_id, silent_since, too_many_since, at_unix_micros
             FROM expectation_status WHERE server = ? ORDER BY channel, expectation",
        )?;
        let rows = statement.query_map([server], |row| {
            Ok(ExpectationStatus {
                channel: Channel::new(row.get_ref(0)?.as_blob()?),
                title: Arc::from(row.get::<_, String>(1)?),
                name: row.get(2)?,
                state: row.get::<_, String>(3)?.parse().unwrap_or(ExpectationState::Unknown),
                quiet_since: Some(row.get(4)?),
                quiet_micros: row.get(5)?,
                is_proved: row.get(6)?,
                is_uncertain: row.get(7)?,
                counter: row.get::<_, Option<i64>>(8)?.map(i64::cast_unsigned),
                server: codes::server(row, 9)?,
                silent_since: row.get(11)?,
                too_many_since: row.get(12)?,
                at: row.get(13)?,
            })
        })?;
        rows.collect()
    }

    fn write_statuses(&mut self, server: &str, statuses: &[ExpectationStatus]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut statement = transaction.prepare_cached(
                "INSERT INTO expectation_status (server, channel, expectation, name, state, quiet_since, quiet_micros, proved, uncertain,
                    counter, run_id, replication_id, silent_since, too_many_since, at_unix_micros)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET name = excluded.name, state = excluded.state,
                    quiet_since = excluded.quiet_since, quiet_micros = excluded.quiet_micros, proved = excluded.proved,
                    uncertain = excluded.uncertain, counter = excluded.counter, run_id = excluded.run_id,
                    replication_id = excluded.replication_id, silent_since = excluded.silent_since,
                    too_many_since = excluded.too_many_since, at_unix_micros = excluded.at_unix_micros
                 WHERE excluded.at_unix_micros >= at_unix_micros
                    OR excluded.at_unix_micros < at_unix_micros - 3600000000",
            )?;
            for status in statuses {
                let Some(quiet_since) = status.quiet_since else { continue };
                let (run_id, replication_id) = codes::server_columns(status.server.as_deref());
                statement.execute(params![
                    server,
                    status.channel.as_bytes(),
                    &*status.title,
                    status.name,
                    status.state.name(),
                    quiet_since,
                    status.quiet_micros,
                    status.is_proved,
                    status.is_uncertain,
                    status.counter.map(u64::cast_signed),
                    run_id,
                    replication_id,
                    status.silent_since,
                    status.too_many_since,
                    status.at
                ])?;
            }
        }
        transaction.commit()
    }

    fn read(&self, server: &str) -> rusqlite::Result<Vec<KnownCounter>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT channel, counter, at_unix_micros, run_id, replication_id FROM counter
             WHERE server = ? ORDER BY channel",
        )?;
        let rows = statement.query_map([server], |row| {
            let channel = Channel::new(row.get_ref(0)?.as_blob()?);
            let counter = row.get::<_, i64>(1)?.cast_unsigned();
            Ok(KnownCounter { channel, counter, at: row.get(2)?, server: codes::server(row, 3)?, lost: None })
        })?;
        rows.collect()
    }

    fn write(&mut self, server: &str, counters: &[KnownCounter]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut statement = transaction.prepare_cached(
                "INSERT INTO counter (server, channel, counter, at_unix_micros, run_id, replication_id)
                 VALUES (?, ?, ?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET counter = excluded.counter, at_unix_micros = excluded.at_unix_micros,
                    run_id = excluded.run_id, replication_id = excluded.replication_id
                 WHERE excluded.at_unix_micros >= at_unix_micros
                    OR excluded.at_unix_micros < at_unix_micros - 3600000000",
            )?;
            for known in counters {
                let (run_id, replication_id) = codes::server_columns(known.server.as_deref());
                statement.execute(params![
                    server,
                    known.channel.as_bytes(),
                    known.counter.cast_signed(),
                    known.at,
                    run_id,
                    replication_id
                ])?;
            }
        }
        transaction.commit()
    }
}

/// The channels of all servers. Neither creates nor changes the file.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn known_channels(path: &Path) -> rusqlite::Result<Vec<Channel>> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    schema::harden(&connection)?;
    let mut statement = connection.prepare("SELECT DISTINCT channel FROM counter ORDER BY channel")?;
    let rows = statement.query_map([], |row| Ok(Channel::new(row.get_ref(0)?.as_blob()?)))?;
    rows.collect()
}

/// Creates the file for its owner only. `SQLite` gives its journal the same permissions.
fn create(path: &Path) -> io::Result<()> {
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    own_file::create(path)
}

/// Opens the connection. The inner error describes a format other than [`FORMAT_VERSION`].
fn prepare(path: &Path) -> rusqlite::Result<Result<Connection, String>> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    schema::harden(&connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (version, tables) {
        (0, 0) => transaction.execute_batch(SCHEMA)?,
        (FORMAT_VERSION, _) => {
            if let Some(object) = schema::difference(&transaction, SCHEMA)? {
                return Ok(Err(format!("it has format version {FORMAT_VERSION}, but its schema differs at {object}")));
            }
        }
        (version, _) => return Ok(Err(format!("it has format version {version}, expected {FORMAT_VERSION}"))),
    }
    transaction.commit()?;
    Ok(Ok(connection))
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> CountersError {
    let path = path.as_os_str().as_encoded_bytes();
    CountersError(format!(
        "cannot use the counters file {}: {}; set AIRCHECK_STATE to another file",
        escape(path),
        escape(error.to_string().as_bytes())
    ))
}
