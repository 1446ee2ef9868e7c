//! What PHP's `json_decode` accepts as JSON: RFC 8259, at most 511 levels deep.

mod scan;
mod token;
mod value;

pub use value::value;

/// Where and why a text is not JSON by PHP's rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at line {line}, column {column}")]
pub struct JsonError {
    /// What is wrong, in a few words.
    pub message: &'static str,
    /// The byte offset of the mistake.
    pub offset: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// Checks that `text` is one JSON value as PHP 8.2 reads it, at most 511 levels deep. Never allocates on success.
///
/// # Errors
/// The first mistake, with its position.
pub fn check(text: &[u8]) -> Result<(), JsonError> {
    scan::scan(text, &mut ()).map_err(|fault| locate(text, fault))
}

#[cold]
fn locate(text: &[u8], scan::Fault { offset, message }: scan::Fault) -> JsonError {
    let before = &text[..offset.min(text.len())];
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let is_continuation = |byte: &u8| byte & 0xc0 == 0x80;
    JsonError {
        message,
        offset,
        line: 1 + memchr::memchr_iter(b'\n', before).count(),
        column: 1 + before[line_start..].iter().filter(|byte| !is_continuation(byte)).count(),
    }
}
