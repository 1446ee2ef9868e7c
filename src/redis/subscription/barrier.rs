//! The in-band barrier: which counters to ask for, and what the answers say.
//!
//! Redis writes replies and messages to one connection in one order, and a publisher's PUBLISH and INCR run in one
//! transaction. So the reply to a read of the counter on the subscribing connection cuts the stream exactly.

use std::sync::Arc;

use super::table::{Access, Table};
use crate::ledger::sequence::Reading;
use crate::redis::cluster::topology::Topology;
use crate::redis::counter;
use crate::redis::resp::{self, Frame};

/// The most counters in one MGET: a longer one would hold up everybody else on the server.
const MAX: usize = 1000;

/// A reply that is expected, in the order of the commands.
#[derive(Debug)]
pub(super) enum Expected {
    /// To SUBSCRIBE or PSUBSCRIBE of the name of that index.
    Subscribe(usize),
    /// To UNSUBSCRIBE or PUNSUBSCRIBE of the name of that index.
    Unsubscribe(usize),
    /// To MGET of these channels' counters.
    Together(Vec<usize>),
    /// To GET of one channel's counter.
    Alone(usize),
    /// To PING: no counter is to be asked.
    Ping,
    /// To PING: what was sent before these owners of a cluster's slots were known has been read then.
    Fence(Arc<Topology>),
}

impl Expected {
    /// The command whose reply it is.
    pub(super) fn command(&self) -> &'static str {
        match self {
            Self::Subscribe(_) => "SUBSCRIBE",
            Self::Unsubscribe(_) => "UNSUBSCRIBE",
            Self::Together(_) => "MGET",
            Self::Alone(_) => "GET",
            Self::Ping | Self::Fence(_) => "PING",
        }
    }
}

/// Writes the commands of one barrier: the dirty channels' counters, and those of the `idle` ones.
pub(super) fn write(table: &mut Table, dirty: &mut Vec<usize>, idle: &[usize], out: &mut Vec<u8>) -> Vec<Expected> {
    let mut expected = Vec::new();
    let mut together = Vec::new();
    // Dirty channels stand in the list already.
    let idle: Vec<usize> = idle.iter().copied().filter(|&channel| !table.channels[channel].dirty).collect();
    let dirty = dirty.drain(..).map(|channel| (channel, false));
    for (channel, is_idle) in dirty.chain(idle.into_iter().map(|channel| (channel, true))) {
        let tracked = &mut table.channels[channel];
        tracked.dirty = false;
        match tracked.access {
            Access::Together | Access::OnlyTogether if table.together => together.push(channel),
            Access::Absent if table.together && !is_idle => together.push(channel),
            _ => expected.push(Expected::Alone(channel)),
        }
    }
    for next in &expected {
        if let Expected::Alone(channel) = next {
            resp::write_command(out, &[b"GET", &table.channels[*channel].key]);
        }
    }
    for channels in together.chunks(MAX) {
        let mut command: Vec<&[u8]> = vec![b"MGET"];
        command.extend(channels.iter().map(|channel| &table.channels[*channel].key[..]));
        resp::write_command(out, &command);
        expected.push(Expected::Together(channels.to_vec()));
    }
    if expected.is_empty() {
        resp::write_command(out, &[b"PING"]);
        expected.push(Expected::Ping);
    }
    expected
}

/// What a reply says of a counter. A broadcast is counted with INCR, so a counter is a whole number from 0 on.
pub(super) fn reading(frame: &Frame<'_>) -> Reading {
    match frame {
        Frame::Null => Reading::Missing,
        Frame::Blob(text) | Frame::Simple(text) => counter::read(text),
        Frame::Error(words) => Reading::Unreadable(String::from_utf8_lossy(words).into()),
        _ => Reading::Unreadable("the server's answer is no counter".into()),
    }
}
