//! A new recording that gets its file name when it is complete.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use tempfile::NamedTempFile;

use super::file::{RecordError, uri};
use super::schema;

/// A new recording with a temporary name, which only its owner can read. It is deleted when dropped, unless
/// [`finish`](Self::finish) was called.
pub(super) struct StagedRecording {
    pub(super) connection: Connection,
    file: NamedTempFile,
}

/// Returns an error if the file name is taken.
pub(super) fn must_be_free(out: &Path) -> Result<(), RecordError> {
    match std::fs::symlink_metadata(out) {
        Ok(_) => Err(RecordError::new(out, "already exists; choose another file")),
        Err(_) => Ok(()),
    }
}

/// Creates an empty temporary file next to `out`, for its owner only.
pub(super) fn temporary_file_next_to(out: &Path) -> Result<NamedTempFile, RecordError> {
    let directory = out.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let made = tempfile::Builder::new().prefix(".draft-").tempfile_in(directory);
    made.map_err(|error| RecordError::failed(out, "create", &error))
}

impl StagedRecording {
    /// Creates an empty recording of `source` next to `out`.
    pub(super) fn new(out: &Path, source: &str) -> Result<Self, RecordError> {
        must_be_free(out)?;
        Self::next_to(out, source)
    }

    /// Creates an empty recording of `source` in the directory of `out`, which may exist.
    pub(super) fn next_to(out: &Path, source: &str) -> Result<Self, RecordError> {
        let file = temporary_file_next_to(out)?;
        let connection = prepare(file.path(), source).map_err(|error| RecordError::failed(out, "create", &error))?;
        Ok(Self { connection, file })
    }

    /// The temporary name.
    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Attaches another recording as `name`, for reading only.
    pub(super) fn attach(&self, path: &Path, name: &str) -> Result<(), RecordError> {
        attach_recording(&self.connection, path, name)
    }

    /// Renames the file to `out`.
    pub(super) fn finish(self, out: &Path) -> Result<(), RecordError> {
        let failed = |error: &dyn std::fmt::Display| RecordError::failed(out, "create", error);
        self.connection.close().map_err(|(_, error)| failed(&error))?;
        self.file.as_file().sync_all().map_err(|error| failed(&error))?;
        self.file.persist_noclobber(out).map_err(|error| failed(&error.error))?;
        Ok(())
    }
}

fn prepare(path: &Path, source: &str) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    // An unfinished file is deleted, so it needs no journal.
    connection.query_row("PRAGMA journal_mode = OFF", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    schema::create(&connection, source)?;
    schema::harden(&connection)?;
    Ok(connection)
}

/// Attaches a recording as `name`, for reading only.
pub(super) fn attach_recording(connection: &Connection, path: &Path, name: &str) -> Result<(), RecordError> {
    let failed = |error: rusqlite::Error| RecordError::failed(path, "read", &error);
    attach(connection, path, name).map_err(failed)?;
    match schema::altered(connection, name).map_err(failed)? {
        Some(object) => Err(RecordError::altered(path, &object)),
        None => Ok(()),
    }
}

/// If the directory is read-only, nobody can write to the file, and it is attached as immutable.
fn attach(connection: &Connection, path: &Path, name: &str) -> rusqlite::Result<()> {
    let with = |option: &str| {
        connection.execute(&format!("ATTACH ? AS {name}"), [uri(path, option)])?;
        connection.query_row(&format!("SELECT count(*) FROM {name}.sqlite_schema"), [], |_| Ok(()))
    };
    with("mode=ro").or_else(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly) => {
            // If the file was attached but could not be read, it must be detached before the second attempt.
            let _ = connection.execute_batch(&format!("DETACH {name}"));
            with("immutable=1")
        }
        _ => Err(error),
    })
}
