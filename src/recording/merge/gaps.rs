//! Writes the gaps and holes that remain after the merge.

use rusqlite::{Connection, params};

use super::source::{CounterEpoch, MergeInput};
use super::{MAX_LISTED, MergeSummary, RemainingGap};
use crate::recording::codes;

/// The maximum number of ranges that a range of a hole is split into. More are merged into one.
const MAX_HOLE_RANGES: i64 = 1000;

/// The reason of messages that are in a hole.
const NOT_RECORDED: &str = "not_recorded";

/// A gap of one recording. Ids are reserved for the remaining gaps.
#[derive(Debug, Clone, Copy)]
struct Gap {
    id: i64,
    reserved: i64,
    side: usize,
    own_id: i64,
    counter_epoch: CounterEpoch,
    range: (i64, i64),
}

/// Which numbers of a gap are absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Absent {
    /// Those that neither recording has.
    All,
    /// Those of them that no earlier gap reports.
    Unreported,
    /// Those of them that may be in a hole: all except those that a gap certainly reports, because it has as many messages as
    /// numbers.
    Unexplained,
}

/// Writes the remaining gaps, removes the filled holes, and reports what is missing.
pub(super) fn settle(
    connection: &Connection,
    sides: &[MergeInput; 2],
    merged: &mut MergeSummary,
) -> rusqlite::Result<()> {
    let earlier = "SELECT coalesce(max(rowid), 0) FROM main.backfilled";
    let earlier: i64 = connection.query_row(earlier, [], |row| row.get(0))?;
    let mut statement = connection.prepare(
        "SELECT id, reserved, source, own_id, channel, epoch, sequence_from, sequence_to FROM temp.gap ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let gap = Gap {
            id: row.get(0)?,
            reserved: row.get(1)?,
            side: usize::from(row.get::<_, bool>(2)?),
            own_id: row.get(3)?,
            counter_epoch: (row.get(4)?, row.get(5)?),
            range: (row.get(6)?, row.get(7)?),
        };
        gap.settle(connection, &sides[gap.side], merged)?;
    }
    // Several recordings can have the same gap.
    let filled = "SELECT count(*) FROM
        (SELECT DISTINCT channel, epoch, sequence_from, sequence_to FROM main.backfilled WHERE rowid > ?)";
    merged.filled = connection.query_row(filled, [earlier], |row| row.get::<_, i64>(0))?.unsigned_abs();
    trim_holes(connection)?;
    report_unexplained(connection, merged)?;
    report_holes(connection, merged)?;
    connection.execute_batch(
        "UPDATE main.total SET findings = (SELECT count(*) FROM main.finding),
            not_recorded = (SELECT coalesce(sum(messages), 0) FROM main.hole WHERE kind <> 'deleted');",
    )
}

