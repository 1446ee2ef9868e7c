//! The recordings that a command line names: files, and directories of files. The acknowledgements of their findings.

use std::fs::{File, read_dir};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::Failure;
use crate::config::acknowledgements_file;
use crate::failure::{escape_error, to_stderr};
use crate::ledger::finding::Acknowledgements;
use crate::recording::acknowledgements::AcknowledgementFile;
use crate::recording::file::{RecordError, none_in};
use crate::recording::reader::{RecordingBackend, RecordingReader};
use crate::wire::escape::escape;

/// The first bytes of an `SQLite` file.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// The named files, and the recordings in the named directories, in alphabetical order. A directory without recordings is an
/// error.
pub(super) fn recordings(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        if !path.is_dir() {
            // A wrong name must not look like an empty recording.
            RecordingReader::open(path)?;
            all.push(path.clone());
            continue;
        }
        let entries = entries(path)?;
        let mut inside: Vec<PathBuf> = entries.iter().filter(|file| is_recording(file)).cloned().collect();
        if inside.is_empty() {
            return Err(no_recording(path, &entries));
        }
        all.append(&mut inside);
    }
    Ok(all)
}

/// The error for a directory without recordings. Names a subdirectory that has some.
fn no_recording(directory: &Path, entries: &[PathBuf]) -> Failure {
    let has_recording = |path: &&PathBuf| {
        path.is_dir() && self::entries(path).is_ok_and(|inside| inside.iter().any(|file| is_recording(file)))
    };
    let subdirectory = entries.iter().find(has_recording);
    Failure::usage(none_in("no recording", &shown(directory), subdirectory.map(PathBuf::as_path)))
}

/// What a directory contains, in alphabetical order.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = || {
        let mut paths =
            read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>()?;
        paths.sort();
        Ok(paths)
    };
    entries().map_err(|error: std::io::Error| {
        Failure::usage(format!("cannot read {}: {}", shown(directory), escape_error(&error)))
    })
}

/// A directory can contain other files, and other databases.
fn is_recording(path: &Path) -> bool {
    is_sqlite(path) && RecordingReader::open(path).is_ok()
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

fn is_sqlite(path: &Path) -> bool {
    let mut header = [0; SQLITE.len()];
    path.is_file() && File::open(path).and_then(|mut file| file.read_exact(&mut header)).is_ok() && header == SQLITE
}

/// The file with the acknowledgements of a server's findings; none if there is no home directory.
pub(super) fn acknowledgement_file(server: String) -> Option<AcknowledgementFile> {
    acknowledgements_file().ok().map(|path| AcknowledgementFile::new(path, server))
}

/// The acknowledgements in a bundle, and those made on this machine. Prints a warning if the latter cannot be read.
///
/// # Errors
/// The recording cannot be read.
pub(super) fn acknowledgements(reader: &RecordingReader) -> Result<Acknowledgements, RecordError> {
    with_own(reader, reader.acknowledgements()?)
}

/// The acknowledgements made on this machine, after those that are already known. Prints a warning if they cannot be read.
///
/// # Errors
/// The recording cannot be read.
pub(super) fn with_own<B: RecordingBackend>(
    reader: &RecordingReader<B>,
    mut known: Acknowledgements,
) -> Result<Acknowledgements, RecordError> {
    if let Some(file) = acknowledgement_file(reader.overview()?.source)
        && let Err(error) = file.apply(&mut known)
    {
        to_stderr(&format!("Warning: acknowledgements are not shown: {error}"));
    }
    Ok(known)
}
