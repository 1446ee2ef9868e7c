//! The findings and the refused messages, as their panes list them.

use std::collections::VecDeque;

use crate::ledger::finding::Finding;
use crate::ledger::sequence::{Channel, Sequence};
use crate::wire::verdict::Refusal;

/// The Gaps pane: all findings, oldest first, bounded.
#[derive(Debug, Default)]
pub struct Gaps {
    /// The findings.
    pub list: VecDeque<GapEntry>,
    /// How many left the list by its bound.
    pub evicted: u64,
    /// The index under the cursor.
    pub cursor: usize,
}

/// One finding and its place in the stream.
#[derive(Debug, Clone)]
pub struct GapEntry {
    /// The finding.
    pub finding: Finding,
    /// The serial of its row.
    pub serial: u64,
}

/// The Refused pane: refused messages, oldest first, bounded.
#[derive(Debug, Default)]
pub struct Refusals {
    /// The refused messages.
    pub list: VecDeque<RefusedEntry>,
    /// How many left the list by its bound.
    pub evicted: u64,
    /// The index under the cursor.
    pub cursor: usize,
    /// How many of each reason, all told.
    pub by_reason: std::collections::BTreeMap<&'static str, u64>,
}

/// One refused message and its place in the stream.
#[derive(Debug, Clone)]
pub struct RefusedEntry {
    /// When it came.
    pub at: i64,
    /// On which channel.
    pub channel: Channel,
    /// Its name, not escaped; cut after 256 bytes.
    pub name: Vec<u8>,
    /// The key name in its signature, not escaped; cut after 256 bytes.
    pub key_name: Option<Vec<u8>>,
    /// Its sequence.
    pub sequence: Sequence,
    /// Why it is refused.
    pub refusal: Refusal,
    /// The serial of its row.
    pub serial: u64,
}