impl Gap {
    fn settle(&self, connection: &Connection, side: &MergeInput, merged: &mut MergeSummary) -> rusqlite::Result<()> {
        let sql = format!("SELECT kind, count FROM {}.finding WHERE id = ?", side.name);
        let (kind, count): (String, Option<i64>) =
            connection.prepare_cached(&sql)?.query_row([self.own_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let span = self.range.1 - self.range.0 + 1;
        let missed = count.unwrap_or(span);
        let rest = self.rest(connection, missed, Absent::Unreported)?;
        let left: i64 = self.rest(connection, missed, Absent::All)?.iter().map(|(_, _, count)| count).sum();
        for (id, &(low, high, count)) in (self.id..).zip(&rest) {
            self.write(connection, side, id, (low, high, count))?;
            merged.report(remaining_gap(connection, self.counter_epoch, (low, high), count, &kind)?);
        }
        if left < missed {
            let sql = format!(
                "INSERT INTO main.backfilled (recording, at_unix_micros, kind, channel, epoch, sequence_from, sequence_to,
                    count, remaining, reason, duration_micros, since_unix_micros, lower_bound, lost, advance, received)
                 SELECT (SELECT max(first_session) FROM main.recording WHERE first_session <= session + ?1), at_unix_micros,
                    kind, ?2, ?3, sequence_from, sequence_to, count, ?4, reason, duration_micros, since_unix_micros,
                    lower_bound, lost, advance, received
                 FROM {}.finding WHERE id = ?5",
                side.name
            );
            connection.prepare_cached(&sql)?.execute([
                side.base,
                self.counter_epoch.0,
                self.counter_epoch.1,
                left,
                self.own_id,
            ])?;
        }
        Ok(())
    }

    /// The remaining gaps: first number, last number, and the number of missed messages.
    fn rest(&self, connection: &Connection, missed: i64, which: Absent) -> rusqlite::Result<Vec<(i64, i64, i64)>> {
        let stretches = self.stretches(connection, which)?;
        let mut rest: Vec<(i64, i64, i64)> = Vec::new();
        let mut done = i64::MIN;
        for &(low, high) in &stretches {
            if low <= done {
                continue;
            }
            let (around, inexact) = self.around(connection, (low, high))?;
            if inexact == 0 {
                rest.push((low, high, high - low + 1));
                continue;
            }
            // Messages that may have these numbers may also have others, so all of these numbers are counted together.
            done = around.1;
            let stretches = Self { range: around, ..*self }.stretches(connection, which)?;
            let left = stretches.iter().map(length).sum::<i64>() - inexact;
            if let (Some(first), Some(last), 1..) = (stretches.first(), stretches.last(), left) {
                rest.push((first.0, last.1, left));
            }
        }
        let is_much = usize::try_from(self.reserved).is_ok_and(|reserved| rest.len() > reserved);
        let left: i64 = rest.iter().map(|(_, _, count)| count).sum();
        match (rest.first(), rest.last()) {
            // More numbers are absent than were missed, and it is unknown which of them were missed.
            (Some(first), Some(last)) if is_much || left > missed => Ok(vec![(first.0, last.1, left.min(missed))]),
            _ => Ok(rest),
        }
    }

    /// What is left of this range of a hole with this number of messages: first number, last number, and the number of messages.
    fn rest_of_hole(&self, connection: &Connection, messages: i64) -> rusqlite::Result<Vec<(i64, i64, i64)>> {
        let absent: i64 = self.stretches(connection, Absent::All)?.iter().map(length).sum();
        // How many of the absent numbers gaps report. A gap has at least the messages that do not fit in its other numbers.
        let sql = format!(
            "SELECT coalesce(sum(max(0, coalesce(count, sequence_to - sequence_from + 1)
                - max(0, ?2 - sequence_from) - max(0, sequence_to - ?3))), 0)
             FROM main.finding WHERE channel = ?1 AND sequence_to >= ?2 AND sequence_from <= ?3 AND epoch = ?4
                AND kind IN ({})",
            codes::gap_kinds()
        );
        let reported: i64 = connection
            .prepare_cached(&sql)?
            .query_row([self.counter_epoch.0, self.range.0, self.range.1, self.counter_epoch.1], |row| row.get(0))?;
        let left = messages.min(absent - reported);
        if left > 0 { self.rest(connection, left, Absent::Unexplained) } else { Ok(Vec::new()) }
    }

    /// Extends a range by all numbers that the messages with an inexact number in it may have. Also returns the number of these
    /// messages.
    fn around(&self, connection: &Connection, mut range: (i64, i64)) -> rusqlite::Result<((i64, i64), i64)> {
        loop {
            let (low, high, inexact): (Option<i64>, Option<i64>, i64) = connection
                .prepare_cached(
                    "SELECT min(sequence_from), max(sequence_to), count(*) FROM main.message
                     WHERE channel = ? AND sequence_to >= ? AND sequence_from <= ? AND epoch = ?",
                )?
                .query_row([self.counter_epoch.0, range.0, range.1, self.counter_epoch.1], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })?;
            let wider = (low.unwrap_or(range.0).min(range.0), high.unwrap_or(range.1).max(range.1));
            if wider == range {
                return Ok((range, inexact));
            }
            range = wider;
        }
    }

    /// The absent numbers of the gap.
    fn stretches(&self, connection: &Connection, which: Absent) -> rusqlite::Result<Vec<(i64, i64)>> {
        let mut found = Vec::new();
        let mut next = self.range.0;
        // Sorted by the first number.
        let sql = format!(
            "SELECT sequence, sequence FROM main.message WHERE channel = ?1 AND sequence BETWEEN ?2 AND ?3 AND epoch = ?4
             UNION ALL SELECT sequence_from, sequence_to FROM main.finding WHERE channel = ?1 AND sequence_to >= ?2
                AND sequence_from <= ?3 AND epoch = ?4 AND kind IN ({}) AND
                CASE ?5 WHEN 0 THEN 0 WHEN 1 THEN 1 ELSE count IS NULL OR count > sequence_to - sequence_from END
             ORDER BY 1",
            codes::gap_kinds()
        );
        let gaps = match which {
            Absent::All => 0,
            Absent::Unreported => 1,
            Absent::Unexplained => 2,
        };
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows =
            statement.query([self.counter_epoch.0, self.range.0, self.range.1, self.counter_epoch.1, gaps])?;
        while let Some(row) = rows.next()? {
            let (low, high): (i64, i64) = (row.get(0)?, row.get(1)?);
            if low > next {
                found.push((next, low - 1));
            }
            next = next.max(high.saturating_add(1));
        }
        if next <= self.range.1 {
            found.push((next, self.range.1));
        }
        Ok(found)
    }

    fn write(
        &self,
        connection: &Connection,
        side: &MergeInput,
        id: i64,
        (low, high, count): (i64, i64, i64),
    ) -> rusqlite::Result<()> {
        let sql = format!(
            "INSERT INTO main.finding (id, session, at_unix_micros, kind, channel, epoch, sequence_from, sequence_to, count, reason,
                duration_micros, since_unix_micros, lower_bound, advance, received, lost)
             SELECT ?1, session + ?2, at_unix_micros, kind, ?3, ?4, ?5, ?6, ?7, reason, duration_micros, since_unix_micros,
                lower_bound, advance, received, max(0, min(lost, sequence_from + lost - ?5, ?7))
             FROM {}.finding WHERE id = ?8",
            side.name
        );
        connection
            .prepare_cached(&sql)?
            .execute([id, side.base, self.counter_epoch.0, self.counter_epoch.1, low, high, count, self.own_id])
            .map(drop)
    }
}

