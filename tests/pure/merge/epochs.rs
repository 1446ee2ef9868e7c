//! The last known counter of a channel whose counter was reset.

use std::path::{Path, PathBuf};

use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::interval::Interval;
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::recording::merge::{MergeSummary, merge};
use aircheck::recording::reader::RecordingReader;
use aircheck::wire::verdict::Verdict;
use rusqlite::Connection;

use crate::record::{START, numbered, record_all};

pub(super) fn ops() -> Channel {
    Channel::new(b"ops")
}

/// Merges recordings. Returns the new file too.
pub(super) fn merged(directory: &Path, files: &[&PathBuf]) -> (MergeSummary, PathBuf) {
    let out = tempfile::tempdir_in(directory).unwrap().keep().join("merged.db");
    let files: Vec<&Path> = files.iter().map(|file| file.as_path()).collect();
    (merge(&files, &out, false).unwrap(), out)
}

#[test]
fn the_counter_of_an_earlier_epoch_is_not_that_of_the_newest() {
    let reset = Finding {
        kind: FindingKind::CounterReset,
        channel: ops(),
        sequence_from: Some(10),
        sequence_to: Some(0),
        count: None,
        at: START + 20_000,
        cause: Cause::Reset { before: 10, after: Some(0) },
    };
    let mut second = Interval::default();
    second.push(reset.into());
    for number in 1..=5 {
        let at = START + 20_000 + i64::try_from(number).unwrap();
        second.push_message(b"new::", at, ops(), Sequence::Exact(number), Verdict::Unsigned, None, None);
    }
    let directory = tempfile::tempdir().unwrap();
    let [a, b] = ["a.db", "b.db"].map(|name| directory.path().join(name));
    record_all(&a, vec![numbered(1, 10), second]);
    record_all(&b, vec![numbered(1, 10)]);
    for has_counter in [true, false] {
        if !has_counter {
            Connection::open(&a).unwrap().execute_batch("UPDATE channel SET counter = NULL").unwrap();
        }
        for files in [[&a, &b], [&b, &a]] {
            let (summary, out) = merged(directory.path(), &files);
            assert_eq!((summary.messages, summary.gaps), (15, 0), "{summary:?}");
            let known: (i64, Option<i64>) = Connection::open(&out)
                .unwrap()
                .query_row("SELECT epoch, counter FROM channel", [], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap();
            assert_eq!(known, (2, has_counter.then_some(5)), "{files:?}");
            let missing = RecordingReader::open(&out).unwrap().missing(&ops(), 2, (1, 10), 10).unwrap();
            assert!(missing.iter().all(|missing| missing.from > 5), "{missing:?}");
        }
    }
}
