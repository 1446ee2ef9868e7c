//! Opens the two recordings and the new file in one connection.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::recording::file::RecordError;
use crate::recording::reader::Reader;
use crate::recording::staged_recording::{StagedRecording, must_be_free};
use crate::wire::escape::escape;

/// The additional tables of a merged recording.
pub(in crate::recording) const MERGE_TABLES: &str = include_str!("merge.sql");

/// Creates the new file and attaches the recordings as `a` and `b`. Checks everything before it creates anything.
pub(super) fn open(paths: [&Path; 2], out: &Path, same_server: bool) -> Result<StagedRecording, RecordError> {
    let readers = [Reader::open(paths[0])?, Reader::open(paths[1])?];
    let place = |path: &Path| std::fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino())).ok();
    if place(paths[0]) == place(paths[1]) {
        return Err(RecordError::new(
            paths[1],
            "is the same file as the first recording; choose two different recordings",
        ));
    }
    must_be_free(out)?;
    let sources = [readers[0].overview()?.source, readers[1].overview()?.source];
    if sources[0] != sources[1] && !same_server {
        return Err(RecordError::new(
            paths[1],
            format_args!(
                "is of server {}, but the first recording is of {}; add --same-server if they are the same",
                escape(sources[1].as_bytes()),
                escape(sources[0].as_bytes())
            ),
        ));
    }
    let staged = StagedRecording::new(out, &sources[0])?;
    staged.connection.execute_batch(MERGE_TABLES).map_err(|error| RecordError::failed(out, "create", &error))?;
    for (path, name) in paths.into_iter().zip(["a", "b"]) {
        staged.attach(path, name)?;
    }
    Ok(staged)
}
