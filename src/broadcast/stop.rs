//! Stops a listener from a handler, another task or another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Stops a listener: at once if it is waiting, otherwise after the current handler returns.
#[derive(Debug, Clone, Default)]
pub struct StopHandle(Arc<StopRequest>);

#[derive(Debug, Default)]
struct StopRequest {
    stopped: AtomicBool,
    notify: Notify,
}

impl StopHandle {
    /// Stops the listener. If it is not listening, or if its [`listen`](super::Listener::listen) ends for another
    /// reason before it sees the request (e.g. the current handler returns an error), the next `listen` ends at once.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::Release);
        self.0.notify.notify_one();
    }

    /// Returns whether the listener must end, and resets the request. A caller that gets true must therefore end the
    /// listener.
    pub(super) fn take(&self) -> bool {
        self.0.stopped.swap(false, Ordering::AcqRel)
    }

    /// Waits for a stop request and resets it. This is cancel-safe: only the listener waits, and a request stays set
    /// until it is taken.
    pub(super) async fn stopped(&self) {
        while !self.take() {
            self.0.notify.notified().await;
        }
    }
}
