//! Findings that go on, said at most once a second.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::finding::{Cause, Finding, FindingKind};
use super::sequence::Channel;

/// Folds findings that may come with every message (a rogue publisher, duplicates, a clock that is off) into the first one,
/// and then one a second and channel that counts those since the last. Gaps and resets always pass.
#[derive(Debug)]
pub struct Throttle {
    lines: HashMap<(FindingKind, Channel), Line>,
    limit: usize,
    swept: i64,
}

/// One finding that goes on.
#[derive(Debug)]
struct Line {
    /// When one was last let through.
    said: i64,
    /// Those since then, added up.
    held: Option<Finding>,
}

/// The least time between two lines of one kind on one channel, in microseconds.
const PAUSE: i64 = 1_000_000;

impl Default for Throttle {
    fn default() -> Self {
        Self::new(16_384)
    }
}

impl Throttle {
    /// Keeps at most `limit` kinds and channels in mind at a time, some 300 bytes each; what goes past that is let through at once.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { lines: HashMap::new(), limit, swept: i64::MIN }
    }

    /// Takes a finding at the time it was found; gives back what is to be said now, if anything.
    #[must_use = "what is given back is not held"]
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
                place.insert(Line { said: now, held: None });
                Some(finding)
            }
        }
    }

    /// What was held and is to be said at `now`, the oldest first. With `i64::MAX`: everything, at the end.
    #[must_use = "what is given back is not held"]
    pub fn due(&mut self, now: i64) -> Vec<Finding> {
        let mut due: Vec<_> = self.lines.values_mut().filter_map(|line| line.due(now)).collect();
        self.lines.retain(|_, line| line.held.is_some() || !line.is_over(now));
        due.sort_by(|a, b| (a.at, a.kind, &a.channel).cmp(&(b.at, b.kind, &b.channel)));
        due
    }

    /// When [`due`](Self::due) has something to say next; none while nothing is held.
    #[must_use]
    pub fn next_due(&self) -> Option<i64> {
        self.lines.values().filter(|line| line.held.is_some()).map(|line| line.said.saturating_add(PAUSE)).min()
    }

    /// Makes room, at most once a second.
    fn sweep(&mut self, now: i64) {
        if now.abs_diff(self.swept) >= PAUSE.unsigned_abs() {
            self.lines.retain(|_, line| line.held.is_some() || !line.is_over(now));
            self.swept = now;
        }
    }
}

impl Line {
    /// Whether the pause is over; also where the clock was set back.
    fn is_over(&self, now: i64) -> bool {
        now < self.said || now.saturating_sub(self.said) >= PAUSE
    }

    fn pass(&mut self, finding: Finding) -> Option<Finding> {
        let now = finding.at;
        self.held = Some(match self.held.take() {
            Some(held) => add(held, finding),
            None => finding,
        });
        self.due(now)
    }

    fn due(&mut self, now: i64) -> Option<Finding> {
        if !self.is_over(now) {
            return None;
        }
        let finding = self.held.take()?;
        self.said = now;
        Some(finding)
    }
}

/// Two findings of one kind and channel as one: the counts added, the range around both, the time of the later one.
fn add(held: Finding, new: Finding) -> Finding {
    Finding {
        sequence_from: [held.sequence_from, new.sequence_from].into_iter().flatten().min(),
        sequence_to: [held.sequence_to, new.sequence_to].into_iter().flatten().max(),
        count: Some(held.count.unwrap_or(1).saturating_add(new.count.unwrap_or(1))),
        at: new.at,
        cause: worse(held.cause, new.cause),
        kind: new.kind,
        channel: new.channel,
    }
}

/// The cause of both: sums of what does not balance, the larger of two offsets, otherwise the new one.
fn worse(held: Cause, new: Cause) -> Cause {
    match (&held, &new) {
        (
            Cause::CountMismatch { advance, received },
            Cause::CountMismatch { advance: more_advance, received: more_received },
        ) => Cause::CountMismatch {
            advance: advance.saturating_add(*more_advance),
            received: received.saturating_add(*more_received),
        },
        (Cause::ClockSkew { seconds }, Cause::ClockSkew { seconds: other })
            if seconds.unsigned_abs() > other.unsigned_abs() =>
        {
            held
        }
        _ => new,
    }
}
