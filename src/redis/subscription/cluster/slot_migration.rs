//! Channels that go from one node's reader to another's, with what is known of them.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::oneshot;

use super::NodeReader;
use crate::ledger::channel::ChannelLedger;
use crate::redis::cluster::topology::Topology;
use crate::redis::resp;
use crate::redis::subscription::barrier::Expected;
use crate::redis::subscription::now_micros;
use crate::redis::subscription::reader::Reader;
use crate::redis::subscription::session::Session;
use crate::redis::subscription::table::NameState;

/// A channel that a node does not count any more.
#[derive(Debug)]
pub(in crate::redis::subscription) struct Released {
    pub(super) ledger: ChannelLedger,
    /// The pattern that brought it.
    pattern: Option<Vec<u8>>,
}

/// What a node is to do.
#[derive(Debug)]
pub(in crate::redis::subscription) struct Assignment {
    pub(super) topology: Arc<Topology>,
    /// The channels that it owns the counters of, and all patterns.
    pub(super) names: Vec<Vec<u8>>,
    pub(super) released: Vec<Released>,
}

impl Session<'_> {
    /// Gives up the channels that are other nodes' now.
    pub(in crate::redis::subscription) fn cede(
        &mut self,
        topology: &Arc<Topology>,
        to: oneshot::Sender<Vec<Released>>,
    ) {
        let names = self.reader.foreign(topology);
        self.unsubscribe(&names);
        // The other end is gone only while the subscription ends.
        let _ = to.send(self.reader.cede(topology, now_micros()));
    }

    /// Sees to channels from now on. What a pattern brings of them counts once all has been read that was sent before, for
    /// their messages of before were counted on another node.
    pub(in crate::redis::subscription) fn serve(&mut self, assignment: Assignment) {
        self.subscribe_more(assignment.names);
        self.reader.adopt(assignment.released, true);
        if self.reader.waits_for(&assignment.topology) {
            resp::write_command(&mut self.out, &[b"PING"]);
            self.pending.push(Expected::Fence(assignment.topology), Instant::now());
        }
    }
}

impl Reader {
    /// As [`Session::cede`], without a connection.
    pub(in crate::redis::subscription) fn cede_unconnected(
        &mut self,
        topology: &Arc<Topology>,
        to: oneshot::Sender<Vec<Released>>,
    ) {
        let names = self.foreign(topology);
        let _ = self.table.drop_names(&names);
        let _ = to.send(self.cede(topology, now_micros()));
    }

    /// As [`Session::serve`], without a connection.
    pub(in crate::redis::subscription) fn serve_unconnected(&mut self, assignment: Assignment) {
        let _ = self.table.add_names(assignment.names);
        self.adopt(assignment.released, false);
        self.settle_owners();
    }

    /// The channels asked for by name that are another node's now.
    fn foreign(&self, topology: &Topology) -> Vec<Vec<u8>> {
        let Some(cluster_node) = &self.cluster_node else { return Vec::new() };
        let names = self.table.names.iter().filter(|name| !name.is_pattern && name.state != NameState::Dropped);
        names
            .filter(|name| topology.owner(&self.table.key(&name.bytes)) != Some(&cluster_node.node))
            .map(|name| name.bytes.clone())
            .collect()
    }

    /// Gives up the channels that are another node's now. What comes of them from here on is not looked at.
    fn cede(&mut self, topology: &Arc<Topology>, at: i64) -> Vec<Released> {
        let Some(cluster_node) = &mut self.cluster_node else { return Vec::new() };
        cluster_node.announce(Arc::clone(topology));
        let node = cluster_node.node.clone();
        // A node that is no primary any more may have been replaced by one that lacks its last writes.
        let replaced = !topology.nodes().contains(&node);
        self.check_duplicates();
        self.settle();
        let mut released = Vec::new();
        for index in 0..self.table.channels.len() {
            let owner = topology.owner(&self.table.channels[index].key);
            if owner == Some(&node) {
                continue;
            }
            let reason = match owner {
                Some(owner) => format!("its slot is on {owner} now"),
                None => "no node owns its slot".to_owned(),
            };
            self.stop(index, &reason.into(), at);
            let tracked = &mut self.table.channels[index];
            let mut ledger = std::mem::replace(&mut tracked.ledger, ChannelLedger::new(tracked.channel.clone()));
            tracked.reading = None;
            let pattern = tracked.pattern.take();
            if ledger.known().is_none() && pattern.is_none() {
                continue;
            }
            ledger.moved();
            if replaced {
                ledger.server_changed();
            }
            let pattern = pattern.map(|pattern| self.table.names[pattern].bytes.clone());
            released.push(Released { ledger, pattern });
        }
        self.stopped();
        self.hand_over_settled();
        released
    }

    /// Takes up channels that were another node's; the patterns that brought them are known already.
    fn adopt(&mut self, released: Vec<Released>, is_connected: bool) {
        if let Some(cluster_node) = &mut self.cluster_node {
            cluster_node.served();
        }
        for Released { mut ledger, pattern } in released {
            let index = self.table.find(ledger.channel().as_bytes());
            let pattern = pattern.and_then(|pattern| self.table.pattern(&pattern));
            if is_connected {
                ledger.connected(self.table.server.clone());
            }
            let tracked = &mut self.table.channels[index];
            (tracked.ledger, tracked.pattern, tracked.reading) = (ledger, pattern, None);
        }
    }

    /// Whether these owners are not taken for the owners yet.
    fn waits_for(&self, topology: &Arc<Topology>) -> bool {
        self.cluster_node.as_ref().and_then(NodeReader::next).is_some_and(|next| Arc::ptr_eq(next, topology))
    }

    /// All that was sent before these owners were known has been read: what this node has gained counts from here on.
    pub(in crate::redis::subscription) fn fenced(&mut self, topology: &Arc<Topology>, at: i64) {
        if !self.waits_for(topology) {
            return;
        }
        self.settle_owners();
        for name in 0..self.table.names.len() {
            let known = &self.table.names[name];
            if known.is_pattern && known.state == NameState::Subscribed {
                self.subscribed(name, at);
            }
        }
    }

    /// Nothing can come any more that was sent before the owners of now were known.
    pub(in crate::redis::subscription) fn settle_owners(&mut self) {
        if let Some(cluster_node) = &mut self.cluster_node {
            cluster_node.settle();
        }
    }
}
