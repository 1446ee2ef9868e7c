//! Deletes the oldest messages while recording. It deletes a little after each batch, so that recording is never delayed for
//! long.

use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::hole::HoleKind;
use super::recording_file::RecordingFile;

/// What to keep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// The maximum age of a message, in microseconds.
    pub max_age: Option<i64>,
    /// The maximum size of the file with its journal, in bytes. At least [`Retention::MIN_SIZE`].
    pub max_bytes: Option<u64>,
}

/// The minimum of the maximum number of messages deleted per transaction because of their age: twice as many as were written.
const MIN_BY_AGE: i64 = 2000;
/// The minimum of the maximum number of messages deleted per transaction because of the size: about as many as the surplus pages
/// contain. It is small, because one large message can occupy many pages.
const MIN_BY_SIZE: i64 = 16;
/// The maximum number of messages deleted per transaction.
const MAX_DELETED: i64 = 50_000;
/// After deleting for about this long, waiting messages are written first.
const MAX_DURATION: Duration = Duration::from_millis(100);
/// The reason of a hole that [`delete_unshipped`] makes.
const UNSHIPPED_REASON: &str =
    "the file reached its maximum size before these messages and their findings were shipped";
/// The maximum number of pages returned to the file system at once.
const MAX_PAGES: i64 = 256;

impl Retention {
    /// The minimum of the maximum size. The file needs space for its tables, and the journal for a batch.
    pub const MIN_SIZE: u64 = 1 << 20;

    /// The maximum size of a transaction, in bytes. A small file is checked more often.
    pub(super) fn batch_bytes(self) -> usize {
        let bytes = self.max_bytes.map_or(u64::MAX, |bytes| bytes / 8);
        usize::try_from(bytes).unwrap_or(usize::MAX).min(8 << 20)
    }

    /// The part of the maximum size that is for the journal, in bytes.
    fn journal(bytes: u64) -> u64 {
        (bytes / 4).min(16 << 20)
    }
}

/// Deletes messages that exceed the maximum age or size, for at most about [`MAX_DURATION`]. `written` is the number of messages
/// added since the last call. `is_shipped`: a store gets the recording. The age limit keeps what a store lacks; the size limit
/// does not, and records a hole. Returns the number of deleted messages, and whether nothing is left to delete.
pub(super) fn retain(
    file: &mut RecordingFile,
    retention: Retention,
    is_shipped: bool,
    written: i64,
    now: i64,
) -> rusqlite::Result<(u64, bool)> {
    let started = Instant::now();
    let most = (2 * written).clamp(MIN_BY_AGE, MAX_DELETED);
    let mut deleted = 0;
    loop {
        let by_age = match retention.max_age {
            Some(age) => {
                let shipped = shipped_through(&file.connection, is_shipped)?;
                delete(&mut file.connection, most, now.saturating_sub(age), shipped.unwrap_or(i64::MAX))?
            }
            None => 0,
        };
        let (by_size, has_returned_pages) = match retention.max_bytes {
            Some(bytes) => shrink(file, bytes, is_shipped)?,
            None => (0, false),
        };
        deleted += by_age + by_size;
        if by_age + by_size == 0 && !has_returned_pages {
            return Ok((deleted, true));
        }
        if started.elapsed() >= MAX_DURATION {
            return Ok((deleted, false));
        }
    }
}

