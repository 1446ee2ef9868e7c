//! Saves rows to a file.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::console::popups::save::SavedRow;
use crate::ledger::interval::Entry;
use crate::output::json::JsonLines;
use crate::wire::escape::escape;

/// Saves rows as JSON lines in a new file that only its owner can read. Returns the number of lines and the path. `~/` is
/// the home directory.
///
/// # Errors
/// If the file exists or cannot be written. Then no file is left. The error is escaped.
pub fn save(path: &str, rows: &[SavedRow]) -> Result<(u64, String), String> {
    let path = expand(path);
    let shown = escape(path.as_os_str().as_encoded_bytes());
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let file = file.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => format!("{shown} is there already, and stays as it is"),
        _ => format!("{shown}: {}", escape(error.to_string().as_bytes())),
    })?;
    match write(BufWriter::new(file), rows) {
        Ok(lines) => Ok((lines, shown)),
        Err(error) => {
            let _ = fs::remove_file(&path);
            Err(format!("{shown}: {}", escape(error.to_string().as_bytes())))
        }
    }
}

fn write(mut file: impl Write, rows: &[SavedRow]) -> io::Result<u64> {
    let (mut json, mut line, mut lines) = (JsonLines::default(), Vec::new(), 0);
    for SavedRow { row, filter_error } in rows {
        line.clear();
        if let Entry::Message(message) = row.entry() {
            json.message(&mut line, &row.interval, message, filter_error.as_deref());
            lines += 1;
        } else {
            lines += u64::from(json.entry(&mut line, &row.interval, row.entry()));
        }
        file.write_all(&line)?;
    }
    file.flush()?;
    Ok(lines)
}

/// A path as typed; `~/` is the home directory.
pub(crate) fn expand(path: &str) -> PathBuf {
    match (path.trim().strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => Path::new(path.trim()).to_owned(),
    }
}
