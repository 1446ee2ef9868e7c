//! The acknowledgements of a recording's findings.

use crate::config::acknowledgements_file;
use crate::failure::to_stderr;
use crate::ledger::acknowledgement::Acknowledgements;
use crate::recording::acknowledgements::AcknowledgementFile;
use crate::recording::file::RecordError;
use crate::recording::reader::Reader;

/// The file with the acknowledgements of a server's findings; none if there is no home directory.
pub(super) fn file(server: String) -> Option<AcknowledgementFile> {
    acknowledgements_file().ok().map(|path| AcknowledgementFile::new(path, server))
}

/// The acknowledgements in a bundle, and those made on this machine. Prints a warning if the latter cannot be read.
///
/// # Errors
/// The recording cannot be read.
pub(super) fn of_recording(reader: &Reader) -> Result<Acknowledgements, RecordError> {
    let mut known = reader.acknowledgements()?;
    if let Some(file) = file(reader.overview()?.source)
        && let Err(error) = file.apply(&mut known)
    {
        to_stderr(&format!("Warning: acknowledgements are not shown: {error}"));
    }
    Ok(known)
}
