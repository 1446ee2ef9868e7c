//! Holes of one recording that the other fills, completely or in part.

use std::path::Path;

use aircheck::ledger::dropped::Dropped;
use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::interval::Interval;
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::recording::merge::{MergeSummary, merge};
use aircheck::recording::reader::{Hole, RecordingReader};
use aircheck::wire::verdict::Verdict;
use rusqlite::Connection;

use crate::record::failure::{dropped, record_slowly};
use crate::record::{START, numbered, record_all};

/// A recording of `ops` #1 to #3 and #8 to #10, with a hole of this kind in between.
fn with_a_hole(path: &Path, kind: &str) {
    match kind {
        "slow" => record_slowly(path, vec![numbered(1, 3), dropped(4, 7), numbered(8, 10)]),
        "killed" => {
            record_all(path, vec![numbered(1, 3)]);
            sql(path, "UPDATE session SET ended = NULL, ended_unix_micros = NULL");
            record_all(path, vec![numbered(8, 10)]);
            // The sessions are of today, unlike the messages.
            sql(
                path,
                &format!("UPDATE hole SET from_unix_micros = {}, to_unix_micros = {}", START + 3000, START + 7999),
            );
        }
        _ => {
            record_all(path, vec![numbered(1, 3), numbered(8, 10)]);
            sql(
                path,
                "UPDATE message SET id = id + 10 WHERE sequence > 3;
                 INSERT INTO hole SELECT 5, 1, 'disk', at_unix_micros, at_unix_micros, 0, 0, 4, 'disk full' FROM message WHERE id = 3;
                 INSERT INTO hole_range VALUES (5, 1, 1, 4, 7, 4);
                 UPDATE total SET next_id = 100, not_recorded = 4",
            );
        }
    }
    let hole = &RecordingReader::open(path).unwrap().holes(0, i64::MAX).unwrap()[0];
    assert_eq!(hole.kind, kind);
}

