//! Where a counter epoch ends, and why numbers are missing.

use aircheck::ledger::dropped::Dropped;
use aircheck::ledger::finding::{Cause, FindingKind};
use aircheck::ledger::interval::{Entry, Interval};
use aircheck::ledger::sequence::{Channel, Sequence, UnknownReason};
use aircheck::recording::reader::{MissingReason, RecordingReader};
use aircheck::wire::verdict::Verdict;
use tempfile::TempDir;

use super::{START, finding, numbered, push, record_all};

fn ops() -> Channel {
    Channel::new(b"ops")
}

fn gap(from: u64, to: u64) -> Interval {
    let cause = Cause::Disconnected { reason: "EOF".into(), duration_micros: 9, lower_bound: false };
    one(finding(FindingKind::MissedDisconnected, (Some(from), Some(to)), Some(to - from + 1), cause))
}

fn reset(before: u64, after: u64) -> Interval {
    let cause = Cause::Reset { before, after: Some(after) };
    one(finding(FindingKind::CounterReset, (Some(before), Some(after)), None, cause))
}

fn dropped(channel: Option<&str>, range: Option<(u64, u64)>, count: u64) -> Interval {
    let channel = channel.map(|name| Channel::new(name.as_bytes()));
    one(Dropped { channel, range, count, findings: 0, at: START + 9, until: START + 9 }.into())
}

fn unnumbered(reason: UnknownReason, count: u64) -> Interval {
    let mut interval = Interval::default();
    for tick in 0..count {
        push(&mut interval, "ops", Sequence::Unknown(reason), Verdict::Verified, tick);
    }
    interval
}

fn one(entry: Entry) -> Interval {
    let mut interval = Interval::default();
    interval.push(entry);
    interval
}

fn recorded(intervals: Vec<Interval>) -> (TempDir, RecordingReader) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    record_all(&path, intervals);
    let reader = RecordingReader::open(&path).unwrap();
    (directory, reader)
}

/// The missing numbers of `ops`, with the reasons.
fn missing(reader: &RecordingReader, epoch: i64, numbers: (u64, u64)) -> Vec<(u64, u64, &'static str)> {
    let missing = reader.missing(&ops(), epoch, numbers, 100).unwrap();
    let reason = |reason: &MissingReason| match reason {
        MissingReason::Finding(finding) => finding.kind.name(),
        MissingReason::Hole(_) => "hole",
        MissingReason::Deleted => "deleted",
        MissingReason::Before => "before",
        MissingReason::After => "after",
        MissingReason::Unknown => "unknown",
    };
    missing.iter().map(|missing| (missing.from, missing.to, reason(&missing.reason))).collect()
}

#[test]
fn a_counter_epoch_ends_at_the_highest_number_that_the_recording_knows() {
    for (intervals, reasons) in [
        (
            vec![numbered(1, 9), gap(10, 14), reset(14, 0), numbered(1, 3)],
            [(10, 14, "missed_disconnected"), (15, 20, "after")],
        ),
        // Nothing else has the numbers.
        (vec![numbered(1, 9), reset(14, 0), numbered(1, 3)], [(10, 14, "unknown"), (15, 20, "after")]),
        (vec![numbered(1, 9), gap(10, 14)], [(10, 14, "missed_disconnected"), (15, 20, "after")]),
        (vec![numbered(1, 9), dropped(Some("ops"), Some((10, 14)), 5)], [(10, 14, "hole"), (15, 20, "after")]),
    ] {
        let (_directory, reader) = recorded(intervals);
        assert_eq!(reader.end(&ops(), 1).unwrap().map(|(number, _)| number), Some(14), "{reasons:?}");
        assert_eq!(missing(&reader, 1, (8, 20)), reasons);
    }
    // The time is that of the message, if there is one.
    let (_directory, reader) = recorded(vec![numbered(1, 9), reset(9, 0), numbered(1, 3)]);
    assert_eq!(reader.end(&ops(), 1).unwrap(), Some((9, START + 9000)));
    assert_eq!(reader.end(&ops(), 2).unwrap(), Some((3, START + 3000)));
}

#[test]
fn a_counter_epoch_has_the_numbers_of_its_holes() {
    let hole = dropped(Some("ops"), Some((11, 15)), 5);
    let (_directory, reader) = recorded(vec![numbered(1, 20), reset(20, 0), numbered(1, 10), hole, numbered(16, 16)]);
    assert_eq!(reader.epochs(&ops(), (11, 15)).unwrap(), [1, 2]);
    assert_eq!(reader.epochs(&ops(), (17, 20)).unwrap(), [1]);
}

#[test]
fn numbers_after_a_recorded_reset_were_not_broadcast_before_the_recording() {
    let unknown = unnumbered(UnknownReason::CounterReset, 5);
    let (_directory, reader) = recorded(vec![reset(3, 5), unknown, numbered(6, 6)]);
    assert_eq!(missing(&reader, 2, (1, 6)), [(1, 5, "unknown")]);
    let (_directory, reader) = recorded(vec![numbered(6, 6), reset(6, 5), numbered(6, 6)]);
    assert_eq!(missing(&reader, 1, (1, 6)), [(1, 5, "before")]);
    assert_eq!(missing(&reader, 2, (1, 6)), [(1, 5, "unknown")]);
}

#[test]
fn a_hole_is_a_reason_only_if_it_can_have_the_messages() {
    for (hole, reason) in [
        (dropped(Some("billing"), None, 7), "unknown"),
        (dropped(Some("billing"), Some((1, 7)), 7), "unknown"),
        (dropped(Some("ops"), Some((20, 26)), 7), "unknown"),
        (dropped(Some("ops"), None, 7), "hole"),
        (dropped(None, None, 7), "hole"),
    ] {
        let unknown = unnumbered(UnknownReason::NoBarrier, 3);
        let billing = dropped(Some("billing"), None, 1);
        let (_directory, reader) = recorded(vec![numbered(10, 10), billing, unknown, hole, numbered(14, 14)]);
        assert_eq!(missing(&reader, 1, (10, 14)), [(11, 13, reason)]);
    }
}

#[test]
fn a_page_of_findings_alone_shows_that_there_are_more() {
    let mut all = numbered(1, 1);
    for _ in 0..1500 {
        all.push(finding(FindingKind::ClockSkew, (None, None), None, Cause::ClockSkew { seconds: 900 }));
    }
    let (_directory, reader) = recorded(vec![all]);
    let first = reader.forward(0, 1000).unwrap();
    assert_eq!((first.places.len(), first.is_cut), (1000, true));
    let rest = reader.forward(first.places[999].id, 1000).unwrap();
    assert_eq!((rest.places.len(), rest.is_cut), (501, false));
    let last = reader.backward(i64::MAX, 1000).unwrap();
    assert_eq!((last.places.len(), last.is_cut), (1000, true));
}