/// One step to reduce the size. Returns the number of deleted messages, and whether pages were returned.
fn shrink(file: &mut RecordingFile, bytes: u64, is_shipped: bool) -> rusqlite::Result<(u64, bool)> {
    let connection = &mut file.connection;
    let bytes = bytes.saturating_sub(Retention::journal(bytes));
    let (pages, free, page_size) = pages(connection)?;
    let bound = i64::try_from(bytes / page_size.max(1).unsigned_abs()).unwrap_or(i64::MAX);
    let used = pages - free;
    let deleted = if used > bound {
        // About as many messages as the surplus pages contain on average, and a few more.
        let messages: i64 = connection.prepare_cached("SELECT messages FROM total")?.query_row([], |row| row.get(0))?;
        let surplus = messages.saturating_mul(used - bound) / used;
        let most = (surplus + surplus / 8).clamp(MIN_BY_SIZE, MAX_DELETED);
        match shipped_through(connection, is_shipped)? {
            None => delete(connection, most, i64::MAX, i64::MAX)?,
            Some(shipped) => match delete(connection, most, i64::MAX, shipped)? {
                0 => delete_unshipped(file, most)?,
                deleted => deleted,
            },
        }
    } else {
        0
    };
    let connection = &file.connection;
    // Free pages are reused. They are returned only if the file is too large.
    let surplus = free.min(pages - bound).min(MAX_PAGES);
    if surplus > 0 {
        connection.execute_batch(&format!("PRAGMA incremental_vacuum({surplus})"))?;
    }
    Ok((deleted, surplus > 0))
}

