//! Finds out which counter epochs of several recordings are the same.
//!
//! Each recording numbers the counter epochs of a channel from 1, but a recorder that started later saw fewer resets. In the
//! table `counter_epoch`, equal broadcast epochs of one source and channel name are the same epoch of the same counter. Two
//! epochs get the same one only if that is proven:
//!
//! - by their messages: at least half of the sequence numbers that both have, have the same payload at about the same time, or
//! - by their server: the counter has the same run id or replication id, and the numbers of both together increase with time.
//!   Messages that differ disprove it.
//!
//! Two epochs of one recording are never the same, because a reset is between them.

use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Transaction};
use uuid::Uuid;

use super::micros::Micros;

/// The maximum difference of two clocks, in microseconds.
pub(super) const MAX_CLOCK_DIFFERENCE: i64 = 300_000_000;
/// How far a lower sequence number may have the later time, because of clock differences, in seconds.
const CLOCK_TOLERANCE: f64 = 10.0;
/// A day in microseconds.
const DAY: i64 = 86_400_000_000;
/// The number of messages of a batch that are compared with those of another recording.
const MAX_SAMPLES: i64 = 200;
/// The first number of the advisory locks: the application id of a recording.
const LOCK: i32 = 0x4143_484B;
/// The maximum number of epochs of a channel. No counter is reset this often.
const MAX_EPOCHS: i64 = 100_000;

/// The rows of one recording that a transaction writes.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShippedRows {
    /// The recording.
    pub(super) recording: Uuid,
    /// The rows have higher ids than this one.
    pub(super) after: i64,
    /// The last id of the batch.
    pub(super) through: i64,
    /// The first and the last time of the messages, in microseconds since the Unix epoch.
    pub(super) times: (i64, i64),
}

/// An epoch of this recording and one of another recording, not known to be the same.
struct Pair {
    channel: i64,
    epoch: i64,
    broadcast_epoch: i64,
    other: (Uuid, i64, i64),
    other_broadcast_epoch: i64,
    is_same_server: bool,
}

/// Updates `message_day` and `counter_epoch` after rows of a recording were written in this transaction.
///
/// The transaction must be read committed: other recordings are read after this function has waited for their transactions.
///
/// # Errors
/// The store cannot be written.
pub(super) async fn update(transaction: &Transaction<'_>, rows: &ShippedRows) -> Result<(), tokio_postgres::Error> {
    count_by_day(transaction, rows).await?;
    if !is_work_left(transaction, rows).await? {
        return Ok(());
    }
    // Before any row of `counter_epoch` is written: two transactions that wait for each other's rows would be a deadlock.
    transaction
        .execute(
            "SELECT pg_advisory_xact_lock($2, hashtext(source)) FROM aircheck.recording WHERE recording = $1",
            &[&rows.recording, &LOCK],
        )
        .await?;
    add_epochs(transaction, rows.recording).await?;
    // A pair that is proven changes the others.
    while let Some(pair) = first_proven(transaction, rows).await? {
        unite(transaction, rows.recording, &pair).await?;
    }
    Ok(())
}

/// Adds the messages to the bounds of their days.
async fn count_by_day(transaction: &Transaction<'_>, rows: &ShippedRows) -> Result<(), tokio_postgres::Error> {
    let sql = "
        INSERT INTO aircheck.message_day AS d
            (recording, channel, epoch, day, sequence_from, sequence_to, first_id, last_id, messages)
        SELECT recording, channel, epoch, (at AT TIME ZONE 'UTC')::date, min(coalesce(sequence_from, sequence)),
            max(coalesce(sequence_to, sequence)), min(id), max(id), count(*)
        FROM aircheck.message
        WHERE recording = $1 AND id > $2 AND id <= $3 AND (at BETWEEN $4 AND $5 OR at = '-infinity')
        GROUP BY 1, 2, 3, 4
        ON CONFLICT (recording, channel, epoch, day) DO UPDATE SET
            sequence_from = least(d.sequence_from, excluded.sequence_from),
            sequence_to = greatest(d.sequence_to, excluded.sequence_to),
            first_id = least(d.first_id, excluded.first_id),
            last_id = greatest(d.last_id, excluded.last_id),
            messages = d.messages + excluded.messages";
    let (from, to) = (Micros(rows.times.0), Micros(rows.times.1));
    transaction.execute(sql, &[&rows.recording, &rows.after, &rows.through, &from, &to]).await.map(drop)
}

