//! Reads a recording in batches of consecutive ids, encoded for the store.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use super::copy_data::{CopyData, partition_day, storable};
use super::epochs::ShippedRows;
use crate::recording::file::{self, RecordError};
use crate::recording::schema;

/// How a column of `SQLite` is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `bigint`
    Number,
    /// `smallint`
    Small,
    Text,
    Bytes,
    /// A time, as `at` and `at_unix_micros`.
    At,
}

/// A table whose rows are copied.
struct CopiedTable {
    name: &'static str,
    /// The column with the position in the stream.
    id: &'static str,
    /// The columns in the order of the store, and how they are encoded. The first is the id.
    columns: &'static [(&'static str, Kind)],
}

use Kind::{At, Bytes as Blob, Number, Small, Text};

/// The messages. [`Tally::message`] knows the positions of these columns.
const MESSAGE: CopiedTable = CopiedTable {
    name: "message",
    id: "id",
    columns: &[
        ("id", Number),
        ("session", Number),
        ("at_unix_micros", At),
        ("channel", Number),
        ("epoch", Number),
        ("certainty", Small),
        ("sequence", Number),
        ("sequence_from", Number),
        ("sequence_to", Number),
        ("verdict", Small),
        ("timestamp", Number),
        ("payload", Blob),
    ],
};

/// The other tables with ids of the stream.
const OTHERS: [CopiedTable; 5] = [
    CopiedTable {
        name: "finding",
        id: "id",
        columns: &[
            ("id", Number),
            ("session", Number),
            ("at_unix_micros", At),
            ("kind", Text),
            ("channel", Number),
            ("epoch", Number),
            ("sequence_from", Number),
            ("sequence_to", Number),
            ("count", Number),
            ("reason", Text),
            ("duration_micros", Number),
            ("since_unix_micros", Number),
            ("lower_bound", Number),
            ("lost", Number),
            ("advance", Number),
            ("received", Number),
            ("value_before", Number),
            ("value_after", Number),
            ("first_unix_micros", Number),
            ("first_channel", Number),
            ("offset_seconds", Number),
            ("expectation", Text),
            ("expected", Text),
            ("proved", Number),
        ],
    },
    CopiedTable {
        name: "counter",
        id: "id",
        columns: &[
            ("id", Number),
            ("session", Number),
            ("at_unix_micros", At),
            ("channel", Number),
            ("epoch", Number),
            ("value", Number),
            ("error", Text),
        ],
    },
    CopiedTable {
        name: "link",
        id: "id",
        columns: &[
            ("id", Number),
            ("session", Number),
            ("at_unix_micros", At),
            ("state", Text),
            ("reason", Text),
            ("channel", Number),
            ("server_version", Text),
            ("server_role", Text),
            ("server_mode", Text),
        ],
    },
    CopiedTable {
        name: "hole",
        id: "id",
        columns: &[
            ("id", Number),
            ("session", Number),
            ("kind", Text),
            ("from_unix_micros", Number),
            ("to_unix_micros", Number),
            ("from_monotonic_micros", Number),
            ("to_monotonic_micros", Number),
            ("messages", Number),
            ("reason", Text),
        ],
    },
    CopiedTable {
        name: "hole_range",
        id: "hole",
        columns: &[
            ("hole", Number),
            ("row_number() OVER (PARTITION BY hole ORDER BY rowid) - 1 AS position", Number),
            ("channel", Number),
            ("epoch", Number),
            ("sequence_from", Number),
            ("sequence_to", Number),
            ("messages", Number),
        ],
    },
];

impl CopiedTable {
    /// Selects the rows with ids from `?1`, exclusive, to `?2`, inclusive.
    fn select(&self) -> String {
        let columns: Vec<_> = self.columns.iter().map(|(column, _)| *column).collect();
        let (name, id) = (self.name, self.id);
        format!("SELECT {} FROM {name} WHERE {id} > ?1 AND {id} <= ?2 ORDER BY {id}", columns.join(", "))
    }

    /// The statement that copies into the store.
    fn copy(&self) -> String {
        let columns = self.columns.iter().map(|(column, kind)| match kind {
            At => "at, at_unix_micros",
            _ => column.rsplit_once(" AS ").map_or(*column, |(_, name)| name),
        });
        let columns: Vec<_> = columns.collect();
        format!("COPY aircheck.{} (recording, {}) FROM STDIN (FORMAT binary)", self.name, columns.join(", "))
    }

