//! Parses the requests of a connection.

use crate::redis::resp::{self, Frame, Limits, RespError};

/// A request is an array of blobs.
const REQUEST_LIMITS: Limits = Limits { depth: 1, length: 512 << 20, elements: 1 << 20 };

/// The first request in the input.
pub(super) enum Request<'a> {
    /// The parts of a command and its length in bytes. No parts if the command is to be ignored.
    Command(Vec<&'a [u8]>, usize),
    /// The request is incomplete.
    Unfinished,
    /// The request is invalid. The connection must be closed.
    Error(&'static str),
}

/// Reads one request. Inline commands are not supported.
pub(super) fn read(input: &[u8]) -> Request<'_> {
    match resp::read(input, &REQUEST_LIMITS) {
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
