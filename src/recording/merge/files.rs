//! Checks the recordings, and opens two of them and a new file in one connection.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::same_server::{self, ServerMatch, ServerProof};
use crate::recording::file::{RecordError, shown, source_words};
use crate::recording::reader::RecordingReader;
use crate::recording::schema::MERGE_TABLES;
use crate::recording::staged_recording::{StagedRecording, must_be_free};

/// Checks all recordings before anything is created. Returns the server of the first one, and why the others are of the same
/// server if they have another address.
pub(super) fn check(paths: &[&Path], out: &Path, same_server: bool) -> Result<(String, Vec<ServerProof>), RecordError> {
    let mut places = Vec::new();
    let mut recordings = Vec::new();
    for path in paths {
        recordings.push((*path, RecordingReader::open(path)?.overview()?.source));
        let place = std::fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino())).ok();
        if places.contains(&place) {
            return Err(RecordError::new(path, "is the same file as another recording; choose different recordings"));
        }
        places.push(place);
    }
    must_be_free(out)?;
    let found = if same_server { ServerMatch::Same(Vec::new()) } else { same_server::find_out(&recordings)? };
    let proofs = match found {
        ServerMatch::Same(proofs) => proofs,
        ServerMatch::Unproven([first, second], why) => {
            let [(first, first_source), (second, source)] = [&recordings[first], &recordings[second]];
            return Err(RecordError::new(
                second,
                format_args!(
                    "is of server {}, but {} is of {}: {why}; add --same-server if they are the same",
                    source_words(source),
                    shown(first),
                    source_words(first_source)
                ),
            ));
        }
    };
    let source = recordings.into_iter().next().map(|(_, source)| source);
    Ok((source.unwrap_or_default(), proofs))
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
