//! The bounded queue: sending never waits, only messages are dropped, and dropped messages are reported.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use aircheck::ledger::dropped::Dropped;
use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::interval::{Entry, Interval, Link, LinkState};
use aircheck::ledger::sequence::{Channel, Reading, Sequence, UnknownReason};
use aircheck::redis::queue::{Receiver, queue};
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
    Entry::from(Finding {
        kind,
        channel: channel(),
        sequence_from: Some(number),
        sequence_to: None,
        count: None,
        at: 0,
        cause,
    })
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

/// The dropped messages among the entries.
fn dropped(intervals: &[Arc<Interval>]) -> impl Iterator<Item = &Dropped> {
    intervals.iter().flat_map(|interval| interval.entries()).filter_map(|entry| match entry {
        Entry::Dropped(dropped) => Some(&**dropped),
        _ => None,
    })
}

fn count(intervals: &[Arc<Interval>]) -> u64 {
    dropped(intervals).map(|dropped| dropped.count).sum()
}

#[test]
fn oldest_messages_are_dropped_and_counted_and_other_entries_kept() {
    let (sender, receiver) = queue(20_000);
    let (mut sent, mut delivered) = (0, 0);
    let (mut findings, mut links, mut last) = (Vec::new(), Vec::new(), None);
    let mut all_dropped = 0;
    for round in 0..1000_u32 {
        let mut interval = Interval::default();
        for _ in 0..fastrand::u64(0..20) {
            sent += 1;
            message(&mut interval, sent);
        }
        interval.push(finding(round.into()));
        interval.push(link(round.into()));
        interval.push(Entry::Counter { channel: channel(), reading: Reading::Value(sent), server: None, at: 0 });
        interval.push(Entry::Barrier { round_trip: 0, at: 0 });
        sender.send(Arc::new(interval));
        if fastrand::u32(0..50) > 0 && round < 999 {
            continue;
        }
        let intervals = drain(&receiver);
        // In stream order, each number once: dropped or delivered.
        let mut next = delivered + all_dropped + 1;
        for entry in intervals.iter().flat_map(|interval| interval.entries()) {
            match entry {
                Entry::Dropped(dropped) => {
                    assert_eq!(dropped.channel, Some(channel()));
                    assert_eq!(dropped.range, Some((next, next + dropped.count - 1)));
                    next += dropped.count;
                }
                Entry::Message(message) => {
                    assert_eq!(message.sequence, Sequence::Exact(next));
                    next += 1;
                }
                _ => {}
            }
        }
        assert_eq!(next, sent + 1);
        all_dropped += count(&intervals);
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
                Entry::Finding(finding) => findings.extend(finding.sequence_from),
                Entry::Link(link) => links.push(link.at),
                Entry::Counter { reading, .. } => last = Some(reading.clone()),
                _ => {}
            }
        }
    }
    assert_eq!(delivered + all_dropped, sent);
    assert!(all_dropped > 0, "the bound was never reached");
    assert_eq!(findings, (0..1000).collect::<Vec<_>>());
    assert_eq!(links, (0..1000).collect::<Vec<_>>());
    assert_eq!(last, Some(Reading::Value(sent)));
}

#[test]
fn an_idle_consumer_takes_bounded_time_and_memory() {
    let (sender, receiver) = queue(100_000);
    let started = Instant::now();
    for number in 0..200_000 {
        let mut interval = Interval::default();
        if number == 0 {
            interval.push(finding(0));
        }
        message(&mut interval, number);
        interval.push(Entry::Counter { channel: channel(), reading: Reading::Value(number), server: None, at: 0 });
        interval.push(Entry::Barrier { round_trip: 0, at: 0 });
        sender.send(Arc::new(interval));
    }
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let intervals = drain(&receiver);
    let size: usize = intervals.iter().map(|interval| interval.size()).sum();
    assert!(size < 120_000, "{size} bytes");
    assert_eq!(intervals.iter().map(|interval| interval.messages() as u64).sum::<u64>() + count(&intervals), 200_000);
    let ranges: Vec<_> = dropped(&intervals).map(|dropped| dropped.range).collect();
    assert_eq!(ranges, [Some((0, count(&intervals) - 1))], "one entry, however many were dropped");
}

