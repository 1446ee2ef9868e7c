//! The bounded hand-over from the subscription to one consumer.
//!
//! Sending never waits. If a consumer falls behind by more than its bound, the oldest messages are dropped. In their place the
//! consumer gets a [`Dropped`](crate::ledger::dropped::Dropped) for each channel, with their sequence numbers. Findings and link
//! changes are kept, and so is the last reading of each counter.

mod rest;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use self::rest::Rest;
use crate::ledger::interval::Interval;

#[derive(Debug, Default)]
struct Queue {
    /// The remains of the intervals before these, whose messages were dropped.
    rest: Rest,
    intervals: VecDeque<Arc<Interval>>,
    /// The size of `intervals`.
    bytes: usize,
    closed: bool,
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    filled: Notify,
    max_bytes: usize,
}

impl Shared {
    /// The consumer holds the lock for a few instructions only. Nothing that runs under it panics.
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
pub fn queue(max_bytes: usize) -> (Sender, Receiver) {
    let shared = Arc::new(Shared { queue: Mutex::default(), filled: Notify::new(), max_bytes });
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

impl Sender {
    /// Hands an interval over; drops the oldest messages where the consumer is too far behind.
    pub fn send(&self, interval: Arc<Interval>) {
        let mut queue = self.0.lock();
        queue.bytes += interval.size();
        queue.intervals.push_back(interval);
        while queue.bytes > self.0.max_bytes
            && queue.intervals.len() > 1
            && let Some(oldest) = queue.intervals.pop_front()
        {
            queue.bytes -= oldest.size();
            queue.rest.add(&oldest);
            queue.rest.bound();
        }
        drop(queue);
        self.0.filled.notify_one();
    }

    /// Whether the consumer dropped its end.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        Arc::strong_count(&self.0) == 1
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
            let (rest, intervals) = {
                let mut queue = self.0.lock();
                if queue.intervals.is_empty() && queue.closed {
                    return false;
                }
                let rest = if queue.intervals.is_empty() { Rest::default() } else { std::mem::take(&mut queue.rest) };
                queue.bytes = 0;
                (rest, std::mem::take(&mut queue.intervals))
            };
            if !intervals.is_empty() {
                into.extend(rest.into_interval().map(Arc::new));
                into.extend(intervals);
                return true;
            }
            self.0.filled.notified().await;
        }
    }
}
