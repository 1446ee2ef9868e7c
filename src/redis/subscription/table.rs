//! The tracked channels and the subscribed names.

use std::collections::HashMap;
use std::sync::Arc;

use super::is_pattern;
use crate::ledger::channel::{ChannelLedger, Sequences};
use crate::ledger::duplicates::Followed;
use crate::ledger::expectation::{Expected, Tracker};
use crate::ledger::known::{KnownCounter, ServerId};
use crate::ledger::sequence::{Channel, Reading};
use crate::wire::glob;

/// The maximum number of tracked channels. Each takes about 500 bytes, and its counter must be read regularly.
pub(super) const MAX_CHANNELS: usize = 200_000;

/// The subscription whose messages are counted. Redis delivers a message once for the channel and once for every matching
/// pattern, and only one of these copies may be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CountedSource {
    /// None yet on this connection. The first pattern that delivers a message becomes the source.
    None,
    /// The subscription to the channel itself.
    Channel,
    /// The pattern at this index.
    Pattern(usize),
}

/// How a channel's counter is read from a single server. On a cluster, every counter is read with `GET`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CounterAccess {
    /// With `MGET`, together with other counters.
    Mget,
    /// With `GET`, because `MGET` was rejected or the key is not a string.
    Probe,
    /// `MGET` found no string at the key, or `GET` found no key. Read with `MGET` after messages. Read with `GET` when idle,
    /// because only `GET` distinguishes a missing key from a key that is not a string.
    Absent,
    /// `MGET` no longer finds the counter. Read with `GET` to find out whether the key is missing or not a string.
    Lost,
    /// `GET` is denied but `MGET` is not. Read with `MGET`. If `MGET` does not find the counter, it counts as missing, because
    /// `GET` cannot be used to check whether the key is a string.
    MgetOnly,
    /// Access is denied. Read with `GET` whenever idle channels are read, in case access has been granted.
    Denied,
}

/// The state of one channel.
#[derive(Debug)]
pub(super) struct TrackedChannel {
    pub(super) channel: Channel,
    /// The key of the counter.
    pub(super) key: Vec<u8>,
    pub(super) ledger: ChannelLedger,
    pub(super) source: CountedSource,
    /// The pattern that last delivered, or is to deliver, the channel's messages. It becomes the source again on the next
    /// connection.
    pub(super) pattern: Option<usize>,
    pub(super) access: CounterAccess,
    /// Whether the next barrier reads the counter, e.g. because there were messages since the last counter read.
    pub(super) dirty: bool,
    /// The position of the first message since the last barrier.
    pub(super) first_entry: Option<u64>,
    /// The sequence numbers for the messages of its last closed interval, until they are assigned. A barrier closes the
    /// interval. A lost connection, an unsubscription and a moved slot also close it.
    pub(super) closing: Option<Sequences>,
    /// The number of the last interval with a message of this channel, and the channel's index in that interval.
    pub(super) number: Option<(u64, u32)>,
    /// The channel's handle in the duplicate check, once a message was verified.
    pub(super) followed: Option<Followed>,
    /// One tracker for each expectation that applies to the channel.
    pub(super) trackers: Vec<Tracker>,
    /// The last reading from this server that was sent to the consumers.
    pub(super) reading: Option<Reading>,
}

/// A channel or pattern to subscribe to.
#[derive(Debug, Clone)]
pub(super) struct SubscribedName {
    pub(super) bytes: Vec<u8>,
    pub(super) is_pattern: bool,
    pub(super) state: NameState,
}

/// The state of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameState {
    /// Requested, or about to be.
    Pending,
    /// Accepted by the server.
    Subscribed,
    /// Denied by the server.
    Denied,
    /// Unsubscribed. The name keeps its index, because replies and channels refer to it.
    Dropped,
}

/// All channels and names.
#[derive(Debug)]
pub(super) struct SubscriptionTable {
    prefix: Vec<u8>,
    /// Whether one `MGET` may read several counters.
    pub(super) uses_mget: bool,
    pub(super) names: Vec<SubscribedName>,
    pub(super) channels: Vec<TrackedChannel>,
    by_name: HashMap<Vec<u8>, usize>,
    index: HashMap<Channel, usize>,
    restored: HashMap<Channel, KnownCounter>,
    pub(super) expected: Expected,
    /// The server of the current or last connection; `None` if its id is unknown.
    pub(super) server: Option<Arc<ServerId>>,
    last: usize,
}

