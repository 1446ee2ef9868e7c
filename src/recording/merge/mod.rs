//! Merges recordings of one server: each fills gaps of the others.
//!
//! | module | content |
//! |---|---|
//! | `files` | checks the recordings, and opens two of them and the new file |
//! | `same_server` | finds out whether recordings of different addresses are of one server |
//! | `source` | one of the two recordings, with its ids mapped to those of the new file |
//! | `align` | maps the counter epochs of one recording to those of the other |
//! | `items` | reads a recording as a stream of rows without payloads, page by page |
//! | `merger` | merges the two streams |
//! | `duplicate_match` | matches messages whose sequence number is not exact |
//! | `uncounted` | matches messages that were not counted, and their findings |
//! | `output` | writes the new file |
//! | `gaps` | the remaining gaps, and those that were filled |
//!
//! Messages are matched by channel, epoch and sequence number. The new file has each sequence number once, in ascending order
//! per channel. Other messages with the same number lose it if it was inferred, and are conflicts if it was exact. All other rows are
//! ordered by time, corrected by the clock difference of the two machines, which is measured on messages that both recordings have.
//! Memory use does not grow with the number of messages.

mod align;
mod duplicate_match;
mod files;
mod gaps;
mod items;
mod merger;
mod output;
pub(crate) mod same_server;
mod source;
mod uncounted;

use std::path::Path;

use self::merger::Merger;
pub use self::same_server::ServerProof;
use super::file::RecordError;
use super::staged_recording::StagedRecording;
use crate::ledger::sequence::Channel;

/// The maximum number of gaps and conflicts that are listed. The rest is only counted; the file contains all of them.
const MAX_LISTED: usize = 1000;

/// The result of a merge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergeSummary {
    /// The number of messages in the new file.
    pub messages: u64,
    /// The recordings, by their files (not escaped), and the number of messages from each. A merged recording is listed as those
    /// that were merged into it.
    pub taken: Vec<(String, u64)>,
    /// The number of messages whose sequence number is more certain than before.
    pub narrowed: u64,
    /// The number of gaps that the other recordings filled, completely or partly. A gap that several recordings have counts once.
    pub filled: u64,
    /// The number of messages that have different bytes than another message with the same exact sequence number.
    pub conflicts: u64,
    /// The first 1000 of these: channel, epoch, number.
    pub conflicting: Vec<(Channel, i64, u64)>,
    /// The number of remaining gaps, which neither recording can fill.
    pub gaps: u64,
    /// The first 1000 remaining gaps.
    pub left: Vec<RemainingGap>,
    /// Why recordings with different server addresses are of one server.
    pub proofs: Vec<ServerProof>,
}

/// A remaining gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemainingGap {
    /// The channel. `None` for dropped messages of unknown channels.
    pub channel: Option<Channel>,
    /// The epoch in the new file.
    pub epoch: i64,
    /// The first and the last sequence number.
    pub numbers: Option<(u64, u64)>,
    /// The number of messages.
    pub count: u64,
    /// The kind of a finding, `not_recorded` or `unknown`.
    pub reason: String,
}

/// Merges recordings into the new file `out`. The file appears when it is complete. More than two are merged one after the other:
/// each into the result so far, which keeps what the earlier merges found.
///
/// If the recordings have different server addresses, they must prove that it is the same server, unless `same_server` asserts it.
///
/// # Errors
/// A recording cannot be read, there are fewer than two, two are the same file or not proven to be of one server, or the new file exists
/// or cannot be written. The error contains the file name.
pub fn merge(paths: &[&Path], out: &Path, same_server: bool) -> Result<MergeSummary, RecordError> {
    let (source, proofs) = files::check(paths, out, same_server)?;
    let [first, rest @ ..] = paths else { return Err(RecordError::new(out, "needs at least two recordings")) };
    let mut summary = MergeSummary::default();
    let mut merged: Option<StagedRecording> = None;
    for (index, next) in rest.iter().enumerate() {
        let so_far = merged.as_ref().map_or(*first, StagedRecording::path);
        let file = files::create([so_far, next], out, &source)?;
        let step = merge_into(&file.connection, [so_far, next], index + 1 == rest.len())
            .map_err(|error| RecordError::failed(out, "write", &error))?;
        summary = MergeSummary { narrowed: summary.narrowed + step.narrowed, ..step };
        merged = Some(file);
    }
    let Some(merged) = merged else { return Err(RecordError::new(out, "needs at least two recordings")) };
    merged.finish(out)?;
    Ok(MergeSummary { proofs, ..summary })
}

/// Merges two recordings. Only the last merge fills gaps and holes, so that it has those of all recordings as they were recorded.
fn merge_into(connection: &rusqlite::Connection, paths: [&Path; 2], is_last: bool) -> rusqlite::Result<MergeSummary> {
    let transaction = connection.unchecked_transaction()?;
    let sides = source::load(&transaction, paths)?;
    let mut merger = Merger::new(&transaction, sides, is_last)?;
    merger.run()?;
    let mut summary = merger.output.finish(&merger.sides)?;
    if is_last {
        gaps::settle(&transaction, &merger.sides, &mut summary)?;
    }
    transaction.commit()?;
    Ok(summary)
}
