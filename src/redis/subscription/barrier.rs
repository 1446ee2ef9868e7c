//! Barriers: counter reads within the stream of messages.
//!
//! On one connection, Redis sends replies and messages in the order in which it executed the commands that caused them. A
//! publisher runs `PUBLISH` and `INCR` in one transaction. So the reply to a counter read on the subscribing connection
//! marks an exact point in the stream.

use std::sync::Arc;

use super::table::{CounterAccess, SubscriptionTable};
use crate::ledger::sequence::Reading;
use crate::redis::client::error_words;
use crate::redis::cluster::topology::Topology;
use crate::redis::counter;
use crate::redis::resp::{self, Frame};

/// The maximum number of keys in one `MGET`. A longer command would block the server's other clients for too long.
const MAX_MGET_KEYS: usize = 1000;

/// A pending reply. Redis replies in the order of the commands.
#[derive(Debug)]
pub(super) enum ExpectedReply {
    /// The reply to `SUBSCRIBE` or `PSUBSCRIBE` of the name at this index.
    Subscribe(usize),
    /// The reply to `UNSUBSCRIBE` or `PUNSUBSCRIBE` of the name at this index.
    Unsubscribe(usize),
    /// The reply to `MGET` of the counters of these channels.
    Mget(Vec<usize>),
    /// The reply to `GET` of one channel's counter.
    Get(usize),
    /// The reply to `PING`, which is sent if there is no counter to read.
    Ping,
    /// The reply to `PING`, which is sent after a new topology was announced. When the reply arrives, all messages that
    /// the server sent before it have been read.
    Fence(Arc<Topology>),
}

impl ExpectedReply {
    /// The command that the reply belongs to.
    pub(super) fn command(&self) -> &'static str {
        match self {
            Self::Subscribe(_) => "SUBSCRIBE",
            Self::Unsubscribe(_) => "UNSUBSCRIBE",
            Self::Mget(_) => "MGET",
            Self::Get(_) => "GET",
            Self::Ping | Self::Fence(_) => "PING",
        }
    }
}

/// Writes the commands of a barrier. They read the counters of the dirty channels (e.g. those with messages since
/// their last counter read) and of the idle channels. Returns the expected replies.
pub(super) fn write(
    table: &mut SubscriptionTable,
    dirty: &mut Vec<usize>,
    idle: &[usize],
    out: &mut Vec<u8>,
) -> Vec<ExpectedReply> {
    let mut expected = Vec::new();
    let mut mget = Vec::new();
    // Idle channels that are also dirty are read only once.
    let idle: Vec<usize> = idle.iter().copied().filter(|&channel| !table.channels[channel].dirty).collect();
    let dirty = dirty.drain(..).map(|channel| (channel, false));
    for (channel, is_idle) in dirty.chain(idle.into_iter().map(|channel| (channel, true))) {
        let tracked = &mut table.channels[channel];
        tracked.dirty = false;
        match tracked.access {
            CounterAccess::Mget | CounterAccess::MgetOnly if table.uses_mget => mget.push(channel),
            CounterAccess::Absent if table.uses_mget && !is_idle => mget.push(channel),
            _ => expected.push(ExpectedReply::Get(channel)),
        }
    }
    for next in &expected {
        if let ExpectedReply::Get(channel) = next {
            resp::write_command(out, &[b"GET", &table.channels[*channel].key]);
        }
    }
    for channels in mget.chunks(MAX_MGET_KEYS) {
        let mut command: Vec<&[u8]> = vec![b"MGET"];
        command.extend(channels.iter().map(|channel| &table.channels[*channel].key[..]));
        resp::write_command(out, &command);
        expected.push(ExpectedReply::Mget(channels.to_vec()));
    }
    if expected.is_empty() {
        resp::write_command(out, &[b"PING"]);
        expected.push(ExpectedReply::Ping);
    }
    expected
}

/// Reads a counter from a reply.
pub(super) fn reading(frame: &Frame<'_>) -> Reading {
    match frame {
        Frame::Null => Reading::Missing,
        Frame::Blob(text) | Frame::Simple(text) => counter::read(text),
        Frame::Error(words) => Reading::Unreadable(error_words(words).into()),
        _ => Reading::Unreadable("unexpected reply to the counter read".into()),
    }
}
