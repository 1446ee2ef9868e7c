//! A computed HMAC. It can be compared and sent, but not displayed.

use subtle::ConstantTimeEq;

/// The length of the longest supported digests, in bytes: those of sha512, sha3-512 and whirlpool.
const MAX_LENGTH: usize = 64;

/// A computed HMAC. It has no `Debug` and no `Display`, because anyone who sees the expected HMAC of a message can forge that
/// message.
pub(crate) struct Tag {
    bytes: [u8; MAX_LENGTH],
    length: usize,
}

impl Tag {
    /// Copies a digest. No supported digest is longer than 64 bytes, and every length is a multiple of 4.
    #[inline]
    pub(crate) fn new(digest: &[u8]) -> Self {
        let length = digest.len().min(MAX_LENGTH);
        let mut bytes = [0; MAX_LENGTH];
        bytes[..length].copy_from_slice(&digest[..length]);
        Self { bytes, length }
    }

    /// Whether `hex` is this HMAC in lowercase hexadecimal. Like PHP's `hash_equals`, the comparison takes a time that depends
    /// only on the length of `hex`, not on its content.
    #[inline]
    pub(crate) fn matches(&self, hex: &[u8]) -> bool {
        let (given, rest) = hex.as_chunks::<8>();
        if !rest.is_empty() || 2 * self.length != hex.len() {
            return false;
        }
        let wrong = self.hex().zip(given).fold(0, |wrong, (own, given)| wrong | (own ^ u64::from_le_bytes(*given)));
        wrong.ct_eq(&0).into()
    }

    /// Appends the HMAC in lowercase hexadecimal.
    pub(crate) fn write_hex(&self, out: &mut Vec<u8>) {
        let end = out.len() + 2 * self.length;
        out.extend(self.hex().flat_map(u64::to_le_bytes));
        out.truncate(end);
    }

    /// The HMAC in lowercase hexadecimal, eight digits per item. The lowest byte of an item is its first digit.
    #[inline]
    fn hex(&self) -> impl Iterator<Item = u64> {
        let (fours, _) = self.bytes.as_chunks::<4>();
        fours.iter().take(self.length.div_ceil(4)).map(|four| hex(u32::from_le_bytes(*four)))
    }
}

/// A 64-bit word whose eight bytes all have this value.
const fn eight(byte: u8) -> u64 {
    u64::MAX / 0xff * byte as u64
}

/// Converts four bytes to eight ASCII hexadecimal digits. In both the argument and the result, the lowest byte comes first.
#[inline]
fn hex(bytes: u32) -> u64 {
    // Spread the four bytes to 16 bits each. Then split each byte into two digits, the high half first.
    let bytes = u64::from(bytes);
    let bytes = (bytes | bytes << 16) & 0x0000_ffff_0000_ffff;
    let bytes = (bytes | bytes << 8) & 0x00ff_00ff_00ff_00ff;
    let digits = (bytes >> 4 | bytes << 8) & eight(0x0f);
    // Values from 10 up are letters. In ASCII, `a` is 39 positions after `0` + 10.
    let letters = ((digits + eight(6)) >> 4) & eight(1);
    digits + eight(b'0') + letters * u64::from(b'a' - b'0' - 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_formatted_in_hex() {
        for length in [16, 20, 24, 28, 32, 40, 48, MAX_LENGTH] {
            for byte in 0..=255_u8 {
                let digest: Vec<u8> = (0..length).map(|at| byte.wrapping_add(u8::try_from(at).unwrap_or(0))).collect();
                let expected = digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
                let mut text = Vec::new();
                let tag = Tag::new(&digest);
                tag.write_hex(&mut text);
                assert_eq!(String::from_utf8_lossy(&text), expected);
                assert!(tag.matches(&text));
            }
        }
    }

    #[test]
    fn only_the_exact_text_matches() {
        let tag = Tag::new(&[0x0a; 32]);
        let right = b"0a".repeat(32);
        assert!(tag.matches(&right));
        for at in 0..right.len() {
            for bit in 0..8 {
                let mut wrong = right.clone();
                wrong[at] ^= 1 << bit;
                assert!(!tag.matches(&wrong), "bit {bit} of digit {at}");
            }
        }
        assert!(!tag.matches(&right[..63]) && !tag.matches(&[&right[..], b"0"].concat()) && !tag.matches(b""));
        assert!(!tag.matches(&right.to_ascii_uppercase()));
    }
}
