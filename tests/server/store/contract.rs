//! The same questions, asked of a recording in a file and of the store that it was shipped to, have the same answers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Debug;
use std::path::Path;

use aircheck::ledger::interval::Entry;
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::recording::reader::{MissingReason, Page, RecordingBackend, RecordingReader, TimeQuery};
use rusqlite::Connection;

use super::postgres::PostgresServer;
use super::recordings::{with_all_tables, with_messages};
use crate::world::World;

/// 2026-11-24 12:32:32 UTC, in microseconds.
const START: i64 = 1_795_516_352_000_000;
const SECOND: i64 = 1_000_000;

/// `ops` with two counter epochs over three days, gaps, a hole, messages of uncertain numbers, and findings.
///
/// Epoch 1 has 1 to 60 except 11 to 15 (missed), 31 to 33 (in a hole) and 41 (unknown). Epoch 2 has 1 to 5, and two messages
/// that are 6 to 9.
fn incident(path: &Path) {
    with_messages(path, 0);
    let connection = Connection::open(path).unwrap();
    let numbers = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 60) SELECT n FROM n";
    connection
        .execute_batch(&format!(
            "DELETE FROM message;
             INSERT INTO message (id, session, at_unix_micros, channel, epoch, certainty, sequence, verdict, timestamp, payload)
                SELECT n * 10, 1, {START} + n * 3600 * {SECOND}, 1, 1, n = 20, n, iif(n % 7 = 0, 9, 0), 1795516352,
                    CAST('evt:sha256|default|1795516352|00ff:' || n AS BLOB)
                FROM ({numbers}) WHERE n NOT BETWEEN 11 AND 15 AND n NOT BETWEEN 31 AND 33 AND n <> 41;
             INSERT INTO finding (id, session, at_unix_micros, kind, channel, epoch, sequence_from, sequence_to, count, reason,
                    duration_micros, lower_bound)
                VALUES (155, 1, {START} + 15 * 3600 * {SECOND} + 5, 'missed_disconnected', 1, 1, 11, 15, 5, 'EOF', 7, 0);
             INSERT INTO hole VALUES (335, 1, 'slow', {START} + 31 * 3600 * {SECOND}, {START} + 33 * 3600 * {SECOND}, 1, 2, 3, 'slow');
             INSERT INTO hole_range VALUES (335, 1, 1, 31, 33, 3);
             INSERT INTO finding (id, session, at_unix_micros, kind, channel, epoch, sequence_to, count, value_before, value_after)
                VALUES (605, 1, {START} + 60 * 3600 * {SECOND} + 1, 'counter_reset', 1, 2, NULL, NULL, 62, 0);
             INSERT INTO message (id, session, at_unix_micros, channel, epoch, certainty, sequence, verdict, payload)
                SELECT 600 + n * 10, 1, {START} + (60 * 3600 + n) * {SECOND}, 1, 2, 0, n, 0, CAST('two::' || n AS BLOB)
                FROM ({numbers}) WHERE n <= 5;
             INSERT INTO message (id, session, at_unix_micros, channel, epoch, certainty, sequence_from, sequence_to, verdict, payload)
                VALUES (660, 1, {START} + 60 * 3600 * {SECOND} + 6 * {SECOND}, 1, 2, 2, 6, 9, 0, x'613a3a'),
                    (670, 1, {START} + 60 * 3600 * {SECOND} + 7 * {SECOND}, 1, 2, 2, 6, 9, 0, x'623a3a');
             INSERT INTO finding (id, session, at_unix_micros, kind, channel, epoch, sequence_from, sequence_to, count, advance,
                    received)
                VALUES (675, 1, {START} + 60 * 3600 * {SECOND} + 8 * {SECOND}, 'counted_not_received', 1, 2, 6, 9, 2, 4, 2);
             INSERT INTO counter VALUES (680, 1, {START} + 60 * 3600 * {SECOND} + 9 * {SECOND}, 1, 2, 9, NULL);
             INSERT INTO link VALUES (5, 1, {START}, 'connected', NULL, NULL, '7.2.0', 'master', 'standalone'),
                (151, 1, {START} + 15 * 3600 * {SECOND}, 'disconnected', 'EOF', NULL, NULL, NULL, NULL);
             INSERT INTO channel (id, name, epoch, messages, rejected) VALUES (2, 'billing', 1, 1, 0), (3, x'6fff', 1, 0, 0);
             INSERT INTO message (id, session, at_unix_micros, channel, epoch, certainty, sequence, verdict, payload)
                VALUES (3, 1, {START} + 1, 2, 1, 0, 1, 1, x'633a3a');
             UPDATE channel SET epoch = 2, messages = 58, rejected = 7, counter = 9, last_unix_micros = {START} + 60 * 3600 * {SECOND} + 7 * {SECOND},
                counter_unix_micros = {START} + 60 * 3600 * {SECOND} + 9 * {SECOND}, run_id = 'r', replication_id = 'p' WHERE id = 1;
             UPDATE channel SET last_unix_micros = {START} + 1 WHERE id = 2;
             UPDATE total SET next_id = 681, messages = 59, rejected = 7, findings = 3, not_recorded = 3,
                payload_bytes = (SELECT sum(length(payload)) FROM message);
             UPDATE session SET ended_unix_micros = last_unix_micros, ended = 'clean';"
        ))
        .unwrap();
}

