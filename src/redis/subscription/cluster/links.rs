//! The links to the nodes of a cluster as one: it is up when all of them are.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ledger::interval::{Link, LinkState, Server};
use crate::redis::cluster::topology::Node;
use crate::redis::subscription::link;

/// The most names or nodes in one line.
const FEW: usize = 5;

/// The state of each node's link, and what was said last of them together.
#[derive(Debug, Default)]
pub(in crate::redis::subscription) struct Links {
    nodes: BTreeMap<Node, Status>,
    /// What is wrong with the cluster rather than with one node; not escaped.
    trouble: Option<String>,
    said: Option<(Level, String)>,
    /// Whether it was said that the links are up, and not since that they are down.
    is_up: bool,
    /// What the node said of itself that was connected last.
    server: Option<Arc<Server>>,
}

/// The link to one node.
#[derive(Debug)]
enum Status {
    /// Never connected yet.
    Connecting,
    Live,
    /// Why, not escaped.
    Stale(String),
    /// Why, not escaped.
    Down(String),
}

/// The links together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Up,
    Stale,
    Down,
}

impl Links {
    /// A node is to be connected to.
    pub(super) fn add(&mut self, node: &Node) {
        self.nodes.entry(node.clone()).or_insert(Status::Connecting);
    }

    /// A node is not listened to any more.
    pub(super) fn remove(&mut self, node: &Node) {
        self.nodes.remove(node);
    }

    /// What is wrong with the cluster as a whole, if anything; not escaped.
    pub(super) fn trouble(&mut self, trouble: Option<String>) {
        self.trouble = trouble;
    }

    /// A node's link has changed; `names` are the channels and patterns that come by it.
    pub(super) fn changed<'a>(&mut self, node: &Node, change: Link, names: impl Iterator<Item = &'a [u8]>) {
        // A node that was given up has nothing to say any more.
        let Some(status) = self.nodes.get_mut(node) else { return };
        let why = || {
            let reason = change.reason.as_deref().unwrap_or_default();
            match few(names.map(|name| String::from_utf8_lossy(name).into_owned())) {
                names if names.is_empty() => format!("{node}: {reason}"),
                names => format!("{node}, with {names}: {reason}"),
            }
        };
        *status = match change.state {
            LinkState::Connected | LinkState::Live => Status::Live,
            LinkState::Stale => Status::Stale(why()),
            LinkState::Disconnected => {
                let why = why();
                // Lost once more for the same reason: reported once more.
                if matches!(status, Status::Down(before) if *before == why) {
                    self.said = None;
                }
                Status::Down(why)
            }
            LinkState::Denied | LinkState::Granted | LinkState::ClockSet | LinkState::DuplicateCheckIncomplete => {
                return;
            }
        };
        if change.server.is_some() {
            self.server = change.server;
        }
    }

    /// What is to be said of all of them, if it is something new.
    pub(super) fn hints(&mut self, at: i64) -> Option<Link> {
        let (level, words) = self.together()?;
        let before = self.said.replace((level, words.clone()));
        if before.as_ref().is_some_and(|(said, before)| *said == level && *before == words) {
            return None;
        }
        let state = match (level, before) {
            (Level::Up, Some((Level::Stale, _))) if self.is_up => LinkState::Live,
            (Level::Up, _) => LinkState::Connected,
            (Level::Stale, _) => LinkState::Stale,
            (Level::Down, _) => LinkState::Disconnected,
        };
        self.is_up = level == Level::Up || level == Level::Stale && self.is_up;
        let server = self.server.clone().filter(|_| state == LinkState::Connected);
        Some(Link { server, ..link(state, Some(words.into()), at) })
    }

    /// The worst of all, and why; none while nodes are connected to for the first time and nothing is wrong.
    fn together(&self) -> Option<(Level, String)> {
        let down = self.nodes.values().filter_map(|status| match status {
            Status::Down(why) => Some(why),
            _ => None,
        });
        let down: Vec<&str> = self.trouble.iter().chain(down).map(String::as_str).collect();
        if !down.is_empty() {
            return Some((Level::Down, down.join("; ")));
        }
        let stale = self.nodes.values().filter_map(|status| match status {
            Status::Stale(why) => Some(why.as_str()),
            _ => None,
        });
        let stale: Vec<&str> = stale.collect();
        if !stale.is_empty() {
            return Some((Level::Stale, stale.join("; ")));
        }
        let connecting = self.nodes.values().any(|status| matches!(status, Status::Connecting));
        (!connecting).then(|| (Level::Up, format!("on {}", few(self.nodes.keys().map(Node::to_string)))))
    }
}

/// The first of them, and how many more there are.
pub(super) fn few(words: impl Iterator<Item = String>) -> String {
    let mut words: Vec<String> = words.collect();
    let more = words.len().saturating_sub(FEW);
    words.truncate(FEW);
    let listed = words.join(", ");
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}
