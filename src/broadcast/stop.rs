//! Ending a listener from a handler, or from anywhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Ends a listener: at once where it waits, otherwise after the handler that runs.
#[derive(Debug, Clone, Default)]
pub struct Stopper(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    stopped: AtomicBool,
    told: Notify,
}

impl Stopper {
    /// Ends the listener; where it does not listen yet, its next [`listen`](super::Listener::listen) ends at once.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::Release);
        self.0.told.notify_one();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Acquire)
    }

    /// Safe to cancel: the listener is the only one that waits, and a call that came before is remembered.
    pub(super) async fn stopped(&self) {
        while !self.is_stopped() {
            self.0.told.notified().await;
        }
    }

    /// The listener has ended: the next time it listens anew.
    pub(super) fn reset(&self) {
        self.0.stopped.store(false, Ordering::Release);
    }
}
