//! Bad links between the program and a real server: slow, fragmented, silent, cut, and with malformed bytes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use aircheck::ledger::finding::FindingKind;
use aircheck::ledger::interval::LinkState;
use aircheck::ledger::sequence::{Sequence, UnknownReason};

use super::listening::{Listening, broadcast};
use super::proxy::{Faults, Proxy};
use super::support::{LIMIT, RedisServer};
use super::tailing::Tailing;
use super::world::World;

fn reasons(listening: &Listening) -> Vec<String> {
    let down = listening.link_changes().filter(|link| link.state == LinkState::Disconnected);
    down.map(|link| link.reason.as_deref().unwrap().to_owned()).collect()
}

/// Broadcasts over a link with faults. Checks that every message is received once and in order, that `may_be` accepts its
/// sequence number, and that the link stays up. Returns how often the link was stale.
fn assert_all_come(faults: Faults, messages: u64, data: &str, may_be: fn(Sequence, u64) -> bool) -> usize {
    let server = RedisServer::start();
    let proxy = Proxy::before(&server);
    proxy.set(faults);
    let mut listening = Listening::start(&proxy.url(), &["ops"]);
    for number in 0..messages {
        broadcast(&server, "ops", &format!("evt::\"{number} {data}\""));
    }
    listening.wait_for("every message", |seen| seen.messages().count() as u64 == messages);
    for (message, number) in listening.messages().zip(1..) {
        assert!(may_be(message.sequence, number), "{faults:?}: {number} is {:?}", message.sequence);
    }
    let payloads: Vec<String> = (0..messages).map(|number| format!("evt::\"{number} {data}\"")).collect();
    assert_eq!(listening.payloads(), payloads, "{faults:?}");
    assert!(listening.findings().is_empty() && reasons(&listening).is_empty(), "{faults:?}");
    listening.links(LinkState::Stale)
}

fn is_exact(sequence: Sequence, number: u64) -> bool {
    sequence == Sequence::Exact(number)
}

/// Whether a sequence may be reported before a late barrier: less certain than the number, but not wrong.
fn is_not_wrong(sequence: Sequence, number: u64) -> bool {
    match sequence {
        Sequence::Exact(known) | Sequence::Inferred(known) => known == number,
        Sequence::Range { from, to } => (from..=to).contains(&number),
        Sequence::Unknown(why) => why == UnknownReason::NoBarrier,
        _ => false,
    }
}

#[test]
fn frames_may_be_split_anywhere() {
    for slice in [1, 2, 3, 7, 64] {
        assert_eq!(assert_all_come(Faults { slice, ..Faults::default() }, 200, "", is_exact), 0);
    }
}

#[test]
fn a_slow_reply_is_waited_for() {
    let delay = Duration::from_millis(100);
    assert_eq!(assert_all_come(Faults { delay, ..Faults::default() }, 50, "", is_exact), 0);
}

#[test]
fn messages_with_a_late_barrier_have_no_wrong_number() {
    let delay = Duration::from_millis(600);
    assert_all_come(Faults { delay, ..Faults::default() }, 50, "", is_not_wrong);
}

#[test]
fn a_link_too_slow_for_the_traffic_is_stale_and_exact() {
    // A backlog of six seconds, which delays every reply.
    let stale = assert_all_come(Faults { rate: 50_000, ..Faults::default() }, 300, &"x".repeat(1000), is_exact);
    assert!(stale > 0);
}

#[test]
fn messages_that_arrive_after_a_stall_have_their_exact_numbers() {
    let server = RedisServer::start();
    let proxy = Proxy::before(&server);
    let mut listening = Listening::start(&proxy.url(), &["ops"]);
    broadcast(&server, "ops", "evt::1");
    listening.wait_for("the first message", |seen| seen.messages().count() == 1);
    proxy.pause();
    for number in 2..=100 {
        broadcast(&server, "ops", &format!("evt::{number}"));
    }
    thread::sleep(Duration::from_secs(3));
    proxy.resume();
    listening.wait_for("every message", |seen| seen.messages().count() == 100);
    for (message, number) in listening.messages().zip(1..) {
        assert_eq!(message.sequence, Sequence::Exact(number));
    }
    listening.wait_for("live", |seen| seen.links(LinkState::Live) == 1);
    let stale: Vec<_> = listening.link_changes().filter(|link| link.state == LinkState::Stale).collect();
    assert_eq!(stale.len(), 1, "{stale:?}");
    assert_eq!(stale[0].reason.as_deref(), Some("no reply to MGET for 2 s"));
    assert!(listening.findings().is_empty() && reasons(&listening).is_empty());
}

