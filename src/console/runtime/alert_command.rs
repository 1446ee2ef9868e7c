//! Runs the command of an alert.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::alerts;
use crate::console::app::event::Alert;
use crate::ledger::alert::Alerts;

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

    /// Runs the command, with the entry as a JSON line on its standard input.
    ///
    /// # Errors
    /// If it cannot be run, fails, or is killed because it takes too long. The error is already escaped.
    pub(crate) async fn run(&self, alert: Alert) -> Result<(), String> {
        let Ok(_permit) = self.free.try_acquire() else {
            return Err(format!("{AT_ONCE} are running already, so this one was not run"));
        };
        // A rejected message may be long.
        let line = tokio::task::spawn_blocking(move || alerts::line(&alert.interval, alert.index));
        let line = line.await.map_err(|error| error.to_string())?;
        alerts::run(&self.alerts, &line).await
    }
}
