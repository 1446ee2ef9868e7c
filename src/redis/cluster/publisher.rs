//! Publishing to the node that owns the slot of a channel's counter.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Lookup;
use super::topology::{Node, Topology};
use crate::redis::counter;
use crate::redis::publisher::{IS_REPLICA, OneServer, PublishError, Receipt};
use crate::redis::target::Target;

/// How long a slot that moves, or a node that is being replaced, is waited for. Nothing was sent until then.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long to wait before the next attempt.
const PAUSE: Duration = Duration::from_millis(50);

/// One connection a node, made when first needed.
#[derive(Debug)]
pub(in crate::redis) struct ToOwners {
    target: Target,
    sequence_prefix: String,
    lookup: Lookup,
    /// None where it must be asked for.
    topology: Option<Topology>,
    nodes: BTreeMap<Node, OneServer>,
}

impl ToOwners {
    pub(in crate::redis) fn new(target: Target, sequence_prefix: String) -> Self {
        Self { lookup: Lookup::new(&target), target, sequence_prefix, topology: None, nodes: BTreeMap::new() }
    }

    /// As [`Publisher::publish`](crate::redis::publisher::Publisher::publish). Where a node says that it is not the owner, it
    /// has not sent the message either: the owner is then looked up, and the message sent there.
    pub(in crate::redis) async fn publish(&mut self, channel: &[u8], payload: &[u8]) -> Result<Receipt, PublishError> {
        let deadline = Instant::now() + PATIENCE;
        let key = counter::key(&self.sequence_prefix, channel);
        loop {
            let topology = match self.topology.take() {
                Some(topology) => topology,
                None => self.lookup.ask().await.map_err(PublishError::Unreachable)?,
            };
            let outcome = self.attempt(topology, &key, channel, payload).await;
            match outcome {
                Err(error) if is_elsewhere(&error) && Instant::now() < deadline => sleep(PAUSE).await,
                outcome => return outcome,
            }
        }
    }

    async fn attempt(
        &mut self,
        topology: Topology,
        key: &[u8],
        channel: &[u8],
        payload: &[u8],
    ) -> Result<Receipt, PublishError> {
        self.nodes.retain(|node, _| topology.nodes().contains(node));
        let Some(node) = topology.owner(key).cloned() else {
            return Err(PublishError::Rejected(format!("{NO_OWNER} of this channel's counter")));
        };
        let server = self
            .nodes
            .entry(node.clone())
            .or_insert_with(|| OneServer::new(self.target.node(&node.host, node.port), self.sequence_prefix.clone()));
        let outcome = server.publish(channel, payload).await;
        match &outcome {
            // Another node may know who takes its place.
            Err(PublishError::Unreachable(_)) => self.lookup.avoid(&node),
            Err(error) if is_elsewhere(error) => {}
            _ => self.topology = Some(topology),
        }
        outcome
    }
}

const NO_OWNER: &str = "no node owns the slot";

/// Whether nothing was sent because the owner is another node, or cannot be asked at the moment.
fn is_elsewhere(error: &PublishError) -> bool {
    const PASSING: [&str; 5] = ["MOVED ", "ASK ", "TRYAGAIN ", "CLUSTERDOWN ", NO_OWNER];
    match error {
        PublishError::Unreachable(_) => true,
        PublishError::Rejected(words) => {
            words.contains(IS_REPLICA) || PASSING.iter().any(|passing| words.starts_with(passing))
        }
        PublishError::NotCounted { .. } | PublishError::Unknown(_) => false,
    }
}
