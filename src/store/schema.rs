//! The tables of a store, and their version.

use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::connection::{Access, StoreConnection};
use super::error::{StoreError, StoreErrorKind};
use super::target::StoreTarget;
use crate::recording::codes;
use crate::wire::verdict::Rejection;

/// The version of the schema. A store with another version cannot be used.
pub const SCHEMA_VERSION: i32 = 1;

/// The tables, with their documentation.
pub const SCHEMA: &str = include_str!("schema.sql");

/// The views, with their documentation.
pub const VIEWS: &str = include_str!("views.sql");

/// The key of the advisory lock that is held while the schema is created or upgraded.
const LOCK: (i32, i32) = (0x4143_484B, 0);

/// Connects, and checks the version of the schema.
///
/// # Errors
/// The store cannot be reached, or its schema is missing or of another version.
pub async fn connect(target: &StoreTarget, access: Access) -> Result<StoreConnection, StoreError> {
    let connection = StoreConnection::open(target, access).await?;
    match version(&connection).await? {
        Some(SCHEMA_VERSION) => Ok(connection),
        Some(version) => Err(other_version(connection.title(), version)),
        None => Err(StoreError::new(
            StoreErrorKind::Schema,
            format!("store {} has no aircheck tables; run aircheck store create", connection.title()),
        )),
    }
}

/// Connects, and creates the schema if it is missing and the role may do so.
///
/// # Errors
/// The store cannot be reached, its schema is of another version, or it is missing and cannot be created.
pub async fn connect_and_create(target: &StoreTarget) -> Result<StoreConnection, StoreError> {
    let mut connection = StoreConnection::open(target, Access::Write).await?;
    match version(&connection).await? {
        Some(SCHEMA_VERSION) => return Ok(connection),
        Some(version) => return Err(other_version(connection.title(), version)),
        None => {}
    }
    create(&mut connection).await.map_err(|error| match error.kind {
        StoreErrorKind::Denied => StoreError::new(
            StoreErrorKind::Denied,
            format!(
                "store {} has no aircheck tables, and this role may not create them; run aircheck store create as the owner",
                connection.title()
            ),
        ),
        _ => error,
    })?;
    Ok(connection)
}

/// The version of the schema. `None` if there is none.
async fn version(connection: &StoreConnection) -> Result<Option<i32>, StoreError> {
    let row = match connection.client.query_opt("SELECT version FROM aircheck.version", &[]).await {
        Ok(row) => row,
        Err(error) if is_missing(error.code()) => return Ok(None),
        Err(error) => return Err(connection.explain(&error)),
    };
    row.map(|row| row.try_get(0)).transpose().map_err(|error| connection.explain(&error))
}

fn is_missing(code: Option<&SqlState>) -> bool {
    code == Some(&SqlState::UNDEFINED_TABLE) || code == Some(&SqlState::INVALID_SCHEMA_NAME)
}

fn other_version(title: &str, version: i32) -> StoreError {
    let what = if version > SCHEMA_VERSION { "newer" } else { "older" };
    StoreError::new(
        StoreErrorKind::Schema,
        format!(
            "store {title} has schema version {version}, which is {what} than the expected {SCHEMA_VERSION}; use the aircheck that \
             created it"
        ),
    )
}

/// Creates the schema in one transaction. Of several programs that try it at the same time, one does it.
async fn create(connection: &mut StoreConnection) -> Result<(), StoreError> {
    let title = connection.title().to_owned();
    let failed = |error: tokio_postgres::Error| StoreError::explain(&title, &error);
    let transaction = connection.client.transaction().await.map_err(failed)?;
    transaction.execute("SELECT pg_advisory_xact_lock($1, $2)", &[&LOCK.0, &LOCK.1]).await.map_err(failed)?;
    let exists = "SELECT to_regclass('aircheck.version') IS NOT NULL";
    let exists: bool = transaction.query_one(exists, &[]).await.and_then(|row| row.try_get(0)).map_err(failed)?;
    if exists {
        return transaction.commit().await.map_err(failed);
    }
    transaction.batch_execute(SCHEMA).await.map_err(failed)?;
    transaction.batch_execute(VIEWS).await.map_err(failed)?;
    for (code, certainty, unknown_reason) in codes::certainties() {
        let insert = "INSERT INTO aircheck.certainty (id, certainty, unknown_reason) VALUES ($1, $2, $3)";
        transaction.execute(insert, &[&small(code), &certainty, &unknown_reason]).await.map_err(failed)?;
    }
    for (code, verdict) in (0_i64..).zip(codes::VERDICTS) {
        let insert = "INSERT INTO aircheck.verdict (id, verdict, rejection) VALUES ($1, $2, $3)";
        let rejection = verdict.rejection().map(Rejection::name);
        transaction.execute(insert, &[&small(code), &verdict.name(), &rejection]).await.map_err(failed)?;
    }
    let insert = "INSERT INTO aircheck.version (one, version, store) VALUES (true, $1, $2)";
    transaction.execute(insert, &[&SCHEMA_VERSION, &Uuid::new_v4()]).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

/// A code of a verdict or certainty.
fn small(code: i64) -> i16 {
    i16::try_from(code).unwrap_or(i16::MAX)
}
