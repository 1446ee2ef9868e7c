//! Matches messages whose sequence number is not exact. The other recording may know the number, or may have the same message
//! without a number.
//!
//! Messages are matched by payload, by time, and by the numbers that they may have.

use std::collections::{HashMap, HashSet};

use rusqlite::{OptionalExtension as _, Row, params};

use super::items::StreamRow;
use super::merger::Merger;
use super::output::SequenceUpdate;
use super::source::CounterEpoch;

/// The maximum time between the same message in both recordings, in microseconds.
pub(super) const MAX_TIME_DIFFERENCE: i64 = 2_000_000;

/// The matches found so far.
#[derive(Debug, Default)]
pub(super) struct DuplicateMatches {
    /// The ids of messages in each recording that were already written from the other one.
    written: [HashSet<i64>; 2],
    /// The highest number assigned to such a message, by recording and epoch.
    numbers: HashMap<(usize, CounterEpoch), i64>,
    /// The last matched message of the other recording, by recording and channel.
    claimed: HashMap<(usize, i64), i64>,
    passed: [i64; 2],
}

impl DuplicateMatches {
    /// Whether a message was not written yet.
    pub(super) fn is_new(&self, side: usize, id: i64) -> bool {
        id > self.passed[side] && !self.written[side].contains(&id)
    }

    /// Records that a message of `side` and one of the other recording are the same: neither is matched again.
    fn claim(&mut self, side: usize, channel: i64, [own, other]: [i64; 2]) {
        self.claimed.insert((side, channel), other);
        let claimed = self.claimed.entry((1 - side, channel)).or_default();
        *claimed = own.max(*claimed);
    }

    /// Records that a recording was processed up to this id.
    pub(super) fn passed(&mut self, side: usize, id: i64) {
        self.passed[side] = id;
    }
}

/// A match in the other recording.
pub(super) struct DuplicateMatch {
    pub(super) id: i64,
    number: Option<i64>,
    pub(super) range: Option<(i64, i64)>,
    /// Whether it certainly was not counted.
    pub(super) is_uncounted: bool,
}

impl DuplicateMatch {
    /// Reads the columns `id`, `sequence`, `sequence_from`, `sequence_to`, and whether `certainty` is 5.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let range = row.get::<_, Option<i64>>(2)?.zip(row.get::<_, Option<i64>>(3)?);
        Ok(Self { id: row.get(0)?, number: row.get(1)?, range, is_uncounted: row.get(4)? })
    }
}

