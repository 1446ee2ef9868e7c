//! A payload as it came: escaped, or in hexadecimal.

use super::pen::Pen;
use super::theme::Theme;
use crate::console::state::detail::{DetailView, LAID_OUT_BYTES};
use crate::wire::escape::escape;

/// How many bytes the raw view shows at most: it is escaped anew each time it is drawn.
const MOST_RAW: usize = 32 << 10;

/// The payload's start, escaped, and how many bytes it leaves out.
#[must_use]
pub(super) fn raw(payload: &[u8]) -> (String, usize) {
    let shown = payload.len().min(MOST_RAW);
    (escape(&payload[..shown]), payload.len() - shown)
}

/// How many lines the payload's start takes in hexadecimal, and how many bytes it leaves out.
#[must_use]
pub(super) fn hex_lines(payload: &[u8], width: usize) -> (usize, usize) {
    let shown = payload.len().min(LAID_OUT_BYTES);
    (shown.div_ceil(DetailView::hex_bytes(width)), payload.len() - shown)
}

/// Writes one line in hexadecimal: offset, bytes, and those that are printable ASCII.
pub(super) fn put_hex(pen: &mut Pen<'_>, theme: &Theme, payload: &[u8], line: usize, width: usize) {
    let bytes_a_line = DetailView::hex_bytes(width);
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
