//! Skips messages whose names caused failures before.
//!
//! Each failure costs [`ANSWER_TIMEOUT`](super::ANSWER_TIMEOUT) and a new process, so the number of failures that messages can
//! cause is limited. One bad message must not disable the filter for all others, so failures are counted per message name.
//! Senders can choose any name, so the table is bounded. All names that are not in the table share one count: a flood of new
//! names does not affect known names.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

/// The maximum number of known names.
const MAX_NAMES: usize = 256;

/// A name with this many failures is skipped.
const MAX_FAILURES: u32 = 3;

/// If new names have caused this many failures, all new names are skipped.
const MAX_UNKNOWN_FAILURES: u32 = 8;

/// Failures are no longer counted after this time.
const SKIP_INTERVAL: Duration = Duration::from_secs(20);

/// The failures per name.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    /// The key is the hash of the name, because names can be long.
    names: HashMap<u64, NameRecord>,
    hasher: RandomState,
    unknown: Failures,
}

#[derive(Debug)]
struct NameRecord {
    failures: Failures,
    seen_at: Instant,
}

#[derive(Debug, Default)]
struct Failures {
    count: u32,
    last: Option<Instant>,
}

impl Backoff {
    /// The reason if a message with this name must be skipped.
    pub(super) fn reason_to_skip(&self, name: &[u8], now: Instant) -> Option<&'static str> {
        match self.names.get(&self.hasher.hash_one(name)) {
            Some(known) => (known.failures.recent(now) >= MAX_FAILURES)
                .then_some("not evaluated: earlier messages with this name failed"),
            None => (self.unknown.recent(now) >= MAX_UNKNOWN_FAILURES)
                .then_some("not evaluated: earlier messages with new names failed"),
        }
    }

    /// Records that a message with this name was evaluated.
    pub(super) fn answered(&mut self, name: &[u8], now: Instant) {
        if let Some(known) = self.know(name, now) {
            known.seen_at = now;
        }
    }

    /// Records that the worker failed for a message with this name.
    pub(super) fn failed(&mut self, name: &[u8], now: Instant) {
        if !self.names.contains_key(&self.hasher.hash_one(name)) {
            self.unknown.add(now);
        }
        if let Some(known) = self.know(name, now) {
            known.failures.add(now);
        }
    }

    /// The record of a name, created if it is missing. `None` if the table is full.
    fn know(&mut self, name: &[u8], now: Instant) -> Option<&mut NameRecord> {
        let hash = self.hasher.hash_one(name);
        if self.names.len() >= MAX_NAMES && !self.names.contains_key(&hash) {
            self.names.retain(|_, known| now.duration_since(known.seen_at) < SKIP_INTERVAL);
            if self.names.len() >= MAX_NAMES {
                return None;
            }
        }
        Some(self.names.entry(hash).or_insert_with(|| NameRecord { failures: Failures::default(), seen_at: now }))
    }
}

impl Failures {
    fn recent(&self, now: Instant) -> u32 {
        let is_recent = self.last.is_some_and(|last| now.duration_since(last) < SKIP_INTERVAL);
        if is_recent { self.count } else { 0 }
    }

    fn add(&mut self, now: Instant) {
        *self = Self { count: self.recent(now) + 1, last: Some(now) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_skipped_after_failures_and_evaluated_again_later() {
        let (mut backoff, now) = (Backoff::default(), Instant::now());
        for _ in 0..MAX_FAILURES {
            assert_eq!(backoff.reason_to_skip(b"bad", now), None);
            backoff.failed(b"bad", now);
        }
        assert!(backoff.reason_to_skip(b"bad", now).is_some());
        assert_eq!(backoff.reason_to_skip(b"good", now), None);
        let later = now + SKIP_INTERVAL;
        assert_eq!(backoff.reason_to_skip(b"bad", later), None);
        backoff.failed(b"bad", later);
        assert_eq!(backoff.reason_to_skip(b"bad", later), None, "earlier failures are forgotten");
    }

    #[test]
    fn answers_in_between_do_not_reset_the_failures() {
        let (mut backoff, now) = (Backoff::default(), Instant::now());
        for _ in 0..MAX_FAILURES {
            backoff.failed(b"bad", now);
            backoff.answered(b"bad", now);
        }
        assert!(backoff.reason_to_skip(b"bad", now).is_some());
    }

    #[test]
    fn new_names_that_fail_leave_known_names_alone_and_the_table_is_bounded() {
        let (mut backoff, now) = (Backoff::default(), Instant::now());
        backoff.answered(b"known", now);
        for number in 0..10_000_u32 {
            let name = number.to_le_bytes();
            if number % 2 == 0 {
                backoff.answered(&name, now);
            } else {
                backoff.failed(&name, now);
            }
        }
        assert!(backoff.names.len() <= MAX_NAMES);
        assert_eq!(backoff.reason_to_skip(b"known", now), None);
        assert!(backoff.reason_to_skip(b"new", now).is_some());
        let later = now + SKIP_INTERVAL;
        assert_eq!(backoff.reason_to_skip(b"new", later), None);
        backoff.answered(b"new", later);
        assert_eq!(backoff.names.len(), 1, "names that no longer appear make room");
    }
}
