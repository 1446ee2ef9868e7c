//! Whether the cost per message grows with the number of messages or of channels.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::say;
use crate::Outcome;
use crate::args::Args;
use crate::inner::{Inner, channels};
use crate::report::{Row, Values};
use crate::server::Server;
use crate::traffic::{CHANNEL, Payloads, Traffic};
use crate::trial::{self, precise};

/// The subscription as a separate process; ended when dropped.
struct Bare(Child);

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(mut command: Command) -> Outcome<Bare> {
    Ok(Bare(command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?))
}

pub(super) fn rows(args: &Args) -> Outcome<Vec<Row>> {
    let counts = [10_000, 100_000, 1_000_000, 10_000_000].into_iter().filter(|count| *count <= args.long);
    let by_messages = counts.map(|count| of_messages(args, count)).collect::<Outcome<Vec<_>>>()?;
    let mut subscribed = Values::default();
    let mut by_channels = |of: Inner| {
        let counts = [1, 100, 10_000].into_iter();
        counts.map(|count| of_channels(args, of, count, &mut subscribed)).collect::<Outcome<Vec<_>>>()
    };
    let floor = by_channels(Inner::FloorChannels)?;
    let by_channels = by_channels(Inner::BareChannels)?;
    Ok(vec![
        Row::new("CPU per message from 10⁴ messages to 10⁷", "within 10 %", list(&by_messages)),
        Row::new("CPU per message with 1, 100 and 10 000 channels", "at most 20 % more", list(&by_channels)),
        Row::new("the same, floor: read, split, copy, JSON, HMAC, and counted by channel", "–", list(&floor)),
        Row::new(
            "subscription to 10 000 channels, from the start of the process",
            "within 1 s",
            format!("{} s", subscribed.spread(2)),
        ),
    ])
}

fn list(values: &[f64]) -> String {
    let texts: Vec<String> = values.iter().map(|micros| format!("{micros:.2}")).collect();
    let first = values.first().copied().unwrap_or(f64::NAN);
    let growth = values.iter().fold(0.0_f64, |most, value| most.max(value / first - 1.0));
    format!("{} µs: at most {:+.0} % of the first", texts.join(", "), growth * 100.0)
}

fn of_messages(args: &Args, count: u64) -> Outcome<f64> {
    let rounds = if count > args.messages { 1 } else { u64::from(args.rounds) * (1_000_000 / count).clamp(1, 5) };
    let mut micros = Values::default();
    for _ in 0..rounds {
        let mut server = Server::start()?;
        let bare = start(Inner::Bare.command(&server)?)?;
        server.wait_for_subscriptions(1)?;
        std::thread::sleep(Duration::from_millis(300));
        let mut payloads = Payloads::new()?;
        let (mut sent, mut cost) = (0, 0.0);
        while sent < count {
            let block = (count - sent).min(1_000_000);
            let traffic = Traffic::new(&mut payloads, block, &[CHANNEL.to_owned()])?;
            cost += trial::flood(&mut server, bare.0.id(), &traffic)?.cpu * precise(block);
            sent += block;
        }
        micros.push(cost / precise(count));
    }
    say(&format!("{count} messages: {} µs", micros.spread(3)));
    Ok(micros.median())
}

fn of_channels(args: &Args, of: Inner, count: u64, subscribed: &mut Values) -> Outcome<f64> {
    let mut micros = Values::default();
    for _ in 0..args.rounds {
        let mut server = Server::start()?;
        let started = Instant::now();
        let mut command = of.command(&server)?;
        command.args(["--messages", &count.to_string()]);
        let bare = start(command)?;
        server.wait_for_subscriptions(count)?;
        if count == 10_000 && of == Inner::BareChannels {
            subscribed.push(started.elapsed().as_secs_f64());
        }
        std::thread::sleep(Duration::from_millis(300));
        let traffic = Traffic::new(&mut Payloads::new()?, args.messages, &channels(count))?;
        micros.push(trial::flood(&mut server, bare.0.id(), &traffic)?.cpu);
    }
    say(&format!("{of:?}, {count}: {} µs", micros.spread(3)));
    Ok(micros.median())
}
