//! How long to wait before the next attempt to connect.

use std::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_millis(100);
/// No wait is longer: a server that is back is found again within this time.
const LONGEST: Duration = Duration::from_secs(3);
/// A connection that lived this long ends the series.
const STABLE: Duration = Duration::from_secs(10);

/// Waits that double, with jitter, so that many subscribers do not come back at the same moment.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: FIRST }
    }
}

impl Backoff {
    /// A connection ended after `lived`.
    pub fn ended(&mut self, lived: Duration) {
        if lived >= STABLE {
            self.next = FIRST;
        }
    }

    /// How long to wait now: between half and the whole of the step.
    pub fn step(&mut self) -> Duration {
        let step = self.next;
        self.next = (step * 2).min(LONGEST);
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
            assert!(step >= FIRST / 2 && step <= LONGEST, "{step:?}");
            steps.push(step);
        }
        assert!(steps[7] >= LONGEST / 2);
        backoff.ended(Duration::from_secs(1));
        assert!(backoff.step() >= LONGEST / 2);
        backoff.ended(STABLE);
        assert!(backoff.step() <= FIRST);
    }
}