fn ops() -> Channel {
    Channel::new(b"ops")
}

/// The numbers of the messages of a page: `7`, `8?`, `6-9` or `?`.
fn numbers(page: &Page) -> Vec<String> {
    let number = |entry: &Entry| match entry {
        Entry::Message(message) => Some(match message.sequence {
            Sequence::Exact(number) => number.to_string(),
            Sequence::Inferred(number) => format!("{number}?"),
            Sequence::Range { from, to } => format!("{from}-{to}"),
            _ => "?".to_owned(),
        }),
        _ => None,
    };
    page.interval.entries().iter().filter_map(number).collect()
}

fn totals<B: RecordingBackend>(reader: &RecordingReader<B>) {
    let overview = reader.overview().unwrap();
    assert_eq!(overview.source, "redis://redis:6379/0 p_");
    assert_eq!((overview.messages, overview.rejected, overview.findings, overview.not_recorded), (59, 7, 3, 3));
    assert_eq!((overview.first.unwrap().0, overview.last.unwrap().0, overview.next_id), (3, 670, 681));
    let channels = reader.channels().unwrap();
    let names: Vec<_> = channels.iter().map(|known| (known.channel.as_bytes(), known.epoch, known.messages)).collect();
    assert_eq!(names, [(&b"billing"[..], 1, 1), (b"ops", 2, 58), (b"o\xff", 1, 0)]);
    assert_eq!(channels[1].counter, Some(9));
    let sessions = reader.sessions().unwrap();
    assert_eq!((sessions.len(), &*sessions[0].host, sessions[0].is_clean), (1, "studio", true));
}

fn messages_by_number<B: RecordingBackend>(reader: &RecordingReader<B>) {
    let (page, next) = reader.by_sequence(&ops(), 1, (8, 40), None, 4).unwrap();
    assert_eq!(numbers(&page), ["8", "9", "10", "16"]);
    let (page, next) = reader.by_sequence(&ops(), 1, (8, 40), next, 10).unwrap();
    assert_eq!(numbers(&page), ["17", "18", "19", "20?", "21", "22", "23", "24", "25", "26"]);
    let (page, next) = reader.by_sequence(&ops(), 1, (8, 40), next, 11).unwrap();
    assert_eq!(page.places.len(), 11);
    assert_eq!(next, None);
    assert_eq!(numbers(&reader.by_sequence(&ops(), 2, (1, u64::MAX), None, 99).unwrap().0), ["1", "2", "3", "4", "5"]);
    assert_eq!(numbers(&reader.ranged(&ops(), 2, (9, 9), 9).unwrap()), ["6-9", "6-9"]);
    assert!(reader.ranged(&ops(), 1, (1, 60), 9).unwrap().places.is_empty());
    assert!(reader.by_sequence(&Channel::new(b"other"), 1, (1, 9), None, 9).unwrap().0.places.is_empty());
    assert_eq!(reader.numbers(&ops(), 1, (5, 50)).unwrap(), [(5, 10), (16, 30), (34, 40), (42, 50)]);
}

