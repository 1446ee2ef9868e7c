//! Recordings, to recover missed messages.

use std::collections::VecDeque;
use std::iter::FusedIterator;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use super::Broadcast;
use super::message::Message;
use super::stop::StopHandle;
use crate::ledger::interval::Interval;
use crate::ledger::sequence::Channel;
use crate::recording::file::{RecordError, source_words};
use crate::recording::reader::{Cursor, RecordingReader};
use crate::wire::escape::escape;
use crate::wire::signature::Keyring;

/// How many messages are read at once.
const PAGE_MESSAGES: usize = 500;

/// The messages of one channel in a recording, a file that `aircheck record` writes. [`Broadcast::recording`] opens it, also while it
/// is being written.
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
    /// Messages are verified when they are read, with the keys of the [`Broadcast`]. Their timestamps are compared with the
    /// time when the recorder received them. Rejected messages are returned too: check [`Message::verdict`].
    ///
    /// A recorder writes messages shortly after it receives them. If the last messages are missing, try again after a second.
    #[must_use]
    pub fn messages(&self, range: RangeInclusive<u64>) -> RecordedMessages<'_> {
        RecordedMessages {
            recording: self,
            range: range.into_inner(),
            epoch: None,
            cursor: None,
            is_read: false,
            page: VecDeque::new(),
        }
    }
}

/// The iterator of [`Recording::messages`]. It ends after an error.
#[derive(Debug)]
pub struct RecordedMessages<'a> {
    recording: &'a Recording,
    range: (u64, u64),
    /// The newest counter epoch of the channel; `None` until it is read.
    epoch: Option<i64>,
    cursor: Option<Cursor>,
    is_read: bool,
    page: VecDeque<(Arc<Interval>, usize)>,
}

impl RecordedMessages<'_> {
    /// Reads the next page.
    fn read(&mut self) -> Result<(), RecordError> {
        let Recording { reader, channel, .. } = self.recording;
        let epoch = match self.epoch {
            Some(epoch) => epoch,
            None => reader.channels()?.iter().find(|known| known.channel == *channel).map_or(1, |known| known.epoch),
        };
        self.epoch = Some(epoch);
        let (page, cursor) = reader.by_sequence(channel, epoch, self.range, self.cursor, PAGE_MESSAGES)?;
        self.cursor = cursor;
        self.is_read = cursor.is_none();
        let interval = Arc::new(page.interval);
        self.page.extend((0..interval.entries().len()).map(|index| (Arc::clone(&interval), index)));
        Ok(())
    }
}

impl Iterator for RecordedMessages<'_> {
    type Item = Result<Message, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((interval, index)) = self.page.pop_front() {
                match Message::of(&interval, index, None, &StopHandle::default()) {
                    Some(message) => return Some(Ok(message.verify(&self.recording.keyring))),
                    None => continue,
                }
            }
            if self.is_read {
                return None;
            }
            if let Err(error) = self.read() {
                self.is_read = true;
                return Some(Err(error.into()));
            }
        }
    }
}

impl FusedIterator for RecordedMessages<'_> {}
