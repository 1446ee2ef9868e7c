//! The rate of a channel over time: slow waves and short bursts.

use std::f64::consts::TAU;

/// The periods of the waves in seconds. None is a multiple of another, so no two minutes look alike.
const WAVE_PERIODS: [f64; 3] = [41.0, 17.0, 7.3];
/// The amplitudes of the waves. Their sum is below 1.
const WAVE_AMPLITUDES: [f64; 3] = [0.45, 0.3, 0.2];
/// A burst multiplies the rate by this.
const BURST_FACTOR: f64 = 5.0;
/// The minimum and maximum time from the start of one burst to the next, in seconds.
const BETWEEN_BURSTS: (f64, f64) = (6.0, 18.0);
/// The minimum and maximum length of a burst, in seconds.
const BURST_LENGTH: (f64, f64) = (0.4, 1.6);

/// The rate of one channel. Times must not decrease.
pub(super) struct Rate {
    /// Messages per second on average, without bursts.
    mean: f64,
    phases: [f64; 3],
    burst: (f64, f64),
}

impl Rate {
    pub(super) fn new(mean: f64, random: &mut fastrand::Rng) -> Self {
        let phases = [(); 3].map(|()| random.f64() * TAU);
        let mut rate = Self { mean, phases, burst: (0.0, 0.0) };
        rate.plan_burst(0.0, random);
        rate
    }

    /// The time of the next message after `time`, in seconds since the start.
    pub(super) fn next_after(&mut self, time: f64, random: &mut fastrand::Rng) -> f64 {
        // The interval between two events of a Poisson process.
        let distance = -(1.0 - random.f64()).ln();
        time + distance / self.at(time, random)
    }

    fn at(&mut self, time: f64, random: &mut fastrand::Rng) -> f64 {
        if time > self.burst.1 {
            self.plan_burst(time, random);
        }
        let waves: f64 =
            (0..3).map(|n| WAVE_AMPLITUDES[n] * (time * TAU / WAVE_PERIODS[n] + self.phases[n]).sin()).sum();
        let burst = if time >= self.burst.0 { BURST_FACTOR } else { 1.0 };
        self.mean * (1.0 + waves) * burst
    }

    fn plan_burst(&mut self, time: f64, random: &mut fastrand::Rng) {
        let begin = time + between(BETWEEN_BURSTS, random);
        self.burst = (begin, begin + between(BURST_LENGTH, random));
    }
}

/// A random number in the range.
fn between((least, most): (f64, f64), random: &mut fastrand::Rng) -> f64 {
    least + (most - least) * random.f64()
}
