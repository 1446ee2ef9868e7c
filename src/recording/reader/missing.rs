//! Finds the sequence numbers of a range that are not in a recording, and why.

use rusqlite::{OptionalExtension as _, params};

use super::Reader;
use super::page;
use super::seek::Hole;
use super::select::bounded;
use crate::ledger::finding::{Finding, FindingKind};
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Channel;
use crate::recording::codes;
use crate::recording::file::RecordError;

/// A range of sequence numbers that no message in the recording has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingRange {
    /// The first number.
    pub from: u64,
    /// The last number, inclusive.
    pub to: u64,
    /// The reason.
    pub reason: MissingReason,
}

/// Why sequence numbers are not in a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MissingReason {
    /// A finding reports them: they were missed, or may belong to messages whose number is not exact.
    Finding(Box<Finding>),
    /// They are in a hole: the recorder did not record them.
    Hole(Box<Hole>),
    /// Retention deleted them because of their age or the size of the file.
    Deleted,
    /// They were broadcast before the recording knew the channel.
    Before,
    /// They are higher than any number that the recording knows.
    After,
    /// The recording contains no reason.
    Unknown,
}

impl MissingRange {
    /// Whether messages are missing for this reason. False for a finding of messages that were received but not counted: it also
    /// explains numbers without a message, but no message is missing.
    #[must_use]
    pub fn is_missed(&self) -> bool {
        match &self.reason {
            MissingReason::Finding(finding) => finding.kind != FindingKind::ReceivedNotCounted,
            MissingReason::Hole(_)
            | MissingReason::Deleted
            | MissingReason::Before
            | MissingReason::After
            | MissingReason::Unknown => true,
        }
    }
}

