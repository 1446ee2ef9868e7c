//! Inserts messages and findings.

use rusqlite::{Connection, params};

use super::codes::{self, CauseColumns};
use crate::ledger::finding::Finding;
use crate::ledger::interval::{Interval, Message};

/// The columns of a row that do not come from the message or finding. All except `epoch` are ids.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowIds {
    pub(super) id: i64,
    pub(super) session: i64,
    pub(super) channel: i64,
    pub(super) epoch: i64,
}

/// Inserts a message of `interval`.
pub(super) fn message(
    connection: &Connection,
    ids: RowIds,
    interval: &Interval,
    message: &Message,
) -> rusqlite::Result<()> {
    let (certainty, sequence, low, high) = codes::sequence_columns(message.sequence);
    let mut insert = connection.prepare_cached(
        "INSERT INTO main.message (id, session, at_unix_micros, channel, epoch, certainty, sequence, sequence_from,
            sequence_to, verdict, timestamp, payload)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    insert.execute(params![
        ids.id,
        ids.session,
        message.at,
        ids.channel,
        ids.epoch,
        certainty,
        sequence,
        low,
        high,
        codes::verdict_code(message.verdict),
        message.timestamp,
        interval.payload(message)
    ])?;
    Ok(())
}

/// Inserts a finding. `first_channel_id` is the id of the first copy's channel, if the cause has one.
pub(super) fn finding(
    connection: &Connection,
    ids: RowIds,
    first_channel_id: Option<i64>,
    finding: &Finding,
) -> rusqlite::Result<()> {
    // Every column is named, so that the compiler asks for the place of a new one.
    let CauseColumns {
        reason,
        micros,
        since,
        lower_bound,
        lost,
        advance,
        received,
        before,
        after,
        first_at,
        first_channel: _,
        offset_seconds,
        expectation,
        expected,
        proved,
    } = CauseColumns::from(&finding.cause);
    let mut insert = connection.prepare_cached(
        "INSERT INTO main.finding (id, session, at_unix_micros, kind, channel, epoch, sequence_from, sequence_to, count,
            reason, duration_micros, since_unix_micros, lower_bound, lost, advance, received, value_before, value_after,
            first_unix_micros, first_channel, offset_seconds, expectation, expected, proved)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    insert.execute(params![
        ids.id,
        ids.session,
        finding.at,
        finding.kind.name(),
        ids.channel,
        ids.epoch,
        finding.sequence_from.map(u64::cast_signed),
        finding.sequence_to.map(u64::cast_signed),
        finding.count.map(u64::cast_signed),
        reason,
        micros,
        since,
        lower_bound,
        lost,
        advance,
        received,
        before,
        after,
        first_at,
        first_channel_id,
        offset_seconds,
        expectation,
        expected,
        proved
    ])?;
    Ok(())
}
