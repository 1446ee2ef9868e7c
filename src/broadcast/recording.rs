//! Recordings, to recover missed messages.

use std::iter::FusedIterator;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use super::Broadcast;
use super::message::Message;
use super::stop::StopHandle;
use crate::ledger::sequence::Channel;
use crate::recording::file::{RecordError, source_words};
use crate::recording::reader::{RangeMessages, RecordingReader};
use crate::wire::escape::escape;
use crate::wire::signature::Keyring;

/// The messages of one channel in a recording, a file that `aircheck record` writes. [`Broadcast::recording`] opens it, also
/// while it is being written.
///
/// The methods block. In asynchronous code, call them in `tokio::task::spawn_blocking`.
#[derive(Debug)]
pub struct Recording {
    reader: RecordingReader,
    channel: Channel,
    keyring: Arc<Keyring>,
}

/// Why a recording cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// The file cannot be read, or is not a recording, or has the format of another version of aircheck.
    #[error("{reason}")]
    Unusable {
        /// The file and what is wrong with it.
        reason: String,
    },
    /// The recording is of another server, database or sequence prefix. Its sequence numbers have another meaning.
    #[error("the recording is of {}, but the server is {}", source_words(recorded), source_words(expected))]
    OtherServer {
        /// The server and the sequence prefix of the recording.
        recorded: String,
        /// The server and the sequence prefix of the [`Broadcast`].
        expected: String,
    },
}

impl From<RecordError> for RecordingError {
    fn from(error: RecordError) -> Self {
        Self::Unusable { reason: error.to_string() }
    }
}

impl Broadcast {
    /// Opens a recording of this server, to read messages that a listener missed.
    ///
    /// # Errors
    /// If the file is not a readable recording, or if it is of another server. Servers are compared by their address in the URL.
    pub fn recording(&self, path: impl AsRef<Path>) -> Result<Recording, RecordingError> {
        let reader = RecordingReader::open(path.as_ref())?;
        let recorded = reader.overview()?.source;
        let expected = self.target.state_key(&self.sequence_prefix);
        if recorded != expected {
            let escape = |text: String| escape(text.as_bytes());
            return Err(RecordingError::OtherServer { recorded: escape(recorded), expected: escape(expected) });
        }
        Ok(Recording { reader, channel: self.channel.clone(), keyring: self.keyring() })
    }
}

impl Recording {
    /// Returns the recorded messages whose sequence numbers are in this range, in ascending order. Numbers that are not in the
    /// recording are skipped. If the counter was reset, only messages since the last reset are returned.
    ///
    /// Messages whose number is not exact are returned if it can be in this range, where the recorder received them: see
    /// [`Message::sequence_info`]. Such a message can be returned for two adjacent ranges.
    ///
    /// Messages are verified when they are read, with the keys of the [`Broadcast`]. Their timestamps are compared with the
    /// time when the recorder received them. Rejected messages are returned too: check [`Message::verdict`].
    ///
    /// A recorder writes messages shortly after it receives them. If the last messages are missing, try again after a second.
    #[must_use]
    pub fn messages(&self, range: RangeInclusive<u64>) -> RecordedMessages<'_> {
        RecordedMessages { recording: self, range: range.into_inner(), messages: None, has_failed: false }
    }
}

/// The iterator of [`Recording::messages`]. It ends after an error.
#[derive(Debug)]
pub struct RecordedMessages<'a> {
    recording: &'a Recording,
    range: (u64, u64),
    /// The messages of the newest counter epoch of the channel; `None` until it is read.
    messages: Option<RangeMessages>,
    has_failed: bool,
}

impl RecordedMessages<'_> {
    /// Reads the next message.
    fn read(&mut self) -> Result<Option<Message>, RecordError> {
        let Recording { reader, channel, keyring } = self.recording;
        let messages = if let Some(messages) = &mut self.messages {
            messages
        } else {
            let channels = reader.channels()?;
            let epoch = channels.iter().find(|known| known.channel == *channel).map_or(1, |known| known.epoch);
            self.messages.insert(RangeMessages::new(channel.clone(), epoch, self.range))
        };
        while let Some((interval, index)) = messages.next(reader)? {
            if let Some(message) = Message::of(&interval, index, None, &StopHandle::default()) {
                return Ok(Some(message.verify(keyring)));
            }
        }
        Ok(None)
    }
}

impl Iterator for RecordedMessages<'_> {
    type Item = Result<Message, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed {
            return None;
        }
        let read = self.read();
        self.has_failed = read.is_err();
        read.map_err(RecordingError::from).transpose()
    }
}

impl FusedIterator for RecordedMessages<'_> {}
