//! Commands as they come from a connection.

use crate::redis::resp::{self, Frame, Limits, RespError};

/// A request is an array of blobs.
const LIMITS: Limits = Limits { depth: 1, length: 512 << 20, elements: 1 << 20 };

/// What stands at the start of the input.
pub(super) enum Request<'a> {
    /// The parts of a command, none where it is to be ignored, and its length in bytes.
    Command(Vec<&'a [u8]>, usize),
    /// More bytes are needed.
    Unfinished,
    /// The connection cannot go on.
    Error(&'static str),
}

/// Reads one request; inline commands are not understood.
pub(super) fn read(input: &[u8]) -> Request<'_> {
    match resp::read(input, &LIMITS) {
        Ok(None) => match input.first() {
            None | Some(b'*') => Request::Unfinished,
            Some(_) => Request::Error("ERR Protocol error: expected '*'"),
        },
        Ok(Some((Frame::Null, length))) => Request::Command(Vec::new(), length),
        Ok(Some((Frame::Array(elements), length))) => {
            let parts: Option<Vec<&[u8]>> = elements
                .map(|element| match element {
                    Frame::Blob(blob) => Some(blob),
                    _ => None,
                })
                .collect();
            parts.map_or(Request::Error("ERR Protocol error: expected '$'"), |parts| Request::Command(parts, length))
        }
        Ok(Some(_)) => Request::Error("ERR Protocol error: expected '*'"),
        Err(RespError::TooLarge("elements")) => Request::Error("ERR Protocol error: invalid multibulk length"),
        Err(_) => Request::Error("ERR Protocol error: invalid bulk length"),
    }
}
