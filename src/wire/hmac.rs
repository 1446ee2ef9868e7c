//! HMAC, RFC 2104, over any hash function.
//!
//! The `hmac` crate leaves the padded key on the stack. Here it is wiped, like everything else that is as good as the key.

use std::hint::black_box;

use digest::block_api::BlockSizeUser;
use digest::{Digest, Output};
use zeroize::{Zeroize as _, Zeroizing};

/// What the key is combined with before the inner hash.
pub(super) const INNER_PAD: u8 = 0x36;
/// Turns the inner padded key into the outer one.
pub(super) const INNER_TO_OUTER_PAD: u8 = 0x36 ^ 0x5c;

/// The hash states after the inner and the outer padded key. The hash function wipes them when they are dropped.
#[derive(Clone)]
pub(crate) struct Hmac<D> {
    inner: D,
    outer: D,
}

impl<D: Digest + BlockSizeUser + Clone> Hmac<D> {
    /// Takes a key of any length.
    pub(super) fn new(secret: &[u8]) -> Self {
        let mut block = Zeroizing::new(vec![0; D::block_size()]);
        put_key::<D>(secret, &mut block);
        combine(&mut block, INNER_PAD);
        let inner = absorb(&block);
        combine(&mut block, INNER_TO_OUTER_PAD);
        let outer = absorb(&block);
        block.fill(0);
        black_box(absorb::<D>(&block));
        Self { inner, outer }
    }

    /// The HMAC of the parts, one after another.
    #[inline]
    pub(super) fn digest(&self, parts: &[&[u8]]) -> Output<D> {
        let mut inner = self.inner.clone();
        for part in parts {
            inner.update(part);
        }
        self.outer.clone().chain_update(inner.finalize()).finalize()
    }
}

/// The state after a block. Never inlined: a hash function may leave a copy of the block on the stack, which the next call
/// overwrites.
#[inline(never)]
fn absorb<D: Digest>(block: &[u8]) -> D {
    D::new_with_prefix(block)
}

/// Copies a key into a block of zeros. A key that is longer than the block is hashed first.
pub(super) fn put_key<D: Digest>(secret: &[u8], block: &mut [u8]) {
    if let Some(start) = block.get_mut(..secret.len()) {
        start.copy_from_slice(secret);
    } else {
        let mut hashed = D::digest(secret);
        block[..hashed.len()].copy_from_slice(&hashed);
        hashed.as_mut_slice().zeroize();
    }
}

/// Combines every byte with the pad, in place: a copy would have to be wiped too.
pub(super) fn combine(block: &mut [u8], pad: u8) {
    for byte in block {
        *byte ^= pad;
    }
}
