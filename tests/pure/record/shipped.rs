//! Retention of a recording that is shipped to a store.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;

use aircheck::recording::writer::{RecorderSettings, Retention};
use rusqlite::Connection;

use super::{numbered, record, settings};

/// Records messages with a retention, to a file that is shipped. `shipped` is the last id that the store has.
fn record_shipped(path: &Path, retention: Retention, shipped: Option<i64>, from: u64, to: u64) -> u64 {
    if let Some(shipped) = shipped {
        let connection = Connection::open(path).unwrap();
        connection.execute("INSERT OR REPLACE INTO shipped (store, through_id) VALUES ('a', ?)", [shipped]).unwrap();
    }
    let (sender, recorder) =
        record(RecorderSettings { retention, shipper: Some(Arc::default()), ..settings(path.to_owned()) });
    for start in (from..=to).step_by(500) {
        sender.send(Arc::new(numbered(start, (start + 499).min(to)))).unwrap();
    }
    drop(sender);
    recorder.close().deleted
}

fn numbers<const N: usize>(path: &Path, sql: &str) -> [i64; N] {
    let connection = Connection::open(path).unwrap();
    connection.query_row(sql, [], |row| Ok(std::array::from_fn(|column| row.get(column).unwrap()))).unwrap()
}

#[test]
fn the_age_limit_keeps_what_the_store_lacks() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let retention = Retention { max_age: Some(1), max_bytes: None };
    // Everything is old, but nothing is shipped.
    assert_eq!(record_shipped(&path, retention, None, 1, 1000), 0);
    assert_eq!(record_shipped(&path, retention, Some(400), 1001, 1001), 400);
    assert_eq!(numbers(&path, "SELECT min(id), count(*) FROM message"), [401, 601]);
    assert_eq!(numbers(&path, "SELECT count(*) FROM hole"), [0]);
}

#[test]
fn the_size_limit_records_a_hole_for_what_the_store_lacks() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let retention = Retention { max_age: None, max_bytes: Some(Retention::MIN_SIZE) };
    let deleted = record_shipped(&path, retention, None, 1, 20_000);
    assert!(deleted > 1000, "{deleted}");
    let deleted = i64::try_from(deleted).unwrap();
    // A hole has the messages before it, about as many as the file can have.
    let [holes, in_holes] = numbers(&path, "SELECT count(*), sum(messages) FROM hole WHERE kind = 'deleted'");
    assert!(in_holes == deleted && (2..20).contains(&holes), "{holes} holes, {in_holes} of {deleted}");
    let range = "SELECT min(sequence_from), max(sequence_to), sum(messages) FROM hole_range";
    assert_eq!(numbers(&path, range), [1, deleted, deleted]);
    assert_eq!(numbers(&path, "SELECT min(sequence), max(sequence) FROM message"), [deleted + 1, 20_000]);
    let ids = "SELECT next_id, (SELECT max(id) FROM message) FROM total";
    let [next_id, last] = numbers(&path, ids);
    assert!(next_id > last);
}
