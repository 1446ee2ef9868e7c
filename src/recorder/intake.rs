//! From the subscription to the writer, counted on the way.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::traffic::Counted;
use crate::failure::{Failure, runtime};
use crate::ledger::interval::Interval;
use crate::record::writer::Intake;
use crate::redis::queue::Receiver;

/// The hand-over's end, for a thread that waits.
pub(super) struct FromSubscription {
    receiver: Receiver,
    runtime: Runtime,
    counted: Arc<Counted>,
}

impl FromSubscription {
    pub(super) fn new(receiver: Receiver, counted: Arc<Counted>) -> Result<Self, Failure> {
        Ok(Self { receiver, runtime: runtime()?, counted })
    }
}

impl Intake for FromSubscription {
    fn take(&mut self, patience: Duration, into: &mut Vec<Arc<Interval>>) -> bool {
        let before = into.len();
        let drained = async { tokio::time::timeout(patience, self.receiver.drain(into)).await };
        let open = self.runtime.block_on(drained).unwrap_or(true);
        for interval in &into[before..] {
            self.counted.add(interval);
        }
        open
    }
}
