//! Runs the command of an alert: detached from the terminal, without our secrets, and not for long.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

use super::action::Alert;
use crate::ledger::alert::Alerts;
use crate::output::json::JsonLines;
use crate::wire::escape::escape;

/// A command is killed after that time, with all that it started.
const LONGEST: Duration = Duration::from_secs(10);
/// So many run at once; where there are more, the newest is not run.
const AT_ONCE: usize = 4;

/// The command of a profile's alerts.
#[derive(Debug, Clone)]
pub(super) struct AlertCommand {
    alerts: Arc<Alerts>,
    free: Arc<Semaphore>,
}

impl AlertCommand {
    pub(super) fn new(alerts: Alerts) -> Self {
        Self { alerts: Arc::new(alerts), free: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Runs the command, with the entry as a JSON line on its standard input: nothing of a message is ever in its
    /// arguments or its environment. What went wrong is escaped already.
    ///
    /// # Errors
    /// Where it cannot be run, fails, or is killed because it takes too long.
    pub(super) async fn run(&self, alert: Alert) -> Result<(), String> {
        let Ok(_permit) = self.free.try_acquire() else {
            return Err(format!("{AT_ONCE} are running already, so this one was not run"));
        };
        let mut child = self.spawn().map_err(|error| escape(error.to_string().as_bytes()))?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        match tokio::time::timeout(LONGEST, feed(&mut child, alert)).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(ended(status)),
            Ok(Err(error)) => Err(escape(error.to_string().as_bytes())),
            Err(_) => {
                if let Some(group) = group {
                    // It may have ended just now.
                    let _ = kill_process_group(group, Signal::KILL);
                }
                let _ = child.wait().await;
                Err(format!("it took longer than {} s and was killed", LONGEST.as_secs()))
            }
        }
    }

    fn spawn(&self) -> std::io::Result<Child> {
        let [program, arguments @ ..] = &self.alerts.command[..] else {
            return Err(std::io::Error::other("there is no command"));
        };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        for name in &self.alerts.withheld {
            command.env_remove(name);
        }
        // A group of its own: keys of our terminal do not reach it, and it is killed with all that it started.
        command.process_group(0).kill_on_drop(true).spawn()
    }
}

async fn feed(child: &mut Child, alert: Alert) -> std::io::Result<ExitStatus> {
    // A refused message may be long.
    let line = tokio::task::spawn_blocking(move || {
        let mut line = Vec::new();
        if let Some(entry) = alert.interval.entries().get(alert.index) {
            JsonLines::default().entry(&mut line, &alert.interval, entry);
        }
        line
    })
    .await?;
    if let Some(mut input) = child.stdin.take() {
        // A command need not read.
        let _ = input.write_all(&line).await;
    }
    child.wait().await
}

fn ended(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("it ended with status {code}"),
        (None, Some(signal)) => format!("it was ended by signal {signal}"),
        (None, None) => String::from("it failed"),
    }
}
