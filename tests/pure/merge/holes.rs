//! Holes of one recording that the other fills, completely or in part.

use std::path::Path;

use aircheck::ledger::interval::Interval;
use aircheck::recording::merge::{MergeSummary, merge};
use aircheck::recording::reader::{Hole, RecordingReader};
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
            assert_eq!((left.numbers, left.count, &*left.reason), (Some((6, 7)), Some(2), reason), "{kind}");
            // A hole without sequence numbers is unchanged if some of its messages are still missing.
            assert_eq!((holes.len(), &*holes[0].kind, holes[0].messages), (1, kind, not_recorded));
            let ranges: Vec<_> = holes[0].ranges.iter().map(|range| (range.numbers, range.messages)).collect();
            assert_eq!(ranges, if kind == "killed" { Vec::new() } else { vec![(Some((6, 7)), 2)] });
        }
    }
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
