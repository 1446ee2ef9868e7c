//! The schema of a recording.

use std::collections::BTreeSet;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::codes;
use crate::wire::verdict::Rejection;

/// The `SQLite` application id of a recording, for `file` and `SQLite` tools: `ACHK` in ASCII.
pub(crate) const APPLICATION_ID: i64 = 0x4143_484B;

/// The format version. A file with another version cannot be opened.
pub(crate) const FORMAT_VERSION: i64 = 4;

/// The tables and views, with their documentation.
pub(crate) const SCHEMA: &str = include_str!("schema.sql");

/// The additional tables of a bundle.
pub(super) const BUNDLE_TABLES: &str = include_str!("bundle/bundle.sql");

/// The additional tables of a merged recording.
pub(super) const MERGE_TABLES: &str = include_str!("merge/merge.sql");

/// The maximum size of a row, in bytes: the columns and a payload of 512 MiB, the maximum of Redis.
const MAX_ROW_BYTES: i32 = 513 << 20;

/// The maximum number of tables, views and indexes that are checked. A recording has far fewer.
const MAX_OBJECTS: usize = 200;

/// The kind of an open file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileKind {
    /// An empty file. It can become a recording.
    Empty,
    /// A recording of this version.
    Recording,
    /// A recording of this version with an object that differs from the schema, e.g. a table, view or index. The value is the
    /// object.
    Altered(String),
    /// A recording of another version.
    OtherVersion(i64),
    /// Another database.
    Other,
}

/// Determines the kind of a file without changing it.
///
/// # Errors
/// The file cannot be read or is not a database.
pub fn kind(connection: &Connection) -> rusqlite::Result<FileKind> {
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (pragma("application_id")?, pragma("user_version")?, tables) {
        (0, 0, 0) => FileKind::Empty,
        (APPLICATION_ID, FORMAT_VERSION, _) => {
            altered(connection, "main")?.map_or(FileKind::Recording, FileKind::Altered)
        }
        (APPLICATION_ID, other, _) => FileKind::OtherVersion(other),
        _ => FileKind::Other,
    })
}

/// Prepares a connection for an untrusted file. Nothing that the file defines is run, and the size of rows is limited.
///
/// # Errors
/// `SQLite` rejects a setting.
pub(super) fn harden(connection: &Connection) -> rusqlite::Result<()> {
    for (setting, is_on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    ] {
        connection.set_db_config(setting, is_on)?;
    }
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_ROW_BYTES)?;
    connection.pragma_update(None, "cell_size_check", true)
}

/// A table, view, index or trigger: type, name, table, and SQL without comments.
type SchemaObject = (String, String, String, Option<String>);

/// Returns the first object in the schema of `database` that is missing or differs from aircheck's schema, e.g. `view message`.
/// `None` if the schema is as expected.
///
/// # Errors
/// The schema cannot be read.
pub(super) fn altered(connection: &Connection, database: &str) -> rusqlite::Result<Option<String>> {
    let found = objects(connection, database)?;
    let mut expected = vec![SCHEMA];
    // The tables that only merged recordings and bundles have.
    for (table, schema) in [("recording", MERGE_TABLES), ("bundle", BUNDLE_TABLES)] {
        if found.iter().any(|(_, name, ..)| name == table) {
            expected.push(schema);
        }
    }
    first_difference(&found, &expected)
}

/// Returns the first object by which the schema of the main database differs from `expected`.
///
/// # Errors
/// The schema cannot be read.
pub(super) fn difference(connection: &Connection, expected: &str) -> rusqlite::Result<Option<String>> {
    first_difference(&objects(connection, "main")?, &[expected])
}

fn first_difference(found: &BTreeSet<SchemaObject>, expected: &[&str]) -> rusqlite::Result<Option<String>> {
    let connection = Connection::open_in_memory()?;
    for schema in expected {
        connection.execute_batch(schema)?;
    }
    let expected = objects(&connection, "main")?;
    let other = found.difference(&expected).chain(expected.difference(found)).next();
    Ok(other.map(|(kind, name, ..)| format!("{kind} {name}")))
}

fn objects(connection: &Connection, database: &str) -> rusqlite::Result<BTreeSet<SchemaObject>> {
    let sql = format!("SELECT type, name, tbl_name, sql FROM {database}.sqlite_schema LIMIT {MAX_OBJECTS}");
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([], |row| {
        let sql: Option<String> = row.get(3)?;
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, sql.as_deref().map(without_comments)))
    })?;
    rows.collect()
}

/// Removes `--` comments and repeated spaces. Comments may change within a format version.
fn without_comments(sql: &str) -> String {
    let mut plain = String::with_capacity(sql.len());
    let mut quote = None;
    let mut chars = sql.chars().peekable();
    while let Some(char) = chars.next() {
        let is_comment = quote.is_none() && char == '-' && chars.peek() == Some(&'-');
        if is_comment {
            chars.find(|char| *char == '\n');
        }
        if is_comment || quote.is_none() && char.is_ascii_whitespace() {
            if !plain.ends_with(' ') {
                plain.push(' ');
            }
            continue;
        }
        plain.push(char);
        if quote == Some(char) {
            quote = None;
        } else if quote.is_none() && matches!(char, '\'' | '"' | '`') {
            quote = Some(char);
        }
    }
    plain
}

/// Creates the tables of an empty recording. `source` is its server and sequence prefix. Call it within a transaction.
///
/// # Errors
/// The file cannot be written.
pub fn create(connection: &Connection, source: &str) -> rusqlite::Result<()> {
    connection.execute_batch(SCHEMA)?;
    connection.execute(
        "INSERT INTO total (one, recording, source, next_id, messages, payload_bytes, rejected, findings, not_recorded, deleted)
         VALUES (1, ?, ?, 1, 0, 0, 0, 0, 0, 0)",
        params![Uuid::new_v4().to_string(), source],
    )?;
    for (code, certainty, unknown_reason) in codes::certainties() {
        connection.execute(
            "INSERT INTO certainty (id, certainty, unknown_reason) VALUES (?, ?, ?)",
            params![code, certainty, unknown_reason],
        )?;
    }
    for (code, verdict) in (0_i64..).zip(codes::VERDICTS) {
        connection.execute(
            "INSERT INTO verdict (id, verdict, rejection) VALUES (?, ?, ?)",
            params![code, verdict.name(), verdict.rejection().map(Rejection::name)],
        )?;
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", FORMAT_VERSION)
}
