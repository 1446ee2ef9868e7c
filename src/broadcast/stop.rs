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
    /// Ends the listener. If it is not listening, or if its [`listen`](super::Listener::listen) ends for another reason, the next
    /// `listen` ends at once: a stop is never lost.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::Release);
        self.0.told.notify_one();
    }

    /// Whether the listener is to end. It must end then: the next call returns false again.
    pub(super) fn take(&self) -> bool {
        self.0.stopped.swap(false, Ordering::AcqRel)
    }

    /// Waits until the listener is to end, which it must then do. Safe to cancel: the listener is the only one that waits, and a
    /// stop that is not taken is remembered.
    pub(super) async fn stopped(&self) {
        while !self.take() {
            self.0.told.notified().await;
        }
    }
}
