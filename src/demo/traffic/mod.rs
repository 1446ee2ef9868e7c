//! Lively example traffic: a few channels with rates that rise and fall, and now and then something that a watcher
//! should see.

mod client;
mod content;
mod fault;
mod publisher;
mod rate;
mod schedule;

use std::time::Duration;

use tokio::time::Instant;

use super::demo_keyring_settings;
use crate::redis::target::Target;

pub use client::TrafficError;
pub use fault::{Fault, Faults};

use client::Client;
use publisher::Publisher;
use schedule::{Event, Schedule};

/// The most events that are sent in one go.
const BATCH: usize = 500;
/// Events that are due within this are sent together.
const TOGETHER: Duration = Duration::from_millis(1);
/// Where it is later than this, what is late is not caught up with: the machine was asleep, or the server slow.
const LATE: Duration = Duration::from_secs(1);

/// Publishes on [`CHANNELS`](super::CHANNELS) until it is dropped or fails.
///
/// What is published, and at which second of the run, follows from `seed` alone, but for the timestamps of signatures.
/// `rate` multiplies the number of messages (1 is some 20 a second, from 0.01 to 10,000; beyond that the nearest is
/// taken); how often there are faults does not depend on it.
///
/// # Errors
/// Where the server cannot be reached, rejects, or ends the connection.
pub async fn run_traffic(
    target: Target,
    sequence_prefix: String,
    faults: Faults,
    seed: u64,
    rate: f64,
) -> Result<(), TrafficError> {
    let mut client = Client::connect(&target).await?;
    let mut publisher = Publisher::new(demo_keyring_settings(), sequence_prefix);
    let mut schedule = Schedule::new(faults, seed, rate);
    let mut start = Instant::now();
    loop {
        tokio::time::sleep_until(start + schedule.next_at()).await;
        let late = Instant::now().saturating_duration_since(start + schedule.next_at());
        if late > LATE {
            start += late;
        }
        let due = start.elapsed() + TOGETHER;
        let now = unix_seconds();
        let mut sent = 0;
        while sent < BATCH && schedule.next_at() <= due {
            match schedule.next() {
                Event::Message(message) => publisher.message(client.batch(), &message, now),
                Event::Fault(fault) => publisher.fault(client.batch(), fault, now),
            }
            sent += 1;
        }
        client.exchange().await?;
    }
}

fn unix_seconds() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
