//! Combines the links to all nodes of a cluster. The combined link is up when all of them are.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ledger::interval::{Link, LinkState, ServerInfo};
use crate::redis::cluster::topology::Node;
use crate::redis::subscription::link_change;

/// The maximum number of names or nodes that a text lists.
const MAX_LISTED: usize = 5;

/// The state of each node's link, and the combined state that was reported last.
#[derive(Debug, Default)]
pub(in crate::redis::subscription) struct NodeLinks {
    nodes: BTreeMap<Node, NodeStatus>,
    /// An error of the cluster as a whole, not of one node; not escaped.
    cluster_error: Option<String>,
    reported: Option<(LinkLevel, String)>,
    /// Whether "connected" was reported, and "disconnected" was not reported since then.
    is_up: bool,
    /// The server to which a reader connected last.
    server: Option<Arc<ServerInfo>>,
}

/// The state of the link to one node.
#[derive(Debug)]
enum NodeStatus {
    /// Not connected yet.
    Connecting,
    Live,
    /// Holds the reason, not escaped.
    Stale(String),
    /// Holds the reason, not escaped.
    Down(String),
}

/// The combined state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LinkLevel {
    Up,
    Stale,
    Down,
}

impl NodeLinks {
    /// Adds a node before aircheck connects to it.
    pub(super) fn add(&mut self, node: &Node) {
        self.nodes.entry(node.clone()).or_insert(NodeStatus::Connecting);
    }

    /// Removes a node.
    pub(super) fn remove(&mut self, node: &Node) {
        self.nodes.remove(node);
    }

    /// Sets or clears the error of the cluster as a whole; not escaped.
    pub(super) fn set_cluster_error(&mut self, cluster_error: Option<String>) {
        self.cluster_error = cluster_error;
    }

    /// Records a change of one node's link. `names` are the channels and patterns of that node.
    pub(super) fn changed<'a>(&mut self, node: &Node, change: Link, names: impl Iterator<Item = &'a [u8]>) {
        // Changes of removed nodes are ignored.
        let Some(status) = self.nodes.get_mut(node) else { return };
        let why = || {
            let reason = change.reason.as_deref().unwrap_or_default();
            match list_some(names.map(|name| String::from_utf8_lossy(name).into_owned())) {
                names if names.is_empty() => format!("{node}: {reason}"),
                names => format!("{node}, with {names}: {reason}"),
            }
        };
        *status = match change.state {
            LinkState::Connected | LinkState::Live => NodeStatus::Live,
            LinkState::Stale => NodeStatus::Stale(why()),
            LinkState::Disconnected => {
                let why = why();
                // The node's reader reports a lasting failure only once, so this is a new failure.
                if matches!(status, NodeStatus::Down(before) if *before == why) {
                    self.reported = None;
                }
                NodeStatus::Down(why)
            }
            LinkState::Denied
            | LinkState::Granted
            | LinkState::UnsubscribeFailed
            | LinkState::TooManyChannels
            | LinkState::ClockSet
            | LinkState::DuplicateCheckIncomplete => return,
        };
        if change.server.is_some() {
            self.server = change.server;
        }
    }

    /// Returns the combined state if it has changed since the last report.
    pub(super) fn take_change(&mut self, at: i64) -> Option<Link> {
        let (level, text) = self.combined()?;
        let before = self.reported.replace((level, text.clone()));
        if before.as_ref().is_some_and(|(reported, before)| *reported == level && *before == text) {
            return None;
        }
        let state = match (level, before) {
            (LinkLevel::Up, Some((LinkLevel::Stale, _))) if self.is_up => LinkState::Live,
            (LinkLevel::Up, _) => LinkState::Connected,
            (LinkLevel::Stale, _) => LinkState::Stale,
            (LinkLevel::Down, _) => LinkState::Disconnected,
        };
        self.is_up = level == LinkLevel::Up || level == LinkLevel::Stale && self.is_up;
        let server = self.server.clone().filter(|_| state == LinkState::Connected);
        Some(Link { server, ..link_change(state, Some(text.into()), at) })
    }

    /// The worst state of all nodes, with its reason. `None` if nothing is stale or down, but a node is still connecting for
    /// the first time.
    fn combined(&self) -> Option<(LinkLevel, String)> {
        let down = self.nodes.values().filter_map(|status| match status {
            NodeStatus::Down(why) => Some(why),
            _ => None,
        });
        let down: Vec<&str> = self.cluster_error.iter().chain(down).map(String::as_str).collect();
        if !down.is_empty() {
            return Some((LinkLevel::Down, down.join("; ")));
        }
        let stale = self.nodes.values().filter_map(|status| match status {
            NodeStatus::Stale(why) => Some(why.as_str()),
            _ => None,
        });
        let stale: Vec<&str> = stale.collect();
        if !stale.is_empty() {
            return Some((LinkLevel::Stale, stale.join("; ")));
        }
        let connecting = self.nodes.values().any(|status| matches!(status, NodeStatus::Connecting));
        (!connecting).then(|| (LinkLevel::Up, format!("on {}", list_some(self.nodes.keys().map(Node::to_string)))))
    }
}

/// Lists the first few items and the number of the others.
pub(super) fn list_some(text: impl Iterator<Item = String>) -> String {
    let mut text: Vec<String> = text.collect();
    let more = text.len().saturating_sub(MAX_LISTED);
    text.truncate(MAX_LISTED);
    let listed = text.join(", ");
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}
