//! What ends a command: signals, `--count`, `--for`, `--idle`, and a failed first connection.

use std::collections::HashSet;
use std::time::Duration;

use tokio::signal::unix::{self, SignalKind};
use tokio::time::Instant;

use crate::failure::{CHECK_URL, Failure, unreachable_server};
use crate::ledger::interval::{Link, LinkState};
use crate::wire::escape::escape;

/// A limit that is never reached.
const MAX_WAIT: Duration = Duration::from_hours(24 * 365 * 100);

/// A signal that asks a command to end. `record` reloads its profile on [`HangUp`](Self::HangUp) instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGINT
    Interrupt,
    /// SIGTERM
    Terminate,
    /// SIGHUP
    HangUp,
}

/// Catches SIGINT, SIGTERM and SIGHUP.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Option<unix::Signal>,
    terminate: Option<unix::Signal>,
    hang_up: Option<unix::Signal>,
}

impl Signals {
    /// Starts to catch the signals. Must be called within a runtime. A signal that cannot be caught still ends the program.
    #[must_use]
    pub(crate) fn catch() -> Self {
        let catch = |kind| unix::signal(kind).ok();
        Self {
            interrupt: catch(SignalKind::interrupt()),
            terminate: catch(SignalKind::terminate()),
            hang_up: catch(SignalKind::hangup()),
        }
    }

    /// Waits for the next signal. Safe to cancel.
    pub(crate) async fn next(&mut self) -> Signal {
        let signal = tokio::select! {
            () = received(&mut self.interrupt) => Signal::Interrupt,
            () = received(&mut self.terminate) => Signal::Terminate,
            () = received(&mut self.hang_up) => Signal::HangUp,
        };
        tracing::info!(?signal, "received a signal");
        signal
    }
}

async fn received(signal: &mut Option<unix::Signal>) {
    let received = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if received.is_none() {
        std::future::pending::<()>().await;
    }
}

/// The options that end a command.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Limits {
    /// `--count`: the number of messages.
    pub(crate) count: Option<u64>,
    /// `--for`: the duration of the run.
    pub(crate) duration: Option<Duration>,
    /// `--idle`: the time without a message.
    pub(crate) idle: Option<Duration>,
}

/// The limits, and what counts towards them.
#[derive(Debug)]
pub(crate) struct StopConditions {
    end: Instant,
    remaining: Option<u64>,
    idle: Option<Duration>,
    /// When the last message was processed or the connection was made; none before the first connection.
    last_activity: Option<Instant>,
    /// The channels and patterns that the server has not denied before the first connection.
    allowed: HashSet<Vec<u8>>,
    /// The server's last reason to deny a channel, escaped.
    denied: String,
}

impl StopConditions {
    /// The conditions of a run that subscribes to `channels`. The time of `--for` starts now.
    pub(super) fn new(limits: Limits, channels: &[Vec<u8>]) -> Self {
        Self {
            end: Instant::now() + limits.duration.unwrap_or(MAX_WAIT).min(MAX_WAIT),
            remaining: limits.count,
            idle: limits.idle,
            last_activity: None,
            allowed: channels.iter().cloned().collect(),
            denied: String::new(),
        }
    }

    /// Counts a processed message. `now` is an argument because asking for the time is expensive in a flood of messages.
    pub(crate) fn count_message(&mut self, now: Instant) {
        self.last_activity = Some(now);
        self.remaining = self.remaining.map(|remaining| remaining.saturating_sub(1));
    }

    /// Whether the number of messages of `--count` is reached.
    pub(crate) fn is_complete(&self) -> bool {
        self.remaining == Some(0)
    }

    /// When the time of `--for` is over.
    pub(super) fn end(&self) -> Instant {
        self.end
    }

    /// When the time of `--idle` is over if no message is received before.
    pub(super) fn idle_end(&self) -> Instant {
        match (self.last_activity, self.idle) {
            (Some(last_activity), Some(idle)) => last_activity + idle.min(MAX_WAIT),
            _ => Instant::now() + MAX_WAIT,
        }
    }

    /// Called when the time of `--for` is over.
    ///
    /// # Errors
    /// Fails if there was no connection: an empty output would look as if no message had been sent.
    pub(super) fn require_connection(&self) -> Result<(), Failure> {
        if self.last_activity.is_none() {
            return Err(Failure::unreachable(format!("not connected within the time of --for; {CHECK_URL}")));
        }
        Ok(())
    }

    /// Notes a change of the link.
    ///
    /// # Errors
    /// Fails if the first connection fails, or if the server denies all channels. Later connections are retried.
    pub(crate) fn link(&mut self, link: &Link) -> Result<(), Failure> {
        let is_first = self.last_activity.is_none();
        let reason = || escape(link.reason.as_deref().unwrap_or_default().as_bytes());
        match link.state {
            LinkState::Disconnected if is_first => Err(unreachable_server(&reason())),
            LinkState::Denied if is_first => {
                if let Some(channel) = &link.channel {
                    self.allowed.remove(channel.as_bytes());
                    self.denied = reason();
                }
                Ok(())
            }
            LinkState::Connected => {
                if is_first && self.allowed.is_empty() {
                    return Err(Failure::unreachable(format!(
                        "access denied to every channel: {}; allow the channels with ACL SETUSER, or log in as another user",
                        self.denied
                    )));
                }
                self.last_activity = Some(Instant::now());
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
