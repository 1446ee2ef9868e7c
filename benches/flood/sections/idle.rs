//! CPU time and wake-ups while connected, without traffic.

use std::time::Duration;

use super::say;
use crate::Outcome;
use crate::process::Usage;
use crate::report::Row;
use crate::server::Server;
use crate::subject::Subject;
use crate::trial::precise;

/// The duration of the measurement.
const SPAN: Duration = Duration::from_secs(20);

pub(super) fn rows() -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for subject in [Subject::Bare, Subject::Tail, Subject::Console] {
        let mut server = Server::start()?;
        let running = subject.start(&server, u64::MAX)?;
        server.wait_for_subscriptions(1)?;
        std::thread::sleep(Duration::from_secs(2));
        let before = Usage::of(running.pid()?)?;
        std::thread::sleep(SPAN);
        let used = Usage::of(running.pid()?)?.since(&before);
        let share = used.cpu.as_secs_f64() / SPAN.as_secs_f64() * 100.0;
        #[expect(clippy::cast_precision_loss, reason = "a few hundred wake-ups")]
        let wakes = used.wakes as f64 / SPAN.as_secs_f64();
        let memory = precise(used.memory) / 1024.0;
        say(&format!("{}: {share:.3} % of a core, {wakes:.1} wake-ups a second, {memory:.1} MiB", subject.title()));
        let reach = "at most 0.2 % of a core; console: at most 15 MiB";
        let what = format!("idle, connected: {}", subject.title());
        rows.push(Row::new(what, reach, format!("{share:.2} %, {wakes:.1} wake-ups a second, {memory:.1} MiB")));
    }
    Ok(rows)
}
