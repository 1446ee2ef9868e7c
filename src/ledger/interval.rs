//! The unit of everything: what came in between two barriers, in stream order.

use std::sync::Arc;

use super::finding::Finding;
use super::sequence::{Channel, Reading, Sequence};
use super::spare::Spare;
use crate::wire::algorithm::Algorithm;
use crate::wire::envelope::Envelope;
use crate::wire::verdict::Verdict;

/// Messages, findings and link changes of one subscription, in stream order; immutable once handed over.
#[derive(Debug, Default)]
pub struct Interval {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    messages: usize,
    /// Where its memory goes when it is dropped.
    spare: Option<Spare>,
}

impl Drop for Interval {
    fn drop(&mut self) {
        if let Some(spare) = &self.spare {
            spare.keep(std::mem::take(&mut self.bytes), std::mem::take(&mut self.entries));
        }
    }
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A message was received.
    Message(Message),
    /// Something was found; it stands before the messages that it precedes in the stream.
    Finding(Finding),
    /// The link changed.
    Link(Link),
    /// A counter was read and differs from the last reading of that channel.
    Counter {
        /// Whose counter.
        channel: Channel,
        /// What it held.
        reading: Reading,
        /// When it was read.
        at: i64,
    },
    /// A barrier was answered: the link is live.
    Barrier {
        /// The round trip in microseconds.
        round_trip: u64,
        /// When the answer came.
        at: i64,
    },
}

impl Entry {
    /// When it happened, in microseconds since the epoch.
    #[must_use]
    pub fn at(&self) -> i64 {
        match self {
            Self::Message(message) => message.at,
            Self::Finding(finding) => finding.at,
            Self::Link(link) => link.at,
            Self::Counter { at, .. } | Self::Barrier { at, .. } => *at,
        }
    }
}

/// A received message; its payload is in the interval.
#[derive(Debug, Clone)]
pub struct Message {
    /// When it was read from the socket.
    pub at: i64,
    /// The channel it came on.
    pub channel: Channel,
    /// Its sequence number, or what is known of it.
    pub sequence: Sequence,
    /// The outcome of the checks.
    pub verdict: Verdict,
    /// The algorithm it names, if supported.
    pub algorithm: Option<Algorithm>,
    /// The timestamp it carries, in Unix seconds.
    pub timestamp: Option<i64>,
    offset: usize,
    length: usize,
}

/// A change of the link to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The new state.
    pub state: LinkState,
    /// Why; for `Connected` to one server of several, which that is. Not escaped.
    pub reason: Option<Arc<str>>,
    /// The channel concerned, for `Denied` and `Granted`.
    pub channel: Option<Channel>,
    /// What the server said of itself, for `Connected`.
    pub server: Option<Arc<Server>>,
    /// When.
    pub at: i64,
}

/// The states of the link; their names are those of the JSON lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkState {
    /// Connected and subscribed.
    Connected,
    /// Not connected; a new attempt follows.
    Disconnected,
    /// The server refuses a channel to this user.
    Denied,
    /// A channel that was denied is subscribed now.
    Granted,
    /// No answer for more than two seconds.
    Stale,
    /// Answers again after `Stale`.
    Live,
    /// The clock of this machine was set, so that the same signature may be judged in another way.
    ClockSet,
    /// Messages were forgotten that could still be sent again: the repeat check is incomplete.
    RepeatsIncomplete,
}

/// What the server's HELLO says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The version, e.g. `7.2.4`; not escaped.
    pub version: String,
    /// The role, e.g. `master`; not escaped.
    pub role: String,
    /// The mode, e.g. `standalone`; not escaped.
    pub mode: String,
}

impl LinkState {
    /// All states.
    pub const ALL: [Self; 8] = [
        Self::Connected,
        Self::Disconnected,
        Self::Denied,
        Self::Granted,
        Self::Stale,
        Self::Live,
        Self::ClockSet,
        Self::RepeatsIncomplete,
    ];

    /// The state of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The name used in JSON lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Denied => "denied",
            Self::Granted => "granted",
            Self::Stale => "stale",
            Self::Live => "live",
            Self::ClockSet => "clock_set",
            Self::RepeatsIncomplete => "repeats_incomplete",
        }
    }
}

impl Interval {
    /// Appends a message with a copy of its payload.
    #[expect(clippy::too_many_arguments, reason = "one argument a field, and no second struct that says the same")]
    pub fn push_message(
        &mut self,
        payload: &[u8],
        at: i64,
        channel: Channel,
        sequence: Sequence,
        verdict: Verdict,
        algorithm: Option<Algorithm>,
        timestamp: Option<i64>,
    ) {
        let offset = self.bytes.len();
        self.bytes.extend_from_slice(payload);
        self.entries.push(Entry::Message(Message {
            at,
            channel,
            sequence,
            verdict,
            algorithm,
            timestamp,
            offset,
            length: payload.len(),
        }));
        self.messages += 1;
    }

