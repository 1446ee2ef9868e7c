//! Inserts several messages per statement. A statement costs more than the row itself.

use rusqlite::{CachedStatement, Connection, ffi};

/// The possible numbers of rows per statement, largest first.
const ROWS_PER_STATEMENT: [usize; 3] = [32, 8, 1];
/// The columns of a row.
const MESSAGE_COLUMNS: &str = "session, at_unix_micros, channel, epoch, certainty, sequence, sequence_from, sequence_to, verdict, \
     timestamp, payload";
/// The number of columns that differ from row to row: all except the session.
const VARYING_COLUMNS: usize = 10;
/// The maximum size of the waiting payloads, in bytes. They are copied until their statement is run.
const MAX_WAITING_BYTES: usize = 64 << 10;

/// A message's row, without its id and session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct MessageRow<'a> {
    pub(super) at: i64,
    pub(super) channel: i64,
    pub(super) epoch: i64,
    pub(super) certainty: i64,
    pub(super) sequence: Option<i64>,
    pub(super) low: Option<i64>,
    pub(super) high: Option<i64>,
    pub(super) verdict: i64,
    pub(super) timestamp: Option<i64>,
    pub(super) payload: &'a [u8],
}

/// Rows with consecutive ids that wait for their statement.
pub(super) struct MessageRows<'a> {
    connection: &'a Connection,
    session: i64,
    inserts: [Option<InsertStatement<'a>>; ROWS_PER_STATEMENT.len()],
    waiting: Vec<MessageRow<'a>>,
    /// The id after the waiting rows.
    next: i64,
    /// The id of the last message that was written.
    written: Option<i64>,
    bytes: usize,
}

impl<'a> MessageRows<'a> {
    pub(super) fn new(connection: &'a Connection, session: i64) -> Self {
        let waiting = Vec::with_capacity(ROWS_PER_STATEMENT[0]);
        Self { connection, session, inserts: Default::default(), waiting, next: 0, written: None, bytes: 0 }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, place: i64, row: MessageRow<'a>) -> rusqlite::Result<()> {
        if place != self.next {
            self.write()?;
        }
        self.next = place + 1;
        self.bytes += row.payload.len();
        self.waiting.push(row);
        if self.waiting.len() >= ROWS_PER_STATEMENT[0] || self.bytes >= MAX_WAITING_BYTES {
            self.write()
        } else {
            Ok(())
        }
    }

    /// Writes the waiting rows.
    pub(super) fn write(&mut self) -> rusqlite::Result<()> {
        let mut rest = &self.waiting[..];
        let mut place = self.next - count(rest);
        while !rest.is_empty() {
            // SQLite assigns each row the id after the last one. Therefore the first row of a sequence is inserted alone, with
            // its id.
            let fits = |size: &usize| *size == 1 || (*size <= rest.len() && self.written == Some(place - 1));
            let Some(kind) = ROWS_PER_STATEMENT.iter().position(fits) else { break };
            let (rows, after) = rest.split_at(ROWS_PER_STATEMENT[kind]);
            let insert = match &mut self.inserts[kind] {
                Some(insert) => insert,
                empty => empty.insert(InsertStatement::new(self.connection, rows.len(), self.session)?),
            };
            insert.execute(place, rows)?;
            place += count(rows);
            if self.connection.last_insert_rowid() != place - 1 {
                // The file contains messages after the id that it has as the next one.
                return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), None));
            }
            self.written = Some(place - 1);
            rest = after;
        }
        self.waiting.clear();
        self.bytes = 0;
        Ok(())
    }
}

fn count(rows: &[MessageRow<'_>]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}

/// A statement and its last parameters, without payloads. Only parameters that differ are bound again.
struct InsertStatement<'a> {
    statement: CachedStatement<'a>,
    given: Vec<Option<MessageRow<'static>>>,
}

impl<'a> InsertStatement<'a> {
    fn new(connection: &'a Connection, rows: usize, session: i64) -> rusqlite::Result<Self> {
        let row = format!("?1{}", ", ?".repeat(VARYING_COLUMNS));
        let sql = if rows == 1 {
            format!("INSERT INTO message ({MESSAGE_COLUMNS}, id) VALUES ({row}, ?)")
        } else {
            // An error always ends the transaction. `OR ROLLBACK` tells SQLite, which then does not save each page to undo a
            // single statement.
            format!(
                "INSERT OR ROLLBACK INTO message ({MESSAGE_COLUMNS}) VALUES {}",
                vec![format!("({row})"); rows].join(", ")
            )
        };
        let mut statement = connection.prepare_cached(&sql)?;
        statement.raw_bind_parameter(1, session)?;
        Ok(Self { statement, given: vec![None; rows] })
    }

    fn execute(&mut self, place: i64, rows: &[MessageRow<'_>]) -> rusqlite::Result<()> {
        for ((row, given), column) in rows.iter().zip(&mut self.given).zip((2..).step_by(VARYING_COLUMNS)) {
            row.bind(given.replace(MessageRow { payload: &[], ..*row }), &mut self.statement, column)?;
        }
        if rows.len() == 1 {
            self.statement.raw_bind_parameter(2 + VARYING_COLUMNS, place)?;
        }
        self.statement.raw_execute().map(drop)
    }
}

impl MessageRow<'_> {
    fn bind(
        &self,
        before: Option<MessageRow<'_>>,
        statement: &mut CachedStatement<'_>,
        column: usize,
    ) -> rusqlite::Result<()> {
        if before.is_none_or(|before| before.at != self.at) {
            statement.raw_bind_parameter(column, self.at)?;
        }
        // During a flood of one channel, these are usually the same.
        let rest = |row: &MessageRow<'_>| {
            (row.channel, row.epoch, row.certainty, row.low, row.high, row.verdict, row.timestamp)
        };
        if before.is_none_or(|before| rest(&before) != rest(self)) {
            statement.raw_bind_parameter(column + 1, self.channel)?;
            statement.raw_bind_parameter(column + 2, self.epoch)?;
            statement.raw_bind_parameter(column + 3, self.certainty)?;
            statement.raw_bind_parameter(column + 5, self.low)?;
            statement.raw_bind_parameter(column + 6, self.high)?;
            statement.raw_bind_parameter(column + 7, self.verdict)?;
            statement.raw_bind_parameter(column + 8, self.timestamp)?;
        }
        statement.raw_bind_parameter(column + 4, self.sequence)?;
        statement.raw_bind_parameter(column + 9, self.payload)
    }
}
