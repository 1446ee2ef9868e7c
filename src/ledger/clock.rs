//! The clock of the wall beside one that only goes forward: where it is set, whoever judges by it should know.

use std::time::Duration;

/// Less is the clock being kept right, not being set, in microseconds.
const SET: i64 = 2_000_000;

/// Watches the wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock {
    /// Wall clock minus monotonic clock when last looked at, in microseconds.
    offset: Option<i64>,
}

impl WallClock {
    /// Looks at both clocks: by how many microseconds the wall clock was set since it was looked at last, forward where that
    /// is more than 0; none where it was not. A machine that slept has set it forward, for the other clock slept too.
    ///
    /// `monotonic` counts from any fixed moment on; `wall` is in microseconds since the epoch.
    pub fn look(&mut self, monotonic: Duration, wall: i64) -> Option<i64> {
        let since = i64::try_from(monotonic.as_micros()).unwrap_or(i64::MAX);
        let offset = wall.saturating_sub(since);
        let before = self.offset.replace(offset)?;
        let step = offset.saturating_sub(before);
        (step.saturating_abs() >= SET).then_some(step)
    }
}
