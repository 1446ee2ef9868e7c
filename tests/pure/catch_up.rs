//! The findings that are added when a recording is continued.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use aircheck::ledger::dropped::Dropped;
use aircheck::ledger::finding::{Cause, FindingKind, Program};
use aircheck::ledger::interval::{Entry, Interval};
use aircheck::ledger::known::{KnownCounter, ServerId};
use aircheck::ledger::sequence::{Channel, Reading, Sequence, UnknownReason};
use aircheck::recording::catch_up::CatchUp;
use aircheck::wire::verdict::Verdict;

fn channel(name: &str) -> Channel {
    Channel::new(name.as_bytes())
}

fn server(run_id: &str) -> Option<Arc<ServerId>> {
    ServerId::new(run_id, "replication").map(Arc::new)
}

fn knows(counters: &[(&str, u64)]) -> CatchUp {
    let known = counters.iter().map(|(name, counter)| KnownCounter {
        channel: channel(name),
        counter: *counter,
        server: server("run"),
        at: 5,
        lost: None,
    });
    CatchUp::new(&known.collect::<Vec<_>>())
}

fn message(interval: &mut Interval, on: &str, payload: &str, sequence: Sequence) {
    interval.push_message(payload.as_bytes(), 9, channel(on), sequence, Verdict::Unsigned, None, None);
}

fn counter(on: &str, value: u64) -> Entry {
    Entry::Counter { channel: channel(on), reading: Reading::Value(value), server: server("run"), at: 9 }
}

/// A short text for each entry: a payload, `counter`, or a range of missed numbers.
fn describe(interval: &Interval) -> Vec<String> {
    let entries = interval.entries().iter().map(|entry| match entry {
        Entry::Message(message) => String::from_utf8(interval.payload(message).to_vec()).unwrap(),
        Entry::Finding(finding) => {
            assert_eq!(finding.kind, FindingKind::MissedNotRunning);
            let Cause::NotRunning { program: Program::Recorder, since: 5, lower_bound, lost } = finding.cause else {
                panic!("{finding:?}")
            };
            assert_eq!(finding.at, 9);
            let (from, to) = (finding.sequence_from.unwrap(), finding.sequence_to.unwrap());
            let of = finding.count.unwrap();
            let of = if of == to - from + 1 { String::new() } else { format!("{of} of ") };
            let sign = if lower_bound { "≥" } else { "" };
            let lost = lost.map(|lost| format!(" {lost} lost")).unwrap_or_default();
            format!("{sign}{of}{from}..{to}{lost}")
        }
        Entry::Counter { .. } => "counter".to_owned(),
        other => format!("{other:?}"),
    });
    entries.collect()
}

#[test]
fn missed_messages_are_reported_once_before_the_first_message_of_each_channel() {
    let mut catch_up = knows(&[("ops", 3), ("billing", 7), ("idle", 1)]);
    let mut interval = Interval::default();
    message(&mut interval, "new", "n1", Sequence::Exact(40));
    message(&mut interval, "ops", "o6", Sequence::Exact(6));
    message(&mut interval, "ops", "o7", Sequence::Exact(7));
    message(&mut interval, "billing", "b", Sequence::Range { from: 8, to: 9 });
    interval.push(counter("ops", 7));
    let recorded = catch_up.add_missed(Arc::new(interval));
    assert_eq!(describe(&recorded), ["n1", "4..5", "o6", "o7", "b", "counter"]);

    let mut interval = Interval::default();
    message(&mut interval, "ops", "o20", Sequence::Exact(20));
    interval.push(counter("idle", 4));
    let recorded = catch_up.add_missed(Arc::new(interval));
    assert_eq!(describe(&recorded), ["o20", "2..4", "counter"], "the subscription itself reports later gaps");
}

#[test]
fn a_message_without_a_number_waits_for_the_counter() {
    let mut catch_up = knows(&[("ops", 3)]);
    let mut interval = Interval::default();
    message(&mut interval, "ops", "?", Sequence::Unknown(UnknownReason::ReceivedNotCounted));
    let interval = Arc::new(interval);
    assert!(Arc::ptr_eq(&catch_up.add_missed(Arc::clone(&interval)), &interval), "nothing is copied without need");
    let mut interval = Interval::default();
    message(&mut interval, "ops", "?", Sequence::Unknown(UnknownReason::ReceivedNotCounted));
    interval.push(counter("ops", 5));
    assert_eq!(describe(&catch_up.add_missed(Arc::new(interval))), ["4..5", "?", "counter"]);
}

