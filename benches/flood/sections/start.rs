//! The time from the start to the first frame, and the size of the program.

use std::process::Command;
use std::time::Instant;

use super::say;
use crate::Outcome;
use crate::report::{Row, Values};
use crate::server::Server;
use crate::subject::{console, program};
use crate::traffic::CHANNEL;
use crate::trial::precise;

/// The number of starts.
const STARTS: usize = 30;

pub(super) fn rows() -> Outcome<Vec<Row>> {
    let server = Server::start()?;
    let mut millis = Values::default();
    for _ in 0..STARTS {
        let started = Instant::now();
        let mut terminal = console(&server, &[CHANNEL])?;
        let shown = terminal.wait_until("the first frame", |text| text.contains("Messages"))?;
        millis.push(shown.duration_since(started).as_secs_f64() * 1e3);
    }
    say(&format!("first frame: {} ms", millis.spread(1)));
    let stripped = server.directory().join("aircheck");
    let strip = Command::new("strip").arg("-o").arg(&stripped).arg(program()).status()?;
    if !strip.success() {
        return Err("strip failed".into());
    }
    let size = precise(std::fs::metadata(&stripped)?.len()) / f64::from(1 << 20);
    Ok(vec![
        Row::new("first frame after the start", "at most 30 ms", format!("{} ms", millis.spread(1))),
        Row::new("program, stripped", "at most 15 MiB", format!("{size:.1} MiB")),
    ])
}
