//! A pool that reuses the memory of dropped intervals.
//!
//! Under load, one thread allocates intervals of several megabytes fifty times a second, and another thread frees them. Through the
//! allocator this fragments the heap, and the process keeps the memory. The pool reuses the same few blocks instead.

use std::sync::{Arc, Mutex, PoisonError};

use super::interval::Entry;

/// The smallest block that the pool keeps, in bytes.
const MIN_BLOCK: usize = 64 << 10;
/// The largest block that the pool keeps, in bytes.
const MAX_BLOCK: usize = 8 << 20;
/// The number of blocks of each kind that the pool keeps.
const MAX_KEPT: usize = 2;

/// A handle to the pool. Clones share one pool. Intervals return their memory to it when they are dropped.
#[derive(Debug, Clone, Default)]
pub(super) struct BufferPool(Arc<Mutex<Blocks>>);

#[derive(Debug, Default)]
struct Blocks {
    bytes: Vec<Vec<u8>>,
    entries: Vec<Vec<Entry>>,
}

impl BufferPool {
    /// Returns buffers for about this many bytes and entries, from the pool if a block fits.
    pub(super) fn take(&self, bytes: usize, entries: usize) -> (Vec<u8>, Vec<Entry>) {
        let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (take(&mut blocks.bytes, bytes), take(&mut blocks.entries, entries))
    }

    /// Takes the memory of a dropped interval.
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
    (MIN_BLOCK..=MAX_BLOCK).contains(&(block.capacity() * size_of::<T>()))
}

/// Takes a block of at least the wanted capacity, and at most twice that. Allocates one if there is none. An allocated block is at most
/// `MAX_BLOCK`, because a very large interval is rarely followed by another.
fn take<T>(blocks: &mut Vec<Vec<T>>, wanted: usize) -> Vec<T> {
    let wanted = wanted.min(MAX_BLOCK / size_of::<T>());
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
    if blocks.len() == MAX_KEPT {
        // Replace the oldest block, so that the sizes follow the traffic.
        blocks.remove(0);
    }
    blocks.push(block);
}
