//! A file that temporarily cannot be written.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aircheck::ledger::dropped::Dropped;
use aircheck::ledger::interval::{Entry, Interval};
use aircheck::ledger::sequence::{Channel, Reading, Sequence};
use aircheck::recording::reader::{MissingReason, RecordingReader};
use aircheck::recording::status::{RecorderState, Status};
use aircheck::recording::writer::{Intake, Recorder, RecorderSettings, prepare};
use aircheck::wire::verdict::Verdict;

use super::{START, finding, numbered, record, settings};

const LIMIT: Duration = Duration::from_secs(30);

pub(crate) fn wait_until(recorder: &Recorder, what: &str, holds: impl Fn(&Status) -> bool) -> Status {
    let deadline = Instant::now() + LIMIT;
    loop {
        let status = recorder.status().borrow().clone();
        if holds(&status) {
            return status;
        }
        assert!(Instant::now() < deadline, "{what}: {status:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn unwritten_messages_wait_and_an_overflow_is_a_hole_with_its_numbers() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    // Room for about a hundred of these messages.
    let backlog = numbered(1, 100).size();
    let (sender, recorder) = record(RecorderSettings { backlog, ..settings(path.clone()) });
    sender.send(Arc::new(numbered(1, 10))).unwrap();
    wait_until(&recorder, "the first ten", |status| status.committed == 10);
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut first = numbered(11, 20);
    // A counter reset among the discarded messages. Later messages belong to the next epoch.
    first.push(finding(
        aircheck::ledger::finding::FindingKind::CounterReset,
        (Some(20), Some(0)),
        None,
        aircheck::ledger::finding::Cause::Reset { before: 20, after: Some(0) },
    ));
    first.push(Entry::Counter { channel: Channel::new(b"ops"), reading: Reading::Value(0), server: None, at: START });
    sender.send(Arc::new(first)).unwrap();
    let failing = wait_until(&recorder, "the failure", |status| status.failure().is_some());
    let (since, reason) = failing.failure().unwrap();
    assert_eq!((since, reason), (START + 11_000, "database is locked"));
    for tens in 0..30 {
        sender.send(Arc::new(numbered(tens * 10 + 1, tens * 10 + 10))).unwrap();
    }
    let full = wait_until(&recorder, "the bound", |status| status.not_recorded + status.pending == 310);
    assert!(full.not_recorded > 100 && full.pending > 10, "{full:?}");
    assert_eq!(full.committed, 10);
    other.execute_batch("COMMIT").unwrap();
    wait_until(&recorder, "the recovery", |status| status.state == RecorderState::Recording && status.pending == 0);
    drop(sender);
    let ended = recorder.close();
    assert_eq!(ended.state, RecorderState::Ended);
    assert_eq!(ended.committed + ended.not_recorded, 320);
    let reader = RecordingReader::open(&path).unwrap();
    let holes = reader.holes(0, i64::MAX).unwrap();
    assert_eq!(holes.len(), 1);
    let hole = &holes[0];
    assert_eq!((&*hole.kind, hole.messages, hole.from_at), ("disk", Some(ended.not_recorded), START + 11_000));
    let ranges: Vec<_> =
        hole.ranges.iter().map(|range| (range.epoch, range.numbers.unwrap(), range.messages)).collect();
    let last = ended.not_recorded - 10;
    assert_eq!(ranges, [(1, (11, 20), 10), (2, (1, last), last)]);
    // The finding among the discarded messages is kept, and marks the start of the epoch.
    let ops = Channel::new(b"ops");
    assert_eq!(reader.overview().unwrap().findings, 1);
    let missing = reader.missing(&ops, 2, (1, 300), 100).unwrap();
    assert_eq!((missing.len(), missing[0].from, missing[0].to), (1, 1, last));
    assert!(matches!(&missing[0].reason, MissingReason::Hole(found) if **found == *hole));
    let (page, _) = reader.by_sequence(&ops, 2, (1, 300), None, 1000).unwrap();
    assert_eq!(page.places.len() as u64, 300 - last);
}

/// Passes these intervals to the writer one by one.
struct Slow(std::vec::IntoIter<Interval>);

impl Intake for Slow {
    fn take(&mut self, _patience: Duration, into: &mut Vec<Arc<Interval>>) -> bool {
        let Some(interval) = self.0.next() else { return false };
        into.push(Arc::new(interval));
        true
    }
}

/// Dropped messages of `ops`.
pub(crate) fn dropped(from: u64, to: u64) -> Interval {
    let at = |number: u64| START + number.cast_signed() * 1000;
    let mut interval = Interval::default();
    let (count, until) = (to - from + 1, at(to));
    let dropped = Dropped { count, until, ..Dropped::new(Some(Channel::new(b"ops")), Some((from, to)), at(from)) };
    interval.push(dropped.into());
    interval
}

/// Records intervals one by one.
pub(crate) fn record_slowly(path: &Path, intervals: Vec<Interval>) {
    let intake = Slow(intervals.into_iter());
    let _ = prepare(settings(path.to_owned())).unwrap().start(intake, |_| {}).unwrap().close();
}

#[test]
fn messages_dropped_under_load_are_a_hole_at_their_position() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    record_slowly(&path, vec![numbered(1, 3), dropped(4, 7), numbered(8, 12), dropped(13, 13), numbered(14, 15)]);
    let reader = RecordingReader::open(&path).unwrap();
    let overview = reader.overview().unwrap();
    assert_eq!((overview.messages, overview.not_recorded), (10, 5));
    let holes = reader.holes(0, i64::MAX).unwrap();
    let spans: Vec<_> = holes.iter().map(|hole| (&*hole.kind, hole.messages, hole.from_at, hole.to_at)).collect();
    let at = |number: i64| START + number * 1000;
    assert_eq!(spans, [("slow", Some(4), at(4), at(7)), ("slow", Some(1), at(13), at(13))]);
    let ranges: Vec<_> =
        holes.iter().flat_map(|hole| &hole.ranges).map(|range| (range.numbers, range.messages)).collect();
    assert_eq!(ranges, [(Some((4, 7)), 4), (Some((13, 13)), 1)]);
    let missing = reader.missing(&Channel::new(b"ops"), 1, (1, 15), 10).unwrap();
    let why: Vec<_> = missing.iter().map(|missing| (missing.from, missing.to, &missing.reason)).collect();
    assert!(
        matches!(&why[..], [(4, 7, MissingReason::Hole(first)), (13, 13, MissingReason::Hole(second))]
            if **first == holes[0] && **second == holes[1]),
        "{why:?}"
    );
}

#[test]
fn messages_not_written_at_the_end_are_missing_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let (sender, recorder) = record(settings(path.clone()));
    let with_counter = |from, to| {
        let mut interval: Interval = numbered(from, to);
        let reading = Reading::Value(to);
        interval.push(Entry::Counter { channel: Channel::new(b"ops"), reading, server: None, at: START });
        Arc::new(interval)
    };
    sender.send(with_counter(1, 10)).unwrap();
    wait_until(&recorder, "the first ten", |status| status.committed == 10);
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    sender.send(with_counter(11, 15)).unwrap();
    wait_until(&recorder, "the failure", |status| status.failure().is_some());
    drop(sender);
    let ended = recorder.close();
    assert_eq!((ended.committed, ended.not_recorded), (10, 5));
    assert!(ended.failure().is_some());
    other.execute_batch("COMMIT").unwrap();
    let prepared = prepare(settings(path)).unwrap();
    assert_eq!(prepared.known()[0].counter, 10);
}

