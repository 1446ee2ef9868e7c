//! What all connections of a subscription share: one, or one a node of a cluster. They run on one thread.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::warnings::Warnings;
use crate::ledger::duplicates::Duplicates;
use crate::ledger::interval::Interval;
use crate::redis::queue::Sender;

/// Shared by cloning.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    consumers: Rc<RefCell<Vec<Sender>>>,
    /// What was seen before, on whichever connection.
    pub(super) duplicates: Rc<RefCell<Duplicates>>,
    /// What was said beside the messages, once for all connections.
    pub(super) warnings: Rc<RefCell<Warnings>>,
}

impl Shared {
    pub(super) fn new(consumers: Vec<Sender>, duplicates: Duplicates) -> Self {
        Self {
            consumers: Rc::new(RefCell::new(consumers)),
            duplicates: Rc::new(RefCell::new(duplicates)),
            warnings: Rc::default(),
        }
    }

    /// One more consumer, until it drops its end.
    pub(super) fn add(&self, consumer: Sender) {
        self.consumers.borrow_mut().push(consumer);
    }

    /// Hands an interval over to every consumer.
    pub(super) fn enqueue(&self, interval: Interval) {
        let interval = Arc::new(interval);
        let mut consumers = self.consumers.borrow_mut();
        consumers.retain(|consumer| !consumer.is_abandoned());
        for consumer in consumers.iter() {
            consumer.send(Arc::clone(&interval));
        }
    }
}