impl SubscriptionTable {
    pub(super) fn new(
        prefix: Vec<u8>,
        names: Vec<Vec<u8>>,
        known: Vec<KnownCounter>,
        expected: Expected,
        uses_mget: bool,
    ) -> Self {
        let restored = known.into_iter().map(|known| (known.channel.clone(), known)).collect();
        let mut table = Self {
            prefix,
            uses_mget,
            names: Vec::new(),
            channels: Vec::new(),
            by_name: HashMap::new(),
            index: HashMap::new(),
            restored,
            expected,
            server: None,
            last: 0,
        };
        let _ = table.add_names(names);
        table
    }

    /// Records a connection to a server; `None` if its id is unknown.
    pub(super) fn connected(&mut self, server: Option<Arc<ServerId>>) {
        for tracked in &mut self.channels {
            tracked.ledger.connected(server.clone());
            if server != self.server {
                tracked.reading = None;
            }
        }
        self.server = server;
    }

    /// Adds the names that are new or were unsubscribed. Returns their indices.
    pub(super) fn add_names(&mut self, names: Vec<Vec<u8>>) -> Vec<usize> {
        let mut added = Vec::new();
        for name in names {
            match self.by_name.get(&name) {
                Some(&index) if self.names[index].state == NameState::Dropped => {
                    self.names[index].state = NameState::Pending;
                    added.push(index);
                }
                Some(_) => {}
                None => {
                    added.push(self.names.len());
                    self.by_name.insert(name.clone(), self.names.len());
                    self.names.push(SubscribedName {
                        is_pattern: is_pattern(&name),
                        bytes: name,
                        state: NameState::Pending,
                    });
                }
            }
        }
        added
    }

    /// The index of a pattern.
    pub(super) fn pattern(&self, name: &[u8]) -> Option<usize> {
        self.by_name.get(name).copied().filter(|&index| self.names[index].is_pattern)
    }

    /// Marks names as unsubscribed. Returns the indices of the names that were not yet unsubscribed.
    pub(super) fn drop_names(&mut self, names: &[Vec<u8>]) -> Vec<usize> {
        let mut dropped = Vec::new();
        for name in names {
            if let Some(&index) = self.by_name.get(name)
                && self.names[index].state != NameState::Dropped
            {
                self.names[index].state = NameState::Dropped;
                dropped.push(index);
            }
        }
        dropped
    }

    /// Whether a channel is new and the table is full.
    pub(super) fn is_over_limit(&self, name: &[u8]) -> bool {
        self.channels.len() >= MAX_CHANNELS && !self.index.contains_key(name)
    }

    /// The first subscribed pattern that matches a channel. Other matching patterns deliver the same messages again.
    pub(super) fn first_pattern(&self, channel: &[u8]) -> Option<usize> {
        let matches = |name: &SubscribedName| {
            name.is_pattern && name.state == NameState::Subscribed && glob::matches(&name.bytes, channel)
        };
        self.names.iter().position(matches)
    }

    /// Returns the channel's index; adds the channel if it is new. Tries the last channel first, because messages come
    /// in runs.
    pub(super) fn find(&mut self, name: &[u8]) -> usize {
        if self.channels.get(self.last).is_some_and(|last| last.channel.as_bytes() == name) {
            return self.last;
        }
        self.last = match self.index.get(name) {
            Some(&index) => index,
            None => self.add(Channel::new(name)),
        };
        self.last
    }

    /// The key of a channel's counter.
    pub(super) fn key(&self, channel: &[u8]) -> Vec<u8> {
        [&self.prefix[..], channel].concat()
    }

    fn add(&mut self, channel: Channel) -> usize {
        let mut ledger = ChannelLedger::new(channel.clone());
        if let Some(known) = self.restored.remove(&channel) {
            ledger.restored(&known);
        }
        ledger.connected(self.server.clone());
        let index = self.channels.len();
        self.index.insert(channel.clone(), index);
        self.channels.push(TrackedChannel {
            key: self.key(channel.as_bytes()),
            trackers: self.expected.trackers(&channel),
            channel,
            ledger,
            source: CountedSource::None,
            pattern: None,
            access: CounterAccess::Mget,
            dirty: false,
            first_entry: None,
            closing: None,
            number: None,
            followed: None,
            reading: None,
        });
        index
    }
}
