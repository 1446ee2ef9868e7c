//! How far a recording was shipped to a store: the table `shipped`. Retention keeps what a store lacks.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};
use uuid::Uuid;

use super::schema;

/// How long to wait for a recorder that writes. It must never wait for this.
const BUSY_TIMEOUT: Duration = Duration::from_millis(100);

/// Stores in the file that a store has every row up to an id. Does nothing if the file is another recording.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn mark(path: &Path, recording: Uuid, store: Uuid, through_id: i64) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    schema::harden(&connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(
        "INSERT INTO shipped (store, through_id) SELECT ?1, ?2 FROM total WHERE recording = ?3
         ON CONFLICT DO UPDATE SET through_id = max(through_id, excluded.through_id)",
        params![store.to_string(), through_id, recording.to_string()],
    )?;
    transaction.commit()
}
