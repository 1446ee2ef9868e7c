//! Files with secrets: only their owner may read them, as ssh demands.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zeroize::Zeroizing;

use super::error::{ConfigError, shown};

/// Larger files are no keys and no configurations.
const MOST: u64 = 1 << 20;

/// A file's bytes and permissions, taken from one open file, so that they belong together.
pub(super) struct Contents {
    /// The bytes; wiped when dropped.
    pub(super) bytes: Zeroizing<Vec<u8>>,
    mode: u32,
}

/// Reads a file as a whole.
pub(super) fn read(path: &Path) -> io::Result<Contents> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        return Err(io::Error::other("it is larger than 1 MiB, so it is something else"));
    }
    Ok(Contents { bytes, mode: metadata.permissions().mode() & 0o7777 })
}

impl Contents {
    /// Refuses a file that its group or others can read or change.
    pub(super) fn must_be_private(&self, path: &Path, place: &str) -> Result<(), ConfigError> {
        let others = self.mode & 0o077;
        if others == 0 {
            return Ok(());
        }
        let (mode, path) = (self.mode, shown(path));
        Err(ConfigError::new(
            place,
            format!("{path} holds a secret and is open to others (mode {mode:04o}); run: chmod 600 '{path}'"),
        ))
    }
}
