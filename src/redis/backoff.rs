//! How long to wait before the next attempt to connect.

use std::time::{Duration, Instant};

/// The first wait.
const FIRST: Duration = Duration::from_millis(100);
/// No wait is longer: a server that is back is found again within this time.
const MAX_LENGTH: Duration = Duration::from_secs(3);
/// A connection that lived this long ends the series.
const STABLE: Duration = Duration::from_secs(10);

/// Waits that double, with jitter, so that many subscribers do not come back at the same moment.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    next: Duration,
    /// When the current connection was made.
    connected: Option<Instant>,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: FIRST, connected: None }
    }
}

impl Backoff {
    /// A connection was made at `now`.
    pub fn connected(&mut self, now: Instant) {
        self.connected = Some(now);
    }

    /// A connection, or an attempt to make one, ended at `now`.
    pub fn ended(&mut self, now: Instant) {
        if self.connected.take().is_some_and(|since| now.saturating_duration_since(since) >= STABLE) {
            self.next = FIRST;
        }
    }

    /// How long to wait now: between half and the whole of the step.
    pub fn step(&mut self) -> Duration {
        let step = self.next;
        self.next = (step * 2).min(MAX_LENGTH);
        step.mul_f64(fastrand::f64().mul_add(0.5, 0.5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_start_anew_after_a_stable_connection() {
        let mut backoff = Backoff::default();
        let mut steps = Vec::new();
        for _ in 0..8 {
            let step = backoff.step();
            assert!(step >= FIRST / 2 && step <= MAX_LENGTH, "{step:?}");
            steps.push(step);
        }
        assert!(steps[7] >= MAX_LENGTH / 2);
        let now = Instant::now();
        backoff.connected(now);
        backoff.ended(now + Duration::from_secs(1));
        assert!(backoff.step() >= MAX_LENGTH / 2);
        backoff.ended(now + STABLE * 2);
        assert!(backoff.step() >= MAX_LENGTH / 2, "an attempt that failed, however slowly, is no connection");
        backoff.connected(now);
        backoff.ended(now + STABLE);
        assert!(backoff.step() <= FIRST);
    }
}
