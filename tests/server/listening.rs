//! A subscription under test: collects its intervals, and waits for expected entries.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use aircheck::ledger::expectation::Expected;
use aircheck::ledger::finding::Finding;
use aircheck::ledger::interval::{Entry, Interval, Link, LinkState, Message};
use aircheck::ledger::known::KnownCounter;
use aircheck::ledger::sequence::{Channel, Reading};
use aircheck::redis::queue::{Receiver, queue};
use aircheck::redis::subscription::{Subscription, SubscriptionSettings};
use aircheck::redis::target::Target;
use aircheck::wire::signature::{Keyring, KeyringSettings};

use super::support::{LIMIT, RedisServer};

/// The prefix of counter keys.
pub(crate) const PREFIX: &str = "system_broadcast_sequence_";

pub(crate) struct Listening {
    subscription: Subscription,
    receiver: Receiver,
    runtime: tokio::runtime::Runtime,
    pub(crate) intervals: Vec<Arc<Interval>>,
}

/// A known counter without its server.
fn of_unknown_server((channel, counter, at): (Channel, u64, i64)) -> KnownCounter {
    KnownCounter { channel, counter, server: None, at, lost: None }
}

impl Listening {
    /// Subscribes without keys, and waits until the server has accepted every name.
    pub(crate) fn start(url: &str, names: &[&str]) -> Self {
        Self::start_with(url, names, Vec::new())
    }

    /// Like [`start`](Self::start), with counters known from an earlier run.
    pub(crate) fn start_with(url: &str, names: &[&str], known: Vec<(Channel, u64, i64)>) -> Self {
        let mut listening = Self::begin(url, names, known, KeyringSettings::default());
        listening.wait_for("the connection", |seen| seen.links(LinkState::Connected) == 1);
        listening
    }

    /// Subscribes without keys, and does not wait.
    pub(crate) fn start_at_once(url: &str, names: &[&str]) -> Self {
        Self::begin(url, names, Vec::new(), KeyringSettings::default())
    }

    /// Subscribes with keys, and waits until the server has accepted every name.
    pub(crate) fn start_judging(url: &str, names: &[&str], keys: KeyringSettings) -> Self {
        let mut listening = Self::begin(url, names, Vec::new(), keys);
        listening.wait_for("the connection", |seen| seen.links(LinkState::Connected) == 1);
        listening
    }

    fn begin(url: &str, names: &[&str], known: Vec<(Channel, u64, i64)>, keys: KeyringSettings) -> Self {
        let (sender, receiver) = queue(1 << 30);
        let settings = SubscriptionSettings {
            target: Target::parse(url).unwrap(),
            sequence_prefix: PREFIX.as_bytes().to_vec(),
            channels: names.iter().map(|name| name.as_bytes().to_vec()).collect(),
            keyring: Arc::new(Keyring::new(keys)),
            known: known.into_iter().map(of_unknown_server).collect(),
            duplicates: 1000,
            expected: Expected::default(),
        };
        let subscription = Subscription::start(settings, vec![sender]).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Self { subscription, receiver, runtime, intervals: Vec::new() }
    }

    /// Ends the subscription, and returns the remaining intervals.
    pub(crate) fn end(self) -> Vec<Arc<Interval>> {
        let Self { subscription, receiver, runtime, intervals } = self;
        drop(subscription);
        drain(&runtime, &receiver, intervals)
    }

    /// Ends the subscription after a last barrier, and receives the remaining intervals.
    pub(crate) fn finish(self) -> Vec<Arc<Interval>> {
        let Self { subscription, receiver, runtime, intervals } = self;
        subscription.finish();
        drain(&runtime, &receiver, intervals)
    }

    pub(crate) fn subscribe(&self, name: &str) {
        self.subscription.subscribe(vec![name.as_bytes().to_vec()]);
    }

    pub(crate) fn unsubscribe(&self, name: &str) {
        self.subscription.unsubscribe(vec![name.as_bytes().to_vec()]);
    }

