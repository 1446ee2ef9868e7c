//! Warnings that do not concern single messages: this machine's clock was set, or duplicates may not be detected.

use std::time::Instant;

use super::reader::Reader;
use super::shared::lock;
use super::{link_change, now_micros};
use crate::ledger::clock::WallClock;
use crate::ledger::duplicates::Duplicates;
use crate::ledger::interval::{Entry, Link, LinkState};

/// The state of the last check.
#[derive(Debug)]
pub(super) struct Warnings {
    began: Instant,
    clock: WallClock,
    is_incomplete: bool,
}

impl Default for Warnings {
    fn default() -> Self {
        Self { began: Instant::now(), clock: WallClock::default(), is_incomplete: false }
    }
}

impl Warnings {
    /// Checks the clock and the capacity of the duplicate check. Returns the new warnings.
    fn check(&mut self, duplicates: &Duplicates, tolerance: u64) -> [Option<Link>; 2] {
        let at = now_micros();
        let set = self.clock.step(self.began.elapsed(), at).map(|step| {
            let way = if step > 0 { "forward, or the machine was suspended" } else { "back" };
            let reason = format!(
                "by {} s {way}; the timestamps of signatures are checked against it",
                step.unsigned_abs() / 1_000_000
            );
            link_change(LinkState::ClockSet, Some(reason.into()), at)
        });
        let is_incomplete = duplicates.incomplete();
        let begins = is_incomplete && !self.is_incomplete;
        let incomplete = begins.then(|| {
            let reason = format!(
                "more than {} verified messages within the time tolerance of {tolerance} s: some duplicates may \
                 not be detected",
                duplicates.capacity()
            );
            link_change(LinkState::DuplicateCheckIncomplete, Some(reason.into()), at)
        });
        self.is_incomplete = is_incomplete;
        [set, incomplete]
    }
}

impl Reader {
    /// Appends new warnings. Called once a second.
    pub(super) fn check_warnings(&mut self) {
        let tolerance = self.keyring.time_tolerance();
        let new = lock(&self.shared.warnings).check(&lock(&self.shared.duplicates), tolerance);
        for link in new.into_iter().flatten() {
            self.builder.push(Entry::Link(link));
        }
    }
}
