//! `{{uuid}}`: a version 4 UUID of RFC 9562.

use std::fmt::Write as _;

/// Formats a UUID from 122 of these bits. The bits come from a fast generator that is not cryptographic. Use the id only to tell
/// messages apart.
pub(super) fn write(random: u128, out: &mut String) {
    let version = random & !(0xf << 76) | 0x4 << 76;
    let bits = version & !(0x3 << 62) | 0x2 << 62;
    let field = |shift: u32, mask: u128| bits >> shift & mask;
    let (low, mid, high) = (field(96, 0xffff_ffff), field(80, 0xffff), field(64, 0xffff));
    let (clock, node) = (field(48, 0xffff), field(0, 0xffff_ffff_ffff));
    let _ = write!(out, "{low:08x}-{mid:04x}-{high:04x}-{clock:04x}-{node:012x}");
}
