//! Passes what the subscription received to the writer, and counts it.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::alerts::Alerter;
use crate::failure::{Failure, runtime};
use crate::ledger::interval::Interval;
use crate::metrics::traffic::TrafficCounter;
use crate::recording::writer::Intake;
use crate::redis::queue::Receiver;
use crate::redis::subscription::now_micros;

/// Passes intervals from the subscription's queue to the writer, counts them, and raises alerts.
pub(super) struct TrafficIntake {
    receiver: Receiver,
    /// For the writer's thread, which is not asynchronous.
    runtime: Runtime,
    traffic: Arc<TrafficCounter>,
    /// Runs the alert command, if the profile has one.
    alerter: Option<Alerter>,
}

impl TrafficIntake {
    pub(super) fn new(
        receiver: Receiver,
        traffic: Arc<TrafficCounter>,
        alerter: Option<Alerter>,
    ) -> Result<Self, Failure> {
        Ok(Self { receiver, runtime: runtime()?, traffic, alerter })
    }
}

impl Intake for TrafficIntake {
    fn take(&mut self, timeout: Duration, into: &mut Vec<Arc<Interval>>) -> bool {
        let before = into.len();
        let drained = async { tokio::time::timeout(timeout, self.receiver.drain(into)).await };
        let is_open = self.runtime.block_on(drained).unwrap_or(true);
        for interval in &into[before..] {
            self.traffic.add(interval);
            if let Some(alerter) = &mut self.alerter {
                alerter.take(interval, now_micros());
            }
        }
        is_open
    }
}
