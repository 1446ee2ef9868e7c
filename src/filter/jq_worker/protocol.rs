//! What the two processes say to each other.
//!
//! Asked: the filter's text, then the data of each message, each with its length before it. Answered: once a byte when the
//! filter was read, then for each message a byte, and for a failure its words with their length before them. Lengths are
//! four bytes, the lowest first.

use std::io::{self, Read, Write};

/// What the process is called by: the name it is started under.
pub const NAME: &str = "aircheck-judge";

/// The filter was read.
pub const READY: u8 = b'r';
/// The predicate is satisfied.
pub const YES: u8 = b'y';
/// It is not.
pub const NO: u8 = b'n';
/// It failed.
pub const FAILED: u8 = b'f';

/// Words for a failure are no longer than that, in bytes.
const MOST_WORDS: usize = 4096;

/// Writes bytes with their length before them.
///
/// # Errors
/// Where they cannot be written, or are longer than 4 GiB.
pub fn write(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(bytes)
}

/// Reads what [`write()`] wrote.
///
/// # Errors
/// Where the other side is gone.
pub fn read(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u64::from(u32::from_le_bytes(length));
    let mut bytes = Vec::new();
    // What is not there takes no memory.
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Reads one answer: its byte, and the words for a failure.
///
/// # Errors
/// Where the other side is gone.
pub fn read_answer(from: &mut impl Read) -> io::Result<(u8, String)> {
    let mut kind = [0];
    from.read_exact(&mut kind)?;
    let mut words = if kind[0] == FAILED { read(from)? } else { Vec::new() };
    words.truncate(MOST_WORDS);
    Ok((kind[0], String::from_utf8_lossy(&words).into_owned()))
}
