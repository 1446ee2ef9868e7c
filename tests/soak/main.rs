//! Runs the console, `tail` and `record` on one server with traffic and random faults. At the end, the findings of each program
//! must match what happened, memory must not have grown, and no descriptor or thread may be left over.
//!
//! `cargo soak` runs it for 20 minutes, and `AIRCHECK_SOAK=8h cargo soak` for 8 hours. The regular tests run it for a few
//! seconds. With `AIRCHECK_SOAK_STALLS=1` the only faults are stalls of the server and of the network, and at least 99.8 % of the
//! messages must have their exact number.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod account;
mod consumer;
mod faults;
mod process;
#[path = "../server/proxy.rs"]
#[expect(dead_code, reason = "the server tests use the rest")]
mod proxy;
#[path = "../terminal/pty.rs"]
#[expect(dead_code, reason = "the terminal tests use the rest")]
mod pty;
#[path = "../server/support.rs"]
#[expect(dead_code, reason = "the server tests use the rest")]
mod support;
mod world;

use std::time::{Duration, Instant};

use self::account::Account;
use self::faults::{FAULTS, STALLS, Soak};
use self::process::Level;

#[test]
fn a_few_seconds_of_random_faults_are_reported_truthfully() {
    run(Duration::from_secs(20));
}

#[test]
#[ignore = "takes 20 minutes, or the duration in AIRCHECK_SOAK: cargo soak"]
fn a_long_time_of_random_faults_is_reported_truthfully() {
    let wanted = std::env::var("AIRCHECK_SOAK").unwrap_or_else(|_| "20m".to_owned());
    run(humantime::parse_duration(&wanted).unwrap());
}

/// The minimum share of exact numbers if all faults are stalls.
const MIN_EXACT_SHARE: f64 = 0.998;

fn run(time: Duration) {
    let directory = tempfile::tempdir().unwrap();
    let stalls_only = std::env::var("AIRCHECK_SOAK_STALLS").is_ok_and(|value| value == "1");
    let faults = if stalls_only { &STALLS[..] } else { &FAULTS[..] };
    let mut soak = Soak::start(directory.path(), stalls_only);
    let started = Instant::now();
    let mut levels: Vec<Level> = soak.consumers.iter().map(|consumer| Level::new(consumer.name)).collect();
    // Every fault once, then at random.
    let mut turn = 3 % faults.len();
    let mut left = faults.len();
    while started.elapsed() < time {
        let (name, fault) = faults[turn];
        fault(&mut soak);
        soak.settle();
        for (level, consumer) in levels.iter_mut().zip(&soak.consumers) {
            level.measure(consumer.pid());
        }
        let seconds = started.elapsed().as_secs();
        let now: Vec<String> = levels.iter().map(ToString::to_string).collect();
        eprintln!("{seconds:6} s  {name:32} {}", now.join("  "));
        left = left.saturating_sub(1);
        turn = if left > 0 { (turn + 1) % faults.len() } else { fastrand::usize(0..faults.len()) };
    }
    let (truth, consumers, done) = soak.end();
    for consumer in consumers {
        let account = Account::of(&consumer, &truth);
        eprintln!("{}: {account}", consumer.name);
        account.close(&truth, &done);
        assert!(!stalls_only || account.exact_share() >= MIN_EXACT_SHARE, "too few exact numbers of {}", consumer.name);
    }
    for level in levels {
        level.close();
    }
}
