//! Counts messages, findings and changes of the link.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::ledger::expectation::{ExpectationState, ExpectationStatus};
use crate::ledger::finding::FindingKind;
use crate::ledger::interval::{Entry, Interval, Link, LinkState};
use crate::ledger::sequence::{Channel, Reading};
use crate::recording::codes::VERDICTS;
use crate::redis::subscription::is_pattern;
use crate::wire::verdict::Verdict;

/// The most channels with metrics of their own.
const MAX_DECLARED: usize = 1_000;

/// The upper bounds of the histogram of round trips, in microseconds.
pub(super) const ROUND_TRIP_BOUNDS: [u64; 12] =
    [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000];

/// The counts of a run, shared between threads.
#[derive(Debug)]
pub(crate) struct TrafficCounter {
    traffic: Mutex<Traffic>,
    /// Receives each change of the link, for the log. Few are queued, because the subscription waits before it reconnects.
    links: UnboundedSender<Link>,
}

/// The counts of a run.
#[derive(Debug, Clone)]
pub(crate) struct Traffic {
    /// The counts by channel. The first element is for all channels that are not declared.
    pub(super) channels: Vec<ChannelTraffic>,
    /// The index of each declared channel in `channels`.
    declared: HashMap<Channel, usize>,
    pub(super) payload_bytes: u64,
    /// The number of broadcasts that the findings of each kind are about. Unknown numbers count as 0.
    pub(super) finding_broadcasts: [u64; FindingKind::ALL.len()],
    /// The number of messages that were dropped, because the consumer was too slow.
    pub(super) dropped: u64,
    /// The state of the link; none before the first one.
    pub(super) link: Option<LinkState>,
    /// The number of round trips up to each bound, not cumulated, and of the longer ones.
    pub(super) round_trips: [u64; ROUND_TRIP_BOUNDS.len() + 1],
    /// The sum of the round trips, in microseconds.
    pub(super) round_trip_sum: u64,
    /// The subscribed channels and patterns.
    names: Vec<Channel>,
    /// Those of them that the server denies.
    denied: HashSet<Channel>,
    /// A message was received since the last denial.
    received_since_denial: bool,
}

/// The counts of a channel, or of all channels that are not declared.
#[derive(Debug, Clone)]
pub(super) struct ChannelTraffic {
    /// None for all channels that are not declared.
    pub(super) channel: Option<Channel>,
    /// The number of messages of each verdict, in the order of [`VERDICTS`].
    pub(super) verdicts: [u64; VERDICTS.len()],
    /// The number of findings of each kind, in the order of [`FindingKind::ALL`].
    pub(super) findings: [u64; FindingKind::ALL.len()],
    /// When the last message was received, in microseconds since the epoch.
    pub(super) last_message: Option<i64>,
    /// The last reading of the counter.
    pub(super) sequence: Option<u64>,
    /// The states of expectations, by title and channel.
    expectations: BTreeMap<(Arc<str>, Channel), ExpectationState>,
}

impl ChannelTraffic {
    fn new(channel: Option<Channel>) -> Self {
        Self {
            channel,
            verdicts: [0; VERDICTS.len()],
            findings: [0; FindingKind::ALL.len()],
            last_message: None,
            sequence: None,
            expectations: BTreeMap::new(),
        }
    }

    /// The titles of its expectations, and whether all channels meet them; none if that is not known of any.
    pub(super) fn expectations(&self) -> BTreeMap<&str, Option<bool>> {
        let mut met = BTreeMap::new();
        for ((title, _), state) in &self.expectations {
            let all: &mut Option<bool> = met.entry(&**title).or_default();
            *all = match (*all, state.is_met()) {
                (Some(one), Some(other)) => Some(one && other),
                (one, other) => one.or(other),
            };
        }
        met
    }
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            channels: vec![ChannelTraffic::new(None)],
            declared: HashMap::new(),
            payload_bytes: 0,
            finding_broadcasts: [0; FindingKind::ALL.len()],
            dropped: 0,
            link: None,
            round_trips: [0; ROUND_TRIP_BOUNDS.len() + 1],
            round_trip_sum: 0,
            names: Vec::new(),
            denied: HashSet::new(),
            received_since_denial: false,
        }
    }
}

impl TrafficCounter {
    /// A counter, and the receiver of changes of the link.
    pub(crate) fn new() -> (Self, UnboundedReceiver<Link>) {
        let (links, changes) = unbounded_channel();
        (Self { traffic: Mutex::default(), links }, changes)
    }

    /// Sets the subscribed channels and patterns. The channels get metrics of their own, and keep them.
    pub(crate) fn set_channels(&self, channels: &[Vec<u8>]) {
        let mut traffic = self.lock();
        traffic.names = channels.iter().map(|name| Channel::new(name)).collect();
        for name in channels.iter().filter(|name| !is_pattern(name)) {
            traffic.declare(&Channel::new(name));
        }
        let Traffic { names, denied, .. } = &mut *traffic;
        denied.retain(|name| names.contains(name));
    }

