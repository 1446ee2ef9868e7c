//! The rejected messages, as the Rejected pane lists them.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use crate::console::ui::list_cursor::{ListCursor, push};
use crate::ledger::sequence::{Channel, Sequence};
use crate::wire::verdict::Rejection;

/// The Rejected pane: rejected messages, oldest first, bounded.
#[derive(Debug, Default)]
pub struct Rejections {
    /// The rejected messages.
    pub list: VecDeque<RejectedEntry>,
    /// The number of entries removed because of the maximum.
    pub evicted: u64,
    /// The cursor.
    pub position: ListCursor,
    /// The total number of messages for each rejection.
    pub by_rejection: BTreeMap<&'static str, u64>,
}

/// One rejected message and its place in the stream.
#[derive(Debug, Clone)]
pub struct RejectedEntry {
    /// When it was received.
    pub at: i64,
    /// The channel.
    pub channel: Channel,
    /// Its name, not escaped, cut after 256 bytes.
    pub name: Vec<u8>,
    /// The key name in its signature, not escaped, cut after 256 bytes.
    pub key_name: Option<Vec<u8>>,
    /// Its sequence number.
    pub sequence: Sequence,
    /// Why it is rejected.
    pub rejection: Rejection,
    /// The row ID of its row.
    pub row_id: u64,
}

impl Rejections {
    /// Adds the newest entry. A cursor on the newest entry follows, unless `keep_cursor` is set.
    pub fn push(&mut self, entry: RejectedEntry, keep_cursor: bool) {
        *self.by_rejection.entry(entry.rejection.name()).or_default() += 1;
        push(&mut self.list, &mut self.evicted, &mut self.position, entry, keep_cursor);
    }

    /// The indices of the entries shown in a window of `height` entries.
    #[must_use]
    pub fn window(&self, height: usize) -> Range<usize> {
        self.position.range(self.list.len(), height)
    }
}
