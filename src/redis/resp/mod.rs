//! A RESP3 reader that borrows from the read buffer, and writers for commands and replies.
//!
//! [`read()`] first measures the frame: it checks the frame and finds its end, without recursion and without allocating
//! memory. It then returns a view of the frame. [`Elements`] reads the elements of an aggregate lazily. RESP3's
//! streamed types (`$?`, `*?`) are rejected, because Redis does not send them.

mod read;
mod write;

use std::iter::FusedIterator;

pub use read::{FrameProgress, read, read_message, resume};
pub use write::{
    write_array, write_blob, write_command, write_error, write_integer, write_map, write_null, write_push, write_simple,
};

/// A frame, borrowed from the read buffer. Aggregates are read lazily.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame<'a> {
    /// `+`
    Simple(&'a [u8]),
    /// `-` and `!`
    Error(&'a [u8]),
    /// `:`
    Number(i64),
    /// `$`, and `=` without its three-letter format and colon
    Blob(&'a [u8]),
    /// `_`, and RESP2's `$-1` and `*-1`
    Null,
    /// `,`
    Double(f64),
    /// `#`
    Boolean(bool),
    /// `(`: an optional sign and digits
    BigNumber(&'a [u8]),
    /// `*` and `~`
    Array(Elements<'a>),
    /// `>`
    Push(Elements<'a>),
    /// `%`: the elements are key, value, key, value, …
    Map(Elements<'a>),
}

/// Used for elements. They were already measured within the limits of the whole frame.
const NO_LIMITS: Limits = Limits { depth: usize::MAX, length: usize::MAX, elements: usize::MAX };

/// The elements of an aggregate, read lazily. All of them are known to be complete and well-formed.
///
/// Attributes of elements are skipped.
#[derive(Debug, Clone, PartialEq)]
pub struct Elements<'a> {
    bytes: &'a [u8],
    left: usize,
}

impl<'a> Elements<'a> {
    /// `bytes` must contain exactly `left` measured frames.
    pub(super) fn new(bytes: &'a [u8], left: usize) -> Self {
        Self { bytes, left }
    }

    /// How many elements are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.left
    }

    /// Whether no elements are left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Frame<'a>> {
        self.left = self.left.checked_sub(1)?;
        let (frame, length) = read(self.bytes, &NO_LIMITS).ok().flatten()?;
        self.bytes = &self.bytes[length..];
        Some(frame)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Elements<'_> {}

impl FusedIterator for Elements<'_> {}

/// The limits of a frame. If a peer exceeds them, the connection is closed.
///
/// Two more limits apply. A line (simple string, error, number) has at most 64 KiB. A whole frame has at most twice
/// `length`, or 1 MiB if that is more. A frame that announces more elements than fit into that size is rejected at
/// once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The maximum depth of nesting: 1 is an array that contains no arrays. Values above 32 count as 32.
    pub depth: usize,
    /// The maximum length of a blob, in bytes.
    pub length: usize,
    /// The maximum number of elements of an aggregate. A pair in a map counts as two elements.
    pub elements: usize,
}

impl Default for Limits {
    /// Redis' own limits: 512 MiB (`proto-max-bulk-len`) and 1,048,576 elements. The nesting is limited to 16.
    fn default() -> Self {
        Self { depth: 16, length: 512 << 20, elements: 1 << 20 }
    }
}

/// Why bytes were rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RespError {
    /// The bytes are not RESP3.
    #[error("unexpected reply; is this a Redis server?")]
    Malformed,
    /// The frame exceeds the limit with this name.
    #[error("the server sent a frame beyond the limit of {0}")]
    TooLarge(&'static str),
}
