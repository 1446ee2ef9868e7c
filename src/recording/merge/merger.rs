//! Merges the two streams by time, and each channel by sequence number.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use super::align;
use super::duplicate_match::DuplicateMatches;
use super::items::{RowKind, RowStream, StreamRow};
use super::output::{MergedFile, SequenceUpdate};
use super::source::{CounterEpoch, MergeInput};
use crate::ledger::finding::FindingKind;
use crate::recording::codes;

/// The maximum time between the same finding in both recordings, in microseconds.
const MAX_TIME_DIFFERENCE: i64 = 2_000_000;

/// The merge in progress.
pub(super) struct Merger<'c> {
    pub(super) connection: &'c Connection,
    pub(super) sides: [MergeInput; 2],
    pub(super) items: [RowStream; 2],
    pub(super) output: MergedFile<'c>,
    pub(super) matches_found: DuplicateMatches,
    /// The last sequence number written, by epoch.
    last: HashMap<CounterEpoch, i64>,
    /// The current epoch of each channel.
    epochs: HashMap<i64, i64>,
    resets: HashSet<CounterEpoch>,
    /// Whether gaps are filled. Otherwise they are copied.
    fills_gaps: bool,
    /// How far the second machine's clock is ahead of the first one's, in microseconds.
    pub(super) skew: i64,
}

/// The sequence numbers of a counter epoch in a range: the id in each recording, a comparison of the two messages, and whether a
/// recording has more than one message with this number.
const SELECT_COPIES: &str = "
    SELECT both.sequence, both.a, both.b, a.certainty = 0, b.certainty = 0, a.payload = b.payload,
        b.at_unix_micros - a.at_unix_micros, both.copies > (both.a IS NOT NULL) + (both.b IS NOT NULL)
    FROM (SELECT sequence, count(*) AS copies, min(id) FILTER (WHERE side = 0) AS a, min(id) FILTER (WHERE side = 1) AS b
        FROM (SELECT 0 AS side, sequence, id FROM a.message
                WHERE channel = ?1 AND sequence > ?5 AND sequence <= ?6 AND epoch = ?2
            UNION ALL SELECT 1, sequence, id FROM b.message
                WHERE channel = ?3 AND sequence > ?5 AND sequence <= ?6 AND epoch = ?4)
        GROUP BY sequence) both
    LEFT JOIN a.message a ON a.id = both.a LEFT JOIN b.message b ON b.id = both.b
    ORDER BY both.sequence";

/// A message of one recording with a sequence number.
struct NumberedCopy {
    side: usize,
    id: i64,
    is_exact: bool,
    payload: Vec<u8>,
}

