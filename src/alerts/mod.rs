//! Alerts: runs the profile's command for findings and rejected messages.
//!
//! The console has its own limits, because it can be muted. `tail`, `listen` and `record` use [`Alerter`].

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::AbortHandle;
use tokio::time::sleep;

use crate::child::{self, CommandOutcome};
use crate::ledger::alert::{AlertGate, Alerts, alert_id, is_resolved};
use crate::ledger::interval::Interval;
use crate::output::json::JsonLines;

/// A command that runs longer is killed, with all processes that it started.
const MAX_LENGTH: Duration = Duration::from_secs(10);
/// How many alerts wait at most while the command runs or fails. Further ones are dropped.
const MAX_WAITING: usize = 64;
/// How often the command is run for one alert if it fails.
const MAX_ATTEMPTS: u32 = 5;
/// The pause after the first failure. It doubles with each failure.
const MIN_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause after a failure.
const MAX_PAUSE: Duration = Duration::from_mins(5);

/// An entry of an interval, by its index.
type Alert = (Arc<Interval>, usize);

/// Runs the command for what a subscription receives, one alert at a time.
#[derive(Debug)]
pub(crate) struct Alerter {
    alerts: Arc<Alerts>,
    gate: AlertGate,
    queue: Sender<Alert>,
    worker: AbortHandle,
    /// Whether the last alert was dropped.
    is_full: bool,
}

impl Alerter {
    /// Starts it on the current runtime; none if the profile has no command. `warn` gets the reason, escaped, when the command
    /// fails.
    pub(crate) fn start(alerts: &Alerts, warn: impl Fn(&str) + Send + Sync + 'static) -> Option<Self> {
        if alerts.command.is_empty() {
            return None;
        }
        let alerts = Arc::new(alerts.clone());
        let (queue, waiting) = channel(MAX_WAITING);
        let worker = tokio::spawn(work(Arc::clone(&alerts), waiting, warn)).abort_handle();
        Some(Self { alerts, gate: AlertGate::default(), queue, worker, is_full: false })
    }

    /// Raises the alerts that are due for an interval. `now` is in microseconds since the epoch.
    pub(crate) fn take(&mut self, interval: &Arc<Interval>, now: i64) {
        for (index, entry) in interval.entries().iter().enumerate() {
            if self.gate.passes(&self.alerts, entry, now) {
                let is_full = self.queue.try_send((Arc::clone(interval), index)).is_err();
                if is_full && !std::mem::replace(&mut self.is_full, is_full) {
                    tracing::warn!("too many alerts wait for the command; further ones are dropped");
                }
                self.is_full = is_full;
            }
        }
    }
}

impl Drop for Alerter {
    fn drop(&mut self) {
        self.worker.abort();
    }
}

async fn work(alerts: Arc<Alerts>, mut waiting: Receiver<Alert>, warn: impl Fn(&str)) {
    let mut pause = MIN_PAUSE;
    let mut reported = None;
    while let Some((interval, index)) = waiting.recv().await {
        // A rejected message may be long.
        let Ok(line) = tokio::task::spawn_blocking(move || line(&interval, index)).await else { continue };
        for _ in 0..MAX_ATTEMPTS {
            let Err(reason) = run(&alerts, &line).await else {
                (pause, reported) = (MIN_PAUSE, None);
                break;
            };
            if reported.as_ref() != Some(&reason) {
                warn(&reason);
                reported = Some(reason);
            }
            sleep(pause).await;
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }
}

/// Runs the command once, with a line on its standard input. Its arguments and its environment never contain a part of a message.
///
/// # Errors
/// If it cannot be run, fails, or is killed because it takes too long. The error is already escaped.
pub(crate) async fn run(alerts: &Alerts, line: &[u8]) -> Result<(), String> {
    let [program, arguments @ ..] = &alerts.command[..] else {
        return Err(String::from("there is no command"));
    };
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    match child::run(&mut command, &alerts.withheld, line, MAX_LENGTH).await {
        CommandOutcome::Done => Ok(()),
        error => Err(error.to_string()),
    }
}

/// The JSON line of an alert: that of the entry, with `alert_id` and `alert`.
pub(crate) fn line(interval: &Interval, index: usize) -> Vec<u8> {
    let mut line = Vec::new();
    let Some(entry) = interval.entries().get(index) else { return line };
    JsonLines::default().entry(&mut line, interval, entry);
    if line.ends_with(b"}\n") {
        line.truncate(line.len() - 2);
        let state = if is_resolved(entry) { "resolved" } else { "firing" };
        line.extend_from_slice(
            format!(",\"alert_id\":\"{:016x}\",\"alert\":\"{state}\"}}\n", alert_id(interval, entry)).as_bytes(),
        );
    }
    line
}
