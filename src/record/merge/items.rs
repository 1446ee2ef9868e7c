//! A recording as a stream of items without payloads, a page at a time.

use std::collections::VecDeque;

use rusqlite::{Connection, params};

/// `RowStream` read at once.
const PAGE: i64 = 1000;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowKind {
    Message,
    Finding,
    Link,
    Counter,
    Hole,
}

/// One row of a recording; channel and epoch are its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct StreamRow {
    pub(super) id: i64,
    pub(super) kind: RowKind,
    pub(super) at: i64,
    pub(super) channel: i64,
    pub(super) epoch: i64,
    /// The number, exact or inferred.
    pub(super) number: Option<i64>,
    /// The lowest and the highest number, where it is not known exactly.
    pub(super) range: Option<(i64, i64)>,
}

/// The items in stream order.
pub(super) struct RowStream {
    sql: String,
    page: VecDeque<StreamRow>,
    after: i64,
}

impl RowStream {
    pub(super) fn new(name: &str) -> Self {
        let rows = |kind: u8, table: &str, columns: &str| {
            format!("SELECT id, {kind} AS kind, {columns} FROM {name}.{table} WHERE id > ?1")
        };
        let sql = [
            rows(0, "message", "at_unix_micros, channel, epoch, sequence, sequence_from, sequence_to"),
            rows(1, "finding", "at_unix_micros, channel, epoch, NULL, NULL, NULL"),
            rows(2, "link", "at_unix_micros, coalesce(channel, 0), 0, NULL, NULL, NULL"),
            rows(3, "counter", "at_unix_micros, channel, epoch, NULL, NULL, NULL"),
            rows(4, "hole", "to_unix_micros, 0, 0, NULL, NULL, NULL"),
        ]
        .join(" UNION ALL ");
        Self { sql: format!("{sql} ORDER BY id LIMIT ?2"), page: VecDeque::new(), after: 0 }
    }

    /// The next item, which stays.
    pub(super) fn peek(&mut self, connection: &Connection) -> rusqlite::Result<Option<StreamRow>> {
        if self.page.is_empty() {
            let mut statement = connection.prepare_cached(&self.sql)?;
            let mut rows = statement.query(params![self.after, PAGE])?;
            while let Some(row) = rows.next()? {
                let kind = match row.get::<_, i64>(1)? {
                    0 => RowKind::Message,
                    1 => RowKind::Finding,
                    2 => RowKind::Link,
                    3 => RowKind::Counter,
                    _ => RowKind::Hole,
                };
                let range = row.get::<_, Option<i64>>(6)?.zip(row.get::<_, Option<i64>>(7)?);
                let item = StreamRow {
                    id: row.get(0)?,
                    kind,
                    at: row.get(2)?,
                    channel: row.get(3)?,
                    epoch: row.get(4)?,
                    number: row.get(5)?,
                    range,
                };
                self.after = item.id;
                self.page.push_back(item);
            }
        }
        Ok(self.page.front().copied())
    }

    /// Goes on to the next one.
    pub(super) fn advance(&mut self) {
        self.page.pop_front();
    }
}
