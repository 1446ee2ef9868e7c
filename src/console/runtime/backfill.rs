//! Searches other recordings for a gap. It runs on a blocking thread and never changes a recording.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::console::app::scrollback::Row;
use crate::console::popups::backfill::{BackfillResult, GapQuery};
use crate::console::runtime::save::expand;
use crate::recording::backfill::{self, EpochMatch};
use crate::recording::file::{distinct_end, none_in};
use crate::recording::schema::APPLICATION_ID;
use crate::wire::escape::escape;

/// The maximum number of files to examine in a directory.
const MAX_EXAMINED: usize = 500;
/// The maximum number of messages in a result.
const MAX_ROWS: usize = 1000;
/// The maximum number of recordings to offer in a directory.
const MAX_OFFERED: usize = 50;

/// The recordings next to the known recordings, without these, and then those in the current directory. A directory with several
/// comes before them, because a search of all of them finds the most. Each directory is sorted by name.
#[must_use]
pub fn offer(known: &[PathBuf]) -> Vec<String> {
    let known = expanded(known);
    let directories = known.iter().map(|path| path.parent().unwrap_or(Path::new("")).to_owned());
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for directory in directories.chain([PathBuf::new()]) {
        let place = if directory.as_os_str().is_empty() { Path::new(".") } else { &directory };
        let Ok(place) = place.canonicalize() else { continue };
        if !seen.insert(place) {
            continue;
        }
        let files = recordings_in(&directory, &known);
        if files.len() > 1 {
            let shown = if directory.as_os_str().is_empty() { Path::new(".") } else { &directory };
            found.extend(shown.to_str().map(|shown| format!("{shown}/")));
        }
        found.extend(files.iter().take(MAX_OFFERED).filter_map(|path| path.to_str().map(str::to_owned)));
    }
    found
}

/// The recordings in a directory except the `known` ones, sorted by name. Only their headers are read.
fn recordings_in(directory: &Path, known: &[PathBuf]) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = entries(directory).filter(|path| is_other_recording(path, known)).collect();
    found.sort();
    found
}

/// What a directory contains.
fn entries(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let place = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let entries = std::fs::read_dir(place).into_iter().flatten().flatten().take(MAX_EXAMINED);
    entries.map(|entry| directory.join(entry.file_name()))
}

/// A file that this process records to must not be opened: closing it would end the locks of `SQLite`.
fn is_other_recording(path: &Path, known: &[PathBuf]) -> bool {
    !known.iter().any(|known| same_file(known, path)) && is_recording(path)
}

/// A subdirectory that has recordings.
fn subdirectory_with_recordings(directory: &Path, known: &[PathBuf]) -> Option<PathBuf> {
    let inside = entries(directory).filter(|path| path.is_dir()).flat_map(|path| entries(&path).collect::<Vec<_>>());
    let recording = inside.take(MAX_EXAMINED).find(|path| is_other_recording(path, known))?;
    recording.parent().map(Path::to_owned)
}

/// The paths as typed, with `~/` expanded.
fn expanded(paths: &[PathBuf]) -> Vec<PathBuf> {
    paths.iter().map(|path| path.to_str().map_or_else(|| path.clone(), expand)).collect()
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Checks the application ID in the header of the `SQLite` file. Pipes and devices are not opened.
fn is_recording(path: &Path) -> bool {
    let mut head = [0; 72];
    path.is_file()
        && File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok()
        && head.starts_with(b"SQLite format 3\0")
        && i64::from(u32::from_be_bytes([head[68], head[69], head[70], head[71]])) == APPLICATION_ID
}

/// Searches a recording, or all recordings in a directory, for a gap. `known` are the recordings that this process uses.
///
/// # Errors
/// If no recording can be used. The error is already escaped.
pub fn look(path: &str, wanted: &GapQuery, known: &[PathBuf]) -> Result<BackfillResult, String> {
    let path = expand(path);
    let known = expanded(known);
    // The recordings of several hosts often have the same file name.
    let others: Vec<String> = known.iter().map(|known| absolute(known)).collect();
    let shown = distinct_end(&absolute(&path), &others).to_owned();
    let is_directory = path.is_dir();
    let files = if is_directory { recordings_in(&path, &known) } else { vec![path.clone()] };
    if files.is_empty() {
        return Err(none_in("no other recording", &shown, subdirectory_with_recordings(&path, &known).as_deref()));
    }
    let asked = backfill::GapQuery {
        channel: wanted.channel.clone(),
        range: wanted.range,
        at: wanted.at,
        neighbours: wanted.neighbours.clone(),
    };
    let supplied = backfill::look_in_all(&files, &asked).map_err(|error| error.to_string())?;
    let (from, to) = wanted.range;
    let mut result = BackfillResult {
        file: if is_directory { format!("{shown}/") } else { shown },
        source: String::new(),
        rows: Vec::new(),
        files: Vec::new(),
        supplied: Vec::new(),
        found: 0,
        of: to.saturating_sub(from).saturating_add(1),
        maybe: 0,
        doubt: None,
    };
    for (file, answer) in supplied {
        let doubt = doubt(answer.matched);
        if result.source.is_empty() || result.doubt.is_none() && doubt.is_some() {
            result.source = escape(answer.source.as_bytes());
        }
        result.doubt = result.doubt.or(doubt);
        result.found += answer.found.iter().map(|(from, to)| to - from + 1).sum::<u64>();
        result.maybe += answer.maybe;
        if is_directory {
            let name = escape(file.file_name().unwrap_or(file.as_os_str()).as_encoded_bytes());
            result.supplied.push((name, answer.found));
        }
        result.files.push(file);
        let interval = Arc::new(answer.messages);
        result.rows.extend((0..interval.entries().len()).map(|index| Row { interval: Arc::clone(&interval), index }));
    }
    // Messages without a number of their own come last.
    result.rows.sort_by_key(|row| row.message().and_then(|message| message.sequence.number()).unwrap_or(u64::MAX));
    result.rows.truncate(MAX_ROWS);
    Ok(result)
}

/// The absolute path without a slash at its end, escaped.
fn absolute(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    escape(absolute.components().as_path().as_os_str().as_encoded_bytes())
}

/// Why a recording may be of another counter, if it may.
fn doubt(matched: EpochMatch) -> Option<&'static str> {
    match matched {
        EpochMatch::Same => None,
        EpochMatch::Unproven => Some("Nothing next to the gap is in both: it may be another counter."),
        EpochMatch::Nearest => {
            Some("Nothing next to the gap is in both, and the counter was reset: it may be another counter epoch.")
        }
    }
}
