//! Merges two recordings of one stream, and compares the result with the stream.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod epochs;
mod filled;
mod findings;
mod holes;
mod inexact;
mod rejections;
mod stream;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aircheck::recording::merge::{MergeSummary, merge};
use aircheck::recording::reader::RecordingReader;
use rusqlite::Connection;

use self::stream::{Broadcast, Faults, stream};

/// Merges two recordings of a stream, and compares the result with the stream. `exact` if all numbers must be exact.
fn compare(directory: &Path, count: usize, faults: [Faults; 2], exact: bool) -> MergeSummary {
    let [a, b, c] = ["a.db", "b.db", "c.db"].map(|name| directory.join(name));
    let truth = stream(count);
    let heard_a = stream::record(&a, &truth, faults[0]);
    let heard_b = stream::record(&b, &truth, faults[1]);
    let merged = merge(&[&a, &b], &c, false).unwrap();

    // Every message that at least one recorder received, once.
    let wanted: BTreeSet<usize> = heard_a.union(&heard_b).copied().collect();
    assert!(wanted.len() > heard_a.len() && wanted.len() > heard_b.len(), "each fills gaps of the other");
    let connection = Connection::open(&c).unwrap();
    let mut statement = connection
        .prepare("SELECT c.name, m.epoch, m.certainty, m.sequence, m.sequence_from, m.sequence_to, m.payload FROM message m JOIN channel c ON c.id = m.channel ORDER BY m.id")
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    let by_payload: BTreeMap<&[u8], usize> =
        truth.iter().enumerate().map(|(index, broadcast)| (broadcast.payload.as_slice(), index)).collect();
    let mut found = BTreeSet::new();
    let mut last: BTreeMap<(String, i64), u64> = BTreeMap::new();
    while let Some(row) = rows.next().unwrap() {
        let payload: Vec<u8> = row.get(6).unwrap();
        let index = by_payload[payload.as_slice()];
        assert!(found.insert(index), "{index} came twice");
        let broadcast = &truth[index];
        let counter_epoch = (row.get::<_, String>(0).unwrap(), row.get::<_, i64>(1).unwrap());
        assert_eq!(counter_epoch, (broadcast.channel.clone(), broadcast.epoch));
        let number = broadcast.number.cast_signed();
        match row.get::<_, i64>(2).unwrap() {
            0 | 1 => assert_eq!(row.get::<_, i64>(3).unwrap(), number),
            2 => {
                assert!(!exact);
                assert!((row.get::<_, i64>(4).unwrap()..=row.get::<_, i64>(5).unwrap()).contains(&number));
                continue;
            }
            other => panic!("certainty {other}"),
        }
        let before = last.insert(counter_epoch, broadcast.number).unwrap_or(0);
        assert!(broadcast.number > before, "#{} after #{before}", broadcast.number);
    }
    assert_eq!(found, wanted);
    assert_eq!(merged.messages, wanted.len() as u64);
    assert_eq!(merged.taken.iter().map(|(_, taken)| taken).sum::<u64>(), merged.messages);
    assert_eq!(merged.conflicts, 0);
    compare_gaps(&connection, &truth, &wanted, exact);
    merged
}

/// Compares the remaining gaps with the messages that both recorders missed.
fn compare_gaps(connection: &Connection, truth: &[Broadcast], received: &BTreeSet<usize>, exact: bool) {
    let missed: BTreeSet<(String, i64, u64)> = truth
        .iter()
        .enumerate()
        .filter(|(index, _)| !received.contains(index))
        .map(|(_, broadcast)| (broadcast.channel.clone(), broadcast.epoch, broadcast.number))
        .collect();
    assert!(!missed.is_empty(), "both missed something");
    let mut statement =
        connection.prepare("SELECT channel, epoch, sequence_from, sequence_to, count FROM gaps ORDER BY id").unwrap();
    let mut rows = statement.query([]).unwrap();
    let (mut stated, mut counted) = (BTreeSet::new(), 0);
    while let Some(row) = rows.next().unwrap() {
        let (channel, epoch): (String, i64) = (row.get(0).unwrap(), row.get(1).unwrap());
        let (from, to): (i64, i64) = (row.get(2).unwrap(), row.get(3).unwrap());
        counted += row.get::<_, i64>(4).unwrap();
        for number in from..=to {
            let is_new = stated.insert((channel.clone(), epoch, number.cast_unsigned()));
            assert!(is_new || !exact, "{channel} #{number} is stated twice");
        }
    }
    assert_eq!(counted, i64::try_from(missed.len()).unwrap());
    if exact {
        assert_eq!(stated, missed);
    } else {
        assert!(stated.is_superset(&missed));
    }
}

/// The number of broadcasts. `AIRCHECK_MERGE_COUNT` overrides it, e.g. 1000000.
fn count(usual: usize) -> usize {
    std::env::var("AIRCHECK_MERGE_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(usual)
}

#[test]
fn a_merge_has_each_message_once_and_reports_what_both_missed() {
    let directory = tempfile::tempdir().unwrap();
    let faults = |seed, clock| Faults { seed, clock, lossy: false, begins: 0 };
    let merged = compare(directory.path(), count(12_000), [faults(1, 0), faults(2, 3_000_000)], true);
    assert!(merged.filled > 10 && merged.gaps > 0, "{merged:?}");
    // It is a recording like any other.
    let reader = RecordingReader::open(&directory.path().join("c.db")).unwrap();
    assert_eq!(reader.overview().unwrap().messages, merged.messages);
    assert_eq!(reader.sessions().unwrap().len(), 2);
    let channels = reader.channels().unwrap();
    assert_eq!(channels.iter().map(|channel| channel.messages).sum::<u64>(), merged.messages);
    assert_eq!(channels.iter().map(|channel| channel.epoch).collect::<Vec<_>>(), [1, 2, 1]);
}

#[test]
fn ranges_are_narrowed_by_the_other_recording() {
    let directory = tempfile::tempdir().unwrap();
    let faults = |seed, clock| Faults { seed, clock, lossy: true, begins: 0 };
    let merged = compare(directory.path(), count(8_000), [faults(3, 0), faults(4, -45_000_000)], false);
    assert!(merged.narrowed > 10, "{merged:?}");
}

#[test]
fn a_recording_started_after_a_reset_is_aligned_to_its_epoch() {
    let directory = tempfile::tempdir().unwrap();
    let faults = |seed, begins| Faults { seed, clock: 0, lossy: false, begins };
    // The reset is in the middle. The second recorder sees only the second counter epoch, which is its first.
    compare(directory.path(), 6_000, [faults(5, 0), faults(6, 4_000)], true);
}
