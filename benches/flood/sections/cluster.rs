//! A cluster of three primaries that are flooded together, compared with one server.

use std::process::Stdio;
use std::time::{Duration, Instant};

use aircheck::redis::cluster::topology::slot;

use super::say;
use crate::Outcome;
use crate::args::Args;
use crate::inner::Inner;
use crate::process::Usage;
use crate::report::{Row, Values};
use crate::server::Server;
use crate::traffic::{CHANNEL, Payloads, Traffic};
use crate::trial::{QUIET, counts, precise};

/// The number of primaries.
const PRIMARIES: u16 = 3;
/// The number of slots.
const SLOTS: u16 = 16_384;

/// The costs of one flood.
struct Cost {
    /// CPU time per message, in microseconds.
    cpu: f64,
    /// Messages per second of all servers together.
    rate: f64,
    /// Messages that were not received.
    lost: u64,
}

pub(super) fn rows(args: &Args) -> Outcome<Vec<Row>> {
    let (mut cpu, mut relative, mut rate, mut rate_of_one, mut lost) =
        (Values::default(), Values::default(), Values::default(), Values::default(), 0);
    for _ in 0..args.rounds {
        let one = flood(args, &mut [Server::start()?], Inner::Bare)?;
        let three = flood(args, &mut start()?, Inner::BareCluster)?;
        say(&format!(
            "one server: {:.3} µs, {:.0}/s; {PRIMARIES} primaries: {:.3} µs, {:.0}/s, {} lost",
            one.cpu, one.rate, three.cpu, three.rate, three.lost
        ));
        cpu.push(three.cpu);
        relative.push(three.cpu / one.cpu);
        rate.push(three.rate);
        rate_of_one.push(one.rate);
        lost += one.lost + three.lost;
    }
    Ok(vec![Row::new(
        format!("cluster of {PRIMARIES} primaries, flooded together"),
        "–",
        format!(
            "{} messages/s in total, {} on one server; {} µs per message, {} of one server; {lost} lost",
            rate.spread(0),
            rate_of_one.spread(0),
            cpu.spread(2),
            relative.spread(2),
        ),
    )])
}

/// Starts a cluster without replicas.
fn start() -> Outcome<Vec<Server>> {
    let mut nodes =
        (0..PRIMARIES).map(|_| Server::start_with(&["--cluster-enabled", "yes"])).collect::<Outcome<Vec<_>>>()?;
    let ports: Vec<String> = nodes.iter().map(|node| node.port().to_string()).collect();
    for (number, node) in (0..).zip(&mut nodes) {
        let (first, last) = (slot_from(number), slot_from(number + 1) - 1);
        node.ask::<()>(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()])?;
        node.ask::<()>(&["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()])?;
        node.ask::<()>(&["CLUSTER", "MEET", "127.0.0.1", &ports[0]])?;
    }
    let deadline = Instant::now() + Duration::from_secs(30);
    for node in &mut nodes {
        while !node.ask::<String>(&["CLUSTER", "INFO"])?.contains("cluster_state:ok") {
            if Instant::now() > deadline {
                return Err("the cluster is not complete".into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    Ok(nodes)
}

/// The first slot of a primary.
fn slot_from(number: u16) -> u16 {
    u16::try_from(u32::from(SLOTS) * u32::from(number) / u32::from(PRIMARIES)).unwrap_or(SLOTS)
}

/// A channel of each primary.
pub(crate) fn channels() -> Vec<String> {
    let channel = |number| {
        let owned = slot_from(number)..slot_from(number + 1);
        let is_owned = |name: &String| owned.contains(&slot(format!("system_broadcast_sequence_{name}").as_bytes()));
        (0..SLOTS).map(|number| format!("channel:{number}")).find(is_owned).unwrap_or_default()
    };
    (0..PRIMARIES).map(channel).collect()
}

/// Floods all servers at once.
fn flood(args: &Args, servers: &mut [Server], subject: Inner) -> Outcome<Cost> {
    let mut command = subject.command(&servers[0])?;
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (pid, input) = (child.id(), child.stdin.take());
    for server in &mut *servers {
        server.wait_for_subscriptions(1)?;
    }
    std::thread::sleep(Duration::from_millis(500));
    let mut payloads = Payloads::new()?;
    let is_one = servers.len() == 1;
    let channels = if is_one { vec![CHANNEL.to_owned()] } else { channels() };
    let count = args.messages / channels.len() as u64;
    let traffic = channels.into_iter().map(|channel| Traffic::new(&mut payloads, count, &[channel]));
    let traffic = traffic.collect::<Outcome<Vec<_>>>()?;
    let before = Usage::of(pid)?;
    let started = Instant::now();
    std::thread::scope(|scope| -> Outcome<()> {
        let writers: Vec<_> = servers
            .iter()
            .zip(&traffic)
            .map(|(server, traffic)| {
                let port = server.port();
                scope.spawn(move || traffic.send(port).map_err(|error| error.to_string()))
            })
            .collect();
        for writer in writers {
            writer.join().map_err(|_| "the writer panicked")??;
        }
        Ok(())
    })?;
    let mut ended = Instant::now();
    while ended.elapsed() < QUIET {
        std::thread::sleep(Duration::from_millis(25));
        for server in &mut *servers {
            if server.subscribers()?.iter().any(|subscriber| subscriber.waiting > 0) {
                ended = Instant::now();
            }
        }
    }
    let used = Usage::of(pid)?.since(&before);
    let sent: u64 = traffic.iter().map(Traffic::messages).sum();
    let (received, _) = counts(&mut child, input)?;
    child.wait()?;
    let messages = precise(sent);
    Ok(Cost {
        cpu: used.cpu.as_secs_f64() * 1e6 / messages,
        rate: messages / ended.duration_since(started).as_secs_f64(),
        lost: sent.saturating_sub(received),
    })
}
