//! Connections to all servers that hold counters: one, or the primaries of a cluster.

use ::redis::aio::MultiplexedConnection;

use super::Lookup;
use super::topology::Topology;
use crate::redis::client;
use crate::redis::target::{Address, Target};

/// The servers of a target; at least one.
pub(in crate::redis) struct Servers {
    /// One connection each, in the order of the topology's nodes.
    pub(in crate::redis) connections: Vec<MultiplexedConnection>,
    topology: Option<Topology>,
}

impl Servers {
    /// Connects to all of them.
    ///
    /// # Errors
    /// Why one of them cannot be reached; already escaped for a terminal.
    pub(in crate::redis) async fn connect(target: &Target) -> Result<Self, String> {
        if !matches!(target.address, Address::Cluster { .. }) {
            return Ok(Self { connections: vec![client::connect(target).await?], topology: None });
        }
        let topology = Lookup::new(target).ask().await?;
        let mut connections = Vec::with_capacity(topology.nodes().len());
        for node in topology.nodes() {
            connections.push(client::connect(&target.node(&node.host, node.port)).await?);
        }
        Ok(Self { connections, topology: Some(topology) })
    }

    /// The index of the server that holds a key; none where no node owns its slot.
    pub(in crate::redis) fn holder(&self, key: &[u8]) -> Option<usize> {
        let Some(topology) = &self.topology else { return Some(0) };
        topology.owner(key).and_then(|owner| topology.nodes().binary_search(owner).ok())
    }
}
