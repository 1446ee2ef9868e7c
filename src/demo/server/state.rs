//! The state of the server, behind one lock. A transaction is therefore atomic, and each connection receives messages and replies
//! in the order of the commands.

use crate::wire::glob;
use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use super::client::{Client, Id};

use super::reply::Reply;

/// The number of databases, which is Redis' default.
pub(super) const DATABASE_COUNT: usize = 16;

/// The databases and the connections.
#[derive(Debug)]
pub(super) struct ServerState {
    pub(super) databases: [HashMap<Vec<u8>, Vec<u8>>; DATABASE_COUNT],
    pub(super) clients: BTreeMap<Id, Client>,
    pub(super) run_id: String,
    pub(super) port: u16,
    pub(super) started: Instant,
    last_id: Id,
}

impl ServerState {
    pub(super) fn new(port: u16) -> Self {
        let run_id = format!("{:032x}{:08x}", fastrand::u128(..), fastrand::u32(..));
        Self {
            databases: Default::default(),
            clients: BTreeMap::new(),
            run_id,
            port,
            started: Instant::now(),
            last_id: 0,
        }
    }

    pub(super) fn connect(&mut self) -> Id {
        self.last_id += 1;
        self.clients.insert(self.last_id, Client::default());
        self.last_id
    }

    /// The connection that runs a command. It exists while its task runs.
    pub(super) fn client(&mut self, id: Id) -> &mut Client {
        self.clients.entry(id).or_default()
    }

    pub(super) fn reply(&mut self, id: Id) -> Reply<'_> {
        self.client(id).reply()
    }

    /// The database that the connection selected.
    pub(super) fn database(&mut self, id: Id) -> &mut HashMap<Vec<u8>, Vec<u8>> {
        let selected = self.client(id).database;
        &mut self.databases[selected]
    }

    /// Sends a message to the subscribers of the channel, then to those of matching patterns. Returns the number of deliveries.
    pub(super) fn publish(&mut self, channel: &[u8], payload: &[u8]) -> usize {
        let mut receivers = 0;
        for client in self.clients.values_mut().filter(|client| client.channels.contains(channel)) {
            client.push(&[b"message", channel, payload]);
            receivers += 1;
        }
        for client in self.clients.values_mut().filter(|client| !client.patterns.is_empty()) {
            let matching: Vec<_> = client.patterns.iter().filter(|p| glob::matches(p, channel)).cloned().collect();
            for pattern in matching {
                client.push(&[b"pmessage", &pattern, channel, payload]);
                receivers += 1;
            }
        }
        receivers
    }
}
