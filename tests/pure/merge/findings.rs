//! Findings of expectations, which both recorders can have.

use std::path::Path;

use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::interval::Entry;
use rusqlite::Connection;

use super::epochs::{merged, ops};
use crate::record::{START, numbered, record_all};

#[test]
fn findings_of_different_expectations_are_all_kept() {
    let silent = |expectation: &str, expected: &str, at: i64| {
        let cause = Cause::Expectation {
            expectation: expectation.into(),
            expected: expected.into(),
            since: START,
            duration_micros: 9,
            is_proved: false,
        };
        let (kind, at) = (FindingKind::Silent, START + at);
        Entry::from(Finding { kind, channel: ops(), sequence_from: None, sequence_to: None, count: None, at, cause })
    };
    let directory = tempfile::tempdir().unwrap();
    let [a, b] = ["a.db", "b.db"].map(|name| directory.path().join(name));
    let record = |path: &Path, findings: Vec<Entry>| {
        let mut interval = numbered(1, 3);
        for finding in findings {
            interval.push(finding);
        }
        record_all(path, vec![interval]);
    };
    record(&a, vec![silent("heartbeat", "at least 1/5m", 500_000)]);
    record(
        &b,
        vec![
            silent("heartbeat", "at least 1/5m", 900_000),
            silent("orders", "at least 1/5m", 1_000_000),
            silent("heartbeat", "at least 1/m", 1_100_000),
        ],
    );
    let (_, out) = merged(directory.path(), &[&a, &b]);
    let connection = Connection::open(&out).unwrap();
    let mut statement = connection.prepare("SELECT expectation || ' ' || expected FROM finding ORDER BY id").unwrap();
    let found: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap();
    // The finding that both recordings have is there once.
    assert_eq!(found, ["heartbeat at least 1/5m", "orders at least 1/5m", "heartbeat at least 1/m"]);
}
