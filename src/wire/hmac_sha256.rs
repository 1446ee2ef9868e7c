//! HMAC-SHA-256 for messages that fit on the stack.
//!
//! Nearly all broadcasts use HMAC-SHA-256, and at high rates it is the largest cost. [`hmac::Hmac`] fills its buffer part by part.
//! This implementation pads the whole message at once, which is about 25 % faster. Longer messages use `hmac::Hmac`.

use digest::Digest as _;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use sha2::block_api::compress256;
use zeroize::Zeroize;

/// The block length of SHA-256, in bytes.
const BLOCK: usize = 64;
/// The maximum number of blocks on the stack.
const MAX: usize = 8;
/// The longest message that fits into them, in bytes. The padding takes 9 bytes: a one bit and the length.
const MAX_LENGTH: usize = MAX * BLOCK - 9;
/// The initial state: FIPS 180-4, section 5.3.3.
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// The states after the inner and the outer pad of the key, as in RFC 2104. Anyone who has them can sign, so they are wiped.
#[derive(Clone)]
pub(crate) struct HmacSha256 {
    inner: [u32; 8],
    outer: [u32; 8],
    general: Hmac<Sha256>,
}

impl Drop for HmacSha256 {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

impl HmacSha256 {
    /// Creates the HMAC for a key of any length. A key longer than a block is hashed first.
    pub(super) fn new(secret: &[u8]) -> Self {
        let mut key = [0; BLOCK];
        match key.get_mut(..secret.len()) {
            Some(start) => start.copy_from_slice(secret),
            None => key[..32].copy_from_slice(&Sha256::digest(secret)),
        }
        let padded = |pad: u8| {
            let mut state = INITIAL;
            compress256(&mut state, &[key.map(|byte| byte ^ pad)]);
            state
        };
        let (inner, outer) = (padded(0x36), padded(0x5c));
        let general = super::algorithm::keyed(&key);
        key.zeroize();
        Self { inner, outer, general }
    }

    /// Computes the HMAC of the concatenated parts.
    #[inline]
    pub(super) fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut blocks = [[0; BLOCK]; MAX];
        let Some(used) = lay_out(parts, &mut blocks) else {
            let mut general = self.general.clone();
            for part in parts {
                general.update(part);
            }
            return general.finalize().into_bytes().into();
        };
        let mut state = self.inner;
        compress256(&mut state, &blocks[..used]);
        let block = last(state);
        state = self.outer;
        compress256(&mut state, &[block]);
        bytes(state)
    }
}

/// The block for the outer hash: the inner hash with its padding.
fn last(inner: [u32; 8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[..32].copy_from_slice(&bytes(inner));
    block[32] = 0x80;
    block[BLOCK - 8..].copy_from_slice(&bits(32).to_be_bytes());
    block
}

/// Writes the message with its padding into `blocks`. Returns the number of blocks, or `None` if the message is too long.
#[inline]
fn lay_out(parts: &[&[u8]], blocks: &mut [[u8; BLOCK]; MAX]) -> Option<usize> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    if length > MAX_LENGTH {
        return None;
    }
    let flat = blocks.as_flattened_mut();
    let mut at = 0;
    for part in parts {
        flat[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    flat[length] = 0x80;
    let used = (length + 9).div_ceil(BLOCK);
    flat[used * BLOCK - 8..used * BLOCK].copy_from_slice(&bits(length).to_be_bytes());
    Some(used)
}

/// The number of bits in a pad and `length` bytes.
fn bits(length: usize) -> u64 {
    (BLOCK + length) as u64 * 8
}

fn bytes(state: [u32; 8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (four, word) in bytes.chunks_exact_mut(4).zip(state) {
        four.copy_from_slice(&word.to_be_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_computes_what_the_general_way_does_for_every_length_of_key_and_message() {
        let text: Vec<u8> = (0..=255).cycle().take(3 * MAX_LENGTH).collect();
        for key in 0..=BLOCK + 10 {
            let hmac = HmacSha256::new(&text[..key]);
            let by_the_crate: Hmac<Sha256> = crate::wire::algorithm::keyed(&text[..key]);
            for length in (0..=MAX_LENGTH + 2).filter(|length| key == 25 || length % 13 == 0) {
                let message = &text[7..7 + length];
                let (head, tail) = message.split_at(length / 3);
                let general = by_the_crate.clone().chain_update(message).finalize().into_bytes();
                assert_eq!(hmac.digest(&[head, b"", tail])[..], general[..], "key {key}, message {length}");
            }
        }
    }
}
