//! Reads files with secrets or commands, and checks who else can read or write them.
//!
//! Like ssh, this checks the file but not its directory.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::process::geteuid;
use zeroize::Zeroizing;

use super::error::shown;

/// The maximum size of a file, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// The bytes and permissions of one open file.
pub(super) struct Contents {
    /// The bytes; wiped when dropped.
    pub(super) bytes: Zeroizing<Vec<u8>>,
    mode: u32,
    owner: u32,
}

/// Reads a whole file.
pub(super) fn read(path: &Path) -> io::Result<Contents> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::other("it is a directory"));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(MAX_SIZE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_SIZE {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    Ok(Contents { bytes, mode: metadata.permissions().mode() & 0o7777, owner: metadata.uid() })
}

impl Contents {
    /// Rejects a file that its group or others can read or write.
    pub(super) fn check_private(&self, path: &Path) -> Result<(), String> {
        let others = self.mode & 0o077;
        if others == 0 {
            return Ok(());
        }
        let (mode, path) = (self.mode, shown(path));
        Err(format!("{path} contains a secret, but others can access it (mode {mode:04o}); run: chmod 600 '{path}'"))
    }

    /// Rejects a file that anyone but its user and root can write: it can name commands to run.
    pub(super) fn check_trusted(&self, path: &Path) -> Result<(), String> {
        distrust(self.owner, self.mode, geteuid().as_raw(), &shown(path)).map_or(Ok(()), Err)
    }
}

/// Why a file with this owner and mode is not trusted, and the fix.
fn distrust(owner: u32, mode: u32, user: u32, path: &str) -> Option<String> {
    const RISK: &str = "it can name commands to run";
    if owner != user && owner != 0 {
        return Some(format!("belongs to another user (uid {owner}), and {RISK}; run: chown {user} '{path}'"));
    }
    let is_writable = mode & 0o022 != 0;
    is_writable.then(|| format!("others can write it (mode {mode:04o}), and {RISK}; run: chmod go-w '{path}'"))
}

#[cfg(test)]
mod tests {
    use super::distrust;

    #[test]
    fn only_the_user_and_root_may_own_or_change_a_configuration() {
        for (owner, mode, is_trusted) in [
            (1000, 0o600, true),
            (1000, 0o644, true),
            (0, 0o644, true),
            (0, 0o664, false),
            (1000, 0o664, false),
            (1000, 0o646, false),
            (1001, 0o600, false),
            (1001, 0o644, false),
        ] {
            assert_eq!(distrust(owner, mode, 1000, "c").is_none(), is_trusted, "owner {owner}, mode {mode:o}");
        }
        let error = distrust(1001, 0o644, 1000, "c").unwrap_or_default();
        assert_eq!(error, "belongs to another user (uid 1001), and it can name commands to run; run: chown 1000 'c'");
    }
}
