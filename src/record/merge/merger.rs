//! Merges the two streams by time, and each channel by sequence number.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::MAX_LISTED;
use super::align;
use super::duplicate_match::DuplicateMatches;
use super::items::{RowKind, RowStream, StreamRow};
use super::source::{CounterEpoch, MergeInput};
use super::store::{MergedFile, SequenceUpdate};
use crate::ledger::finding::FindingKind;
use crate::record::codes;

/// The maximum time between the same finding in both recordings, in microseconds.
const MAX_TIME_DIFFERENCE: i64 = 2_000_000;

/// The merge in progress.
pub(super) struct Merger<'c> {
    pub(super) connection: &'c Connection,
    pub(super) sides: [MergeInput; 2],
    pub(super) items: [RowStream; 2],
    pub(super) store: MergedFile<'c>,
    pub(super) matches_found: DuplicateMatches,
    /// The last sequence number written, by epoch.
    last: HashMap<CounterEpoch, i64>,
    /// The current epoch of each channel.
    epochs: HashMap<i64, i64>,
    resets: HashSet<CounterEpoch>,
    /// By how much the second machine's clock is ahead of the first, in microseconds.
    pub(super) skew: i64,
}

/// The comparison of the two messages that have the same sequence number.
struct CopyComparison {
    other_id: Option<i64>,
    is_same: bool,
    /// Whether the sequence number is exact, in this recording and in the other.
    exact: [bool; 2],
    times: [i64; 2],
}

