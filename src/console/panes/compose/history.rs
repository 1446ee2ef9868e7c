//! The messages that were sent from the console, kept between runs. They contain no key and no HMAC.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::console::app::state::{Notice, State};
use crate::console::panes::compose::state::{Sent, key_name};
use crate::wire::envelope::Envelope;

/// The maximum number of messages.
pub const MAX_HISTORY: usize = 1_000;

/// The maximum size of the data of all messages together, in bytes.
pub(crate) const MAX_BYTES: usize = 8 << 20;

/// The maximum size of one message's data, in bytes. Messages with longer data are not kept.
pub(crate) const MAX_KEPT: usize = 64 << 10;

/// The messages, newest last.
pub type History = VecDeque<HistoryEntry>;

/// A message that was sent, with the server's receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When it was sent, in microseconds since the epoch.
    pub at: i64,
    /// The channel.
    pub channel: String,
    /// The message's name.
    pub name: String,
    /// The JSON text. Empty: no data.
    pub data: String,
    /// The name of the key that it was signed with. `None` if it was not signed.
    pub key: Option<String>,
    /// Its sequence number.
    pub sequence: u64,
    /// How many subscribers received it.
    pub receivers: u64,
}

impl HistoryEntry {
    /// Creates the entry of a sent message. `None` if the message is too long or not UTF-8.
    #[must_use]
    pub fn of(sent: &Sent, (receivers, sequence): (u64, u64)) -> Option<Self> {
        let envelope = Envelope::parse(&sent.payload);
        if envelope.data.len() > MAX_KEPT {
            return None;
        }
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        let key = match key_name(envelope.signature) {
            Some(name) => Some(text(name)?),
            None => None,
        };
        Some(Self {
            at: sent.at,
            channel: text(&sent.channel)?,
            name: text(envelope.name)?,
            data: text(envelope.data)?,
            key,
            sequence,
            receivers,
        })
    }

    /// As one line of JSON, without a newline.
    #[must_use]
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Parses such a line. `None` if it is something else, or was written by an incompatible version.
    #[must_use]
    pub fn from_line(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }
}

/// Adds the newest message, and removes the oldest ones beyond [`MAX_HISTORY`] and `MAX_BYTES`. If the same message was sent
/// before, its older entry is removed.
pub fn remember(history: &mut History, entry: HistoryEntry) {
    let same = |old: &HistoryEntry| {
        (&old.channel, &old.name, &old.data, &old.key) == (&entry.channel, &entry.name, &entry.data, &entry.key)
    };
    history.retain(|old| !same(old));
    history.push_back(entry);
    let mut bytes: usize = history.iter().map(|entry| entry.data.len()).sum();
    while history.len() > MAX_HISTORY || bytes > MAX_BYTES {
        let Some(oldest) = history.pop_front() else { break };
        bytes -= oldest.data.len();
    }
}

/// Takes the history of earlier runs, oldest first. Messages that were sent in the meantime stay the newest.
pub(crate) fn loaded(state: &mut State, result: Result<Vec<HistoryEntry>, String>) {
    match result {
        Ok(kept) => {
            let since = std::mem::take(&mut state.compose.history);
            for entry in kept.into_iter().chain(since) {
                remember(&mut state.compose.history, entry);
            }
        }
        Err(why) => state.notice = Some(Notice::error(format!("the history cannot be read: {why}"))),
    }
}
