//! What outlives a connection: the channels' ledgers, and what is found in them.

use std::sync::Arc;

use super::barrier::{self, Expected};
use super::cluster::NodeReader;
use super::ingest::{BUNCH, Verified};
use super::interval_builder::{IntervalBuilder, Place};
use super::shared::Shared;
use super::table::{Access, Name, NameState, Source, Table};
use super::{Settings, link};
use crate::ledger::finding::{Finding, FindingKind};
use crate::ledger::interval::{Entry, Link, LinkState};
use crate::ledger::known::ServerId;
use crate::ledger::sequence::{Channel, Reading};
use crate::ledger::throttle::Throttle;
use crate::wire::signature::Keyring;

pub(super) struct Reader {
    pub(super) table: Table,
    pub(super) builder: IntervalBuilder,
    /// The channels with messages since their last barrier was asked for.
    pub(super) dirty: Vec<usize>,
    /// The channels whose messages are still to be given the numbers of their last barrier.
    closed: Vec<usize>,
    /// What messages are judged with.
    pub(super) keyring: Arc<Keyring>,
    /// The verified messages that are to be looked at closer, a bunch at a time.
    pub(super) verified: Vec<Verified>,
    throttle: Throttle,
    pub(super) shared: Shared,
    /// Where this is one node of a cluster.
    pub(super) cluster_node: Option<NodeReader>,
    /// The reason of the last disconnection, until something else is reported or a connection is made: attempts to connect
    /// that fail for the same reason are reported once.
    down: Option<Arc<str>>,
    /// Whether an attempt that stalls was reported since the last connection.
    is_stalled: bool,
    /// Whether it was said that there are more channels than are kept in mind.
    pub(super) is_full: bool,
}

impl Reader {
    pub(super) fn new(settings: Settings, shared: Shared, cluster_node: Option<NodeReader>) -> Self {
        // A cluster rejects to answer for counters in several slots together.
        let together = cluster_node.is_none();
        Self {
            table: Table::new(settings.sequence_prefix, settings.channels, settings.known, together),
            builder: IntervalBuilder::default(),
            dirty: Vec::new(),
            closed: Vec::new(),
            verified: Vec::with_capacity(BUNCH),
            keyring: settings.keyring,
            throttle: Throttle::default(),
            shared,
            cluster_node,
            down: None,
            is_stalled: false,
            is_full: false,
        }
    }

    /// A connection to that server is made; none if it is unknown which it is. Nothing is subscribed yet.
    pub(super) fn connecting(&mut self, server: Option<Arc<ServerId>>) {
        self.table.connected(server);
        (self.down, self.is_stalled) = (None, false);
        self.settle_owners();
    }

    /// Notes that a channel's counter is to be read with the next barrier.
    pub(super) fn mark_dirty(&mut self, channel: usize) {
        if !std::mem::replace(&mut self.table.channels[channel].dirty, true) {
            self.dirty.push(channel);
        }
    }

    /// Writes the commands of a barrier for these channels, and for those with `idle` indices; gives what is to be expected.
    pub(super) fn write_barrier(&mut self, idle: &[usize], out: &mut Vec<u8>) -> Vec<Expected> {
        barrier::write(&mut self.table, &mut self.dirty, idle, out)
    }

    /// The server has accepted the name of that index: its messages come from here on. The counters of its channels are
    /// read at once, for that tells what was missed.
    pub(super) fn subscribed(&mut self, name: usize, at: i64) {
        if self.table.names[name].is_pattern {
            // What this pattern brought before, it brings again.
            for index in 0..self.table.channels.len() {
                let tracked = &mut self.table.channels[index];
                if tracked.source == Source::None && tracked.pattern == Some(name) {
                    tracked.source = Source::Pattern(name);
                    tracked.ledger.subscribed(at);
                    self.mark_dirty(index);
                }
            }
        } else {
            let channel = self.table.names[name].bytes.clone();
            let index = self.table.find(&channel);
            let tracked = &mut self.table.channels[index];
            if tracked.source == Source::None {
                tracked.ledger.subscribed(at);
            }
            tracked.source = Source::Channel;
            self.mark_dirty(index);
        }
    }

    /// The server has ended the subscription to the name of that index: nothing comes by it from here on.
    ///
    /// What came last leaves without a barrier. A channel that another pattern brings too goes on with its next message.
    pub(super) fn unsubscribed(&mut self, name: usize, at: i64) {
        self.settle();
        let reason: Arc<str> = "unsubscribed".into();
        let Name { bytes, is_pattern, .. } = self.table.names[name].clone();
        for index in 0..self.table.channels.len() {
            let tracked = &self.table.channels[index];
            let ends = match tracked.source {
                Source::None => false,
                Source::Channel => !is_pattern && tracked.channel.as_bytes() == bytes,
                Source::Pattern(source) => source == name,
            };
            if ends {
                self.stop(index, &reason, at);
            }
        }
        self.stopped();
    }

    /// The messages of a channel are not counted from here on; no channel may wait to be given its numbers. At last comes
    /// [`stopped`](Self::stopped).
    pub(super) fn stop(&mut self, index: usize, reason: &Arc<str>, at: i64) {
        let tracked = &mut self.table.channels[index];
        if tracked.source != Source::None {
            tracked.closing = Some(tracked.ledger.disconnected(reason, at));
            tracked.source = Source::None;
            tracked.dirty = false;
            tracked.first_entry = None;
            self.closed.push(index);
        }
    }

    /// What came last of the channels that were stopped leaves without a barrier.
    pub(super) fn stopped(&mut self) {
        let channels = &self.table.channels;
        self.dirty.retain(|&channel| channels[channel].dirty);
        self.settle();
    }

