//! Connections to all servers that hold counters: one server, or the primaries of a cluster.

use std::time::Duration;

use tokio::time::timeout;

use super::Lookup;
use super::topology::Topology;
use crate::redis::client::{self, Client};
use crate::redis::connect_error::ConnectError;
use crate::redis::target::{Address, Target};

/// The time limit for connecting to all primaries.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// The servers of a target; at least one.
pub(in crate::redis) struct Servers {
    /// One connection per server, in the order of [`Topology::nodes`].
    pub(in crate::redis) connections: Vec<Client>,
    topology: Option<Topology>,
}

impl Servers {
    /// Connects to all servers.
    ///
    /// # Errors
    /// One of the servers cannot be reached, or rejected the login. The texts are escaped for a terminal.
    pub(in crate::redis) async fn connect(target: &Target) -> Result<Self, ConnectError> {
        if !matches!(target.address, Address::Cluster { .. }) {
            return Ok(Self { connections: vec![client::connect(target).await?], topology: None });
        }
        let no_primary = |reason| ConnectError::NoPrimary { server: target.to_string(), reason };
        let topology = Lookup::new(target).ask().await.map_err(no_primary)?;
        let timed_out = |_| {
            let (nodes, seconds) = (topology.nodes().len(), CONNECT_TIMEOUT.as_secs());
            ConnectError::unreachable(target, format!("cannot connect to all {nodes} primaries within {seconds} s"))
        };
        let connections = timeout(CONNECT_TIMEOUT, connect_all(target, &topology)).await.map_err(timed_out)??;
        Ok(Self { connections, topology: Some(topology) })
    }

    /// The index of the connection to the server that owns a key, or `None` if no node owns its slot.
    pub(in crate::redis) fn owner_index(&self, key: &[u8]) -> Option<usize> {
        let Some(topology) = &self.topology else { return Some(0) };
        topology.owner(key).and_then(|owner| topology.nodes().binary_search(owner).ok())
    }
}

async fn connect_all(target: &Target, topology: &Topology) -> Result<Vec<Client>, ConnectError> {
    let mut connections = Vec::with_capacity(topology.nodes().len());
    for node in topology.nodes() {
        connections.push(client::connect(&target.node(&node.host, node.port)).await?);
    }
    Ok(connections)
}