#[test]
fn findings_of_an_idle_consumer_are_bounded_and_counted() {
    let (sender, receiver) = queue(100_000);
    for number in 0..200_000 {
        let mut interval = Interval::default();
        interval.push(finding(number));
        sender.send(Arc::new(interval));
    }
    let intervals = drain(&receiver);
    let size: usize = intervals.iter().map(|interval| interval.size()).sum();
    assert!(size < 50 << 20, "{size} bytes");
    let kept: Vec<&Entry> = intervals.iter().flat_map(|interval| interval.entries()).collect();
    let findings: u64 = dropped(&intervals).map(|dropped| dropped.findings).sum();
    assert_eq!(kept.len() as u64 - dropped(&intervals).count() as u64 + findings, 200_000);
    assert!(findings > 0 && count(&intervals) == 0);
    let Some(Entry::Finding(last)) = kept.last() else { panic!("the newest are kept") };
    assert_eq!(last.sequence_from, Some(199_999));
}

/// The size of the intervals with everything that they point to, in MiB.
fn mebibytes(intervals: &[Arc<Interval>]) -> usize {
    intervals.iter().map(|interval| interval.size()).sum::<usize>() >> 20
}

#[test]
fn long_texts_take_bounded_memory_and_the_newest_findings_are_kept() {
    let (sender, receiver) = queue(10);
    let reason: Arc<str> = "x".repeat(1 << 20).into();
    for at in 0..500 {
        let mut interval = Interval::default();
        interval.push(Entry::Link(Link {
            state: LinkState::Disconnected,
            reason: Some(Arc::clone(&reason)),
            channel: None,
            server: None,
            at,
        }));
        let cause = Cause::Disconnected { reason: Arc::clone(&reason), duration_micros: 1, lower_bound: false };
        interval.push(Entry::from(Finding {
            kind: FindingKind::MissedDisconnected,
            channel: channel(),
            sequence_from: None,
            sequence_to: None,
            count: None,
            at,
            cause,
        }));
        sender.send(Arc::new(interval));
    }
    let intervals = drain(&receiver);
    assert!(mebibytes(&intervals) < 40, "{} MiB", mebibytes(&intervals));
    let entries = || intervals.iter().flat_map(|interval| interval.entries());
    let kept = entries().filter(|entry| matches!(entry, Entry::Finding(_))).count() as u64;
    assert_eq!(kept + dropped(&intervals).map(|dropped| dropped.findings).sum::<u64>(), 500);
    assert_eq!(entries().last().map(Entry::at), Some(499));
}

#[test]
fn long_names_of_unlimited_channels_take_bounded_memory() {
    let name = |number: u32| Channel::new(format!("{number}{}", "x".repeat(1 << 20)).as_bytes());
    // Only messages; then only findings.
    for (is_finding, sent, limit) in [(false, 60, 40), (true, 140, 120)] {
        let (sender, receiver) = queue(10);
        for number in 0..sent {
            let mut interval = Interval::default();
            if is_finding {
                let cause = Cause::ClockSkew { seconds: 1 };
                interval.push(Entry::from(Finding {
                    kind: FindingKind::ClockSkew,
                    channel: name(number),
                    sequence_from: None,
                    sequence_to: None,
                    count: None,
                    at: 0,
                    cause,
                }));
            } else {
                let unknown = Sequence::Unknown(UnknownReason::CounterUnreadable);
                interval.push_message(b"x", 0, name(number), unknown, Verdict::Unsigned, None, None);
            }
            sender.send(Arc::new(interval));
        }
        let intervals = drain(&receiver);
        assert!(mebibytes(&intervals) < limit, "{} MiB", mebibytes(&intervals));
        if is_finding {
            let entries = intervals.iter().flat_map(|interval| interval.entries());
            let kept = entries.filter(|entry| matches!(entry, Entry::Finding(_))).count() as u64;
            assert_eq!(kept + dropped(&intervals).map(|dropped| dropped.findings).sum::<u64>(), u64::from(sent));
        } else {
            assert_eq!(count(&intervals), u64::from(sent) - 1);
        }
        assert!(dropped(&intervals).any(|dropped| dropped.channel.is_none() && dropped.range.is_none()));
    }
}

