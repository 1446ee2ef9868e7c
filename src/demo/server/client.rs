//! The state of one connection.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::Notify;

use super::reply::{Protocol, Reply};

/// The maximum size of a subscriber's output, in bytes. Redis' default for `pubsub` clients. A subscriber that exceeds it is
/// disconnected.
pub(super) const SUBSCRIBER_OUTPUT: usize = 32 << 20;

/// A connection's id. Ids start at 1 and are never reused.
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
    pub(super) end: Option<ConnectionEnd>,
    /// The bytes to be sent.
    pub(super) output: Vec<u8>,
    /// Wakes the connection's task.
    pub(super) wake: Arc<Notify>,
}

/// The commands queued since MULTI.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    pub(super) queue: Vec<Parts>,
    /// Whether a command could not be queued. EXEC then fails.
    pub(super) broken: bool,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectionEnd {
    /// After the remaining output was sent.
    AfterOutput,
    /// Immediately.
    Now,
}

impl Client {
    pub(super) fn reply(&mut self) -> Reply<'_> {
        Reply { out: &mut self.output, protocol: self.protocol }
    }

    /// The number of subscriptions, as SUBSCRIBE reports it.
    pub(super) fn subscriptions(&self) -> usize {
        self.channels.len() + self.patterns.len()
    }

    /// Whether the connection may only use subscription commands. In RESP2, messages cannot be told from replies.
    pub(super) fn is_only_subscriber(&self) -> bool {
        self.protocol == Protocol::Resp2 && self.subscriptions() > 0
    }

    /// Sends a push message. Disconnects a subscriber that does not read.
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

    /// Ends the connection after the remaining output. It receives no more messages from now on.
    pub(super) fn close(&mut self) {
        self.channels.clear();
        self.patterns.clear();
        self.end = Some(ConnectionEnd::AfterOutput);
    }

    /// Ends the connection immediately and discards its output.
    pub(super) fn kill(&mut self) {
        self.close();
        self.output = Vec::new();
        self.end = Some(ConnectionEnd::Now);
        self.wake.notify_one();
    }
}
