//! How far each channel is handled, and that it is kept.
//!
//! Runs end in any order, but what is kept says that everything up to it is done: the first thing of a channel that is not
//! done yet holds up the rest.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::row::Row;
use crate::ledger::known::ServerId;
use crate::ledger::sequence::Channel;
use crate::live::CounterFile;
use crate::redis::subscription::now_micros;

/// What was reached is stored after at most this long.
const STORE: Duration = Duration::from_millis(100);

/// Something that is under way.
#[derive(Debug)]
pub(super) struct Ticket {
    channel: Channel,
    place: u64,
}

/// A sequence number, and the server that counted it.
type Reached = (u64, Option<Arc<ServerId>>);

/// All channels.
#[derive(Debug)]
pub(super) struct Progress {
    rows: HashMap<Channel, Row<Reached>>,
    /// The server that each channel's counter was last read from.
    servers: HashMap<Channel, Option<Arc<ServerId>>>,
    counters: CounterFile,
    stored: Option<Instant>,
}

impl Progress {
    pub(super) fn new(counters: CounterFile) -> Self {
        Self { rows: HashMap::new(), servers: HashMap::new(), counters, stored: None }
    }

    /// Something begins, after which the channel is handled up to `number`.
    pub(super) fn begin(&mut self, channel: &Channel, number: Option<u64>) -> Ticket {
        let reached = self.reached(channel, number);
        let place = self.rows.entry(channel.clone()).or_default().begin(reached);
        Ticket { channel: channel.clone(), place }
    }

    /// Nothing is to be done: the channel is handled up to `number` as soon as all that began before has ended.
    pub(super) fn pass(&mut self, channel: &Channel, number: Option<u64>) {
        let reached = self.reached(channel, number);
        let reached = match self.rows.get_mut(channel) {
            Some(row) => row.pass(reached),
            None => reached,
        };
        if let Some((number, server)) = reached {
            self.counters.reached(channel, number, server);
        }
    }

    /// What began has ended.
    pub(super) fn end(&mut self, ticket: &Ticket) {
        let reached = self.rows.get_mut(&ticket.channel).and_then(|row| row.end(ticket.place));
        if let Some((number, server)) = reached {
            self.counters.reached(&ticket.channel, number, server);
        }
    }

    /// The counter was read from that server; none if it is unknown.
    pub(super) fn read_from(&mut self, channel: &Channel, server: Option<&Arc<ServerId>>) {
        self.servers.insert(channel.clone(), server.cloned());
    }

    fn reached(&self, channel: &Channel, number: Option<u64>) -> Option<Reached> {
        number.map(|number| (number, self.servers.get(channel).cloned().flatten()))
    }

    /// Stores what is to be stored by now.
    pub(super) fn store(&mut self) {
        if self.due().is_some_and(|due| due <= Instant::now()) {
            self.stored = Some(Instant::now());
            self.counters.flush(now_micros());
        }
    }

    /// When there is something to be stored next.
    pub(super) fn due(&self) -> Option<Instant> {
        self.counters.is_behind().then(|| self.stored.map_or_else(Instant::now, |stored| stored + STORE))
    }

    /// Stores what is left, and waits until it is on the disk.
    pub(super) fn close(self) {
        self.counters.close(now_micros());
    }
}
