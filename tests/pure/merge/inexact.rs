//! Messages with inferred sequence numbers, and without a number.

use aircheck::ledger::dropped::Dropped;
use aircheck::ledger::finding::{Cause, FindingKind};
use aircheck::ledger::interval::{Entry, Interval, Link, LinkState};
use aircheck::ledger::sequence::{Channel, Sequence, UnknownReason};
use aircheck::recording::merge::{MergeSummary, merge};
use aircheck::recording::reader::RecordingReader;
use aircheck::wire::verdict::Verdict;

use crate::record::{START, finding, record_all};

type Received = (Sequence, &'static [u8]);

/// These messages on `ops`, one per millisecond.
fn messages(received: &[Received]) -> Interval {
    let mut interval = Interval::default();
    for (at, (sequence, payload)) in (START..).step_by(1000).zip(received) {
        interval.push_message(payload, at, Channel::new(b"ops"), *sequence, Verdict::Unsigned, None, None);
    }
    interval
}

/// Merges recordings of `a` and `b`. Returns the summary, and the messages of the new file in order.
fn merged(a: &[Received], b: &[Received]) -> (MergeSummary, Vec<(Sequence, Vec<u8>)>) {
    let directory = tempfile::tempdir().unwrap();
    let paths = ["a.db", "b.db", "c.db"].map(|name| directory.path().join(name));
    record_all(&paths[0], vec![messages(a)]);
    record_all(&paths[1], vec![messages(b)]);
    let merged = merge(&[&paths[0], &paths[1]], &paths[2], false).unwrap();
    let page = RecordingReader::open(&paths[2]).unwrap().forward(0, 1000).unwrap();
    let messages = page.interval.entries().iter().map(|entry| match entry {
        Entry::Message(message) => (message.sequence, page.interval.payload(message).to_vec()),
        other => panic!("{other:?}"),
    });
    (merged, messages.collect())
}

const NO_BARRIER: Sequence = Sequence::Unknown(UnknownReason::NoBarrier);

#[test]
fn an_inferred_number_gives_way_to_an_exact_one_and_no_message_is_lost() {
    let exact: Received = (Sequence::Exact(2), b"exact::");
    let inferred: Received = (Sequence::Inferred(2), b"inferred::");
    let one: Received = (Sequence::Exact(1), b"one::");
    for (a, b) in [([one, exact], [one, inferred]), ([one, inferred], [one, exact])] {
        let (merged, messages) = merged(&a, &b);
        assert_eq!((merged.messages, merged.conflicts), (3, 0), "{merged:?}");
        assert_eq!(messages[1], (Sequence::Exact(2), b"exact::".to_vec()));
        assert_eq!(messages[2], (NO_BARRIER, b"inferred::".to_vec()));
    }
}

#[test]
fn a_displaced_message_gets_its_number_from_the_other_recording() {
    let a: [Received; 2] = [(Sequence::Exact(1), b"one::"), (Sequence::Inferred(2), b"three::")];
    let b: [Received; 3] =
        [(Sequence::Exact(1), b"one::"), (Sequence::Exact(2), b"two::"), (Sequence::Exact(3), b"three::")];
    for (a, b) in [(&a[..], &b[..]), (&b, &a)] {
        let (merged, messages) = merged(a, b);
        let expected: Vec<_> = b_as_expected();
        assert_eq!(messages, expected, "{merged:?}");
        assert_eq!((merged.conflicts, merged.narrowed, merged.gaps), (0, 1, 0));
    }
}

fn b_as_expected() -> Vec<(Sequence, Vec<u8>)> {
    [(1, "one::"), (2, "two::"), (3, "three::")]
        .map(|(number, payload)| (Sequence::Exact(number), payload.into()))
        .into()
}

#[test]
fn two_inferred_numbers_with_different_bytes_are_no_conflict_and_no_message_is_lost() {
    let (merged, messages) = merged(
        &[(Sequence::Exact(1), b"one::"), (Sequence::Inferred(2), b"x::")],
        &[(Sequence::Exact(1), b"one::"), (Sequence::Inferred(2), b"y::")],
    );
    assert_eq!((merged.messages, merged.conflicts), (3, 0), "{merged:?}");
    assert_eq!(messages[1..], [(Sequence::Inferred(2), b"x::".to_vec()), (NO_BARRIER, b"y::".to_vec())]);
}

#[test]
fn of_two_messages_with_one_number_the_exact_one_keeps_it_and_both_are_kept() {
    let one: Received = (Sequence::Exact(1), b"one::");
    let twice: [Received; 3] = [one, (Sequence::Inferred(2), b"inferred::"), (Sequence::Exact(2), b"exact::")];
    let expected = [(Sequence::Exact(2), b"exact::".to_vec()), (NO_BARRIER, b"inferred::".to_vec())];
    let inferred: [Received; 2] = [one, (Sequence::Inferred(2), b"inferred::")];
    let exact: [Received; 2] = [one, (Sequence::Exact(2), b"exact::")];
    for other in [&[one][..], &twice, &inferred, &exact] {
        for (a, b) in [(&twice[..], other), (other, &twice[..])] {
            let (merged, messages) = merged(a, b);
            assert_eq!((merged.messages, merged.conflicts), (3, 0), "{merged:?}");
            assert_eq!(messages[1..], expected, "{merged:?}");
        }
    }
}

#[test]
fn different_bytes_under_one_exact_number_are_a_conflict_even_in_one_recording() {
    let one: Received = (Sequence::Exact(1), b"one::");
    let twice: [Received; 3] = [one, (Sequence::Exact(2), b"x::"), (Sequence::Exact(2), b"y::")];
    for (a, b) in [(&twice[..], &[one][..]), (&[one], &twice)] {
        let (merged, messages) = merged(a, b);
        assert_eq!((merged.messages, merged.conflicts), (2, 1), "{merged:?}");
        assert_eq!(messages[1], (Sequence::Exact(2), b"x::".to_vec()));
    }
    let repeated: [Received; 3] = [one, (Sequence::Exact(2), b"x::"), (Sequence::Exact(2), b"x::")];
    let (merged, messages) = merged(&repeated, &[one]);
    assert_eq!((messages.len(), merged.conflicts), (2, 0), "{merged:?}");
}

#[test]
fn a_message_without_a_number_is_merged_once_with_the_most_precise_data() {
    for unknown in [NO_BARRIER, Sequence::Unknown(UnknownReason::CounterUnreadable)] {
        for known in [Sequence::Exact(2), Sequence::Inferred(2), Sequence::Range { from: 2, to: 3 }] {
            let one: Received = (Sequence::Exact(1), b"one::");
            let (a, b) = ([one, (unknown, b"two::")], [one, (known, b"two::")]);
            for (a, b) in [(a, b), (b, a)] {
                let (merged, messages) = merged(&a, &b);
                assert_eq!(merged.messages, 2, "{unknown:?} {known:?}: {messages:?}");
                assert_eq!(messages[1], (known, b"two::".to_vec()));
            }
        }
    }
}

#[test]
fn equal_messages_without_numbers_are_as_many_as_one_recording_has() {
    let same: [Received; 3] = [(NO_BARRIER, b"same::"); 3];
    for (a, b, expected) in [(2, 2, 2), (2, 3, 3), (3, 2, 3), (1, 3, 3), (3, 1, 3)] {
        let (merged, messages) = merged(&same[..a], &same[..b]);
        assert_eq!((merged.messages, messages.len() as u64), (expected, expected), "{a} and {b}: {messages:?}");
    }
}

/// Merges a recording of these messages, of which one was not counted, with `other`. Returns the numbers that are not exact, for
/// each order of the two recordings.
fn uncounted_merged(received: &[Received], (from, to): (u64, u64), other: &[Received]) -> [Vec<Sequence>; 2] {
    let directory = tempfile::tempdir().unwrap();
    let paths = ["a.db", "b.db", "c.db", "d.db"].map(|name| directory.path().join(name));
    let mut interval = messages(received);
    let cause = Cause::CountMismatch { advance: to - from + 1, received: to - from + 2 };
    interval.push(finding(FindingKind::ReceivedNotCounted, (Some(from), Some(to)), Some(1), cause));
    record_all(&paths[0], vec![interval]);
    record_all(&paths[1], vec![messages(other)]);
    [(0, 1, 2), (1, 0, 3)].map(|(a, b, merged)| {
        merge(&[&paths[a], &paths[b]], &paths[merged], false).unwrap();
        let page = RecordingReader::open(&paths[merged]).unwrap().ranged(&Channel::new(b"ops"), 1, (1, 9), 9).unwrap();
        let sequence = |entry: &Entry| match entry {
            Entry::Message(message) => message.sequence,
            other => panic!("{other:?}"),
        };
        page.interval.entries().iter().map(sequence).collect()
    })
}

#[test]
fn a_message_that_may_not_be_counted_never_gets_an_exact_number() {
    let one: Received = (Sequence::Exact(1), b"one::");
    let range = |from, to, payload: &'static [u8]| (Sequence::Range { from, to }, payload);
    let received = [one, range(2, 2, b"x::"), range(2, 2, b"y::")];
    let [a, b] = uncounted_merged(&received, (2, 2), &[one]);
    assert_eq!([a, b], [[Sequence::Range { from: 2, to: 2 }; 2]; 2]);
    // The other recording has #2, so #3 remains for two messages.
    let received = [one, range(2, 3, b"two::"), range(2, 3, b"x::"), range(2, 3, b"y::")];
    let [a, b] = uncounted_merged(&received, (2, 3), &[one, (Sequence::Exact(2), b"two::")]);
    assert_eq!([a, b], [[Sequence::Range { from: 3, to: 3 }; 2]; 2]);
}

/// `x` was not counted. One recorder read the counter before `x`, the other one after it.
fn uncounted_between_two_barriers() -> [Interval; 2] {
    let range = |from, to, payload: &'static [u8]| (Sequence::Range { from, to }, payload);
    let [one, two, three, four] = [(1, b"one::".as_slice()), (2, b"two::"), (3, b"three::"), (4, b"four::")]
        .map(|(number, payload)| (Sequence::Exact(number), payload));
    let mut before = messages(&[one, two, three, range(4, 4, b"x::"), range(4, 4, b"four::")]);
    before.push(uncounted(Some((4, 4)), 1));
    let mut after = messages(&[one, range(2, 3, b"two::"), range(2, 3, b"three::"), range(2, 3, b"x::")]);
    after.push(uncounted(Some((2, 3)), 1));
    push_at(&mut after, 4, four);
    [before, after]
}

/// A finding of messages that were not counted.
fn uncounted(range: Option<(u64, u64)>, count: u64) -> Entry {
    let advance = range.map_or(0, |(from, to)| to - from + 1);
    let cause = Cause::CountMismatch { advance, received: advance + count };
    finding(FindingKind::ReceivedNotCounted, range.unzip(), Some(count), cause)
}

/// A message on `ops`, this many milliseconds after the start.
fn push_at(interval: &mut Interval, millis: i64, (sequence, payload): Received) {
    interval.push_message(
        payload,
        START + millis * 1000,
        Channel::new(b"ops"),
        sequence,
        Verdict::Unsigned,
        None,
        None,
    );
}

/// The messages and the number of findings of a merge.
type MessagesAndFindings = (Vec<(Sequence, Vec<u8>)>, usize);

/// The result of a merge for each order of the two recordings.
fn merged_intervals(make: impl Fn() -> [Vec<Interval>; 2]) -> [MessagesAndFindings; 2] {
    let directory = tempfile::tempdir().unwrap();
    let paths = ["a.db", "b.db", "c.db", "d.db"].map(|name| directory.path().join(name));
    for (path, intervals) in paths.iter().zip(make()) {
        record_all(path, intervals);
    }
    [(0, 1, 2), (1, 0, 3)].map(|(a, b, merged)| {
        merge(&[&paths[a], &paths[b]], &paths[merged], false).unwrap();
        let page = RecordingReader::open(&paths[merged]).unwrap().forward(0, 1000).unwrap();
        let (mut messages, mut findings) = (Vec::new(), 0);
        for entry in page.interval.entries() {
            match entry {
                Entry::Message(message) => {
                    messages.push((message.sequence, page.interval.payload(message).to_vec()));
                }
                Entry::Finding(_) => findings += 1,
                _ => {}
            }
        }
        (messages, findings)
    })
}

const NOT_COUNTED: Sequence = Sequence::Unknown(UnknownReason::ReceivedNotCounted);

#[test]
fn an_uncounted_message_with_other_numbers_in_each_recording_is_merged_once() {
    let expected: Vec<_> = [
        (Sequence::Exact(1), "one::"),
        (Sequence::Exact(2), "two::"),
        (Sequence::Exact(3), "three::"),
        (NOT_COUNTED, "x::"),
        (Sequence::Exact(4), "four::"),
    ]
    .map(|(sequence, payload)| (sequence, payload.as_bytes().to_vec()))
    .into();
    for (messages, findings) in merged_intervals(|| uncounted_between_two_barriers().map(|interval| vec![interval])) {
        assert_eq!((messages, findings), (expected.clone(), 1));
    }
}

#[test]
fn an_uncounted_message_is_kept_twice_if_a_recorder_may_have_missed_one() {
    let link = |state| Entry::Link(Link { state, reason: None, channel: None, server: None, at: START });
    let dropped = || Entry::from(Dropped::new(Some(Channel::new(b"ops")), None, START + 1000));
    for side in [0, 1] {
        for entry in [link(LinkState::Disconnected), dropped()] {
            let interrupted = || {
                let mut recorded = uncounted_between_two_barriers().map(|interval| vec![interval]);
                let rest = recorded[side][0].split_off(1);
                recorded[side][0].push(entry.clone());
                recorded[side].push(rest);
                recorded
            };
            for (messages, findings) in merged_intervals(interrupted) {
                assert_eq!((messages.len(), findings), (6, 2), "{entry:?}: {messages:?}");
            }
        }
    }
}

#[test]
fn an_uncounted_message_is_kept_twice_if_another_message_came_before_only_one_copy() {
    let make = || {
        let [before, mut after] = uncounted_between_two_barriers();
        let rest = after.split_off(3);
        push_at(&mut after, 3, (NOT_COUNTED, b"y::"));
        [vec![before], vec![after, rest]]
    };
    for (messages, findings) in merged_intervals(make) {
        assert_eq!((messages.len(), findings), (7, 2), "{messages:?}");
    }
}

#[test]
fn an_uncounted_message_without_numbers_in_one_recording_is_merged_once() {
    let one: Received = (Sequence::Exact(1), b"one::");
    let range = |payload: &'static [u8]| (Sequence::Range { from: 2, to: 2 }, payload);
    let make = || {
        let mut alone = messages(&[one, (NOT_COUNTED, b"x::")]);
        alone.push(uncounted(None, 1));
        push_at(&mut alone, 2, (Sequence::Exact(2), b"two::"));
        let mut together = messages(&[one, range(b"x::"), range(b"two::")]);
        together.push(uncounted(Some((2, 2)), 1));
        [vec![alone], vec![together]]
    };
    for (messages, findings) in merged_intervals(make) {
        let expected = [one, (NOT_COUNTED, b"x::"), (Sequence::Exact(2), b"two::")];
        let expected: Vec<_> = expected.map(|(sequence, payload)| (sequence, payload.to_vec())).into();
        assert_eq!((messages, findings), (expected, 1));
    }
}

#[test]
fn a_finding_of_uncounted_messages_is_merged_once_if_only_some_numbers_are_the_same() {
    let range = |from, to, payload: &'static [u8]| (Sequence::Range { from, to }, payload);
    let one: Received = (Sequence::Exact(1), b"one::");
    let make = |count: u64| {
        let mut early = messages(&[one, range(2, 3, b"two::"), range(2, 3, b"x::"), range(2, 3, b"three::")]);
        early.push(uncounted(Some((2, 3)), count));
        push_at(&mut early, 4, (Sequence::Exact(4), b"four::"));
        let mut late = messages(&[one, (Sequence::Exact(2), b"two::")]);
        for (millis, message) in (2..).zip([b"x::".as_slice(), b"three::", b"four::"]) {
            push_at(&mut late, millis, range(3, 4, message));
        }
        late.push(uncounted(Some((3, 4)), 1));
        [vec![early], vec![late]]
    };
    for (messages, findings) in merged_intervals(|| make(1)) {
        assert_eq!((messages.len(), findings), (5, 1), "{messages:?}");
    }
    // The other recording has a finding of more messages.
    for (messages, findings) in merged_intervals(|| make(2)) {
        assert_eq!(findings, 2, "{messages:?}");
    }
}