impl Reader {
    /// The numbers from `from` to `to`, inclusive, of a channel and epoch that no message in the recording has as its exact or
    /// inferred number. Returns about `limit` ranges at most, in ascending order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn missing(
        &self,
        channel: &Channel,
        epoch: i64,
        range: (u64, u64),
        limit: usize,
    ) -> Result<Vec<MissingRange>, RecordError> {
        self.map_error(self.try_missing(channel, epoch, range, limit))
    }

    fn try_missing(
        &self,
        channel: &Channel,
        epoch: i64,
        (from, to): (u64, u64),
        limit: usize,
    ) -> rusqlite::Result<Vec<MissingRange>> {
        let _snapshot = self.connection.unchecked_transaction()?;
        let Some(id) = self.channel_id(channel)? else {
            return Ok(vec![MissingRange { from, to, reason: MissingReason::Unknown }]);
        };
        let mut missing = Vec::new();
        for (from, to) in self.stretches(id, epoch, (from, to), limit)? {
            self.explain(id, epoch, (from, to), &mut missing)?;
        }
        Ok(missing)
    }

    /// The ranges between the numbers of the recorded messages.
    fn stretches(
        &self,
        channel: i64,
        epoch: i64,
        (from, to): (u64, u64),
        limit: usize,
    ) -> rusqlite::Result<Vec<(u64, u64)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT sequence FROM message WHERE channel = ? AND sequence BETWEEN ? AND ? AND epoch = ? ORDER BY sequence",
        )?;
        let mut rows = statement.query(params![channel, bounded(from), bounded(to), epoch])?;
        let mut next = Some(from);
        let mut stretches = Vec::new();
        while let Some(row) = rows.next()? {
            let number = row.get::<_, i64>(0)?.cast_unsigned();
            let Some(expected) = next else { break };
            if number > expected {
                stretches.push((expected, number - 1));
                if stretches.len() >= limit {
                    return Ok(stretches);
                }
            }
            next = number.max(expected.saturating_sub(1)).checked_add(1);
        }
        if let Some(next) = next.filter(|&next| next <= to) {
            stretches.push((next, to));
        }
        Ok(stretches)
    }

    /// Splits a range by reason.
    fn explain(
        &self,
        channel: i64,
        epoch: i64,
        (from, to): (u64, u64),
        missing: &mut Vec<MissingRange>,
    ) -> rusqlite::Result<()> {
        let mut known: Vec<(u64, u64, MissingReason)> = self.gaps(channel, epoch, (from, to))?;
        known.extend(self.hole_ranges(channel, epoch, (from, to))?);
        known.sort_by_key(|(from, to, _)| (*from, *to));
        let mut next = from;
        for (low, high, reason) in known {
            if high < next {
                continue;
            }
            if low > next {
                missing.push(self.unexplained(channel, epoch, (next, low - 1))?);
            }
            let (from, end) = (low.max(next), high.min(to));
            missing.push(MissingRange { from, to: end, reason });
            let Some(after) = end.checked_add(1) else { return Ok(()) };
            next = after;
        }
        if next > to {
            return Ok(());
        }
        let highest = self.try_end(channel, epoch)?.map_or(0, |(number, _)| number);
        if next <= highest {
            missing.push(self.unexplained(channel, epoch, (next, to.min(highest)))?);
        }
        if to > highest {
            missing.push(MissingRange { from: next.max(highest + 1), to, reason: MissingReason::After });
        }
        Ok(())
    }

    fn gaps(
        &self,
        channel: i64,
        epoch: i64,
        (from, to): (u64, u64),
    ) -> rusqlite::Result<Vec<(u64, u64, MissingReason)>> {
        let sql = format!(
            "{} WHERE f.channel = ?1 AND f.sequence_to >= ?2 AND f.sequence_from <= ?3 AND f.epoch = ?4
                AND f.kind IN ({}, 'received_not_counted')",
            page::findings(),
            codes::gap_kinds()
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut found = Vec::new();
        for row in statement.query_map(params![channel, bounded(from), bounded(to), epoch], page::finding)? {
            if let (_, Entry::Finding(finding)) = row?
                && let (Some(low), Some(high)) = (finding.sequence_from, finding.sequence_to)
            {
                found.push((low, high, MissingReason::Finding(finding)));
            }
        }
        Ok(found)
    }

    fn hole_ranges(
        &self,
        channel: i64,
        epoch: i64,
        (from, to): (u64, u64),
    ) -> rusqlite::Result<Vec<(u64, u64, MissingReason)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT hole, sequence_from, sequence_to FROM hole_range
             WHERE channel = ? AND sequence_to >= ? AND sequence_from <= ? AND epoch = ?",
        )?;
        let rows = statement.query_map(params![channel, bounded(from), bounded(to), epoch], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?.cast_unsigned(), row.get::<_, i64>(2)?.cast_unsigned()))
        })?;
        let mut found = Vec::new();
        for row in rows {
            let (hole, low, high) = row?;
            if let Some(hole) = self.try_holes(hole, hole)?.pop() {
                found.push((low, high, MissingReason::Hole(Box::new(hole))));
            }
        }
        Ok(found)
    }

    /// The end of a counter epoch of a channel: the highest known sequence number, and its time in microseconds since the Unix epoch.
    /// `None` if no number is known.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn end(&self, channel: &Channel, epoch: i64) -> Result<Option<(u64, i64)>, RecordError> {
        let end = self.channel_id(channel).and_then(|id| id.map_or(Ok(None), |id| self.try_end(id, epoch)));
        self.map_error(end)
    }

    /// For the newest epoch this can be the counter. For the others it is the last message.
    fn try_end(&self, channel: i64, epoch: i64) -> rusqlite::Result<Option<(u64, i64)>> {
        let pair = |sql: &str| {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement
                .query_row([channel, epoch], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?)))
                .optional()
        };
        let message = pair(
            "SELECT sequence, at_unix_micros FROM message WHERE channel = ? AND sequence IS NOT NULL AND epoch = ?
             ORDER BY sequence DESC LIMIT 1",
        )?;
        let counter = pair(
            "SELECT counter, counter_unix_micros FROM channel WHERE id = ? AND epoch = ? AND counter IS NOT NULL",
        )?;
        // If the last message has the counter's number, use the message's time.
        Ok(counter.into_iter().chain(message).max_by_key(|(number, _)| *number))
    }

    /// The reason for numbers that no finding and no hole contains. It is derived from the neighbouring messages.
    fn unexplained(&self, channel: i64, epoch: i64, (from, to): (u64, u64)) -> rusqlite::Result<MissingRange> {
        let before = self.try_last_below(channel, epoch, from)?;
        let mut after = self.connection.prepare_cached(
            "SELECT id FROM message WHERE channel = ? AND sequence > ? AND epoch = ? ORDER BY sequence LIMIT 1",
        )?;
        let after = after.query_row(params![channel, bounded(to), epoch], |row| row.get::<_, i64>(0)).optional()?;
        let deleted: i64 = self.connection.query_row("SELECT deleted FROM total", [], |row| row.get(0))?;
        let hole = match (before, after) {
            (Some(before), after) => self.try_holes(before, after.unwrap_or(i64::MAX))?.into_iter().next(),
            (None, _) => None,
        };
        let reason = match (before, hole) {
            (_, Some(hole)) => MissingReason::Hole(Box::new(hole)),
            (None, None) if deleted > 0 => MissingReason::Deleted,
            (None, None) => MissingReason::Before,
            (Some(_), None) => MissingReason::Unknown,
        };
        Ok(MissingRange { from, to, reason })
    }
}
