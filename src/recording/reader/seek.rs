//! Searches: the message nearest to a time, findings and holes.

use rusqlite::Row;

use super::RecordingReader;
use super::backend::{FindingQuery, RecordingBackend};
use super::page::Page;
use crate::ledger::finding::{Acknowledgement, Acknowledgements, Finding};
use crate::ledger::format::counted;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Channel;
use crate::recording::MAX_ACKNOWLEDGEMENTS;
use crate::recording::file::RecordError;

/// A span that the recording lacks: the recorder dropped messages or crashed, or retention deleted what a store lacks. Times are
/// in microseconds since the epoch. Texts are not escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// The id in the stream.
    pub id: i64,
    /// The session.
    pub session: i64,
    /// `disk`, `slow`, `killed` or `deleted`.
    pub kind: String,
    /// The start.
    pub from_at: i64,
    /// The end.
    pub to_at: i64,
    /// The number of messages that were received but not recorded, or that were deleted. `None` if it is unknown.
    pub messages: Option<u64>,
    /// The reason.
    pub reason: String,
    /// The lost messages, as far as they are known.
    pub ranges: Vec<HoleRange>,
}

impl Hole {
    /// Whether its messages were recorded, and retention deleted them.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.kind == "deleted"
    }

    /// `3 messages not recorded`, or `3 messages deleted`. `None` if their number is unknown.
    pub(crate) fn words(&self) -> Option<String> {
        let what = if self.is_deleted() { "deleted" } else { "not recorded" };
        self.messages.map(|messages| format!("{} {what}", counted(messages, "message")))
    }
}

/// Lost messages of one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoleRange {
    /// The channel.
    pub channel: Channel,
    /// The counter epoch.
    pub epoch: i64,
    /// The first and the last sequence number. `None` for messages without sequence numbers.
    pub numbers: Option<(u64, u64)>,
    /// The number of messages.
    pub messages: u64,
}

impl<B: RecordingBackend> RecordingReader<B> {
    /// The id of the message nearest to a time in microseconds since the epoch. `None` if there are no messages.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn nearest(&self, at: i64) -> Result<Option<i64>, RecordError> {
        self.backend.nearest(at)
    }

    /// Up to `limit` findings from `from` to `to`, inclusive, in microseconds since the epoch, sorted by time.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn findings(&self, from: i64, to: i64, limit: usize) -> Result<Page, RecordError> {
        self.backend.findings(&FindingQuery::Time(from, to), limit)
    }

    /// A page with the finding that has this id. `None` if there is no such finding.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn finding(&self, id: i64) -> Result<Option<Page>, RecordError> {
        let page = self.backend.findings(&FindingQuery::Id(id), 1)?;
        Ok((!page.places.is_empty()).then_some(page))
    }

    /// The holes with ids from `from` to `to`, inclusive, in stream order.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn holes(&self, from: i64, to: i64) -> Result<Vec<Hole>, RecordError> {
        self.backend.holes(from, to)
    }
}

impl RecordingReader {
    /// The acknowledged findings of a bundle; empty for other recordings.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn acknowledgements(&self) -> Result<Acknowledgements, RecordError> {
        let read = || {
            if !self.has_table("acknowledgement")? {
                return Ok(Vec::new());
            }
            let mut statement =
                self.connection().prepare("SELECT finding, at_unix_micros, note FROM acknowledgement")?;
            let row = |row: &Row<'_>| Ok((row.get(0)?, Acknowledgement { at: row.get(1)?, note: row.get(2)? }));
            statement.query_map([], row)?.take(MAX_ACKNOWLEDGEMENTS).collect::<rusqlite::Result<Vec<(i64, _)>>>()
        };
        let mut known = Acknowledgements::new();
        for (id, acknowledgement) in self.backend.map_error(read())? {
            let page = self.finding(id)?.unwrap_or_default();
            if let Some(Entry::Finding(finding)) = page.interval.entries().first() {
                known.insert(Finding::clone(finding), acknowledgement);
            }
        }
        Ok(known)
    }
}
