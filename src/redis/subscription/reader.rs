//! The state that outlives a connection: ledgers, waiting messages and findings.

use std::sync::Arc;

use tracing::field::display;

use super::barrier::{self, ExpectedReply};
use super::cluster::NodeReader;
use super::expecting::counter_of;
use super::ingest::{MAX_BATCH, Verified};
use super::interval_builder::{InsertAt, IntervalBuilder};
use super::shared::{Shared, lock};
use super::table::{CountedSource, CounterAccess, NameState, SubscribedName, SubscriptionTable};
use super::{SubscriptionSettings, link_change};
use crate::ledger::finding::Finding;
use crate::ledger::interval::{Entry, Link, LinkState};
use crate::ledger::known::ServerId;
use crate::ledger::sequence::{Channel, Reading};
use crate::ledger::throttle::Throttle;
use crate::wire::escape::escape;
use crate::wire::signature::Keyring;

pub(super) struct Reader {
    pub(super) table: SubscriptionTable,
    pub(super) builder: IntervalBuilder,
    /// The channels whose counters the next barrier reads, e.g. because they had messages since their last counter
    /// read.
    pub(super) dirty: Vec<usize>,
    /// The channels whose interval is closed but whose messages have no sequence numbers yet.
    settling: Vec<usize>,
    /// The keys that verify signatures.
    pub(super) keyring: Arc<Keyring>,
    /// The verified messages that are still to be checked for duplicates and clock skew.
    pub(super) verified: Vec<Verified>,
    throttle: Throttle,
    pub(super) shared: Shared,
    /// The server, for the log.
    pub(super) server: String,
    /// Set if this is the reader of a cluster node.
    pub(super) cluster_node: Option<NodeReader>,
    /// When the current barrier was requested, by the monotonic clock.
    pub(super) barrier_requested: i64,
    /// The reason that was last reported for a disconnection. Cleared when a connection is made. Repeated failures for the
    /// same reason are reported once.
    last_disconnect: Option<Arc<str>>,
    /// Whether a stalled connection attempt was reported since the last connection.
    is_stalled: bool,
    /// Whether it was reported that there are too many channels.
    pub(super) limit_reported: bool,
}

impl Reader {
    pub(super) fn new(settings: SubscriptionSettings, shared: Shared, cluster_node: Option<NodeReader>) -> Self {
        // A cluster rejects an `MGET` of keys in different slots.
        let uses_mget = cluster_node.is_none();
        Self {
            server: settings.target.to_string(),
            table: SubscriptionTable::new(
                settings.sequence_prefix,
                settings.channels,
                settings.known,
                settings.expected,
                uses_mget,
            ),
            builder: IntervalBuilder::default(),
            dirty: Vec::new(),
            settling: Vec::new(),
            verified: Vec::with_capacity(MAX_BATCH),
            keyring: settings.keyring,
            throttle: Throttle::default(),
            shared,
            cluster_node,
            barrier_requested: 0,
            last_disconnect: None,
            is_stalled: false,
            limit_reported: false,
        }
    }

    /// Records a connection to a server; `None` if the server's id is unknown. Nothing is subscribed yet.
    pub(super) fn connecting(&mut self, server: Option<Arc<ServerId>>) {
        self.table.connected(server);
        (self.last_disconnect, self.is_stalled) = (None, false);
        self.adopt_topology();
    }

    /// Marks a channel as dirty: the next barrier reads its counter.
    pub(super) fn mark_dirty(&mut self, channel: usize) {
        if !std::mem::replace(&mut self.table.channels[channel].dirty, true) {
            self.dirty.push(channel);
        }
    }

    /// Writes the commands of a barrier for the dirty channels and the channels at the `idle` indices. Returns the
    /// expected replies.
    pub(super) fn write_barrier(&mut self, idle: &[usize], out: &mut Vec<u8>) -> Vec<ExpectedReply> {
        self.barrier_requested = self.shared.monotonic();
        barrier::write(&mut self.table, &mut self.dirty, idle, out)
    }

    /// The server has accepted the name at this index; its messages follow.
    ///
    /// The counters of its channels are read at once, to find out what was missed.
    pub(super) fn subscribed(&mut self, name: usize, at: i64) {
        if self.table.names[name].is_pattern {
            self.find_stored_channels(name);
            // The pattern becomes the counted source again for the channels that it delivered on the last connection.
            for index in 0..self.table.channels.len() {
                let tracked = &mut self.table.channels[index];
                if tracked.source == CountedSource::None && tracked.pattern == Some(name) {
                    tracked.source = CountedSource::Pattern(name);
                    tracked.ledger.subscribed(at);
                    self.mark_dirty(index);
                }
            }
        } else {
            let channel = self.table.names[name].bytes.clone();
            let index = self.table.find(&channel);
            let tracked = &mut self.table.channels[index];
            if tracked.source == CountedSource::None {
                tracked.ledger.subscribed(at);
            }
            tracked.source = CountedSource::Channel;
            self.mark_dirty(index);
        }
    }