impl<'c> Merger<'c> {
    pub(super) fn new(connection: &'c Connection, sides: [MergeInput; 2], fills_gaps: bool) -> rusqlite::Result<Self> {
        connection.execute_batch(
            "CREATE TEMP TABLE gap (id INTEGER PRIMARY KEY, reserved INTEGER, source INTEGER, own_id INTEGER,
                channel INTEGER, epoch INTEGER, sequence_from INTEGER, sequence_to INTEGER)",
        )?;
        let skew = align::skew(connection, &sides)?;
        let items = [RowStream::new(sides[0].name), RowStream::new(sides[1].name)];
        Ok(Self {
            connection,
            sides,
            items,
            output: MergedFile::new(connection),
            matches_found: DuplicateMatches::default(),
            last: HashMap::new(),
            epochs: HashMap::new(),
            resets: HashSet::new(),
            fills_gaps,
            skew: skew.unwrap_or(0),
        })
    }

    pub(super) fn run(&mut self) -> rusqlite::Result<()> {
        loop {
            let heads = (self.items[0].peek(self.connection)?, self.items[1].peek(self.connection)?);
            let (side, item) = match heads {
                (None, None) => return Ok(()),
                (Some(a), Some(b)) if a.at > b.at - self.skew => (1, b),
                (Some(a), _) => (0, a),
                (None, Some(b)) => (1, b),
            };
            self.items[side].advance();
            self.item(side, item)?;
            self.matches_found.passed(side, item.id);
        }
    }

    fn item(&mut self, side: usize, item: StreamRow) -> rusqlite::Result<()> {
        let counter_epoch = self.sides[side].counter_epoch(item.channel, item.epoch);
        match (item.kind, item.number) {
            (RowKind::Message, Some(number)) => self.numbered(counter_epoch, number),
            (RowKind::Message, None) => self.inexact(side, item, counter_epoch),
            (RowKind::Finding, _) => self.finding(side, item, counter_epoch),
            (RowKind::Link, _) => self.output.link(&self.sides[side], item.id, counter_epoch),
            (RowKind::Counter, _) => self.output.counter(&self.sides[side], item.id, counter_epoch),
            (RowKind::Hole, _) => self.output.hole(&self.sides[side], item.id),
        }
    }

    /// Writes a message with a sequence number. Writes the earlier messages of both recordings first.
    fn numbered(&mut self, counter_epoch: CounterEpoch, number: i64) -> rusqlite::Result<()> {
        self.start_epoch(counter_epoch)?;
        self.write_up_to(counter_epoch, number)
    }

    /// If a new epoch of a channel starts, writes the rest of the earlier epochs first.
    fn start_epoch(&mut self, counter_epoch: CounterEpoch) -> rusqlite::Result<()> {
        let epoch = *self.epochs.entry(counter_epoch.0).or_insert(counter_epoch.1);
        for before in epoch..counter_epoch.1 {
            self.write_up_to((counter_epoch.0, before), i64::MAX)?;
        }
        if counter_epoch.1 > epoch {
            self.epochs.insert(counter_epoch.0, counter_epoch.1);
        }
        Ok(())
    }

    /// Writes the messages with sequence numbers up to `to` that are not written yet. If both recordings have a number, writes
    /// the exact one, or else that of the first recording.
    fn write_up_to(&mut self, counter_epoch: CounterEpoch, to: i64) -> rusqlite::Result<()> {
        let last = self.last.entry(counter_epoch).or_insert(0);
        if to <= *last {
            return Ok(());
        }
        let last = std::mem::replace(last, to);
        let [a, b] = [0, 1].map(|side| self.sides[side].own_epochs.get(&counter_epoch).copied().unwrap_or_default());
        let connection = self.connection;
        let mut statement = connection.prepare_cached(SELECT_COPIES)?;
        let mut rows = statement.query([a.0, a.1, b.0, b.1, last, to])?;
        while let Some(row) = rows.next()? {
            let number = row.get(0)?;
            let ids: [Option<i64>; 2] = [row.get(1)?, row.get(2)?];
            if row.get(7)? {
                self.write_repeated(counter_epoch, number)?;
                continue;
            }
            let exact: [Option<bool>; 2] = [row.get(3)?, row.get(4)?];
            let kept = usize::from(ids[0].is_none() || exact == [Some(false), Some(true)]);
            let Some(kept_id) = ids[kept] else { continue };
            let id = self.copy(kept, kept_id, counter_epoch, SequenceUpdate::Unchanged)?;
            let Some(left_id) = ids[1 - kept] else { continue };
            if row.get(5)? {
                self.output.inherit_conflicts(&self.sides[1 - kept], left_id, id, counter_epoch)?;
                self.adjust_skew(row.get(6)?);
                self.output.merged.narrowed += u64::from(exact[0] != exact[1]);
            } else if exact == [Some(true); 2] {
                self.output.conflict(id, &self.sides[1 - kept], left_id, counter_epoch, number)?;
            } else {
                self.write_displaced(1 - kept, left_id, counter_epoch, number)?;
            }
        }
        Ok(())
    }

    /// Writes the messages of a sequence number that one recording has more than once, e.g. first inferred and then exact. The
    /// number stays with one of them, an exact one if possible. No message with other bytes is lost.
    fn write_repeated(&mut self, counter_epoch: CounterEpoch, number: i64) -> rusqlite::Result<()> {
        let mut copies = self.copies(counter_epoch, number)?.into_iter();
        let Some(kept) = copies.next() else { return Ok(()) };
        let id = self.copy(kept.side, kept.id, counter_epoch, SequenceUpdate::Unchanged)?;
        let kept_payload = kept.payload.clone();
        // A message equals at most one message of the other recording.
        let mut unmatched = vec![kept];
        for copy in copies {
            let is_same = |known: &NumberedCopy| known.side != copy.side && known.payload == copy.payload;
            if let Some(known) = unmatched.iter().position(is_same) {
                unmatched.swap_remove(known);
                self.output.inherit_conflicts(&self.sides[copy.side], copy.id, id, counter_epoch)?;
            } else if !copy.is_exact {
                self.write_displaced(copy.side, copy.id, counter_epoch, number)?;
                unmatched.push(copy);
            } else if kept_payload != copy.payload {
                self.output.conflict(id, &self.sides[copy.side], copy.id, counter_epoch, number)?;
                unmatched.push(copy);
            }
        }
        Ok(())
    }

    /// All messages of both recordings with this sequence number, the exact ones first.
    fn copies(&self, counter_epoch: CounterEpoch, number: i64) -> rusqlite::Result<Vec<NumberedCopy>> {
        let mut copies = Vec::new();
        for (side, input) in self.sides.iter().enumerate() {
            let Some(own) = input.own_epochs.get(&counter_epoch) else { continue };
            let sql = format!(
                "SELECT id, certainty = 0, payload FROM {}.message
                 WHERE channel = ? AND sequence = ? AND epoch = ? ORDER BY id",
                input.name
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            let found = statement.query_map([own.0, number, own.1], |row| {
                Ok(NumberedCopy { side, id: row.get(0)?, is_exact: row.get(1)?, payload: row.get(2)? })
            })?;
            copies.extend(found.collect::<rusqlite::Result<Vec<_>>>()?);
        }
        copies.sort_by_key(|copy| !copy.is_exact);
        Ok(copies)
    }

    /// Adjusts the clock difference slowly, so that one late message has little effect.
    fn adjust_skew(&mut self, difference: i64) {
        self.skew += (difference - self.skew) / 16;
    }

    pub(super) fn copy(
        &mut self,
        side: usize,
        own_id: i64,
        counter_epoch: CounterEpoch,
        known: SequenceUpdate,
    ) -> rusqlite::Result<i64> {
        self.output.message(&self.sides[side], own_id, counter_epoch, known)
    }

    /// Writes a message whose exact sequence number was found, after all messages with lower numbers.
    pub(super) fn write_exact(
        &mut self,
        side: usize,
        own_id: i64,
        counter_epoch: CounterEpoch,
        number: i64,
    ) -> rusqlite::Result<()> {
        self.start_epoch(counter_epoch)?;
        self.write_up_to(counter_epoch, number - 1)?;
        let last = self.last.entry(counter_epoch).or_insert(0);
        *last = number.max(*last);
        self.copy(side, own_id, counter_epoch, SequenceUpdate::Exact(number)).map(drop)
    }

    fn finding(&mut self, side: usize, item: StreamRow, counter_epoch: CounterEpoch) -> rusqlite::Result<()> {
        let sql = format!(
            "SELECT kind, sequence_from IS NOT NULL AND sequence_to IS NOT NULL, coalesce(count, 0) FROM {}.finding WHERE id = ?",
            self.sides[side].name
        );
        let (kind, has_range, count): (FindingKind, bool, i64) = self
            .connection
            .prepare_cached(&sql)?
            .query_row([item.id], |row| Ok((codes::finding_kind(row, 0)?, row.get(1)?, row.get(2)?)))?;
        if kind.is_gap() && has_range {
            return if self.fills_gaps {
                self.output.gap(side, &self.sides[side], item.id, counter_epoch)
            } else {
                self.output.finding(&self.sides[side], item.id, counter_epoch)
            };
        }
        if kind == FindingKind::CounterReset {
            self.start_epoch(counter_epoch)?;
            if !self.resets.insert(counter_epoch) {
                return Ok(());
            }
        } else if side == 1
            && (self.is_known(item)?
                || (kind == FindingKind::ReceivedNotCounted && self.is_same_uncounted(item, counter_epoch, count)?))
        {
            return Ok(());
        }
        self.output.finding(&self.sides[side], item.id, counter_epoch)
    }

    /// Whether the first recording has the same finding as the second.
    fn is_known(&self, item: StreamRow) -> rusqlite::Result<bool> {
        let counter_epoch = self.sides[1].counter_epoch(item.channel, item.epoch);
        let Some(own) = self.sides[0].own_epochs.get(&counter_epoch) else { return Ok(false) };
        let at = item.at - self.skew;
        self.connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM a.finding x JOIN b.finding y ON y.id = ? AND y.kind = x.kind
                    AND y.sequence_from IS x.sequence_from AND y.sequence_to IS x.sequence_to
                    AND y.expectation IS x.expectation AND y.expected IS x.expected
                 WHERE x.at_unix_micros BETWEEN ? AND ? AND x.channel = ? AND x.epoch = ?)",
            )?
            .query_row([item.id, at - MAX_TIME_DIFFERENCE, at + MAX_TIME_DIFFERENCE, own.0, own.1], |row| row.get(0))
    }
}
