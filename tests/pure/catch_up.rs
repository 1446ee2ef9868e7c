//! The findings that are added when a recording is continued.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

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
            assert_eq!(finding.count, Some(to - from + 1));
            let sign = if lower_bound { "≥" } else { "" };
            let lost = lost.map(|lost| format!(" {lost} lost")).unwrap_or_default();
            format!("{sign}{from}..{to}{lost}")
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
    let filled = catch_up.fill(Arc::new(interval));
    assert_eq!(describe(&filled), ["n1", "4..5", "o6", "o7", "b", "counter"]);

    let mut interval = Interval::default();
    message(&mut interval, "ops", "o20", Sequence::Exact(20));
    interval.push(counter("idle", 4));
    let filled = catch_up.fill(Arc::new(interval));
    assert_eq!(describe(&filled), ["o20", "2..4", "counter"], "the subscription itself reports later gaps");
}

#[test]
fn a_message_without_a_number_waits_for_the_counter() {
    let mut catch_up = knows(&[("ops", 3)]);
    let mut interval = Interval::default();
    message(&mut interval, "ops", "?", Sequence::Unknown(UnknownReason::ReceivedNotCounted));
    let interval = Arc::new(interval);
    assert!(Arc::ptr_eq(&catch_up.fill(Arc::clone(&interval)), &interval), "nothing is copied without need");
    let mut interval = Interval::default();
    message(&mut interval, "ops", "?", Sequence::Unknown(UnknownReason::ReceivedNotCounted));
    interval.push(counter("ops", 5));
    assert_eq!(describe(&catch_up.fill(Arc::new(interval))), ["4..5", "?", "counter"]);
}

#[test]
fn a_counter_that_decreased_is_not_a_gap() {
    let mut catch_up = knows(&[("ops", 30)]);
    let mut interval = Interval::default();
    message(&mut interval, "ops", "o2", Sequence::Exact(2));
    assert_eq!(describe(&catch_up.fill(Arc::new(interval))), ["o2"]);
}

#[test]
fn missed_messages_are_a_lower_bound_unless_the_server_is_the_same() {
    let fill = |server: Option<Arc<ServerId>>| {
        let mut interval = Interval::default();
        message(&mut interval, "ops", "o6", Sequence::Exact(6));
        interval.push(Entry::Counter { channel: channel("ops"), reading: Reading::Value(6), server, at: 9 });
        describe(&knows(&[("ops", 3)]).fill(Arc::new(interval)))
    };
    assert_eq!(fill(server("run")), ["4..5", "o6", "counter"]);
    assert_eq!(fill(server("another run")), ["≥4..5", "o6", "counter"]);
    assert_eq!(fill(None), ["≥4..5", "o6", "counter"]);
}

#[test]
fn what_a_killed_recorder_had_received_is_lost() {
    let fill = |lost, now| {
        let known =
            KnownCounter { channel: channel("ops"), counter: 3, server: server("run"), at: 5, lost: Some(lost) };
        let mut interval = Interval::default();
        interval.push(counter("ops", now));
        describe(&CatchUp::new(&[known]).fill(Arc::new(interval)))
    };
    assert_eq!(fill(0, 9), ["4..9 0 lost", "counter"]);
    assert_eq!(fill(2, 9), ["4..9 2 lost", "counter"]);
    assert_eq!(fill(2, 5), ["4..5 2 lost", "counter"]);
    assert_eq!(fill(2, 4), ["counter"], "the counter decreased");
}
