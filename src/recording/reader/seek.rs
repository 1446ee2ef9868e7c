//! Searches: the message nearest to a time, findings and holes.

use rusqlite::{OptionalExtension as _, Row};

use super::Reader;
use super::page::{self, Page};
use crate::ledger::finding::{Acknowledgement, Acknowledgements, Finding};
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Channel;
use crate::recording::MAX_ACKNOWLEDGEMENTS;
use crate::recording::codes;
use crate::recording::file::RecordError;

/// A span that the recording lacks because of the recorder. Times are in microseconds since the epoch. Texts are not escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// The id in the stream.
    pub id: i64,
    /// The session.
    pub session: i64,
    /// `disk`, `slow` or `killed`.
    pub kind: String,
    /// The start.
    pub from_at: i64,
    /// The end.
    pub to_at: i64,
    /// The number of messages that were received but not recorded. `None` if it is unknown.
    pub messages: Option<u64>,
    /// The reason.
    pub reason: String,
    /// The lost messages, as far as they are known.
    pub ranges: Vec<HoleRange>,
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

impl Reader {
    /// The id of the message nearest to a time in microseconds since the epoch. `None` if there are no messages.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn nearest(&self, at: i64) -> Result<Option<i64>, RecordError> {
        let one = |sql: &str| {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement.query_row([at], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))).optional()
        };
        let read = || {
            let before = one("SELECT id, at_unix_micros FROM message WHERE at_unix_micros <= ?
                 ORDER BY at_unix_micros DESC, id DESC LIMIT 1")?;
            let after = one(
                "SELECT id, at_unix_micros FROM message WHERE at_unix_micros > ? ORDER BY at_unix_micros, id LIMIT 1",
            )?;
            Ok(match (before, after) {
                (Some(before), Some(after)) if after.1.abs_diff(at) < before.1.abs_diff(at) => Some(after.0),
                (before, after) => before.or(after).map(|(id, _)| id),
            })
        };
        self.map_error(read())
    }

    /// Up to `limit` findings from `from` to `to`, inclusive, in microseconds since the epoch, sorted by time.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn findings(&self, from: i64, to: i64, limit: usize) -> Result<Page, RecordError> {
        let read = || {
            let sql = format!(
                "{} WHERE f.at_unix_micros BETWEEN ?1 AND ?2 ORDER BY f.at_unix_micros, f.id LIMIT ?3",
                page::findings()
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            let count = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
            let mut found = Page::default();
            for finding in statement.query_map([from, to, count], page::finding)? {
                if found.places.len() == limit {
                    found.is_cut = true;
                    break;
                }
                let (place, entry) = finding?;
                found.push(place, entry);
            }
            Ok(found)
        };
        self.map_error(read())
    }

    /// A page with the finding that has this id. `None` if there is no such finding.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn finding(&self, id: i64) -> Result<Option<Page>, RecordError> {
        let read = || {
            let sql = format!("{} WHERE f.id = ?", page::findings());
            let found = self.connection.prepare_cached(&sql)?.query_row([id], page::finding).optional()?;
            Ok(found.map(|(place, entry)| {
                let mut page = Page::default();
                page.push(place, entry);
                page
            }))
        };
        self.map_error(read())
    }

    /// The acknowledged findings of a bundle; empty for other recordings.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn acknowledgements(&self) -> Result<Acknowledgements, RecordError> {
        let read = || {
            let is_bundle = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'acknowledgement')";
            if !self.connection.query_row(is_bundle, [], |row| row.get(0))? {
                return Ok(Vec::new());
            }
            let mut statement = self.connection.prepare("SELECT finding, at_unix_micros, note FROM acknowledgement")?;
            let row = |row: &Row<'_>| Ok((row.get(0)?, Acknowledgement { at: row.get(1)?, note: row.get(2)? }));
            statement.query_map([], row)?.take(MAX_ACKNOWLEDGEMENTS).collect::<rusqlite::Result<Vec<(i64, _)>>>()
        };
        let mut known = Acknowledgements::new();
        for (id, acknowledgement) in self.map_error(read())? {
            let page = self.finding(id)?.unwrap_or_default();
            if let Some(Entry::Finding(finding)) = page.interval.entries().first() {
                known.insert(Finding::clone(finding), acknowledgement);
            }
        }
        Ok(known)
    }

    /// The holes with ids from `from` to `to`, inclusive, in stream order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn holes(&self, from: i64, to: i64) -> Result<Vec<Hole>, RecordError> {
        self.map_error(self.try_holes(from, to))
    }

    pub(super) fn try_holes(&self, from: i64, to: i64) -> rusqlite::Result<Vec<Hole>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, session, kind, from_unix_micros, to_unix_micros, messages, reason FROM hole
             WHERE id BETWEEN ? AND ? ORDER BY id",
        )?;
        let holes = statement.query_map([from, to], |row| {
            Ok(Hole {
                id: row.get(0)?,
                session: row.get(1)?,
                kind: row.get(2)?,
                from_at: row.get(3)?,
                to_at: row.get(4)?,
                messages: row.get::<_, Option<i64>>(5)?.map(i64::cast_unsigned),
                reason: row.get(6)?,
                ranges: Vec::new(),
            })
        })?;
        let mut holes = holes.collect::<rusqlite::Result<Vec<Hole>>>()?;
        let mut ranges = self.connection.prepare_cached(
            "SELECT c.name, r.epoch, r.sequence_from, r.sequence_to, r.messages
             FROM hole_range r JOIN channel c ON c.id = r.channel WHERE r.hole = ? ORDER BY r.rowid",
        )?;
        for hole in &mut holes {
            let found = ranges.query_map([hole.id], |row| {
                let number =
                    |column| row.get::<usize, Option<i64>>(column).map(|number| number.map(i64::cast_unsigned));
                let numbers = number(2)?.zip(number(3)?);
                let messages = row.get::<_, i64>(4)?.cast_unsigned();
                Ok(HoleRange { channel: codes::channel(row, 0)?, epoch: row.get(1)?, numbers, messages })
            })?;
            hole.ranges = found.collect::<rusqlite::Result<_>>()?;
        }
        Ok(holes)
    }
}
