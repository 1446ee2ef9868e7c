//! Texts that are too long to be read on a terminal.

use super::put;
use crate::wire::escape::{escape_capped, escape_into};

/// How many bytes of a message's data are shown.
const DATA: usize = 64 << 10;
/// How many characters of a name are shown.
const NAME: usize = 256;

/// Appends a name, escaped; a very long one ends with `…`.
pub(super) fn name_into(name: &[u8], out: &mut String) {
    if name.len() <= NAME {
        escape_into(name, out);
    } else {
        out.push_str(&escape_capped(name, NAME));
    }
}

/// Appends data, escaped; true where there is more than was appended.
pub(super) fn data_into(data: &[u8], out: &mut String) -> bool {
    if data.len() <= DATA {
        escape_into(data, out);
        return false;
    }
    // Not in the middle of a character: at most three bytes continue one of UTF-8.
    let end = (DATA - 3..=DATA).rev().find(|&at| data[at] & 0xc0 != 0x80).unwrap_or(DATA);
    escape_into(&data[..end], out);
    true
}

/// Appends a number of bytes in powers of 1000, with one digit that is not rounded up: `812 B`, `65.5 kB`, `1.2 MB`.
pub(super) fn size_into(bytes: usize, out: &mut String) {
    if bytes < 1000 {
        return put(out, format_args!("{bytes} B"));
    }
    let mut tenths = bytes / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit < 2 {
        tenths /= 1000;
        unit += 1;
    }
    put(out, format_args!("{}.{} {}", tenths / 10, tenths % 10, ["kB", "MB", "GB"][unit]));
}