fn sql(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

/// Merges a recording with a hole and a recording of `others`. Returns the summary and the holes of the new file.
fn merged(kind: &str, others: Vec<Interval>, is_first: bool) -> (MergeSummary, Vec<Hole>) {
    let directory = tempfile::tempdir().unwrap();
    let [a, b, c] = ["a.db", "b.db", "c.db"].map(|name| directory.path().join(name));
    with_a_hole(&a, kind);
    record_all(&b, others);
    let [first, second] = if is_first { [&a, &b] } else { [&b, &a] };
    let merged = merge(&[first, second], &c, false).unwrap();
    let reader = RecordingReader::open(&c).unwrap();
    assert_eq!(reader.overview().unwrap().messages, merged.messages);
    (merged, reader.holes(0, i64::MAX).unwrap())
}

#[test]
fn a_hole_that_the_other_recording_fills_is_gone() {
    for kind in ["disk", "slow", "killed"] {
        for is_first in [true, false] {
            let (merged, holes) = merged(kind, vec![numbered(1, 10)], is_first);
            assert_eq!((merged.messages, merged.gaps, holes), (10, 0, Vec::new()), "{kind}, first: {is_first}");
        }
    }
}

#[test]
fn a_partly_filled_hole_keeps_the_rest() {
    for (kind, reason, not_recorded) in
        [("disk", "not_recorded", Some(2)), ("slow", "not_recorded", Some(2)), ("killed", "unknown", None)]
    {
        for is_first in [true, false] {
            let (merged, holes) = merged(kind, vec![numbered(1, 5), numbered(9, 10)], is_first);
            assert_eq!((merged.messages, merged.gaps), (8, 1), "{kind}: {merged:?}");
            let left = &merged.left[0];
            assert_eq!((left.numbers, left.count, &*left.reason), (Some((6, 7)), 2, reason), "{kind}");
            // A hole without sequence numbers is unchanged if some of its messages are still missing.
            assert_eq!((holes.len(), &*holes[0].kind, holes[0].messages), (1, kind, not_recorded));
            let ranges: Vec<_> = holes[0].ranges.iter().map(|range| (range.numbers, range.messages)).collect();
            assert_eq!(ranges, if kind == "killed" { Vec::new() } else { vec![(Some((6, 7)), 2)] });
        }
    }
}

/// Messages that were dropped before the recorder could take them: of `ops` with numbers in a range, or of unknown channels.
fn dropped_some(range: Option<(u64, u64)>, count: u64) -> Interval {
    let mut interval = Interval::default();
    let channel = range.map(|_| Channel::new(b"ops"));
    interval.push(Dropped { count, ..Dropped::new(channel, range, START + 4000) }.into());
    interval
}

/// Merges a recording of these intervals and `other`, in both orders. Checks what is left: its count, and the ranges with their
/// messages.
fn check_left(own: &dyn Fn() -> Vec<Interval>, other: &dyn Fn() -> Vec<Interval>, left: &[(Option<(u64, u64)>, u64)]) {
    let directory = tempfile::tempdir().unwrap();
    let [a, b] = ["a.db", "b.db"].map(|name| directory.path().join(name));
    record_slowly(&a, own());
    record_slowly(&b, other());
    for (out, files) in [("ab.db", [&a, &b]), ("ba.db", [&b, &a])] {
        let out = directory.path().join(out);
        let merged = merge(&[files[0], files[1]], &out, false).unwrap();
        let stated: Vec<_> = merged.left.iter().map(|left| (left.numbers, left.count)).collect();
        assert_eq!(stated, left, "{merged:?}");
        let reader = RecordingReader::open(&out).unwrap();
        let holes = reader.holes(0, i64::MAX).unwrap();
        let not_recorded = merged.left.iter().filter(|left| left.reason == "not_recorded");
        let not_recorded: u64 = not_recorded.map(|left| left.count).sum();
        assert_eq!(holes.iter().filter_map(|hole| hole.messages).sum::<u64>(), not_recorded, "{holes:?}");
        assert_eq!(reader.overview().unwrap().not_recorded, not_recorded);
    }
}

#[test]
fn messages_dropped_without_a_channel_stay_in_a_hole() {
    let own = || {
        let mut both = dropped_some(Some((4, 5)), 2);
        dropped_some(None, 5).entries().iter().for_each(|entry| both.push(entry.clone()));
        vec![numbered(1, 3), both, numbered(6, 10)]
    };
    check_left(&own, &|| vec![numbered(1, 10)], &[(None, 5)]);
    check_left(&own, &|| vec![numbered(1, 4), numbered(6, 10)], &[(Some((5, 5)), 1), (None, 5)]);
    let only = || vec![numbered(1, 3), dropped_some(None, 5), numbered(4, 10)];
    check_left(&only, &|| vec![numbered(1, 10)], &[(None, 5)]);
}

#[test]
fn a_hole_never_has_more_messages_than_were_lost() {
    // Two of #4 to #7 were dropped, and it is unknown which.
    let own = || vec![numbered(1, 3), dropped_some(Some((4, 7)), 2), numbered(8, 10)];
    check_left(&own, &|| vec![numbered(1, 3), numbered(8, 10)], &[(Some((4, 7)), 2)]);
    check_left(&own, &|| vec![numbered(1, 4), numbered(8, 10)], &[(Some((5, 7)), 2)]);
    check_left(&own, &|| vec![numbered(1, 6), numbered(8, 10)], &[(Some((7, 7)), 1)]);
    check_left(&own, &|| vec![numbered(1, 10)], &[]);
    // A message that was not counted was dropped too.
    let own = || vec![numbered(1, 3), dropped_some(Some((4, 7)), 5), numbered(8, 10)];
    check_left(&own, &|| vec![numbered(1, 6), numbered(8, 10)], &[(Some((7, 7)), 1), (None, 1)]);
}

#[test]
fn a_gap_does_not_hide_the_messages_of_a_hole_in_the_same_range() {
    // Two of #4 to #6 were received and then dropped. One was not received.
    let own = || {
        let mut lost = dropped_some(Some((4, 6)), 2);
        lost.push(
            Finding {
                kind: FindingKind::CountedNotReceived,
                channel: Channel::new(b"ops"),
                sequence_from: Some(4),
                sequence_to: Some(6),
                count: Some(1),
                at: START + 6000,
                cause: Cause::CountMismatch { advance: 3, received: 2 },
            }
            .into(),
        );
        vec![numbered(1, 3), lost, numbered(7, 10)]
    };
    check_left(&own, &|| vec![numbered(1, 3), numbered(7, 10)], &[(Some((4, 6)), 1), (Some((4, 6)), 2)]);
    check_left(&own, &|| vec![numbered(1, 4), numbered(7, 10)], &[(Some((5, 6)), 1), (Some((5, 6)), 1)]);
    check_left(&own, &|| vec![numbered(1, 10)], &[]);
}

#[test]
fn messages_with_a_range_fill_a_hole() {
    let other = || {
        let mut ranged = Interval::default();
        for number in [4, 5] {
            let sequence = Sequence::Range { from: 4, to: 6 };
            ranged.push_message(
                b"other::",
                START + number,
                Channel::new(b"ops"),
                sequence,
                Verdict::Unsigned,
                None,
                None,
            );
        }
        vec![numbered(1, 3), ranged, numbered(7, 10)]
    };
    let own = || vec![numbered(1, 3), dropped_some(Some((4, 6)), 3), numbered(7, 10)];
    check_left(&own, &other, &[(Some((4, 6)), 1)]);
}

#[test]
fn what_retention_deleted_is_not_counted_as_not_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let [a, b, c] = ["a.db", "b.db", "c.db"].map(|name| directory.path().join(name));
    with_a_hole(&a, "disk");
    sql(&a, "UPDATE hole SET kind = 'deleted'; UPDATE total SET not_recorded = 0, deleted = 4");
    record_all(&b, vec![numbered(1, 3), numbered(8, 10)]);
    merge(&[&a, &b], &c, false).unwrap();
    let overview = RecordingReader::open(&c).unwrap().overview().unwrap();
    assert_eq!((overview.not_recorded, overview.deleted), (0, 4));
}
