//! JSON by the rules of PHP's `json_decode`: RFC 8259, with at most 511 levels of nesting.

mod scan;
mod token;
mod value;

pub use value::value;

/// Why a text is not JSON by PHP's rules, and the position of the error. `Display` omits the first line, because most texts have
/// only one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at {}column {column}", if *line == 1 { String::new() } else { format!("line {line}, ") })]
pub struct JsonError {
    /// A short description of the error.
    pub message: &'static str,
    /// The byte offset of the error.
    pub offset: usize,
    /// The line, starting at 1.
    pub line: usize,
    /// The column in characters, starting at 1.
    pub column: usize,
}

/// Checks that `text` is one JSON value that PHP 8.2 accepts, with at most 511 levels of nesting. White space around the value is
/// allowed; an empty text is an error. Does not allocate.
///
/// # Errors
/// The first error in the text, with its position.
pub fn check(text: &[u8]) -> Result<(), JsonError> {
    scan::scan(text, &mut ()).map_err(|fault| locate(text, fault))
}

/// Returns the byte offset after the closing quote of a string. `start` is the offset of its opening quote. If there is no
/// closing quote, returns the length of the text. Does not check the content of the string.
#[must_use]
pub fn string_end(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

#[cold]
fn locate(text: &[u8], scan::ScanError { offset, message }: scan::ScanError) -> JsonError {
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
