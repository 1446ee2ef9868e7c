//! The message format: parsing, signing and verification of payloads, and escaping of untrusted text. No I/O.

pub mod algorithm;
pub mod envelope;
pub mod escape;
pub mod glob;
pub mod json;
mod numeric;
pub mod signature;
mod tag;
#[cfg(feature = "legacy-hashes")]
mod tiger;
pub mod verdict;
