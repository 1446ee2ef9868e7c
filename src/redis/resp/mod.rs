//! A RESP3 reader that borrows from the read buffer, and the writers of commands and replies.
//!
//! [`read()`] first measures the frame at the start of the buffer, without recursion and without taking memory, and then
//! returns a view of it; [`Elements`] reads an aggregate's parts as they are asked for. The streamed types of RESP3
//! (`$?`, `*?`) are rejected: Redis does not send them.

mod elements;
mod message;
mod read;
mod write;

pub use elements::Elements;
pub use message::read_message;
pub use read::{Measured, read, resume};
pub use write::{
    write_array, write_blob, write_command, write_error, write_integer, write_map, write_null, write_push, write_simple,
};

/// One frame, borrowed from the read buffer; aggregates are read lazily.
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

/// What is accepted from the other side; beyond it the connection is given up.
///
/// Two bounds follow from these: a line (simple string, error, number) has at most 64 KiB, and a whole frame at most
/// twice `length`, or 1 MiB where that is more. A frame that announces more elements than fit in that is rejected at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How deep aggregates may be nested: 1 is an array without arrays in it. More than 32 counts as 32.
    pub depth: usize,
    /// The longest blob, in bytes.
    pub length: usize,
    /// The most elements an aggregate may have; a map's pair counts as two.
    pub elements: usize,
}

impl Default for Limits {
    /// Redis' own limits: `proto-max-bulk-len` (512 MiB) and 1,048,576 elements; at most 16 deep.
    fn default() -> Self {
        Self { depth: 16, length: 512 << 20, elements: 1 << 20 }
    }
}

/// Why bytes are no RESP3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RespError {
    /// A byte that cannot stand there.
    #[error("the server sent something that is not RESP3")]
    Malformed,
    /// Nested too deep, too long, or too many elements.
    #[error("the server sent a frame beyond the limit of {0}")]
    TooLarge(&'static str),
}
