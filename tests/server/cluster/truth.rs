//! Compares the messages and findings of a subscription with what was published on a cluster.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use aircheck::ledger::finding::FindingKind;
use aircheck::ledger::sequence::Sequence;

use super::servers::Cluster;
use crate::listening::Listening;

/// The sequence numbers of a channel's messages, in the order of receipt.
pub(super) fn numbers(listening: &Listening, channel: &str) -> Vec<Sequence> {
    listening.messages_of(channel).map(|message| message.sequence).collect()
}

pub(super) fn exact(numbers: std::ops::RangeInclusive<u64>) -> Vec<Sequence> {
    numbers.map(Sequence::Exact).collect()
}

/// Asserts that each number up to `last` was either received once, in order, or reported as missed once, and that there are no
/// other findings. Returns the number of missed messages.
pub(super) fn assert_conserved(listening: &Listening, channel: &str, last: u64) -> u64 {
    let mut missed = BTreeSet::new();
    for finding in listening.findings() {
        assert_eq!(finding.kind, FindingKind::MissedDisconnected, "{finding:?}");
        if finding.channel.as_bytes() == channel.as_bytes() {
            let (from, to) = (finding.sequence_from.unwrap(), finding.sequence_to.unwrap());
            assert_eq!(finding.count, Some(to - from + 1), "{finding:?}");
            missed.extend(from..=to);
        }
    }
    // Messages received during a slot migration have no number. They must fill the numbers that are otherwise unaccounted for.
    let mut expected = (1..=last).filter(|number| !missed.contains(number));
    for shown in numbers(listening, channel) {
        let number = expected.next();
        match shown {
            Sequence::Exact(shown) | Sequence::Inferred(shown) => assert_eq!(Some(shown), number, "{channel}"),
            Sequence::Unknown(_) => assert!(number.is_some(), "{channel}: more messages than numbers"),
            _ => panic!("{channel}: {shown:?}"),
        }
    }
    assert_eq!(expected.next(), None, "{channel}: neither received nor reported as missed");
    missed.len() as u64
}

/// Stops the load when dropped, so also if the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Publishes on the channels in turn, as fast as possible, until `meanwhile` returns. Returns the last sequence number, which is
/// the same on all channels.
pub(super) fn under_load(cluster: &Cluster, channels: &[String], meanwhile: impl FnOnce()) -> u64 {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let load = scope.spawn(|| {
            let mut publisher = cluster.publisher();
            let mut last = None;
            while last.is_none() || !stop.load(Ordering::Relaxed) {
                let next = last.map(|last: u64| last + 1);
                for channel in channels {
                    let number = publisher.insist(channel, "evt::1");
                    assert_eq!(number, next.unwrap_or(number), "{channel}");
                    last = Some(number);
                }
            }
            last.unwrap()
        });
        let stop = Stop(&stop);
        meanwhile();
        drop(stop);
        load.join().unwrap()
    })
}
