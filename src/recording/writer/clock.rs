//! The wall clock and its offset from the monotonic clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Both clocks are read one after the other. If this takes longer, the readings do not belong together and are repeated.
const MAX_READ_INTERVAL: Duration = Duration::from_micros(100);

/// The monotonic time since the start of the session.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionClock {
    started: Instant,
}

impl SessionClock {
    pub(super) fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Starts a new session. Returns how much later than the previous one it starts, in microseconds.
    pub(super) fn restart(&mut self) -> i64 {
        let before = std::mem::replace(self, Self::start());
        micros(self.started - before.started)
    }

    /// The wall clock minus the monotonic clock, in microseconds.
    pub(super) fn offset(&self) -> i64 {
        let mut offset = 0;
        for _ in 0..3 {
            let before = Instant::now();
            let wall = now();
            offset = wall - micros(before - self.started);
            if before.elapsed() <= MAX_READ_INTERVAL {
                break;
            }
        }
        offset
    }
}

/// The wall clock, in microseconds since the epoch. 0 if the clock is before the epoch.
pub(super) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, micros)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
