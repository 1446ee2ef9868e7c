//! Which node owns which slot.

use std::fmt;

use ::redis::Value;

use super::slots::{SLOTS, slot};
use crate::redis::client::text;
use crate::redis::target;

/// One node, as its clients reach it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// Its host name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// `host:port`; not escaped.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&target::node(&self.host, self.port))
    }
}

/// The primaries of a cluster, and their slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// The primaries that own slots, sorted.
    nodes: Vec<Node>,
    /// By slot, the index of its owner.
    owners: Vec<Option<u16>>,
}

impl Topology {
    /// Reads the answer to `CLUSTER SLOTS` of the node that was reached at `asked`; none where it is no such answer.
    ///
    /// A node that does not know its own address, or a network that changes addresses, leaves the host out: then it is the
    /// one that was asked (Redis documentation of `CLUSTER SLOTS`). Slots of an owner without a known address have none.
    #[must_use]
    pub fn read(answer: &Value, asked: &Node) -> Option<Self> {
        let Value::Array(ranges) = answer else { return None };
        let ranges: Vec<(u16, u16, Option<Node>)> =
            ranges.iter().map(|value| range(value, asked)).collect::<Option<_>>()?;
        let mut nodes: Vec<Node> = ranges.iter().filter_map(|(_, _, owner)| owner.clone()).collect();
        nodes.sort();
        nodes.dedup();
        let mut owners = vec![None; usize::from(SLOTS)];
        for (first, last, owner) in ranges {
            let index = owner.and_then(|owner| nodes.binary_search(&owner).ok()).and_then(|at| u16::try_from(at).ok());
            owners.get_mut(usize::from(first)..=usize::from(last))?.fill(index);
        }
        Some(Self { nodes, owners })
    }

    /// The primaries that own slots, sorted.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node that owns a key's slot, if one does.
    #[must_use]
    pub fn owner(&self, key: &[u8]) -> Option<&Node> {
        let index = self.owners.get(usize::from(slot(key))).copied().flatten()?;
        self.nodes.get(usize::from(index))
    }
}

/// First slot, last slot, the primary, and then the replicas.
fn range(value: &Value, asked: &Node) -> Option<(u16, u16, Option<Node>)> {
    let Value::Array(parts) = value else { return None };
    let [Value::Int(first), Value::Int(last), Value::Array(owner), ..] = parts.as_slice() else { return None };
    let (first, last) = (u16::try_from(*first).ok()?, u16::try_from(*last).ok()?);
    (first <= last && last < SLOTS).then(|| (first, last, node(owner, asked)))
}

/// Host, port, id, and then what else is known of it.
fn node(parts: &[Value], asked: &Node) -> Option<Node> {
    let [host, Value::Int(port), rest @ ..] = parts else { return None };
    let host = match host {
        Value::Nil => asked.host.clone(),
        host => match std::str::from_utf8(text(host)?).ok()? {
            "" | "0.0.0.0" | "::" => asked.host.clone(),
            // It is to be called by a host name that it does not have.
            "?" => rest.get(1).and_then(address)?,
            host => host.to_owned(),
        },
    };
    // 0 is no port: it has none of the kind that was asked by.
    let port = u16::try_from(*port).ok().filter(|&port| port > 0)?;
    Some(Node { host, port })
}

/// What is known beside the host, names and values in turn: among it, the address.
fn address(known: &Value) -> Option<String> {
    let pairs: Vec<(&Value, &Value)> = match known {
        Value::Array(parts) => parts.chunks_exact(2).map(|pair| (&pair[0], &pair[1])).collect(),
        Value::Map(pairs) => pairs.iter().map(|(name, value)| (name, value)).collect(),
        _ => return None,
    };
    let (_, value) = pairs.into_iter().find(|(name, _)| text(name) == Some(b"ip"))?;
    String::from_utf8(text(value)?.to_vec()).ok().filter(|address| !address.is_empty())
}
