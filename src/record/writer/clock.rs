//! The two clocks: when it was by the wall, and how much later than before.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Two readings further apart are not of one moment, so they are taken again.
const APART: Duration = Duration::from_micros(100);

/// Monotonic time since the session began, beside the wall clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    started: Instant,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// The wall clock minus the monotonic clock, in microseconds.
    pub(super) fn offset(&self) -> i64 {
        let mut offset = 0;
        for _ in 0..3 {
            let before = Instant::now();
            let wall = now();
            offset = wall - micros(before - self.started);
            if before.elapsed() <= APART {
                break;
            }
        }
        offset
    }
}

/// The wall clock, in microseconds since the epoch; 0 where it stands before that.
pub(super) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, micros)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
