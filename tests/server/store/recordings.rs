//! Recordings for the tests, written with SQL.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use aircheck::recording::schema;
use rusqlite::Connection;

/// Rows of all tables, with ids up to 15.
const ALL_TABLES: &str = include_str!("../../fuzz/src/record.sql");

/// 2026-11-24 12:32:32 UTC, in microseconds.
const START: i64 = 1_795_516_352_000_000;

/// A new recording with rows in all tables, and a message at a time that `PostgreSQL` cannot represent.
pub(crate) fn with_all_tables(path: &Path) {
    let connection = new(path);
    connection.execute_batch(ALL_TABLES).unwrap();
    connection
        .execute_batch(
            "INSERT INTO message (id, session, at_unix_micros, channel, epoch, certainty, sequence, verdict, payload)
                VALUES (16, 1, -9223372036854775807, 1, 2, 0, -1, 0, x'00ff');
             INSERT INTO hole_range (hole, channel, epoch, messages) VALUES (7, 2, 1, 1);
             UPDATE finding SET reason = 'zero' || char(0) || 'byte' WHERE id = 6;
             UPDATE total SET next_id = 17",
        )
        .unwrap();
}

/// A new recording with messages of the channel `ops`, one per millisecond.
pub(crate) fn with_messages(path: &Path, messages: u32) {
    let connection = new(path);
    connection
        .execute_batch(
            "INSERT INTO session (id, started_unix_micros, last_unix_micros, host, version, target, profile)
                VALUES (1, 1, 1, 'studio', '1', 'redis:6379', '');
             INSERT INTO channel (id, name, epoch, messages, rejected) VALUES (1, 'ops', 1, 0, 0);",
        )
        .unwrap();
    append(&connection, messages);
}

/// Appends messages to the recording of [`with_messages`]. Every hundredth id is a finding.
pub(crate) fn append(connection: &Connection, messages: u32) {
    connection
        .execute_batch(&format!(
            "BEGIN IMMEDIATE;
             CREATE TEMP TABLE fresh AS
                WITH RECURSIVE ids(id) AS (SELECT next_id FROM total UNION ALL
                    SELECT id + 1 FROM ids, total WHERE id + 1 < next_id + {messages})
                SELECT id, {START} + id * 1000 AS at FROM ids;
             INSERT INTO message (id, session, at_unix_micros, channel, epoch, certainty, sequence, verdict, payload)
                SELECT id, 1, at, 1, 1, 0, id, 0, CAST('evt::{{\"n\":' || id || '}}' AS BLOB) FROM fresh WHERE id % 100 > 0;
             INSERT INTO finding (id, session, at_unix_micros, kind, channel, epoch, count)
                SELECT id, 1, at, 'clock_skew', 1, 1, 1 FROM fresh WHERE id % 100 = 0;
             UPDATE total SET next_id = next_id + {messages};
             UPDATE channel SET counter = (SELECT next_id - 1 FROM total);
             UPDATE session SET last_unix_micros = {START} + (SELECT next_id - 1 FROM total) * 1000;
             DROP TABLE fresh;
             COMMIT"
        ))
        .unwrap();
}

pub(crate) fn open(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    connection
}

fn new(path: &Path) -> Connection {
    let connection = open(path);
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    schema::create(&connection, "redis://redis:6379/0 p_").unwrap();
    connection
}

/// The rows of a query, with all columns as text. A null is `∅`.
pub(crate) fn query(path: &Path, sql: &str) -> Vec<Vec<String>> {
    let connection = open(path);
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        (0..columns)
            .map(|column| {
                Ok(match row.get_ref(column)? {
                    rusqlite::types::ValueRef::Null => "∅".to_owned(),
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    rusqlite::types::ValueRef::Real(number) => number.to_string(),
                    rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).replace('\0', "\u{fffd}"),
                    rusqlite::types::ValueRef::Blob(bytes) => {
                        bytes.iter().fold("\\x".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
                    }
                })
            })
            .collect()
    });
    rows.unwrap().map(Result::unwrap).collect()
}
