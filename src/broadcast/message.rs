//! A received broadcast, as a handler gets it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::position::Position;
use super::stop::Stopper;
use crate::ledger::interval::{self, Entry, Interval};
use crate::ledger::known::ServerId;
use crate::ledger::sequence::Sequence;
use crate::wire::envelope::{Envelope, SignatureText};
use crate::wire::escape::escape;
use crate::wire::json;
use crate::wire::verdict::{Rejection, Verdict};

/// A received broadcast. Cheap to clone; it may outlive the listener.
#[derive(Clone)]
pub struct Message {
    interval: Arc<Interval>,
    entry: interval::Message,
    server: Option<Arc<ServerId>>,
    stopper: Stopper,
}

impl Message {
    /// The message at that place, if one stands there.
    pub(super) fn of(
        interval: &Arc<Interval>,
        index: usize,
        server: Option<&Arc<ServerId>>,
        stopper: &Stopper,
    ) -> Option<Self> {
        let Some(Entry::Message(message)) = interval.entries().get(index) else { return None };
        let (interval, entry) = (Arc::clone(interval), message.clone());
        Some(Self { interval, entry, server: server.cloned(), stopper: stopper.clone() })
    }

    /// The name; what is not UTF-8 in it is replaced. It comes from the network: [escape](Self::escaped_name) it before it is
    /// printed.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.name_bytes())
    }

    /// The name as it came.
    #[must_use]
    pub fn name_bytes(&self) -> &[u8] {
        self.envelope().name
    }

    /// The name, safe for a terminal or a log: control and invisible characters and invalid UTF-8 are written out.
    #[must_use]
    pub fn escaped_name(&self) -> String {
        escape(self.name_bytes())
    }

    /// The channel; what is not UTF-8 in its name is replaced.
    #[must_use]
    pub fn channel(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.interval.channel(&self.entry).as_bytes())
    }

    /// The message's own number, where it is known exactly: the first broadcast of a channel is 1.
    #[must_use]
    pub fn sequence(&self) -> Option<u64> {
        match self.entry.sequence {
            Sequence::Exact(number) => Some(number),
            _ => None,
        }
    }

    /// The message's sequence number with the server that counted it, if the number is exact: what to store for
    /// [`Listener::since_position`](super::Listener::since_position).
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.sequence().map(|sequence| Position { sequence, server: self.server.clone() })
    }

    /// All that is known of the number: a range, a presumption, or why it is not known.
    #[must_use]
    pub fn numbering(&self) -> Sequence {
        self.entry.sequence
    }

    /// The data as it came: JSON, or empty where the message has none. Of a message rejected as no JSON it may be anything.
    #[must_use]
    pub fn json(&self) -> &[u8] {
        self.envelope().data
    }

    /// The data as a tree, read as PHP reads it; none where the message has none.
    #[must_use]
    pub fn value(&self) -> Option<Value> {
        json::value(self.json())
    }

    /// The data as a value of your own; no data reads as `null`, so that `Option` and `()` take it.
    ///
    /// # Errors
    /// Where the data does not fit the type.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, DataError> {
        serde_json::from_value(self.value().unwrap_or_default()).map_err(DataError)
    }

    /// What the checks came to: verified, or unsigned where there is no signing key; rejected only for
    /// [`on_rejected`](super::Listener::on_rejected).
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.entry.verdict
    }

    /// The name of the key that it says it is signed with, as it came; none where it is not signed.
    #[must_use]
    pub fn key_name(&self) -> Option<&[u8]> {
        SignatureText::parse(self.envelope().signature)?.key_name
    }

    /// When it says it was signed, in Unix seconds; none where it is not signed.
    #[must_use]
    pub fn timestamp(&self) -> Option<i64> {
        self.entry.timestamp
    }

    /// When it was read from the socket.
    #[must_use]
    pub fn received_at(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_micros(u64::try_from(self.entry.at).unwrap_or_default())
    }

    /// All of it as it came.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.interval.payload(&self.entry)
    }

    /// Ends the listener, once the handler has returned.
    pub fn stop(&self) {
        self.stopper.stop();
    }

    fn envelope(&self) -> Envelope<'_> {
        self.interval.envelope(&self.entry)
    }
}

/// Without data and signature, which may be nobody's business.
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

/// Data that does not fit the type asked for. Its words may quote the data, which comes from the network, and are escaped.
#[derive(Debug)]
pub struct DataError(serde_json::Error);

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the data does not fit: {}", escape(self.0.to_string().as_bytes()))
    }
}

impl std::error::Error for DataError {}

/// Why a message got no handler, though there is one for its name.
#[derive(Debug, thiserror::Error)]
pub enum NotHandled {
    /// A check failed.
    #[error("rejected: {0}")]
    Rejected(Rejection),
    /// Its data does not fit the type that the handler wants.
    #[error(transparent)]
    Data(DataError),
}
