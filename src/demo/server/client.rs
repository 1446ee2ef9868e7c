//! What the server knows of one connection.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::Notify;

use super::reply::{Protocol, Reply};

/// The most bytes that may wait for a subscriber to read them; Redis' default for `pubsub` clients. Beyond it the
/// subscriber is cut off.
pub(super) const SUBSCRIBER_OUTPUT: usize = 32 << 20;

/// A connection's id: counts up from 1, never used twice.
pub(super) type Id = u64;

/// A command: its name and arguments.
pub(super) type Parts = Vec<Vec<u8>>;

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Client {
    pub(super) protocol: Protocol,
    pub(super) name: Vec<u8>,
    pub(super) database: usize,
    pub(super) channels: BTreeSet<Vec<u8>>,
    pub(super) patterns: BTreeSet<Vec<u8>>,
    /// Set by MULTI.
    pub(super) transaction: Option<Transaction>,
    pub(super) end: Option<End>,
    /// What the connection's task has to send.
    pub(super) output: Vec<u8>,
    /// Wakes the connection's task.
    pub(super) wake: Arc<Notify>,
}

/// The commands queued since MULTI.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    pub(super) queue: Vec<Parts>,
    /// A command could not be queued: EXEC will reject.
    pub(super) broken: bool,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// What waits is sent first.
    AfterOutput,
    /// At once.
    Now,
}

impl Client {
    pub(super) fn reply(&mut self) -> Reply<'_> {
        Reply { out: &mut self.output, protocol: self.protocol }
    }

    /// How many subscriptions there are, as SUBSCRIBE reports it.
    pub(super) fn subscriptions(&self) -> usize {
        self.channels.len() + self.patterns.len()
    }

    /// Whether it may do nothing but subscribe: in RESP2, messages could not be told from replies.
    pub(super) fn is_only_subscriber(&self) -> bool {
        self.protocol == Protocol::Resp2 && self.subscriptions() > 0
    }

    /// Sends a message that is not a reply; a subscriber that does not read is cut off.
    pub(super) fn push(&mut self, parts: &[&[u8]]) {
        self.reply().push(parts.len());
        for part in parts {
            self.reply().blob(part);
        }
        if self.output.len() > SUBSCRIBER_OUTPUT {
            self.kill();
        }
        self.wake.notify_one();
    }

    /// Ends the connection at once: what was not sent is lost, and no more messages come.
    pub(super) fn kill(&mut self) {
        self.channels.clear();
        self.patterns.clear();
        self.output = Vec::new();
        self.end = Some(End::Now);
        self.wake.notify_one();
    }
}
