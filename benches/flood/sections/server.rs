//! The cost of watching for the server: its CPU time, its network traffic, and the barriers that it replies to.

use std::time::Duration;

use super::say;
use crate::Outcome;
use crate::process::Usage;
use crate::report::Row;
use crate::server::Server;
use crate::subject::Subject;
use crate::traffic::{CHANNEL, Payloads, Traffic};
use crate::trial::precise;

/// The duration of each measurement, in seconds.
const SECONDS: u32 = 5;
/// The rates, in messages per second.
const RATES: [u32; 4] = [0, 10, 1_000, 50_000];

/// The cost of one second of watching.
struct Cost {
    /// CPU time, in percent of a core.
    cpu: f64,
    /// The bytes that the server sends and receives.
    sent: f64,
    received: f64,
    /// The number of times that counters are read.
    barriers: f64,
}

pub(super) fn rows() -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for rate in RATES {
        let none = measure(None, rate)?;
        let cli = measure(Some(Subject::RedisCli), rate)?;
        let bare = measure(Some(Subject::Bare), rate)?;
        rows.push(Row::new(
            format!("cost of watching for the server at {rate} messages/s"),
            "–",
            format!(
                "{:.2} % of a core without, {:.2} % with redis-cli, {:.2} % with aircheck; {:.1} barriers/s; \
                 sends {:.0} B/s more than to redis-cli, receives {:.0} B/s more",
                none.cpu,
                cli.cpu,
                bare.cpu,
                bare.barriers,
                bare.sent - cli.sent,
                bare.received - cli.received,
            ),
        ));
    }
    Ok(rows)
}

fn measure(subject: Option<Subject>, rate: u32) -> Outcome<Cost> {
    let mut server = Server::start()?;
    let running = subject.map(|subject| subject.start(&server, u64::MAX)).transpose()?;
    if running.is_some() {
        server.wait_for_subscriptions(1)?;
    }
    let count = u64::from(rate * SECONDS);
    let traffic = Traffic::new(&mut Payloads::new()?, count, &[CHANNEL.to_owned()])?;
    std::thread::sleep(Duration::from_secs(1));
    let before = (Usage::of(server.pid())?, network(&mut server)?);
    if rate == 0 {
        std::thread::sleep(Duration::from_secs(u64::from(SECONDS)));
    } else {
        traffic.send_at(server.port(), rate)?;
    }
    let used = Usage::of(server.pid())?.since(&before.0);
    let after = network(&mut server)?;
    let second = |count: u64| precise(count) / f64::from(SECONDS);
    let cost = Cost {
        cpu: used.cpu.as_secs_f64() / f64::from(SECONDS) * 100.0,
        sent: second(after.0 - before.1.0),
        received: second(after.1 - before.1.1),
        barriers: second(after.2 - before.1.2),
    };
    let title = subject.map_or("nobody", Subject::title);
    let Cost { cpu, sent, received, barriers } = cost;
    say(&format!(
        "{rate}/s, {title}: {cpu:.2} %, sent {sent:.0}, received {received:.0} B/s, {barriers:.1} barriers/s"
    ));
    Ok(cost)
}

/// Bytes sent, bytes received, and counters read so far.
fn network(server: &mut Server) -> Outcome<(u64, u64, u64)> {
    let sent = server.info("total_net_output_bytes")?;
    let received = server.info("total_net_input_bytes")?;
    let reads = ["cmdstat_mget", "cmdstat_get", "cmdstat_ping"].map(|name| server.calls(name));
    let reads = reads.into_iter().sum::<Outcome<u64>>()?;
    Ok((sent, received, reads))
}
