//! Limits repeated findings to one per second for each kind and channel.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::finding::{Finding, FindingKind};
use super::sequence::Channel;

/// Limits the kinds of findings that can occur with every message ([`FindingKind::is_ongoing`]). The first finding of a kind
/// and channel passes. Later ones are merged into one finding per second, with their total count. Findings of other kinds
/// always pass immediately.
///
/// The time of a finding that was held is the time at which it is reported, so that findings and messages are in the order of
/// their times.
#[derive(Debug)]
pub struct Throttle {
    lines: HashMap<(FindingKind, Channel), Throttled>,
    limit: usize,
    swept: i64,
}

/// The findings of one kind on one channel.
#[derive(Debug)]
struct Throttled {
    /// When the last finding passed, in microseconds since the epoch.
    passed: i64,
    /// The findings since then, merged.
    held: Option<Finding>,
}

/// The minimum interval between two findings of one kind on one channel, in microseconds.
const MIN_INTERVAL: i64 = 1_000_000;

impl Default for Throttle {
    fn default() -> Self {
        Self::new(16_384)
    }
}

impl Throttle {
    /// Creates a throttle for at most `limit` combinations of kind and channel, of about 300 bytes each. Findings beyond this
    /// limit pass immediately.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { lines: HashMap::new(), limit, swept: i64::MIN }
    }

    /// Takes a finding, whose `at` is the current time. Returns the finding to report now; `None` if it is held.
    #[must_use = "a returned finding is no longer held"]
    pub fn pass(&mut self, finding: Finding) -> Option<Finding> {
        if !finding.kind.is_ongoing() {
            return Some(finding);
        }
        let now = finding.at;
        if self.lines.len() >= self.limit {
            self.sweep(now);
        }
        let full = self.lines.len() >= self.limit;
        match self.lines.entry((finding.kind, finding.channel.clone())) {
            Entry::Occupied(mut line) => line.get_mut().pass(finding),
            Entry::Vacant(_) if full => Some(finding),
            Entry::Vacant(place) => {
                place.insert(Throttled { passed: now, held: None });
                Some(finding)
            }
        }
    }

    /// Returns the held findings that are due at `now`, oldest first. `now` becomes their time. `i64::MAX` returns all of them
    /// with their own times.
    #[must_use = "the returned findings are no longer held"]
    pub fn due(&mut self, now: i64) -> Vec<Finding> {
        let mut due: Vec<_> = self.lines.values_mut().filter_map(|line| line.due(now)).collect();
        self.lines.retain(|_, line| line.held.is_some() || !line.is_over(now));
        due.sort_by(|a, b| (a.at, a.kind, &a.channel).cmp(&(b.at, b.kind, &b.channel)));
        for finding in due.iter_mut().filter(|_| now < i64::MAX) {
            finding.at = now;
        }
        due
    }

    /// When the next held finding is [due](Self::due); `None` if no finding is held.
    #[must_use]
    pub fn next_due(&self) -> Option<i64> {
        self.lines
            .values()
            .filter(|line| line.held.is_some())
            .map(|line| line.passed.saturating_add(MIN_INTERVAL))
            .min()
    }

    /// Removes expired entries, at most once a second.
    fn sweep(&mut self, now: i64) {
        if now.abs_diff(self.swept) >= MIN_INTERVAL.unsigned_abs() {
            self.lines.retain(|_, line| line.held.is_some() || !line.is_over(now));
            self.swept = now;
        }
    }
}

impl Throttled {
    /// Whether the next finding may pass. Also true if the clock was set back.
    fn is_over(&self, now: i64) -> bool {
        now < self.passed || now.saturating_sub(self.passed) >= MIN_INTERVAL
    }

    fn pass(&mut self, finding: Finding) -> Option<Finding> {
        let now = finding.at;
        self.held = Some(match self.held.take() {
            Some(held) => merge(held, finding),
            None => finding,
        });
        self.due(now)
    }

    fn due(&mut self, now: i64) -> Option<Finding> {
        if !self.is_over(now) {
            return None;
        }
        let finding = self.held.take()?;
        self.passed = now;
        Some(finding)
    }
}

/// Merges two findings of one kind and channel: the sum of the counts, the range that includes both, the time of the later one.
fn merge(held: Finding, new: Finding) -> Finding {
    Finding {
        sequence_from: [held.sequence_from, new.sequence_from].into_iter().flatten().min(),
        sequence_to: [held.sequence_to, new.sequence_to].into_iter().flatten().max(),
        count: Some(held.count.unwrap_or(1).saturating_add(new.count.unwrap_or(1))),
        at: new.at,
        cause: held.cause.merge(new.cause),
        kind: new.kind,
        channel: new.channel,
    }
}
