//! Queries on a recording, by SQL and by the reader. No query reads the whole file.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use aircheck::ledger::finding::{Cause, FindingKind};
use aircheck::ledger::interval::{Entry, Interval};
use aircheck::ledger::sequence::{Channel, Reading, Sequence};
use aircheck::recording::reader::{MissingRange, MissingReason, RangeMessages, RecordingReader, TimeQuery};
use aircheck::wire::verdict::{Rejection, Verdict};
use rusqlite::Connection;

use super::{START, finding, numbered, push, record_all};

/// 1 to 3, 4 and 5 missed, 6 to 8 of which one is rejected, 9 to 12 with two that were never delivered, and billing.
fn incident() -> Interval {
    let mut all = numbered(1, 3);
    all.push(finding(
        FindingKind::MissedDisconnected,
        (Some(4), Some(5)),
        Some(2),
        Cause::Disconnected { reason: "EOF".into(), duration_micros: 4_200_000, lower_bound: false },
    ));
    push(&mut all, "ops", Sequence::Exact(6), Verdict::Verified, 6);
    push(&mut all, "ops", Sequence::Exact(7), Verdict::Rejected(Rejection::SignatureMismatch), 7);
    push(&mut all, "billing", Sequence::Exact(1), Verdict::Unsigned, 7);
    push(&mut all, "ops", Sequence::Inferred(8), Verdict::Verified, 8);
    push(&mut all, "ops", Sequence::Range { from: 9, to: 12 }, Verdict::Verified, 2009);
    push(&mut all, "ops", Sequence::Range { from: 9, to: 12 }, Verdict::Verified, 2010);
    let cause = Cause::CountMismatch { advance: 4, received: 2 };
    all.push(finding(FindingKind::CountedNotReceived, (Some(9), Some(12)), Some(2), cause));
    all.push(Entry::Counter { channel: Channel::new(b"ops"), reading: Reading::Value(12), server: None, at: START });
    all
}

pub(super) fn rows(path: &Path, sql: &str) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut found = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let cells = (0..columns).map(|column| match row.get::<_, rusqlite::types::Value>(column).unwrap() {
            rusqlite::types::Value::Null => "-".to_owned(),
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Real(number) => number.to_string(),
            rusqlite::types::Value::Text(text) => text,
            rusqlite::types::Value::Blob(bytes) => String::from_utf8(bytes).unwrap(),
        });
        found.push(cells.collect::<Vec<_>>().join(" "));
    }
    found
}

#[test]
fn people_ask_in_sql() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    record_all(&path, vec![incident()]);
    for (sql, expected) in [
        // What did the listener miss that stored 5 and now reads 7?
        (
            "SELECT sequence, name, data FROM messages WHERE channel = 'ops' AND sequence BETWEEN 6 AND 7",
            &["6 evt-6 {\"n\":6}", "7 evt-0 {\"n\":7}"][..],
        ),
        // What was missed, and why?
        (
            "SELECT channel, sequence_from, sequence_to, count, kind, reason, duration_micros / 1e6 FROM gaps",
            &["ops 4 5 2 missed_disconnected EOF 4.2", "ops 9 12 2 counted_not_received - -"],
        ),
        // Which keys sign messages, and which messages are rejected?
        (
            "SELECT \"key\", algorithm, rejection, count(*) FROM rejections GROUP BY 1, 2, 3",
            &["default sha256 signature_mismatch 1"],
        ),
        // When was the most traffic?
        (
            "SELECT at, channel, messages, rejected FROM rates ORDER BY messages DESC, channel LIMIT 2",
            &["2026-11-24T10:32:32Z ops 6 1", "2026-11-24T10:32:34Z ops 2 0"],
        ),
        // What was received in a given second, and how certain are the sequence numbers?
        (
            "SELECT at, channel, certainty, sequence_from, sequence_to, verdict, payload FROM messages
             WHERE at_unix_micros BETWEEN unixepoch('2026-11-24 10:32:34') * 1000000
                AND unixepoch('2026-11-24 10:32:35') * 1000000 LIMIT 1",
            &["2026-11-24T10:32:34.009000Z ops range 9 12 verified \
               evt-0:sha256|default|1795516352|0123456789abcdef:{\"n\":2009}"],
        ),
        ("SELECT messages, rejected, findings, not_recorded, deleted FROM total", &["9 1 2 0 0"]),
        (
            "SELECT name, epoch, messages, rejected, counter FROM channel ORDER BY name",
            &["billing 1 1 0 1", "ops 1 8 1 12"],
        ),
    ] {
        assert_eq!(rows(&path, sql), expected, "{sql}");
    }
}

