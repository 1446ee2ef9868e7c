//! The unit of everything: what came in between two barriers, in stream order.

use std::sync::Arc;

use super::buffer_pool::BufferPool;
use super::dropped::Dropped;
use super::finding::Finding;
use super::known::ServerId;
pub use super::link::{Link, LinkState, Server};
use super::sequence::{Channel, Reading, Sequence};
use crate::wire::algorithm::Algorithm;
use crate::wire::envelope::Envelope;
use crate::wire::verdict::Verdict;

/// Among so many of the channels added last a message's channel is looked for, before it is added once more.
const LOOKED_AT: usize = 4;

/// Messages, findings and link changes of one subscription, in stream order; immutable once handed over.
#[derive(Debug, Default)]
pub struct Interval {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    messages: usize,
    /// The channels that its messages came on, by their number here; a channel may stand here more than once.
    channels: Vec<Channel>,
    /// Where its memory goes when it is dropped.
    spare: Option<BufferPool>,
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
    /// Something was found; it stands before the messages that it precedes in the stream. Boxed, so that a message takes no more
    /// than it needs.
    Finding(Box<Finding>),
    /// This consumer was too slow for messages that were received here. Boxed, as a finding is.
    Dropped(Box<Dropped>),
    /// The link changed.
    Link(Link),
    /// A counter was read and differs from the last reading of that channel, or is another server's.
    Counter {
        /// Whose counter.
        channel: Channel,
        /// What it held.
        reading: Reading,
        /// The server that it was read from; none if it is unknown.
        server: Option<Arc<ServerId>>,
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

impl From<Finding> for Entry {
    fn from(finding: Finding) -> Self {
        Self::Finding(Box::new(finding))
    }
}

impl From<Dropped> for Entry {
    fn from(dropped: Dropped) -> Self {
        Self::Dropped(Box::new(dropped))
    }
}

impl Entry {
    /// When it happened, in microseconds since the epoch.
    #[must_use]
    pub fn at(&self) -> i64 {
        match self {
            Self::Message(message) => message.at,
            Self::Finding(finding) => finding.at,
            Self::Dropped(dropped) => dropped.at,
            Self::Link(link) => link.at,
            Self::Counter { at, .. } | Self::Barrier { at, .. } => *at,
        }
    }
}

/// A received message; its payload and its channel are in the interval.
#[derive(Debug, Clone)]
pub struct Message {
    /// When it was read from the socket.
    pub at: i64,
    /// Its sequence number, or what is known of it.
    pub sequence: Sequence,
    /// The outcome of the checks.
    pub verdict: Verdict,
    /// The algorithm it names, if supported.
    pub algorithm: Option<Algorithm>,
    /// The timestamp it carries, in Unix seconds.
    pub timestamp: Option<i64>,
    /// Whether the same signed payload was received more than 1 s before, so that this is reported as repeated. Unsigned payloads are not
    /// compared.
    pub duplicate: bool,
    /// The number of its channel in the interval.
    channel: u32,
    offset: usize,
    length: usize,
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
        let channel = self.number(&channel).unwrap_or_else(|| self.add_channel(channel));
        self.push_numbered(payload, at, channel, sequence, verdict, algorithm, timestamp);
    }

    /// Appends a message of the channel that [`add_channel`](Self::add_channel) gave that number.
    #[expect(clippy::too_many_arguments, reason = "as above")]
    pub fn push_numbered(
        &mut self,
        payload: &[u8],
        at: i64,
        channel: u32,
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
            duplicate: false,
            offset,
            length: payload.len(),
        }));
        self.messages += 1;
    }

    /// Adds a channel, and gives the number that its messages have in this interval.
    pub fn add_channel(&mut self, channel: Channel) -> u32 {
        // There are never more of them than messages, whose entries would fill the memory long before.
        let number = u32::try_from(self.channels.len()).unwrap_or(u32::MAX);
        self.channels.push(channel);
        number
    }

    /// The number of a channel that was added, where it is among the last few.
    fn number(&self, channel: &Channel) -> Option<u32> {
        let from = self.channels.len().saturating_sub(LOOKED_AT);
        let at = self.channels[from..].iter().position(|known| known == channel)?;
        u32::try_from(from + at).ok()
    }

    /// The channel that one of this interval's messages came on.
    ///
    /// # Panics
    /// Where the message is of another interval.
    #[must_use]
    pub fn channel(&self, message: &Message) -> &Channel {
        &self.channels[message.channel as usize]
    }

    /// The number of a message's channel in this interval. A channel may have several.
    #[must_use]
    pub fn channel_number(message: &Message) -> usize {
        message.channel as usize
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

    /// Marks the message at `index` as a duplicate.
    pub fn set_duplicate(&mut self, index: usize) {
        if let Some(Entry::Message(message)) = self.entries.get_mut(index) {
            message.duplicate = true;
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
        Self {
            bytes: Vec::with_capacity(bytes),
            entries: Vec::with_capacity(entries),
            messages: 0,
            channels: Vec::new(),
            spare: None,
        }
    }

    /// An empty interval with room for as much as this one holds and some more, where it can in the memory of earlier ones
    /// that were dropped.
    #[must_use]
    pub fn successor(&self) -> Self {
        let spare = self.spare.clone().unwrap_or_default();
        let room = |length: usize| length + length / 8;
        let (bytes, entries) = spare.take(room(self.bytes.len()), room(self.entries.len()));
        Self { bytes, entries, messages: 0, channels: Vec::new(), spare: Some(spare) }
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
                    let channel = &self.channels[message.channel as usize];
                    rest.append(&message, channel, payload.unwrap_or_default());
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
                Entry::Message(message) => into.adopt(&message, &old),
                other => into.entries.push(other),
            }
        }
        taken
    }

    /// Appends a message of another interval, with a copy of its payload.
    pub fn adopt(&mut self, message: &Message, of: &Self) {
        self.append(message, of.channel(message), of.payload(message));
    }

    fn append(&mut self, message: &Message, channel: &Channel, payload: &[u8]) {
        let Message { at, sequence, verdict, algorithm, timestamp, .. } = *message;
        let channel = self.number(channel).unwrap_or_else(|| self.add_channel(channel.clone()));
        self.push_numbered(payload, at, channel, sequence, verdict, algorithm, timestamp);
        if message.duplicate {
            self.set_duplicate(self.entries.len() - 1);
        }
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
        if self.bytes.capacity() > 2 * self.bytes.len() || self.entries.capacity() > 2 * self.entries.len() {
            let bytes = self.bytes.as_slice().into();
            let mut entries = Vec::with_capacity(self.entries.len());
            entries.append(&mut self.entries);
            let (bytes, entries) =
                (std::mem::replace(&mut self.bytes, bytes), std::mem::replace(&mut self.entries, entries));
            if let Some(spare) = &self.spare {
                spare.keep(bytes, entries);
            }
        }
    }

    /// How many messages there are.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.messages
    }

    /// What it takes in memory, in bytes: payloads, entries and channels.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.capacity()
            + self.entries.capacity() * size_of::<Entry>()
            + self.channels.capacity() * size_of::<Channel>()
    }

    /// Whether nothing happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