    /// The number of columns in the store.
    fn width(&self) -> i16 {
        let times = self.columns.iter().filter(|(_, kind)| *kind == At).count();
        i16::try_from(1 + self.columns.len() + times).unwrap_or(i16::MAX)
    }

    fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|(name, _)| *name == column)
    }

    fn encode(&self, row: &Row<'_>, data: &mut CopyData) -> rusqlite::Result<()> {
        data.row();
        for (index, (_, kind)) in self.columns.iter().enumerate() {
            match (kind, row.get_ref(index)?) {
                (_, ValueRef::Null) => data.null(),
                (Number, ValueRef::Integer(number)) => data.number(number),
                (Small, ValueRef::Integer(number)) => data.small(number),
                (At, ValueRef::Integer(at)) => data.at(at),
                (Text, ValueRef::Text(text)) => data.text(text),
                (Blob, ValueRef::Blob(bytes)) => data.bytes(bytes),
                (_, other) => {
                    let what = format!("unexpected type in {}", self.name).into();
                    return Err(rusqlite::Error::FromSqlConversionFailure(index, other.data_type(), what));
                }
            }
        }
        Ok(())
    }
}

/// The limits of a batch.
#[derive(Debug, Clone, Copy)]
pub struct BatchLimits {
    /// The maximum number of messages, and of rows of each other table.
    pub rows: u32,
    /// After this many bytes, the batch ends.
    pub bytes: usize,
}

impl Default for BatchLimits {
    fn default() -> Self {
        Self { rows: 20_000, bytes: 8 << 20 }
    }
}

/// The identity of a recording, and where it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) recording: Uuid,
    /// The server and the sequence prefix.
    pub(super) source: String,
    /// The last id.
    pub(super) last_id: i64,
    /// The messages that retention deleted, and when the newest of them was received.
    pub(super) deleted: i64,
    pub(super) deleted_to: Option<i64>,
    /// The ids of the sessions and when they started.
    pub(super) sessions: HashMap<i64, i64>,
}

/// A row of the table `session`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SessionRow {
    pub(super) id: i64,
    pub(super) started: i64,
    pub(super) last: i64,
    pub(super) ended: Option<i64>,
    pub(super) how: Option<String>,
    pub(super) host: String,
    pub(super) version: String,
    pub(super) target: String,
    pub(super) profile: String,
}

/// A row of the table `channel`.
#[derive(Debug, Clone)]
pub(super) struct ChannelRow {
    pub(super) id: i64,
    pub(super) name: Vec<u8>,
    pub(super) epoch: i64,
    pub(super) tally: ChannelTally,
    pub(super) counter: Option<i64>,
    pub(super) counter_at: Option<i64>,
    pub(super) run_id: Option<String>,
    pub(super) replication_id: Option<String>,
}

/// The messages of a channel in a batch.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ChannelTally {
    pub(super) messages: i64,
    pub(super) rejected: i64,
    pub(super) last_at: Option<i64>,
}

/// What a batch adds to the totals of its recording.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) messages: i64,
    pub(super) payload_bytes: i64,
    pub(super) rejected: i64,
    pub(super) findings: i64,
    pub(super) not_recorded: i64,
}

/// Rows with consecutive ids, and the state that belongs to them.
pub(super) struct Batch {
    pub(super) recording: Uuid,
    /// The ids: from the first one, exclusive, to the second one, inclusive.
    pub(super) after_id: i64,
    pub(super) through_id: i64,
    /// The last id of the recording when the batch was read.
    pub(super) last_id: i64,
    /// Statements, and the data for each of them.
    pub(super) copies: Vec<(String, Bytes)>,
    /// The number of rows in `copies`.
    pub(super) rows: u64,
    /// The days with messages, since 2000.
    pub(super) days: BTreeSet<i32>,
    pub(super) sessions: Vec<SessionRow>,
    pub(super) channels: Vec<ChannelRow>,
    /// The rows of the table `clock`: id, session, offset.
    pub(super) clocks: Vec<(i64, i64, i64)>,
    /// The number of messages and of rejected messages, by second and channel.
    pub(super) rates: HashMap<(i64, i64), (i64, i64)>,
    pub(super) totals: Totals,
    /// When the first message was received.
    pub(super) first_at: Option<i64>,
}

impl Batch {
    /// Its rows, for what depends on other recordings.
    pub(super) fn shipped_rows(&self) -> ShippedRows {
        let seconds = || self.rates.keys().map(|(second, _)| *second);
        let micros = |second: i64| second.saturating_mul(1_000_000);
        let first = seconds().min().map_or(0, micros);
        let last = seconds().max().map_or(0, |second| micros(second.saturating_add(1)));
        ShippedRows { recording: self.recording, after: self.after_id, through: self.through_id, times: (first, last) }
    }

