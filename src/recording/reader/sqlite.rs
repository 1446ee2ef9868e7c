//! A recording in an `SQLite` file.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, Params, Row, named_params, params};
use rustix::fs::{Access, access};

use super::RecordingReader;
use super::backend::{Direction, FindingQuery, MessageQuery, NumberedMessage, RecordingBackend, bounded, one_more};
use super::overview::{ChannelRow, ChannelSummary, Overview, RecordingSession};
use super::page::{self, Page, Place, SELECT_MESSAGES};
use super::seek::{Hole, HoleRange};
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Channel;
use crate::recording::codes::{self, NameColumn};
use crate::recording::file::{RecordError, WriteLock, read_only};
use crate::recording::schema;

/// An open file.
#[derive(Debug)]
pub struct SqliteBackend {
    pub(super) connection: Connection,
    path: PathBuf,
}

impl RecordingReader<SqliteBackend> {
    /// Opens a recording, also while it is being written.
    ///
    /// # Errors
    /// The file does not exist, is not a recording, or has another format version.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let failed = |error: &dyn std::fmt::Display| RecordError::failed(path, "read", error);
        // Opening and closing the file here would release the locks that `SQLite` holds on it elsewhere in this process.
        access(path, Access::READ_OK).map_err(|error| failed(&std::io::Error::from(error)))?;
        if path.is_dir() {
            return Err(RecordError::new(path, "is a directory; name a recording in it"));
        }
        let connection = read_only(path).map_err(|error| failed(&error))?;
        let kind = schema::kind(&connection).map_err(|error| failed(&error))?;
        match RecordError::of_kind(path, kind) {
            Some(error) => Err(error),
            None => Ok(Self::new(SqliteBackend { connection, path: path.to_owned() })),
        }
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.backend.path
    }

    /// The read-only connection, for other queries.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.backend.connection
    }

    /// The read-only connection, to change its settings, e.g. to set a progress handler that aborts long queries.
    pub fn connection_mut(&mut self) -> &mut Connection {
        &mut self.backend.connection
    }

    /// Whether the recording has this optional table.
    pub(crate) fn has_table(&self, name: &str) -> rusqlite::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)";
        self.connection().query_row(sql, [name], |row| row.get(0))
    }
}

impl SqliteBackend {
    pub(super) fn map_error<T>(&self, answer: rusqlite::Result<T>) -> Result<T, RecordError> {
        answer.map_err(|error| RecordError::failed(&self.path, "read", &error))
    }

    /// Up to `limit` messages. `condition` follows the selected columns.
    pub(super) fn select_messages(&self, condition: &str, params: impl Params, limit: usize) -> rusqlite::Result<Page> {
        let mut statement = self.connection.prepare_cached(&format!("{SELECT_MESSAGES} {condition}"))?;
        Page::messages(&mut statement, params, limit)
    }

    fn select_findings(&self, condition: &str, params: impl Params, limit: usize) -> rusqlite::Result<Page> {
        let mut statement = self.connection.prepare_cached(&format!("{} {condition}", page::findings()))?;
        let mut page = Page::default();
        for finding in statement.query_map(params, page::finding)? {
            if page.places.len() == limit {
                page.is_cut = true;
                break;
            }
            let (place, entry) = finding?;
            page.push(place, entry);
        }
        Ok(page)
    }

    fn select_channels(&self, condition: &str, params: impl Params) -> rusqlite::Result<Vec<ChannelRow>> {
        let sql = format!(
            "SELECT name, epoch, messages, rejected, last_unix_micros, counter, id, counter_unix_micros FROM channel {condition}"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params, |row| {
            let epoch = row.get(1)?;
            Ok(ChannelRow {
                id: row.get(6)?,
                last_epoch: epoch,
                counter_at: row.get(7)?,
                summary: ChannelSummary {
                    channel: codes::channel(row, 0)?,
                    epoch,
                    messages: row.get::<_, i64>(2)?.cast_unsigned(),
                    rejected: row.get::<_, i64>(3)?.cast_unsigned(),
                    last_at: row.get(4)?,
                    counter: row.get::<_, Option<i64>>(5)?.map(i64::cast_unsigned),
                },
            })
        })?;
        rows.collect()
    }

