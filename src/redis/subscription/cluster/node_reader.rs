//! What the reader of one cluster node knows about the cluster.

use std::sync::{Arc, Mutex};

use tokio::sync::mpsc::UnboundedSender;

use super::links::NodeLinks;
use crate::ledger::interval::Link;
use crate::redis::cluster::topology::{Node, Topology};

/// A hint that the topology may have changed.
#[derive(Debug)]
pub(in crate::redis::subscription) enum TopologyHint {
    /// The connection to a node was lost or failed.
    Lost(Node),
    /// This node was named as the owner of a slot.
    Moved(Node),
}

/// The state of a reader that belongs to a cluster node.
#[derive(Debug)]
pub(in crate::redis::subscription) struct NodeReader {
    pub(super) node: Node,
    topology: Arc<Topology>,
    /// The announced topology. It takes effect with the reply to a `PING` (the *fence*) that is sent after the announcement,
    /// or at once if the reader is not connected. Until then, a message that a pattern delivers is counted here only if this
    /// node owns its channel in both topologies.
    next: Option<Arc<Topology>>,
    /// Whether this reader was assigned the channels that its node owns in `next` but not in `topology`.
    assigned: bool,
    links: Arc<Mutex<NodeLinks>>,
    hints: UnboundedSender<TopologyHint>,
    /// A buffer for counter keys: the prefix and the last channel. It is reused to avoid allocations.
    key: Vec<u8>,
    prefix: usize,
}

impl NodeReader {
    pub(super) fn new(
        node: Node,
        topology: Arc<Topology>,
        prefix: &[u8],
        links: Arc<Mutex<NodeLinks>>,
        hints: UnboundedSender<TopologyHint>,
    ) -> Self {
        Self { node, topology, next: None, assigned: false, links, hints, key: prefix.to_vec(), prefix: prefix.len() }
    }

    /// Whether this node owns the channel, so that its messages count here. On a node that does not own it, they arrive in
    /// no guaranteed order.
    pub(in crate::redis::subscription) fn counts_here(&mut self, channel: &[u8]) -> bool {
        self.key.truncate(self.prefix);
        self.key.extend_from_slice(channel);
        let owns = |topology: &Topology| topology.owner(&self.key) == Some(&self.node);
        owns(&self.topology) && self.next.as_deref().is_none_or(owns)
    }

    /// Announces a new topology. From now on, messages of channels that this node lost are not counted here.
    pub(super) fn set_next(&mut self, topology: Arc<Topology>) {
        self.next = Some(topology);
        self.assigned = false;
    }

    /// Records that the channels that this node gained were assigned to it.
    pub(super) fn assigned(&mut self) {
        self.assigned = true;
    }

    /// The announced topology, while it waits for the fence.
    pub(super) fn next(&self) -> Option<&Arc<Topology>> {
        self.next.as_ref()
    }

    /// Puts the announced topology into effect if the channels that this node gained were assigned to it. From then
    /// on, messages that patterns deliver on these channels are counted here too.
    pub(super) fn adopt_next(&mut self) {
        if let Some(next) = self.next.take_if(|_| self.assigned) {
            self.topology = next;
        }
    }

    /// The links to all nodes.
    pub(in crate::redis::subscription) fn links(&self) -> Arc<Mutex<NodeLinks>> {
        Arc::clone(&self.links)
    }

    /// Records a change of this node's link. Returns the combined state if it has changed. Keep `links` locked until that is
    /// sent, because otherwise another reader could send a newer state first.
    pub(in crate::redis::subscription) fn link<'a>(
        &self,
        links: &mut NodeLinks,
        change: Link,
        names: impl Iterator<Item = &'a [u8]>,
    ) -> Option<Link> {
        let at = change.at;
        links.changed(&self.node, change, names);
        links.take_change(at)
    }

    /// Reports that the connection was lost or failed.
    pub(in crate::redis::subscription) fn report_lost(&self) {
        // Sending fails only while the subscription ends.
        let _ = self.hints.send(TopologyHint::Lost(self.node.clone()));
    }

    /// Reports the owner that an error reply `MOVED slot host:port` names. An empty host means the host of this node.
    pub(in crate::redis::subscription) fn report_moved(&self, words: &[u8]) {
        let owner = std::str::from_utf8(words).ok().and_then(|words| {
            let (host, port) = words.split(' ').nth(2)?.rsplit_once(':')?;
            let host = if host.is_empty() { &self.node.host } else { host };
            Some(Node { host: host.to_owned(), port: port.parse().ok()? })
        });
        let _ = self.hints.send(TopologyHint::Moved(owner.unwrap_or_else(|| self.node.clone())));
    }
}
