//! Deleting the oldest while recording: a little after every batch, so that nothing waits for long.

use rusqlite::{Connection, TransactionBehavior, params};

use super::store::Store;

/// What is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// Messages older than this go, in microseconds.
    pub max_age: Option<i64>,
    /// The oldest go where the file with its journal is larger, in bytes; at least [`Retention::SMALLEST`].
    pub max_bytes: Option<u64>,
}

/// Deleted at once at least, in messages.
const LEAST: i64 = 2000;
/// Pages given back to the file system at once.
const PAGES: i64 = 256;

impl Retention {
    /// A file holds its tables, and its journal a batch: less than this is no use.
    pub const SMALLEST: u64 = 1 << 20;

    /// How much of the bound is for the journal, in bytes.
    fn journal(bytes: u64) -> u64 {
        (bytes / 4).min(16 << 20)
    }
}

/// Deletes what is too old or too much, at most twice as many messages as were `written` since; how many that were.
pub(super) fn retain(store: &mut Store, retention: Retention, written: i64, now: i64) -> rusqlite::Result<u64> {
    let connection = &mut store.connection;
    let most = (2 * written).max(LEAST);
    let mut deleted = 0;
    if let Some(age) = retention.max_age {
        deleted += delete(connection, most, now.saturating_sub(age))?;
    }
    if let Some(bytes) = retention.max_bytes {
        let bytes = bytes.saturating_sub(Retention::journal(bytes));
        let (pages, free, page_size) = pages(connection)?;
        let bound = i64::try_from(bytes / page_size.max(1).unsigned_abs()).unwrap_or(i64::MAX);
        if pages - free > bound {
            deleted += delete(connection, most, i64::MAX)?;
        }
        if pages > bound && free > 0 {
            let vacuum = format!("PRAGMA incremental_vacuum({})", PAGES.min(pages - bound));
            connection.prepare(&vacuum)?.query([])?.next().map(drop)?;
        }
    }
    Ok(deleted)
}

/// Pages in all, free ones among them, and the size of one in bytes.
fn pages(connection: &Connection) -> rusqlite::Result<(i64, i64, i64)> {
    connection
        .prepare_cached("SELECT page_count, freelist_count, page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// Deletes the oldest messages received before `before`, at most `most`, and whatever stands among them.
fn delete(connection: &mut Connection, most: i64, before: i64) -> rusqlite::Result<u64> {
    // Looked at without a lock: mostly there is nothing to do.
    let end: Option<i64> = connection
        .prepare_cached("SELECT max(id) FROM (SELECT id, at FROM message ORDER BY id LIMIT ?) WHERE at < ?")?
        .query_row([most, before], |row| row.get(0))?;
    let Some(end) = end else { return Ok(0) };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut messages = 0;
    {
        let mut of_channels = transaction.prepare_cached(
            "SELECT channel, count(*), sum(verdict >= 2), sum(length(payload)), max(at) FROM message
             WHERE id <= ? GROUP BY channel",
        )?;
        let mut channel = transaction
            .prepare_cached("UPDATE channel SET messages = messages - ?, refused = refused - ? WHERE id = ?")?;
        let mut total = transaction.prepare_cached(
            "UPDATE total SET messages = messages - ?1, refused = refused - ?2, payload_bytes = payload_bytes - ?3,
                deleted = deleted + ?1, deleted_to = max(coalesce(deleted_to, ?4), ?4)",
        )?;
        let mut rows = of_channels.query([end])?;
        while let Some(row) = rows.next()? {
            let (id, count, refused): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let (bytes, at): (i64, i64) = (row.get(3)?, row.get(4)?);
            channel.execute([count, refused, id])?;
            total.execute([count, refused, bytes, at])?;
            messages += count.unsigned_abs();
        }
    }
    for table in ["message", "counter", "link", "finding"] {
        let gone = transaction.prepare_cached(&format!("DELETE FROM {table} WHERE id <= ?"))?.execute([end])?;
        if table == "finding" {
            let gone = i64::try_from(gone).unwrap_or(0);
            transaction.prepare_cached("UPDATE total SET findings = findings - ?")?.execute([gone])?;
        }
    }
    transaction.prepare_cached("DELETE FROM hole_range WHERE hole <= ?")?.execute([end])?;
    transaction.prepare_cached("DELETE FROM hole WHERE id <= ?")?.execute([end])?;
    transaction
        .prepare_cached(
            "DELETE FROM rate WHERE second < (SELECT coalesce(min(at), ?) / 1000000 FROM
                (SELECT at FROM message ORDER BY id LIMIT 1))",
        )?
        .execute(params![before.min(i64::MAX - 1)])?;
    // Of the clock the last row before what is left still counts.
    transaction
        .prepare_cached("DELETE FROM clock WHERE id < (SELECT max(id) FROM clock WHERE id <= ?)")?
        .execute([end])?;
    transaction.commit()?;
    Ok(messages)
}
