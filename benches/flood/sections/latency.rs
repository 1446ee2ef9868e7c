//! The time from PUBLISH to the bytes on the terminal, at two rates and on a slow terminal.

use std::time::Duration;

use super::say;
use crate::Outcome;
use crate::report::{Row, Values};
use crate::server::Server;
use crate::subject::{aircheck, on_terminal};
use crate::terminal::Terminal;
use crate::traffic::{CHANNEL, Payloads, Traffic, send_each};

/// The columns and rows of the terminal.
const SIZE: (u16, u16) = (160, 40);
/// The rates in messages per second, with the number of messages.
const RATES: [(u32, u64); 2] = [(10, 300), (1_000, 10_000)];
/// The bytes per second that a slow terminal reads.
const SLOW: u32 = 20_000;

pub(super) fn rows() -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for (rate, count) in RATES {
        let (millis, frames) = measure(rate, count)?;
        let (median, most) = (millis.median(), millis.at(99));
        say(&format!("latency at {rate}/s: {median:.1} ms, {most:.1} ms at the 99th percentile, {frames:.1} frames/s"));
        rows.push(Row::new(
            format!("from PUBLISH to the bytes on the terminal, {rate} messages/s, 160x40"),
            "at most 37 ms at the 99th percentile",
            format!("{most:.1} ms; median {median:.1} ms"),
        ));
    }
    let (server, terminal) = start(Some(SLOW))?;
    Traffic::to_one_channel(10_000)?.send_at(server.port(), 1_000)?;
    let measured = format!("{:.1} a second", f64::from(terminal.frames()) / 10.0);
    rows.push(Row::new(
        format!("frames on a terminal that reads {} KB/s, 1 000 messages/s", SLOW / 1000),
        "–",
        measured,
    ));
    Ok(rows)
}

/// A console with a server, on a terminal that reads at most `rate` bytes per second.
fn start(rate: Option<u32>) -> Outcome<(Server, Terminal)> {
    let mut server = Server::start()?;
    let mut terminal = on_terminal(&aircheck(&server, &[CHANNEL]), SIZE, rate)?;
    server.wait_for_subscriptions(1)?;
    terminal.wait_until("the first frame", |text| text.contains("Messages"))?;
    std::thread::sleep(Duration::from_millis(500));
    Ok((server, terminal))
}

/// The latency of each message in milliseconds, and the number of frames per second.
fn measure(rate: u32, count: u64) -> Outcome<(Values, f64)> {
    let (server, mut terminal) = start(None)?;
    let mut payloads = Payloads::new()?;
    let traffic =
        (0..count).map(|_| Traffic::new(&mut payloads, 1, &[CHANNEL.to_owned()])).collect::<Outcome<Vec<_>>>()?;
    let port = server.port();
    let mut millis = Values::default();
    std::thread::scope(|scope| -> Outcome<()> {
        let writer = scope.spawn(move || send_each(&traffic, port, rate).map_err(|error| error.to_string()));
        let mut shown = Vec::new();
        // The numbers on the screen grow. A message that was shown and scrolled away counts as shown with the next one.
        while shown.len() < usize::try_from(count)? {
            let (at, newest) = terminal.newest_number()?;
            shown.resize(shown.len().max(usize::try_from(newest.min(count))?), at);
        }
        let sent = writer.join().map_err(|_| "the writer panicked")??;
        for (sent, shown) in sent.into_iter().zip(shown) {
            millis.push(shown.saturating_duration_since(sent).as_secs_f64() * 1e3);
        }
        Ok(())
    })?;
    let seconds = f64::from(u32::try_from(count)?) / f64::from(rate);
    Ok((millis, f64::from(terminal.frames()) / seconds))
}
