//! The console's memory after a long flood, with its default scrollback.

use std::time::Duration;

use super::say;
use crate::Outcome;
use crate::args::Args;
use crate::report::{Row, Values};
use crate::server::Server;
use crate::subject::console;
use crate::traffic::{CHANNEL, Payloads, Traffic};
use crate::trial;

pub(super) fn rows(args: &Args) -> Outcome<Vec<Row>> {
    let (mut ends, mut peak) = (Values::default(), 0.0_f64);
    for _ in 0..args.rounds {
        let (end, highest) = run(args)?;
        ends.push(end);
        peak = peak.max(highest);
    }
    let deviation = ends.at(100) / ends.median() - 1.0;
    let lower = 1.0 - ends.at(0) / ends.median();
    Ok(vec![Row::new(
        format!("memory of the console after {} messages, default scrollback", args.long),
        "at most 110 MiB, within 5 % in all runs",
        format!(
            "{} MiB, at most {:.0} % from the median; at most {peak:.0} MiB in between",
            ends.spread(0),
            deviation.max(lower) * 100.0
        ),
    )])
}

/// The memory at the end and the highest one, in MiB.
fn run(args: &Args) -> Outcome<(f64, f64)> {
    let mut server = Server::start()?;
    let mut terminal = console(&server, &[CHANNEL])?;
    let pid = terminal.child.process_id().ok_or("the console has no process")?;
    server.wait_for_subscriptions(1)?;
    std::thread::sleep(Duration::from_millis(300));
    let mut payloads = Payloads::new()?;
    let (mut sent, mut end, mut peak) = (0, 0.0, 0.0_f64);
    while sent < args.long {
        let block = args.messages.min(args.long - sent);
        let traffic = Traffic::new(&mut payloads, block, &[CHANNEL.to_owned()])?;
        let measured = trial::flood(&mut server, pid, &traffic)?;
        let _ = terminal.text();
        sent += block;
        peak = peak.max(measured.peak);
        end = measured.memory;
        say(&format!("{sent} messages: {end:.1} MiB, at most {peak:.1}"));
    }
    Ok((end, peak))
}
