//! Matches messages that were not counted, and their findings.
//!
//! A message that was not counted has no number. Each recorder gives it the numbers that were counted between the same two
//! barriers as the message. These ranges can differ, because each recorder has barriers of its own. Therefore, such messages and
//! findings are matched by their place in the stream: the server sends the messages of a channel to both recorders in the same
//! order.

use rusqlite::{OptionalExtension as _, params};

use super::duplicate_match::{DuplicateMatch, MAX_TIME_DIFFERENCE};
use super::items::StreamRow;
use super::merger::Merger;
use super::source::CounterEpoch;

/// How far before an uncounted message to look for a message with the same exact number in both recordings, in rows.
const MAX_DISTANCE: i64 = 10_000;

impl Merger<'_> {
    /// Whether the first recording also has a finding of the second one that `count` messages were not counted.
    ///
    /// It is the same if both recordings have the same messages up to the finding since the last one with the same exact number
    /// in both, neither recorder was interrupted since then, and the same number of messages before it was not counted.
    pub(super) fn is_same_uncounted(
        &self,
        finding: StreamRow,
        counter_epoch: CounterEpoch,
        count: i64,
    ) -> rusqlite::Result<bool> {
        let Some(own) = self.sides[0].own_epochs.get(&counter_epoch) else { return Ok(false) };
        let sql = "SELECT id FROM b.message WHERE id BETWEEN ?1 - ?2 AND ?1 AND channel = ?3 ORDER BY id DESC LIMIT 1";
        let last = self
            .connection
            .prepare_cached(sql)?
            .query_row([finding.id, MAX_DISTANCE, finding.channel], |row| row.get(0))
            .optional()?;
        let Some(last) = last.map(|id| StreamRow { id, ..finding }) else { return Ok(false) };
        let Some(starts) = self.common_start(1, last, counter_epoch)? else { return Ok(false) };
        let before = self.uncounted(1, (finding.channel, finding.epoch), (starts.0, finding.id))?;
        if before.is_none()
            || self.same_place(1, last, counter_epoch, starts)?.is_none()
            || !self.is_uninterrupted(1, (starts.0, finding.id))?
        {
            return Ok(false);
        }
        let sql =
            "SELECT id FROM a.finding WHERE kind = 'received_not_counted' AND channel = ? AND epoch = ? AND count = ?
                AND id BETWEEN ?4 AND ?4 + ?5 ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([own.0, own.1, count, starts.1, MAX_DISTANCE])?;
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            if self.uncounted(0, *own, (starts.1, id))? == before {
                return self.is_uninterrupted(0, (starts.1, id));
            }
        }
        Ok(false)
    }

    /// How many messages between two rows were not counted. `None` if it is not certain: between two barriers, a message that was
    /// not counted and a number without a message cancel out.
    fn uncounted(&self, side: usize, own: CounterEpoch, (after, before): (i64, i64)) -> rusqlite::Result<Option<i64>> {
        let sql = format!(
            "SELECT iif(total(kind = 'counted_not_received') = 0, coalesce(sum(count), 0), NULL) FROM {}.finding
             WHERE id > ? AND id < ? AND channel = ? AND epoch = ? AND kind IN ('counted_not_received', 'received_not_counted')",
            self.sides[side].name
        );
        self.connection.prepare_cached(&sql)?.query_row([after, before, own.0, own.1], |row| row.get(0))
    }

    /// Finds the copy of a message in the other recording if both recordings together prove that it was not counted: it could
    /// only have a number that is possible in both, and there is none.
    ///
    /// It is the copy if both recordings have the same messages since the last one with the same exact number in both, and
    /// neither recorder was interrupted since then.
    pub(super) fn uncounted_copy(
        &self,
        side: usize,
        item: StreamRow,
        counter_epoch: CounterEpoch,
    ) -> rusqlite::Result<Option<DuplicateMatch>> {
        let is_possible = |side, row: (bool, Option<(i64, i64)>)| match row {
            (true, _) => Ok(true),
            (false, None) => Ok(false),
            (false, range) => self.is_counted(side, counter_epoch, range).map(|is_counted| !is_counted),
        };
        if !is_possible(side, (item.is_uncounted, item.range))? || !self.has_uncounted(side, item, counter_epoch)? {
            return Ok(None);
        }
        let Some(starts) = self.common_start(side, item, counter_epoch)? else { return Ok(None) };
        let Some(copy) = self.same_place(side, item, counter_epoch, starts)? else { return Ok(None) };
        let is_disjoint = match (item.range, copy.range) {
            (Some((low, high)), Some(other)) => other.1 < low || other.0 > high,
            (own, other) => own.is_some() != other.is_some(),
        };
        let is_proven = self.matches_found.is_new(1 - side, copy.id)
            && is_disjoint
            && is_possible(1 - side, (copy.is_uncounted, copy.range))?
            && self.is_uninterrupted(side, (starts.0, item.id))?
            && self.is_uninterrupted(1 - side, (starts.1, copy.id))?;
        Ok(is_proven.then_some(copy))
    }

    /// Whether the other recording has an equal message at about the same time that has other possible numbers, or none.
    fn has_uncounted(&self, side: usize, item: StreamRow, counter_epoch: CounterEpoch) -> rusqlite::Result<bool> {
        let Some(&channel) = self.sides[1 - side].own_channels.get(&counter_epoch.0) else { return Ok(false) };
        let at = self.other_time(side, item.at);
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM {1}.message o INDEXED BY message_by_time
                WHERE o.at_unix_micros BETWEEN ?1 AND ?2 AND o.channel = ?3
                    AND o.payload = (SELECT payload FROM {0}.message WHERE id = ?4)
                    AND iif(?5 IS NULL, o.sequence_to IS NOT NULL,
                        o.certainty = 5 OR o.sequence_to < ?5 OR o.sequence_from > ?6))",
            self.sides[side].name,
            self.sides[1 - side].name
        );
        let (low, high) = item.range.unzip();
        let times = (at - MAX_TIME_DIFFERENCE, at + MAX_TIME_DIFFERENCE);
        let values = params![times.0, times.1, channel, item.id, low, high];
        self.connection.prepare_cached(&sql)?.query_row(values, |row| row.get(0))
    }

    /// The ids, in this and in the other recording, of the last message before `item` that has the same exact number in both.
    fn common_start(
        &self,
        side: usize,
        item: StreamRow,
        counter_epoch: CounterEpoch,
    ) -> rusqlite::Result<Option<(i64, i64)>> {
        let Some(other) = self.sides[1 - side].own_epochs.get(&counter_epoch) else { return Ok(None) };
        let sql = format!(
            "SELECT x.id, y.id FROM {}.message x NOT INDEXED CROSS JOIN {}.message y
             WHERE x.id BETWEEN ?1 - ?2 AND ?1 AND x.channel = ?3 AND x.epoch = ?4 AND x.certainty = 0
                AND y.channel = ?5 AND y.sequence = x.sequence AND y.epoch = ?6 AND y.certainty = 0
                AND y.payload = x.payload
             ORDER BY x.id DESC LIMIT 1",
            self.sides[side].name,
            self.sides[1 - side].name
        );
        let values = params![item.id, MAX_DISTANCE, item.channel, item.epoch, other.0, other.1];
        self.connection.prepare_cached(&sql)?.query_row(values, |row| Ok((row.get(0)?, row.get(1)?))).optional()
    }

    /// The message of the other recording that has the same place after the start as `item`. `None` if not all messages up to it
    /// are the same.
    fn same_place(
        &self,
        side: usize,
        item: StreamRow,
        counter_epoch: CounterEpoch,
        starts: (i64, i64),
    ) -> rusqlite::Result<Option<DuplicateMatch>> {
        let Some(&channel) = self.sides[1 - side].own_channels.get(&counter_epoch.0) else { return Ok(None) };
        let since = |side: usize| {
            let name = self.sides[side].name;
            self.connection.prepare_cached(&format!(
                "SELECT id, sequence, sequence_from, sequence_to, certainty = 5, payload FROM {name}.message WHERE id > ? AND channel = ?
                 ORDER BY id"
            ))
        };
        let (mut own, mut other) = (since(side)?, since(1 - side)?);
        let (mut own, mut other) = (own.query([starts.0, item.channel])?, other.query([starts.1, channel])?);
        while let (Some(own), Some(other)) = (own.next()?, other.next()?) {
            if own.get_ref(5)? != other.get_ref(5)? {
                return Ok(None);
            }
            if own.get::<_, i64>(0)? == item.id {
                return DuplicateMatch::read(other).map(Some);
            }
        }
        Ok(None)
    }

    /// Whether one session of the recorder received everything from a message to another message or a finding.
    fn is_uninterrupted(&self, side: usize, (from, to): (i64, i64)) -> rusqlite::Result<bool> {
        let name = self.sides[side].name;
        let sql = format!(
            "SELECT x.session = y.session
                AND NOT EXISTS (SELECT 1 FROM {name}.link WHERE id BETWEEN x.id AND y.id)
                AND NOT EXISTS (SELECT 1 FROM {name}.hole WHERE id BETWEEN x.id AND y.id
                    OR (to_unix_micros >= x.at_unix_micros AND from_unix_micros <= y.at_unix_micros))
             FROM {name}.message x, (SELECT id, session, at_unix_micros FROM {name}.message
                UNION ALL SELECT id, session, at_unix_micros FROM {name}.finding) y WHERE x.id = ? AND y.id = ?"
        );
        self.connection.prepare_cached(&sql)?.query_row([from, to], |row| row.get(0))
    }
}
