//! The state that all connections of a subscription share. There is one connection, or one per cluster node. All of
//! them run on one thread.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, PoisonError};
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
    consumers: Rc<RefCell<Vec<Sender>>>,
    connect_error: ConnectErrorSlot,
    /// The start of the monotonic clock.
    began: Instant,
    /// The verified messages of all connections, to detect duplicates.
    pub(super) duplicates: Rc<RefCell<Duplicates>>,
    /// The warnings of all connections.
    pub(super) warnings: Rc<RefCell<Warnings>>,
}

impl Shared {
    pub(super) fn new(consumers: Vec<Sender>, duplicates: Duplicates, connect_error: ConnectErrorSlot) -> Self {
        Self {
            consumers: Rc::new(RefCell::new(consumers)),
            connect_error,
            began: Instant::now(),
            duplicates: Rc::new(RefCell::new(duplicates)),
            warnings: Rc::default(),
        }
    }

    /// The monotonic clock, in microseconds since the start of the subscription.
    pub(super) fn monotonic(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    /// Stores the error of an attempt to connect, before the link change that reports it is sent.
    pub(super) fn set_connect_error(&self, error: ConnectError) {
        *self.connect_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    /// Adds a consumer. It is removed after it has dropped its receiver.
    pub(super) fn add(&self, consumer: Sender) {
        self.consumers.borrow_mut().push(consumer);
    }

    /// Sends an interval to every consumer.
    pub(super) fn enqueue(&self, interval: Interval) {
        let interval = Arc::new(interval);
        let mut consumers = self.consumers.borrow_mut();
        consumers.retain(|consumer| !consumer.is_abandoned());
        for consumer in consumers.iter() {
            consumer.send(Arc::clone(&interval));
        }
    }
}
