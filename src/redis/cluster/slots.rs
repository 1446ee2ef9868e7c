//! The slot of a key.

/// How many slots there are.
pub const SLOTS: u16 = 16_384;

/// The slot that a key belongs to, from 0 up to [`SLOTS`].
///
/// Where the key has something between its first `{` and the first `}` after that, only this counts: the hash tag
/// (Redis Cluster specification).
#[must_use]
pub fn slot(key: &[u8]) -> u16 {
    crc16::State::<crc16::XMODEM>::calculate(hash_tag(key).unwrap_or(key)) % SLOTS
}

fn hash_tag(key: &[u8]) -> Option<&[u8]> {
    let start = memchr::memchr(b'{', key)? + 1;
    let length = memchr::memchr(b'}', &key[start..])?;
    (length > 0).then(|| &key[start..start + length])
}
