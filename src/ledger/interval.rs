//! Batches of messages and events in stream order, which the subscription sends to the consumers.

use std::sync::Arc;

use super::dropped::Dropped;
use super::expectation::ExpectationStatus;
use super::finding::Finding;
use super::known::ServerId;
pub use super::link::{Link, LinkState, ServerInfo};
use super::sequence::{Channel, Reading, Sequence};
use crate::wire::algorithm::Algorithm;
use crate::wire::envelope::Envelope;
use crate::wire::verdict::Verdict;

/// How many of the last added channels are searched before a channel is added.
const SEARCHED_CHANNELS: usize = 4;

/// A batch of messages, findings and link changes of one subscription, in stream order. It can contain messages of several
/// intervals of a [`ChannelLedger`](super::channel::ChannelLedger). It does not change after it has been sent to the consumers.
#[derive(Debug, Default)]
pub struct Interval {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    messages: usize,
    /// The channels of the messages, by index. A channel can appear more than once.
    channels: Vec<Channel>,
    /// The memory in bytes that `entries` and `channels` point to.
    pointed: usize,
}

/// A message or an event.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A message was received.
    Message(Message),
    /// A finding, at its position in the stream. `CountedNotReceived` and `ReceivedNotCounted` come after the messages that
    /// they are about. Other gaps, and counter resets, come before all of the channel's messages between the previous
    /// barrier and the barrier that found them. Boxed to keep `Entry` small.
    Finding(Box<Finding>),
    /// Messages that were dropped at this position, because this consumer was too slow. Boxed to keep `Entry` small.
    Dropped(Box<Dropped>),
    /// The state of the link changed.
    Link(Link),
    /// A counter was read. This entry is sent only if the value differs from the channel's previous reading, if it was read
    /// from another server, or if the subscription ends after it.
    Counter {
        /// The channel.
        channel: Channel,
        /// The value.
        reading: Reading,
        /// The server that it was read from; `None` if it is unknown.
        server: Option<Arc<ServerId>>,
        /// When it was read, in microseconds since the epoch.
        at: i64,
    },
    /// The state of an expectation on a channel. Boxed to keep `Entry` small.
    Expectation(Box<ExpectationStatus>),
    /// A barrier's reply was received, so the link is live.
    Barrier {
        /// The round trip in microseconds.
        round_trip: u64,
        /// When the reply was received, in microseconds since the epoch.
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
    /// The memory in bytes of what the entry points to. A text that several entries share is counted for each of them.
    #[must_use]
    pub fn pointed_size(&self) -> usize {
        let name = |channel: &Option<Channel>| channel.as_ref().map_or(0, |channel| channel.as_bytes().len());
        match self {
            Self::Message(_) | Self::Barrier { .. } => 0,
            Self::Finding(finding) => finding.size(),
            Self::Dropped(dropped) => size_of::<Dropped>() + name(&dropped.channel),
            Self::Link(Link { reason, channel, server, .. }) => {
                let server = server.as_ref().map_or(0, |server| {
                    size_of::<ServerInfo>() + server.version.len() + server.role.len() + server.mode.len()
                });
                reason.as_ref().map_or(0, |reason| reason.len()) + name(channel) + server
            }
            Self::Counter { channel, reading, .. } => {
                let reason = if let Reading::Unreadable(reason) = reading { reason.len() } else { 0 };
                channel.as_bytes().len() + reason
            }
            Self::Expectation(status) => {
                let texts = status.title.len() + status.name.as_ref().map_or(0, Vec::len);
                size_of::<ExpectationStatus>() + status.channel.as_bytes().len() + texts
            }
        }
    }

    /// When it happened, in microseconds since the epoch.
    #[must_use]
    pub fn at(&self) -> i64 {
        match self {
            Self::Message(message) => message.at,
            Self::Finding(finding) => finding.at,
            Self::Dropped(dropped) => dropped.at,
            Self::Link(link) => link.at,
            Self::Expectation(status) => status.at,
            Self::Counter { at, .. } | Self::Barrier { at, .. } => *at,
        }
    }
}

/// A received message. Its payload and its channel are stored in the interval.
#[derive(Debug, Clone)]
pub struct Message {
    /// When it was read from the socket, in microseconds since the epoch.
    pub at: i64,
    /// What is known about its sequence number.
    pub sequence: Sequence,
    /// The outcome of the checks.
    pub verdict: Verdict,
    /// The signature's algorithm, if aircheck supports it.
    pub algorithm: Option<Algorithm>,
    /// The signature's timestamp in Unix seconds.
    pub timestamp: Option<i64>,
    /// Whether the message is verified and was already received more than 1 s earlier.
    pub duplicate: bool,
    /// The index of its channel in the interval.
    channel: u32,
    offset: usize,
    length: usize,
}

impl Interval {
    /// Appends a message with a copy of its payload.
    #[expect(clippy::too_many_arguments, reason = "one argument per field; a struct for them would repeat `Message`")]
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

