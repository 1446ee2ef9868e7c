//! Reads the recordings of one source from a store, as one recording: what all of them together know.
//!
//! Each broadcast appears once, although several recorders received it. A gap or hole appears only where no recording has
//! what is missing. Queries in stream order (`forward`, `backward`) are different: they list each recording in turn, with all its
//! rows.
//!
//! | module | content |
//! |---|---|
//! | `catalog` | the recordings and channels |
//! | `rows` | the queries on one recording |
//! | `union` | combines the rows of several recordings |
//! | `equal` | matches messages without a number |
//! | `rest` | what remains of gaps and holes |
//! | `uncounted` | matches messages that were not counted, and their findings |
//!
//! The rows of several recordings have ids of their own: see `Catalog::place`. With one recording, all rows and ids are those of
//! the recording.

mod catalog;
mod equal;
mod rest;
mod rows;
mod uncounted;
mod union;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::pin::pin;

use futures_util::TryStreamExt as _;
use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use self::catalog::Catalog;
use self::union::columns;
use super::connection::{Access, StoreConnection};
use super::error::{StoreError, StoreErrorKind};
use super::schema;
use super::target::StoreTarget;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Channel;
use crate::recording::file::RecordError;
use crate::recording::reader::{Place, RecordingBackend, RecordingReader};
use crate::wire::escape::escape;

/// The recordings of one source in a store.
///
/// It is blocking: each query runs on an event loop of its own. It must not be used inside another event loop.
#[derive(Debug)]
pub struct StoreBackend {
    connection: StoreConnection,
    statements: RefCell<HashMap<String, Statement>>,
    catalog: Catalog,
    /// How long the last full page by time was, in microseconds.
    page_micros: Cell<i64>,
    // The last field, because the connection needs it to close.
    runtime: Runtime,
}

/// Parameters of a statement.
type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

impl RecordingReader<StoreBackend> {
    /// Opens the recordings of a source. If `source` is none, the store must have only one.
    ///
    /// # Errors
    /// The store cannot be reached, has another schema, or does not have the source. Without a source: it has none, or several.
    pub fn open_store(target: &StoreTarget, source: Option<&str>) -> Result<Self, StoreError> {
        StoreBackend::open(target, source).map(Self::new)
    }

    /// The link changes of all recordings between two times, in microseconds since the epoch.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn links_between(&self, from: i64, to: i64) -> Result<Vec<(Place, Entry)>, RecordError> {
        self.backend().links_between(from, to)
    }

    /// The server's plan for a range of sequence numbers, for tests and benchmarks.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn plan_by_sequence(
        &self,
        channel: &Channel,
        epoch: i64,
        numbers: (u64, u64),
    ) -> Result<Vec<String>, RecordError> {
        let Some(channel) = RecordingBackend::channel(self.backend(), channel)? else { return Ok(Vec::new()) };
        let parts = self.backend().catalog.parts(channel.id, epoch);
        let plans = parts.map(|part| self.backend().plan_numbered(part, columns(numbers)));
        Ok(plans.collect::<Result<Vec<_>, _>>()?.concat())
    }

    /// The id of the recording that a session belongs to.
    #[must_use]
    pub fn recording_of(&self, session: i64) -> String {
        self.backend().catalog.recording_of(session)
    }

    /// The store, without user and password. Escaped for a terminal.
    #[must_use]
    pub fn title(&self) -> &str {
        self.backend().connection.title()
    }
}

impl StoreBackend {
    fn open(target: &StoreTarget, source: Option<&str>) -> Result<Self, StoreError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| {
            let error = escape(error.to_string().as_bytes());
            StoreError::new(StoreErrorKind::Other, format!("cannot start the event loop: {error}"))
        })?;
        let connection = runtime.block_on(schema::connect(target, Access::Read))?;
        let catalog = runtime.block_on(Catalog::load(&connection, source))?;
        Ok(Self {
            connection,
            statements: RefCell::default(),
            catalog,
            page_micros: Cell::new(rows::FIRST_PAGE_MICROS),
            runtime,
        })
    }

    /// Runs a query. Statements are prepared once.
    fn query(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, RecordError> {
        let mut rows = Vec::new();
        self.query_while(sql, params, |row| {
            rows.push(row);
            Ok(true)
        })?;
        Ok(rows)
    }

    /// Runs a query, until `read` returns false. The rows are not kept, because they can be large.
    fn query_while(
        &self,
        sql: &str,
        params: Params<'_>,
        mut read: impl FnMut(Row) -> Result<bool, RecordError>,
    ) -> Result<(), RecordError> {
        let params = || params.iter().map(|param| *param as &dyn ToSql);
        self.runtime.block_on(async {
            let known = self.statements.borrow().get(sql).cloned();
            let statement = if let Some(statement) = known {
                statement
            } else {
                let statement = self.explain(self.connection.client.prepare(sql).await)?;
                self.statements.borrow_mut().insert(sql.to_owned(), statement.clone());
                statement
            };
            let rows = self.explain(self.connection.client.query_raw(&statement, params()).await)?;
            let mut rows = pin!(rows);
            while let Some(row) = self.explain(rows.try_next().await)? {
                if !read(row)? {
                    break;
                }
            }
            Ok(())
        })
    }

    fn execute(&self, sql: &str) -> Result<(), RecordError> {
        self.explain(self.runtime.block_on(self.connection.client.batch_execute(sql)))
    }

    fn explain<T>(&self, answer: Result<T, tokio_postgres::Error>) -> Result<T, RecordError> {
        answer.map_err(|error| RecordError::of_store(self.connection.explain(&error)))
    }
}

/// Reads a column.
fn column<'a, T: tokio_postgres::types::FromSql<'a>>(row: &'a Row, index: usize) -> Result<T, RecordError> {
    row.try_get(index)
        .map_err(|error| RecordError::of_store(format_args!("the store has an unexpected value: {error}")))
}

/// Reads a column with a sequence number or another count.
fn number(row: &Row, index: usize) -> Result<Option<u64>, RecordError> {
    Ok(column::<Option<i64>>(row, index)?.map(i64::cast_unsigned))
}
