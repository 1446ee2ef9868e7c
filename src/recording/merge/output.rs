//! Writes the new file in stream order.

use rusqlite::{Connection, Row, params};

use super::source::{CounterEpoch, MergeInput};
use super::{MAX_LISTED, MergeSummary};
use crate::recording::codes;

/// The new file.
pub(super) struct MergedFile<'c> {
    connection: &'c Connection,
    next_id: i64,
    /// The last clock row in the file: its session and its offset.
    clock: Option<(i64, i64)>,
    pub(super) merged: MergeSummary,
}

/// What the merge found out about the sequence number of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SequenceUpdate {
    /// As recorded.
    Unchanged,
    Exact(i64),
    Range(i64, i64),
    /// The inferred number belongs to another message.
    Unknown,
    /// It was not counted, so it has no number.
    NotCounted,
}

impl<'c> MergedFile<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, next_id: 1, clock: None, merged: MergeSummary::default() }
    }

    fn place(&mut self, count: i64) -> i64 {
        let id = self.next_id;
        self.next_id += count;
        id
    }

    /// Writes a clock row if the clock changes, which it does whenever the recording changes. Monotonic times are converted with
    /// the last clock row before an id.
    fn clock(&mut self, side: &MergeInput, own_id: i64) -> rusqlite::Result<()> {
        let known = side.clocks.partition_point(|(id, _, _)| *id <= own_id);
        let Some((_, session, offset)) = known.checked_sub(1).and_then(|index| side.clocks.get(index)) else {
            return Ok(());
        };
        let clock = (session + side.base, *offset);
        if self.clock != Some(clock) {
            let mut insert = self
                .connection
                .prepare_cached("INSERT OR REPLACE INTO main.clock (id, session, offset_micros) VALUES (?, ?, ?)")?;
            insert.execute([self.next_id, clock.0, clock.1])?;
            self.clock = Some(clock);
        }
        Ok(())
    }

    /// Copies a message. Returns its id.
    pub(super) fn message(
        &mut self,
        side: &MergeInput,
        own_id: i64,
        counter_epoch: CounterEpoch,
        known: SequenceUpdate,
    ) -> rusqlite::Result<i64> {
        self.clock(side, own_id)?;
        let id = self.place(1);
        let columns = match known {
            SequenceUpdate::Unchanged => "certainty, sequence, sequence_from, sequence_to",
            SequenceUpdate::Exact(_) => "0, ?6, NULL, NULL",
            SequenceUpdate::Range(..) => "2, NULL, ?6, ?7",
            SequenceUpdate::Unknown => "6, NULL, NULL, NULL",
            SequenceUpdate::NotCounted => "5, NULL, NULL, NULL",
        };
        let sql = format!(
            "INSERT INTO main.message (id, session, at_unix_micros, channel, epoch, certainty, sequence, 
                sequence_from, sequence_to, verdict, timestamp, payload)
             SELECT ?1, session + ?2, at_unix_micros, ?3, ?4, {columns}, verdict, timestamp, payload
             FROM {}.message WHERE id = ?5",
            side.name
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        match known {
            SequenceUpdate::Unchanged | SequenceUpdate::Unknown | SequenceUpdate::NotCounted => {
                statement.execute(params![id, side.base, counter_epoch.0, counter_epoch.1, own_id])?
            }
            SequenceUpdate::Exact(number) => {
                statement.execute(params![id, side.base, counter_epoch.0, counter_epoch.1, own_id, number])?
            }
            SequenceUpdate::Range(low, high) => {
                statement.execute(params![id, side.base, counter_epoch.0, counter_epoch.1, own_id, low, high])?
            }
        };
        self.inherit_conflicts(side, own_id, id, counter_epoch)?;
        self.merged.messages += 1;
        self.merged.narrowed += u64::from(matches!(known, SequenceUpdate::Exact(_) | SequenceUpdate::Range(..)));
        Ok(id)
    }

    /// Copies a finding.
    pub(super) fn finding(
        &mut self,
        side: &MergeInput,
        own_id: i64,
        counter_epoch: CounterEpoch,
    ) -> rusqlite::Result<()> {
        let sql = format!("SELECT first_channel FROM {}.finding WHERE id = ?", side.name);
        let first: Option<i64> = self.connection.prepare_cached(&sql)?.query_row([own_id], |row| row.get(0))?;
        let columns = "at_unix_micros, kind, channel, epoch, sequence_from, sequence_to, count, reason, duration_micros, \
            since_unix_micros, lower_bound, lost, advance, received, value_before, value_after, first_unix_micros, \
            first_channel, offset_seconds, expectation, expected, proved";
        let values = "at_unix_micros, kind, ?3, ?4, sequence_from, sequence_to, count, reason, duration_micros, \
            since_unix_micros, lower_bound, lost, advance, received, value_before, value_after, first_unix_micros, ?6, \
            offset_seconds, expectation, expected, proved";
        let first = first.and_then(|first| side.channels.get(&first).copied());
        self.row(side, own_id, counter_epoch, first, ("finding", columns, values))
    }

    /// Copies a link change.
    pub(super) fn link(&mut self, side: &MergeInput, own_id: i64, counter_epoch: CounterEpoch) -> rusqlite::Result<()> {
        let columns = "at_unix_micros, state, reason, channel, server_version, server_role, server_mode";
        let values = "at_unix_micros, state, reason, nullif(?3, 0), server_version, server_role, server_mode";
        self.row(side, own_id, counter_epoch, None, ("link", columns, values))
    }

    /// Copies a counter reading.
    pub(super) fn counter(
        &mut self,
        side: &MergeInput,
        own_id: i64,
        counter_epoch: CounterEpoch,
    ) -> rusqlite::Result<()> {
        let columns = "at_unix_micros, channel, epoch, value, error";
        let values = "at_unix_micros, ?3, ?4, value, error";
        self.row(side, own_id, counter_epoch, None, ("counter", columns, values))
    }

    fn row(
        &mut self,
        side: &MergeInput,
        own_id: i64,
        counter_epoch: CounterEpoch,
        first_channel: Option<i64>,
        (table, columns, values): (&str, &str, &str),
    ) -> rusqlite::Result<()> {
        self.clock(side, own_id)?;
        let id = self.place(1);
        let sql = format!(
            "INSERT INTO main.{table} (id, session, {columns})
             SELECT ?1, session + ?2, {values} FROM {}.{table} WHERE id = ?5",
            side.name
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        for (index, value) in
            [Some(id), Some(side.base), Some(counter_epoch.0), Some(counter_epoch.1), Some(own_id), first_channel]
                .into_iter()
                .enumerate()
        {
            if index < statement.parameter_count() {
                statement.raw_bind_parameter(index + 1, value)?;
            }
        }
        statement.raw_execute().map(drop)
    }

    /// Reserves ids for the remaining gaps, which are known only when all messages are written.
    pub(super) fn gap(
        &mut self,
        index: usize,
        side: &MergeInput,
        own_id: i64,
        counter_epoch: CounterEpoch,
    ) -> rusqlite::Result<()> {
        self.clock(side, own_id)?;
        let (low, high): (i64, i64) = self
            .connection
            .prepare_cached(&format!("SELECT sequence_from, sequence_to FROM {}.finding WHERE id = ?", side.name))?
            .query_row([own_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let reserved = high.saturating_sub(low).saturating_add(1).clamp(1, 1 << 20);
        let id = self.place(reserved);
        self.connection
            .prepare_cached(
                "INSERT INTO temp.gap (id, reserved, source, own_id, channel, epoch, sequence_from, sequence_to)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                id,
                reserved,
                i64::try_from(index).unwrap_or(0),
                own_id,
                counter_epoch.0,
                counter_epoch.1,
                low,
                high
            ])
            .map(drop)
    }

    /// Copies a hole with its ranges.
    pub(super) fn hole(&mut self, side: &MergeInput, own_id: i64) -> rusqlite::Result<()> {
        self.clock(side, own_id)?;
        let id = self.place(1);
        let name = side.name;
        self.connection.execute(
            &format!(
                "INSERT INTO main.hole (id, session, kind, from_unix_micros, to_unix_micros, from_monotonic_micros,
                    to_monotonic_micros, messages, reason)
                 SELECT ?, session + ?, kind, from_unix_micros, to_unix_micros, from_monotonic_micros,
                    to_monotonic_micros, messages, reason FROM {name}.hole WHERE id = ?"
            ),
            [id, side.base, own_id],
        )?;
        let sql = "SELECT channel, epoch, sequence_from, sequence_to, messages FROM";
        let mut ranges = self.connection.prepare_cached(&format!("{sql} {name}.hole_range WHERE hole = ?"))?;
        let mut rows = ranges.query([own_id])?;
        while let Some(row) = rows.next()? {
            let counter_epoch = side.counter_epoch(row.get(0)?, row.get(1)?);
            let (low, high): (Option<i64>, Option<i64>) = (row.get(2)?, row.get(3)?);
            self.connection
                .prepare_cached(
                    "INSERT INTO main.hole_range (hole, channel, epoch, sequence_from, sequence_to, messages)
                     VALUES (?, ?, ?, ?, ?, ?)",
                )?
                .execute(params![id, counter_epoch.0, counter_epoch.1, low, high, row.get::<_, i64>(4)?])?;
        }
        Ok(())
    }

    /// Stores the other payload with the same sequence number as the message with id `id`.
    pub(super) fn conflict(
        &mut self,
        id: i64,
        other: &MergeInput,
        other_id: i64,
        counter_epoch: CounterEpoch,
        number: i64,
    ) -> rusqlite::Result<()> {
        let sql = format!(
            "INSERT INTO main.conflict (id, channel, epoch, sequence, other_session, other_at_unix_micros, other_payload)
             SELECT ?1, ?2, ?3, ?4, session + ?5, at_unix_micros, payload FROM {}.message m WHERE id = ?6 AND NOT EXISTS
                (SELECT 1 FROM main.conflict known WHERE known.id = ?1 AND known.other_payload = m.payload)",
            other.name
        );
        let row = [id, counter_epoch.0, counter_epoch.1, number, other.base, other_id];
        self.connection.prepare_cached(&sql)?.execute(row)?;
        self.inherit_conflicts(other, other_id, id, counter_epoch)
    }

    /// Copies the conflicts that an earlier merge found for a message, to the message with id `id`.
    pub(super) fn inherit_conflicts(
        &mut self,
        side: &MergeInput,
        own_id: i64,
        id: i64,
        counter_epoch: CounterEpoch,
    ) -> rusqlite::Result<()> {
        if !side.conflicts.contains(&own_id) {
            return Ok(());
        }
        let sql = format!(
            "INSERT INTO main.conflict (id, channel, epoch, sequence, other_session, other_at_unix_micros, other_payload)
             SELECT ?1, ?2, ?3, sequence, other_session + ?4, other_at_unix_micros, other_payload FROM {}.conflict x
             WHERE id = ?5 AND other_payload <> (SELECT payload FROM main.message WHERE id = ?1) AND NOT EXISTS
                (SELECT 1 FROM main.conflict known WHERE known.id = ?1 AND known.other_payload = x.other_payload)",
            side.name
        );
        let row = [id, counter_epoch.0, counter_epoch.1, side.base, own_id];
        self.connection.prepare_cached(&sql)?.execute(row).map(drop)
    }

    /// Counts the messages of each recording, and the conflicts.
    fn provenance(&mut self) -> rusqlite::Result<()> {
        let connection = self.connection;
        let mut sessions = connection.prepare("SELECT session, count(*) FROM main.message GROUP BY session")?;
        let sessions: Vec<(i64, i64)> =
            sessions.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
        let mut recordings = connection.prepare("SELECT first_session, file FROM main.recording ORDER BY 1")?;
        let recordings: Vec<(i64, String)> =
            recordings.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
        for (index, (first, file)) in recordings.iter().enumerate() {
            let next = recordings.get(index + 1).map_or(i64::MAX, |(next, _)| *next);
            let own = sessions.iter().filter(|(session, _)| (*first..next).contains(session));
            let taken: i64 = own.map(|(_, messages)| messages).sum();
            connection
                .execute("UPDATE main.recording SET messages_taken = ? WHERE first_session = ?", [taken, *first])?;
            self.merged.taken.push((file.clone(), taken.cast_unsigned()));
        }
        let conflicts: i64 = connection.query_row("SELECT count(*) FROM main.conflict", [], |row| row.get(0))?;
        self.merged.conflicts = conflicts.cast_unsigned();
        let mut listed = connection.prepare(
            "SELECT c.name, x.epoch, x.sequence FROM main.conflict x JOIN main.channel c ON c.id = x.channel
             ORDER BY x.rowid LIMIT ?",
        )?;
        let conflict =
            |row: &Row<'_>| Ok((codes::channel(row, 0)?, row.get(1)?, row.get::<_, i64>(2)?.cast_unsigned()));
        let limit = i64::try_from(MAX_LISTED).unwrap_or(i64::MAX);
        self.merged.conflicting = listed.query_map([limit], conflict)?.collect::<rusqlite::Result<_>>()?;
        Ok(())
    }

    /// Writes the totals.
    pub(super) fn finish(&mut self, sides: &[MergeInput; 2]) -> rusqlite::Result<MergeSummary> {
        let connection = self.connection;
        self.provenance()?;
        for counter_epoch in sides.iter().flat_map(|side| side.counter_epochs.values()) {
            connection
                .prepare_cached("UPDATE main.channel SET epoch = max(epoch, ?) WHERE id = ?")?
                .execute([counter_epoch.1, counter_epoch.0])?;
        }
        for side in sides {
            // The last known counter is the highest one of the newest epoch. A recording that ends in an earlier epoch does not
            // know it.
            let counter = format!(
                "UPDATE main.channel SET (counter, counter_unix_micros, run_id, replication_id) =
                    (SELECT counter, counter_unix_micros, run_id, replication_id FROM {0}.channel WHERE id = ?1)
                 WHERE id = ?2 AND epoch = ?4 AND EXISTS (SELECT 1 FROM {0}.channel known WHERE known.id = ?1
                    AND known.epoch = ?3 AND known.counter > coalesce(main.channel.counter, -1))",
                side.name
            );
            let mut counter = connection.prepare_cached(&counter)?;
            for ((own_channel, own_epoch), counter_epoch) in &side.counter_epochs {
                counter.execute([*own_channel, counter_epoch.0, *own_epoch, counter_epoch.1])?;
            }
        }
        connection.execute_batch(
            "UPDATE main.channel SET (messages, rejected, last_unix_micros) =
                (SELECT count(*), coalesce(sum(m.verdict >= 2), 0), max(m.at_unix_micros) FROM main.message m
                 WHERE m.channel = channel.id);
             INSERT INTO main.rate (second, channel, messages, rejected)
                SELECT at_unix_micros / 1000000, channel, count(*), sum(verdict >= 2) FROM main.message GROUP BY 1, 2;",
        )?;
        connection.execute(
            "UPDATE main.total SET next_id = ?,
                (messages, payload_bytes, rejected) =
                    (SELECT count(*), coalesce(sum(length(payload)), 0), coalesce(sum(verdict >= 2), 0) FROM main.message),
                (deleted, deleted_to_unix_micros) = (SELECT max(x.deleted, y.deleted),
                    nullif(max(coalesce(x.deleted_to_unix_micros, 0), coalesce(y.deleted_to_unix_micros, 0)), 0) FROM a.total x, b.total y)",
            [self.next_id],
        )?;
        Ok(std::mem::take(&mut self.merged))
    }
}
