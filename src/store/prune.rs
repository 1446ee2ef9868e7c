//! Deletes old rows. Whole days of messages are dropped with their partition.

use std::time::Duration;

use tokio_postgres::Transaction;
use tokio_postgres::types::ToSql;

use super::connection::{Access, StoreConnection};
use super::error::StoreError;
use super::schema::connect;
use super::target::StoreTarget;

/// What was deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The days whose messages were dropped, as `YYYYMMDD`, oldest first.
    pub days: Vec<String>,
    /// The number of messages.
    pub messages: u64,
    /// The number of findings.
    pub findings: u64,
}

/// The partitions of whole days before `$1`.
const OLD_PARTITIONS: &str =
    "SELECT right(c.relname, 8) FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'aircheck.message'::regclass AND c.relname ~ '^message_[0-9]{8}$'
        AND right(c.relname, 8) < to_char($1::timestamptz AT TIME ZONE 'UTC', 'YYYYMMDD')
     ORDER BY 1";

/// Deletes what was received more than `keep` ago. The oldest day is kept completely, so up to a day more remains.
///
/// # Errors
/// The store cannot be used, or the role does not own the tables. What was deleted before stays deleted.
pub async fn prune(target: &StoreTarget, keep: Duration) -> Result<Pruned, StoreError> {
    let mut connection = connect(target, Access::Write).await?;
    let title = connection.title().to_owned();
    prune_with(&mut connection, keep).await.map_err(|error| StoreError::explain(&title, &error))
}

async fn prune_with(connection: &mut StoreConnection, keep: Duration) -> Result<Pruned, tokio_postgres::Error> {
    let client = &mut connection.client;
    let keep = keep.as_secs_f64();
    let cutoff = "SELECT date_trunc('day', (now() - make_interval(secs => $1)) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'";
    let cutoff = client.query_one(&format!("SELECT ({cutoff})::text"), &[&keep]).await?;
    let cutoff: String = cutoff.try_get(0)?;
    let days = client.query(&OLD_PARTITIONS.replace("$1::timestamptz", "$1::text::timestamptz"), &[&cutoff]).await?;
    let mut pruned = Pruned::default();
    for row in days {
        let day: String = row.try_get(0)?;
        let transaction = client.transaction().await?;
        // Shippers and readers wait for this lock, so it is not awaited for long.
        let lock =
            format!("SET LOCAL lock_timeout = '10s'; LOCK TABLE aircheck.message_{day} IN ACCESS EXCLUSIVE MODE");
        transaction.batch_execute(&lock).await?;
        pruned.messages += count_deleted(&transaction, &format!("SELECT * FROM aircheck.message_{day}"), &[]).await?;
        transaction.batch_execute(&format!("DROP TABLE aircheck.message_{day}")).await?;
        transaction.commit().await?;
        pruned.days.push(day);
    }
    let transaction = client.transaction().await?;
    let wrong_clock = "DELETE FROM aircheck.message_before_2000 WHERE at < $1::text::timestamptz RETURNING *";
    pruned.messages += count_deleted(&transaction, wrong_clock, &[&cutoff]).await?;
    let findings = "WITH gone AS (DELETE FROM aircheck.finding WHERE at < $1::text::timestamptz RETURNING recording),
            counts AS (SELECT recording, count(*) AS findings FROM gone GROUP BY recording),
            totals AS (UPDATE aircheck.recording r SET findings = r.findings - c.findings FROM counts c
                WHERE r.recording = c.recording)
         SELECT count(*) FROM gone";
    let findings: i64 = transaction.query_one(findings, &[&cutoff]).await?.try_get(0)?;
    pruned.findings = findings.unsigned_abs();
    for rest in [
        "DELETE FROM aircheck.counter WHERE at < $1::text::timestamptz",
        "DELETE FROM aircheck.link WHERE at < $1::text::timestamptz",
        "DELETE FROM aircheck.message_day WHERE day < ($1::text::timestamptz AT TIME ZONE 'UTC')::date",
        "DELETE FROM aircheck.rate WHERE second < extract(epoch FROM $1::text::timestamptz)",
        "DELETE FROM aircheck.hole_range r USING aircheck.hole h WHERE r.recording = h.recording AND r.hole = h.id
            AND h.to_unix_micros < extract(epoch FROM $1::text::timestamptz) * 1000000",
        "DELETE FROM aircheck.hole WHERE to_unix_micros < extract(epoch FROM $1::text::timestamptz) * 1000000",
    ] {
        transaction.execute(rest, &[&cutoff]).await?;
    }
    transaction.commit().await?;
    Ok(pruned)
}

/// Subtracts messages from the totals. Returns their number.
async fn count_deleted(
    transaction: &Transaction<'_>,
    messages: &str,
    params: &[&(dyn ToSql + Sync)],
) -> Result<u64, tokio_postgres::Error> {
    let sql = format!(
        "WITH gone AS ({messages}),
            counts AS (SELECT recording, channel, count(*) AS messages, count(*) FILTER (WHERE verdict >= 2) AS rejected,
                sum(length(payload)) AS payload_bytes,
                max(coalesce(at_unix_micros, (extract(epoch FROM at) * 1000000)::bigint)) AS newest
                FROM gone GROUP BY recording, channel),
            channels AS (UPDATE aircheck.channel c SET messages = c.messages - g.messages, rejected = c.rejected - g.rejected
                FROM counts g WHERE c.recording = g.recording AND c.id = g.channel),
            totals AS (UPDATE aircheck.recording r SET messages = r.messages - g.messages, rejected = r.rejected - g.rejected,
                payload_bytes = r.payload_bytes - g.payload_bytes, deleted = r.deleted + g.messages,
                deleted_to_unix_micros = greatest(r.deleted_to_unix_micros, g.newest)
                FROM (SELECT recording, sum(messages)::bigint AS messages, sum(rejected)::bigint AS rejected,
                    sum(payload_bytes)::bigint AS payload_bytes, max(newest) AS newest FROM counts GROUP BY recording) g
                WHERE r.recording = g.recording)
         SELECT coalesce(sum(messages), 0)::bigint FROM counts"
    );
    let count: i64 = transaction.query_one(&sql, params).await?.try_get(0)?;
    Ok(count.unsigned_abs())
}
