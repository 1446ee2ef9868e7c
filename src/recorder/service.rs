//! What systemd is told, where it started this program: without `NOTIFY_SOCKET` nothing is sent.

use std::time::{Duration, Instant};

use sd_notify::{NotifyState, notify};

use crate::record::status::Status;

/// The time within which the service manager must be told that all is well, where it asked for that.
pub(super) struct Watchdog(Option<Duration>);

impl Watchdog {
    pub(super) fn asked_for() -> Self {
        Self(sd_notify::watchdog_enabled())
    }

    /// Feeds the watchdog, unless the writer has hung for longer than it allows: then a restart is the only help. A full
    /// disk is none of that, for the writer goes on trying.
    pub(super) fn alive(&self, status: &Status, now: Instant) {
        if self.0.is_some_and(|limit| now.saturating_duration_since(status.alive) < limit) {
            send(&[NotifyState::Watchdog]);
        }
    }
}

/// The recording has begun, or a reload is done.
pub(super) fn ready() {
    send(&[NotifyState::Ready]);
}

pub(super) fn status(line: &str) {
    send(&[NotifyState::Status(line)]);
}

pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => send(&[NotifyState::Reloading, now]),
        Err(_) => send(&[NotifyState::Reloading]),
    }
}

pub(super) fn stopping() {
    send(&[NotifyState::Stopping]);
}

/// A service manager that does not listen is no reason to stop recording.
fn send(states: &[NotifyState<'_>]) {
    let _ = notify(states);
}
