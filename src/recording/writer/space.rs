//! The free disk space.

use std::path::Path;

use rustix::fs::statvfs;

/// Space is scarce if less than this is free, in bytes.
const SCARCE_BYTES: u64 = 32 << 20;
/// A transaction has at most the free space divided by this. It needs more space than its own size, because it is written to the
/// journal and then to the file, with indexes.
const FREE_SPACE_DIVISOR: u64 = 4;
/// A transaction of this size is always attempted, in bytes.
const MIN_BATCH: u64 = 64 << 10;

/// The free space of a file system, in bytes. `None` if it is unknown.
#[derive(Debug, Clone, Copy)]
pub(super) struct FreeSpace(Option<u64>);

impl FreeSpace {
    /// The free space of the file system that contains a file.
    pub(super) fn of(file: &Path) -> Self {
        Self(statvfs(file).ok().map(|system| system.f_bavail.saturating_mul(system.f_frsize)))
    }

    /// The free space, if it is scarce.
    pub(super) fn scarce(self) -> Option<u64> {
        self.0.filter(|&free| free < SCARCE_BYTES)
    }

    /// The maximum size of a transaction in bytes, if space is scarce.
    pub(super) fn batch_bytes(self) -> Option<usize> {
        self.scarce().map(|free| usize::try_from((free / FREE_SPACE_DIVISOR).max(MIN_BATCH)).unwrap_or(usize::MAX))
    }
}
