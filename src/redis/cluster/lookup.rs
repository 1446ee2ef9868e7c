//! Asks the nodes of a cluster which of them owns which slot.

use std::collections::VecDeque;
use std::time::Duration;

use ::redis::Value;
use tokio::time::{Instant, timeout};

use super::topology::{Node, Topology};
use crate::redis::client::{self, Client, error_reply, server_error_text, text};
use crate::redis::target::{Address, Target};
use crate::wire::escape::escape;

/// The time limit for one node.
const NODE_TIMEOUT: Duration = Duration::from_secs(2);
/// The time limit for all nodes together.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(10);
/// The maximum number of primaries of a cluster. Redis Cluster recommends the same limit. aircheck opens a connection
/// to each of them.
const MAX_NODES: usize = 1000;
/// The maximum number of errors that an error text lists.
const MAX_REASONS: usize = 5;

/// The nodes to ask, and the state from their last replies.
#[derive(Debug)]
pub(in crate::redis) struct Lookup {
    target: Target,
    /// The nodes in the URL. They are never removed from `nodes`.
    seeds: Vec<Node>,
    /// The known nodes, in the order in which they are asked.
    nodes: VecDeque<Node>,
    /// The node that replied last, and the connection to it.
    last_connection: Option<(Node, Client)>,
    /// The epoch in the reply that the last lookup returned.
    epoch: u64,
}

/// The reply of one node.
struct NodeReply {
    topology: Topology,
    /// `cluster_current_epoch`, or 0 if the user may not read it. After a network partition, a node may know only an
    /// older epoch.
    epoch: u64,
}

impl Lookup {
    /// Starts with the nodes in the target's URL. Does not connect yet.
    pub(in crate::redis) fn new(target: &Target) -> Self {
        let seeds: Vec<Node> = match &target.address {
            Address::Cluster { nodes } => {
                nodes.iter().map(|(host, port)| Node { host: host.clone(), port: *port }).collect()
            }
            _ => Vec::new(),
        };
        Self { target: target.clone(), nodes: seeds.iter().cloned().collect(), seeds, last_connection: None, epoch: 0 }
    }

    /// Asks this node first from now on. Used for a node that was named as the owner of a slot.
    pub(in crate::redis) fn prefer(&mut self, node: Node) {
        self.nodes.retain(|known| *known != node);
        self.nodes.push_front(node);
        // Nodes can name any number of other nodes, so the list is limited. The nodes in the URL are kept.
        if self.nodes.len() > MAX_NODES
            && let Some(last) = self.nodes.iter().rposition(|known| !self.seeds.contains(known))
        {
            self.nodes.remove(last);
        }
    }

    /// Asks this node last from now on. Used for a node that could not be reached.
    pub(in crate::redis) fn avoid(&mut self, node: &Node) {
        self.last_connection = None;
        if let Some(at) = self.nodes.iter().position(|known| known == node)
            && let Some(node) = self.nodes.remove(at)
        {
            self.nodes.push_back(node);
        }
    }

    /// Asks the nodes in turn until a reply has at least the epoch of the previous lookup.
    ///
    /// If every reply has an older epoch, it returns the one with the highest epoch.
    ///
    /// # Errors
    /// No node replied with a usable topology. The text gives the reasons, and is escaped for a terminal.
    pub(in crate::redis) async fn ask(&mut self) -> Result<Topology, String> {
        let mut reasons: Vec<String> = Vec::new();
        let mut newest: Option<NodeReply> = None;
        let started = Instant::now();
        for node in self.nodes.clone() {
            if started.elapsed() >= LOOKUP_TIMEOUT {
                break;
            }
            let server = self.target.node(&node.host, node.port);
            match timeout(NODE_TIMEOUT, self.ask_one(&node, &server)).await {
                Ok(Ok(answer)) => {
                    let knows_all = answer.epoch >= self.epoch;
                    if newest.as_ref().is_none_or(|newest| answer.epoch > newest.epoch) {
                        newest = Some(answer);
                    }
                    if knows_all {
                        break;
                    }
                }
                Ok(Err(reason)) => self.failed(&node, reason, &mut reasons),
                Err(_) => {
                    let reason = format!("{server}: no reply within {} s", NODE_TIMEOUT.as_secs());
                    self.failed(&node, reason, &mut reasons);
                }
            }
        }
        let Some(NodeReply { topology, epoch }) = newest else {
            return Err(format!("no node of the cluster replied: {}", reasons.join("; ")));
        };
        self.epoch = epoch;
        // Nodes that left the cluster are not asked again. The nodes in the URL may return.
        let known = |node: &Node| topology.nodes().contains(node) || self.seeds.contains(node);
        self.nodes.retain(known);
        for node in topology.nodes().iter().chain(&self.seeds) {
            if !self.nodes.contains(node) {
                self.nodes.push_back(node.clone());
            }
        }
        Ok(topology)
    }

    /// Asks this node last from now on, and records the reason.
    fn failed(&mut self, node: &Node, reason: String, reasons: &mut Vec<String>) {
        self.avoid(node);
        if reasons.len() < MAX_REASONS {
            reasons.push(reason);
        }
    }

    async fn ask_one(&mut self, node: &Node, server: &Target) -> Result<NodeReply, String> {
        let mut connection = match self.last_connection.take() {
            Some((replied, connection)) if replied == *node => connection,
            _ => client::connect(server).await.map_err(|error| error.line())?,
        };
        let mut pipeline = ::redis::pipe();
        pipeline.cmd("CLUSTER").arg("SLOTS");
        pipeline.cmd("CLUSTER").arg("INFO");
        let replies = client::replies(&mut connection, &mut pipeline)
            .await
            .map_err(|error| format!("{server}: {}", escape(client::error_text(&error).as_bytes())))?;
        let [slots, info] = replies.as_slice() else {
            return Err(format!("{server}: unexpected reply to CLUSTER SLOTS"));
        };
        if let Some(error) = error_reply(slots) {
            return Err(format!("{server} rejected CLUSTER SLOTS: {}", escape(server_error_text(error).as_bytes())));
        }
        let topology =
            Topology::read(slots, node).ok_or_else(|| format!("{server}: unexpected reply to CLUSTER SLOTS"))?;
        match topology.nodes().len() {
            0 => return Err(format!("{server}: no node owns a slot")),
            nodes if nodes > MAX_NODES => {
                return Err(format!("{server} named {nodes} primaries; the limit is {MAX_NODES}"));
            }
            _ => {}
        }
        self.last_connection = Some((node.clone(), connection));
        Ok(NodeReply { topology, epoch: epoch(info) })
    }
}

fn epoch(info: &Value) -> u64 {
    let info = match info {
        Value::VerbatimString { text, .. } => text.as_bytes(),
        info => text(info).unwrap_or_default(),
    };
    let mut lines = std::str::from_utf8(info).unwrap_or_default().lines();
    let epoch = lines.find_map(|line| line.strip_prefix("cluster_current_epoch:"));
    epoch.and_then(|epoch| epoch.trim().parse().ok()).unwrap_or(0)
}
