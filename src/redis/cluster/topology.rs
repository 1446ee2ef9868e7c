//! The slot of a key, and the node that owns a slot.

use std::fmt;

use ::redis::Value;

use crate::redis::client::text;
use crate::redis::target;

/// The number of slots of every Redis Cluster.
pub const SLOT_COUNT: u16 = 16_384;

/// Returns the slot of a key, less than [`SLOT_COUNT`].
///
/// The hash tag of a key is the text between its first `{` and the next `}`. If it is not empty, only the hash tag is
/// hashed, otherwise the whole key (Redis Cluster specification).
#[must_use]
pub fn slot(key: &[u8]) -> u16 {
    crc16::State::<crc16::XMODEM>::calculate(hash_tag(key).unwrap_or(key)) % SLOT_COUNT
}

fn hash_tag(key: &[u8]) -> Option<&[u8]> {
    let start = memchr::memchr(b'{', key)? + 1;
    let length = memchr::memchr(b'}', &key[start..])?;
    (length > 0).then(|| &key[start..start + length])
}

/// The address at which clients reach a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// The host name or address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// Formats `host:port`; not escaped.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&target::node(&self.host, self.port))
    }
}

/// The primaries of a cluster and their slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// The primaries that own slots, sorted.
    nodes: Vec<Node>,
    /// For each slot, the index of its owner in `nodes`.
    owners: Vec<Option<u16>>,
}

impl Topology {
    /// Reads the `CLUSTER SLOTS` reply of the node at `asked`, or returns `None` if it is malformed.
    ///
    /// If the reply lacks a node's host, that node has the same host as the node that was asked (Redis documentation of
    /// `CLUSTER SLOTS`). A slot whose owner has no known address counts as a slot without an owner.
    #[must_use]
    pub fn read(answer: &Value, asked: &Node) -> Option<Self> {
        let Value::Array(ranges) = answer else { return None };
        let ranges: Vec<(u16, u16, Option<Node>)> =
            ranges.iter().map(|value| range(value, asked)).collect::<Option<_>>()?;
        let mut nodes: Vec<Node> = ranges.iter().filter_map(|(_, _, owner)| owner.clone()).collect();
        nodes.sort();
        nodes.dedup();
        let mut owners = vec![None; usize::from(SLOT_COUNT)];
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

    /// The node that owns the slot of a key, if any.
    #[must_use]
    pub fn owner(&self, key: &[u8]) -> Option<&Node> {
        let index = self.owners.get(usize::from(slot(key))).copied().flatten()?;
        self.nodes.get(usize::from(index))
    }
}

/// Reads one range: first slot, last slot, primary, then replicas.
fn range(value: &Value, asked: &Node) -> Option<(u16, u16, Option<Node>)> {
    let Value::Array(parts) = value else { return None };
    let [Value::Int(first), Value::Int(last), Value::Array(owner), ..] = parts.as_slice() else { return None };
    let (first, last) = (u16::try_from(*first).ok()?, u16::try_from(*last).ok()?);
    (first <= last && last < SLOT_COUNT).then(|| (first, last, node(owner, asked)))
}

/// Reads a node: host, port, id, then metadata.
fn node(parts: &[Value], asked: &Node) -> Option<Node> {
    let [host, Value::Int(port), rest @ ..] = parts else { return None };
    let host = match host {
        Value::Nil => asked.host.clone(),
        host => match std::str::from_utf8(text(host)?).ok()? {
            "" | "0.0.0.0" | "::" => asked.host.clone(),
            // The node is configured to announce a host name, but has none. The metadata contains its address.
            "?" => rest.get(1).and_then(address)?,
            host => host.to_owned(),
        },
    };
    // Port 0 means that the node has no port for this kind of connection (plain or TLS).
    let port = u16::try_from(*port).ok().filter(|&port| port > 0)?;
    Some(Node { host, port })
}

/// Reads the `ip` from a node's metadata, which consists of names and values.
fn address(known: &Value) -> Option<String> {
    let pairs: Vec<(&Value, &Value)> = match known {
        Value::Array(parts) => parts.chunks_exact(2).map(|pair| (&pair[0], &pair[1])).collect(),
        Value::Map(pairs) => pairs.iter().map(|(name, value)| (name, value)).collect(),
        _ => return None,
    };
    let (_, value) = pairs.into_iter().find(|(name, _)| text(name) == Some(b"ip"))?;
    String::from_utf8(text(value)?.to_vec()).ok().filter(|address| !address.is_empty())
}
