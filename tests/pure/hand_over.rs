//! The hand-over: never waits, loses nothing but messages, and counts those.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::interval::{Entry, Interval, Link, LinkState};
use aircheck::ledger::sequence::{Channel, Reading, Sequence};
use aircheck::redis::hand_over::{Receiver, hand_over};
use aircheck::wire::verdict::Verdict;

fn channel() -> Channel {
    Channel::new(b"ops")
}

fn message(interval: &mut Interval, number: u64) {
    interval.push_message(&[b'x'; 100], 0, channel(), Sequence::Exact(number), Verdict::Unsigned, None, None);
}

fn finding(number: u64) -> Entry {
    let cause = Cause::Reset { before: number, after: None };
    let kind = FindingKind::CounterReset;
    Entry::from(Finding { kind, channel: channel(), from: Some(number), to: None, count: None, at: 0, cause })
}

fn link(at: i64) -> Entry {
    Entry::Link(Link { state: LinkState::Live, reason: None, channel: None, server: None, at })
}

fn drain(receiver: &Receiver) -> Vec<Arc<Interval>> {
    let mut intervals = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    assert!(runtime.is_ok_and(|runtime| runtime.block_on(receiver.drain(&mut intervals))));
    intervals
}

#[test]
fn the_oldest_messages_are_dropped_and_counted_and_nothing_else_is_lost() {
    let (sender, receiver) = hand_over(20_000);
    let (mut sent, mut delivered) = (0, 0);
    let (mut findings, mut links, mut last) = (Vec::new(), Vec::new(), None);
    for round in 0..1000_u32 {
        let mut interval = Interval::default();
        for _ in 0..fastrand::u64(0..20) {
            sent += 1;
            message(&mut interval, sent);
        }
        interval.push(finding(round.into()));
        interval.push(link(round.into()));
        interval.push(Entry::Counter { channel: channel(), reading: Reading::Value(sent), at: 0 });
        interval.push(Entry::Barrier { round_trip: 0, at: 0 });
        sender.send(Arc::new(interval));
        if fastrand::u32(0..50) > 0 && round < 999 {
            continue;
        }
        let intervals = drain(&receiver);
        let mut expected = sent;
        for interval in intervals.iter().rev() {
            delivered += interval.messages() as u64;
            for entry in interval.entries().iter().rev() {
                if let Entry::Message(message) = entry {
                    assert_eq!(message.sequence, Sequence::Exact(expected), "the newest are kept, without a hole");
                    expected -= 1;
                }
            }
        }
        for entry in intervals.iter().flat_map(|interval| interval.entries()) {
            match entry {
                Entry::Finding(finding) => findings.extend(finding.from),
                Entry::Link(link) => links.push(link.at),
                Entry::Counter { reading, .. } => last = Some(reading.clone()),
                _ => {}
            }
        }
    }
    assert_eq!(delivered + receiver.dropped(), sent);
    assert!(receiver.dropped() > 0, "the bound was never reached");
    assert_eq!(findings, (0..1000).collect::<Vec<_>>());
    assert_eq!(links, (0..1000).collect::<Vec<_>>());
    assert_eq!(last, Some(Reading::Value(sent)));
}

#[test]
fn a_consumer_that_never_comes_costs_neither_time_nor_memory() {
    let (sender, receiver) = hand_over(100_000);
    let started = Instant::now();
    for number in 0..200_000 {
        let mut interval = Interval::default();
        if number == 0 {
            interval.push(finding(0));
        }
        message(&mut interval, number);
        interval.push(Entry::Counter { channel: channel(), reading: Reading::Value(number), at: 0 });
        interval.push(Entry::Barrier { round_trip: 0, at: 0 });
        sender.send(Arc::new(interval));
    }
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let intervals = drain(&receiver);
    let size: usize = intervals.iter().map(|interval| interval.size()).sum();
    assert!(size < 120_000, "{size} bytes");
    assert_eq!(intervals.iter().map(|interval| interval.messages() as u64).sum::<u64>() + receiver.dropped(), 200_000);
}

#[test]
fn findings_that_nobody_takes_are_bounded_too_and_none_goes_uncounted() {
    let (sender, receiver) = hand_over(100_000);
    for number in 0..200_000 {
        let mut interval = Interval::default();
        interval.push(finding(number));
        sender.send(Arc::new(interval));
    }
    let intervals = drain(&receiver);
    let size: usize = intervals.iter().map(|interval| interval.size()).sum();
    assert!(size < 20 << 20, "{size} bytes");
    let kept: Vec<&Entry> = intervals.iter().flat_map(|interval| interval.entries()).collect();
    assert_eq!(kept.len() as u64 + receiver.dropped(), 200_000);
    assert!(receiver.dropped() > 0);
    let Some(Entry::Finding(last)) = kept.last() else { panic!("the newest are kept") };
    assert_eq!(last.from, Some(199_999));
}

#[test]
fn one_interval_fits_however_large_it_is() {
    let (sender, receiver) = hand_over(10);
    for first in [1, 51] {
        let mut interval = Interval::default();
        (first..first + 50).for_each(|number| message(&mut interval, number));
        sender.send(Arc::new(interval));
    }
    let intervals = drain(&receiver);
    assert_eq!(intervals.iter().map(|interval| interval.messages()).collect::<Vec<_>>(), [50]);
    assert_eq!(receiver.dropped(), 50);
}
