//! Example traffic: channels whose rates rise and fall, and a script of faults.

mod client;
mod content;
mod publisher;
mod rate;
mod schedule;
mod script;

use std::time::Duration;

use tokio::time::Instant;

use super::demo_keyring_settings;
use crate::redis::target::Target;

pub use client::TrafficError;
pub use script::{Fault, Script};

use client::Client;
use publisher::Publisher;
use schedule::{Event, Schedule};

/// The number of events in one write at most.
const MAX_BATCH: usize = 500;
/// Events that are due within this interval are sent in one write.
const BATCH_INTERVAL: Duration = Duration::from_millis(1);
/// The schedule shifts if it is late by more than this, because the machine was suspended or the server was slow.
const MAX_DELAY: Duration = Duration::from_secs(1);

/// Publishes on [`CHANNELS`](super::CHANNELS) until it is dropped or fails.
///
/// The messages and their times depend only on `seed`; the timestamps of signatures are the current time. `rate`
/// multiplies the number of messages: 1 is about 20 a second. It is limited to 0.01 to 10,000. The times of the faults
/// do not depend on it.
///
/// # Errors
/// If the server cannot be reached, rejects a command, or closes the connection.
pub async fn run_traffic(
    target: Target,
    sequence_prefix: String,
    script: Script,
    seed: u64,
    rate: f64,
) -> Result<(), TrafficError> {
    let mut client = Client::connect(&target).await?;
    let mut publisher = Publisher::new(demo_keyring_settings(), sequence_prefix);
    let mut schedule = Schedule::new(script, seed, rate);
    let mut start = Instant::now();
    loop {
        tokio::time::sleep_until(start + schedule.next_at()).await;
        let late = Instant::now().saturating_duration_since(start + schedule.next_at());
        if late > MAX_DELAY {
            start += late;
        }
        let due = start.elapsed() + BATCH_INTERVAL;
        let now = unix_seconds();
        let mut sent = 0;
        while sent < MAX_BATCH && schedule.next_at() <= due {
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
