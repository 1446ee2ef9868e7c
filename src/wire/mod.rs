//! The bytes of a broadcast: pure functions over what stands on the wire.

pub mod algorithm;
pub mod envelope;
pub mod escape;
pub mod glob;
mod hmac_sha256;
pub mod json;
mod numeric;
pub mod signature;
mod tag;
#[cfg(feature = "legacy-hashes")]
mod tiger;
pub mod verdict;
