//! When the next frame is drawn.

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

/// The minimum time between two frames while messages arrive.
const FRAME: Duration = Duration::from_micros(16_667);
/// The same in a flood. Each frame delays reading, and a person cannot read that many messages.
const FLOOD_FRAME: Duration = Duration::from_millis(33);
/// A flood is at least this many messages between two frames.
const FLOOD: usize = 1000;
/// The minimum time between two frames after a key.
const ANSWER: Duration = Duration::from_millis(8);
/// After a frame that took long to write, the terminal gets as much time to catch up, but at most this much.
const MAX_PAUSE: Duration = Duration::from_millis(500);

/// Decides when to draw.
#[derive(Debug)]
pub(super) struct Frames {
    /// When the last frame was complete.
    drawn: Instant,
    /// How long drawing it took. If the terminal is slow, this includes waiting for it.
    took: Duration,
    /// How many messages were received since then.
    received: usize,
    /// When the next frame is due; `None` if nothing has changed.
    due: Option<Instant>,
}

impl Frames {
    /// The first frame is due at once.
    pub(super) fn new(now: Instant) -> Self {
        Self { drawn: now, took: Duration::ZERO, received: 0, due: Some(now) }
    }

    /// When the next frame is due; `None` if nothing has changed.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Records that messages were received.
    pub(super) fn received(&mut self, messages: usize) {
        self.received = self.received.saturating_add(messages);
    }

    /// The screen must change. `is_answer`: after a key, or another event that a user waits for.
    pub(super) fn request(&mut self, is_answer: bool) {
        let pause = if is_answer {
            ANSWER
        } else {
            let frame = if self.received < FLOOD { FRAME } else { FLOOD_FRAME };
            frame.max(self.took.min(MAX_PAUSE))
        };
        let due = self.drawn + pause;
        self.due = Some(self.due.map_or(due, |at| at.min(due)));
    }

    /// Draws no frame until the next request.
    pub(super) fn cancel(&mut self) {
        self.due = None;
    }

    /// Records a frame.
    pub(super) fn drawn(&mut self, began: Instant, ended: Instant) {
        *self = Self { drawn: ended, took: ended.saturating_duration_since(began), received: 0, due: None };
    }
}