#[test]
fn a_counter_that_decreased_is_not_a_gap() {
    let mut catch_up = knows(&[("ops", 30)]);
    let mut interval = Interval::default();
    message(&mut interval, "ops", "o2", Sequence::Exact(2));
    assert_eq!(describe(&catch_up.add_missed(Arc::new(interval))), ["o2"]);
}

#[test]
fn missed_messages_are_a_lower_bound_unless_the_server_is_the_same() {
    let missed = |server: Option<Arc<ServerId>>| {
        let mut interval = Interval::default();
        message(&mut interval, "ops", "o6", Sequence::Exact(6));
        interval.push(Entry::Counter { channel: channel("ops"), reading: Reading::Value(6), server, at: 9 });
        describe(&knows(&[("ops", 3)]).add_missed(Arc::new(interval)))
    };
    assert_eq!(missed(server("run")), ["4..5", "o6", "counter"]);
    assert_eq!(missed(server("another run")), ["≥4..5", "o6", "counter"]);
    assert_eq!(missed(None), ["≥4..5", "o6", "counter"]);
}

#[test]
fn what_a_killed_recorder_had_received_is_lost() {
    let missed = |lost, now| {
        let known =
            KnownCounter { channel: channel("ops"), counter: 3, server: server("run"), at: 5, lost: Some(lost) };
        let mut interval = Interval::default();
        interval.push(counter("ops", now));
        describe(&CatchUp::new(&[known]).add_missed(Arc::new(interval)))
    };
    assert_eq!(missed(0, 9), ["4..9 0 lost", "counter"]);
    assert_eq!(missed(2, 9), ["4..9 2 lost", "counter"]);
    assert_eq!(missed(2, 5), ["4..5 2 lost", "counter"]);
    assert_eq!(missed(2, 4), ["counter"], "the counter decreased");
    // They are lost, whatever was received later.
    let known = KnownCounter { channel: channel("ops"), counter: 3, server: server("run"), at: 5, lost: Some(2) };
    let mut interval = Interval::default();
    message(&mut interval, "ops", "?", Sequence::Unknown(UnknownReason::NoBarrier));
    message(&mut interval, "ops", "n", Sequence::Exact(7));
    assert_eq!(describe(&CatchUp::new(&[known]).add_missed(Arc::new(interval))), ["≥2 of 4..6 2 lost", "?", "n"]);
}

#[test]
fn messages_of_unknown_number_are_not_reported_as_missed() {
    let unknown = || Sequence::Unknown(UnknownReason::NoBarrier);
    // In an interval of their own, or in the interval of the first number.
    for is_separate in [true, false] {
        let recorded = |number| {
            let mut catch_up = knows(&[("ops", 100)]);
            let mut interval = Interval::default();
            for _ in 0..5 {
                message(&mut interval, "ops", "?", unknown());
            }
            if is_separate {
                let interval = Arc::new(std::mem::take(&mut interval));
                assert!(Arc::ptr_eq(&catch_up.add_missed(Arc::clone(&interval)), &interval));
            }
            message(&mut interval, "ops", "n", Sequence::Exact(number));
            message(&mut interval, "ops", "?", unknown());
            interval.push(counter("ops", number + 1));
            let mut described = describe(&catch_up.add_missed(Arc::new(interval)));
            described.retain(|entry| entry.contains(".."));
            described
        };
        // They may have all numbers before the first one, or some of them.
        assert_eq!(recorded(104), [""; 0]);
        assert_eq!(recorded(106), [""; 0]);
        assert_eq!(recorded(109), ["≥3 of 101..108"]);
    }
}

#[test]
fn messages_dropped_before_the_first_number_are_not_reported_as_missed() {
    for on in [Some(channel("ops")), None] {
        let mut interval = Interval::default();
        interval.push(Dropped { count: 5, ..Dropped::new(on, None, 9) }.into());
        message(&mut interval, "ops", "n", Sequence::Exact(109));
        let recorded = describe(&knows(&[("ops", 100)]).add_missed(Arc::new(interval)));
        assert!(recorded.contains(&"≥3 of 101..108".to_owned()), "{recorded:?}");
    }
}
