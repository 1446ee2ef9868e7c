//! Counts what passes from the subscription to the writer, for the report and for the metrics.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::failure::{Failure, runtime};
use crate::ledger::finding::FindingKind;
use crate::ledger::interval::{Entry, Interval, Link, LinkState};
use crate::ledger::sequence::Channel;
use crate::recording::codes::VERDICTS;
use crate::recording::writer::Intake;
use crate::redis::queue::Receiver;
use crate::wire::verdict::Verdict;

/// The counts of a run, shared between threads.
#[derive(Debug)]
pub(super) struct TrafficCounter {
    traffic: Mutex<Traffic>,
    /// Receives each change of the link, for the log. Few are queued, because the subscription waits before it reconnects.
    links: UnboundedSender<Link>,
}

/// The counts of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Traffic {
    /// The number of messages of each verdict, in the order of [`VERDICTS`].
    pub(super) verdicts: [u64; VERDICTS.len()],
    pub(super) payload_bytes: u64,
    /// The number of findings of each kind, in the order of [`FindingKind::ALL`].
    pub(super) findings: [u64; FindingKind::ALL.len()],
    /// The number of broadcasts that the findings of each kind are about. Unknown numbers count as 0.
    pub(super) finding_broadcasts: [u64; FindingKind::ALL.len()],
    /// The state of the link; none before the first one.
    pub(super) link: Option<LinkState>,
    /// The round trip of the last barrier, in microseconds.
    pub(super) round_trip: Option<u64>,
    /// The subscribed channels and patterns.
    channels: Vec<Channel>,
    /// Those of them that the server denies.
    denied: HashSet<Channel>,
    /// A message was received since the last denial.
    received_since_denial: bool,
}

impl TrafficCounter {
    /// A counter, and the receiver of changes of the link.
    pub(super) fn new() -> (Self, UnboundedReceiver<Link>) {
        let (links, changes) = unbounded_channel();
        (Self { traffic: Mutex::default(), links }, changes)
    }

    /// Sets the subscribed channels and patterns.
    pub(super) fn set_channels(&self, channels: &[Vec<u8>]) {
        let mut traffic = self.lock();
        traffic.channels = channels.iter().map(|name| Channel::new(name)).collect();
        let Traffic { channels, denied, .. } = &mut *traffic;
        denied.retain(|name| channels.contains(name));
    }

    pub(super) fn now(&self) -> Traffic {
        self.lock().clone()
    }

    fn add(&self, interval: &Interval) {
        let mut traffic = self.lock();
        traffic.payload_bytes += interval.payload_bytes() as u64;
        for entry in interval.entries() {
            traffic.add(entry);
            if let Entry::Link(link) = entry {
                // The receiver is gone only while the program ends.
                let _ = self.links.send(link.clone());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Traffic {
    fn add(&mut self, entry: &Entry) {
        match entry {
            Entry::Message(message) => {
                self.received_since_denial = true;
                if let Some(index) = VERDICTS.iter().position(|verdict| *verdict == message.verdict) {
                    self.verdicts[index] += 1;
                }
            }
            Entry::Finding(finding) => {
                let index = finding.kind as usize;
                self.findings[index] += 1;
                let broadcasts = &mut self.finding_broadcasts[index];
                *broadcasts = broadcasts.saturating_add(finding.count.unwrap_or(0));
            }
            Entry::Link(link) if link.channel.is_none() && !is_notice(link.state) => {
                self.link = Some(link.state);
            }
            Entry::Link(Link { channel: Some(channel), state: LinkState::Denied, .. }) => {
                self.denied.insert(channel.clone());
                self.received_since_denial = false;
            }
            Entry::Link(Link { channel: Some(channel), state: LinkState::Granted, .. }) => {
                self.denied.remove(channel);
            }
            Entry::Barrier { round_trip, .. } => self.round_trip = Some(*round_trip),
            Entry::Dropped(_) | Entry::Link(_) | Entry::Counter { .. } | Entry::Standing(_) => {}
        }
    }

    pub(super) fn messages(&self) -> u64 {
        self.verdicts.iter().sum()
    }

    pub(super) fn rejected(&self) -> u64 {
        let rejected = |verdict: &Verdict| matches!(verdict, Verdict::Rejected(_));
        VERDICTS.iter().zip(self.verdicts).filter(|(verdict, _)| rejected(verdict)).map(|(_, count)| count).sum()
    }

    pub(super) fn gaps(&self) -> u64 {
        FindingKind::ALL.iter().zip(self.findings).filter(|(kind, _)| kind.is_gap()).map(|(_, count)| count).sum()
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.link, Some(LinkState::Connected | LinkState::Live))
    }

    /// Whether the server denies every subscribed channel and pattern. A pattern that is denied only in part still delivers messages.
    pub(super) fn is_all_denied(&self) -> bool {
        !self.received_since_denial
            && !self.channels.is_empty()
            && self.channels.iter().all(|name| self.denied.contains(name))
    }

    pub(super) fn link_name(&self) -> &'static str {
        self.link.map_or("connecting", LinkState::name)
    }
}

/// Whether an entry reports something other than the state of the link.
fn is_notice(state: LinkState) -> bool {
    matches!(state, LinkState::ClockSet | LinkState::DuplicateCheckIncomplete)
}

/// Passes intervals from the subscription's queue to the writer, and counts them.
pub(super) struct TrafficIntake {
    receiver: Receiver,
    /// For the writer's thread, which is not asynchronous.
    runtime: Runtime,
    traffic: Arc<TrafficCounter>,
}

impl TrafficIntake {
    pub(super) fn new(receiver: Receiver, traffic: Arc<TrafficCounter>) -> Result<Self, Failure> {
        Ok(Self { receiver, runtime: runtime()?, traffic })
    }
}

impl Intake for TrafficIntake {
    fn take(&mut self, timeout: Duration, into: &mut Vec<Arc<Interval>>) -> bool {
        let before = into.len();
        let drained = async { tokio::time::timeout(timeout, self.receiver.drain(into)).await };
        let is_open = self.runtime.block_on(drained).unwrap_or(true);
        for interval in &into[before..] {
            self.traffic.add(interval);
        }
        is_open
    }
}
