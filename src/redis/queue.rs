//! The bounded queue from the subscription to one consumer.
//!
//! Sending never waits. If a consumer is too slow, the oldest messages are dropped. In their place, the consumer receives
//! [`Dropped`](crate::ledger::dropped::Dropped) entries with the channel, count and sequence numbers of the dropped
//! messages. Findings, link changes, the last reading of each counter and the last state of each expectation are kept. If
//! the kept findings, link changes and `Dropped` entries take more than 32 MiB, which is enough for about 100,000 of them, the
//! older half is reduced to one `Dropped` per channel. The link changes in that half are lost.

mod summary;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

use self::summary::DroppedSummary;
use crate::ledger::interval::{Entry, Interval};

#[derive(Debug, Default)]
struct Queue {
    /// The remaining entries of earlier intervals whose messages were dropped.
    summary: DroppedSummary,
    intervals: VecDeque<Arc<Interval>>,
    /// The total size of `intervals`, in bytes.
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
    /// The lock is only held for short operations that do not panic.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sending end, used by the subscription.
#[derive(Debug)]
pub struct Sender(Arc<Shared>);

/// The receiving end, used by the consumer.
#[derive(Debug)]
pub struct Receiver(Arc<Shared>);

/// Creates a queue for about `max_bytes` of [intervals](Interval). One interval always fits, whatever its size.
#[must_use]
pub fn queue(max_bytes: usize) -> (Sender, Receiver) {
    let shared = Arc::new(Shared { queue: Mutex::default(), filled: Notify::new(), max_bytes });
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

impl Sender {
    /// Appends an interval. Drops the oldest messages if the queue is full. Never waits.
    pub fn send(&self, interval: Arc<Interval>) {
        let mut queue = self.0.lock();
        queue.bytes += interval.size();
        queue.intervals.push_back(interval);
        while queue.bytes > self.0.max_bytes
            && queue.intervals.len() > 1
            && let Some(oldest) = queue.intervals.pop_front()
        {
            queue.bytes -= oldest.size();
            queue.summary.add(&oldest);
            queue.summary.limit_size();
        }
        drop(queue);
        self.0.filled.notify_one();
    }

    /// Whether the receiver was dropped.
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

/// Reports the size of a queue.
#[derive(Debug, Clone)]
pub struct QueueMeter(Weak<Shared>);

impl QueueMeter {
    /// The size of the intervals in the queue, in bytes; 0 after both ends of the queue were dropped.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.upgrade().map_or(0, |shared| shared.lock().bytes)
    }
}

impl Receiver {
    /// A meter for this queue. It does not keep the queue alive.
    #[must_use]
    pub fn meter(&self) -> QueueMeter {
        QueueMeter(Arc::downgrade(&self.0))
    }

    /// Waits for intervals and appends all of them to `into`. Returns false if the sender was dropped and the queue is
    /// empty.
    ///
    /// This is cancel-safe: nothing is removed from the queue before it returns.
    pub async fn drain(&self, into: &mut Vec<Arc<Interval>>) -> bool {
        loop {
            let (summary, intervals) = {
                let mut queue = self.0.lock();
                if queue.intervals.is_empty() && queue.closed {
                    return false;
                }
                let summary = if queue.intervals.is_empty() {
                    DroppedSummary::default()
                } else {
                    std::mem::take(&mut queue.summary)
                };
                queue.bytes = 0;
                (summary, std::mem::take(&mut queue.intervals))
            };
            if !intervals.is_empty() {
                if let Some(summary) = summary.into_interval() {
                    log_dropped(&summary);
                    into.push(Arc::new(summary));
                }
                into.extend(intervals);
                return true;
            }
            self.0.filled.notified().await;
        }
    }
}

fn log_dropped(summary: &Interval) {
    let messages: u64 =
        summary.entries().iter().map(|entry| if let Entry::Dropped(it) = entry { it.count } else { 0 }).sum();
    if messages > 0 {
        tracing::warn!(messages, "a consumer was too slow, messages were dropped");
    }
}
