//! The protocol between the worker and its parent.
//!
//! The parent sends batches: a count, then that many texts, each preceded by its length. The first batch contains the filters,
//! and the worker replies with [`READY`]. Every other batch contains the data of messages. The worker replies to each message
//! with one byte. After `FAILED`, the length and the text of the reason follow. The worker writes the replies of several messages
//! together. If it fails, the parent sends the messages without a reply again, each in its own batch, to find out for which one
//! it fails. Counts and lengths are little-endian: four bytes, or two for a reason.

use std::io::{self, Read, Write};

/// The `argv[0]` of the worker process.
pub const NAME: &str = "aircheck-jq-worker";

/// The predicates are compiled.
pub const READY: u8 = b'r';
/// All predicates are satisfied.
pub(crate) const YES: u8 = b'y';
/// A predicate is not satisfied.
pub(crate) const NO: u8 = b'n';
/// A predicate could not be evaluated.
pub(crate) const FAILED: u8 = b'f';

/// The maximum length of a reason, in bytes.
const MAX_REASON: usize = 4096;

/// Writes a batch.
///
/// # Errors
/// The batch cannot be written, or a text is longer than 4 GiB.
pub(crate) fn write_batch<'a>(to: &mut impl Write, batch: impl Iterator<Item = &'a [u8]>) -> io::Result<()> {
    let batch: Vec<&[u8]> = batch.collect();
    to.write_all(&length(batch.len())?)?;
    for text in batch {
        to.write_all(&length(text.len())?)?;
        to.write_all(text)?;
    }
    Ok(())
}

fn length(length: usize) -> io::Result<[u8; 4]> {
    u32::try_from(length).map(u32::to_le_bytes).map_err(io::Error::other)
}

/// Reads a batch.
///
/// # Errors
/// The other process has ended.
pub(crate) fn read_batch(from: &mut impl Read) -> io::Result<Vec<Vec<u8>>> {
    let count = read_length(from)?;
    (0..count).map(|_| read_text(from)).collect()
}

fn read_length(from: &mut impl Read) -> io::Result<u32> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    Ok(u32::from_le_bytes(length))
}

fn read_text(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let length = usize::try_from(read_length(from)?).map_err(io::Error::other)?;
    let mut text = vec![0; length];
    from.read_exact(&mut text)?;
    Ok(text)
}

/// The reply for a failure. A long reason is cut.
#[must_use]
pub fn failure(reason: &str) -> Vec<u8> {
    let reason = &reason[..reason.floor_char_boundary(MAX_REASON)];
    let length = u16::try_from(reason.len()).unwrap_or_default();
    [&[FAILED], &length.to_le_bytes()[..], reason.as_bytes()].concat()
}