#[test]
fn a_half_open_connection_is_stale_and_then_closed() {
    let server = RedisServer::start();
    let proxy = Proxy::before(&server);
    let mut listening = Listening::start(&proxy.url(), &["ops"]);
    broadcast(&server, "ops", "evt::1");
    listening.wait_for("the first message", |seen| seen.messages().count() == 1);
    let since = Instant::now();
    proxy.half_open();
    broadcast(&server, "ops", "evt::2");
    listening.wait_for("the silence is reported", |seen| seen.links(LinkState::Stale) == 1);
    // One second more than documented, for a busy machine.
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
    listening.wait_for("another connection", |_| proxy.connections() == 2);
    assert!(since.elapsed() < Duration::from_secs(11), "{:?}", since.elapsed());
    listening.wait_for("what was missed", |seen| seen.findings().len() == 1);
    let finding = listening.findings()[0];
    assert_eq!(
        (finding.kind, finding.sequence_from, finding.sequence_to),
        (FindingKind::MissedDisconnected, Some(2), Some(2))
    );
}

#[test]
fn a_connection_cut_inside_a_message_misses_only_that_one() {
    let server = RedisServer::start();
    let proxy = Proxy::before(&server);
    let mut listening = Listening::start(&proxy.url(), &["ops"]);
    broadcast(&server, "ops", "evt::1");
    listening.wait_for("the first message", |seen| seen.messages().count() == 1);
    proxy.cut_after(5000);
    broadcast(&server, "ops", &format!("evt::\"{}\"", "x".repeat(20_000)));
    listening.wait_for("what was missed", |seen| seen.findings().len() == 1);
    broadcast(&server, "ops", "evt::3");
    listening.wait_for("the third message", |seen| seen.messages().count() == 2);
    let finding = listening.findings()[0];
    assert_eq!(
        (finding.kind, finding.sequence_from, finding.sequence_to),
        (FindingKind::MissedDisconnected, Some(2), Some(2))
    );
    assert_eq!(listening.messages().last().unwrap().sequence, Sequence::Exact(3));
}

#[test]
fn malformed_bytes_end_the_connection_with_the_reason() {
    let beyond = "the server sent a frame beyond the limit of ";
    for (rubbish, reason) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "unexpected reply; is this a Redis server?"),
        (b"\x1b[2J\x00\xff\xfe", "unexpected reply; is this a Redis server?"),
        (b"$-7\r\n", "unexpected reply; is this a Redis server?"),
        (b"$99999999999999999999\r\n", &format!("{beyond}blob length")),
        (b">4294967296\r\n", &format!("{beyond}elements")),
        (&b"*1\r\n".repeat(40), &format!("{beyond}nesting")),
    ] {
        let server = RedisServer::start();
        let proxy = Proxy::before(&server);
        let mut listening = Listening::start(&proxy.url(), &["ops"]);
        proxy.inject(rubbish);
        listening.wait_for("the next connection", |seen| seen.links(LinkState::Connected) == 2);
        assert_eq!(reasons(&listening), [reason]);
        broadcast(&server, "ops", "evt::1");
        listening.wait_for("the message", |seen| seen.messages().count() == 1);
        assert_eq!(listening.messages().next().unwrap().sequence, Sequence::Exact(1));
    }
}

/// The peak memory of a process, in bytes.
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

#[test]
fn memory_is_allocated_for_received_not_announced_bytes() {
    let server = RedisServer::start();
    let proxy = Proxy::before(&server);
    let world = World::new(&proxy.url());
    let mut tailing = Tailing::json(&world, &["ops"]);
    let before = peak(tailing.id());
    // Within the limits, so the reader waits for it, with the maximum number of elements.
    proxy.inject(b"$536870000\r\nonly this comes");
    tailing.wait_for(|line| line["state"] == "stale");
    assert!(peak(tailing.id()) < before + (16 << 20), "{} after {before}", peak(tailing.id()));
    tailing.wait_for(|line| line["state"] == "connected");
    // The following replies are read as its elements, which exceed the limit.
    proxy.inject(b">1048576\r\n$1\r\n");
    tailing.wait_for(|line| line["state"] == "disconnected");
    assert!(peak(tailing.id()) < before + (16 << 20), "{} after {before}", peak(tailing.id()));
    let deadline = Instant::now() + LIMIT;
    while proxy.connections() < 3 {
        assert!(Instant::now() < deadline, "it does not connect again");
        thread::sleep(Duration::from_millis(10));
    }
}
