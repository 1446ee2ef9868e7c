//! What fits on the disk.

use std::path::Path;

use rustix::fs::statvfs;

/// Less free space than this is scarce, in bytes.
const SCARCE_BYTES: u64 = 32 << 20;
/// A transaction takes at most this part of the free space: it is written to the journal and then to the file, with its indexes.
const PART: u64 = 4;
/// A transaction of so many bytes is tried in any case.
const MIN_BATCH: u64 = 64 << 10;

/// The free space of a file system, in bytes; none if it does not say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Space(Option<u64>);

impl Space {
    /// Of the file system that holds a file.
    pub(super) fn of(file: &Path) -> Self {
        Self(statvfs(file).ok().map(|system| system.f_bavail.saturating_mul(system.f_frsize)))
    }

    /// The free space, if there is so little that every transaction must be made to fit.
    pub(super) fn scarce(self) -> Option<u64> {
        self.0.filter(|&free| free < SCARCE_BYTES)
    }

    /// What one transaction may write, in bytes, if space is scarce.
    pub(super) fn batch_bytes(self) -> Option<usize> {
        self.scarce().map(|free| usize::try_from((free / PART).max(MIN_BATCH)).unwrap_or(usize::MAX))
    }
}
