//! The bounded hand-over from the subscription to one consumer.
//!
//! Sending never waits. Where a consumer falls behind by more than its bound, the oldest messages are dropped and
//! counted; findings, link changes and counters are never dropped, for they are few and say what happened.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::ledger::interval::{Entry, Interval};

#[derive(Debug, Default)]
struct Queue {
    intervals: VecDeque<Arc<Interval>>,
    bytes: usize,
    dropped: u64,
    closed: bool,
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    filled: Notify,
    max_bytes: usize,
}

impl Shared {
    /// The lock is held for a few instructions only, and nothing that runs under it panics.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The subscription's end.
#[derive(Debug)]
pub struct Sender(Arc<Shared>);

/// The consumer's end.
#[derive(Debug)]
pub struct Receiver(Arc<Shared>);

/// A hand-over that holds at most about `max_bytes` of intervals; one interval always fits.
#[must_use]
pub fn hand_over(max_bytes: usize) -> (Sender, Receiver) {
    let shared = Arc::new(Shared { queue: Mutex::default(), filled: Notify::new(), max_bytes });
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

impl Sender {
    /// Hands an interval over; drops the oldest messages where the consumer is too far behind.
    pub fn send(&self, interval: Arc<Interval>) {
        let mut queue = self.0.lock();
        queue.bytes += interval.size();
        queue.intervals.push_back(interval);
        let mut index = 0;
        while queue.bytes > self.0.max_bytes && index + 1 < queue.intervals.len() {
            let whole = &queue.intervals[index];
            let (size, messages) = (whole.size(), whole.messages());
            if messages > 0 {
                let stripped = without_messages(whole);
                queue.bytes = queue.bytes - size + stripped.size();
                queue.dropped += messages as u64;
                queue.intervals[index] = Arc::new(stripped);
            }
            index += 1;
        }
        // Stripped intervals that hold nothing any more make room at once.
        while queue.intervals.len() > 1 && queue.intervals.front().is_some_and(|first| first.is_empty()) {
            queue.intervals.pop_front();
        }
        drop(queue);
        self.0.filled.notify_one();
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.filled.notify_one();
    }
}

impl Receiver {
    /// Waits for intervals and appends all there are to `into`; false where none will come any more.
    ///
    /// Safe to cancel: nothing is taken before it returns.
    pub async fn drain(&self, into: &mut Vec<Arc<Interval>>) -> bool {
        loop {
            {
                let mut queue = self.0.lock();
                if !queue.intervals.is_empty() {
                    into.extend(queue.intervals.drain(..));
                    queue.bytes = 0;
                    return true;
                }
                if queue.closed {
                    return false;
                }
            }
            self.0.filled.notified().await;
        }
    }

    /// How many messages were dropped so far because this consumer was too slow.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.lock().dropped
    }
}

fn without_messages(interval: &Interval) -> Interval {
    let mut rest = Interval::default();
    for entry in interval.entries() {
        // Barriers only tell that the link is live; the newest, which is never stripped, says so too.
        if !matches!(entry, Entry::Message(_) | Entry::Barrier { .. }) {
            rest.push(entry.clone());
        }
    }
    rest
}