    /// Whether what a pattern brings of a channel is counted on this connection.
    pub(super) fn counts(&mut self, channel: &[u8]) -> bool {
        self.cluster_node.as_mut().is_none_or(|cluster_node| cluster_node.counts(channel))
    }

    /// The counter's value at this point of the stream: closes the channel's interval.
    pub(super) fn barrier(&mut self, index: usize, reading: Reading, at: i64) {
        self.check_duplicates();
        if self.table.channels[index].closing.is_some() {
            self.settle();
        }
        let tracked = &mut self.table.channels[index];
        if tracked.source == Source::None {
            return;
        }
        let closed = tracked.ledger.barrier(&reading, at);
        tracked.closing = Some(closed.sequences);
        self.closed.push(index);
        let first = tracked.first_entry.take();
        let changed = tracked.reading.as_ref() != Some(&reading);
        let channel = tracked.channel.clone();
        for found in closed.findings {
            // What was missed stands before the first message after it; what does not balance, after the interval.
            let precedes = !matches!(found.kind, FindingKind::CountedNotReceived | FindingKind::ReceivedNotCounted);
            let place = first.filter(|_| precedes).map(Place::Before);
            self.found(found, place);
        }
        if changed {
            self.table.channels[index].reading = Some(reading.clone());
            let server = self.table.server.clone();
            self.builder.push(Entry::Counter { channel, reading, server, at });
        }
    }

    /// Gives numbers to the messages of the channels that the last answers have closed. An answer leaves this for later, so
    /// that many answers in a row take one walk over all that wait.
    pub(super) fn settle(&mut self) {
        if self.closed.is_empty() {
            return;
        }
        self.builder.settle(&mut self.table.channels);
        for channel in self.closed.drain(..) {
            self.table.channels[channel].closing = None;
        }
    }

    /// The messages that wait leave without a barrier.
    pub(super) fn give_up(&mut self) {
        self.settle();
        let channels = &self.table.channels;
        self.builder.give_up(|channel| channels[channel].ledger.inferred());
    }

    pub(super) fn found(&mut self, found: Finding, place: Option<Place>) {
        let Some(passed) = self.throttle.pass(found) else { return };
        match place {
            Some(place) => self.builder.insert(place, passed.into()),
            None => self.builder.push(passed.into()),
        }
    }

    /// Findings that go on are held back for a second: those that are due now.
    pub(super) fn due(&mut self, at: i64) {
        self.check_duplicates();
        for found in self.throttle.due(at) {
            self.builder.push(found.into());
        }
    }

    /// An attempt to connect waits for a reply for too long.
    pub(super) fn stalled(&mut self, reason: &Arc<str>, at: i64) {
        if std::mem::replace(&mut self.is_stalled, true) {
            return;
        }
        // A link that is down stays so.
        let is_down = self.down.is_some();
        let state = if is_down { LinkState::Disconnected } else { LinkState::Stale };
        self.down = is_down.then(|| Arc::clone(reason));
        self.link(link(state, Some(Arc::clone(reason)), at));
        self.enqueue();
    }

    /// Appends a change of the link; in a cluster, what it means for the links to all nodes together.
    pub(super) fn link(&mut self, link: Link) {
        let said = match &self.cluster_node {
            Some(cluster_node) if link.channel.is_none() => {
                let wanted = self.table.names.iter().filter(|name| name.state != NameState::Dropped);
                cluster_node.link(link, wanted.map(|name| &name.bytes[..]))
            }
            _ => Some(link),
        };
        if let Some(link) = said {
            self.builder.push(Entry::Link(link));
        }
    }

    /// A change that concerns one channel or pattern.
    pub(super) fn channel_link(&mut self, state: LinkState, name: &[u8], reason: Option<Arc<str>>, at: i64) {
        self.link(Link { channel: Some(Channel::new(name)), ..link(state, reason, at) });
    }

    /// Delivery has stopped somewhere after the last frame, or an attempt to connect has failed.
    pub(super) fn disconnected(&mut self, reason: &Arc<str>, at: i64) {
        self.settle();
        for (index, tracked) in self.table.channels.iter_mut().enumerate() {
            if tracked.source != Source::None {
                tracked.closing = Some(tracked.ledger.disconnected(reason, at));
                tracked.source = Source::None;
                self.closed.push(index);
            }
            tracked.dirty = false;
            tracked.first_entry = None;
            tracked.access = Access::Together;
        }
        self.dirty.clear();
        self.settle();
        self.due(at);
        if self.down.as_ref() != Some(reason) {
            self.down = Some(Arc::clone(reason));
            self.link(link(LinkState::Disconnected, Some(Arc::clone(reason)), at));
        }
        if let Some(cluster_node) = &self.cluster_node {
            cluster_node.lost();
        }
        self.enqueue();
    }

    /// Nobody wants any more: all that is left goes out.
    pub(super) fn end(&mut self) {
        self.give_up();
        self.due(i64::MAX);
        self.enqueue();
    }

    /// Hands over what does not wait, even if it is behind messages that do.
    pub(super) fn hand_over_settled(&mut self) {
        self.check_duplicates();
        self.settle();
        if let Some(interval) = self.builder.take_settled() {
            self.shared.enqueue(interval);
        }
    }

    /// Hands over what need not wait.
    pub(super) fn enqueue(&mut self) {
        self.check_duplicates();
        self.settle();
        if let Some(interval) = self.builder.take() {
            self.shared.enqueue(interval);
        }
    }
}