    /// The server has ended the subscription to the name at this index.
    ///
    /// The last messages of its channels do not wait for a barrier. If another pattern also matches a channel, counting
    /// continues with the next message that the other pattern delivers.
    pub(super) fn unsubscribed(&mut self, name: usize, at: i64) {
        self.settle();
        let reason: Arc<str> = "unsubscribed".into();
        let SubscribedName { bytes, is_pattern, .. } = self.table.names[name].clone();
        for index in 0..self.table.channels.len() {
            let tracked = &self.table.channels[index];
            let ends = match tracked.source {
                CountedSource::None => false,
                CountedSource::Channel => !is_pattern && tracked.channel.as_bytes() == bytes,
                CountedSource::Pattern(source) => source == name,
            };
            if ends {
                self.stop_counting(index, &reason, at);
            }
        }
        self.finish_stop();
    }

    /// Stops counting a channel's messages. Call [`settle`](Self::settle) before the first channel, and
    /// [`finish_stop`](Self::finish_stop) after the last one.
    pub(super) fn stop_counting(&mut self, index: usize, reason: &Arc<str>, at: i64) {
        let tracked = &mut self.table.channels[index];
        if tracked.source != CountedSource::None {
            tracked.closing = Some(tracked.ledger.disconnected(reason, at));
            tracked.source = CountedSource::None;
            tracked.dirty = false;
            tracked.first_entry = None;
            self.settling.push(index);
            self.expected_link_is_down(index, at);
        }
    }

    /// Numbers the last messages of the stopped channels without a barrier.
    pub(super) fn finish_stop(&mut self) {
        let channels = &self.table.channels;
        self.dirty.retain(|&channel| channels[channel].dirty);
        self.settle();
    }

    /// Whether this connection counts the messages that patterns deliver for this channel.
    pub(super) fn counts_here(&mut self, channel: &[u8]) -> bool {
        self.cluster_node.as_mut().is_none_or(|cluster_node| cluster_node.counts_here(channel))
    }

    /// Applies a counter that was read at this point of the stream. This closes the channel's interval. If `is_last` is set,
    /// the subscription ends after this barrier. Its reading is then sent even if it did not change, so that consumers can
    /// store the time up to which the channel was subscribed.
    pub(super) fn barrier(&mut self, index: usize, reading: Reading, at: i64, is_last: bool) {
        self.check_duplicates();
        if self.table.channels[index].closing.is_some() {
            self.settle();
        }
        let tracked = &mut self.table.channels[index];
        if tracked.source == CountedSource::None {
            return;
        }
        let closed = tracked.ledger.barrier(&reading, at);
        let counter = counter_of(&reading);
        tracked.closing = Some(closed.sequences);
        self.settling.push(index);
        let first = tracked.first_entry.take();
        let changed = tracked.reading.as_ref() != Some(&reading);
        let channel = tracked.channel.clone();
        for found in closed.findings {
            // A gap is inserted before the first message after it. A count mismatch follows the interval.
            let place = if found.kind.is_count_mismatch() { None } else { first.map(InsertAt::Before) };
            self.add_finding(found, place);
        }
        if changed || is_last {
            self.table.channels[index].reading = Some(reading.clone());
            let server = self.table.server.clone();
            self.builder.push(Entry::Counter { channel, reading, server, at });
        }
        self.expected_barrier(index, counter, at);
    }

    /// Assigns sequence numbers to the messages of the channels whose interval is closed.
    ///
    /// Callers delay this, because one pass over the waiting messages can serve many replies.
    pub(super) fn settle(&mut self) {
        if self.settling.is_empty() {
            return;
        }
        self.builder.settle(&mut self.table.channels);
        for channel in self.settling.drain(..) {
            self.table.channels[channel].closing = None;
        }
    }

    /// Numbers all waiting messages as far as possible without a barrier.
    pub(super) fn number_without_barrier(&mut self) {
        self.settle();
        let channels = &self.table.channels;
        self.builder.number_without_barrier(|channel| channels[channel].ledger.inferred());
    }

    pub(super) fn add_finding(&mut self, found: Finding, place: Option<InsertAt>) {
        let Some(passed) = self.throttle.pass(found) else { return };
        match place {
            Some(place) => self.builder.insert(place, passed.into()),
            None => self.builder.push(passed.into()),
        }
    }