impl<'c> Merger<'c> {
    pub(super) fn new(connection: &'c Connection, sides: [MergeInput; 2]) -> rusqlite::Result<Self> {
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
            store: MergedFile::new(connection),
            matches_found: DuplicateMatches::default(),
            last: HashMap::new(),
            epochs: HashMap::new(),
            resets: HashSet::new(),
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
            (RowKind::Message, Some(number)) => self.numbered(side, item.id, counter_epoch, number),
            (RowKind::Message, None) => self.inexact(side, item, counter_epoch),
            (RowKind::Finding, _) => self.finding(side, item, counter_epoch),
            (RowKind::Link, _) => self.store.link(&self.sides[side], item.id, counter_epoch),
            (RowKind::Counter, _) => self.store.counter(&self.sides[side], item.id, counter_epoch),
            (RowKind::Hole, _) => self.store.hole(&self.sides[side], item.id),
        }
    }

    /// Writes a message with a sequence number. Writes the earlier messages of both recordings first, and skips a number that is
    /// already written.
    fn numbered(&mut self, side: usize, own_id: i64, counter_epoch: CounterEpoch, number: i64) -> rusqlite::Result<()> {
        self.start_epoch(counter_epoch)?;
        let last = self.last.get(&counter_epoch).copied().unwrap_or(0);
        if number <= last {
            return Ok(());
        }
        if number > last + 1 {
            self.write_below(counter_epoch, number)?;
        }
        self.write_number(side, own_id, counter_epoch, number)
    }

    /// If a new epoch of a channel starts, writes the rest of the earlier epochs first.
    fn start_epoch(&mut self, counter_epoch: CounterEpoch) -> rusqlite::Result<()> {
        let epoch = *self.epochs.entry(counter_epoch.0).or_insert(counter_epoch.1);
        for before in epoch..counter_epoch.1 {
            self.write_below((counter_epoch.0, before), i64::MAX)?;
            self.last.insert((counter_epoch.0, before), i64::MAX);
        }
        if counter_epoch.1 > epoch {
            self.epochs.insert(counter_epoch.0, counter_epoch.1);
        }
        Ok(())
    }

    /// Writes the messages of both recordings with sequence numbers less than `below`.
    fn write_below(&mut self, counter_epoch: CounterEpoch, below: i64) -> rusqlite::Result<()> {
        loop {
            let last = self.last.get(&counter_epoch).copied().unwrap_or(0);
            let mut next: Option<(i64, usize, i64)> = None;
            for (index, side) in self.sides.iter().enumerate() {
                let Some(own) = side.own_epochs.get(&counter_epoch) else { continue };
                let sql = format!(
                    "SELECT sequence, id FROM {}.message WHERE channel = ? AND sequence > ? AND sequence < ? AND epoch = ?
                     ORDER BY sequence LIMIT 1",
                    side.name
                );
                let found = self
                    .connection
                    .prepare_cached(&sql)?
                    .query_row([own.0, last, below, own.1], |row| Ok((row.get(0)?, index, row.get(1)?)))
                    .optional()?;
                next = [next, found].into_iter().flatten().min();
            }
            let Some((number, side, own_id)) = next else { return Ok(()) };
            self.write_number(side, own_id, counter_epoch, number)?;
        }
    }

    /// Writes the message with this sequence number. If both recordings have it, writes the one with the more certain number.
    fn write_number(
        &mut self,
        side: usize,
        own_id: i64,
        counter_epoch: CounterEpoch,
        number: i64,
    ) -> rusqlite::Result<()> {
        self.last.insert(counter_epoch, number);
        let copies = self.copies(side, own_id, counter_epoch, number)?;
        let Some(other_id) = copies.other_id else {
            return self.copy(side, own_id, counter_epoch, SequenceUpdate::Unchanged).map(drop);
        };
        let other = 1 - side;
        let takes_other = match copies.exact {
            [false, true] => true,
            [true, false] => false,
            _ => side == 1,
        };
        let (kept, kept_id, left, left_id) =
            if takes_other { (other, other_id, side, own_id) } else { (side, own_id, other, other_id) };
        let id = self.copy(kept, kept_id, counter_epoch, SequenceUpdate::Unchanged)?;
        if copies.is_same {
            self.adjust_skew(if side == 0 {
                copies.times[1] - copies.times[0]
            } else {
                copies.times[0] - copies.times[1]
            });
            self.store.merged.narrowed += u64::from(copies.exact[0] != copies.exact[1]);
        } else if copies.exact == [true, true] {
            self.conflict(id, (left, left_id), counter_epoch, number)?;
        } else {
            self.write_displaced(left, left_id, counter_epoch, number)?;
        }
        Ok(())
    }

    fn copies(
        &self,
        side: usize,
        own_id: i64,
        counter_epoch: CounterEpoch,
        number: i64,
    ) -> rusqlite::Result<CopyComparison> {
        let own = self.sides[1 - side].own_epochs.get(&counter_epoch).copied().unwrap_or_default();
        let sql = format!(
            "SELECT o.id, o.payload = s.payload, s.certainty = 0, o.certainty = 0, s.at_unix_micros, o.at_unix_micros
             FROM {}.message s
             LEFT JOIN {}.message o ON o.channel = ? AND o.sequence = ? AND o.epoch = ? WHERE s.id = ?",
            self.sides[side].name,
            self.sides[1 - side].name
        );
        self.connection.prepare_cached(&sql)?.query_row(params![own.0, number, own.1, own_id], |row| {
            Ok(CopyComparison {
                other_id: row.get(0)?,
                is_same: row.get::<_, Option<bool>>(1)?.unwrap_or_default(),
                exact: [row.get(2)?, row.get::<_, Option<bool>>(3)?.unwrap_or_default()],
                times: [row.get(4)?, row.get::<_, Option<i64>>(5)?.unwrap_or_default()],
            })
        })
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
        self.store.message((side, &self.sides[side]), own_id, counter_epoch, known)
    }

    fn conflict(
        &mut self,
        id: i64,
        (other, other_id): (usize, i64),
        counter_epoch: CounterEpoch,
        number: i64,
    ) -> rusqlite::Result<()> {
        self.store.conflict(id, &self.sides[other], other_id, counter_epoch, number)?;
        if self.store.merged.conflicting.len() < MAX_LISTED {
            let channel = "SELECT name FROM main.channel WHERE id = ?";
            let channel = self.connection.query_row(channel, [counter_epoch.0], |row| codes::channel(row, 0))?;
            self.store.merged.conflicting.push((channel, counter_epoch.1, number.cast_unsigned()));
        }
        Ok(())
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
        self.write_below(counter_epoch, number)?;
        let last = self.last.entry(counter_epoch).or_insert(0);
        *last = number.max(*last);
        self.copy(side, own_id, counter_epoch, SequenceUpdate::Exact(number)).map(drop)
    }

    fn finding(&mut self, side: usize, item: StreamRow, counter_epoch: CounterEpoch) -> rusqlite::Result<()> {
        let sql =
            format!("SELECT kind, sequence_from, sequence_to FROM {}.finding WHERE id = ?", self.sides[side].name);
        let (kind, low, high): (FindingKind, Option<i64>, Option<i64>) = self
            .connection
            .prepare_cached(&sql)?
            .query_row([item.id], |row| Ok((codes::finding_kind(row, 0)?, row.get(1)?, row.get(2)?)))?;
        match kind {
            FindingKind::MissedDisconnected | FindingKind::MissedNotRunning | FindingKind::CountedNotReceived
                if low.is_some() && high.is_some() =>
            {
                return self.store.gap(side, &self.sides[side], item.id, counter_epoch);
            }
            FindingKind::CounterReset => {
                self.start_epoch(counter_epoch)?;
                if !self.resets.insert(counter_epoch) {
                    return Ok(());
                }
            }
            FindingKind::MissedDisconnected
            | FindingKind::MissedNotRunning
            | FindingKind::CountedNotReceived
            | FindingKind::ReceivedNotCounted
            | FindingKind::Duplicate
            | FindingKind::ClockSkew => {
                if side == 1 && self.is_known(item, (kind.name(), low, high))? {
                    return Ok(());
                }
            }
        }
        self.store.finding(&self.sides[side], item.id, counter_epoch)
    }

    /// Whether the first recording has the same finding as the second.
    fn is_known(&self, item: StreamRow, (kind, low, high): (&str, Option<i64>, Option<i64>)) -> rusqlite::Result<bool> {
        let counter_epoch = self.sides[1].counter_epoch(item.channel, item.epoch);
        let Some(own) = self.sides[0].own_epochs.get(&counter_epoch) else { return Ok(false) };
        let at = item.at - self.skew;
        self.connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM a.finding WHERE at_unix_micros BETWEEN ? AND ? AND kind = ? AND channel = ? AND epoch = ?
                    AND sequence_from IS ? AND sequence_to IS ?)",
            )?
            .query_row(params![at - MAX_TIME_DIFFERENCE, at + MAX_TIME_DIFFERENCE, kind, own.0, own.1, low, high], |row| row.get(0))
    }
}
