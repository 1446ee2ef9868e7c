//! The times between frames.

use std::time::{Duration, Instant};

use super::{ANSWER, FLOOD, FLOOD_FRAME, FRAME, Frames, MAX_PAUSE};

/// The time from a frame that took `took` to the next one, in which `messages` are received.
fn pause(took: Duration, messages: usize, is_answer: bool) -> Duration {
    let began = Instant::now();
    let mut frames = Frames::new(began);
    assert_eq!(frames.due(), Some(began));
    frames.drawn(began, began + took);
    assert_eq!(frames.due(), None);
    frames.received(messages);
    frames.request(is_answer);
    frames.due().map_or(Duration::MAX, |due| due - (began + took))
}

#[test]
fn messages_are_drawn_60_times_a_second_and_half_as_often_in_a_flood() {
    let fast = Duration::from_millis(1);
    assert_eq!(pause(fast, 1, false), FRAME);
    assert_eq!(pause(fast, FLOOD - 1, false), FRAME);
    assert_eq!(pause(fast, FLOOD, false), FLOOD_FRAME);
    assert_eq!(pause(fast, FLOOD, true), ANSWER);
}

#[test]
fn a_slow_terminal_gets_time_to_catch_up() {
    assert_eq!(pause(Duration::from_millis(200), 1, false), Duration::from_millis(200));
    assert_eq!(pause(Duration::from_secs(5), 1, false), MAX_PAUSE);
    assert_eq!(pause(Duration::from_secs(5), 1, true), ANSWER);
}

#[test]
fn a_key_brings_a_requested_frame_forward() {
    let began = Instant::now();
    let mut frames = Frames::new(began);
    frames.drawn(began, began);
    frames.request(false);
    frames.request(true);
    assert_eq!(frames.due(), Some(began + ANSWER));
    frames.request(false);
    assert_eq!(frames.due(), Some(began + ANSWER));
    frames.cancel();
    assert_eq!(frames.due(), None);
}