    /// Whether it ends with the recording.
    pub(super) fn is_complete(&self) -> bool {
        self.through_id >= self.last_id
    }

    /// Whether there is nothing to ship.
    fn is_empty(&self) -> bool {
        self.through_id == self.after_id && self.sessions.is_empty() && self.channels.is_empty()
    }
}

/// Reads a recording from an id on.
pub(super) struct Source {
    path: PathBuf,
    limits: BatchLimits,
    recording: Uuid,
    after_id: i64,
    /// The sessions as they were last read.
    sessions: HashMap<i64, SessionRow>,
    /// The channels whose state the store does not have yet. `None` for all.
    changed: Option<BTreeSet<i64>>,
}

impl Source {
    /// Starts after an id, which the store has.
    pub(super) fn new(path: &Path, limits: BatchLimits, recording: Uuid, after_id: i64) -> Self {
        Self { path: path.to_owned(), limits, recording, after_id, sessions: HashMap::new(), changed: None }
    }

    /// Reads the next batch. `None` if there is nothing new.
    ///
    /// The file is closed afterwards: a recorder that replaces a moved file needs the name of its journal.
    pub(super) fn next(&mut self) -> Result<Option<Batch>, RecordError> {
        let mut connection = open(&self.path)?;
        let batch = self.read(&mut connection).map_err(|error| RecordError::failed(&self.path, "read", &error))?;
        let Some(batch) = batch else {
            return Err(RecordError::new(&self.path, "was replaced by another recording"));
        };
        // The batch must survive a crash of the machine in the file too. Otherwise the recorder would use its ids again.
        file::sync_journal(&self.path).map_err(|error| RecordError::failed(&self.path, "sync", &error))?;
        self.after_id = batch.through_id;
        Ok((!batch.is_empty()).then_some(batch))
    }

    /// Reads a batch. `None` if the file is another recording.
    fn read(&mut self, connection: &mut Connection) -> rusqlite::Result<Option<Batch>> {
        // One snapshot for all tables.
        let connection = &connection.transaction()?;
        let (recording, last_id) = identity_of(connection)?;
        if recording != self.recording {
            return Ok(None);
        }
        let last_id = last_id.max(self.after_id);
        let mut end = last_id;
        for table in OTHERS {
            let (name, id) = (table.name, table.id);
            let beyond = format!("SELECT {id} FROM {name} WHERE {id} > ? ORDER BY {id} LIMIT 1 OFFSET ?");
            let beyond = connection.query_row(&beyond, (self.after_id, self.limits.rows), |row| row.get::<_, i64>(0));
            // A hole is never separated from its ranges.
            end = beyond.optional()?.map_or(end, |id| end.min((id - 1).max(self.after_id + 1)));
        }
        let mut tally = Tally::default();
        let mut copies = Vec::new();
        let mut data = CopyData::new(self.recording, MESSAGE.width());
        {
            let mut statement = connection.prepare(&MESSAGE.select())?;
            let mut rows = statement.query((self.after_id, end))?;
            while let Some(row) = rows.next()? {
                MESSAGE.encode(row, &mut data)?;
                let id = tally.message(row)?;
                if data.rows >= u64::from(self.limits.rows) || data.len() >= self.limits.bytes {
                    end = id;
                    break;
                }
            }
        }
        let mut all_rows = data.rows;
        if data.rows > 0 {
            copies.push((MESSAGE.copy(), data.finish()));
        }
        for table in OTHERS {
            let mut data = CopyData::new(self.recording, table.width());
            let (channel, epoch) = (table.position("channel"), table.position("epoch"));
            let mut statement = connection.prepare(&table.select())?;
            let mut rows = statement.query((self.after_id, end))?;
            while let Some(row) = rows.next()? {
                table.encode(row, &mut data)?;
                tally.other(table.name, row, channel, epoch)?;
            }
            all_rows += data.rows;
            if data.rows > 0 {
                copies.push((table.copy(), data.finish()));
            }
        }
        let is_complete = end >= last_id;
        Ok(Some(Batch {
            recording: self.recording,
            after_id: self.after_id,
            through_id: end,
            last_id,
            copies,
            rows: all_rows,
            days: std::mem::take(&mut tally.days),
            sessions: self.sessions(connection, &tally, is_complete)?,
            channels: self.channels(connection, &tally, is_complete)?,
            clocks: clocks(connection, self.after_id, end)?,
            rates: tally.rates,
            totals: tally.totals,
            first_at: tally.first_at,
        }))
    }

