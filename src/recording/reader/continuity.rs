//! Whether a sequence number that someone stored belongs to the counter as it is now.

use std::sync::Arc;

use rusqlite::{OptionalExtension as _, params};

use super::RecordingReader;
use super::backend::bounded;
use super::page;
use crate::ledger::finding::Finding;
use crate::ledger::interval::Entry;
use crate::ledger::known::ServerId;
use crate::ledger::sequence::Channel;
use crate::recording::codes;
use crate::recording::file::RecordError;

/// What a recording shows about a counter since it had a stored value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Continuity {
    /// The counter was not reset: the recording has the numbers from the stored one on, and was made with the same server.
    Continued,
    /// The counter was reset after it had reached the stored value. Contains the last such finding, and its counter epoch.
    Reset(Box<Finding>, i64),
    /// The same server had a higher counter at the end of the recording, so it was reset later. Contains this counter.
    ResetLater(u64),
    /// None of these.
    Unknown,
}

impl RecordingReader {
    /// What the recording shows about the counter of a channel since it had the value `stored`. `now` is the counter, and the
    /// server that it was read from.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn continuity(
        &self,
        channel: &Channel,
        stored: u64,
        (now, server): (u64, Option<&Arc<ServerId>>),
    ) -> Result<Continuity, RecordError> {
        self.backend.map_error(self.try_continuity(channel, stored, (now, server)))
    }

    fn try_continuity(
        &self,
        channel: &Channel,
        stored: u64,
        (now, server): (u64, Option<&Arc<ServerId>>),
    ) -> rusqlite::Result<Continuity> {
        let sql = "SELECT id, epoch, counter, run_id, replication_id FROM channel WHERE name = ?";
        let found = self.connection().query_row(sql, [codes::NameColumn(channel.as_bytes())], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<i64>>(2)?, codes::server(row, 3)?))
        });
        let Some((id, epoch, counter, recorded)) = found.optional()? else { return Ok(Continuity::Unknown) };
        let is_same_server = ServerId::is_same(recorded.as_ref(), server);
        let counter = counter.map(i64::cast_unsigned).filter(|_| is_same_server);
        // The counter of a recording in progress may have advanced after `now` was read.
        if let Some(counter) = counter.filter(|counter| *counter > now && *counter >= stored)
            && !self.backend.try_is_being_written()?
        {
            return Ok(Continuity::ResetLater(counter));
        }
        if let Some((reset, epoch)) = self.reset_after(id, stored)? {
            // Without this, the number may also be one of the newest epoch.
            return Ok(if now < stored { Continuity::Reset(reset, epoch) } else { Continuity::Unknown });
        }
        let is_continued = counter.is_some_and(|counter| counter >= stored) && self.has_all_after(id, epoch, stored)?;
        Ok(if is_continued { Continuity::Continued } else { Continuity::Unknown })
    }

    /// The last reset of a counter that had reached this value.
    fn reset_after(&self, channel: i64, stored: u64) -> rusqlite::Result<Option<(Box<Finding>, i64)>> {
        let sql = format!(
            "{} WHERE f.channel = ? AND f.kind = 'counter_reset' AND f.value_before >= ? ORDER BY f.id DESC LIMIT 1",
            page::findings()
        );
        let found = self.connection().query_row(&sql, params![channel, bounded(stored)], page::finding).optional()?;
        Ok(found.and_then(|(place, entry)| match entry {
            Entry::Finding(finding) => Some((finding, place.epoch)),
            _ => None,
        }))
    }

    /// Whether the recording began at or before the number that follows, and no gap since then is a lower bound.
    fn has_all_after(&self, channel: i64, epoch: i64, stored: u64) -> rusqlite::Result<bool> {
        self.connection().query_row(
            "SELECT (EXISTS (SELECT 1 FROM message WHERE channel = ?1 AND sequence <= ?3 AND epoch = ?2)
                    OR EXISTS (SELECT 1 FROM finding WHERE channel = ?1 AND sequence_to IS NOT NULL AND sequence_from <= ?3
                        AND epoch = ?2 AND kind <> 'counter_reset'))
                AND NOT EXISTS (SELECT 1 FROM finding WHERE channel = ?1 AND sequence_to >= ?3 AND epoch = ?2 AND lower_bound)",
            params![channel, epoch, bounded(stored.saturating_add(1))],
            |row| row.get(0),
        )
    }
}
