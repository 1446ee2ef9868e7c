//! The rows of messages, many to a statement: more than half of what a row costs alone is the statement around it.

use rusqlite::{CachedStatement, Connection, ffi};

/// How many rows the statements have: as many as wait go into the first that they fill.
const SIZES: [usize; 3] = [32, 8, 1];
/// The columns of a row.
const COLUMNS: &str = "session, at_unix_micros, channel, epoch, certainty, sequence, sequence_from, sequence_to, verdict, \
     timestamp, payload";
/// How many of them differ from row to row: all but the session.
const DIFFERENT: usize = 10;
/// Payloads that wait together, in bytes: they are copied until their statement is done.
const BYTES: usize = 64 << 10;

/// A message as its row has it, but for place and session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row<'a> {
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

/// Rows that wait for their statement; their places follow one another.
pub(super) struct Rows<'a> {
    connection: &'a Connection,
    session: i64,
    inserts: [Option<Insert<'a>>; SIZES.len()],
    waiting: Vec<Row<'a>>,
    /// The place after those that wait.
    next: i64,
    /// The place of the last message that was written.
    written: Option<i64>,
    bytes: usize,
}

impl<'a> Rows<'a> {
    pub(super) fn new(connection: &'a Connection, session: i64) -> Self {
        let waiting = Vec::with_capacity(SIZES[0]);
        Self { connection, session, inserts: Default::default(), waiting, next: 0, written: None, bytes: 0 }
    }

    /// Takes a row, to be written with those that follow.
    pub(super) fn push(&mut self, place: i64, row: Row<'a>) -> rusqlite::Result<()> {
        if place != self.next {
            self.write()?;
        }
        self.next = place + 1;
        self.bytes += row.payload.len();
        self.waiting.push(row);
        if self.waiting.len() >= SIZES[0] || self.bytes >= BYTES { self.write() } else { Ok(()) }
    }

    /// Writes what waits.
    pub(super) fn write(&mut self) -> rusqlite::Result<()> {
        let mut rest = &self.waiting[..];
        let mut place = self.next - count(rest);
        while !rest.is_empty() {
            // SQLite gives each row the place after the last one; so the first of those that follow one another is written alone.
            let fits = |size: &usize| *size == 1 || (*size <= rest.len() && self.written == Some(place - 1));
            let Some(kind) = SIZES.iter().position(fits) else { break };
            let (rows, after) = rest.split_at(SIZES[kind]);
            let insert = match &mut self.inserts[kind] {
                Some(insert) => insert,
                empty => empty.insert(Insert::new(self.connection, rows.len(), self.session)?),
            };
            insert.execute(place, rows)?;
            place += count(rows);
            if self.connection.last_insert_rowid() != place - 1 {
                // The file holds messages beyond the place that it names as the next.
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

fn count(rows: &[Row<'_>]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}

/// A statement, and what it was last given, without payloads: only what differs is given anew.
struct Insert<'a> {
    statement: CachedStatement<'a>,
    given: Vec<Option<Row<'static>>>,
}

impl<'a> Insert<'a> {
    fn new(connection: &'a Connection, rows: usize, session: i64) -> rusqlite::Result<Self> {
        let row = format!("?1{}", ", ?".repeat(DIFFERENT));
        let sql = if rows == 1 {
            format!("INSERT INTO message ({COLUMNS}, id) VALUES ({row}, ?)")
        } else {
            // A failure ends the transaction in any case. Told so, SQLite need not be able to undo a statement alone, for which it
            // would keep what each page was like before.
            format!("INSERT OR ROLLBACK INTO message ({COLUMNS}) VALUES {}", vec![format!("({row})"); rows].join(", "))
        };
        let mut statement = connection.prepare_cached(&sql)?;
        statement.raw_bind_parameter(1, session)?;
        Ok(Self { statement, given: vec![None; rows] })
    }

    fn execute(&mut self, place: i64, rows: &[Row<'_>]) -> rusqlite::Result<()> {
        for ((row, given), column) in rows.iter().zip(&mut self.given).zip((2..).step_by(DIFFERENT)) {
            row.give(given.replace(Row { payload: &[], ..*row }), &mut self.statement, column)?;
        }
        if rows.len() == 1 {
            self.statement.raw_bind_parameter(2 + DIFFERENT, place)?;
        }
        self.statement.raw_execute().map(drop)
    }
}

impl Row<'_> {
    fn give(
        &self,
        before: Option<Row<'_>>,
        statement: &mut CachedStatement<'_>,
        column: usize,
    ) -> rusqlite::Result<()> {
        if before.is_none_or(|before| before.at != self.at) {
            statement.raw_bind_parameter(column, self.at)?;
        }
        // Of one channel in a flood, these are mostly the same.
        let rest =
            |row: &Row<'_>| (row.channel, row.epoch, row.certainty, row.low, row.high, row.verdict, row.timestamp);
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
