//! Detects when the wall clock is set, by comparing it with a monotonic clock. Timestamp checks depend on the wall clock.

use std::time::Duration;

/// The smallest step that counts as setting the clock, in microseconds. Smaller steps are regular clock synchronisation.
const MIN_STEP: i64 = 2_000_000;

/// Detects steps of the wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock {
    /// The wall clock minus the monotonic clock at the last comparison, in microseconds.
    offset: Option<i64>,
}

impl WallClock {
    /// Compares both clocks. Returns the step of the wall clock since the last call, in microseconds. `None` if the clock was
    /// not set, and on the first call.
    ///
    /// A positive step is forward. A suspended machine looks like a step forward, because the monotonic clock stops during the
    /// suspension. `monotonic` counts from any fixed moment. `wall` is in microseconds since the epoch.
    pub fn step(&mut self, monotonic: Duration, wall: i64) -> Option<i64> {
        let since = i64::try_from(monotonic.as_micros()).unwrap_or(i64::MAX);
        let offset = wall.saturating_sub(since);
        let before = self.offset.replace(offset)?;
        let step = offset.saturating_sub(before);
        (step.saturating_abs() >= MIN_STEP).then_some(step)
    }
}
