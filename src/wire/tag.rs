//! An HMAC that was computed here: compared and sent, never shown.

use subtle::ConstantTimeEq;

/// The longest digest of the supported algorithms, in bytes: sha512, sha3-512 and whirlpool.
const LONGEST: usize = 64;

/// A computed HMAC. It has no `Debug` and no `Display`: whoever reads it could forge the message.
pub(crate) struct Tag {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Tag {
    /// Takes at most the first 64 bytes; no supported digest is longer.
    #[inline]
    pub(crate) fn new(digest: &[u8]) -> Self {
        let length = digest.len().min(LONGEST);
        let mut bytes = [0; LONGEST];
        bytes[..length].copy_from_slice(&digest[..length]);
        Self { bytes, length }
    }

    /// Whether `hex` is this HMAC in lowercase hex, as PHP's `hash_equals` on the text decides it. The time taken tells
    /// the given text's form, never how much of it is right.
    #[inline]
    pub(crate) fn matches(&self, hex: &[u8]) -> bool {
        let mut given = [0; LONGEST];
        if hex.len() != 2 * self.length || !decode(hex, &mut given) {
            return false;
        }
        // By words: sixteen times fewer barriers than byte by byte, and the unused end is zero on both sides.
        let words = |bytes: &[u8; LONGEST]| {
            let (chunks, _) = bytes.as_chunks::<8>();
            std::array::from_fn::<u64, { LONGEST / 8 }, _>(|at| u64::from_le_bytes(chunks[at]))
        };
        words(&self.bytes)[..].ct_eq(&words(&given)[..]).into()
    }

    /// Appends the HMAC in lowercase hex.
    pub(crate) fn write_hex(&self, out: &mut Vec<u8>) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        for byte in &self.bytes[..self.length] {
            out.push(DIGITS[usize::from(byte >> 4)]);
            out.push(DIGITS[usize::from(byte & 15)]);
        }
    }
}

const INVALID: u8 = 0xff;

/// The value of each lowercase hex digit.
const NIBBLES: [u8; 256] = {
    let mut table = [INVALID; 256];
    let mut value = 0;
    while value < 16 {
        table[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    table
};

/// Decodes lowercase hex to the start of `out`; false where a character is none.
fn decode(hex: &[u8], out: &mut [u8]) -> bool {
    let mut seen = 0;
    let (pairs, rest) = hex.as_chunks::<2>();
    for (byte, &[high, low]) in out.iter_mut().zip(pairs) {
        let (high, low) = (NIBBLES[usize::from(high)], NIBBLES[usize::from(low)]);
        seen |= high | low;
        *byte = high << 4 | low & 15;
    }
    seen < 16 && rest.is_empty()
}