    /// Appends anything but a message.
    pub fn push(&mut self, entry: Entry) {
        debug_assert!(!matches!(entry, Entry::Message(_)), "messages bring their payload: push_message");
        self.entries.push(entry);
    }

    /// What happened, in stream order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Sets the sequence of the message at `index`, once it is known.
    pub fn set_sequence(&mut self, index: usize, sequence: Sequence) {
        if let Some(Entry::Message(message)) = self.entries.get_mut(index) {
            message.sequence = sequence;
        }
    }

    /// The payload of one of this interval's messages.
    #[must_use]
    pub fn payload(&self, message: &Message) -> &[u8] {
        self.bytes.get(message.offset..message.offset + message.length).unwrap_or_default()
    }

    /// The parts of one of this interval's messages.
    #[must_use]
    pub fn envelope(&self, message: &Message) -> Envelope<'_> {
        Envelope::parse(self.payload(message))
    }

    /// Makes room for about that many bytes of payloads and that many entries.
    #[must_use]
    pub fn with_capacity(bytes: usize, entries: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), entries: Vec::with_capacity(entries), messages: 0, spare: None }
    }

    /// An empty interval with room for as much as this one holds and some more, where it can in the memory of earlier ones
    /// that were dropped.
    #[must_use]
    pub fn successor(&self) -> Self {
        let room = |length: usize| length + length / 8;
        let spare = self.spare.clone().unwrap_or_default();
        let (bytes, entries) = spare.take(room(self.bytes.len()), room(self.entries.len()));
        Self { bytes, entries, messages: 0, spare: Some(spare) }
    }

    /// How many bytes of payloads there are.
    #[must_use]
    pub fn payload_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Takes the entries from index `at` on out, with their payloads, as an interval of their own.
    #[must_use]
    pub fn split_off(&mut self, at: usize) -> Self {
        let mut rest = self.successor();
        for entry in self.entries.drain(at..) {
            match entry {
                Entry::Message(message) => {
                    self.messages -= 1;
                    let payload = self.bytes.get(message.offset..message.offset + message.length);
                    rest.adopt(message, payload.unwrap_or_default());
                }
                other => rest.entries.push(other),
            }
        }
        let end = self.entries.iter().rev().find_map(|entry| match entry {
            Entry::Message(message) => Some(message.offset + message.length),
            _ => None,
        });
        self.bytes.truncate(end.unwrap_or(0));
        rest
    }

    /// Takes the entries out at the indices for which `leaves` says so, with their payloads, as an interval of their own.
    #[must_use]
    pub fn extract(&mut self, mut leaves: impl FnMut(usize) -> bool) -> Self {
        let mut old = std::mem::take(self);
        let mut taken = Self::default();
        for (index, entry) in std::mem::take(&mut old.entries).into_iter().enumerate() {
            let into = if leaves(index) { &mut taken } else { &mut *self };
            match entry {
                Entry::Message(message) => {
                    let payload = old.payload(&message);
                    into.adopt(message, payload);
                }
                other => into.entries.push(other),
            }
        }
        taken
    }

    /// Appends a message of another interval, with a copy of its payload there.
    pub fn adopt(&mut self, message: Message, payload: &[u8]) {
        let (offset, length) = (self.bytes.len(), payload.len());
        self.bytes.extend_from_slice(payload);
        self.messages += 1;
        self.entries.push(Entry::Message(Message { offset, length, ..message }));
    }

    /// Puts entries that are no messages before the entries at the given indices; `inserts` is sorted by index.
    pub fn insert_all(&mut self, inserts: Vec<(usize, Entry)>) {
        let mut entries = Vec::with_capacity(self.entries.len() + inserts.len());
        let mut inserts = inserts.into_iter().peekable();
        for (index, entry) in std::mem::take(&mut self.entries).into_iter().enumerate() {
            while let Some((_, insert)) = inserts.next_if(|(before, _)| *before <= index) {
                entries.push(insert);
            }
            entries.push(entry);
        }
        entries.extend(inserts.map(|(_, insert)| insert));
        self.entries = entries;
    }

    /// Gives memory back that was taken for more than came.
    pub fn shrink(&mut self) {
        if self.bytes.capacity() > 2 * self.bytes.len() {
            self.bytes.shrink_to_fit();
        }
        if self.entries.capacity() > 2 * self.entries.len() {
            self.entries.shrink_to_fit();
        }
    }

    /// How many messages there are.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.messages
    }

    /// What it takes in memory, in bytes: payloads and entries.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.capacity() + self.entries.capacity() * size_of::<Entry>()
    }

    /// Whether nothing happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
