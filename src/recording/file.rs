//! Creates, locks and opens the file of a recording.

use std::fmt::Display;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use rusqlite::{Connection, OpenFlags};
use rustix::fs::OFlags;

use super::schema::{self, FileKind};
use crate::own_file;
use crate::wire::escape::{escape, escape_capped};

/// How long to wait if another program is changing the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// If the journal (WAL) reaches this size, it is checkpointed.
pub(super) const MAX_JOURNAL_BYTES: u32 = 4 << 20;

/// Why a recording cannot be used, with the file name and a fix. Escaped for a terminal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct RecordError {
    text: Box<str>,
    /// Whether a store failed, and not a file.
    is_of_store: bool,
}

impl RecordError {
    /// Creates the error `FILE what`.
    pub(crate) fn new(path: &Path, what: impl Display) -> Self {
        Self::of_file(format!("{} {what}", shown(path)))
    }

    /// The error for values that aircheck never writes.
    pub(super) fn damaged(what: impl Display) -> Self {
        Self::of_file(format!("the recording is damaged: it has {what}"))
    }

    /// The error of a store. `message` must be escaped.
    pub(crate) fn of_store(message: impl Display) -> Self {
        Self { text: message.to_string().into(), is_of_store: true }
    }

    /// Whether a store failed, and not a file.
    #[must_use]
    pub fn is_of_store(&self) -> bool {
        self.is_of_store
    }

    fn of_file(text: String) -> Self {
        Self { text: text.into(), is_of_store: false }
    }

    /// Creates the error `cannot ACTION FILE: error`.
    pub(crate) fn failed(path: &Path, action: &str, error: &dyn Display) -> Self {
        Self::of_file(format!("cannot {action} {}: {}", shown(path), escape(error.to_string().as_bytes())))
    }

    /// The error for a file that is not a recording of this version. `None` if it is one.
    pub(crate) fn of_kind(path: &Path, kind: FileKind) -> Option<Self> {
        match kind {
            FileKind::Altered(object) => Some(Self::altered(path, &object)),
            FileKind::Recording => None,
            FileKind::Empty => Some(Self::new(path, "is empty; it is not a recording")),
            FileKind::Other => Some(Self::new(path, "is not a recording; choose another file")),
            FileKind::OtherVersion(version) => {
                let what = format_args!(
                    "is a recording of format version {version}, expected {}; use the aircheck that wrote it, or choose another file",
                    schema::FORMAT_VERSION
                );
                Some(Self::new(path, what))
            }
        }
    }

    /// The error for a recording with a table, view or index that aircheck does not create.
    pub(super) fn altered(path: &Path, object: &str) -> Self {
        let what = format_args!(
            "has format version {}, but its schema differs from that version at {}; use the aircheck that wrote it, or choose \
             another file",
            schema::FORMAT_VERSION,
            escape_capped(object.as_bytes(), 60)
        );
        Self::new(path, what)
    }
}

/// The source of a recording in words: `redis://redis.internal:6379/0 (counter prefix system_broadcast_sequence_)`. The recording
/// contains the server and the prefix of the counters' keys, separated by a space. Escaped.
pub(crate) fn source_words(source: &str) -> String {
    match source.split_once(' ') {
        Some((server, prefix)) => {
            format!("{} (counter prefix {})", escape(server.as_bytes()), escape(prefix.as_bytes()))
        }
        None => escape(source.as_bytes()),
    }
}

/// Escapes a path.
pub(super) fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

/// The error for a directory without recordings. `what` is `no recording` or `no other recording`; `directory` must be escaped.
/// `subdirectory` is one that has some.
pub(crate) fn none_in(what: &str, directory: &str, subdirectory: Option<&Path>) -> String {
    let advice = match subdirectory {
        Some(subdirectory) => format!("name its subdirectories, e.g. \"{}\"", shown(subdirectory)),
        None => "name a recording, or another directory".to_owned(),
    };
    format!("{what} in \"{directory}\" (subdirectories are not searched); {advice}")
}