#[test]
fn an_interval_of_any_size_fits() {
    let (sender, receiver) = queue(10);
    for first in [1, 51] {
        let mut interval = Interval::default();
        (first..first + 50).for_each(|number| message(&mut interval, number));
        sender.send(Arc::new(interval));
    }
    let intervals = drain(&receiver);
    assert_eq!(intervals.iter().map(|interval| interval.messages()).collect::<Vec<_>>(), [0, 50]);
    let ranges: Vec<_> = dropped(&intervals).map(|dropped| (dropped.range, dropped.count)).collect();
    assert_eq!(ranges, [(Some((1, 50)), 50)]);
}

#[test]
fn dropped_messages_are_reported_by_channel_and_position_with_known_numbers() {
    let (sender, receiver) = queue(10);
    let mut interval = Interval::default();
    let mut push = |name: &str, at, sequence| {
        interval.push_message(b"x", at, Channel::new(name.as_bytes()), sequence, Verdict::Unsigned, None, None);
    };
    push("a", 1, Sequence::Exact(7));
    push("b", 2, Sequence::Range { from: 1, to: 5 });
    push("a", 3, Sequence::Inferred(8));
    push("b", 4, Sequence::Range { from: 1, to: 5 });
    push("c", 5, Sequence::Unknown(UnknownReason::CounterUnreadable));
    push("a", 6, Sequence::Unknown(UnknownReason::NoBarrier));
    push("c", 7, Sequence::Unknown(UnknownReason::CounterUnreadable));
    interval.push(finding(9));
    message(&mut interval, 1);
    sender.send(Arc::new(interval));
    let mut later = Interval::default();
    message(&mut later, 2);
    sender.send(Arc::new(later));
    let mut last = Interval::default();
    message(&mut last, 3);
    sender.send(Arc::new(last));

    let intervals = drain(&receiver);
    let describe = |entry: &Entry| match entry {
        Entry::Dropped(dropped) => {
            let channel = String::from_utf8(dropped.channel.as_ref().unwrap().as_bytes().to_vec()).unwrap();
            format!("{channel}: {} at {}..{}", dropped.line(), dropped.at, dropped.until)
        }
        Entry::Message(message) => format!("message {:?}", message.sequence),
        Entry::Finding(_) => "finding".to_owned(),
        _ => "other".to_owned(),
    };
    let entries: Vec<String> = intervals.iter().flat_map(|interval| interval.entries()).map(describe).collect();
    assert_eq!(
        entries,
        [
            "a: 2 dropped #7–8 at 1..3",
            "b: 2 dropped among #1–5 at 2..4",
            "c: 2 dropped at 5..7",
            "a: 1 dropped at 6..6",
            "finding",
            "ops: 2 dropped #1–2 at 0..0",
            "message Exact(3)",
        ]
    );
}

#[test]
fn dropped_messages_of_unlimited_channels_take_bounded_memory() {
    let (sender, receiver) = queue(10);
    for number in 0..50_000_u32 {
        let mut interval = Interval::default();
        let unknown = Sequence::Unknown(UnknownReason::CounterUnreadable);
        interval.push_message(b"x", 0, Channel::new(&number.to_le_bytes()), unknown, Verdict::Unsigned, None, None);
        sender.send(Arc::new(interval));
    }
    let intervals = drain(&receiver);
    assert_eq!(count(&intervals), 49_999);
    assert_eq!(dropped(&intervals).count(), 10_001);
    let rest = dropped(&intervals).find(|dropped| dropped.channel.is_none()).unwrap();
    assert_eq!((rest.count, rest.range), (39_999, None));
}
