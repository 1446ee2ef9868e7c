//! Searches other recordings for a gap. It runs on a blocking thread and never changes a recording.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::console::app::scrollback::Row;
use crate::console::popups::backfill::{BackfillResult, GapQuery};
use crate::console::runtime::save::expand;
use crate::recording::backfill;
use crate::recording::backfill::EpochMatch;
use crate::recording::reader::Reader;
use crate::recording::schema::APPLICATION_ID;
use crate::wire::escape::escape;

/// The maximum number of files to examine in a directory.
const LOOKED_AT: usize = 500;
/// The maximum number of recordings to offer.
const MAX_OFFERED: usize = 50;

/// The recordings in the current directory and next to the known recordings, without these, sorted by name.
#[must_use]
pub fn offer(known: &[PathBuf]) -> Vec<String> {
    let known: Vec<PathBuf> = known.iter().map(|path| path.to_str().map_or_else(|| path.clone(), expand)).collect();
    let is_known = |path: &Path| known.iter().any(|known| same_file(known, path));
    let directories = known.iter().map(|path| path.parent().unwrap_or(Path::new("")).to_owned());
    let mut seen = BTreeSet::new();
    let mut found = BTreeSet::new();
    for directory in [PathBuf::new()].into_iter().chain(directories) {
        let place = if directory.as_os_str().is_empty() { Path::new(".") } else { &directory };
        let Ok(place) = place.canonicalize() else { continue };
        if !seen.insert(place.clone()) {
            continue;
        }
        let Ok(files) = std::fs::read_dir(place) else { continue };
        for file in files.flatten().take(LOOKED_AT) {
            let path = directory.join(file.file_name());
            // A file that this process records to must not be opened: closing it would end the locks of `SQLite`.
            if !is_known(&path) && is_recording(&path) {
                found.extend(path.to_str().map(str::to_owned));
            }
        }
    }
    found.into_iter().take(MAX_OFFERED).collect()
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

/// Searches a recording for a gap.
///
/// # Errors
/// If the recording cannot be read. The error is already escaped.
pub fn look(path: &str, wanted: &GapQuery) -> Result<BackfillResult, String> {
    let path = expand(path);
    let reader = Reader::open(&path).map_err(|error| error.to_string())?;
    let asked = backfill::GapQuery {
        channel: wanted.channel.clone(),
        range: wanted.range,
        at: wanted.at,
        neighbours: wanted.neighbours.clone(),
    };
    let known = backfill::look(&reader, &asked).map_err(|error| error.to_string())?;
    let interval = Arc::new(known.messages);
    let rows = (0..interval.entries().len()).map(|index| Row { interval: Arc::clone(&interval), index });
    let (from, to) = wanted.range;
    let name = path.file_name().unwrap_or(path.as_os_str());
    Ok(BackfillResult {
        file: escape(name.as_encoded_bytes()),
        source: escape(known.source.as_bytes()),
        rows: rows.collect(),
        found: known.found,
        of: to.saturating_sub(from).saturating_add(1),
        maybe: known.maybe,
        doubt: match known.matched {
            EpochMatch::Same => None,
            EpochMatch::Unproven => Some("Nothing next to the gap is in both: it may be another counter."),
            EpochMatch::Nearest => {
                Some("Nothing next to the gap is in both, and the counter was reset: it may be another counter_epoch.")
            }
        },
    })
}
