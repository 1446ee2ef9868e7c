//! The console's memory after a long flood, with its default scrollback.

use std::time::Duration;

use super::say;
use crate::Outcome;
use crate::args::Args;
use crate::report::Row;
use crate::server::Server;
use crate::subject::console;
use crate::traffic::{CHANNEL, Payloads, Traffic};
use crate::trial;

pub(super) fn rows(args: &Args) -> Outcome<Vec<Row>> {
    let mut server = Server::start()?;
    let mut terminal = console(&server, &[CHANNEL])?;
    let pid = terminal.child.process_id().ok_or("the console has no process")?;
    server.wait_for_subscriptions(1)?;
    std::thread::sleep(Duration::from_millis(300));
    let mut payloads = Payloads::new()?;
    let mut levels = Vec::new();
    let mut peak = 0.0_f64;
    let mut sent = 0;
    while sent < args.long {
        let block = args.messages.min(args.long - sent);
        let traffic = Traffic::new(&mut payloads, block, &[CHANNEL.to_owned()])?;
        let measured = trial::flood(&mut server, pid, &traffic)?;
        let _ = terminal.text();
        sent += block;
        peak = peak.max(measured.peak);
        levels.push(measured.memory);
        say(&format!("{sent} messages: {:.1} MiB, at most {peak:.1}", measured.memory));
    }
    let (half, end) = (levels[levels.len() / 2], levels[levels.len() - 1]);
    Ok(vec![Row::new(
        format!("memory of the console after {sent} messages, default scrollback"),
        "level, at most 120 MiB",
        format!("{end:.0} MiB, {half:.0} after half of them; at most {peak:.0}"),
    )])
}