    /// Appends a message. `channel` is the index that [`add_channel`](Self::add_channel) returned.
    #[expect(clippy::too_many_arguments, reason = "the arguments of `push_message`")]
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

    /// Adds a channel. Returns its index for [`push_numbered`](Self::push_numbered).
    pub fn add_channel(&mut self, channel: Channel) -> u32 {
        // There are at most as many channels as messages, and 2^32 messages do not fit in memory.
        let number = u32::try_from(self.channels.len()).unwrap_or(u32::MAX);
        self.pointed += channel.as_bytes().len();
        self.channels.push(channel);
        number
    }

    /// The index of a channel, if it is one of the last few that were added.
    fn number(&self, channel: &Channel) -> Option<u32> {
        let from = self.channels.len().saturating_sub(SEARCHED_CHANNELS);
        let at = self.channels[from..].iter().position(|known| known == channel)?;
        u32::try_from(from + at).ok()
    }

    /// The channel of one of this interval's messages.
    ///
    /// # Panics
    /// May panic if the message belongs to another interval.
    #[must_use]
    pub fn channel(&self, message: &Message) -> &Channel {
        &self.channels[message.channel as usize]
    }

    /// The index of a message's channel in this interval. A channel can have several indexes.
    #[must_use]
    pub fn channel_number(message: &Message) -> usize {
        message.channel as usize
    }

    /// Appends an entry other than a message.
    pub fn push(&mut self, entry: Entry) {
        debug_assert!(!matches!(entry, Entry::Message(_)), "use push_message for messages");
        self.pointed += entry.pointed_size();
        self.entries.push(entry);
    }

    /// The entries, in stream order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Sets the sequence number of the entry at `index`. Has no effect if that entry is not a message.
    pub fn set_sequence(&mut self, index: usize, sequence: Sequence) {
        if let Some(Entry::Message(message)) = self.entries.get_mut(index) {
            message.sequence = sequence;
        }
    }

    /// Marks the entry at `index` as a duplicate. Has no effect if that entry is not a message.
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

    /// The parsed payload of one of this interval's messages.
    #[must_use]
    pub fn envelope(&self, message: &Message) -> Envelope<'_> {
        Envelope::parse(self.payload(message))
    }

    /// Creates an empty interval with space for this many bytes of payloads and this many entries.
    #[must_use]
    pub fn with_capacity(bytes: usize, entries: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), entries: Vec::with_capacity(entries), ..Self::default() }
    }

    /// Creates an empty interval with space for 1/8 more than this one contains.
    #[must_use]
    pub fn successor(&self) -> Self {
        let with_reserve = |length: usize| length + length / 8;
        Self::with_capacity(with_reserve(self.bytes.len()), with_reserve(self.entries.len()))
    }

    /// The size of all payloads in bytes.
    #[must_use]
    pub fn payload_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The memory in bytes that the entries and the channels point to.
    #[must_use]
    pub fn pointed_bytes(&self) -> usize {
        self.pointed
    }

    /// Moves all entries starting at index `at`, and their payloads, to a new interval.
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
                other => {
                    self.pointed -= other.pointed_size();
                    rest.push(other);
                }
            }
        }
        let end = self.entries.iter().rev().find_map(|entry| match entry {
            Entry::Message(message) => Some(message.offset + message.length),
            _ => None,
        });
        self.bytes.truncate(end.unwrap_or(0));
        rest
    }

    /// Moves the entries at the indexes selected by `is_moved`, and their payloads, to a new interval.
    #[must_use]
    pub fn extract(&mut self, mut is_moved: impl FnMut(usize) -> bool) -> Self {
        let mut old = std::mem::take(self);
        let mut taken = Self::default();
        for (index, entry) in std::mem::take(&mut old.entries).into_iter().enumerate() {
            let into = if is_moved(index) { &mut taken } else { &mut *self };
            match entry {
                Entry::Message(message) => into.adopt(&message, &old),
                other => into.push(other),
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

    /// Inserts each new entry in front of the existing entry at the given index. All indexes in `inserts` refer to the
    /// entries as they were before this call. `inserts` must be sorted by index and contain no messages.
    pub fn insert_all(&mut self, inserts: Vec<(usize, Entry)>) {
        self.pointed += inserts.iter().map(|(_, insert)| insert.pointed_size()).sum::<usize>();
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

    /// Releases unused memory if more than half of the capacity is unused.
    pub fn shrink(&mut self) {
        if self.bytes.capacity() > 2 * self.bytes.len() || self.entries.capacity() > 2 * self.entries.len() {
            self.bytes.shrink_to_fit();
            self.entries.shrink_to_fit();
        }
    }

    /// The number of messages.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.messages
    }

    /// The allocated memory in bytes: payloads, entries and channels, with their texts.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.capacity()
            + self.entries.capacity() * size_of::<Entry>()
            + self.channels.capacity() * size_of::<Channel>()
            + self.pointed
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
