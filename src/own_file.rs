//! Files that aircheck keeps for itself: locks, the history, the counters, the log.
//!
//! Other users may be able to create files in the same directory. A link that they put there must not make aircheck open,
//! change or lock another file of its user.

use std::fs::{File, Metadata, OpenOptions, symlink_metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::geteuid;

/// Opens a file for reading and writing, and creates it for its owner only if it is missing. Never truncates it.
///
/// # Errors
/// If it cannot be opened, or is a symbolic link, not a regular file, another user's, or has more than one name.
pub fn open(path: &Path) -> io::Result<File> {
    // Without NONBLOCK, opening a named pipe could wait forever.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(flags.bits().cast_signed());
    let file = options.open(path).map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::LOOP) => symbolic_link(),
        _ => error,
    })?;
    check(&file.metadata()?)?;
    Ok(file)
}

/// Creates a file for its owner only if it is missing, for a library that opens it by name.
///
/// A file that exists is not opened: closing it would end the locks that `SQLite` holds on it elsewhere in this process.
///
/// # Errors
/// As for [`open`].
pub fn create(path: &Path) -> io::Result<()> {
    match OpenOptions::new().create_new(true).write(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => check(&symlink_metadata(path)?),
        Err(error) => Err(error),
    }
}

fn check(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_symlink() {
        return Err(symbolic_link());
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file; remove it"));
    }
    if metadata.uid() != geteuid().as_raw() {
        return Err(io::Error::other(format!("it belongs to another user (uid {}); remove it", metadata.uid())));
    }
    // None at all is a file that another process has just replaced.
    if metadata.nlink() > 1 {
        return Err(io::Error::other("it has a second name (a hard link); remove it"));
    }
    Ok(())
}

fn symbolic_link() -> io::Error {
    io::Error::other("it is a symbolic link; remove it")
}
