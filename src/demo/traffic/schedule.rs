//! The times of all messages and faults, computed from a seed without a clock.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::content::{self, Message};
use super::rate::Rate;
use super::script::{Fault, Script};
use crate::demo::CHANNELS;

/// Messages per second on average, for each of [`CHANNELS`].
const MEAN_RATES: [f64; CHANNELS.len()] = [9.0, 4.0, 2.5, 3.0, 1.5];
/// The index of a channel that goes quiet, and when, in seconds since the start.
const SILENT_CHANNEL: (usize, f64) = (2, 75.0);
/// The limits of `rate`.
const RATE_LIMITS: (f64, f64) = (0.01, 10_000.0);

/// A message or a fault.
pub(super) enum Event {
    Message(Message),
    Fault(Fault),
}

pub(super) struct Schedule {
    random: fastrand::Rng,
    channels: [Channel; CHANNELS.len()],
    script: Script,
}

struct Channel {
    name: &'static str,
    rate: Rate,
    /// In seconds since the start.
    next_at: f64,
}

impl Schedule {
    pub(super) fn new(script: Script, seed: u64, rate: f64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let rate = if rate.is_nan() { 1.0 } else { rate.clamp(RATE_LIMITS.0, RATE_LIMITS.1) };
        let channels = std::array::from_fn(|n| {
            let mut rate = Rate::new(MEAN_RATES[n] * rate, &mut random);
            let next_at = rate.next_after(0.0, &mut random);
            Channel { name: CHANNELS[n], rate, next_at }
        });
        Self { random, channels, script }
    }

    /// When the next event is due, since the start.
    pub(super) fn next_at(&self) -> Duration {
        let message = self.channels.iter().map(|channel| channel.next_at).fold(f64::INFINITY, f64::min);
        let message = Duration::try_from_secs_f64(message).unwrap_or(Duration::MAX / 2);
        self.script.next_at().map_or(message, |fault| fault.min(message))
    }

    /// The next event.
    pub(super) fn next(&mut self) -> Event {
        let due = self.next_at();
        if self.script.next_at() == Some(due)
            && let Some(fault) = self.script.next()
        {
            return Event::Fault(fault);
        }
        let next = (0..CHANNELS.len()).min_by(|a, b| self.channels[*a].next_at.total_cmp(&self.channels[*b].next_at));
        let index = next.unwrap_or(0);
        let channel = &mut self.channels[index];
        channel.next_at = channel.rate.next_after(channel.next_at, &mut self.random);
        if index == SILENT_CHANNEL.0 && channel.next_at > SILENT_CHANNEL.1 {
            channel.next_at = f64::INFINITY;
        }
        Event::Message(content::message(channel.name, &mut self.random))
    }
}
