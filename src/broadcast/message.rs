//! A received message, as it is passed to handlers.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::event;
use super::position::Position;
use super::stop::StopHandle;
use crate::ledger::interval::{self, Entry, Interval};
use crate::ledger::known::ServerId;
use crate::ledger::sequence::Sequence;
use crate::wire::envelope::{Envelope, SignatureText};
use crate::wire::escape::escape;
use crate::wire::json;
#[cfg(feature = "recording")]
use crate::wire::signature::Keyring;
use crate::wire::verdict::{Rejection, Verdict};

/// A received message. Cheap to clone. It can outlive the listener.
///
/// # Memory
/// Messages are received in batches, and a message keeps the memory of its whole batch. A batch usually holds the messages of less
/// than 0.1 s. At a high rate, this can be several megabytes. Before you store a message for a long time, call
/// [`detach`](Self::detach).
#[derive(Clone)]
pub struct Message {
    interval: Arc<Interval>,
    entry: interval::Message,
    server: Option<Arc<ServerId>>,
    stop: StopHandle,
}

impl Message {
    /// The message at this index of the interval; none if the entry is not a message.
    pub(super) fn of(
        interval: &Arc<Interval>,
        index: usize,
        server: Option<&Arc<ServerId>>,
        stop: &StopHandle,
    ) -> Option<Self> {
        let Some(Entry::Message(message)) = interval.entries().get(index) else { return None };
        let (interval, entry) = (Arc::clone(interval), message.clone());
        Some(Self { interval, entry, server: server.cloned(), stop: stop.clone() })
    }

    /// The name. Invalid UTF-8 is replaced. The name is untrusted: print [`escaped_name`](Self::escaped_name) instead.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.name_bytes())
    }

    /// The name as received.
    #[must_use]
    pub fn name_bytes(&self) -> &[u8] {
        self.envelope().name
    }

    /// The name, safe for a terminal or a log. Control characters, invisible characters and invalid UTF-8 are escaped.
    #[must_use]
    pub fn escaped_name(&self) -> String {
        escape(self.name_bytes())
    }

    /// The channel. Invalid UTF-8 in its name is replaced.
    #[must_use]
    pub fn channel(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.interval.channel(&self.entry).as_bytes())
    }

    /// The message's sequence number; `None` if it is not known exactly. The first broadcast of a channel has number 1.
    #[must_use]
    pub fn sequence(&self) -> Option<u64> {
        match self.entry.sequence {
            Sequence::Exact(number) => Some(number),
            _ => None,
        }
    }

    /// The sequence number and the server that counted it; `None` if the number is not exact. Store it for
    /// [`Listener::resume_after`](super::Listener::resume_after).
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.sequence().map(|sequence| Position { sequence, server: self.server.clone() })
    }

    /// What is known about the sequence number: exact, inferred, a range, or why it is unknown.
    #[must_use]
    pub fn sequence_info(&self) -> Sequence {
        self.entry.sequence
    }

    /// The data as received: JSON, or empty if there is none. If the message was rejected as invalid JSON, the data can
    /// be any bytes.
    #[must_use]
    pub fn json(&self) -> &[u8] {
        self.envelope().data
    }

    /// The data as a JSON value, parsed by PHP's rules; `None` if the message has no data or invalid JSON.
    #[must_use]
    pub fn value(&self) -> Option<Value> {
        json::value(self.json())
    }

    /// The data, deserialized to `T`. Missing data deserializes as `null`, which `Option` and `()` accept.
    ///
    /// # Errors
    /// If the data cannot be deserialized to `T`.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, DataError> {
        serde_json::from_value(self.value().unwrap_or_default()).map_err(DataError)
    }

    /// The result of the checks. Handlers and [`Event::Message`](super::Event::Message) get only accepted messages: they are
    /// verified, or they are unsigned and no signing key is set.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.entry.verdict
    }

    /// The key name in the signature, as received; `None` if the message is not signed.
    #[must_use]
    pub fn key_name(&self) -> Option<&[u8]> {
        SignatureText::parse(self.envelope().signature)?.key_name
    }

    /// The timestamp in the signature, in Unix seconds; `None` if the message is not signed, or the timestamp is not a number.
    #[must_use]
    pub fn timestamp(&self) -> Option<i64> {
        self.entry.timestamp
    }

    /// When the message was read from the socket.
    #[must_use]
    pub fn received_at(&self) -> SystemTime {
        event::time(self.entry.at)
    }

    /// The whole payload as received.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.interval.payload(&self.entry)
    }

    /// Verifies the message with these keys, as of the time of its receipt.
    #[cfg(feature = "recording")]
    pub(super) fn verify(mut self, keyring: &Keyring) -> Self {
        self.entry.verdict = keyring.verify(&self.envelope(), self.entry.at.div_euclid(1_000_000)).verdict;
        self
    }

    /// Copies the message out of its batch. The result keeps only its own memory: the payload, the channel's name and about 200
    /// bytes.
    #[must_use]
    pub fn detach(self) -> Self {
        if self.interval.entries().len() == 1 {
            return self;
        }
        let mut interval = Interval::with_capacity(self.payload().len(), 1);
        interval.adopt(&self.entry, &self.interval);
        match interval.entries() {
            [Entry::Message(entry)] => Self { entry: entry.clone(), interval: Arc::new(interval), ..self },
            _ => self,
        }
    }

    /// Ends the listener after the current handler returns. If the message comes from a stream, ends the stream before its
    /// next event.
    pub fn stop(&self) {
        self.stop.stop();
    }

    fn envelope(&self) -> Envelope<'_> {
        self.interval.envelope(&self.entry)
    }
}

/// Omits the data and the signature, because they may be confidential.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("channel", &escape(self.interval.channel(&self.entry).as_bytes()))
            .field("name", &self.escaped_name())
            .field("sequence", &self.entry.sequence)
            .field("verdict", &self.entry.verdict)
            .finish_non_exhaustive()
    }
}

/// The data cannot be deserialized to the requested type. The error text can contain parts of the data, which is untrusted, so it
/// is escaped.
#[derive(Debug)]
pub struct DataError(serde_json::Error);

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot deserialize the data: {}", escape(self.0.to_string().as_bytes()))
    }
}

impl std::error::Error for DataError {}

/// Why a message was not passed to the handler for its name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotHandled {
    /// A check failed.
    #[error("rejected: {0}")]
    Rejected(Rejection),
    /// Its data cannot be deserialized to the handler's type.
    #[error(transparent)]
    Data(DataError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::sequence::Channel;

    #[test]
    fn a_detached_message_does_not_keep_its_batch() {
        let mut batch = Interval::default();
        for (sequence, payload) in [(1, "a::1"), (2, "b::[2]"), (3, "c::3")] {
            let sequence = Sequence::Exact(sequence);
            batch.push_message(payload.as_bytes(), 7, Channel::new(b"ops"), sequence, Verdict::Unsigned, None, None);
        }
        let batch = Arc::new(batch);
        let weak = Arc::downgrade(&batch);
        let message = Message::of(&batch, 1, None, &StopHandle::default()).map(Message::detach);
        drop(batch);
        assert!(weak.upgrade().is_none(), "the batch is still in memory");
        let Some(message) = message else { panic!("not a message") };
        assert_eq!((message.name().as_ref(), message.json(), message.sequence()), ("b", &b"[2]"[..], Some(2)));
        assert_eq!((message.channel().as_ref(), message.payload()), ("ops", &b"b::[2]"[..]));
        assert!(message.interval.size() < 400, "{}", message.interval.size());
    }
}
