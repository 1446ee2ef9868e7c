//! Every query on a file with the header of a recording returns a result or an error.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use aircheck::output::json::JsonLines;
use aircheck::output::text::{Style, TextLines};
use aircheck::recording::reader::{Page, RecordingReader, TimeQuery};
use aircheck::recording::schema;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use rusqlite::types::Value;

/// A recording with a row in every table.
const ROWS: &str = include_str!("record.sql");
/// The columns that the input can change.
const TABLES: [(&str, &[&str]); 9] = [
    (
        "message",
        &[
            "id",
            "session",
            "at_unix_micros",
            "channel",
            "epoch",
            "certainty",
            "sequence",
            "sequence_from",
            "sequence_to",
            "verdict",
            "timestamp",
            "payload",
        ],
    ),
    (
        "channel",
        &[
            "id",
            "name",
            "epoch",
            "messages",
            "rejected",
            "last_unix_micros",
            "counter",
            "counter_unix_micros",
            "received",
        ],
    ),
    (
        "finding",
        &[
            "id",
            "at_unix_micros",
            "kind",
            "channel",
            "epoch",
            "sequence_from",
            "sequence_to",
            "count",
            "reason",
            "duration_micros",
            "since_unix_micros",
            "lower_bound",
            "lost",
            "advance",
            "received",
            "value_before",
            "value_after",
            "first_unix_micros",
            "first_channel",
            "offset_seconds",
        ],
    ),
    ("counter", &["id", "at_unix_micros", "channel", "epoch", "value", "error"]),
    ("link", &["id", "at_unix_micros", "state", "reason", "channel", "server_version", "server_role", "server_mode"]),
    ("hole", &["id", "session", "kind", "from_unix_micros", "to_unix_micros", "messages", "reason"]),
    ("hole_range", &["hole", "channel", "epoch", "sequence_from", "sequence_to", "messages"]),
    ("rate", &["second", "channel", "messages", "rejected"]),
    (
        "session",
        &[
            "id",
            "started_unix_micros",
            "last_unix_micros",
            "ended_unix_micros",
            "ended",
            "host",
            "version",
            "target",
            "profile",
        ],
    ),
];

static FILE: LazyLock<PathBuf> = LazyLock::new(|| super::scratch_file("record.db"));
static RECORDING: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let made = Connection::open(&*FILE).and_then(|connection| {
        connection.execute_batch("PRAGMA page_size = 1024; PRAGMA synchronous = OFF")?;
        schema::create(&connection, "redis://redis:6379/0 p_")?;
        connection.execute_batch(ROWS)
    });
    assert!(made.is_ok(), "{made:?}");
    let bytes = fs::read(&*FILE);
    assert!(bytes.is_ok(), "{bytes:?}");
    super::remove(&FILE);
    bytes.unwrap_or_default()
});

/// The first byte selects the meaning of the others: patches of the recording's bytes, values of its rows, or its schema.
///
/// # Panics
/// A property does not hold, or the file cannot be written.
pub fn run(bytes: &[u8]) {
    let Some((&kind, rest)) = bytes.split_first() else { return };
    if kind % 4 == 0 {
        super::write_private(&FILE, &patched(rest));
    } else {
        super::write_private(&FILE, &RECORDING);
        let change = if kind % 4 == 2 { change_schema } else { change };
        let changed = Connection::open(&*FILE).and_then(|connection| change(&connection, rest));
        assert!(changed.is_ok(), "{changed:?}");
    }
    ask(&FILE);
    super::remove(&FILE);
}

/// Patches: three bytes for the position, one for the length, and the new bytes.
fn patched(mut rest: &[u8]) -> Vec<u8> {
    let mut file = RECORDING.clone();
    while let [a, b, c, length, after @ ..] = rest {
        let at = (usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c)) % file.len();
        let length = usize::from(length % 32).min(after.len()).min(file.len() - at);
        let (patch, after) = after.split_at(length);
        file[at..at + length].copy_from_slice(patch);
        rest = after;
    }
    file
}

