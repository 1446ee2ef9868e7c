//! `{{uuid}}`: version 4 of RFC 9562.

use std::fmt::Write as _;

/// Writes the UUID made of 122 of these bits. They come from a fast generator, not a cryptographic one: such an id tells
/// messages apart, and is nothing that must not be guessed.
pub(super) fn write(random: u128, out: &mut String) {
    let version = random & !(0xf << 76) | 0x4 << 76;
    let bits = version & !(0x3 << 62) | 0x2 << 62;
    let hex = format!("{bits:032x}");
    let (a, rest) = hex.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    let _ = write!(out, "{a}-{b}-{c}-{d}-{e}");
}
