//! What is said beside the messages: that this machine's clock was set, and that a repeat may go unseen.

use std::time::Instant;

use super::reader::Reader;
use super::{link, now_micros};
use crate::ledger::clock::WallClock;
use crate::ledger::interval::LinkState;

/// What was looked at last.
#[derive(Debug)]
pub(super) struct Notices {
    began: Instant,
    clock: WallClock,
    is_incomplete: bool,
}

impl Default for Notices {
    fn default() -> Self {
        Self { began: Instant::now(), clock: WallClock::default(), is_incomplete: false }
    }
}

impl Reader {
    /// Looks at the clocks and at the memory for repeats; once a second is enough.
    pub(super) fn look_around(&mut self) {
        let at = now_micros();
        if let Some(step) = self.notices.clock.look(self.notices.began.elapsed(), at) {
            let way = if step > 0 { "forward, or it slept" } else { "back" };
            let seconds = step.unsigned_abs() / 1_000_000;
            let reason = format!("by {seconds} s {way}; signatures are judged by it");
            self.link(link(LinkState::ClockSet, Some(reason.into()), at));
        }
        let is_incomplete = self.repeats.incomplete();
        if is_incomplete && !self.notices.is_incomplete {
            let (most, tolerance) = (self.repeats.capacity(), self.keyring.time_tolerance());
            let reason = format!(
                "more than {most} signed messages within the time tolerance of {tolerance} s: one that is sent again may not \
                 be known again"
            );
            self.link(link(LinkState::RepeatsIncomplete, Some(reason.into()), at));
        }
        self.notices.is_incomplete = is_incomplete;
    }
}