fn length((low, high): &(i64, i64)) -> i64 {
    high - low + 1
}

impl MergeSummary {
    fn report(&mut self, left: RemainingGap) {
        self.gaps += 1;
        if self.left.len() < MAX_LISTED {
            self.left.push(left);
        }
    }
}

fn remaining_gap(
    connection: &Connection,
    counter_epoch: CounterEpoch,
    (low, high): (i64, i64),
    count: i64,
    reason: &str,
) -> rusqlite::Result<RemainingGap> {
    let name = "SELECT name FROM main.channel WHERE id = ?";
    let channel = connection.prepare_cached(name)?.query_row([counter_epoch.0], |row| codes::channel(row, 0))?;
    Ok(RemainingGap {
        channel: Some(channel),
        epoch: counter_epoch.1,
        numbers: Some((low.cast_unsigned(), high.cast_unsigned())),
        count: count.cast_unsigned(),
        reason: reason.to_owned(),
    })
}

/// Removes the messages from holes that one of the recordings has.
fn trim_holes(connection: &Connection) -> rusqlite::Result<()> {
    let mut ranges = connection.prepare(
        "SELECT rowid, hole, channel, epoch, sequence_from, sequence_to, messages FROM main.hole_range
         WHERE sequence_from IS NOT NULL",
    )?;
    let ranges = ranges
        .query_map([], |row| {
            let counter_epoch = (row.get(2)?, row.get(3)?);
            let gap = Gap {
                id: 0,
                reserved: MAX_HOLE_RANGES,
                side: 0,
                own_id: 0,
                counter_epoch,
                range: (row.get(4)?, row.get(5)?),
            };
            Ok((row.get(0)?, row.get(1)?, gap, row.get(6)?))
        })?
        .collect::<rusqlite::Result<Vec<(i64, i64, Gap, i64)>>>()?;
    for (rowid, hole, gap, messages) in ranges {
        connection.execute("DELETE FROM main.hole_range WHERE rowid = ?", [rowid])?;
        let rest = gap.rest_of_hole(connection, messages)?;
        // Messages that were not counted have no number, so it is unknown whether another recording has them.
        let uncounted = (messages - length(&gap.range)).max(0);
        let numbered = rest.iter().map(|&(low, high, count)| (Some(low), Some(high), count));
        for (low, high, count) in numbered.chain((uncounted > 0).then_some((None, None, uncounted))) {
            connection.execute(
                "INSERT INTO main.hole_range (hole, channel, epoch, sequence_from, sequence_to, messages)
                 VALUES (?, ?, ?, ?, ?, ?)",
                params![hole, gap.counter_epoch.0, gap.counter_epoch.1, low, high, count],
            )?;
        }
        // A hole also has messages of unknown channels, which are in no range.
        let left = uncounted + rest.iter().map(|(_, _, count)| count).sum::<i64>();
        connection.execute("UPDATE main.hole SET messages = messages - ? WHERE id = ?", [messages - left, hole])?;
        connection.execute(
            "DELETE FROM main.hole WHERE id = ?1 AND messages <= 0
                AND NOT EXISTS (SELECT 1 FROM main.hole_range WHERE hole = ?1)",
            [hole],
        )?;
    }
    Ok(())
}