    /// The counts.
    pub(crate) fn now(&self) -> Traffic {
        self.lock().clone()
    }

    /// Counts an interval.
    pub(crate) fn add(&self, interval: &Interval) {
        let mut traffic = self.lock();
        traffic.payload_bytes += interval.payload_bytes() as u64;
        // The channels of the interval, by number, so that each is looked up once.
        let mut known: Vec<Option<usize>> = Vec::new();
        for entry in interval.entries() {
            if let Entry::Message(message) = entry {
                let number = Interval::channel_number(message);
                if known.len() <= number {
                    known.resize(number + 1, None);
                }
                let index = *known[number].get_or_insert_with(|| traffic.index(interval.channel(message)));
                traffic.message(index, message.verdict, message.at);
                continue;
            }
            traffic.entry(entry);
            if let Entry::Link(link) = entry {
                // The receiver is gone only while the program ends, or nobody logs the link.
                let _ = self.links.send(link.clone());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Traffic {
    /// Gives a channel counts of its own.
    pub(super) fn declare(&mut self, channel: &Channel) {
        if self.channels.len() <= MAX_DECLARED && !self.declared.contains_key(channel) {
            self.declared.insert(channel.clone(), self.channels.len());
            self.channels.push(ChannelTraffic::new(Some(channel.clone())));
        }
    }

    fn index(&self, channel: &Channel) -> usize {
        self.declared.get(channel).copied().unwrap_or(0)
    }

    fn message(&mut self, index: usize, verdict: Verdict, at: i64) {
        self.received_since_denial = true;
        let channel = &mut self.channels[index];
        if let Some(index) = VERDICTS.iter().position(|known| *known == verdict) {
            channel.verdicts[index] += 1;
        }
        channel.last_message = Some(at);
    }

    fn entry(&mut self, entry: &Entry) {
        match entry {
            Entry::Finding(finding) => {
                let (index, kind) = (self.index(&finding.channel), finding.kind as usize);
                self.channels[index].findings[kind] += 1;
                let broadcasts = &mut self.finding_broadcasts[kind];
                *broadcasts = broadcasts.saturating_add(finding.count.unwrap_or(0));
            }
            Entry::Dropped(dropped) => self.dropped = self.dropped.saturating_add(dropped.count),
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
            Entry::Message(_) | Entry::Link(_) => {}
            Entry::Counter { channel, reading, .. } => {
                let index = self.index(channel);
                // The numbers of different channels cannot be compared.
                if index > 0 {
                    self.channels[index].sequence = match reading {
                        Reading::Value(value) => Some(*value),
                        Reading::Missing => Some(0),
                        Reading::Unreadable(_) => None,
                    };
                }
            }
            Entry::Expectation(status) => {
                let ExpectationStatus { title, channel, state, .. } = &**status;
                let index = self.index(channel);
                self.channels[index].expectations.insert((Arc::clone(title), channel.clone()), *state);
            }
            Entry::Barrier { round_trip, .. } => {
                let index = ROUND_TRIP_BOUNDS.partition_point(|bound| bound < round_trip);
                self.round_trips[index] += 1;
                self.round_trip_sum = self.round_trip_sum.saturating_add(*round_trip);
            }
        }
    }

    pub(crate) fn messages(&self) -> u64 {
        self.channels.iter().flat_map(|channel| channel.verdicts).sum()
    }

    pub(crate) fn rejected(&self) -> u64 {
        let rejected = |verdict: &Verdict| matches!(verdict, Verdict::Rejected(_));
        let of = |channel: &ChannelTraffic| {
            let counts = VERDICTS.iter().zip(channel.verdicts).filter(|(verdict, _)| rejected(verdict));
            counts.map(|(_, count)| count).sum::<u64>()
        };
        self.channels.iter().map(of).sum()
    }

    pub(crate) fn gaps(&self) -> u64 {
        let of = |channel: &ChannelTraffic| {
            let counts = FindingKind::ALL.iter().zip(channel.findings).filter(|(kind, _)| kind.is_gap());
            counts.map(|(_, count)| count).sum::<u64>()
        };
        self.channels.iter().map(of).sum()
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.link, Some(LinkState::Connected | LinkState::Live))
    }

    /// Whether the server denies every subscribed channel and pattern. A pattern that is denied only in part still delivers
    /// messages.
    pub(super) fn is_all_denied(&self) -> bool {
        !self.received_since_denial
            && !self.names.is_empty()
            && self.names.iter().all(|name| self.denied.contains(name))
    }

    pub(crate) fn link_name(&self) -> &'static str {
        self.link.map_or("connecting", LinkState::name)
    }
}

/// Whether an entry reports something other than the state of the link.
fn is_notice(state: LinkState) -> bool {
    matches!(state, LinkState::ClockSet | LinkState::DuplicateCheckIncomplete)
}