    /// Receives intervals until the condition is true. After the time limit, panics with the received entries.
    pub(crate) fn wait_for(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !holds(self) {
            assert!(Instant::now() < deadline, "{what} did not come; the last that came: {:#?}", self.tail());
            let mut new = Vec::new();
            let patience = Duration::from_millis(100);
            let drained = async { tokio::time::timeout(patience, self.receiver.drain(&mut new)).await };
            if let Ok(open) = self.runtime.block_on(drained) {
                assert!(open, "the subscription ended");
            }
            self.intervals.extend(new);
        }
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.intervals.iter().flat_map(|interval| interval.entries())
    }

    pub(crate) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.entries().filter_map(|entry| match entry {
            Entry::Message(message) => Some(message),
            _ => None,
        })
    }

    /// The messages of one channel.
    pub(crate) fn messages_of<'a>(&'a self, channel: &'a str) -> impl Iterator<Item = &'a Message> {
        self.intervals.iter().flat_map(move |interval| {
            interval.entries().iter().filter_map(move |entry| match entry {
                Entry::Message(message) if interval.channel(message).as_bytes() == channel.as_bytes() => Some(message),
                _ => None,
            })
        })
    }

    pub(crate) fn payloads(&self) -> Vec<String> {
        let payloads = self.intervals.iter().flat_map(|interval| {
            interval.entries().iter().filter_map(|entry| match entry {
                Entry::Message(message) => Some(String::from_utf8_lossy(interval.payload(message)).into_owned()),
                _ => None,
            })
        });
        payloads.collect()
    }

    pub(crate) fn findings(&self) -> Vec<&Finding> {
        let findings = self.entries().filter_map(|entry| match entry {
            Entry::Finding(finding) => Some(&**finding),
            _ => None,
        });
        findings.collect()
    }

    pub(crate) fn link_changes(&self) -> impl Iterator<Item = &Link> {
        self.entries().filter_map(|entry| match entry {
            Entry::Link(link) => Some(link),
            _ => None,
        })
    }

    pub(crate) fn links(&self, state: LinkState) -> usize {
        self.link_changes().filter(|link| link.state == state).count()
    }

    /// The readings of a channel's counter, each different from the one before.
    pub(crate) fn counters(&self, channel: &str) -> Vec<&Reading> {
        let readings = self.entries().filter_map(|entry| match entry {
            Entry::Counter { channel: whose, reading, .. } if whose.as_bytes() == channel.as_bytes() => Some(reading),
            _ => None,
        });
        readings.collect()
    }

    pub(crate) fn barriers(&self) -> usize {
        self.entries().filter(|entry| matches!(entry, Entry::Barrier { .. })).count()
    }

    fn tail(&self) -> Vec<&Entry> {
        let entries: Vec<&Entry> = self.entries().collect();
        entries[entries.len().saturating_sub(12)..].to_vec()
    }
}

/// Receives until the subscription's thread has ended; panics after [`LIMIT`].
fn drain(
    runtime: &tokio::runtime::Runtime,
    receiver: &Receiver,
    mut intervals: Vec<Arc<Interval>>,
) -> Vec<Arc<Interval>> {
    let all = async { while receiver.drain(&mut intervals).await {} };
    let ended = runtime.block_on(async { tokio::time::timeout(LIMIT, all).await });
    assert!(ended.is_ok(), "the subscription did not end within {LIMIT:?}");
    intervals
}

/// Sends one broadcast like the package: `PUBLISH` and `INCR` in one transaction.
pub(crate) fn broadcast(server: &RedisServer, channel: &str, payload: &str) -> u64 {
    let mut connection = server.connection(0).unwrap();
    let (_, sequence): (u64, u64) = redis::pipe()
        .atomic()
        .publish(channel, payload)
        .incr(format!("{PREFIX}{channel}"), 1)
        .query(&mut connection)
        .unwrap();
    sequence
}
