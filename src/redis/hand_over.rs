//! The bounded hand-over from the subscription to one consumer.
//!
//! Sending never waits. Where a consumer falls behind by more than its bound, the oldest messages are dropped and
//! counted; findings and link changes are kept, for they are few and say what happened, and so is the last reading of each
//! channel's counter. Only where they alone are more than the bound, the oldest of them go too, and are counted with the
//! messages.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::ledger::interval::{Entry, Interval};
use crate::ledger::sequence::Channel;

/// Findings and link changes have that much room however small the bound is, in bytes: some tens of thousands.
const LEAST_REST: usize = 8 << 20;

#[derive(Debug, Default)]
struct Queue {
    /// What is left of the intervals before these, whose messages were dropped.
    rest: Rest,
    intervals: VecDeque<Arc<Interval>>,
    /// The size of `intervals`.
    bytes: usize,
    dropped: u64,
    closed: bool,
}

/// Intervals without their messages, as one. Barriers are not kept: a later one tells as well that the link is live.
#[derive(Debug, Default)]
struct Rest {
    interval: Interval,
    /// The last readings, of which a new one replaces the one before.
    counters: HashMap<Channel, Entry>,
}

impl Rest {
    fn add(&mut self, interval: &Interval) {
        for entry in interval.entries() {
            match entry {
                Entry::Finding(_) | Entry::Link(_) => self.interval.push(entry.clone()),
                Entry::Counter { channel, .. } => {
                    self.counters.insert(channel.clone(), entry.clone());
                }
                Entry::Message(_) | Entry::Barrier { .. } => {}
            }
        }
    }

    /// Drops the older half of what is kept where that is more than `max_bytes`, or than the least there is room for; how many that were.
    fn bound(&mut self, max_bytes: usize) -> u64 {
        let entries = self.interval.entries().len();
        if size_of_val(self.interval.entries()) <= max_bytes.max(LEAST_REST) {
            return 0;
        }
        self.interval = self.interval.split_off(entries / 2);
        (entries / 2) as u64
    }

    fn take(&mut self) -> Option<Interval> {
        let Self { mut interval, counters } = std::mem::take(self);
        for counter in counters.into_values() {
            interval.push(counter);
        }
        (!interval.is_empty()).then_some(interval)
    }
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
        while queue.bytes > self.0.max_bytes
            && queue.intervals.len() > 1
            && let Some(oldest) = queue.intervals.pop_front()
        {
            queue.bytes -= oldest.size();
            queue.dropped += oldest.messages() as u64;
            queue.rest.add(&oldest);
            queue.dropped += queue.rest.bound(self.0.max_bytes);
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
            {
                let mut queue = self.0.lock();
                if !queue.intervals.is_empty() {
                    into.extend(queue.rest.take().map(Arc::new));
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

    /// How many messages were dropped so far because this consumer was too slow, and findings where even they had no room.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.lock().dropped
    }
}