/// Reports numbers that neither recording has and that no finding or hole contains. A hole near such numbers is kept, because it
/// may contain them. Other holes of killed recorders are filled, and removed. Only these have no number of messages.
fn report_unexplained(connection: &Connection, merged: &mut MergeSummary) -> rusqlite::Result<()> {
    connection.execute_batch("CREATE TEMP TABLE kept (hole INTEGER PRIMARY KEY)")?;
    let mut counter_epochs = connection.prepare("SELECT id, epoch FROM main.channel")?;
    let counter_epochs = counter_epochs
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<CounterEpoch>>>()?;
    for (channel, newest) in counter_epochs {
        for epoch in 1..=newest {
            unexplained(connection, (channel, epoch), merged)?;
        }
    }
    connection.execute_batch(
        "DELETE FROM main.hole WHERE id NOT IN (SELECT hole FROM temp.kept)
                AND messages IS NULL;",
    )
}

fn unexplained(
    connection: &Connection,
    counter_epoch: CounterEpoch,
    merged: &mut MergeSummary,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, id FROM main.message WHERE channel = ? AND sequence IS NOT NULL AND epoch = ? ORDER BY sequence",
    )?;
    let mut rows = statement.query([counter_epoch.0, counter_epoch.1])?;
    let mut before: Option<(i64, i64)> = None;
    while let Some(row) = rows.next()? {
        let here: (i64, i64) = (row.get(0)?, row.get(1)?);
        if let Some((number, id)) = before
            && here.0 > number + 1
        {
            explain(connection, counter_epoch, (number + 1, here.0 - 1), (id, here.1), merged)?;
        }
        before = Some(here);
    }
    Ok(())
}

fn explain(
    connection: &Connection,
    counter_epoch: CounterEpoch,
    range: (i64, i64),
    places: (i64, i64),
    merged: &mut MergeSummary,
) -> rusqlite::Result<()> {
    let gap = Gap { id: 0, reserved: 0, side: 0, own_id: 0, counter_epoch, range };
    let mut is_left = false;
    for (low, high) in gap.stretches(connection, Absent::Unreported)? {
        // Messages without an exact number and ranges of holes may have these numbers.
        let taken: i64 = connection
            .prepare_cached(
                "SELECT (SELECT count(*) FROM main.message WHERE channel = ?1 AND sequence_to >= ?2
                        AND sequence_from <= ?3 AND epoch = ?4)
                    + (SELECT count(*) FROM main.hole_range WHERE channel = ?1 AND sequence_to >= ?2
                        AND sequence_from <= ?3 AND epoch = ?4)",
            )?
            .query_row([counter_epoch.0, low, high, counter_epoch.1], |row| row.get(0))?;
        if taken == 0 {
            is_left = true;
            merged.report(remaining_gap(connection, counter_epoch, (low, high), high - low + 1, "unknown")?);
        }
    }
    if is_left {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO temp.kept (hole)
                 SELECT id FROM main.hole WHERE id > min(?1, ?2) AND id < max(?1, ?2)",
            )?
            .execute([places.0, places.1])?;
    }
    Ok(())
}

/// Reports the messages in holes.
fn report_holes(connection: &Connection, merged: &mut MergeSummary) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare("SELECT channel, epoch, sequence_from, sequence_to, messages FROM main.hole_range")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let counter_epoch = (row.get(0)?, row.get(1)?);
        let numbers: Option<(i64, i64)> = row.get::<_, Option<i64>>(2)?.zip(row.get::<_, Option<i64>>(3)?);
        let mut left =
            remaining_gap(connection, counter_epoch, numbers.unwrap_or_default(), row.get(4)?, NOT_RECORDED)?;
        if numbers.is_none() {
            left.numbers = None;
        }
        merged.report(left);
    }
    let mut unknown = connection.prepare(
        "SELECT messages - (SELECT coalesce(sum(r.messages), 0) FROM main.hole_range r WHERE r.hole = hole.id) AS rest
         FROM main.hole WHERE rest > 0 ORDER BY id",
    )?;
    for count in unknown.query_map([], |row| row.get::<_, i64>(0))? {
        let (epoch, count, reason) = (1, count?.cast_unsigned(), NOT_RECORDED.to_owned());
        merged.report(RemainingGap { channel: None, epoch, numbers: None, count, reason });
    }
    Ok(())
}