    pub(super) fn try_is_being_written(&self) -> rusqlite::Result<bool> {
        let open = "SELECT EXISTS (SELECT 1 FROM session WHERE ended IS NULL)";
        let open: bool = self.connection.query_row(open, [], |row| row.get(0))?;
        Ok(open && WriteLock::is_held(&self.path))
    }

    fn try_totals(&self) -> rusqlite::Result<Overview> {
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

    fn try_messages(&self, query: &MessageQuery, limit: usize) -> rusqlite::Result<Page> {
        let count = one_more(limit);
        match *query {
            MessageQuery::Stream(way, from) => {
                let (compare, order) = way.sql();
                let condition = format!("WHERE m.id {compare} ?1 ORDER BY m.id {order} LIMIT ?2");
                self.select_messages(&condition, [from, count], limit)
            }
            MessageQuery::Time { after, to, channel, epoch } => {
                let condition = "WHERE m.at_unix_micros >= :at AND m.at_unix_micros <= :to AND (m.at_unix_micros, m.id) > (:at, :id)
                        AND (:channel IS NULL OR m.channel = :channel) AND (:epoch IS NULL OR m.epoch = :epoch)
                     ORDER BY m.at_unix_micros, m.id LIMIT :limit";
                let params = named_params! {
                    ":at": after.key, ":id": after.id, ":to": to, ":channel": channel, ":epoch": epoch, ":limit": count,
                };
                self.select_messages(condition, params, limit)
            }
            MessageQuery::Sequence { channel, epoch, after, to } => {
                let condition = "WHERE m.channel = ?1 AND m.sequence >= ?2 AND m.sequence <= ?3
                        AND (m.sequence, m.id) > (?2, ?4) AND m.epoch = ?5
                     ORDER BY m.sequence, m.id LIMIT ?6";
                self.select_messages(condition, params![channel, after.key, to, after.id, epoch, count], limit)
            }
            MessageQuery::Range { channel, epoch, from, to } => {
                let condition =
                    "WHERE m.channel = ?1 AND m.sequence_to >= ?2 AND m.sequence_from <= ?3 AND m.epoch = ?4
                     ORDER BY m.id LIMIT ?5";
                self.select_messages(condition, params![channel, from, to, epoch, count], limit)
            }
        }
    }

    fn try_findings(&self, query: &FindingQuery, limit: usize) -> rusqlite::Result<Page> {
        let count = one_more(limit);
        match *query {
            FindingQuery::Stream(way, from) => {
                let (compare, order) = way.sql();
                let condition = format!("WHERE f.id {compare} ?1 ORDER BY f.id {order} LIMIT ?2");
                self.select_findings(&condition, [from, count], limit)
            }
            FindingQuery::Time(from, to) => {
                let condition = "WHERE f.at_unix_micros BETWEEN ?1 AND ?2 ORDER BY f.at_unix_micros, f.id LIMIT ?3";
                self.select_findings(condition, [from, to, count], limit)
            }
            FindingQuery::Id(id) => self.select_findings("WHERE f.id = ?", [id], limit),
            FindingQuery::Reset { channel, epoch } => {
                let condition = "WHERE f.channel = ?1 AND f.epoch = ?2 AND f.kind = 'counter_reset' ORDER BY f.id";
                self.select_findings(condition, [channel, epoch], limit)
            }
            FindingQuery::Gaps { channel, epoch, from, to } => {
                let condition = format!(
                    "WHERE f.channel = ?1 AND f.sequence_to >= ?2 AND f.sequence_from <= ?3 AND f.epoch = ?4
                        AND f.kind IN ({}, 'received_not_counted')",
                    codes::gap_kinds()
                );
                self.select_findings(&condition, [channel, from, to, epoch], limit)
            }
        }
    }

    fn try_counters_and_links(&self, way: Direction, from: i64, limit: usize) -> rusqlite::Result<Vec<(Place, Entry)>> {
        /// A function that converts a row of such a table to an entry.
        type ReadRow = fn(&Row<'_>) -> rusqlite::Result<(Place, Entry)>;
        let (compare, order) = way.sql();
        let condition = |table: &str| format!("WHERE {table}.id {compare} ?1 ORDER BY {table}.id {order} LIMIT ?2");
        let tables: [(String, ReadRow); 2] = [
            (format!("{} {}", page::SELECT_COUNTERS, condition("r")), page::counter),
            (format!("{} {}", page::SELECT_LINKS, condition("l")), page::link),
        ];
        let mut found = Vec::new();
        for (sql, read) in tables {
            let mut statement = self.connection.prepare_cached(&sql)?;
            for other in statement.query_map([from, one_more(limit)], read)? {
                found.push(other?);
            }
        }
        Ok(found)
    }

    fn try_link_before(&self, before: i64) -> rusqlite::Result<Option<Entry>> {
        let sql = format!("{} WHERE l.channel IS NULL AND l.id < ? ORDER BY l.id DESC LIMIT 1", page::SELECT_LINKS);
        let mut statement = self.connection.prepare_cached(&sql)?;
        statement.query_row([before], page::link).optional().map(|found| found.map(|(_, entry)| entry))
    }

    fn try_holes(&self, from: i64, to: i64) -> rusqlite::Result<Vec<Hole>> {
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

    fn try_hole_ranges(
        &self,
        channel: i64,
        epoch: i64,
        (from, to): (u64, u64),
    ) -> rusqlite::Result<Vec<(u64, u64, i64)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT sequence_from, sequence_to, hole FROM hole_range
             WHERE channel = ? AND sequence_to >= ? AND sequence_from <= ? AND epoch = ?",
        )?;
        let rows = statement.query_map([channel, bounded(from), bounded(to), epoch], |row| {
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned(), row.get(2)?))
        })?;
        rows.collect()
    }

    fn try_numbers(
        &self,
        channel: i64,
        epoch: i64,
        (from, to): (u64, u64),
        limit: usize,
    ) -> rusqlite::Result<Vec<(u64, u64)>> {
        let sql = "SELECT sequence FROM message WHERE channel = ? AND sequence BETWEEN ? AND ? AND epoch = ? ORDER BY sequence";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([channel, bounded(from), bounded(to), epoch])?;
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        while let Some(row) = rows.next()? {
            let number = row.get::<_, i64>(0)?.cast_unsigned();
            if let Some((_, last)) = ranges.last_mut().filter(|(_, last)| number <= last.saturating_add(1)) {
                *last = number;
            } else if ranges.len() < limit {
                ranges.push((number, number));
            } else {
                break;
            }
        }
        Ok(ranges)
    }

    fn try_numbered(
        &self,
        channel: i64,
        epoch: i64,
        number: u64,
        way: Direction,
    ) -> rusqlite::Result<Option<NumberedMessage>> {
        let (compare, order) = way.sql();
        let sql = format!(
            "SELECT id, sequence, at_unix_micros FROM message WHERE channel = ? AND sequence {compare}= ? AND epoch = ?
             ORDER BY sequence {order} LIMIT 1"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let row = statement.query_row([channel, bounded(number), epoch], |row| {
            Ok(NumberedMessage { id: row.get(0)?, number: row.get::<_, i64>(1)?.cast_unsigned(), at: row.get(2)? })
        });
        row.optional()
    }

    fn try_has_epoch(&self, channel: i64, epoch: i64, (from, to): (u64, u64)) -> rusqlite::Result<bool> {
        let mut statement = self.connection.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM message WHERE channel = ?1 AND sequence BETWEEN ?2 AND ?3 AND epoch = ?4)
                OR EXISTS (SELECT 1 FROM message WHERE channel = ?1 AND sequence_to >= ?2 AND sequence_from <= ?3
                    AND epoch = ?4)
                OR EXISTS (SELECT 1 FROM finding WHERE channel = ?1 AND sequence_to >= ?2 AND sequence_from <= ?3
                    AND epoch = ?4 AND kind <> 'counter_reset')",
        )?;
        statement.query_row([channel, bounded(from), bounded(to), epoch], |row| row.get(0))
    }

    fn try_nearest(&self, at: i64) -> rusqlite::Result<Option<i64>> {
        let one = |sql: &str| {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement.query_row([at], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))).optional()
        };
        let before = one("SELECT id, at_unix_micros FROM message WHERE at_unix_micros <= ?
             ORDER BY at_unix_micros DESC, id DESC LIMIT 1")?;
        let after =
            one("SELECT id, at_unix_micros FROM message WHERE at_unix_micros > ? ORDER BY at_unix_micros, id LIMIT 1")?;
        Ok(match (before, after) {
            (Some(before), Some(after)) if after.1.abs_diff(at) < before.1.abs_diff(at) => Some(after.0),
            (before, after) => before.or(after).map(|(id, _)| id),
        })
    }
}