/// Whether an epoch of the recording is new, its server changed, or another recording may have the same one.
async fn is_work_left(transaction: &Transaction<'_>, rows: &ShippedRows) -> Result<bool, tokio_postgres::Error> {
    let sql = "
        SELECT EXISTS (SELECT 1 FROM aircheck.channel c
            LEFT JOIN aircheck.counter_epoch e
                ON e.recording = c.recording AND e.channel = c.id AND e.epoch = c.epoch
            WHERE c.recording = $1 AND (e.recording IS NULL
                OR (c.run_id, c.replication_id) IS DISTINCT FROM (e.run_id, e.replication_id)))";
    let is_new: bool = transaction.query_one(sql, &[&rows.recording]).await?.try_get(0)?;
    Ok(is_new || !pairs(transaction, rows.recording).await?.is_empty())
}

/// Adds the epochs that the store does not have, each with a broadcast epoch of its own, and the servers of the current epochs.
async fn add_epochs(transaction: &Transaction<'_>, recording: Uuid) -> Result<(), tokio_postgres::Error> {
    let sql = "
        INSERT INTO aircheck.counter_epoch (recording, channel, epoch, broadcast_epoch)
        SELECT c.recording, c.id, n.epoch, row_number() OVER (PARTITION BY c.id ORDER BY n.epoch) + coalesce(
            (SELECT max(o.broadcast_epoch) FROM aircheck.counter_epoch o
                JOIN aircheck.channel oc ON oc.recording = o.recording AND oc.id = o.channel
                JOIN aircheck.recording orr ON orr.recording = o.recording
             WHERE oc.name = c.name AND orr.source = r.source), 0)
        FROM aircheck.channel c
            JOIN aircheck.recording r ON r.recording = c.recording
            CROSS JOIN LATERAL generate_series(1, least(c.epoch, $2)) AS n (epoch)
        WHERE c.recording = $1 AND NOT EXISTS (SELECT 1 FROM aircheck.counter_epoch e
            WHERE e.recording = c.recording AND e.channel = c.id AND e.epoch = n.epoch)";
    transaction.execute(sql, &[&recording, &MAX_EPOCHS]).await?;
    let sql = "
        UPDATE aircheck.counter_epoch e SET run_id = c.run_id, replication_id = c.replication_id
        FROM aircheck.channel c
        WHERE e.recording = $1 AND c.recording = e.recording AND c.id = e.channel AND c.epoch = e.epoch
            AND (c.run_id, c.replication_id) IS DISTINCT FROM (e.run_id, e.replication_id)";
    transaction.execute(sql, &[&recording]).await.map(drop)
}

/// The epochs of other recordings of the same source and channel that are not known to be the same or different. The newest ones
/// come first.
async fn pairs(transaction: &Transaction<'_>, recording: Uuid) -> Result<Vec<Pair>, tokio_postgres::Error> {
    let sql = "
        SELECT e.channel, e.epoch, e.broadcast_epoch, o.recording, o.channel, o.epoch, o.broadcast_epoch,
            coalesce(e.run_id = o.run_id OR e.replication_id = o.replication_id, false)
        FROM aircheck.counter_epoch e
            JOIN aircheck.channel c ON c.recording = e.recording AND c.id = e.channel
            JOIN aircheck.recording r ON r.recording = e.recording
            JOIN aircheck.channel oc ON oc.name = c.name AND oc.recording <> c.recording
            JOIN aircheck.recording orr ON orr.recording = oc.recording AND orr.source = r.source
            JOIN aircheck.counter_epoch o ON o.recording = oc.recording AND o.channel = oc.id
        WHERE e.recording = $1 AND o.broadcast_epoch <> e.broadcast_epoch
            AND NOT EXISTS (SELECT 1 FROM aircheck.counter_epoch x
                    JOIN aircheck.channel xc ON xc.recording = x.recording AND xc.id = x.channel AND xc.name = c.name
                    JOIN aircheck.recording xr ON xr.recording = x.recording AND xr.source = r.source
                    JOIN aircheck.counter_epoch y ON y.recording = x.recording AND y.channel = x.channel
                WHERE x.broadcast_epoch = e.broadcast_epoch AND y.broadcast_epoch = o.broadcast_epoch)
        ORDER BY e.channel, e.epoch DESC, o.epoch DESC, o.recording";
    let rows = transaction.query(sql, &[&recording]).await?;
    rows.iter()
        .map(|row| {
            Ok(Pair {
                channel: row.try_get(0)?,
                epoch: row.try_get(1)?,
                broadcast_epoch: row.try_get(2)?,
                other: (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?),
                other_broadcast_epoch: row.try_get(6)?,
                is_same_server: row.try_get(7)?,
            })
        })
        .collect()
}

