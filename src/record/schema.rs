//! The layout of a recording.

use rusqlite::{Connection, params};

use super::codes;

/// Says to `file` and to `SQLite` tools that this is a recording: `ACHK` in ASCII.
pub const APPLICATION_ID: i64 = 0x4143_484B;

/// The layout; a file with another number was written by another version of aircheck.
pub const VERSION: i64 = 1;

/// The tables and views, with their documentation.
pub const SCHEMA: &str = include_str!("schema.sql");

/// What kind of file a connection has open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An empty file: it may become a recording.
    Empty,
    /// A recording of this version.
    Recording,
    /// A recording of another version.
    OtherVersion(i64),
    /// Another database.
    Other,
}

/// Looks at a file without changing it.
///
/// # Errors
/// Where it cannot be read, or is no database.
pub fn kind(connection: &Connection) -> rusqlite::Result<Kind> {
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (pragma("application_id")?, pragma("user_version")?, tables) {
        (0, 0, 0) => Kind::Empty,
        (APPLICATION_ID, VERSION, _) => Kind::Recording,
        (APPLICATION_ID, other, _) => Kind::OtherVersion(other),
        _ => Kind::Other,
    })
}

/// Makes the tables of an empty recording of `source`: the server and the sequence prefix whose numbers it holds.
///
/// To be called within a transaction.
///
/// # Errors
/// Where the file cannot be written.
pub fn create(connection: &Connection, source: &str) -> rusqlite::Result<()> {
    connection.execute_batch(SCHEMA)?;
    connection.execute("INSERT INTO total VALUES (1, ?, 1, 0, 0, 0, 0, 0, 0, NULL)", [source])?;
    for (code, name) in (0_i64..).zip(codes::PRECISIONS) {
        connection.execute("INSERT INTO precision VALUES (?, ?)", params![code, name])?;
    }
    for (code, verdict) in (0_i64..).zip(codes::VERDICTS) {
        connection.execute(
            "INSERT INTO verdict VALUES (?, ?, ?)",
            params![code, verdict.name(), codes::refusal(verdict).map(crate::wire::verdict::Refusal::name)],
        )?;
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", VERSION)
}