impl RecordingBackend for SqliteBackend {
    fn begin_snapshot(&self) -> Result<(), RecordError> {
        self.map_error(self.connection.execute_batch("BEGIN"))
    }

    fn end_snapshot(&self) {
        // The connection only reads, so there is nothing to lose.
        let _ = self.connection.execute_batch("ROLLBACK");
    }

    fn totals(&self) -> Result<Overview, RecordError> {
        self.map_error(self.try_totals())
    }

    fn channel(&self, name: &Channel) -> Result<Option<ChannelRow>, RecordError> {
        let name = NameColumn(name.as_bytes());
        let mut found = self.map_error(self.select_channels("WHERE name = ?", [name]))?;
        Ok(found.pop())
    }

    fn channels(&self) -> Result<Vec<ChannelRow>, RecordError> {
        self.map_error(self.select_channels("ORDER BY name", []))
    }

    fn sessions(&self) -> Result<Vec<RecordingSession>, RecordError> {
        self.map_error(self.try_sessions())
    }

    fn is_being_written(&self) -> Result<bool, RecordError> {
        self.map_error(self.try_is_being_written())
    }

    fn messages(&self, query: &MessageQuery, limit: usize) -> Result<Page, RecordError> {
        self.map_error(self.try_messages(query, limit))
    }

