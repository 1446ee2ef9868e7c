//! The content of a recording, from its running totals.

use rusqlite::OptionalExtension as _;

use super::Reader;
use crate::ledger::sequence::Channel;
use crate::recording::codes;
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

impl Reader {
    /// The running totals.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn overview(&self) -> Result<Overview, RecordError> {
        self.map_error(self.try_overview())
    }

    fn try_overview(&self) -> rusqlite::Result<Overview> {
        let end = |order: &str| {
            let sql = format!("SELECT id, at_unix_micros FROM message ORDER BY id {order} LIMIT 1");
            self.connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        };
        let (first, last) = (end("ASC")?, end("DESC")?);
        self.connection.query_row(
            "SELECT source, messages, payload_bytes, rejected, findings, not_recorded, deleted,
                deleted_to_unix_micros, next_id
             FROM total",
            [],
            |row| {
                let count = |column: usize| row.get::<_, i64>(column).map(i64::cast_unsigned);
                Ok(Overview {
                    source: row.get(0)?,
                    messages: count(1)?,
                    payload_bytes: count(2)?,
                    rejected: count(3)?,
                    findings: count(4)?,
                    not_recorded: count(5)?,
                    deleted: count(6)?,
                    deleted_to: row.get(7)?,
                    first,
                    last,
                    next_id: row.get(8)?,
                })
            },
        )
    }

    /// The channels, sorted by name.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn channels(&self) -> Result<Vec<ChannelSummary>, RecordError> {
        self.map_error(self.try_channels())
    }

    fn try_channels(&self) -> rusqlite::Result<Vec<ChannelSummary>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT name, epoch, messages, rejected, last_unix_micros, counter FROM channel ORDER BY name",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(ChannelSummary {
                channel: codes::channel(row, 0)?,
                epoch: row.get(1)?,
                messages: row.get::<_, i64>(2)?.cast_unsigned(),
                rejected: row.get::<_, i64>(3)?.cast_unsigned(),
                last_at: row.get(4)?,
                counter: row.get::<_, Option<i64>>(5)?.map(i64::cast_unsigned),
            })
        })?;
        rows.collect()
    }

    /// The sessions in order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn sessions(&self) -> Result<Vec<RecordingSession>, RecordError> {
        self.map_error(self.try_sessions())
    }

    fn try_sessions(&self) -> rusqlite::Result<Vec<RecordingSession>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, started_unix_micros, last_unix_micros, ended_unix_micros, coalesce(ended, '') = 'clean', host, version, target, profile
             FROM session ORDER BY id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(RecordingSession {
                id: row.get(0)?,
                started_at: row.get(1)?,
                last_at: row.get(2)?,
                ended_at: row.get(3)?,
                is_clean: row.get(4)?,
                host: row.get(5)?,
                version: row.get(6)?,
                target: row.get(7)?,
                profile: row.get(8)?,
            })
        })?;
        rows.collect()
    }
}
