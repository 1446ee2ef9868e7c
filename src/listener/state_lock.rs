//! Two listeners that keep their numbers under one name would each take for handled what the other did.

use std::fs::{File, TryLockError};

use digest::Digest as _;

use crate::config::{Profile, state_file};
use crate::failure::Failure;
use crate::own_file;
use crate::wire::escape::escape;

/// Held as long as a listener runs; the system lets go of it when the process ends in any way.
#[derive(Debug)]
pub(super) struct StateLock(#[expect(dead_code, reason = "it is held, and nothing else")] File);

impl StateLock {
    /// Makes sure that no other listener keeps its numbers of this profile's server under that name.
    ///
    /// # Errors
    /// Where one does, or the file beside the counters cannot be made.
    pub(super) fn as_state(profile: &Profile, state: &str) -> Result<Self, Failure> {
        // A name may be as long as it likes, and hold what a file's name cannot.
        let digest = sha2::Sha256::digest(format!("{} {state}", profile.state_key()));
        let name = digest.iter().take(8).fold(String::from("listen-"), |name, byte| format!("{name}{byte:02x}"));
        let path = state_file()?.with_file_name(name + ".lock");
        let failed = |error: &dyn std::fmt::Display| {
            let path = escape(path.as_os_str().as_encoded_bytes());
            Failure::failed(format!("{path} cannot be locked: {}", escape(error.to_string().as_bytes())))
        };
        let file = own_file::open(&path).map_err(|error| failed(&error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Failure::failed(format!(
                "another listener keeps its numbers as {} already; give this one a name of its own with --state",
                escape(state.as_bytes())
            ))),
            Err(TryLockError::Error(error)) => Err(failed(&error)),
        }
    }
}
