//! Checks the recordings, and opens two of them and a new file in one connection.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::recording::file::{RecordError, source_words};
use crate::recording::reader::RecordingReader;
use crate::recording::schema::MERGE_TABLES;
use crate::recording::staged_recording::{StagedRecording, must_be_free};

/// Checks all recordings before anything is created. Returns the server of the first one.
pub(super) fn check(paths: &[&Path], out: &Path, same_server: bool) -> Result<String, RecordError> {
    let mut places = Vec::new();
    let mut first: Option<String> = None;
    for path in paths {
        let source = RecordingReader::open(path)?.overview()?.source;
        let place = std::fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino())).ok();
        if places.contains(&place) {
            return Err(RecordError::new(path, "is the same file as another recording; choose different recordings"));
        }
        places.push(place);
        match &first {
            Some(first) if *first != source && !same_server => {
                return Err(RecordError::new(
                    path,
                    format_args!(
                        "is of server {}, but the first recording is of {}; add --same-server if they are the same",
                        source_words(&source),
                        source_words(first)
                    ),
                ));
            }
            Some(_) => {}
            None => first = Some(source),
        }
    }
    must_be_free(out)?;
    Ok(first.unwrap_or_default())
}

/// Creates a new file next to `out`, and attaches two recordings as `a` and `b`.
pub(super) fn create(paths: [&Path; 2], out: &Path, source: &str) -> Result<StagedRecording, RecordError> {
    let staged = StagedRecording::new(out, source)?;
    staged.connection.execute_batch(MERGE_TABLES).map_err(|error| RecordError::failed(out, "create", &error))?;
    for (path, name) in paths.into_iter().zip(["a", "b"]) {
        staged.attach(path, name)?;
    }
    Ok(staged)
}