#[test]
fn missing_messages_have_a_reason() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let mut later = numbered(20, 21);
    later.push(Entry::Counter { channel: Channel::new(b"ops"), reading: Reading::Value(25), server: None, at: START });
    record_all(&path, vec![later, incident()].into_iter().rev().collect());
    let reader = RecordingReader::open(&path).unwrap();
    let ops = Channel::new(b"ops");
    let missing: Vec<(u64, u64, &str)> = reader
        .missing(&ops, 1, (2, 30), 100)
        .unwrap()
        .iter()
        .map(|MissingRange { from, to, reason }| {
            let reason = match reason {
                MissingReason::Finding(finding) => finding.kind.name(),
                MissingReason::Hole(_) => "hole",
                MissingReason::Deleted => "deleted",
                MissingReason::Before => "before",
                MissingReason::After => "after",
                MissingReason::Unknown => "unknown",
            };
            (*from, *to, reason)
        })
        .collect();
    assert_eq!(
        missing,
        [
            (4, 5, "missed_disconnected"),
            (9, 12, "counted_not_received"),
            (13, 19, "unknown"),
            (22, 25, "unknown"),
            (26, 30, "after")
        ]
    );
    let ranged = reader.ranged(&ops, 1, (12, 12), 10).unwrap();
    assert_eq!(ranged.places.len(), 2);
    assert!(reader.missing(&ops, 1, (6, 8), 100).unwrap().is_empty());
    let fresh = directory.path().join("b.db");
    record_all(&fresh, vec![numbered(5, 6)]);
    let missing = RecordingReader::open(&fresh).unwrap().missing(&ops, 1, (3, 6), 100).unwrap();
    assert_eq!(missing, [MissingRange { from: 3, to: 4, reason: MissingReason::Before }]);
}

#[test]
fn messages_without_an_exact_number_are_read_in_their_place_and_count_as_present() {
    const GROUPS: u64 = 400;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let (mut interval, mut tick) = (Interval::default(), 0);
    let mut message = |interval: &mut Interval, sequence| {
        tick += 1;
        push(interval, "ops", sequence, Verdict::Verified, tick);
    };
    for group in 0..GROUPS {
        // Three messages for two numbers, then an exact one.
        let from = 3 * group + 1;
        for _ in 0..3 {
            message(&mut interval, Sequence::Range { from, to: from + 1 });
        }
        message(&mut interval, Sequence::Exact(from + 2));
    }
    // 1201 is missing. Of 1202–1205, one message is missing, and 1206 is exact.
    for index in 0..3 {
        message(&mut interval, Sequence::Range { from: 1202 + index, to: 1203 + index });
    }
    message(&mut interval, Sequence::Exact(1206));
    record_all(&path, vec![interval]);
    let reader = RecordingReader::open(&path).unwrap();
    let ops = Channel::new(b"ops");
    let read = |range| {
        let mut messages = RangeMessages::new(ops.clone(), 1, range);
        let mut times = Vec::new();
        while let Some((interval, index)) = messages.next(&reader).unwrap() {
            times.push(interval.entries()[index].at());
        }
        times
    };
    let times = read((1, 1206));
    assert_eq!(times.len() as u64, 4 * GROUPS + 4);
    assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
    assert_eq!(read((2, 4)).len(), 7);
    assert_eq!(read((1207, u64::MAX)).len(), 0);
    let lacking = |range| {
        let ranges = reader.lacking(&ops, 1, range).unwrap();
        ranges.into_iter().map(|range| (range.from, range.to, range.count)).collect::<Vec<_>>()
    };
    assert_eq!(lacking((2, 1200)), []);
    assert_eq!(lacking((1, 1208)), [(1201, 1201, Some(1)), (1202, 1205, Some(1)), (1207, 1208, Some(2))]);
    assert_eq!(lacking((1203, 1206)), [(1203, 1205, None)]);
    assert_eq!(lacking((1206, 1206)), []);
    assert_eq!(reader.lacking(&Channel::new(b"none"), 1, (5, 7)).unwrap()[0].count, Some(3));
    // Retention may have deleted some of the first ones.
    Connection::open(&path).unwrap().execute("UPDATE total SET deleted = 1", []).unwrap();
    assert_eq!(lacking((1, 1200)), [(1, 2, None)]);
    assert_eq!(lacking((4, 1200)), []);
}

