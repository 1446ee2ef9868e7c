//! Gaps that a merge filled.

use std::path::Path;

use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::interval::{Entry, Interval};
use aircheck::ledger::sequence::Reading;
use aircheck::recording::reader::RecordingReader;

use super::epochs::{merged, ops};
use crate::record::{START, numbered, record_all};

/// A recording of `ops` #1 to #20 with these gaps.
fn with_gaps(path: &Path, gaps: &[(u64, u64)]) {
    let mut interval = Interval::default();
    let mut number = 1;
    while number <= 20 {
        if let Some(&(from, to)) = gaps.iter().find(|(from, _)| *from == number) {
            let cause = Cause::Disconnected { reason: "EOF".into(), duration_micros: 5, lower_bound: false };
            // Reported when the link is up again.
            let at = START + i64::try_from(to).unwrap() * 1000 + 500;
            let kind = FindingKind::MissedDisconnected;
            let (sequence_from, sequence_to, count) = (Some(from), Some(to), Some(to - from + 1));
            interval.push(Finding { kind, channel: ops(), sequence_from, sequence_to, count, at, cause }.into());
            number = to;
        } else {
            for entry in numbered(number, number).entries() {
                let Entry::Message(message) = entry else { panic!("{entry:?}") };
                interval.adopt(message, &numbered(number, number));
            }
        }
        number += 1;
    }
    interval.push(Entry::Counter { channel: ops(), reading: Reading::Value(20), server: None, at: START + 20_000 });
    record_all(path, vec![interval]);
}

#[test]
fn the_number_of_filled_gaps_does_not_depend_on_the_order_of_the_files() {
    for (gaps, filled, left) in [
        // The gap of the first recording can be filled in two steps.
        ([&[(4, 9)][..], &[(7, 12)], &[(15, 15)]], 3, 0),
        // Two recordings have overlapping gaps, of which the third one fills only a part.
        ([&[(4, 8)], &[(4, 9)], &[(8, 8)]], 2, 1),
        ([&[(5, 6)], &[(4, 8)], &[(15, 15)]], 3, 0),
        // Two recordings have the same gap.
        ([&[(4, 6)], &[(4, 6)], &[]], 1, 0),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let [a, b, c] = ["a.db", "b.db", "c.db"].map(|name| directory.path().join(name));
        for (path, gaps) in [&a, &b, &c].into_iter().zip(gaps) {
            with_gaps(path, gaps);
        }
        for files in [[&a, &b, &c], [&a, &c, &b], [&b, &a, &c], [&b, &c, &a], [&c, &a, &b], [&c, &b, &a]] {
            let (summary, out) = merged(directory.path(), &files);
            assert_eq!((summary.filled, summary.gaps), (filled, left), "{gaps:?} {files:?} {summary:?}");
            let overview = RecordingReader::open(&out).unwrap().overview().unwrap();
            assert_eq!((overview.messages, overview.findings), (20 - left, left), "{gaps:?} {files:?}");
            // Each gap is listed as it was, by its own recorder.
            let listed = RecordingReader::open(&out).unwrap().filled_gaps().unwrap();
            for gap in &listed {
                let finding = (gap.finding.sequence_from.unwrap(), gap.finding.sequence_to.unwrap());
                let index = ["a.db", "b.db", "c.db"].iter().position(|name| gap.file.ends_with(name)).unwrap();
                assert!(gaps[index].contains(&finding), "{gaps:?} {files:?} {gap:?}");
            }
        }
    }
}

#[test]
fn a_filled_gap_is_counted_even_if_an_earlier_merge_filled_the_same_one() {
    let directory = tempfile::tempdir().unwrap();
    let [a, b, c] = ["a.db", "b.db", "c.db"].map(|name| directory.path().join(name));
    with_gaps(&a, &[(4, 6)]);
    with_gaps(&b, &[]);
    with_gaps(&c, &[(4, 6)]);
    let (first, ab) = merged(directory.path(), &[&a, &b]);
    assert_eq!(first.filled, 1);
    for files in [[&ab, &c], [&c, &ab]] {
        assert_eq!(merged(directory.path(), &files).0.filled, 1, "{files:?}");
    }
}

#[test]
fn the_file_names_of_the_recordings_are_stored_as_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let [a, b] = ["back\\slash.db", "b.db"].map(|name| directory.path().join(name));
    with_gaps(&a, &[(4, 6)]);
    with_gaps(&b, &[]);
    let (summary, out) = merged(directory.path(), &[&a, &b]);
    let name = a.to_str().unwrap();
    assert_eq!(summary.taken[0].0, name);
    assert_eq!(RecordingReader::open(&out).unwrap().filled_gaps().unwrap()[0].file, name);
}
