//! What really happened on a cluster, against what was shown of it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use aircheck::ledger::finding::FindingKind;
use aircheck::ledger::sequence::Sequence;

use super::servers::Cluster;
use crate::listening::Listening;

/// The numbers of a channel's messages, in the order in which they came.
pub(super) fn numbers(listening: &Listening, channel: &str) -> Vec<Sequence> {
    listening.messages_of(channel).map(|message| message.sequence).collect()
}

pub(super) fn exact(numbers: std::ops::RangeInclusive<u64>) -> Vec<Sequence> {
    numbers.map(Sequence::Exact).collect()
}

/// Every number up to `last` was shown once, in its order, or said to be missed once; nothing else was found. Gives how
/// many were missed.
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
    // What could not be numbered while its slot was under way stands where the numbers are that nothing else accounts for.
    let mut expected = (1..=last).filter(|number| !missed.contains(number));
    for shown in numbers(listening, channel) {
        let number = expected.next();
        match shown {
            Sequence::Exact(shown) | Sequence::Inferred(shown) => assert_eq!(Some(shown), number, "{channel}"),
            Sequence::Unknown(_) => assert!(number.is_some(), "{channel}: more messages than numbers"),
            Sequence::Range { .. } => panic!("{channel}: {shown:?}"),
        }
    }
    assert_eq!(expected.next(), None, "{channel}: neither shown nor said to be missed");
    missed.len() as u64
}

/// Stops the load, also where the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Publishes on the channels in turn, as fast as it goes, until the rest is done; gives the last number, the same on each.
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