    /// The sessions that changed. Those after the batch are left out, and a session that goes on after the batch has not ended.
    fn sessions(
        &mut self,
        connection: &Connection,
        tally: &Tally,
        is_complete: bool,
    ) -> rusqlite::Result<Vec<SessionRow>> {
        let mut statement = connection.prepare(
            "SELECT id, started_unix_micros, last_unix_micros, ended_unix_micros, ended, host, version, target, profile
             FROM session WHERE id <= ?",
        )?;
        let newest = if is_complete { i64::MAX } else { tally.newest_session };
        let rows = statement.query_map([newest], |row| {
            Ok(SessionRow {
                id: row.get(0)?,
                started: row.get(1)?,
                last: row.get(2)?,
                ended: row.get(3)?,
                how: row.get(4)?,
                host: row.get(5)?,
                version: row.get(6)?,
                target: row.get(7)?,
                profile: row.get(8)?,
            })
        })?;
        let mut changed = Vec::new();
        for session in rows {
            let mut session = session?;
            if !is_complete && session.id == newest {
                (session.ended, session.how) = (None, None);
                session.last = tally.last_at.unwrap_or(session.started);
            }
            if self.sessions.get(&session.id) != Some(&session) {
                self.sessions.insert(session.id, session.clone());
                changed.push(session);
            }
        }
        Ok(changed)
    }

    /// The channels of the batch. Their state is that of the end of the recording, so it is sent with the last batch only.
    fn channels(
        &mut self,
        connection: &Connection,
        tally: &Tally,
        is_complete: bool,
    ) -> rusqlite::Result<Vec<ChannelRow>> {
        if let Some(changed) = &mut self.changed {
            changed.extend(tally.channels.keys());
        }
        let wanted: Vec<i64> = match &self.changed {
            Some(changed) if is_complete => changed.iter().copied().collect(),
            None if is_complete => ids(connection)?,
            _ => tally.channels.keys().copied().collect(),
        };
        if is_complete {
            self.changed = Some(BTreeSet::new());
        }
        let mut statement = connection.prepare(
            "SELECT name, epoch, counter, counter_unix_micros, run_id, replication_id FROM channel WHERE id = ?",
        )?;
        let mut rows = Vec::with_capacity(wanted.len());
        for id in wanted {
            let of_batch = tally.channels.get(&id).copied().unwrap_or_default();
            let row = statement.query_row([id], |row| {
                let name = match row.get_ref(0)? {
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
                    other => {
                        let what = "not a channel's name".into();
                        return Err(rusqlite::Error::FromSqlConversionFailure(0, other.data_type(), what));
                    }
                };
                let state = |column: usize| if is_complete { row.get::<_, Option<i64>>(column) } else { Ok(None) };
                Ok(ChannelRow {
                    id,
                    name,
                    epoch: if is_complete { row.get(1)? } else { of_batch.1 },
                    tally: of_batch.0,
                    counter: state(2)?,
                    counter_at: state(3)?,
                    run_id: if is_complete { row.get(4)? } else { None },
                    replication_id: if is_complete { row.get(5)? } else { None },
                })
            })?;
            rows.push(row);
        }
        Ok(rows)
    }
}

fn ids(connection: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare("SELECT id FROM channel")?;
    let ids = statement.query_map([], |row| row.get(0))?;
    ids.collect()
}