/// Messages `from` to `to` of `ops`, received now.
fn received_now(from: u64, to: u64) -> Arc<Interval> {
    let mut interval = Interval::default();
    for number in from..=to {
        let at = jiff::Timestamp::now().as_microsecond();
        interval.push_message(b"a::", at, Channel::new(b"ops"), Sequence::Exact(number), Verdict::Unsigned, None, None);
    }
    Arc::new(interval)
}

#[test]
fn the_monotonic_clock_never_goes_back_in_a_new_file() {
    let directory = tempfile::tempdir().unwrap();
    let [path, old] = ["a.db", "old.db"].map(|name| directory.path().join(name));
    let backlog = numbered(1, 20).size();
    let (sender, recorder) = record(RecorderSettings { backlog, ..settings(path.clone()) });
    sender.send(received_now(1, 1)).unwrap();
    wait_until(&recorder, "the first message", |status| status.committed == 1);
    // The new file cannot be created, so messages wait, and the oldest are dropped.
    std::fs::rename(&path, &old).unwrap();
    std::fs::create_dir(&path).unwrap();
    sender.send(received_now(2, 2)).unwrap();
    wait_until(&recorder, "the failure", |status| status.failure().is_some());
    for tens in 0..30 {
        sender.send(received_now(tens * 10 + 3, tens * 10 + 12)).unwrap();
    }
    wait_until(&recorder, "the bound", |status| status.not_recorded + status.pending == 301);
    std::fs::remove_dir(&path).unwrap();
    wait_until(&recorder, "the recovery", |status| status.state == RecorderState::Recording && status.pending == 0);
    sender.send(received_now(303, 303)).unwrap();
    drop(sender);
    assert!(recorder.close().not_recorded > 0);
    let connection = rusqlite::Connection::open(&path).unwrap();
    let times = "SELECT from_monotonic_micros FROM hole UNION ALL SELECT to_monotonic_micros FROM hole
        UNION ALL SELECT * FROM (SELECT monotonic_micros FROM messages ORDER BY id)";
    let mut statement = connection.prepare(times).unwrap();
    let times: Vec<i64> = statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(times.is_sorted(), "{times:?}");
    // It is 0 at the start of the session, when all but the last one had been received.
    let negative = times.iter().filter(|time| **time < 0).count();
    assert_eq!(negative, times.len() - 1, "{times:?}");
}
