//! Moves channels, with their ledgers, from one node's reader to another's.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::oneshot;

use super::NodeReader;
use crate::ledger::channel::ChannelLedger;
use crate::ledger::expectation::Tracker;
use crate::redis::cluster::topology::Topology;
use crate::redis::resp;
use crate::redis::subscription::barrier::ExpectedReply;
use crate::redis::subscription::now_micros;
use crate::redis::subscription::reader::Reader;
use crate::redis::subscription::session::Session;
use crate::redis::subscription::table::NameState;

/// A channel whose messages a node no longer counts.
#[derive(Debug)]
pub(in crate::redis::subscription) struct ReleasedChannel {
    pub(super) ledger: ChannelLedger,
    trackers: Vec<Tracker>,
    /// The pattern that delivered the channel's counted messages.
    pattern: Option<Vec<u8>>,
}

/// The channels assigned to a node.
#[derive(Debug)]
pub(in crate::redis::subscription) struct Assignment {
    pub(super) topology: Arc<Topology>,
    /// The channels whose counters the node owns, and all patterns.
    pub(super) names: Vec<Vec<u8>>,
    pub(super) released: Vec<ReleasedChannel>,
}

impl Session<'_> {
    /// Releases the channels that this node does not own in the new topology.
    pub(in crate::redis::subscription) fn release(
        &mut self,
        topology: &Arc<Topology>,
        to: oneshot::Sender<Vec<ReleasedChannel>>,
    ) {
        let names = self.reader.names_of_other_nodes(topology);
        self.unsubscribe(&names);
        // Sending fails only while the subscription ends.
        let _ = to.send(self.reader.release(topology, now_micros()));
    }

    /// Takes over the assigned channels.
    ///
    /// If the topology is new, this also sends a `PING`. Until its reply arrives, messages that patterns deliver on gained
    /// channels are not counted here. The server may have sent such a message before this assignment; in that case another
    /// node's reader has counted it.
    pub(in crate::redis::subscription) fn assign(&mut self, assignment: Assignment) {
        self.subscribe_more(assignment.names);
        self.reader.adopt(assignment.released, true);
        if self.reader.waits_for(&assignment.topology) {
            resp::write_command(&mut self.out, &[b"PING"]);
            self.pending.push(ExpectedReply::Fence(assignment.topology), Instant::now());
        }
    }
}

impl Reader {
    /// Like [`Session::release`], but while not connected.
    pub(in crate::redis::subscription) fn release_unconnected(
        &mut self,
        topology: &Arc<Topology>,
        to: oneshot::Sender<Vec<ReleasedChannel>>,
    ) {
        let names = self.names_of_other_nodes(topology);
        let _ = self.table.drop_names(&names);
        let _ = to.send(self.release(topology, now_micros()));
    }

    /// Like [`Session::assign`], but while not connected.
    pub(in crate::redis::subscription) fn assign_unconnected(&mut self, assignment: Assignment) {
        let _ = self.table.add_names(assignment.names);
        self.adopt(assignment.released, false);
        self.adopt_topology();
    }

    /// The subscribed channels that this node does not own in the new topology.
    fn names_of_other_nodes(&self, topology: &Topology) -> Vec<Vec<u8>> {
        let Some(cluster_node) = &self.cluster_node else { return Vec::new() };
        let names = self.table.names.iter().filter(|name| !name.is_pattern && name.state != NameState::Dropped);
        names
            .filter(|name| topology.owner(&self.table.key(&name.bytes)) != Some(&cluster_node.node))
            .map(|name| name.bytes.clone())
            .collect()
    }

    /// Releases the channels that this node does not own in the new topology. Their later messages are ignored here.
    fn release(&mut self, topology: &Arc<Topology>, at: i64) -> Vec<ReleasedChannel> {
        let Some(cluster_node) = &mut self.cluster_node else { return Vec::new() };
        cluster_node.set_next(Arc::clone(topology));
        let node = cluster_node.node.clone();
        // If the node is no longer a primary, its replacement may lack the last writes.
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
                Some(owner) => format!("its slot moved to {owner}"),
                None => "no node owns its slot".to_owned(),
            };
            self.stop_counting(index, &reason.into(), at);
            let tracked = &mut self.table.channels[index];
            let mut ledger = std::mem::replace(&mut tracked.ledger, ChannelLedger::new(tracked.channel.clone()));
            tracked.reading = None;
            let pattern = tracked.pattern.take();
            let trackers = std::mem::take(&mut tracked.trackers);
            if ledger.known().is_none() && pattern.is_none() && trackers.is_empty() {
                continue;
            }
            ledger.moved();
            if replaced {
                ledger.server_changed();
            }
            let pattern = pattern.map(|pattern| self.table.names[pattern].bytes.clone());
            released.push(ReleasedChannel { ledger, trackers, pattern });
        }
        self.finish_stop();
        self.enqueue_settled();
        released
    }

    /// Takes over channels from another node. Their patterns are already in the table.
    fn adopt(&mut self, released: Vec<ReleasedChannel>, is_connected: bool) {
        if let Some(cluster_node) = &mut self.cluster_node {
            cluster_node.assigned();
        }
        for ReleasedChannel { mut ledger, trackers, pattern } in released {
            let index = self.table.find(ledger.channel().as_bytes());
            let pattern = pattern.and_then(|pattern| self.table.pattern(&pattern));
            if is_connected {
                ledger.connected(self.table.server.clone());
            }
            let tracked = &mut self.table.channels[index];
            (tracked.ledger, tracked.pattern, tracked.reading) = (ledger, pattern, None);
            tracked.trackers = trackers;
        }
    }

    /// Whether this topology is announced but not in effect yet.
    fn waits_for(&self, topology: &Arc<Topology>) -> bool {
        self.cluster_node.as_ref().and_then(NodeReader::next).is_some_and(|next| Arc::ptr_eq(next, topology))
    }

    /// Handles the reply to the fence `PING`: all messages sent before the topology was announced have been read.
    pub(in crate::redis::subscription) fn fenced(&mut self, topology: &Arc<Topology>, at: i64) {
        if !self.waits_for(topology) {
            return;
        }
        self.adopt_topology();
        for name in 0..self.table.names.len() {
            let known = &self.table.names[name];
            if known.is_pattern && known.state == NameState::Subscribed {
                self.subscribed(name, at);
            }
        }
    }

    /// Puts the announced topology into effect. The caller must ensure that no message from before the announcement can
    /// still arrive.
    pub(in crate::redis::subscription) fn adopt_topology(&mut self) {
        if let Some(cluster_node) = &mut self.cluster_node {
            cluster_node.adopt_next();
        }
    }
}