/// The shortest end of a path that no other file has: its name, or more if another file has the same name.
pub(crate) fn distinct_end<'a>(file: &'a str, files: &[impl AsRef<str>]) -> &'a str {
    let is_shared = |end: &str| {
        let ends = |other: &str| other.strip_suffix(end).is_some_and(|start| start.is_empty() || start.ends_with('/'));
        files.iter().map(AsRef::as_ref).any(|other| other != file && ends(other))
    };
    let mut ends = file.rmatch_indices('/').map(|(at, _)| &file[at + 1..]).chain([file]);
    ends.find(|end| !is_shared(end)).unwrap_or(file)
}

/// Exclusive write access to a recording: a lock on `FILE-lock`. The system releases it when the process ends, even if it is
/// killed.
///
/// It is separate from `SQLite`'s locks, because other processes may read the recording at the same time. The lock file is never
/// removed. Otherwise two processes could each lock a different file with the same name.
#[derive(Debug)]
pub(crate) struct WriteLock(File);

impl WriteLock {
    /// Takes the lock.
    ///
    /// # Errors
    /// Another process has the lock, or the lock file cannot be created. The error contains the id of that process.
    pub(crate) fn take(path: &Path) -> Result<Self, RecordError> {
        let lock_path = with_suffix(path, "-lock");
        let failed = |error: io::Error| match error.kind() {
            // The directory is missing.
            io::ErrorKind::NotFound => RecordError::failed(path, "record to", &error),
            _ => RecordError::failed(&lock_path, "lock", &error),
        };
        let mut file = own_file::open(&lock_path).map_err(failed)?;
        match try_lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = (&mut file).take(20).read_to_string(&mut holder);
                let holder = escape(holder.trim().as_bytes());
                let what =
                    format_args!("is being recorded by another process ({holder}); stop it, or choose another file");
                return Err(RecordError::new(path, what));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // Padded to replace a longer number. Errors are ignored: on a full disk the number is missing, but the lock is valid.
        let _ = file.write_all_at(format!("{:<20}\n", std::process::id()).as_bytes(), 0);
        Ok(Self(file))
    }

    /// Whether a process has the lock.
    pub(super) fn is_held(path: &Path) -> bool {
        // Without NONBLOCK, opening a named pipe could wait forever.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file =
            OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(with_suffix(path, "-lock"));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

/// Retries, because `is_held` takes the lock for a moment.
fn try_lock(file: &File) -> Result<(), TryLockError> {
    for _ in 0..10 {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            other => return other,
        }
    }
    file.try_lock()
}

impl Drop for WriteLock {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Creates the file for its owner only. `SQLite` gives its journal the same permissions.
///
/// A file that exists is not opened: closing it would release the locks that `SQLite` holds on it elsewhere in this process.
fn create(path: &Path) -> io::Result<()> {
    match OpenOptions::new().create_new(true).write(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // A recorder that was killed may have left a journal with other permissions.
            let path = path.canonicalize()?;
            ["", "-wal", "-shm"].into_iter().try_for_each(|end| close_to_others(&with_suffix(&path, end)))
        }
        Err(error) => Err(error),
    }
}

fn close_to_others(path: &Path) -> io::Result<()> {
    let metadata = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata?,
    };
    let mut permissions = metadata.permissions();
    if metadata.is_file() && permissions.mode() & 0o077 != 0 {
        permissions.set_mode(permissions.mode() & 0o700);
        std::fs::set_permissions(path, permissions)?;
    }
    Ok(())
}

/// Checks that recording to a file is possible: it is missing, empty, or a recording. Does not change or create anything.
pub(super) fn check(path: &Path) -> Result<(), RecordError> {
    let failed = |error: &dyn Display| RecordError::failed(path, "record to", error);
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(&error)),
        Ok(metadata) if !metadata.is_file() => return Err(failed(&"it is not a regular file")),
        Ok(_) => {}
    }
    let connection = read_only(path).map_err(|error| failed(&error))?;
    must_be_recordable(&connection, path)
}