async fn first_proven(
    transaction: &Transaction<'_>,
    rows: &ShippedRows,
) -> Result<Option<Pair>, tokio_postgres::Error> {
    for pair in pairs(transaction, rows.recording).await? {
        let (same, different) = compare(transaction, rows, &pair).await?;
        let is_proven = match (same, different) {
            (0, 0) => pair.is_same_server && is_increasing(transaction, rows, &pair).await?,
            (same, different) => same >= different,
        };
        if is_proven {
            return Ok(Some(pair));
        }
    }
    Ok(None)
}

/// Of the numbers that both recordings have: how many have the same payload, and how many have another one.
async fn compare(
    transaction: &Transaction<'_>,
    rows: &ShippedRows,
    pair: &Pair,
) -> Result<(i64, i64), tokio_postgres::Error> {
    // Both bounds of `at` are known to the planner, so that only the partitions of these days are read.
    let sql = "
        SELECT count(*) FILTER (WHERE is_same), count(*) FILTER (WHERE NOT is_same) FROM (
            SELECT m.payload = o.payload AS is_same
            FROM aircheck.message m JOIN aircheck.message o ON o.sequence = m.sequence
            WHERE m.recording = $1 AND m.id > $2 AND m.id <= $3 AND m.at BETWEEN $4 AND $5
                AND m.channel = $6 AND m.epoch = $7 AND m.certainty = 0
                AND o.recording = $8 AND o.channel = $9 AND o.epoch = $10 AND o.certainty = 0
                AND o.at BETWEEN $11 AND $12 AND o.sequence IS NOT NULL
            LIMIT $13) compared";
    let row = query_pair(transaction, sql, rows, pair, (MAX_CLOCK_DIFFERENCE, &MAX_SAMPLES)).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// Whether the numbers of both epochs together increase with time. Not if one of them has no number.
async fn is_increasing(
    transaction: &Transaction<'_>,
    rows: &ShippedRows,
    pair: &Pair,
) -> Result<bool, tokio_postgres::Error> {
    // The first and the last message of the batch, and the counter, are compared with the days of the other recording, with the
    // nearest messages of the other, and with its counter.
    let sql = "
        WITH point AS (
            SELECT 0 AS side, m.sequence AS low, m.sequence AS high, m.at AS first_at, m.at AS last_at
            FROM aircheck.message m
            WHERE m.recording = $1 AND m.id > $2 AND m.id <= $3 AND m.at BETWEEN $4 AND $5 AND m.channel = $6
                AND m.epoch = $7 AND m.certainty = 0
        ), edge AS (
            (SELECT * FROM point ORDER BY low LIMIT 1) UNION ALL (SELECT * FROM point ORDER BY low DESC LIMIT 1)
        ), counter AS (
            SELECT recording, counter AS value, 'epoch'::timestamptz + counter_unix_micros * interval '1 microsecond' AS at
            FROM aircheck.channel
            WHERE ((recording = $1 AND id = $6 AND epoch = $7) OR (recording = $8 AND id = $9 AND epoch = $10))
                AND counter IS NOT NULL AND counter_unix_micros IS NOT NULL
        ), mine AS (
            SELECT low, high, first_at, last_at, 0 AS is_counter FROM edge
            UNION ALL SELECT value, value, at, at, 1 FROM counter WHERE recording = $1
        ), theirs AS (
            SELECT d.sequence_from AS low, d.sequence_to AS high, d.day::timestamp AT TIME ZONE 'UTC' AS first_at,
                (d.day + 1)::timestamp AT TIME ZONE 'UTC' AS last_at, 0 AS is_counter
            FROM aircheck.message_day d
            WHERE d.recording = $8 AND d.channel = $9 AND d.epoch = $10 AND d.sequence_from IS NOT NULL
            UNION ALL SELECT n.sequence, n.sequence, n.at, n.at, 0
            FROM edge CROSS JOIN LATERAL (
                (SELECT o.sequence, o.at FROM aircheck.message o
                 WHERE o.recording = $8 AND o.channel = $9 AND o.epoch = $10 AND o.certainty = 0
                    AND o.at BETWEEN $11 AND $12 AND o.sequence <= edge.low ORDER BY o.sequence DESC LIMIT 1)
                UNION ALL
                (SELECT o.sequence, o.at FROM aircheck.message o
                 WHERE o.recording = $8 AND o.channel = $9 AND o.epoch = $10 AND o.certainty = 0
                    AND o.at BETWEEN $11 AND $12 AND o.sequence > edge.low ORDER BY o.sequence LIMIT 1)) n
            UNION ALL SELECT value, value, at, at, 1 FROM counter WHERE recording = $8
        )
        SELECT EXISTS (SELECT 1 FROM mine) AND EXISTS (SELECT 1 FROM theirs) AND NOT EXISTS (
            -- A counter is the highest number before its time; a message has its number at its time.
            SELECT 1 FROM mine m JOIN theirs t
                ON (m.low >= t.low + t.is_counter AND m.last_at < t.first_at - $13 * interval '1 second')
                OR (m.high + m.is_counter <= t.high AND m.first_at > t.last_at + $13 * interval '1 second'))";
    let row = query_pair(transaction, sql, rows, pair, (DAY, &CLOCK_TOLERANCE)).await?;
    row.try_get(0)
}

/// Runs a query that compares the batch with the other epoch: with its rows that are at most `reach` microseconds earlier or
/// later. `$1` to `$5` are the batch and its time, `$6` and `$7` its channel and epoch, `$8` to `$12` the other recording,
/// channel, epoch and time, and `$13` is `last`.
async fn query_pair(
    transaction: &Transaction<'_>,
    sql: &str,
    rows: &ShippedRows,
    pair: &Pair,
    (reach, last): (i64, &(dyn ToSql + Sync)),
) -> Result<Row, tokio_postgres::Error> {
    let (from, to) = rows.times;
    let (other, other_channel, other_epoch) = pair.other;
    transaction
        .query_one(
            sql,
            &[
                &rows.recording,
                &rows.after,
                &rows.through,
                &Micros(from),
                &Micros(to),
                &pair.channel,
                &pair.epoch,
                &other,
                &other_channel,
                &other_epoch,
                &Micros(from.saturating_sub(reach)),
                &Micros(to.saturating_add(reach)),
                last,
            ],
        )
        .await
}

/// Gives both epochs, and all that are the same as one of them, the same broadcast epoch.
async fn unite(transaction: &Transaction<'_>, recording: Uuid, pair: &Pair) -> Result<(), tokio_postgres::Error> {
    let sql = "
        UPDATE aircheck.counter_epoch e SET broadcast_epoch = $3
        FROM aircheck.channel c, aircheck.recording r, aircheck.channel own, aircheck.recording own_recording
        WHERE e.broadcast_epoch = $4 AND c.recording = e.recording AND c.id = e.channel AND r.recording = e.recording
            AND own.recording = $1 AND own.id = $2 AND own_recording.recording = $1
            AND c.name = own.name AND r.source = own_recording.source";
    let kept = pair.broadcast_epoch.min(pair.other_broadcast_epoch);
    let replaced = pair.broadcast_epoch.max(pair.other_broadcast_epoch);
    transaction.execute(sql, &[&recording, &pair.channel, &kept, &replaced]).await.map(drop)
}

#[cfg(test)]
mod tests {
    use crate::recording::codes;
    use crate::store::schema::VIEWS;

    #[test]
    fn the_view_lists_the_kinds_of_gaps() {
        let list = format!("f.kind IN ({})", codes::gap_kinds());
        assert!(VIEWS.contains(&list), "{list}");
    }
}
