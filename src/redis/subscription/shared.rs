//! The state that all connections of a subscription share. There is one connection, or one per cluster node. Each has its own
//! thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::ConnectErrorSlot;
use super::warnings::Warnings;
use crate::ledger::duplicates::Duplicates;
use crate::ledger::interval::Interval;
use crate::redis::connect_error::ConnectError;
use crate::redis::queue::Sender;

/// Clones share the same state.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    consumers: Arc<Mutex<Vec<Sender>>>,
    connect_error: ConnectErrorSlot,
    /// The start of the monotonic clock.
    began: Instant,
    /// The verified messages of all connections, to detect duplicates.
    pub(super) duplicates: Arc<Mutex<Duplicates>>,
    /// The warnings of all connections.
    pub(super) warnings: Arc<Mutex<Warnings>>,
}

impl Shared {
    pub(super) fn new(consumers: Vec<Sender>, duplicates: Duplicates, connect_error: ConnectErrorSlot) -> Self {
        Self {
            consumers: Arc::new(Mutex::new(consumers)),
            connect_error,
            began: Instant::now(),
            duplicates: Arc::new(Mutex::new(duplicates)),
            warnings: Arc::default(),
        }
    }

    /// The monotonic clock, in microseconds since the start of the subscription.
    pub(super) fn monotonic(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    /// Stores the error of an attempt to connect. Call this before sending the link change that reports the error.
    pub(super) fn set_connect_error(&self, error: ConnectError) {
        *self.connect_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    /// Adds a consumer. It is removed after it has dropped its receiver.
    pub(super) fn add(&self, consumer: Sender) {
        lock(&self.consumers).push(consumer);
    }

    /// Sends an interval to every consumer.
    pub(super) fn enqueue(&self, interval: Interval) {
        let interval = Arc::new(interval);
        let mut consumers = lock(&self.consumers);
        consumers.retain(|consumer| !consumer.is_abandoned());
        for consumer in consumers.iter() {
            consumer.send(Arc::clone(&interval));
        }
    }
}

/// Locks a mutex and ignores poisoning: if another thread panicked while it held the lock, the subscription ends anyway.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