    /// Adds the findings that the throttle has held back and that are due at `at`.
    pub(super) fn due(&mut self, at: i64) {
        self.check_duplicates();
        for found in self.throttle.due(at) {
            self.builder.push(found.into());
        }
    }

    /// Reports that a step of connecting has had no reply for too long.
    pub(super) fn connect_stalled(&mut self, reason: &Arc<str>, at: i64) {
        if std::mem::replace(&mut self.is_stalled, true) {
            return;
        }
        // A link that was reported as disconnected does not become stale.
        let is_down = self.last_disconnect.is_some();
        let state = if is_down { LinkState::Disconnected } else { LinkState::Stale };
        self.last_disconnect = is_down.then(|| Arc::clone(reason));
        self.link(link_change(state, Some(Arc::clone(reason)), at));
        self.enqueue();
    }

    /// Appends a link change. If it is a change of a cluster node's whole link, appends the resulting change of the combined
    /// link instead, if there is one, and sends it at once.
    pub(super) fn link(&mut self, link: Link) {
        self.log(&link);
        let Some(cluster_node) = self.cluster_node.as_ref().filter(|_| link.channel.is_none()) else {
            return self.builder.push(Entry::Link(link));
        };
        let links = cluster_node.links();
        let mut links = lock(&links);
        let wanted = self.table.names.iter().filter(|name| name.state != NameState::Dropped);
        if let Some(link) = cluster_node.link(&mut links, link, wanted.map(|name| &name.bytes[..])) {
            self.builder.push(Entry::Link(link));
            self.enqueue_settled();
        }
    }

    /// Logs a link change, except `Connected` and `Disconnected`: the code that opens or loses a connection logs these.
    fn log(&self, link: &Link) {
        let Link { state, channel, reason, .. } = link;
        let (server, state) = (display(&self.server), state.name());
        let channel = channel.as_ref().map(|channel| display(escape(channel.as_bytes())));
        let reason = reason.as_ref().map(|reason| display(escape(reason.as_bytes())));
        match link.state {
            LinkState::Connected | LinkState::Disconnected => {}
            LinkState::Live | LinkState::Granted => tracing::info!(server, channel, reason, "{state}"),
            LinkState::Stale
            | LinkState::Denied
            | LinkState::UnsubscribeFailed
            | LinkState::TooManyChannels
            | LinkState::ClockSet
            | LinkState::DuplicateCheckIncomplete => {
                tracing::warn!(server, channel, reason, "{state}");
            }
        }
    }

    /// Appends a link change that concerns one channel or pattern.
    pub(super) fn channel_link(&mut self, state: LinkState, name: &[u8], reason: Option<Arc<str>>, at: i64) {
        self.link(Link { channel: Some(Channel::new(name)), ..link_change(state, reason, at) });
    }

    /// Records that the connection was lost after the last frame, or that an attempt to connect failed.
    pub(super) fn disconnected(&mut self, reason: &Arc<str>, at: i64) {
        self.settle();
        for (index, tracked) in self.table.channels.iter_mut().enumerate() {
            if tracked.source != CountedSource::None {
                tracked.closing = Some(tracked.ledger.disconnected(reason, at));
                tracked.source = CountedSource::None;
                self.settling.push(index);
            }
            tracked.dirty = false;
            tracked.first_entry = None;
            tracked.access = CounterAccess::Mget;
        }
        self.dirty.clear();
        self.settle();
        self.due(at);
        for index in 0..self.table.channels.len() {
            self.expected_link_is_down(index, at);
        }
        if self.last_disconnect.as_ref() != Some(reason) {
            self.last_disconnect = Some(Arc::clone(reason));
            self.link(link_change(LinkState::Disconnected, Some(Arc::clone(reason)), at));
        }
        if let Some(cluster_node) = &self.cluster_node {
            cluster_node.report_lost();
        }
        self.enqueue();
    }

    /// Sends everything that is left when the subscription ends.
    pub(super) fn finish(&mut self) {
        self.number_without_barrier();
        self.due(i64::MAX);
        self.enqueue();
    }

    /// Sends the consumers all entries that do not wait for a barrier, including those after waiting messages.
    pub(super) fn enqueue_settled(&mut self) {
        self.check_duplicates();
        self.settle();
        if let Some(interval) = self.builder.take_settled() {
            self.shared.enqueue(interval);
        }
    }

    /// Sends the consumers all entries before the first waiting message.
    pub(super) fn enqueue(&mut self) {
        self.check_duplicates();
        self.settle();
        if let Some(interval) = self.builder.take() {
            self.shared.enqueue(interval);
        }
    }
}
