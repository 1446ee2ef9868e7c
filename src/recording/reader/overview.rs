//! The content of a recording, from its running totals.

use super::RecordingReader;
use super::backend::RecordingBackend;
use crate::ledger::sequence::Channel;
use crate::recording::file::RecordError;

/// The running totals of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The server and the sequence prefix of the recording.
    pub source: String,
    /// The number of messages in the file.
    pub messages: u64,
    /// The size of their payloads, in bytes.
    pub payload_bytes: u64,
    /// The number of rejected messages.
    pub rejected: u64,
    /// The number of findings in the file.
    pub findings: u64,
    /// The number of messages that were received but not recorded, as far as it is known.
    pub not_recorded: u64,
    /// The number of messages that retention deleted.
    pub deleted: u64,
    /// When the newest deleted message was received, in microseconds since the epoch.
    pub deleted_to: Option<i64>,
    /// The id and the time of the first message.
    pub first: Option<(i64, i64)>,
    /// The id and the time of the last message.
    pub last: Option<(i64, i64)>,
    /// The next unused id.
    pub next_id: i64,
}

/// A summary of one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelSummary {
    /// The channel.
    pub channel: Channel,
    /// The current counter epoch. It increases with each counter reset.
    pub epoch: i64,
    /// The number of messages in the file.
    pub messages: u64,
    /// The number of rejected messages.
    pub rejected: u64,
    /// When the last message was received, in microseconds since the epoch.
    pub last_at: Option<i64>,
    /// The counter up to which every message is recorded or reported as missed.
    pub counter: Option<u64>,
}

/// A channel as a backend returns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelRow {
    /// The id that queries refer to.
    pub id: i64,
    /// The highest counter epoch.
    pub last_epoch: i64,
    /// When the counter was last known, in microseconds since the epoch.
    pub counter_at: Option<i64>,
    /// What the channel has.
    pub summary: ChannelSummary,
}

/// A recording session. Texts are not escaped. Times are in microseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingSession {
    /// The number of the session. The rows of its messages refer to it.
    pub id: i64,
    /// When it started.
    pub started_at: i64,
    /// When it last wrote to the file.
    pub last_at: i64,
    /// When it ended. `None` if it is in progress, or was killed and no later session has recorded its end yet.
    pub ended_at: Option<i64>,
    /// Whether the recorder ended it itself, and was not killed.
    pub is_clean: bool,
    /// The host name.
    pub host: String,
    /// The version of aircheck.
    pub version: String,
    /// The server, without user and password.
    pub target: String,
    /// The profile's name.
    pub profile: String,
}

impl<B: RecordingBackend> RecordingReader<B> {
    /// The running totals.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn overview(&self) -> Result<Overview, RecordError> {
        self.backend.totals()
    }

    /// The channels, sorted by name.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn channels(&self) -> Result<Vec<ChannelSummary>, RecordError> {
        Ok(self.backend.channels()?.into_iter().map(|row| row.summary).collect())
    }

    /// The sessions in order.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn sessions(&self) -> Result<Vec<RecordingSession>, RecordError> {
        self.backend.sessions()
    }
}