    fn findings(&self, query: &FindingQuery, limit: usize) -> Result<Page, RecordError> {
        self.map_error(self.try_findings(query, limit))
    }

    fn counters_and_links(&self, way: Direction, from: i64, limit: usize) -> Result<Vec<(Place, Entry)>, RecordError> {
        self.map_error(self.try_counters_and_links(way, from, limit))
    }

    fn link_before(&self, before: i64) -> Result<Option<Entry>, RecordError> {
        self.map_error(self.try_link_before(before))
    }

    fn holes(&self, from: i64, to: i64) -> Result<Vec<Hole>, RecordError> {
        self.map_error(self.try_holes(from, to))
    }

    fn hole_ranges(&self, channel: i64, epoch: i64, numbers: (u64, u64)) -> Result<Vec<(u64, u64, i64)>, RecordError> {
        self.map_error(self.try_hole_ranges(channel, epoch, numbers))
    }

    fn numbers(
        &self,
        channel: i64,
        epoch: i64,
        numbers: (u64, u64),
        limit: usize,
    ) -> Result<Vec<(u64, u64)>, RecordError> {
        self.map_error(self.try_numbers(channel, epoch, numbers, limit))
    }

    fn numbered(
        &self,
        channel: i64,
        epoch: i64,
        number: u64,
        way: Direction,
    ) -> Result<Option<NumberedMessage>, RecordError> {
        self.map_error(self.try_numbered(channel, epoch, number, way))
    }

    fn has_epoch(&self, channel: i64, epoch: i64, numbers: (u64, u64)) -> Result<bool, RecordError> {
        self.map_error(self.try_has_epoch(channel, epoch, numbers))
    }

    fn nearest(&self, at: i64) -> Result<Option<i64>, RecordError> {
        self.map_error(self.try_nearest(at))
    }
}
