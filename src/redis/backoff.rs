//! The delay between attempts to connect.

use std::time::{Duration, Instant};

/// The first delay.
const MIN_DELAY: Duration = Duration::from_millis(100);
/// The longest delay. After a server becomes available again, the next attempt starts within this time.
const MAX_DELAY: Duration = Duration::from_secs(3);
/// A connection that lasts this long resets the delay.
const STABLE_TIME: Duration = Duration::from_secs(10);

/// Delays that double from 100 ms to 3 s.
///
/// Each delay is randomly shortened by up to half, so that many subscribers do not reconnect at the same moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    next: Duration,
    /// When the current connection was made.
    connected: Option<Instant>,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: MIN_DELAY, connected: None }
    }
}

impl Backoff {
    /// Records that a connection was made at `now`.
    pub(crate) fn connected(&mut self, now: Instant) {
        self.connected = Some(now);
    }

    /// Records that a connection, or an attempt to connect, ended at `now`.
    pub(crate) fn ended(&mut self, now: Instant) {
        if self.connected.take().is_some_and(|since| now.saturating_duration_since(since) >= STABLE_TIME) {
            self.next = MIN_DELAY;
        }
    }

    /// Returns the time to wait before the next attempt. Doubles the delay for the attempt after it, up to the maximum.
    pub(crate) fn step(&mut self) -> Duration {
        let step = self.next;
        self.next = (step * 2).min(MAX_DELAY);
        step.mul_f64(fastrand::f64().mul_add(0.5, 0.5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_and_reset_after_a_stable_connection() {
        let mut backoff = Backoff::default();
        let mut steps = Vec::new();
        for _ in 0..8 {
            let step = backoff.step();
            assert!(step >= MIN_DELAY / 2 && step <= MAX_DELAY, "{step:?}");
            steps.push(step);
        }
        assert!(steps[7] >= MAX_DELAY / 2);
        let now = Instant::now();
        backoff.connected(now);
        backoff.ended(now + Duration::from_secs(1));
        assert!(backoff.step() >= MAX_DELAY / 2);
        backoff.ended(now + STABLE_TIME * 2);
        assert!(backoff.step() >= MAX_DELAY / 2, "a failed attempt does not reset the delay");
        backoff.connected(now);
        backoff.ended(now + STABLE_TIME);
        assert!(backoff.step() <= MIN_DELAY);
    }
}
