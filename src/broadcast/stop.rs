//! Stops a listener from a handler, another task or another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Stops a listener or a stream. If it is waiting for a message, it ends at once. If a handler is running, it ends after the
/// handler returns. Clones stop the same listener.
#[derive(Debug, Clone, Default)]
pub struct StopHandle(Arc<StopRequest>);

#[derive(Debug, Default)]
struct StopRequest {
    stopped: AtomicBool,
    notify: Notify,
}

impl StopHandle {
    /// Requests the end of the listener. The request is kept until the listener sees it. If it is not listening, its next
    /// [`listen`](super::Listener::listen) ends at once. The same applies if a `listen` ends for another reason before it sees
    /// the request, e.g. because a handler returns an error.
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
