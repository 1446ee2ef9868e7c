//! What happens when; made from a seed, without a clock.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::content::{self, Message};
use super::fault::{Fault, Faults};
use super::rate::Rate;
use crate::demo::CHANNELS;

/// Messages a second in the mean, for each of the channels.
const MEANS: [f64; 3] = [14.0, 4.0, 1.5];
/// What `rate` may be.
const RATES: (f64, f64) = (0.01, 10_000.0);

/// Something to do.
pub(super) enum Event {
    Message(Message),
    Fault(Fault),
}

pub(super) struct Schedule {
    random: fastrand::Rng,
    channels: [Channel; 3],
    faults: Faults,
    /// When the next fault is due, in seconds since the start; never where none is allowed.
    fault_at: f64,
}

struct Channel {
    name: &'static str,
    rate: Rate,
    next_at: f64,
}

impl Schedule {
    pub(super) fn new(faults: Faults, seed: u64, rate: f64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let rate = if rate.is_nan() { 1.0 } else { rate.clamp(RATES.0, RATES.1) };
        let channels = [0, 1, 2].map(|n| {
            let mut rate = Rate::new(MEANS[n] * rate, &mut random);
            let next_at = rate.next_after(0.0, &mut random);
            Channel { name: CHANNELS[n], rate, next_at }
        });
        let fault_at = faults.first_after();
        Self { random, channels, faults, fault_at }
    }

    /// When the next event is due, since the start.
    pub(super) fn next_at(&self) -> Duration {
        let message = self.channels.iter().map(|channel| channel.next_at).fold(f64::INFINITY, f64::min);
        Duration::try_from_secs_f64(message.min(self.fault_at)).unwrap_or(Duration::MAX / 2)
    }

    /// The next event.
    pub(super) fn next(&mut self) -> Event {
        let [mut first, second, third] = self.channels.each_mut();
        for other in [second, third] {
            if other.next_at < first.next_at {
                first = other;
            }
        }
        if self.fault_at <= first.next_at
            && let Some((fault, pause)) = self.faults.next(&mut self.random)
        {
            self.fault_at += pause;
            return Event::Fault(fault);
        }
        first.next_at = first.rate.next_after(first.next_at, &mut self.random);
        Event::Message(content::message(first.name, &mut self.random))
    }
}
