//! Runs the command of an alert.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::Semaphore;

use crate::child;
use crate::child::CommandOutcome;
use crate::console::app::event::Alert;
use crate::ledger::alert::Alerts;
use crate::output::json::JsonLines;

/// A command that runs longer is killed, with all processes that it started.
const MAX_LENGTH: Duration = Duration::from_secs(10);
/// The maximum number of commands that run at once. Further ones are not run.
const AT_ONCE: usize = 4;

/// The command of a profile's alerts.
#[derive(Debug, Clone)]
pub(crate) struct AlertCommand {
    alerts: Arc<Alerts>,
    free: Arc<Semaphore>,
}

impl AlertCommand {
    pub(crate) fn new(alerts: Alerts) -> Self {
        Self { alerts: Arc::new(alerts), free: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Runs the command, with the entry as a JSON line on its standard input. Its arguments and its environment never contain
    /// a part of a message.
    ///
    /// # Errors
    /// If it cannot be run, fails, or is killed because it takes too long. The error is already escaped.
    pub(crate) async fn run(&self, alert: Alert) -> Result<(), String> {
        let Ok(_permit) = self.free.try_acquire() else {
            return Err(format!("{AT_ONCE} are running already, so this one was not run"));
        };
        let [program, arguments @ ..] = &self.alerts.command[..] else {
            return Err(String::from("there is no command"));
        };
        // A rejected message may be long.
        let line = tokio::task::spawn_blocking(move || line(&alert)).await.map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        match child::run(&mut command, &self.alerts.withheld, &line, MAX_LENGTH).await {
            CommandOutcome::Done => Ok(()),
            error => Err(error.to_string()),
        }
    }
}

fn line(alert: &Alert) -> Vec<u8> {
    let mut line = Vec::new();
    if let Some(entry) = alert.interval.entries().get(alert.index) {
        JsonLines::default().entry(&mut line, &alert.interval, entry);
    }
    line
}
