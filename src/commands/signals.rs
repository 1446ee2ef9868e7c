//! The signals that end a command in an orderly way.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGINT, SIGTERM and SIGHUP, caught from when this is made.
#[derive(Debug)]
pub(super) struct Signals([Option<Signal>; 3]);

impl Signals {
    /// Catches the signals; one that cannot be caught ends the program, as it does by itself. Needs a runtime.
    #[must_use]
    pub(super) fn catch() -> Self {
        Self([SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(|kind| signal(kind).ok()))
    }

    /// Waits for the next of them. Safe to cancel.
    pub(super) async fn next(&mut self) {
        let [interrupt, terminate, hang_up] = &mut self.0;
        tokio::select! {
            () = received(interrupt) => {}
            () = received(terminate) => {}
            () = received(hang_up) => {}
        }
        tracing::info!("ended by a signal");
    }
}

async fn received(signal: &mut Option<Signal>) {
    let came = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if came.is_none() {
        std::future::pending::<()>().await;
    }
}
