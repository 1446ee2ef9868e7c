//! Selects messages by time and by sequence number.

use rusqlite::{OptionalExtension as _, named_params, params};

use super::Reader;
use super::page::{Page, SELECT_MESSAGES};
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Channel;
use crate::recording::file::RecordError;

/// A query for messages by time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeQuery {
    /// The start, in microseconds since the epoch.
    pub from: i64,
    /// The end, inclusive.
    pub to: i64,
    /// Only messages of this channel.
    pub channel: Option<Channel>,
    /// Only messages of this epoch.
    pub epoch: Option<i64>,
}

/// The position in a paged query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The time or the sequence number.
    key: i64,
    id: i64,
}

impl Default for TimeQuery {
    /// All times and channels.
    fn default() -> Self {
        Self { from: i64::MIN, to: i64::MAX, channel: None, epoch: None }
    }
}

impl Reader {
    /// Up to `limit` messages by time. Starts after the cursor of the previous page. Returns no cursor at the end.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn by_time(
        &self,
        query: &TimeQuery,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Page, Option<Cursor>), RecordError> {
        self.map_error(self.try_by_time(query, after, limit))
    }

    fn try_by_time(
        &self,
        query: &TimeQuery,
        after: Option<Cursor>,
        limit: usize,
    ) -> rusqlite::Result<(Page, Option<Cursor>)> {
        let channel = match &query.channel {
            Some(channel) => match self.channel_id(channel)? {
                Some(id) => Some(id),
                None => return Ok(Default::default()),
            },
            None => None,
        };
        let after = after.unwrap_or(Cursor { key: query.from, id: 0 });
        let sql = format!(
            "{SELECT_MESSAGES} WHERE m.at_unix_micros >= :at AND m.at_unix_micros <= :to AND (m.at_unix_micros, m.id) > (:at, :id)
                AND (:channel IS NULL OR m.channel = :channel) AND (:epoch IS NULL OR m.epoch = :epoch)
             ORDER BY m.at_unix_micros, m.id LIMIT :limit"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let params = named_params! {
            ":at": after.key,
            ":id": after.id,
            ":to": query.to,
            ":channel": channel,
            ":epoch": query.epoch,
            ":limit": i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1),
        };
        let page = Page::messages(&mut statement, params, limit)?;
        let next = page.next(|message_at, _| Some(message_at));
        Ok((page, next))
    }

    /// Up to `limit` messages of a channel and epoch with a number, exact or inferred, from `from` to `to`, inclusive, by number.
    /// Starts after the cursor of the previous page. Returns no cursor at the end.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn by_sequence(
        &self,
        channel: &Channel,
        epoch: i64,
        (from, to): (u64, u64),
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Page, Option<Cursor>), RecordError> {
        let read = || {
            let Some(channel) = self.channel_id(channel)? else { return Ok(Default::default()) };
            let after = after.unwrap_or(Cursor { key: bounded(from), id: 0 });
            let sql = format!(
                "{SELECT_MESSAGES} WHERE m.channel = ?1 AND m.sequence >= ?2 AND m.sequence <= ?3
                    AND (m.sequence, m.id) > (?2, ?4) AND m.epoch = ?5
                 ORDER BY m.sequence, m.id LIMIT ?6"
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            let count = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
            let params = params![channel, after.key, bounded(to), after.id, epoch, count];
            let page = Page::messages(&mut statement, params, limit)?;
            let next = page.next(|_, number| number.map(u64::cast_signed));
            Ok((page, next))
        };
        self.map_error(read())
    }

    /// The numbers from `from` to `to`, inclusive, that are the exact or inferred number of a message of this channel and epoch, as
    /// ranges in ascending order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn numbers(
        &self,
        channel: &Channel,
        epoch: i64,
        (from, to): (u64, u64),
    ) -> Result<Vec<(u64, u64)>, RecordError> {
        let read = || {
            let Some(channel) = self.channel_id(channel)? else { return Ok(Vec::new()) };
            let sql = "SELECT sequence FROM message
                       WHERE channel = ? AND sequence BETWEEN ? AND ? AND epoch = ? ORDER BY sequence";
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query(params![channel, bounded(from), bounded(to), epoch])?;
            let mut ranges: Vec<(u64, u64)> = Vec::new();
            while let Some(row) = rows.next()? {
                let number = row.get::<_, i64>(0)?.cast_unsigned();
                match ranges.last_mut() {
                    Some((_, last)) if number <= last.saturating_add(1) => *last = number,
                    _ => ranges.push((number, number)),
                }
            }
            Ok(ranges)
        };
        self.map_error(read())
    }

    /// The id of the message with the highest number below `number`, exact or inferred.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn last_below(&self, channel: &Channel, epoch: i64, number: u64) -> Result<Option<i64>, RecordError> {
        let id = self.channel_id(channel);
        self.map_error(id.and_then(|id| id.map_or(Ok(None), |id| self.try_last_below(id, epoch, number))))
    }

    pub(super) fn try_last_below(&self, channel: i64, epoch: i64, number: u64) -> rusqlite::Result<Option<i64>> {
        let sql =
            "SELECT id FROM message WHERE channel = ? AND sequence < ? AND epoch = ? ORDER BY sequence DESC LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.query_row(params![channel, bounded(number), epoch], |row| row.get(0)).optional()
    }

    /// Up to `limit` messages whose number is not exact and can be from `from` to `to`, in stream order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn ranged(
        &self,
        channel: &Channel,
        epoch: i64,
        (from, to): (u64, u64),
        limit: usize,
    ) -> Result<Page, RecordError> {
        let read = || {
            let Some(channel) = self.channel_id(channel)? else { return Ok(Page::default()) };
            let sql = format!(
                "{SELECT_MESSAGES} WHERE m.channel = ?1 AND m.sequence_to >= ?2 AND m.sequence_from <= ?3 AND m.epoch = ?4
                 ORDER BY m.id LIMIT ?5"
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            let count = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
            Page::messages(&mut statement, params![channel, bounded(from), bounded(to), epoch, count], limit)
        };
        self.map_error(read())
    }

    /// The epochs of a channel that have a message or a finding in this range of numbers, in ascending order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn epochs(&self, channel: &Channel, (from, to): (u64, u64)) -> Result<Vec<i64>, RecordError> {
        let read = || {
            let Some(id) = self.channel_id(channel)? else { return Ok(Vec::new()) };
            let newest: i64 =
                self.connection.query_row("SELECT epoch FROM channel WHERE id = ?", [id], |row| row.get(0))?;
            if newest == 1 {
                return Ok(vec![1]);
            }
            if newest > MAX_EPOCHS {
                return Err(rusqlite::Error::IntegralValueOutOfRange(0, newest));
            }
            let mut statement = self.connection.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM message WHERE channel = ?1 AND sequence BETWEEN ?2 AND ?3 AND epoch = ?4)
                    OR EXISTS (SELECT 1 FROM message WHERE channel = ?1 AND sequence_to >= ?2 AND sequence_from <= ?3
                        AND epoch = ?4)
                    OR EXISTS (SELECT 1 FROM finding WHERE channel = ?1 AND sequence_to >= ?2 AND sequence_from <= ?3
                        AND epoch = ?4 AND kind <> 'counter_reset')",
            )?;
            let mut epochs = Vec::new();
            for epoch in 1..=newest {
                if statement.query_row(params![id, bounded(from), bounded(to), epoch], |row| row.get(0))? {
                    epochs.push(epoch);
                }
            }
            Ok(epochs)
        };
        self.map_error(read())
    }
}

/// The maximum number of epochs searched. No counter is reset this often. A file with more is damaged, and would take hours.
const MAX_EPOCHS: i64 = 100_000;

/// The largest value of a Redis counter.
pub(super) fn bounded(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Page {
    /// The cursor of the next page. `key` is the column that the query is sorted by.
    fn next(&self, key: impl Fn(i64, Option<u64>) -> Option<i64>) -> Option<Cursor> {
        let (Some(Entry::Message(last)), Some(place), true) =
            (self.interval.entries().last(), self.places.last(), self.is_cut)
        else {
            return None;
        };
        key(last.at, last.sequence.number()).map(|key| Cursor { key, id: place.id })
    }
}