fn messages_by_time<B: RecordingBackend>(reader: &RecordingReader<B>) {
    let query = TimeQuery { from: START + 9 * 3600 * SECOND, to: START + 60 * 3600 * SECOND, ..TimeQuery::default() };
    let (mut all, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let (page, next) = reader.by_time(&query, cursor, 7).unwrap();
        all.append(&mut numbers(&page));
        pages += 1;
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    let expected = (9..=60).filter(|n| !(11..=15).contains(n) && !(31..=33).contains(n) && *n != 41);
    let expected: Vec<_> = expected.map(|n| if n == 20 { "20?".to_owned() } else { n.to_string() }).collect();
    assert_eq!((all, pages), (expected, 7));
    let of_billing = TimeQuery { channel: Some(Channel::new(b"billing")), ..TimeQuery::default() };
    assert_eq!(numbers(&reader.by_time(&of_billing, None, 9).unwrap().0), ["1"]);
    let of_epoch = TimeQuery { channel: Some(ops()), epoch: Some(2), ..TimeQuery::default() };
    assert_eq!(numbers(&reader.by_time(&of_epoch, None, 9).unwrap().0), ["1", "2", "3", "4", "5", "6-9", "6-9"]);
    assert_eq!(reader.nearest(START + 5 * 3600 * SECOND + 1).unwrap(), Some(50));
    assert_eq!(reader.nearest(i64::MAX / 2).unwrap(), Some(670));
}

fn what_is_missing<B: RecordingBackend>(reader: &RecordingReader<B>) {
    let reasons = |epoch, range| -> Vec<(u64, u64, &str)> {
        let missing = reader.missing(&ops(), epoch, range, 99).unwrap();
        let name = |reason: &MissingReason| match reason {
            MissingReason::Finding(finding) => finding.kind.name(),
            MissingReason::Hole(_) => "hole",
            MissingReason::Deleted => "deleted",
            MissingReason::Before => "before",
            MissingReason::After => "after",
            MissingReason::Unknown => "unknown",
        };
        missing.iter().map(|missing| (missing.from, missing.to, name(&missing.reason))).collect()
    };
    let expected = [
        (11, 15, "missed_disconnected"),
        (31, 33, "hole"),
        (41, 41, "unknown"),
        // The counter before its reset was 62.
        (61, 62, "unknown"),
        (63, 70, "after"),
    ];
    assert_eq!(reasons(1, (1, 70)), expected);
    assert_eq!(reasons(1, (13, 14)), [(13, 14, "missed_disconnected")]);
    assert_eq!(reasons(2, (4, 12)), [(6, 9, "counted_not_received"), (10, 12, "after")]);
    assert_eq!(reader.epochs(&ops(), (1, 5)).unwrap(), [1, 2]);
    assert_eq!(reader.epochs(&ops(), (50, 60)).unwrap(), [1]);
    assert_eq!(reader.epochs(&ops(), (31, 33)).unwrap(), [1]);
    assert_eq!(reader.end(&ops(), 1).unwrap(), Some((62, START + 60 * 3600 * SECOND + 1)));
    assert_eq!(reader.end(&ops(), 2).unwrap(), Some((9, START + (60 * 3600 + 9) * SECOND)));
    let span = (START + 10 * 3600 * SECOND, START + 16 * 3600 * SECOND);
    assert_eq!(reader.span(&ops(), 1, (10, 16)).unwrap(), Some(span));
}

fn positions<B: RecordingBackend>(reader: &RecordingReader<B>) {
    let findings = reader.findings(i64::MIN, i64::MAX, 2).unwrap();
    assert!(findings.is_cut);
    assert_eq!(findings.places.iter().map(|place| (place.id, place.epoch)).collect::<Vec<_>>(), [(155, 1), (605, 2)]);
    assert!(reader.finding(155).unwrap().is_some());
    assert!(reader.finding(156).unwrap().is_none());
    let holes = reader.holes(0, i64::MAX).unwrap();
    assert_eq!((holes.len(), holes[0].messages, holes[0].ranges[0].numbers), (1, Some(3), Some((31, 33))));
    assert!(reader.holes(336, i64::MAX).unwrap().is_empty());
}

/// All answers as text, to compare them.
fn answers<B: RecordingBackend>(reader: &RecordingReader<B>) -> Vec<String> {
    fn text(answer: impl Debug) -> String {
        format!("{answer:?}")
    }
    let mut all = Vec::new();
    for limit in [1, 3, 1000] {
        let (mut after, mut before) = (0, i64::MAX);
        for _ in 0..9 {
            let page = reader.forward(after, limit).unwrap();
            after = page.places.last().map_or(after, |place| place.id);
            all.push(text(page));
            let page = reader.backward(before, limit).unwrap();
            before = page.places.first().map_or(before, |place| place.id);
            all.push(text(page));
        }
        all.push(text(reader.by_time(&TimeQuery::default(), None, limit).unwrap()));
        all.push(text(reader.findings(i64::MIN, i64::MAX, limit).unwrap()));
    }
    all.push(text(reader.holes(0, i64::MAX).unwrap()));
    all.push(text(reader.sessions().unwrap()));
    for id in 0..20 {
        all.push(text(reader.link_before(id).unwrap()));
        all.push(text(reader.finding(id).unwrap()));
    }
    for channel in reader.channels().unwrap() {
        for epoch in 1..=channel.epoch {
            all.push(text(reader.missing(&channel.channel, epoch, (1, 99), 99).unwrap()));
            all.push(text(reader.ranged(&channel.channel, epoch, (1, 99), 99).unwrap()));
            all.push(text(reader.end(&channel.channel, epoch).unwrap()));
        }
        all.push(text(reader.epochs(&channel.channel, (1, 9)).unwrap()));
        all.push(text(channel));
    }
    all
}

fn contract<B: RecordingBackend>(reader: &RecordingReader<B>) {
    totals(reader);
    messages_by_number(reader);
    messages_by_time(reader);
    what_is_missing(reader);
    positions(reader);
}

/// Ships a recording, and opens it in the store.
fn shipped(server: &PostgresServer, file: &Path) -> RecordingReader<aircheck::store::reader::StoreBackend> {
    let world = World::new("redis://nowhere");
    let ended = world.run(&["ship", file.to_str().unwrap(), "--to", &server.url()]);
    assert_eq!(ended.status, 0, "{}", ended.err);
    RecordingReader::open_store(&server.target(), None).unwrap()
}

#[test]
fn a_file_answers_as_the_contract_says() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ops.db");
    incident(&file);
    contract(&RecordingReader::open(&file).unwrap());
}

