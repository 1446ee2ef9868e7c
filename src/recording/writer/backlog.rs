//! The bounded queue of intervals to be written. If it is full, the oldest messages are dropped and counted.

use std::collections::VecDeque;
use std::sync::Arc;

use super::hole::LostEntries;
use crate::ledger::interval::{Entry, Interval};

/// An interval, and the wall clock minus the monotonic clock when it was received, in microseconds.
pub(super) type PendingInterval = (Arc<Interval>, i64);

/// The queue.
#[derive(Debug)]
pub(super) struct Backlog {
    /// What was dropped. It precedes the queue in the stream.
    pub(super) lost: Option<LostEntries>,
    queue: VecDeque<PendingInterval>,
    bytes: usize,
    messages: u64,
    max_bytes: usize,
    /// The maximum number of bytes in a transaction. A transaction always has at least one interval.
    batch_bytes: usize,
}

impl Backlog {
    pub(super) fn new(max_bytes: usize, batch_bytes: usize) -> Self {
        Self { lost: None, queue: VecDeque::new(), bytes: 0, messages: 0, max_bytes, batch_bytes }
    }

    pub(super) fn push(&mut self, item: PendingInterval) {
        let (bytes, messages) = weight(&item);
        self.bytes += bytes;
        self.messages += messages;
        self.queue.push_back(item);
    }

    /// Drops the oldest intervals until the queue is within its limit. `reason` is not escaped. Returns the number of dropped
    /// messages.
    pub(super) fn bound(&mut self, reason: &str) -> u64 {
        let before = self.messages;
        while self.bytes > self.max_bytes && self.queue.len() > 1 {
            let Some((interval, offset)) = self.pop() else { break };
            self.lost.get_or_insert_with(|| LostEntries::new(reason.to_owned())).add(&interval, offset);
        }
        before - self.messages
    }

    /// The next transaction: what was dropped, and the intervals after it. If space is scarce, it has at most `fits` bytes, and a
    /// larger interval is split.
    pub(super) fn batch(&mut self, fits: Option<usize>) -> (Option<&LostEntries>, &[PendingInterval]) {
        if let Some(fits) = fits {
            self.cut_first(fits);
        }
        let max_bytes = self.batch_bytes.min(fits.unwrap_or(usize::MAX));
        let queue = self.queue.make_contiguous();
        let mut bytes = 0;
        let end = queue.iter().position(|item| {
            bytes += weight(item).0;
            bytes > max_bytes
        });
        (self.lost.as_ref(), &queue[..end.map_or(queue.len(), |end| end.max(1))])
    }

    fn cut_first(&mut self, max_bytes: usize) {
        let Some((first, offset)) = self.queue.front() else { return };
        if content(first) <= max_bytes || first.entries().len() < 2 {
            return;
        }
        let (first, offset) = (Arc::clone(first), *offset);
        self.pop();
        for part in parts(&first, max_bytes).into_iter().rev() {
            let item = (Arc::new(part), offset);
            let (bytes, messages) = weight(&item);
            self.bytes += bytes;
            self.messages += messages;
            self.queue.push_front(item);
        }
    }

    /// Converts the clock offsets to a session that starts `later` microseconds after the one in which they were measured.
    pub(super) fn start_session(&mut self, later: i64) {
        self.queue.iter_mut().for_each(|(_, offset)| *offset += later);
        if let Some(lost) = &mut self.lost {
            for (first, last) in lost.holes_mut().filter_map(|hole| hole.offsets.as_mut()) {
                (*first, *last) = (*first + later, *last + later);
            }
        }
    }

    /// Removes the first `items` intervals, which were written, and what was dropped before them.
    pub(super) fn written(&mut self, items: usize) -> Vec<Arc<Interval>> {
        self.lost = None;
        let mut intervals = Vec::with_capacity(items);
        for _ in 0..items {
            intervals.extend(self.pop().map(|(interval, _)| interval));
        }
        intervals
    }

    fn pop(&mut self) -> Option<PendingInterval> {
        let item = self.queue.pop_front()?;
        let (bytes, messages) = weight(&item);
        self.bytes -= bytes;
        self.messages -= messages;
        Some(item)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.lost.is_none()
    }

    /// Whether there is enough for a transaction.
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= self.batch_bytes
    }

    /// The number of waiting messages.
    pub(super) fn messages(&self) -> u64 {
        self.messages
    }

    /// When the oldest waiting message was received.
    pub(super) fn since(&self) -> Option<i64> {
        self.queue.iter().flat_map(|(interval, _)| interval.entries()).find_map(|entry| match entry {
            Entry::Message(message) => Some(message.at),
            _ => None,
        })
    }
}

/// Splits an interval into parts of at most `max_bytes`. A part has at least one entry.
fn parts(interval: &Interval, max_bytes: usize) -> Vec<Interval> {
    let mut parts = Vec::new();
    let mut part = Interval::default();
    for entry in interval.entries() {
        let bytes = size_of::<Entry>() + payload(interval, entry);
        if !part.is_empty() && content(&part) + bytes > max_bytes {
            part.shrink();
            parts.push(std::mem::take(&mut part));
        }
        match entry {
            Entry::Message(message) => part.adopt(message, interval),
            other => part.push(other.clone()),
        }
    }
    part.shrink();
    parts.push(part);
    parts
}

fn payload(interval: &Interval, entry: &Entry) -> usize {
    match entry {
        Entry::Message(message) => interval.payload(message).len(),
        _ => 0,
    }
}

/// The size of payloads and entries, in bytes.
fn content(interval: &Interval) -> usize {
    interval.payload_bytes() + size_of_val(interval.entries())
}

fn weight((interval, _): &PendingInterval) -> (usize, u64) {
    (interval.size(), interval.messages() as u64)
}
