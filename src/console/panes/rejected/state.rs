//! The rejected messages, as the Rejected pane lists them.

use std::collections::BTreeMap;

use crate::console::ui::grouped_list::{GroupedList, Line, Listed};
use crate::ledger::sequence::{Channel, Sequence};
use crate::wire::escape::escape;
use crate::wire::verdict::Rejection;

/// What the messages of a group have in common: channel, rejection and key name.
type RejectionKey = (Channel, Rejection, Option<Vec<u8>>);

/// A line of the pane: a message, or several that are folded.
pub(crate) type RejectedLine<'a> = Line<'a, RejectionKey, RejectedEntry>;

/// The Rejected pane: groups of rejected messages, bounded.
#[derive(Debug, Default)]
pub struct Rejections {
    /// The rejected messages.
    pub list: GroupedList<RejectionKey, RejectedEntry>,
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

impl Listed for RejectedEntry {
    fn row_id(&self) -> u64 {
        self.row_id
    }

    fn at(&self) -> i64 {
        self.at
    }

    fn text(&self) -> String {
        let key_name = escape(self.key_name.as_deref().unwrap_or_default());
        let (channel, name) = (escape(self.channel.as_bytes()), escape(&self.name));
        format!("{channel} {} {key_name} {} {name}", self.rejection.words(), self.sequence)
    }
}

impl Rejections {
    /// Adds the newest entry. A cursor on the last line follows, unless `keep_cursor` is set.
    pub fn push(&mut self, entry: RejectedEntry, keep_cursor: bool) {
        *self.by_rejection.entry(entry.rejection.name()).or_default() += 1;
        let key = (entry.channel.clone(), entry.rejection, entry.key_name.clone());
        self.list.push(key, entry, keep_cursor);
    }
}
