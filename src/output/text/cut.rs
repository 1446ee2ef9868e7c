//! Limits for texts that are too long for a terminal.

use super::put;
use crate::wire::escape::{escape_capped, escape_into};

/// The length of the data that is shown, in bytes.
const MAX_DATA: usize = 64 << 10;
/// The length of a name that is shown, in characters.
const MAX_NAME: usize = 256;

/// Appends a name, escaped. A name that is cut ends with `…`.
pub(super) fn name_into(name: &[u8], out: &mut String) {
    if name.len() <= MAX_NAME {
        escape_into(name, out);
    } else {
        out.push_str(&escape_capped(name, MAX_NAME));
    }
}

/// Appends data, escaped. Returns whether it was cut.
pub(super) fn data_into(data: &[u8], out: &mut String) -> bool {
    if data.len() <= MAX_DATA {
        escape_into(data, out);
        return false;
    }
    // Do not cut inside a UTF-8 character, which has at most three continuation bytes.
    let end = (MAX_DATA - 3..=MAX_DATA).rev().find(|&at| data[at] & 0xc0 != 0x80).unwrap_or(MAX_DATA);
    escape_into(&data[..end], out);
    true
}

/// Appends a number of bytes in powers of 1000 with one decimal place, rounded down: `812 B`, `65.5 kB`, `1.2 MB`.
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
