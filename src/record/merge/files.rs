//! Opening two recordings and a new one through one connection.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use tempfile::NamedTempFile;

use crate::record::file::{RecordError, uri};
use crate::record::reader::Reader;
use crate::record::schema;
use crate::wire::escape::escape;

/// The new file under a name of its own, and both recordings attached as `a` and `b`.
pub(super) struct Files {
    pub(super) connection: Connection,
    file: NamedTempFile,
}

/// Opens all three; looks at everything that can be wrong before anything is made.
pub(super) fn open(paths: [&Path; 2], out: &Path, same_server: bool) -> Result<Files, RecordError> {
    let readers = [Reader::open(paths[0])?, Reader::open(paths[1])?];
    let place = |path: &Path| std::fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino())).ok();
    if place(paths[0]) == place(paths[1]) {
        return Err(RecordError::new(paths[1], "is the same file as the first one; name two recordings"));
    }
    if std::fs::symlink_metadata(out).is_ok() {
        return Err(RecordError::new(out, "exists already; name a file that does not"));
    }
    let sources = [readers[0].overview()?.source, readers[1].overview()?.source];
    if sources[0] != sources[1] && !same_server {
        return Err(RecordError::new(
            paths[1],
            format_args!(
                "names another server ({}) than the first recording ({}); where it is one server, add --same-server",
                escape(sources[1].as_bytes()),
                escape(sources[0].as_bytes())
            ),
        ));
    }
    let file = create(out).map_err(|error| RecordError::failed(out, "made", &error))?;
    let connection = prepare(file.path(), &sources[0]).map_err(|error| RecordError::failed(out, "made", &error))?;
    for (path, name) in paths.into_iter().zip(["a", "b"]) {
        attach(&connection, path, name).map_err(|error| RecordError::failed(path, "read", &error))?;
    }
    Ok(Files { connection, file })
}

fn create(out: &Path) -> std::io::Result<NamedTempFile> {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::Builder::new().prefix(".merge-").tempfile_in(folder)
}

fn prepare(path: &Path, source: &str) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    // What is not finished is thrown away, so it needs no journal.
    connection.query_row("PRAGMA journal_mode = OFF", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    schema::create(&connection, source)?;
    connection.execute_batch(include_str!("merge.sql"))?;
    Ok(connection)
}

/// Where the folder cannot be written, and so nobody else writes, the file is read as it stands.
fn attach(connection: &Connection, path: &Path, name: &str) -> rusqlite::Result<()> {
    let with = |option: &str| {
        connection.execute(&format!("ATTACH ? AS {name}"), [uri(path, option)])?;
        connection.query_row(&format!("SELECT count(*) FROM {name}.sqlite_schema"), [], |_| Ok(()))
    };
    with("mode=ro").or_else(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly) => {
            // It is attached already where only the reading failed.
            let _ = connection.execute_batch(&format!("DETACH {name}"));
            with("immutable=1")
        }
        _ => Err(error),
    })
}

impl Files {
    /// Gives the new file its name.
    pub(super) fn finish(self, out: &Path) -> Result<(), RecordError> {
        let failed = |error: &dyn std::fmt::Display| RecordError::failed(out, "made", error);
        self.connection.close().map_err(|(_, error)| failed(&error))?;
        self.file.as_file().sync_all().map_err(|error| failed(&error))?;
        self.file.persist_noclobber(out).map_err(|error| failed(&error.error))?;
        Ok(())
    }
}
