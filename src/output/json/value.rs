//! Writes the members of a JSON object directly, without building a tree: this is the hot path of `tail`.
//!
//! Each function with a `name` appends `,"name":value`.

use base64_simd::STANDARD;
use memchr::{memchr, memchr2};
use unicode_width::UnicodeWidthChar;

use super::plain::{is_plain, is_ready};
use crate::wire::escape::escape;
use crate::wire::escape::is_hidden;

/// The maximum number of zero-width characters after a character that has a width. Further ones are escaped, because a terminal
/// would put all of them into one cell.
const MAX_MARKS: usize = 4;
const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

fn key(out: &mut Vec<u8>, key: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Bytes as text. If they are not UTF-8, the value is null and `NAME_base64` has the bytes.
pub(super) fn bytes(out: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    key(out, name);
    if is_plain(bytes) {
        return quoted_plain(out, bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return quoted(out, text);
    }
    out.extend_from_slice(b"null,\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"_base64\":");
    quoted_base64(out, bytes);
}

/// Bytes as [`bytes()`] writes them, or null.
pub(super) fn optional_bytes(out: &mut Vec<u8>, name: &str, value: Option<&[u8]>) {
    match value {
        Some(value) => bytes(out, name, value),
        None => number(out, name, None),
    }
}

/// Bytes as text, if there are any. Bytes that are not UTF-8 are escaped as on a terminal.
pub(super) fn escaped(out: &mut Vec<u8>, name: &str, bytes: Option<&[u8]>) {
    let Some(bytes) = bytes else { return };
    match std::str::from_utf8(bytes) {
        Ok(plain) => text(out, name, plain),
        Err(_) => text(out, name, &escape(bytes)),
    }
}

/// Text that is known to need no escape.
pub(super) fn plain_text(out: &mut Vec<u8>, name: &str, text: &'static str) {
    key(out, name);
    quoted_plain(out, text.as_bytes());
}

pub(super) fn text(out: &mut Vec<u8>, name: &str, text: &str) {
    key(out, name);
    quoted(out, text);
}

pub(super) fn optional_text(out: &mut Vec<u8>, name: &str, text: Option<&str>) {
    key(out, name);
    match text {
        Some(text) => quoted(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

pub(super) fn boolean(out: &mut Vec<u8>, name: &str, value: bool) {
    key(out, name);
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

pub(super) fn number(out: &mut Vec<u8>, name: &str, value: Option<u64>) {
    key(out, name);
    match value {
        Some(value) => digits(out, value),
        None => out.extend_from_slice(b"null"),
    }
}

pub(super) fn signed(out: &mut Vec<u8>, name: &str, value: i64) {
    key(out, name);
    if value < 0 {
        out.push(b'-');
    }
    digits(out, value.unsigned_abs());
}

pub(super) fn base64(out: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    key(out, name);
    quoted_base64(out, bytes);
}

/// The member `data`: JSON as received, on one line.
///
/// `json` must be JSON by PHP's rules. Its value does not change. Only the notation does: line breaks and tabs between
/// tokens are removed, PHP's `TRUE` becomes `true`, `1E5` becomes `1e5`, and characters that could act on a terminal become
/// `\u` escapes.
pub(super) fn data(out: &mut Vec<u8>, json: &[u8]) {
    if is_ready(json) {
        key(out, "data");
        out.extend_from_slice(json);
        return;
    }
    let Ok(mut rest) = std::str::from_utf8(json) else { return };
    key(out, "data");
    while let Some(quote) = memchr(b'"', rest.as_bytes()) {
        let (tokens, string) = rest.split_at(quote);
        outside(out, tokens);
        let (string, after) = string.split_at(string_length(string.as_bytes()));
        visible(out, string, false);
        rest = after;
    }
    outside(out, rest);
}

/// The length of the JSON string at the start of `json`, with both quotes; the whole length if it is not closed.
fn string_length(json: &[u8]) -> usize {
    let mut at = 1;
    while let Some(found) = json.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found + 1;
        if json.get(at - 1) == Some(&b'"') {
            return at;
        }
        at += 1;
    }
    json.len()
}

/// Appends JSON outside strings: punctuation, numbers and literals.
fn outside(out: &mut Vec<u8>, tokens: &str) {
    if tokens.bytes().all(|byte| byte >= b' ' && !byte.is_ascii_uppercase()) {
        out.extend_from_slice(tokens.as_bytes());
    } else {
        out.extend(tokens.bytes().filter(|&byte| byte >= b' ').map(|byte| byte.to_ascii_lowercase()));
    }
}

pub(super) fn quoted_plain(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

/// Appends a text as a JSON string.
pub(super) fn quoted(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    visible(out, text, true);
    out.push(b'"');
}

/// Appends a text, with characters that could act on a terminal as `\u` escapes. With `escape`, quotes and backslashes are
/// escaped too.
fn visible(out: &mut Vec<u8>, text: &str, escape: bool) {
    let bytes = text.as_bytes();
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && !(escape && matches!(byte, b'"' | b'\\'));
    let mut done = 0;
    let mut at = 0;
    let mut marks = 0;
    while let Some(next) = bytes[at..].iter().position(|&byte| !is_plain(byte)) {
        at += next;
        if next > 0 {
            marks = 0;
        }
        let byte = bytes[at];
        if matches!(byte, b'"' | b'\\') {
            out.extend_from_slice(&bytes[done..at]);
            out.extend_from_slice(&[b'\\', byte]);
            at += 1;
            done = at;
            marks = 0;
            continue;
        }
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        if c.is_ascii_control() || is_hidden(c) || marks > MAX_MARKS {
            out.extend_from_slice(&bytes[done..at]);
            unicode_escape(out, c);
            done = at + c.len_utf8();
        }
        at += c.len_utf8();
    }
    out.extend_from_slice(&bytes[done..]);
}

fn unicode_escape(out: &mut Vec<u8>, c: char) {
    match c {
        '\n' => return out.extend_from_slice(b"\\n"),
        '\r' => return out.extend_from_slice(b"\\r"),
        '\t' => return out.extend_from_slice(b"\\t"),
        _ => {}
    }
    for unit in c.encode_utf16(&mut [0; 2]) {
        out.extend_from_slice(b"\\u");
        out.extend([12, 8, 4, 0].map(|shift| HEX_DIGITS[usize::from(*unit >> shift & 15)]));
    }
}

fn quoted_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    STANDARD.encode_append(bytes, out);
    out.push(b'"');
}

pub(super) fn six_digits(out: &mut Vec<u8>, value: u32) {
    for divisor in [10_000, 100, 1] {
        out.extend_from_slice(&pair(u64::from(value / divisor)));
    }
}

fn digits(out: &mut Vec<u8>, mut value: u64) {
    // u64::MAX has 20 digits.
    let mut buffer = [0; 20];
    let mut at = buffer.len();
    while value >= 10 {
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&pair(value));
        value /= 100;
    }
    if value > 0 || at == buffer.len() {
        at -= 1;
        buffer[at] = pair(value)[1];
    }
    out.extend_from_slice(&buffer[at..]);
}

/// The last two decimal digits.
fn pair(value: u64) -> [u8; 2] {
    const DIGIT_PAIRS: [[u8; 2]; 100] = {
        let mut pairs = [*b"00"; 100];
        let mut value = 0;
        while value < pairs.len() {
            pairs[value] = [b"0123456789"[value / 10], b"0123456789"[value % 10]];
            value += 1;
        }
        pairs
    };
    DIGIT_PAIRS[(value % 100) as usize]
}