#[test]
fn moments_are_found() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    record_all(&path, vec![incident()]);
    let reader = RecordingReader::open(&path).unwrap();
    let at = |id: i64| match &reader.forward(id - 1, 1).unwrap().interval.entries()[0] {
        Entry::Message(message) => message.at - START,
        other => panic!("{other:?}"),
    };
    for (time, nearest) in [(i64::MIN, 1000), (1499, 1000), (1501, 2000), (900_000, 8000), (1_100_000, 2_009_000)] {
        let found = reader.nearest(START.saturating_add(time)).unwrap().unwrap();
        assert_eq!(at(found), nearest, "{time}");
    }
    // The reader only allows the tables.
    let connection = rusqlite::Connection::open(&path).unwrap();
    let rates = |condition: &str| -> Vec<(i64, i64)> {
        let sql = format!("SELECT sum(messages), sum(rejected) FROM rates WHERE {condition} GROUP BY at ORDER BY at");
        let mut statement = connection.prepare(&sql).unwrap();
        let rates = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rates.map(Result::unwrap).collect()
    };
    assert_eq!(rates("true"), [(7, 1), (2, 0)]);
    assert_eq!(rates("channel = 'billing'"), [(1, 0)]);
    let findings = reader.findings(START, START + 10, 1).unwrap();
    assert!(findings.is_cut && findings.places.len() == 1);
    assert!(reader.finding(findings.places[0].id).unwrap().is_some());
    assert!(reader.finding(1).unwrap().is_none());
}

/// The plans of all statements that a reader asks; a name in them is a table that is read row by row.
#[test]
fn queries_do_not_read_two_hundred_thousand_messages() {
    const MESSAGES: u64 = 200_000;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    record_all(&path, (0..20).map(|piece| numbered(piece * 10_000 + 1, piece * 10_000 + 10_000)).collect());
    let reader = RecordingReader::open(&path).unwrap();
    assert_eq!(reader.overview().unwrap().messages, MESSAGES);
    // Counts the steps of SQLite's virtual machine.
    let read = |what: &str, ask: &dyn Fn(&RecordingReader)| {
        let mut reader = RecordingReader::open(&path).unwrap();
        let steps = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
        let counted = std::sync::Arc::clone(&steps);
        // Called for every hundred steps of SQLite's machine; a row that is looked at takes several.
        reader
            .connection_mut()
            .progress_handler(
                100,
                Some(move || {
                    counted.fetch_add(100, std::sync::atomic::Ordering::Relaxed);
                    false
                }),
            )
            .unwrap();
        ask(&reader);
        let steps = steps.load(std::sync::atomic::Ordering::Relaxed);
        assert!(steps < 20_000, "{what} took {steps} steps");
    };
    let ops = Channel::new(b"ops");
    read("overview", &|reader| drop(reader.overview().unwrap()));
    read("channels", &|reader| drop(reader.channels().unwrap()));
    read("forward", &|reader| assert_eq!(reader.forward(100_000, 50).unwrap().places.len(), 50));
    read("backward", &|reader| assert_eq!(reader.backward(i64::MAX, 50).unwrap().places.len(), 50));
    read("nearest", &|reader| assert!(reader.nearest(START + 100_000_500).unwrap().is_some()));
    read("by time", &|reader| {
        let query = TimeQuery { from: START + 100_000_000, ..TimeQuery::default() };
        let (page, next) = reader.by_time(&query, None, 50).unwrap();
        assert_eq!(reader.by_time(&query, next, 50).unwrap().0.places[0].id, page.places[49].id + 1);
    });
    read("by sequence", &|reader| {
        let (page, next) = reader.by_sequence(&ops, 1, (150_000, MESSAGES), None, 50).unwrap();
        let (after, _) = reader.by_sequence(&ops, 1, (150_000, MESSAGES), next, 50).unwrap();
        assert_eq!(after.places[0].id, page.places[49].id + 1);
    });
    read("missing", &|reader| {
        assert!(reader.missing(&ops, 1, (150_000, 150_100), 10).unwrap().is_empty());
        assert_eq!(reader.missing(&ops, 1, (MESSAGES, MESSAGES + 9), 10).unwrap().len(), 1);
    });
    read("epochs", &|reader| assert_eq!(reader.epochs(&ops, (1, 5)).unwrap(), [1]));
    read("findings", &|reader| assert!(reader.findings(0, i64::MAX, 10).unwrap().places.is_empty()));
    for sql in [
        "SELECT * FROM messages WHERE channel = 'ops' AND sequence BETWEEN 150000 AND 150010",
        "SELECT * FROM messages WHERE at_unix_micros BETWEEN 1795516452000000 AND 1795516452005000",
        "SELECT * FROM messages WHERE id = 77",
        "SELECT * FROM rejections",
        "SELECT * FROM gaps",
        "SELECT * FROM holes",
    ] {
        for step in rows(&path, &format!("EXPLAIN QUERY PLAN {sql}")) {
            let whole = step.contains("SCAN m") && !step.contains("message_rejected");
            assert!(!whole, "{sql} reads all messages: {step}");
        }
    }
}
