//! Merges two recordings of one server: each fills gaps of the other.
//!
//! | module | content |
//! |---|---|
//! | `files` | opens both recordings and the new file |
//! | `source` | one of the two recordings, with its ids mapped to those of the new file |
//! | `align` | maps the counter epochs of one recording to those of the other |
//! | `items` | reads a recording as a stream of rows without payloads, page by page |
//! | `merger` | merges the two streams |
//! | `duplicate_match` | matches messages whose sequence number is not exact |
//! | `store` | writes the new file |
//! | `gaps` | the remaining gaps, and those that were filled |
//!
//! Messages are matched by channel, epoch and sequence number. The new file has each sequence number once, in ascending order
//! per channel. All other rows are ordered by time, corrected by the clock difference of the two machines, which is measured on
//! messages that both recordings have. Memory use does not grow with the number of messages.

mod align;
mod duplicate_match;
pub(super) mod files;
mod gaps;
mod items;
mod merger;
mod source;
mod store;

use std::path::Path;

use self::merger::Merger;
use super::file::RecordError;
use crate::ledger::sequence::Channel;

/// More gaps and conflicts than this are counted, and not told one by one; the file has them all.
const MAX_LISTED: usize = 1000;

/// What was merged, and what is missing in it still.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// Messages in the new file.
    pub messages: u64,
    /// How many of them were taken from the first recording, and from the second.
    pub taken: [u64; 2],
    /// Messages whose number is known better than before.
    pub narrowed: u64,
    /// Gaps that the other recording filled, wholly or in part.
    pub filled: u64,
    /// Numbers under which the recordings hold different bytes.
    pub conflicts: u64,
    /// The first 1000 of those: channel, epoch, number.
    pub conflicting: Vec<(Channel, i64, u64)>,
    /// Stretches that are missing in both.
    pub gaps: u64,
    /// The first 1000 of those.
    pub left: Vec<Left>,
}

/// Numbers that both recordings miss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The channel; none for a stretch of time in which a recorder was down.
    pub channel: Option<Channel>,
    /// The epoch in the new file.
    pub epoch: i64,
    /// The first and the last number.
    pub numbers: Option<(u64, u64)>,
    /// How many; none if it is not known.
    pub count: Option<u64>,
    /// Why: the kind of a finding, `not_recorded`, or `unknown`.
    pub reason: String,
}

/// Merges the recordings `a` and `b` into the new file `out`, which appears when it is complete.
///
/// If their servers are named differently, `same_server` says that it is one all the same.
///
/// # Errors
/// If one of them cannot be read, both are one file or of different servers, or the new one is there already or cannot
/// be written; each names the file.
pub fn merge(a: &Path, b: &Path, out: &Path, same_server: bool) -> Result<Merged, RecordError> {
    let file = files::open([a, b], out, same_server)?;
    let merged = merge_into(&file.connection, [a, b]).map_err(|error| RecordError::failed(out, "merged to", &error))?;
    file.finish(out)?;
    Ok(merged)
}

fn merge_into(connection: &rusqlite::Connection, paths: [&Path; 2]) -> rusqlite::Result<Merged> {
    let transaction = connection.unchecked_transaction()?;
    let sides = source::load(&transaction, paths)?;
    let mut merger = Merger::new(&transaction, sides)?;
    merger.run()?;
    let mut summary = merger.store.finish(&merger.sides)?;
    gaps::settle(&transaction, &merger.sides, &mut summary)?;
    transaction.commit()?;
    Ok(summary)
}
