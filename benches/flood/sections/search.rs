//! The time to the first hits of a search and of a filter, in memory and in a recording.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::replay::record;
use super::say;
use crate::Outcome;
use crate::args::Args;
use crate::report::{Row, Values};
use crate::server::Server;
use crate::subject::{aircheck, console};
use crate::terminal::Terminal;
use crate::traffic::{CHANNEL, Traffic};

/// The maximum number of messages in the scrollback.
const IN_MEMORY: u64 = 100_000;
/// The number of measurements.
const TIMES: u64 = 10;

pub(super) fn rows(args: &Args) -> Outcome<Vec<Row>> {
    let (search, filter) = in_memory()?;
    let (common, rare, jq) = in_recording(args)?;
    say(&format!("in memory: search {} ms, filter {} ms", search.spread(1), filter.spread(1)));
    say(&format!("in a recording: first of many {} ms, one in all {} ms", common.spread(1), rare.spread(1)));
    say(&format!("jq over a recording: {} s", jq.spread(2)));
    let first = "first hits within 100 ms";
    Ok(vec![
        Row::new(format!("search over {IN_MEMORY} messages in memory"), first, format!("{} ms", search.spread(0))),
        Row::new(format!("filter over {IN_MEMORY} messages in memory"), first, format!("{} ms", filter.spread(0))),
        Row::new(
            format!("filter over {} messages in a recording", args.messages),
            first,
            format!("{} ms; one hit at the end of it {} ms", common.spread(0), rare.spread(0)),
        ),
        Row::new(
            format!("jq filter over {} messages in a recording", args.messages),
            "at most 5 s",
            format!("{} s", jq.spread(2)),
        ),
    ])
}

fn in_memory() -> Outcome<(Values, Values)> {
    let mut server = Server::start()?;
    let mut terminal = console(&server, &[CHANNEL])?;
    server.wait_for_subscriptions(1)?;
    Traffic::to_one_channel(IN_MEMORY)?.send(server.port())?;
    terminal.wait_until("the last message", |text| is_shown(text, IN_MEMORY))?;
    std::thread::sleep(Duration::from_millis(300));
    let (mut search, mut filter) = (Values::default(), Values::default());
    for number in 1..=TIMES {
        // The first message has sequence number 1, and its data contains 0.
        let wanted = number * 777;
        search.push(ask(&mut terminal, &format!("/A-{:07}", wanted - 1), wanted)?);
        leave(&mut terminal, "\x1b")?;
        filter.push(ask(&mut terminal, &format!("fseq:{wanted}..{wanted}\r"), wanted)?);
        leave(&mut terminal, "f\x1b")?;
    }
    Ok((search, filter))
}

/// Ends the search or filter. Waits after Escape, because Escape followed directly by a key is an Alt key.
fn leave(terminal: &mut Terminal, keys: &str) -> Outcome<()> {
    terminal.type_keys(keys)?;
    std::thread::sleep(Duration::from_millis(200));
    terminal.wait_until("the newest message", |text| is_shown(text, IN_MEMORY))?;
    Ok(())
}

/// Types keys, and waits until the message with this number is shown.
fn ask(terminal: &mut Terminal, keys: &str, number: u64) -> Outcome<f64> {
    let typed = Instant::now();
    terminal.type_keys(keys)?;
    let shown = terminal.wait_until(keys, |text| is_shown(text, number))?;
    Ok(shown.saturating_duration_since(typed).as_secs_f64() * 1e3)
}

/// Whether the message with this number is on the screen.
pub(super) fn is_shown(text: &str, number: u64) -> bool {
    let wanted = format!("#{number}");
    let ends = |rest: &str| !rest.starts_with(|next: char| next.is_ascii_digit());
    text.match_indices(&wanted).any(|(at, _)| ends(&text[at + wanted.len()..]))
}

/// The time to the first line, for a filter with many hits, for one with a single hit near the end, and for a jq predicate whose
/// only hit is the last message.
fn in_recording(args: &Args) -> Outcome<(Values, Values, Values)> {
    let recorded = record(args.messages)?;
    let (mut common, mut rare, mut jq) = (Values::default(), Values::default(), Values::default());
    for _ in 0..TIMES {
        common.push(show(&recorded, "name:cache-flush text~\"stock\"")?);
    }
    for _ in 0..3 {
        rare.push(show(&recorded, &format!("text~\"A-{:07}\"", args.messages - 10))?);
    }
    for _ in 0..3 {
        jq.push(show(&recorded, &format!("| .sku == \"A-{:07}\"", args.messages - 1))? / 1e3);
    }
    Ok((common, rare, jq))
}

fn show(recorded: &Server, filter: &str) -> Outcome<f64> {
    let path = recorded.directory().join("flood.db");
    let started = Instant::now();
    let mut child = aircheck(recorded, &["show", "--format", "json", "--filter", filter])
        .arg(path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no standard output")?).read_line(&mut line)?;
    let came = started.elapsed();
    let _ = child.kill();
    child.wait()?;
    if line.is_empty() { Err("the filter finds nothing".into()) } else { Ok(came.as_secs_f64() * 1e3) }
}