impl Merger<'_> {
    pub(super) fn inexact(
        &mut self,
        side: usize,
        item: StreamRow,
        counter_epoch: CounterEpoch,
    ) -> rusqlite::Result<()> {
        if self.matches_found.written[side].remove(&item.id) {
            return Ok(());
        }
        if let Some(range) = item.range
            && let Some(number) = self.number_of(side, item, counter_epoch, range)?
        {
            // The other recording's message is written instead, with its number.
            self.matches_found.numbers.insert((side, counter_epoch), number);
            self.output.merged.narrowed += 1;
            return Ok(());
        }
        if let Some(copy) = self.uncounted_copy(side, item, counter_epoch)? {
            self.matches_found.claim(side, counter_epoch.0, [item.id, copy.id]);
            self.matches_found.written[1 - side].insert(copy.id);
            return self.copy(side, item.id, counter_epoch, SequenceUpdate::NotCounted).map(drop);
        }
        let duplicate = self.duplicate_match(side, item, counter_epoch)?;
        let mut range = item.range;
        let mut is_counted = self.is_counted(side, counter_epoch, range)?;
        if let Some(duplicate) = duplicate {
            self.matches_found.claim(side, counter_epoch.0, [item.id, duplicate.id]);
            if duplicate.number.is_some() || duplicate.id <= self.matches_found.passed[1 - side] {
                return Ok(());
            }
            self.matches_found.written[1 - side].insert(duplicate.id);
            is_counted &= self.is_counted(1 - side, counter_epoch, duplicate.range)?;
            range = match (range, duplicate.range) {
                (Some(own), Some(other)) => Some((own.0.max(other.0), own.1.min(other.1))),
                (own, other) => own.or(other),
            };
        } else if let Some(own) = range {
            range = self.narrow_range(side, counter_epoch, own)?.or(range);
        }
        match range {
            Some((low, high)) if low == high && is_counted => {
                self.matches_found.numbers.insert((side, counter_epoch), low);
                self.write_exact(side, item.id, counter_epoch, low)
            }
            Some((low, high)) if range != item.range && low <= high => {
                self.copy(side, item.id, counter_epoch, SequenceUpdate::Range(low, high)).map(drop)
            }
            _ => self.copy(side, item.id, counter_epoch, SequenceUpdate::Unchanged).map(drop),
        }
    }

    /// Whether a message certainly has one of the numbers in its range. If more messages were received than counted, it may have
    /// none.
    pub(super) fn is_counted(
        &self,
        side: usize,
        counter_epoch: CounterEpoch,
        range: Option<(i64, i64)>,
    ) -> rusqlite::Result<bool> {
        let Some((low, high)) = range else { return Ok(true) };
        if low == high {
            // A range of one number is only recorded for such messages.
            return Ok(false);
        }
        let own = self.sides[side].own_epochs.get(&counter_epoch).copied().unwrap_or_default();
        let sql = format!(
            "SELECT NOT EXISTS (SELECT 1 FROM {}.finding WHERE channel = ? AND epoch = ? AND sequence_to >= ? AND sequence_from <= ?
                AND kind = 'received_not_counted')",
            self.sides[side].name
        );
        self.connection.prepare_cached(&sql)?.query_row([own.0, own.1, low, high], |row| row.get(0))
    }

    /// Handles a message whose inferred number belongs to another message. The other recording may have it with its own number.
    pub(super) fn write_displaced(
        &mut self,
        side: usize,
        own_id: i64,
        counter_epoch: CounterEpoch,
        number: i64,
    ) -> rusqlite::Result<()> {
        let sql = format!("SELECT at_unix_micros FROM {}.message WHERE id = ?", self.sides[side].name);
        let at = self.connection.prepare_cached(&sql)?.query_row([own_id], |row| row.get(0))?;
        if self.number_at(side, (own_id, at), counter_epoch, (number + 1, i64::MAX))?.is_some() {
            self.output.merged.narrowed += 1;
            return Ok(());
        }
        self.copy(side, own_id, counter_epoch, SequenceUpdate::Unknown).map(drop)
    }

    /// The message's number in the other recording. It must be higher than the last one, so that two equal messages get different
    /// numbers.
    fn number_of(
        &self,
        side: usize,
        item: StreamRow,
        counter_epoch: CounterEpoch,
        (low, high): (i64, i64),
    ) -> rusqlite::Result<Option<i64>> {
        let floor = self.matches_found.numbers.get(&(side, counter_epoch)).map_or(low, |given| low.max(given + 1));
        self.number_at(side, (item.id, item.at), counter_epoch, (floor, high))
    }

    fn number_at(
        &self,
        side: usize,
        (own_id, at): (i64, i64),
        counter_epoch: CounterEpoch,
        (low, high): (i64, i64),
    ) -> rusqlite::Result<Option<i64>> {
        let Some(other) = self.sides[1 - side].own_epochs.get(&counter_epoch) else { return Ok(None) };
        let at = self.other_time(side, at);
        let sql = format!(
            "SELECT o.sequence FROM {1}.message o WHERE o.channel = ?1 AND o.sequence BETWEEN ?2 AND ?3 AND o.epoch = ?4
                AND o.at_unix_micros BETWEEN ?5 AND ?6 AND o.payload = (SELECT payload FROM {0}.message WHERE id = ?7)
             ORDER BY o.sequence LIMIT 1",
            self.sides[side].name,
            self.sides[1 - side].name
        );
        self.connection
            .prepare_cached(&sql)?
            .query_row(
                params![other.0, low, high, other.1, at - MAX_TIME_DIFFERENCE, at + MAX_TIME_DIFFERENCE, own_id],
                |row| row.get(0),
            )
            .optional()
    }

    /// Finds the message in the other recording, if that recording does not know its number either. If nothing is known about the
    /// message's number, a message with a number also matches.
    fn duplicate_match(
        &self,
        side: usize,
        item: StreamRow,
        counter_epoch: CounterEpoch,
    ) -> rusqlite::Result<Option<DuplicateMatch>> {
        let Some(&channel) = self.sides[1 - side].own_channels.get(&counter_epoch.0) else { return Ok(None) };
        let at = self.other_time(side, item.at);
        let claimed = self.matches_found.claimed.get(&(side, counter_epoch.0)).copied().unwrap_or(0);
        let sql = format!(
            "SELECT o.id, o.sequence, o.sequence_from, o.sequence_to, o.certainty = 5 FROM {1}.message o INDEXED BY message_by_time
             WHERE o.at_unix_micros BETWEEN ?1 AND ?2 AND o.channel = ?3 AND o.id > ?4
                AND o.payload = (SELECT payload FROM {0}.message WHERE id = ?5)
                AND (?6 IS NULL OR (o.sequence IS NULL
                    AND (o.sequence_to IS NULL OR (o.sequence_to >= ?6 AND o.sequence_from <= ?7))))
             ORDER BY o.at_unix_micros, o.id LIMIT 1",
            self.sides[side].name,
            self.sides[1 - side].name
        );
        let (low, high) = item.range.unzip();
        self.connection
            .prepare_cached(&sql)?
            .query_row(
                params![at - MAX_TIME_DIFFERENCE, at + MAX_TIME_DIFFERENCE, channel, claimed, item.id, low, high],
                DuplicateMatch::read,
            )
            .optional()
    }

    /// Narrows a range to the first and the last number that the other recording does not have. The message must have one of
    /// these.
    fn narrow_range(
        &self,
        side: usize,
        counter_epoch: CounterEpoch,
        (low, high): (i64, i64),
    ) -> rusqlite::Result<Option<(i64, i64)>> {
        let Some(other) = self.sides[1 - side].own_epochs.get(&counter_epoch) else { return Ok(None) };
        let mut bounds = [low, high];
        for (bound, (order, step)) in bounds.iter_mut().zip([("ASC", 1), ("DESC", -1)]) {
            let sql = format!(
                "SELECT sequence FROM {}.message WHERE channel = ? AND sequence BETWEEN ? AND ? AND epoch = ?
                    AND certainty = 0 ORDER BY sequence {order}",
                self.sides[1 - side].name
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            let mut rows = statement.query([other.0, low, high, other.1])?;
            while let Some(row) = rows.next()? {
                let number: i64 = row.get(0)?;
                if number != *bound {
                    break;
                }
                *bound += step;
            }
        }
        Ok((bounds[0] <= bounds[1]).then_some((bounds[0], bounds[1])))
    }

    /// Converts a time of this recording to the clock of the other.
    pub(super) fn other_time(&self, side: usize, at: i64) -> i64 {
        if side == 0 { at + self.skew } else { at - self.skew }
    }
}
