//! The time from a key to its effect on the screen, under a flood.

use std::time::{Duration, Instant};

use super::say;
use crate::Outcome;
use crate::args::Args;
use crate::report::{Row, Values};
use crate::server::Server;
use crate::subject::console;
use crate::terminal::Terminal;
use crate::traffic::{CHANNEL, Payloads, Traffic};

/// The keys that open and close the help.
const KEYS: [(&str, bool); 2] = [("?", true), ("\x1b", false)];
/// A text that is on the screen only while the help is open.
const OPEN: &str = "Keys";
/// The time between two keys. Nobody types faster.
const PAUSE: Duration = Duration::from_millis(40);

pub(super) fn rows(args: &Args) -> Outcome<Vec<Row>> {
    let mut server = Server::start()?;
    let mut terminal = console(&server, &[CHANNEL])?;
    server.wait_for_subscriptions(1)?;
    let mut payloads = Payloads::new()?;
    let mut millis = Values::default();
    for _ in 0..args.rounds {
        let traffic = Traffic::new(&mut payloads, args.messages, &[CHANNEL.to_owned()])?;
        let port = server.port();
        std::thread::scope(|scope| -> Outcome<()> {
            let writer = scope.spawn(|| traffic.send(port).map_err(|error| error.to_string()));
            while !writer.is_finished() {
                for (key, opens) in KEYS {
                    millis.push(press(&mut terminal, key, opens)?);
                    std::thread::sleep(PAUSE);
                }
            }
            Ok(writer.join().map_err(|_| "the writer panicked")??)
        })?;
    }
    let (median, most) = (millis.median(), millis.at(99));
    say(&format!("key: {median:.1} ms, {most:.1} ms at the 99th percentile"));
    Ok(vec![Row::new(
        "a key under the flood, on screen",
        "within 50 ms at the 99th percentile",
        format!("{most:.0} ms; median {median:.0} ms"),
    )])
}

fn press(terminal: &mut Terminal, key: &str, opens: bool) -> Outcome<f64> {
    let typed = Instant::now();
    terminal.type_keys(key)?;
    let shown = terminal.wait_until("the help, or its end", |text| text.contains(OPEN) == opens)?;
    Ok(shown.saturating_duration_since(typed).as_secs_f64() * 1e3)
}
