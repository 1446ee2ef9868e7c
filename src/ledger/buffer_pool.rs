//! The memory of intervals that nobody holds any more, for those that come next.
//!
//! In a flood an interval takes megabytes, fifty times a second, on one thread and gives them back on another. Handed round, the same
//! few blocks serve for ever; through the allocator they leave holes, which the process keeps.

use std::sync::{Arc, Mutex, PoisonError};

use super::interval::Entry;

/// Smaller blocks are left to the allocator, which is good at them, in bytes.
const MIN: usize = 64 << 10;
/// Larger ones go back to the allocator at once, in bytes.
const MAX: usize = 8 << 20;
/// How many blocks of each kind are kept.
const KEPT: usize = 2;

/// Shared by cloning: intervals give their memory back when they are dropped.
#[derive(Debug, Clone, Default)]
pub(super) struct BufferPool(Arc<Mutex<Blocks>>);

#[derive(Debug, Default)]
struct Blocks {
    bytes: Vec<Vec<u8>>,
    entries: Vec<Vec<Entry>>,
}

impl BufferPool {
    /// Memory for about that many bytes and entries: what is kept, where it fits.
    pub(super) fn take(&self, bytes: usize, entries: usize) -> (Vec<u8>, Vec<Entry>) {
        let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (take(&mut blocks.bytes, bytes), take(&mut blocks.entries, entries))
    }

    /// Keeps the memory of an interval that is dropped.
    pub(super) fn keep(&self, bytes: Vec<u8>, mut entries: Vec<Entry>) {
        if !is_kept(&bytes) && !is_kept(&entries) {
            return;
        }
        entries.clear();
        let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keep(&mut blocks.bytes, bytes);
        keep(&mut blocks.entries, entries);
    }
}

fn is_kept<T>(block: &Vec<T>) -> bool {
    (MIN..=MAX).contains(&(block.capacity() * size_of::<T>()))
}

/// A block that is large enough, but not so large that most of it would be idle. A single huge interval is not expected twice.
fn take<T>(blocks: &mut Vec<Vec<T>>, wanted: usize) -> Vec<T> {
    let wanted = wanted.min(MAX / size_of::<T>());
    let fits = |block: &Vec<T>| (wanted..=wanted.saturating_mul(2)).contains(&block.capacity());
    match blocks.iter().position(fits) {
        Some(at) => blocks.remove(at),
        None => Vec::with_capacity(wanted),
    }
}

fn keep<T>(blocks: &mut Vec<Vec<T>>, mut block: Vec<T>) {
    if !is_kept(&block) {
        return;
    }
    block.clear();
    if blocks.len() == KEPT {
        // The oldest goes: what is kept follows the traffic.
        blocks.remove(0);
    }
    blocks.push(block);
}
