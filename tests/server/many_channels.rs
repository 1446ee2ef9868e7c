//! Thousands of channels, and messages of a hundred megabytes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use aircheck::ledger::finding::FindingKind;
use aircheck::ledger::interval::LinkState;
use aircheck::ledger::sequence::Sequence;

use super::listening::{Listening, PREFIX, broadcast};
use super::support::RedisServer;
use super::tailing::{Tailing, wait_until_sent};
use super::world::World;

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("channel:{number}")).collect()
}

fn start(server: &RedisServer, names: &[String]) -> Listening {
    Listening::start(&server.unix_url(), &names.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Sets the counter of every channel without a broadcast.
fn count_all(server: &RedisServer, names: &[String], counter: &str) {
    let keys: Vec<String> = names.iter().map(|name| format!("{PREFIX}{name}")).collect();
    let mut command = vec!["MSET"];
    for key in &keys {
        command.extend([key.as_str(), counter]);
    }
    server.command::<()>(&command);
}

#[test]
fn ten_thousand_channels_are_subscribed_at_once_and_all_of_them_are_exact() {
    let server = RedisServer::start();
    let names = names(10_000);
    count_all(&server, &names, "41");
    let started = Instant::now();
    let mut listening = start(&server, &names);
    let took = started.elapsed();
    assert!(took < Duration::from_secs(5), "subscribed only after {took:?}");
    let mut connection = server.connection(0).unwrap();
    let mut pipe = redis::pipe();
    for name in &names {
        pipe.cmd("MULTI").ignore().publish(name, "evt::1").ignore();
        pipe.incr(format!("{PREFIX}{name}"), 1).ignore().cmd("EXEC").ignore();
    }
    pipe.exec(&mut connection).unwrap();
    listening.wait_for("every message", |seen| seen.messages().count() == names.len());
    assert!(listening.messages().all(|message| message.sequence == Sequence::Exact(42)));
    assert!(listening.findings().is_empty(), "{:?}", listening.findings());
}

#[test]
fn the_counter_of_every_idle_channel_is_read_in_turn() {
    let server = RedisServer::start();
    let names = names(2500);
    let mut listening = start(&server, &names);
    listening.wait_for("the first barrier", |seen| seen.barriers() >= 1);
    count_all(&server, &names, "1");
    let started = Instant::now();
    listening.wait_for("a finding of each", |seen| seen.findings().len() == names.len());
    assert!(started.elapsed() < Duration::from_secs(8), "a thousand a second: {:?}", started.elapsed());
    assert!(listening.findings().iter().all(|finding| finding.kind == FindingKind::CountedNotReceived));
}

#[test]
fn a_message_over_the_servers_limit_is_a_gap_with_its_likely_cause() {
    let server = RedisServer::start();
    let mut listening = Listening::start(&server.url(), &["ops"]);
    broadcast(&server, "ops", "evt::1");
    listening.wait_for("a message", |seen| seen.messages().count() == 1);
    broadcast(&server, "ops", &format!("evt::\"{}\"", "x".repeat(40 << 20)));
    listening.wait_for("what was missed", |seen| seen.findings().len() == 1);
    let finding = listening.findings()[0];
    assert_eq!(
        (finding.kind, finding.sequence_from, finding.sequence_to),
        (FindingKind::MissedDisconnected, Some(2), Some(2))
    );
    let down = listening.link_changes().find(|link| link.state == LinkState::Disconnected).unwrap();
    let reason = down.reason.as_deref().unwrap();
    assert!(reason.contains("client-output-buffer-limit"), "{reason}");
}

#[test]
fn a_message_of_a_hundred_megabytes_is_received_if_the_server_allows_it() {
    let server = RedisServer::start_with(&["--client-output-buffer-limit", "pubsub 0 0 0"]);
    let mut listening = Listening::start(&server.url(), &["ops"]);
    let data = "x".repeat(100 << 20);
    broadcast(&server, "ops", &format!("evt::\"{data}\""));
    broadcast(&server, "ops", "evt::2");
    listening.wait_for("both messages", |seen| seen.messages().count() == 2);
    let payloads = listening.payloads();
    assert_eq!(payloads[0].len(), data.len() + 7);
    assert_eq!(payloads[1], "evt::2");
    assert_eq!(listening.messages().last().unwrap().sequence, Sequence::Exact(2));
    assert!(listening.findings().is_empty() && listening.links(LinkState::Disconnected) == 0);
}

/// Publishes one message on each of `count` new channels.
fn publish_on(server: &RedisServer, from: usize, count: usize) {
    let script = "for i = ARGV[1], ARGV[1] + ARGV[2] - 1 do redis.call('PUBLISH', 'many:' .. string.format('%d', i), 'evt::1') end";
    // In parts, so the subscriber's buffer stays below the server's limit.
    for first in (from..from + count).step_by(50_000) {
        let count = 50_000.min(from + count - first);
        server.command::<()>(&["EVAL", script, "0", &first.to_string(), &count.to_string()]);
        wait_until_sent(server);
    }
}

/// The current memory of a process, in bytes.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

#[test]
fn the_number_of_tracked_channels_is_limited_and_reported() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let mut tailing = Tailing::json(&world, &["many:*", "ops", "--filter", "channel:{last*,ops,many:x*}"]);
    publish_on(&server, 0, 200_100);
    let warning = tailing.wait_for(|line| line["state"] == "too_many_channels");
    assert_eq!(warning["channel"], "many:*");
    assert!(warning["reason"].as_str().unwrap().starts_with("more than 200000: "), "{warning}");
    // The warning comes while messages before this one are still processed.
    server.command::<()>(&["PUBLISH", "many:x1", "evt::1"]);
    tailing.wait_for(|line| line["channel"] == "many:x1");
    let full = memory(tailing.id());
    assert!(full < 300 << 20, "{full} bytes for 200,000 channels");
    publish_on(&server, 200_100, 300_000);
    // Messages of further channels are still verified and shown, without a number. Known channels keep their numbers.
    server.command::<()>(&["PUBLISH", "many:x", "evt::2"]);
    let beyond = tailing.wait_for(|line| line["channel"] == "many:x");
    assert_eq!((&beyond["sequence"], &beyond["verdict"]), (&serde_json::Value::Null, &"unsigned".into()));
    broadcast(&server, "ops", "evt::3");
    assert_eq!(tailing.wait_for(|line| line["channel"] == "ops")["sequence"], 1);
    let after = memory(tailing.id());
    assert!(after < full + (32 << 20), "{after} after {full}");
}
