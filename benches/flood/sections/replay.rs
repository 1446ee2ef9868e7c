//! The speed of a replay with `--speed max`.

use std::time::{Duration, Instant};

use super::say;
use super::search::is_shown;
use crate::Outcome;
use crate::args::Args;
use crate::process::Usage;
use crate::report::{Row, Values};
use crate::server::Server;
use crate::subject::{Subject, console};
use crate::traffic::Traffic;
use crate::trial::{self, precise, terminate};

pub(super) fn rows(args: &Args) -> Outcome<Vec<Row>> {
    let recorded = record(args.messages)?;
    let path = recorded.directory().join("flood.db");
    let mut rate = Values::default();
    for _ in 0..args.rounds {
        let started = Instant::now();
        let mut terminal = console(&recorded, &["replay", "--speed", "max", &path.to_string_lossy()])?;
        let shown = terminal.wait_until("the last message", |text| is_shown(text, args.messages))?;
        rate.push(precise(args.messages) / shown.duration_since(started).as_secs_f64());
        let used = Usage::of(terminal.child.process_id().ok_or("the console has no process")?)?;
        say(&format!("replay: {:.2} µs a message", used.cpu.as_secs_f64() * 1e6 / precise(args.messages)));
    }
    let measured = format!("{} a second, from the start of the program", rate.spread(0));
    Ok(vec![Row::new("replay of a recording into the panes", "at least 1 000 000 messages a second", measured)])
}

/// A server whose directory contains `flood.db`, a recording of `messages` messages.
pub(super) fn record(messages: u64) -> Outcome<Server> {
    let mut server = Server::start()?;
    let running = Subject::Record.start(&server, messages)?;
    server.wait_for_subscriptions(1)?;
    trial::flood(&mut server, running.pid()?, &Traffic::to_one_channel(messages)?)?;
    terminate(running.pid()?)?;
    // The recorder writes its last transaction.
    std::thread::sleep(Duration::from_secs(2));
    Ok(server)
}
