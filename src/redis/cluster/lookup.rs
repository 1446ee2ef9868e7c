//! Asking the nodes which of them owns which slot.

use std::collections::VecDeque;
use std::time::Duration;

use ::redis::Value;
use tokio::time::{Instant, timeout};

use super::topology::{Node, Topology};
use crate::redis::client::{self, Client, rejection, server_words, text};
use crate::redis::target::{Address, Target};
use crate::wire::escape::escape;

/// How long one node may take before the next is asked.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long asking may take, however many nodes there are.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(10);
/// The most primaries that a cluster may have: Redis Cluster is made for no more. Each takes a connection.
const MAX_NODES: usize = 1000;
/// How many nodes an error gives the reason of.
const MAX_REASONS: usize = 5;

/// Whom to ask, and what was learned.
#[derive(Debug)]
pub(in crate::redis) struct Lookup {
    target: Target,
    /// The nodes of the URL.
    seeds: Vec<Node>,
    /// The nodes in the order in which they are asked.
    nodes: VecDeque<Node>,
    /// The connection to the one that answered last.
    live: Option<(Node, Client)>,
    /// The cluster's epoch in the last answer.
    epoch: u64,
}

/// What one node answered.
struct Answer {
    topology: Topology,
    /// The epoch it knows of, 0 where it may not be asked: a node that was cut off from the others knows an older one.
    epoch: u64,
}

impl Lookup {
    /// Begins with the nodes of the target's URL; does not connect yet.
    pub(in crate::redis) fn new(target: &Target) -> Self {
        let seeds: Vec<Node> = match &target.address {
            Address::Cluster { nodes } => {
                nodes.iter().map(|(host, port)| Node { host: host.clone(), port: *port }).collect()
            }
            _ => Vec::new(),
        };
        Self { target: target.clone(), nodes: seeds.iter().cloned().collect(), seeds, live: None, epoch: 0 }
    }

    /// A node that was named as an owner knows best that it is one.
    pub(in crate::redis) fn prefer(&mut self, node: Node) {
        self.nodes.retain(|known| *known != node);
        self.nodes.push_front(node);
        // A node may name others without end; those of the URL stay.
        if self.nodes.len() > MAX_NODES
            && let Some(last) = self.nodes.iter().rposition(|known| !self.seeds.contains(known))
        {
            self.nodes.remove(last);
        }
    }

    /// A node that cannot be reached is asked last.
    pub(in crate::redis) fn avoid(&mut self, node: &Node) {
        self.live = None;
        if let Some(at) = self.nodes.iter().position(|known| known == node)
            && let Some(node) = self.nodes.remove(at)
        {
            self.nodes.push_back(node);
        }
    }

    /// Asks one node after the other until one knows of everything that was known before; otherwise it is the newest answer.
    ///
    /// # Errors
    /// Why no node can be asked; already escaped for a terminal.
    pub(in crate::redis) async fn ask(&mut self) -> Result<Topology, String> {
        let mut reasons: Vec<String> = Vec::new();
        let mut newest: Option<Answer> = None;
        let started = Instant::now();
        for node in self.nodes.clone() {
            if started.elapsed() >= LOOKUP_TIMEOUT {
                break;
            }
            let server = self.target.node(&node.host, node.port);
            match timeout(PATIENCE, self.ask_one(&node, &server)).await {
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
                    let reason = format!("{server}: no answer within {} s", PATIENCE.as_secs());
                    self.failed(&node, reason, &mut reasons);
                }
            }
        }
        let Some(Answer { topology, epoch }) = newest else {
            return Err(format!("no node of the cluster answers: {}", reasons.join("; ")));
        };
        self.epoch = epoch;
        // Those that left are not asked again; those of the URL may come back.
        let known = |node: &Node| topology.nodes().contains(node) || self.seeds.contains(node);
        self.nodes.retain(known);
        for node in topology.nodes().iter().chain(&self.seeds) {
            if !self.nodes.contains(node) {
                self.nodes.push_back(node.clone());
            }
        }
        Ok(topology)
    }

    /// The other nodes are asked first the next time.
    fn failed(&mut self, node: &Node, reason: String, reasons: &mut Vec<String>) {
        self.avoid(node);
        if reasons.len() < MAX_REASONS {
            reasons.push(reason);
        }
    }

    async fn ask_one(&mut self, node: &Node, server: &Target) -> Result<Answer, String> {
        let mut connection = match self.live.take() {
            Some((live, connection)) if live == *node => connection,
            _ => client::connect(server).await?,
        };
        let mut questions = ::redis::pipe();
        questions.cmd("CLUSTER").arg("SLOTS");
        questions.cmd("CLUSTER").arg("INFO");
        let replies = client::replies(&mut connection, &mut questions)
            .await
            .map_err(|error| format!("{server}: {}", escape(client::words(&error).as_bytes())))?;
        let [slots, info] = replies.as_slice() else { return Err(format!("{server} answers strangely")) };
        if let Some(error) = rejection(slots) {
            return Err(format!("{server} rejects: {}", escape(server_words(error).as_bytes())));
        }
        let topology = Topology::read(slots, node).ok_or_else(|| format!("{server} answers strangely"))?;
        match topology.nodes().len() {
            0 => return Err(format!("{server} knows no owner of any slot")),
            nodes if nodes > MAX_NODES => {
                return Err(format!("{server} names {nodes} primaries, the limit is {MAX_NODES}"));
            }
            _ => {}
        }
        self.live = Some((node.clone(), connection));
        Ok(Answer { topology, epoch: epoch(info) })
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
