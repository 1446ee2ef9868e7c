//! The message format: parsing, signing and verification of payloads, and escaping of untrusted text. No I/O.
//!
//! The PHP package `mehr-it/system-broadcast` defines the format. This documentation calls it *the package*. A payload is an
//! [`envelope`]: a name, a [`signature`] and [JSON](json) data. The [`verdict`] is the result of verifying it.

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
