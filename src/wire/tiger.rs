//! PHP's `tiger128,3` and `tiger160,3`: Tiger with a truncated digest. The HMAC uses the truncated digest for its inner hash too.

use std::marker::PhantomData;

use digest::array::ArraySize;
use digest::block_api::BlockSizeUser;
use digest::typenum::U64;
use digest::{Digest, FixedOutput, HashMarker, Output, OutputSizeUser, Update};

/// Tiger, truncated to the first `Size` bytes, at most 24.
#[derive(Clone, Default)]
pub(crate) struct TruncatedTiger<Size> {
    whole: tiger::Tiger,
    size: PhantomData<Size>,
}

impl<Size> HashMarker for TruncatedTiger<Size> {}

impl<Size: ArraySize> OutputSizeUser for TruncatedTiger<Size> {
    type OutputSize = Size;
}

impl<Size> BlockSizeUser for TruncatedTiger<Size> {
    type BlockSize = U64;
}

impl<Size> Update for TruncatedTiger<Size> {
    fn update(&mut self, data: &[u8]) {
        Update::update(&mut self.whole, data);
    }
}

impl<Size: ArraySize> FixedOutput for TruncatedTiger<Size> {
    fn finalize_into(self, out: &mut Output<Self>) {
        let digest = Digest::finalize(self.whole);
        for (to, from) in out.iter_mut().zip(digest) {
            *to = from;
        }
    }
}