fn clocks(connection: &Connection, after_id: i64, end: i64) -> rusqlite::Result<Vec<(i64, i64, i64)>> {
    let mut statement = connection.prepare("SELECT id, session, offset_micros FROM clock WHERE id > ? AND id <= ?")?;
    let rows = statement.query_map((after_id, end), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.collect()
}

/// What is counted while a batch is read.
#[derive(Default)]
struct Tally {
    totals: Totals,
    days: BTreeSet<i32>,
    day: Option<i32>,
    rates: HashMap<(i64, i64), (i64, i64)>,
    /// The messages and the newest epoch of each channel.
    channels: BTreeMap<i64, (ChannelTally, i64)>,
    newest_session: i64,
    first_at: Option<i64>,
    last_at: Option<i64>,
}

impl Tally {
    /// Counts a message. Returns its id.
    fn message(&mut self, row: &Row<'_>) -> rusqlite::Result<i64> {
        let (id, session, at): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (channel, epoch, verdict): (i64, i64, i64) = (row.get(3)?, row.get(4)?, row.get(9)?);
        let bytes = row.get_ref(11)?.as_blob()?.len();
        let rejected = i64::from(verdict >= 2);
        self.totals.messages += 1;
        self.totals.rejected += rejected;
        self.totals.payload_bytes += i64::try_from(bytes).unwrap_or(i64::MAX);
        let day = partition_day(at);
        if day != self.day {
            self.day = day;
            self.days.extend(day);
        }
        let rate = self.rates.entry((at.div_euclid(1_000_000), channel)).or_default();
        *rate = (rate.0 + 1, rate.1 + rejected);
        let (of_channel, newest) = self.of_channel(channel);
        of_channel.messages += 1;
        of_channel.rejected += rejected;
        of_channel.last_at = Some(at);
        *newest = epoch.max(*newest);
        self.newest_session = self.newest_session.max(session);
        self.first_at = self.first_at.or(Some(at));
        self.last_at = Some(at);
        Ok(id)
    }

    /// Counts a row of another table.
    fn other(
        &mut self,
        table: &str,
        row: &Row<'_>,
        channel: Option<usize>,
        epoch: Option<usize>,
    ) -> rusqlite::Result<()> {
        if let Some(channel) = channel.map(|column| row.get::<_, Option<i64>>(column)).transpose()?.flatten() {
            let (_, newest) = self.of_channel(channel);
            if let Some(column) = epoch {
                *newest = row.get::<_, i64>(column)?.max(*newest);
            }
        }
        match table {
            "finding" => {
                self.totals.findings += 1;
                // The channel of a duplicate's first copy.
                if let Some(first) = row.get::<_, Option<i64>>(19)? {
                    self.channels.entry(first).or_insert((ChannelTally::default(), 1));
                }
            }
            "hole" => self.totals.not_recorded += row.get::<_, Option<i64>>(7)?.unwrap_or(0),
            _ => {}
        }
        if table != "hole_range" {
            self.newest_session = self.newest_session.max(row.get(1)?);
        }
        Ok(())
    }

    fn of_channel(&mut self, channel: i64) -> &mut (ChannelTally, i64) {
        self.channels.entry(channel).or_insert((ChannelTally::default(), 1))
    }
}

/// Opens a recording for reading.
fn open(path: &Path) -> Result<Connection, RecordError> {
    let failed = |error: rusqlite::Error| RecordError::failed(path, "read", &error);
    let connection = file::read_only(path).map_err(failed)?;
    match RecordError::of_kind(path, schema::kind(&connection).map_err(failed)?) {
        Some(error) => Err(error),
        None => Ok(connection),
    }
}

/// The UUID and the last id.
fn identity_of(connection: &Connection) -> rusqlite::Result<(Uuid, i64)> {
    connection.query_row("SELECT recording, next_id - 1 FROM total", [], |row| {
        let text: String = row.get(0)?;
        let uuid = text.parse().map_err(|error: uuid::Error| {
            rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
        })?;
        Ok((uuid, row.get(1)?))
    })
}

/// Reads the identity of a recording.
pub(super) fn identity(path: &Path) -> Result<Identity, RecordError> {
    let connection = open(path)?;
    let read = || {
        let (recording, last_id) = identity_of(&connection)?;
        let total = "SELECT source, deleted, deleted_to_unix_micros FROM total";
        let (source, deleted, deleted_to) =
            connection.query_row(total, [], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))?;
        let mut sessions = connection.prepare("SELECT id, started_unix_micros FROM session")?;
        let sessions = sessions.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let source = storable(source.as_bytes()).into_owned();
        Ok(Identity { recording, source, last_id, deleted, deleted_to, sessions: sessions.collect::<Result<_, _>>()? })
    };
    read().map_err(|error: rusqlite::Error| RecordError::failed(path, "read", &error))
}

/// How many ids after an id the recording has, and when the first message after it was received. Without an id, the last one that
/// a store is known to have.
pub(super) fn unshipped(path: &Path, after_id: Option<i64>) -> Result<(u64, Option<i64>), RecordError> {
    let connection = open(path)?;
    let read = || {
        let known = || connection.query_row("SELECT coalesce(min(through_id), 0) FROM shipped", [], |row| row.get(0));
        let after_id = after_id.map_or_else(known, Ok)?;
        let (_, last_id) = identity_of(&connection)?;
        let first = "SELECT at_unix_micros FROM message WHERE id > ? ORDER BY id LIMIT 1";
        let first = connection.query_row(first, [after_id], |row| row.get(0)).optional()?;
        Ok((u64::try_from(last_id - after_id).unwrap_or(0), first))
    };
    read().map_err(|error: rusqlite::Error| RecordError::failed(path, "read", &error))
}