/// The number of all pages, the number of free pages, and the page size in bytes.
fn pages(connection: &Connection) -> rusqlite::Result<(i64, i64, i64)> {
    connection
        .prepare_cached("SELECT page_count, freelist_count, page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// The id up to which every store has the recording. `None` if it is not shipped.
fn shipped_through(connection: &Connection, is_shipped: bool) -> rusqlite::Result<Option<i64>> {
    let known: Option<i64> =
        connection.prepare_cached("SELECT min(through_id) FROM shipped")?.query_row([], |row| row.get(0))?;
    Ok(known.or(is_shipped.then_some(0)))
}

/// Deletes at most `most` messages that a store lacks, and records a hole.
fn delete_unshipped(file: &mut RecordingFile, most: i64) -> rusqlite::Result<u64> {
    let session = file.session();
    let transaction = file.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let end = "SELECT max(id), min(at_unix_micros), max(at_unix_micros), count(*)
         FROM (SELECT id, at_unix_micros FROM message ORDER BY id LIMIT ?)";
    let (end, from, to, messages): (Option<i64>, Option<i64>, Option<i64>, i64) =
        transaction.query_row(end, [most], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let (Some(end), Some(from), Some(to)) = (end, from, to) else { return Ok(0) };
    // A store gets a row once, in the order of the ids. If a shipper has already read a hole, it has also read the messages
    // before it, so adding these changes nothing for the store. Messages after the hole need another one.
    let last = "SELECT id FROM hole WHERE kind = ?1 AND session = ?2 AND id > ?3 ORDER BY id DESC LIMIT 1";
    let kind = HoleKind::Deleted.name();
    let hole = transaction.query_row(last, params![kind, session, end], |row| row.get::<_, i64>(0)).optional()?;
    let hole = if let Some(hole) = hole {
        let extend = "UPDATE hole SET to_unix_micros = max(to_unix_micros, ?2), messages = messages + ?3 WHERE id = ?1";
        transaction.execute(extend, [hole, to, messages])?;
        hole
    } else {
        transaction.execute(
            "INSERT INTO hole (id, session, kind, from_unix_micros, to_unix_micros, messages, reason)
             SELECT next_id, ?, ?, ?, ?, ?, ? FROM total",
            params![session, kind, from, to, messages, UNSHIPPED_REASON],
        )?;
        let hole = transaction.last_insert_rowid();
        transaction.execute("UPDATE total SET next_id = next_id + 1", [])?;
        hole
    };
    transaction.execute(
        "INSERT INTO hole_range (hole, channel, epoch, sequence_from, sequence_to, messages)
         SELECT ?1, channel, epoch, min(coalesce(sequence, sequence_from)), max(coalesce(sequence, sequence_to)), count(*)
         FROM message WHERE id <= ?2 GROUP BY channel, epoch ORDER BY min(id)",
        [hole, end],
    )?;
    merge_ranges(&transaction, hole)?;
    let deleted = delete_through(&transaction, end, i64::MAX)?;
    transaction.commit()?;
    file.was_changed();
    Ok(deleted)
}

/// Merges the ranges of a hole that have the same channel and epoch.
fn merge_ranges(connection: &Connection, hole: i64) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE hole_range AS r SET
            (sequence_from, sequence_to, messages) = (SELECT min(o.sequence_from), max(o.sequence_to), sum(o.messages)
                FROM hole_range o WHERE o.hole = r.hole AND o.channel = r.channel AND o.epoch = r.epoch)
         WHERE hole = ?",
        [hole],
    )?;
    connection.execute(
        "DELETE FROM hole_range WHERE hole = ?1 AND rowid NOT IN
            (SELECT min(rowid) FROM hole_range WHERE hole = ?1 GROUP BY channel, epoch)",
        [hole],
    )?;
    Ok(())
}

/// Deletes at most `most` of the oldest messages with ids up to `through` that were received before `before`, and all other rows
/// in between.
fn delete(connection: &mut Connection, most: i64, before: i64, through: i64) -> rusqlite::Result<u64> {
    // Checked without a lock, because usually there is nothing to delete.
    let end: Option<i64> = connection
        .prepare_cached(
            "SELECT max(id) FROM (SELECT id, at_unix_micros FROM message ORDER BY id LIMIT ?)
             WHERE at_unix_micros < ? AND id <= ?",
        )?
        .query_row([most, before, through], |row| row.get(0))?;
    let Some(end) = end else { return Ok(0) };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let messages = delete_through(&transaction, end, before)?;
    transaction.commit()?;
    Ok(messages)
}

/// Deletes all rows up to the id `end`. Returns the number of messages.
fn delete_through(transaction: &Transaction<'_>, end: i64, before: i64) -> rusqlite::Result<u64> {
    let mut messages = 0;
    {
        let mut of_channels = transaction.prepare_cached(
            "SELECT channel, count(*), sum(verdict >= 2), sum(length(payload)), max(at_unix_micros) FROM message
             WHERE id <= ? GROUP BY channel",
        )?;
        let mut channel = transaction
            .prepare_cached("UPDATE channel SET messages = messages - ?, rejected = rejected - ? WHERE id = ?")?;
        let mut total = transaction.prepare_cached(
            "UPDATE total SET messages = messages - ?1, rejected = rejected - ?2, payload_bytes = payload_bytes - ?3,
                deleted = deleted + ?1, deleted_to_unix_micros = max(coalesce(deleted_to_unix_micros, ?4), ?4)",
        )?;
        let mut rows = of_channels.query([end])?;
        while let Some(row) = rows.next()? {
            let (id, count, rejected): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let (bytes, at): (i64, i64) = (row.get(3)?, row.get(4)?);
            channel.execute([count, rejected, id])?;
            total.execute([count, rejected, bytes, at])?;
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
    // A hole that reports what was deleted is kept until it is shipped.
    let holes = "SELECT id FROM hole WHERE id <= ? AND NOT (kind = 'deleted'
            AND id > (SELECT coalesce(min(through_id), 0) FROM shipped))";
    transaction.prepare_cached(&format!("DELETE FROM hole_range WHERE hole IN ({holes})"))?.execute([end])?;
    transaction.prepare_cached(&format!("DELETE FROM hole WHERE id IN ({holes})"))?.execute([end])?;
    transaction
        .prepare_cached(
            "DELETE FROM rate WHERE second < (SELECT coalesce(min(at_unix_micros), ?) / 1000000 FROM
                (SELECT at_unix_micros FROM message ORDER BY id LIMIT 1))",
        )?
        .execute([before])?;
    // The last clock row before the remaining rows is still needed.
    transaction
        .prepare_cached("DELETE FROM clock WHERE id < (SELECT max(id) FROM clock WHERE id <= ?)")?
        .execute([end])?;
    Ok(messages)
}
