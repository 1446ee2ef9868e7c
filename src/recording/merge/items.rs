//! Reads a recording as a stream of rows without payloads, page by page.

use std::collections::VecDeque;

use rusqlite::{Connection, params};
use strum::VariantArray as _;

/// The number of rows read at once.
const ROWS_PER_READ: i64 = 1000;

/// The table of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray)]
pub(super) enum RowKind {
    Message,
    Finding,
    Link,
    Counter,
    Hole,
}

impl RowKind {
    /// The table.
    pub(super) fn table(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Finding => "finding",
            Self::Link => "link",
            Self::Counter => "counter",
            Self::Hole => "hole",
        }
    }

    /// The columns of a [`StreamRow`], after id and kind.
    fn columns(self) -> &'static str {
        match self {
            Self::Message => "at_unix_micros, channel, epoch, sequence, sequence_from, sequence_to, certainty = 5",
            Self::Finding | Self::Counter => "at_unix_micros, channel, epoch, NULL, NULL, NULL, 0",
            Self::Link => "at_unix_micros, coalesce(channel, 0), 0, NULL, NULL, NULL, 0",
            Self::Hole => "to_unix_micros, 0, 0, NULL, NULL, NULL, 0",
        }
    }
}

/// One row. Channel and epoch are those of the recording.
#[derive(Debug, Clone, Copy)]
pub(super) struct StreamRow {
    pub(super) id: i64,
    pub(super) kind: RowKind,
    pub(super) at: i64,
    pub(super) channel: i64,
    pub(super) epoch: i64,
    /// The sequence number, exact or inferred.
    pub(super) number: Option<i64>,
    /// The lowest and the highest possible sequence number, if it is not exact.
    pub(super) range: Option<(i64, i64)>,
    /// Whether it is a message that certainly was not counted.
    pub(super) is_uncounted: bool,
}

/// The rows in stream order.
pub(super) struct RowStream {
    sql: String,
    page: VecDeque<StreamRow>,
    after: i64,
}

impl RowStream {
    pub(super) fn new(name: &str) -> Self {
        let rows = |(index, kind): (usize, &RowKind)| {
            let (table, columns) = (kind.table(), kind.columns());
            format!("SELECT id, {index} AS kind, {columns} FROM {name}.{table} WHERE id > ?1")
        };
        let sql = RowKind::VARIANTS.iter().enumerate().map(rows).collect::<Vec<_>>().join(" UNION ALL ");
        Self { sql: format!("{sql} ORDER BY id LIMIT ?2"), page: VecDeque::new(), after: 0 }
    }

    /// The next row. It is not consumed.
    pub(super) fn peek(&mut self, connection: &Connection) -> rusqlite::Result<Option<StreamRow>> {
        if self.page.is_empty() {
            let mut statement = connection.prepare_cached(&self.sql)?;
            let mut rows = statement.query(params![self.after, ROWS_PER_READ])?;
            while let Some(row) = rows.next()? {
                let kind = RowKind::VARIANTS[usize::from(row.get::<_, u8>(1)?)];
                let range = row.get::<_, Option<i64>>(6)?.zip(row.get::<_, Option<i64>>(7)?);
                let item = StreamRow {
                    id: row.get(0)?,
                    kind,
                    at: row.get(2)?,
                    channel: row.get(3)?,
                    epoch: row.get(4)?,
                    number: row.get(5)?,
                    range,
                    is_uncounted: row.get(8)?,
                };
                self.after = item.id;
                self.page.push_back(item);
            }
        }
        Ok(self.page.front().copied())
    }

    /// Consumes the next row.
    pub(super) fn advance(&mut self) {
        self.page.pop_front();
    }
}
