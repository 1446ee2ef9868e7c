//! What systemd is told, where it started this program: without `NOTIFY_SOCKET` nothing is sent.

use std::time::{Duration, Instant};

use sd_notify::{NotifyState, notify};

use crate::record::status::Status;

/// The service, as the service manager sees it.
pub(super) struct Service {
    /// The time within which it must be told that all is well.
    watchdog: Option<Duration>,
}

impl Service {
    /// Says that the recording has begun.
    pub(super) fn ready() -> Self {
        send(&[NotifyState::Ready]);
        Self { watchdog: sd_notify::watchdog_enabled() }
    }

    /// Feeds the watchdog, unless the writer has hung for longer than it allows: then a restart is the only help. A full
    /// disk is none of that, for the writer goes on trying.
    pub(super) fn alive(&self, status: &Status, now: Instant) {
        if self.watchdog.is_some_and(|limit| now.saturating_duration_since(status.alive) < limit) {
            send(&[NotifyState::Watchdog]);
        }
    }

    pub(super) fn status(&self, line: &str) {
        send(&[NotifyState::Status(line)]);
    }

    pub(super) fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => send(&[NotifyState::Reloading, now]),
            Err(_) => send(&[NotifyState::Reloading]),
        }
    }

    pub(super) fn reloaded(&self) {
        send(&[NotifyState::Ready]);
    }

    pub(super) fn stopping(&self) {
        send(&[NotifyState::Stopping]);
    }
}

/// A service manager that does not listen is no reason to stop recording.
fn send(states: &[NotifyState<'_>]) {
    let _ = notify(states);
}