#[test]
fn a_store_answers_as_the_contract_says() {
    let Some(server) = PostgresServer::start() else { return };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ops.db");
    incident(&file);
    let store = shipped(&server, &file);
    contract(&store);
    assert_eq!(answers(&store), answers(&RecordingReader::open(&file).unwrap()));
}

#[test]
fn all_tables_are_read_alike() {
    let Some(server) = PostgresServer::start() else { return };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ops.db");
    with_all_tables(&file);
    // A text with a zero byte is stored without it. The last message is one with a wrong time.
    let equal = "UPDATE finding SET reason = 'EOF' WHERE id = 6;
        UPDATE channel SET last_unix_micros = -9223372036854775807 WHERE id = 1";
    Connection::open(&file).unwrap().execute_batch(equal).unwrap();
    let store = shipped(&server, &file);
    assert_eq!(answers(&store), answers(&RecordingReader::open(&file).unwrap()));
}

/// A range of sequence numbers is read from the index of the partitions that have it.
#[test]
fn a_range_uses_the_index_and_only_the_partitions_that_have_it() {
    let Some(server) = PostgresServer::start() else { return };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ops.db");
    with_messages(&file, 20_000);
    // Ten days.
    let spread = format!("UPDATE message SET at_unix_micros = {START} + id * 43 * {SECOND}");
    Connection::open(&file).unwrap().execute(&spread, []).unwrap();
    let store = shipped(&server, &file);
    server.execute("ANALYZE");
    assert_eq!(store.by_sequence(&ops(), 1, (5000, 5100), None, 1000).unwrap().0.places.len(), 99);
    let plan = store.plan_by_sequence(&ops(), 1, (5000, 5100)).unwrap().join("\n");
    assert!(plan.contains("recording_channel_sequence_idx"), "{plan}");
    assert!(!plan.contains("Seq Scan"), "{plan}");
    // Number 5000 is on the third day.
    assert!(plan.contains("message_20261127") || plan.contains("message_20261126"), "{plan}");
    for other in ["20261124", "20261129", "20261201"] {
        assert!(!plan.contains(other), "{plan}");
    }
}