/// Values: one byte each for the table, the row, the column and the type of the value, and the value.
fn change(connection: &Connection, mut rest: &[u8]) -> rusqlite::Result<()> {
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; BEGIN")?;
    while let [table, row, column, kind, after @ ..] = rest {
        let (table, columns) = TABLES[usize::from(*table) % TABLES.len()];
        let column = columns[usize::from(*column) % columns.len()];
        let length = match kind % 4 {
            0 => 0,
            1 => 8,
            _ => usize::from(kind / 4),
        };
        let (bytes, after) = after.split_at(length.min(after.len()));
        let value = match kind % 4 {
            0 => Value::Null,
            1 => Value::Integer(bytes.iter().fold(0, |number, &byte| number << 8 | i64::from(byte))),
            2 => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
            _ => Value::Blob(bytes.to_vec()),
        };
        let by = if table == "rate" { "second" } else { "rowid" };
        let sql = format!("UPDATE {table} SET {column} = ?1 WHERE {by} = (SELECT {by} FROM {table} LIMIT 1 OFFSET ?2)");
        // The tables are strict: SQLite rejects a value of another type.
        let _ = connection.execute(&sql, rusqlite::params![value, row % 8]);
        rest = after;
    }
    connection.execute_batch("COMMIT")
}

/// Schema: one byte each for the object, its new type and the length of its SQL, and the SQL.
fn change_schema(connection: &Connection, mut rest: &[u8]) -> rusqlite::Result<()> {
    connection
        .execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; PRAGMA writable_schema = ON; BEGIN")?;
    while let [object, kind, length, after @ ..] = rest {
        let (sql, after) = after.split_at(usize::from(*length).min(after.len()));
        let row = "rowid = (SELECT rowid FROM sqlite_schema LIMIT 1 OFFSET ?1 % (SELECT count(*) FROM sqlite_schema))";
        match ["table", "view", "trigger", "index"].get(usize::from(kind % 5)) {
            Some(kind) => connection.execute(
                &format!(
                    "UPDATE sqlite_schema SET type = ?2, sql = ?3, rootpage = iif(?2 IN ('view', 'trigger'), 0, rootpage)
                     WHERE {row}"
                ),
                rusqlite::params![object, kind, String::from_utf8_lossy(sql)],
            )?,
            None => connection.execute(&format!("DELETE FROM sqlite_schema WHERE {row}"), [object])?,
        };
        rest = after;
    }
    connection.execute_batch("COMMIT")
}

/// Runs every query of the reader.
fn ask(path: &Path) {
    let reader = match RecordingReader::open(path) {
        Ok(reader) => reader,
        Err(error) => return super::escape::assert_safe(&error.to_string()),
    };
    let mut errors = Vec::new();
    let mut last = 0;
    for _ in 0..20 {
        match reader.forward(last, 3) {
            Ok(page) => {
                print(&page);
                let Some(place) = page.places.last() else { break };
                last = place.id;
            }
            Err(error) => {
                errors.push(error);
                break;
            }
        }
    }
    errors.extend(reader.overview().err());
    errors.extend(reader.sessions().err());
    errors.extend(reader.backward(i64::MAX, 100).map(|page| print(&page)).err());
    errors.extend(reader.link_before(i64::MAX).err());
    errors.extend(reader.nearest(4_400_000).err());
    errors.extend(reader.findings(i64::MIN, i64::MAX, 100).map(|page| print(&page)).err());
    errors.extend(reader.finding(6).err());
    errors.extend(reader.holes(i64::MIN, i64::MAX).err());
    let everything = TimeQuery { from: i64::MIN, to: i64::MAX, channel: None, epoch: None };
    errors.extend(reader.by_time(&everything, None, 100).map(|(page, _)| print(&page)).err());
    match reader.channels() {
        Ok(channels) => {
            for channel in channels.iter().take(3).map(|summary| &summary.channel) {
                let all = (0, u64::MAX);
                errors.extend(reader.epochs(channel, all).err());
                for epoch in [0, 1, 2] {
                    errors.extend(reader.missing(channel, epoch, all, 100).err());
                    errors
                        .extend(reader.by_sequence(channel, epoch, all, None, 100).map(|(page, _)| print(&page)).err());
                    errors.extend(reader.ranged(channel, epoch, all, 100).map(|page| print(&page)).err());
                }
            }
        }
        Err(error) => errors.push(error),
    }
    for error in errors {
        super::escape::assert_safe(&error.to_string());
    }
}

/// Formats rows like `show`.
fn print(page: &Page) {
    let (mut json, mut text) = (JsonLines::default(), TextLines::new(TimeZone::UTC, Style::Plain));
    for entry in page.interval.entries() {
        let (mut line, mut words) = (Vec::new(), String::new());
        if json.entry(&mut line, &page.interval, entry)
            && let Err(error) = serde_json::from_slice::<serde_json::Value>(&line)
        {
            let message = error.to_string();
            assert!(message.contains("recursion limit"), "{message}: {}", line.escape_ascii());
        }
        if text.entry(&mut words, &page.interval, entry) {
            words.lines().for_each(super::escape::assert_safe);
        }
    }
}
