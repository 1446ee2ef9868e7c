//! The channels that are known: their ledgers, and by which subscription their messages come.

use std::collections::HashMap;
use std::sync::Arc;

use super::is_pattern;
use crate::ledger::channel::{ChannelLedger, Sequences};
use crate::ledger::duplicates::Followed;
use crate::ledger::known::{KnownCounter, ServerId};
use crate::ledger::sequence::{Channel, Reading};
use crate::wire::glob;

/// More channels are not kept in mind: some 500 bytes each, and a counter that is asked for in turn.
pub(super) const MAX_CHANNELS: usize = 200_000;

/// By which subscription a channel's messages are taken. Redis sends a message once for the channel and once more for
/// every pattern that matches: only one of them may count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// None yet on this connection: the first pattern that brings a message becomes its source.
    None,
    /// The subscription to the channel itself.
    Channel,
    /// The pattern of that index.
    Pattern(usize),
}

/// How a channel's counter can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Together with others, in one MGET.
    Together,
    /// Not known after a rejected MGET: alone, to find out.
    Probe,
    /// MGET found no counter, or a key of another type: together after messages, and alone in its turn, to tell them apart.
    Absent,
    /// MGET does not find the counter that was there: alone, to find out whether it is gone or of another type.
    Lost,
    /// GET is denied and MGET is not: together, and what MGET does not find is missing.
    OnlyTogether,
    /// Rejected: asked alone once a second, in case it is granted.
    Denied,
}

/// One channel.
#[derive(Debug)]
pub(super) struct Tracked {
    pub(super) channel: Channel,
    /// The counter's key.
    pub(super) key: Vec<u8>,
    pub(super) ledger: ChannelLedger,
    pub(super) source: Source,
    /// The pattern that brought its messages last: on the next connection it does so again.
    pub(super) pattern: Option<usize>,
    pub(super) access: Access,
    /// Messages came since its last barrier was asked for.
    pub(super) dirty: bool,
    /// Where its first message since the last barrier stands, counted over all entries ever.
    pub(super) first_entry: Option<u64>,
    /// What the last barrier said of its messages, until they are given their numbers.
    pub(super) closing: Option<Sequences>,
    /// The number of the channel in an interval, after which interval that is.
    pub(super) number: Option<(u64, u32)>,
    /// The channel's number in the memory for duplicates, once one of its messages was verified.
    pub(super) followed: Option<Followed>,
    /// The last reading of this server that was handed over.
    pub(super) reading: Option<Reading>,
}

/// A name that was asked for.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) bytes: Vec<u8>,
    pub(super) is_pattern: bool,
    pub(super) state: NameState,
}

/// Whether the server has accepted a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameState {
    /// Asked, or to be asked.
    Pending,
    /// Accepted.
    Subscribed,
    /// Rejected.
    Denied,
    /// Not wanted any more. It keeps its index, for replies and channels refer to it.
    Dropped,
}

/// All channels, and the names asked for.
#[derive(Debug)]
pub(super) struct Table {
    prefix: Vec<u8>,
    /// Whether several counters may be asked for in one MGET.
    pub(super) together: bool,
    pub(super) names: Vec<Name>,
    pub(super) channels: Vec<Tracked>,
    by_name: HashMap<Vec<u8>, usize>,
    index: HashMap<Channel, usize>,
    restored: HashMap<Channel, KnownCounter>,
    /// The server that is connected to, or was last; none if it is unknown.
    pub(super) server: Option<Arc<ServerId>>,
    last: usize,
}

impl Table {
    pub(super) fn new(prefix: Vec<u8>, names: Vec<Vec<u8>>, known: Vec<KnownCounter>, together: bool) -> Self {
        let restored = known.into_iter().map(|known| (known.channel.clone(), known)).collect();
        let mut table = Self {
            prefix,
            together,
            names: Vec::new(),
            channels: Vec::new(),
            by_name: HashMap::new(),
            index: HashMap::new(),
            restored,
            server: None,
            last: 0,
        };
        let _ = table.add_names(names);
        table
    }

    /// A connection to that server is made; none if it is unknown which it is.
    pub(super) fn connected(&mut self, server: Option<Arc<ServerId>>) {
        for tracked in &mut self.channels {
            tracked.ledger.connected(server.clone());
            if server != self.server {
                tracked.reading = None;
            }
        }
        self.server = server;
    }

    /// Adds names that are not there yet, or not any more; gives their indices.
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
                    self.names.push(Name { is_pattern: is_pattern(&name), bytes: name, state: NameState::Pending });
                }
            }
        }
        added
    }

    /// The index of a pattern that was asked for.
    pub(super) fn pattern(&self, name: &[u8]) -> Option<usize> {
        self.by_name.get(name).copied().filter(|&index| self.names[index].is_pattern)
    }

    /// Notes that names are not wanted any more; gives the indices of those that were.
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

    /// Whether a channel of that name, which a pattern brings, is new and beyond the bound.
    pub(super) fn is_beyond(&self, name: &[u8]) -> bool {
        self.channels.len() >= MAX_CHANNELS && !self.index.contains_key(name)
    }

    /// The first of the patterns that bring a channel: by the others its messages come once more.
    pub(super) fn first_pattern(&self, channel: &[u8]) -> Option<usize> {
        let brings =
            |name: &Name| name.is_pattern && name.state == NameState::Subscribed && glob::matches(&name.bytes, channel);
        self.names.iter().position(brings)
    }

    /// The channel of that name, made where it is new. Messages come in runs, so the last one is tried first.
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
            ledger.restored(known.counter, known.server, known.at);
        }
        ledger.connected(self.server.clone());
        let index = self.channels.len();
        self.index.insert(channel.clone(), index);
        self.channels.push(Tracked {
            key: self.key(channel.as_bytes()),
            channel,
            ledger,
            source: Source::None,
            pattern: None,
            access: Access::Together,
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
