//! Files that pretend to be recordings but have another schema. Nothing in them is executed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use aircheck::ledger::finding::Acknowledgements;
use aircheck::recording::bundle::{BundleExtent, BundleFiles, BundleFocus, BundleRequest, bundle};
use aircheck::recording::merge::merge;
use aircheck::recording::reader::RecordingReader;
use aircheck::recording::writer::prepare;
use rusqlite::Connection;

use super::{numbered, record_all, settings};

const COLUMNS: &str = "id, session, at_unix_micros, channel, epoch, certainty, sequence, sequence_from, sequence_to, verdict, \
                       timestamp, payload";

/// Creates a recording, and changes its schema.
fn forge(path: &Path, sql: &str) {
    record_all(path, vec![numbered(1, 3)]);
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_schema_that_aircheck_does_not_make_is_rejected_before_anything_is_read() {
    let endless = format!(
        "DROP TABLE message; CREATE VIEW message ({COLUMNS}) AS
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
         SELECT i, 1, i, 1, 1, 0, i, NULL, NULL, 0, 0, x'65' FROM n"
    );
    let columns = COLUMNS.replace("id,", "id INTEGER PRIMARY KEY,");
    let large = format!(
        "DROP TABLE message; CREATE TABLE message ({columns} AS (zeroblob(900000000)));
         INSERT INTO message ({}) VALUES (1, 1, 1, 1, 1, 0, 1, NULL, NULL, 0, 0)",
        COLUMNS.replace(", payload", "")
    );
    let directory = tempfile::tempdir().unwrap();
    let [good, out] = ["good.db", "out.db"].map(|name| directory.path().join(name));
    record_all(&good, vec![numbered(1, 3)]);
    for (number, (sql, object)) in [
        (endless.as_str(), "view message"),
        (&large, "table message"),
        ("CREATE TRIGGER t AFTER INSERT ON message BEGIN SELECT 1; END", "trigger t"),
        ("CREATE VIEW mine AS SELECT 1", "view mine"),
        ("CREATE TABLE mine (a)", "table mine"),
        ("CREATE INDEX mine ON message (upper(payload))", "index mine"),
        ("DROP VIEW gaps; CREATE VIEW gaps AS SELECT 1", "view gaps"),
        ("DROP INDEX message_by_time", "index message_by_time"),
        ("ALTER TABLE channel ADD COLUMN more BLOB AS (zeroblob(900000000))", "table channel"),
        // A merged recording has this table, and more.
        ("CREATE TABLE recording (a)", "table recording"),
    ]
    .into_iter()
    .enumerate()
    {
        let path = directory.path().join(format!("{number}.db"));
        forge(&path, sql);
        let expected = format!(
            "{number}.db has format version 4, but its schema differs from that version at {object}; use the aircheck that \
             wrote it, or choose another file"
        );
        let before = fs::read(&path).unwrap();
        let request = BundleRequest {
            focus: BundleFocus::Finding(1),
            name: None,
            numbers: None,
            others: Vec::new(),
            before: BundleExtent::Messages(1),
            after: BundleExtent::Messages(1),
            notes: Vec::new(),
            acknowledgements: Acknowledgements::new(),
            profile: None,
            version: String::new(),
            made_at: 0,
        };
        let files = BundleFiles { recording: Some(out.clone()), ..BundleFiles::default() };
        for error in [
            RecordingReader::open(&path).unwrap_err(),
            merge(&[&good, &path], &out, true).unwrap_err(),
            bundle(&path, &files, &request).unwrap_err(),
            prepare(settings(path.clone())).unwrap_err(),
        ] {
            assert!(error.to_string().ends_with(&expected), "{error}");
        }
        assert_eq!(fs::read(&path).unwrap(), before, "{sql}");
    }
}

#[test]
fn comments_of_the_schema_may_be_those_of_an_earlier_version() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    forge(
        &path,
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(replace(sql, ' -- ', '  -- once: '), ' STRICT', char(10) || 'STRICT')",
    );
    assert_eq!(RecordingReader::open(&path).unwrap().overview().unwrap().messages, 3);
    record_all(&path, vec![numbered(4, 5)]);
    assert_eq!(RecordingReader::open(&path).unwrap().overview().unwrap().messages, 5);
    // Quoted text that looks like a comment is not a comment.
    let quoted = "UPDATE sqlite_schema SET sql = replace(sql, '''unixepoch''', '''--unixepoch''')";
    Connection::open(&path).unwrap().execute_batch(&format!("PRAGMA writable_schema = ON; {quoted}")).unwrap();
    let error = RecordingReader::open(&path).unwrap_err().to_string();
    assert!(error.contains("schema differs from that version at view"), "{error}");
}

#[test]
fn a_connection_to_a_recording_trusts_nothing_in_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    record_all(&path, vec![numbered(1, 3)]);
    let reader = RecordingReader::open(&path).unwrap();
    let ask = |sql: &str| reader.connection().query_row(sql, [], |row| row.get::<_, i64>(0));
    assert_eq!((ask("PRAGMA trusted_schema").unwrap(), ask("PRAGMA cell_size_check").unwrap()), (0, 1));
    // The file may be changed after it was checked.
    let error = ask("SELECT count(*) FROM messages").unwrap_err().to_string();
    assert!(error.contains("access to view \"messages\" prohibited"), "{error}");
    assert_eq!(ask("SELECT length(zeroblob(500 << 20))").unwrap(), 500 << 20);
    let error = ask("SELECT length(zeroblob(600 << 20))").unwrap_err().to_string();
    assert!(error.contains("too big"), "{error}");
    let error = ask("PRAGMA writable_schema = ON; ").and_then(|_| ask("DELETE FROM sqlite_schema")).unwrap_err();
    assert!(!error.to_string().is_empty());
}
