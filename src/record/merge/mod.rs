//! Two recordings of one server become one: each fills the gaps of the other.
//!
//! | file | holds |
//! |---|---|
//! | `files` | opening both and the new one |
//! | `side` | one of the two recordings, in the terms of the new one |
//! | `align` | which counter epoch in one recording is which in the other |
//! | `items` | a recording as a stream of items without payloads, a page at a time |
//! | `zip` | the two streams become one |
//! | `twin` | messages whose number is not known exactly |
//! | `store` | what is written to the new file |
//! | `gaps` | what both missed, and what was filled |
//!
//! Messages are put together by channel, epoch and sequence; the numbers of a channel come in their order, each once. What
//! stands between is put in order by time, and the clocks of the two machines are compared by the messages that both have.
//! Nothing is held in memory that grows with the number of messages.

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
const TOLD: usize = 1000;

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
    /// How many; none where it is not known.
    pub count: Option<u64>,
    /// Why: the kind of a finding, `not_recorded`, or `unknown`.
    pub reason: String,
}

/// Merges the recordings `a` and `b` into the new file `out`, which appears when it is complete.
///
/// Where their servers are named differently, `same_server` says that it is one all the same.
///
/// # Errors
/// Where one of them cannot be read, both are one file or of different servers, or the new one is there already or cannot
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
    let mut merged = merger.store.finish(&merger.sides)?;
    gaps::settle(&transaction, &merger.sides, &mut merged)?;
    transaction.commit()?;
    Ok(merged)
}
