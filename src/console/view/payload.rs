//! A payload as it came: escaped, or in hexadecimal.

use super::pen::Pen;
use super::text;
use super::theme::Theme;
use crate::wire::escape::escape;

/// How many bytes the raw view shows at most; the hexadecimal view shows all.
pub(super) const MOST_RAW: usize = 16 << 10;

/// The payload's start, escaped, in lines of `width` cells.
#[must_use]
pub(super) fn raw_lines(payload: &[u8], width: usize) -> Vec<String> {
    text::wrap(&escape(&payload[..payload.len().min(MOST_RAW)]), width)
}

/// How many bytes a line in hexadecimal shows: 16, 8 or 4.
fn bytes_a_line(width: usize) -> usize {
    match width {
        0..40 => 4,
        40..72 => 8,
        _ => 16,
    }
}

/// How many lines the payload takes in hexadecimal.
#[must_use]
pub(super) fn hex_lines(payload: &[u8], width: usize) -> usize {
    payload.len().div_ceil(bytes_a_line(width))
}

/// Writes one line in hexadecimal: offset, bytes, and those that are printable ASCII.
pub(super) fn put_hex(pen: &mut Pen<'_>, theme: &Theme, payload: &[u8], line: usize, width: usize) {
    let bytes_a_line = bytes_a_line(width);
    let start = line.saturating_mul(bytes_a_line).min(payload.len());
    let bytes = &payload[start..(start + bytes_a_line).min(payload.len())];
    pen.put(&format!("{start:06x} "), theme.soft);
    for index in 0..bytes_a_line {
        match bytes.get(index) {
            Some(byte) => pen.put(&format!(" {byte:02x}"), theme.text),
            None => pen.skip(3),
        };
    }
    pen.skip(2);
    for byte in bytes {
        if byte.is_ascii_graphic() || *byte == b' ' {
            pen.put(char::from(*byte).encode_utf8(&mut [0; 4]), theme.json_string);
        } else {
            pen.put("·", theme.soft);
        }
    }
}
