//! Publishes on the node that owns the slot of a channel's counter.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Lookup;
use super::topology::{Node, Topology};
use crate::redis::connect_error::ConnectError;
use crate::redis::counter;
use crate::redis::publisher::{IS_REPLICA, Receipt, SendError, ServerPublisher};
use crate::redis::target::Target;

/// How long to retry while a slot migrates or a node fails over. Only attempts that sent nothing are retried.
const REDIRECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The delay between attempts.
const RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// One connection per node, opened when first needed.
#[derive(Debug)]
pub(in crate::redis) struct ClusterPublisher {
    target: Target,
    sequence_prefix: String,
    lookup: Lookup,
    /// The topology to use; `None` if it must be looked up again.
    topology: Option<Topology>,
    nodes: BTreeMap<Node, ServerPublisher>,
}

impl ClusterPublisher {
    pub(in crate::redis) fn new(target: Target, sequence_prefix: String) -> Self {
        Self { lookup: Lookup::new(&target), target, sequence_prefix, topology: None, nodes: BTreeMap::new() }
    }

    /// See [`Publisher::publish`](crate::redis::publisher::Publisher::publish).
    ///
    /// A node that is not the owner rejects the transaction and sends nothing. The publisher then looks up the owner,
    /// and sends the message there.
    pub(in crate::redis) async fn publish(&mut self, channel: &[u8], payload: &[u8]) -> Result<Receipt, SendError> {
        let deadline = Instant::now() + REDIRECT_TIMEOUT;
        let key = counter::key(&self.sequence_prefix, channel);
        loop {
            let topology = if let Some(topology) = self.topology.take() {
                topology
            } else {
                let found = self.lookup.ask().await;
                let server = || self.target.to_string();
                found.map_err(|reason| SendError::Unreachable(ConnectError::NoPrimary { server: server(), reason }))?
            };
            let outcome = self.attempt(topology, &key, channel, payload).await;
            match outcome {
                Err(error) if is_redirect(&error) && Instant::now() < deadline => sleep(RETRY_INTERVAL).await,
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
    ) -> Result<Receipt, SendError> {
        self.nodes.retain(|node, _| topology.nodes().contains(node));
        let Some(node) = topology.owner(key).cloned() else {
            return Err(SendError::Rejected(format!("{NO_OWNER} of this channel's counter")));
        };
        let server = self.nodes.entry(node.clone()).or_insert_with(|| {
            ServerPublisher::new(self.target.node(&node.host, node.port), self.sequence_prefix.clone())
        });
        let outcome = server.publish(channel, payload).await;
        match &outcome {
            // The next lookup asks this node last, because the other nodes may know its replacement.
            Err(SendError::Unreachable(_)) => self.lookup.avoid(&node),
            Err(error) if is_redirect(error) => {}
            _ => self.topology = Some(topology),
        }
        outcome
    }
}

const NO_OWNER: &str = "no node owns the slot";

/// Whether nothing was sent because another node is the owner, or because the owner is temporarily unavailable.
fn is_redirect(error: &SendError) -> bool {
    const TEMPORARY_ERRORS: [&str; 5] = ["MOVED ", "ASK ", "TRYAGAIN ", "CLUSTERDOWN ", NO_OWNER];
    match error {
        SendError::Unreachable(_) => true,
        SendError::Rejected(words) => {
            words.contains(IS_REPLICA) || TEMPORARY_ERRORS.iter().any(|prefix| words.starts_with(prefix))
        }
        SendError::NotCounted { .. } | SendError::Unknown(_) => false,
    }
}
