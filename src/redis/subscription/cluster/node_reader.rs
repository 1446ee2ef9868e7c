//! What the reader of one node of a cluster knows of the others: which channels count here, and whom to tell.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use super::links::Links;
use crate::ledger::interval::Link;
use crate::redis::cluster::topology::{Node, Topology};

/// Something that may mean that slots have other owners now.
#[derive(Debug)]
pub(in crate::redis::subscription) enum TopologyHint {
    /// The connection to a node is lost, or it cannot be made.
    Lost(Node),
    /// A node says that a slot's owner is that one.
    Moved(Node),
}

/// One node's part in the cluster.
#[derive(Debug)]
pub(in crate::redis::subscription) struct NodeReader {
    pub(super) node: Node,
    topology: Arc<Topology>,
    /// The newest topology, until the fence that was sent after it is answered: until then a channel counts here only if it
    /// is this node's in both.
    next: Option<Arc<Topology>>,
    /// Whether what this node has gained was handed to it, so that it can begin to count it.
    served: bool,
    links: Rc<RefCell<Links>>,
    hints: UnboundedSender<TopologyHint>,
    /// The prefix of counter keys, and the channel that was looked at last.
    key: Vec<u8>,
    prefix: usize,
}

impl NodeReader {
    pub(super) fn new(
        node: Node,
        topology: Arc<Topology>,
        prefix: &[u8],
        links: Rc<RefCell<Links>>,
        hints: UnboundedSender<TopologyHint>,
    ) -> Self {
        Self { node, topology, next: None, served: false, links, hints, key: prefix.to_vec(), prefix: prefix.len() }
    }

    /// Whether a channel's messages are counted here: on all other nodes they come in no exact order.
    pub(in crate::redis::subscription) fn counts(&mut self, channel: &[u8]) -> bool {
        self.key.truncate(self.prefix);
        self.key.extend_from_slice(channel);
        let owns = |topology: &Topology| topology.owner(&self.key) == Some(&self.node);
        owns(&self.topology) && self.next.as_deref().is_none_or(owns)
    }

    /// Slots have other owners from now on; what this node has lost it counts no more.
    pub(super) fn announce(&mut self, topology: Arc<Topology>) {
        self.next = Some(topology);
        self.served = false;
    }

    /// What this node has gained was handed to it.
    pub(super) fn served(&mut self) {
        self.served = true;
    }

    /// The newest topology, while it waits for its fence.
    pub(super) fn next(&self) -> Option<&Arc<Topology>> {
        self.next.as_ref()
    }

    /// What this node has gained it counts from here on, once it was handed to it.
    pub(super) fn settle(&mut self) {
        if let Some(next) = self.next.take_if(|_| self.served) {
            self.topology = next;
        }
    }

    /// The node's link has changed; gives what is to be said of all links together.
    pub(in crate::redis::subscription) fn link<'a>(
        &self,
        change: Link,
        names: impl Iterator<Item = &'a [u8]>,
    ) -> Option<Link> {
        let at = change.at;
        let mut links = self.links.borrow_mut();
        links.changed(&self.node, change, names);
        links.hints(at)
    }

    /// The connection is lost, or it could not be made.
    pub(in crate::redis::subscription) fn lost(&self) {
        // The other end is gone only while the subscription ends.
        let _ = self.hints.send(TopologyHint::Lost(self.node.clone()));
    }

    /// The server's words for a counter that another node owns: `MOVED slot host:port`, where an empty host is this one's.
    pub(in crate::redis::subscription) fn moved(&self, words: &[u8]) {
        let owner = std::str::from_utf8(words).ok().and_then(|words| {
            let (host, port) = words.split(' ').nth(2)?.rsplit_once(':')?;
            let host = if host.is_empty() { &self.node.host } else { host };
            Some(Node { host: host.to_owned(), port: port.parse().ok()? })
        });
        let _ = self.hints.send(TopologyHint::Moved(owner.unwrap_or_else(|| self.node.clone())));
    }
}