/// Returns an error if a file is neither empty nor a recording.
fn must_be_recordable(connection: &Connection, path: &Path) -> Result<(), RecordError> {
    let failed = |error: &dyn Display| RecordError::failed(path, "record to", error);
    match schema::kind(connection).map_err(|error| failed(&error))? {
        FileKind::Empty => Ok(()),
        kind => RecordError::of_kind(path, kind).map_or(Ok(()), Err),
    }
}

/// Opens a recording or an empty file for writing. Creates it if it is missing.
pub(super) fn connect(path: &Path) -> Result<Connection, RecordError> {
    let failed = |error: &dyn Display| RecordError::failed(path, "record to", error);
    create(path).map_err(|error| failed(&error))?;
    let connection = Connection::open(path).map_err(|error| failed(&error))?;
    connection.busy_timeout(BUSY_TIMEOUT).and_then(|()| schema::harden(&connection)).map_err(|error| failed(&error))?;
    must_be_recordable(&connection, path)?;
    prepare(&connection).map_err(|error| failed(&error))?;
    Ok(connection)
}

/// Opens a recording for reading. If the directory is read-only, nobody can write to the file, and it is opened as immutable.
pub(crate) fn read_only(path: &Path) -> rusqlite::Result<Connection> {
    let read = |connection: Connection| {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(64);
        schema::harden(&connection)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).and_then(read).or_else(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly) => {
            Connection::open_with_flags(uri(path, "immutable=1"), flags | OpenFlags::SQLITE_OPEN_URI).and_then(read)
        }
        _ => Err(error),
    })
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    // These two settings take effect only before the first table is created. Pages of twice the default size halve the number of
    // system calls at high rates.
    connection.pragma_update(None, "page_size", 8192)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // This connection always writes a referenced row first. Checking the reference again for each message would take a quarter of
    // the time per message, partly because SQLite then also prepares to undo a single statement.
    connection.pragma_update(None, "foreign_keys", "OFF")?;
    checkpoint_at(connection, MAX_JOURNAL_BYTES)?;
    connection.query_row(&format!("PRAGMA journal_size_limit = {MAX_JOURNAL_BYTES}"), [], |_| Ok(()))
}

/// Checkpoints the journal whenever it reaches this many bytes. 0 disables it.
pub(super) fn checkpoint_at(connection: &Connection, bytes: u32) -> rusqlite::Result<()> {
    let page: u32 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    connection.query_row(&format!("PRAGMA wal_autocheckpoint = {}", bytes / page.max(512)), [], |_| Ok(()))
}

/// Writes the journal to the disk. Batches are not synced one by one, so a crash of the machine can undo the last ones.
///
/// The recording itself is not opened: closing it would release the locks that `SQLite` holds on it elsewhere in this process. A
/// checkpoint syncs it before the journal is used again.
pub(crate) fn sync_journal(path: &Path) -> io::Result<()> {
    match File::open(with_suffix(path, "-wal")) {
        Ok(journal) => journal.sync_data(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// A file name as an `SQLite` URI with one option, e.g. `mode=ro`.
pub(super) fn uri(path: &Path, option: &str) -> String {
    const ENCODED_IN_URI: &AsciiSet = &CONTROLS.add(b'?').add(b'#').add(b'%');
    format!("file:{}?{option}", percent_encode(path.as_os_str().as_encoded_bytes(), ENCODED_IN_URI))
}

/// The size of a recording with its journal, in bytes.
pub(super) fn size(path: &Path) -> u64 {
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    length(path) + length(&with_suffix(path, "-wal"))
}

/// Appends a suffix to the file name, e.g. `FILE-wal`.
fn with_suffix(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
