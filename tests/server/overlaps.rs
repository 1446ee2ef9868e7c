//! Overlapping, repeated and temporarily denied subscriptions: every message counts once.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aircheck::ledger::finding::FindingKind;
use aircheck::ledger::interval::{Entry, LinkState};
use aircheck::ledger::sequence::{Sequence, UnknownReason};

use super::listening::{Listening, broadcast};
use super::support::RedisServer;

/// Broadcasts before, during and after the change. Each must be received once, in order, with numbers from 1.
fn each_counts_once(first: &[&str], added: &[&str]) {
    let server = RedisServer::start();
    let mut listening = Listening::start(&server.url(), first);
    let mut sent: usize = 0;
    for name in added {
        broadcast(&server, "billing:eu", &format!("evt::{sent}"));
        sent += 1;
        listening.subscribe(name);
        // Some of these are received before the server accepts the subscription, some after.
        for _ in 0..200 {
            broadcast(&server, "billing:eu", &format!("evt::{sent}"));
            sent += 1;
        }
    }
    server.command::<()>(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    listening.wait_for("the connection again", |seen| seen.links(LinkState::Connected) == 2);
    broadcast(&server, "billing:eu", &format!("evt::{sent}"));
    sent += 1;
    listening.wait_for("every message", |seen| seen.messages().count() >= sent);
    let expected: Vec<String> = (0..sent).map(|number| format!("evt::{number}")).collect();
    assert_eq!(listening.payloads(), expected);
    let exact = |number: usize| Sequence::Exact(number as u64 + 1);
    for (number, message) in listening.messages().enumerate() {
        let inferred = Sequence::Inferred(number as u64 + 1);
        assert!(message.sequence == exact(number) || message.sequence == inferred, "{message:?} is not {number} + 1");
    }
    assert_eq!(listening.messages().last().unwrap().sequence, exact(sent - 1));
    assert!(listening.findings().is_empty(), "{:?}", listening.findings());
}

#[test]
fn a_channel_that_a_pattern_covers_can_be_added() {
    each_counts_once(&["billing:*"], &["billing:eu", "bill*", "billing:eu"]);
}

#[test]
fn a_pattern_that_covers_a_channel_can_be_added() {
    each_counts_once(&["billing:eu"], &["billing:*", "*", "billing:*"]);
}

/// Creates a user with the permissions to watch `ops` and read its counter. Returns the URL.
fn watcher(server: &RedisServer) -> String {
    let rights = "on >pw resetchannels &ops %R~system_broadcast_sequence_ops -@all +subscribe +psubscribe +unsubscribe \
                  +punsubscribe +get +mget +ping +hello +auth";
    let mut command = vec!["ACL", "SETUSER", "watcher"];
    command.extend(rights.split_whitespace());
    server.command::<()>(&command);
    server.url().replace("redis://", "redis://watcher:pw@")
}

#[test]
fn a_channel_granted_while_disconnected_is_reported_as_granted() {
    let server = RedisServer::start();
    let mut listening = Listening::start(&watcher(&server), &["ops", "secret", "hidden*"]);
    server.command::<()>(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    listening.wait_for("the connection again", |seen| seen.links(LinkState::Connected) == 2);
    assert_eq!(listening.links(LinkState::Denied), 2, "a denial is reported once");
    server.command::<()>(&["ACL", "SETUSER", "watcher", "&secret"]);
    server.command::<()>(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    listening.wait_for("the grant", |seen| seen.links(LinkState::Granted) == 1);
    server.command::<()>(&["ACL", "SETUSER", "watcher", "&hidden*"]);
    listening.wait_for("the pattern's grant", |seen| seen.links(LinkState::Granted) == 2);
    broadcast(&server, "hidden:eu", "evt::1");
    listening.wait_for("its message", |seen| seen.messages().count() == 1);
}

#[test]
fn a_channel_whose_permission_is_revoked_is_reported_as_denied() {
    let server = RedisServer::start();
    let mut listening = Listening::start(&watcher(&server), &["ops"]);
    // Without a known counter, no message can be reported as missed.
    listening.wait_for("the counter", |seen| seen.counters("ops").len() == 1);
    server.command::<()>(&["ACL", "SETUSER", "watcher", "resetchannels"]);
    listening.wait_for("the denial", |seen| seen.links(LinkState::Denied) == 1);
    broadcast(&server, "ops", "evt::1");
    server.command::<()>(&["ACL", "SETUSER", "watcher", "&ops"]);
    listening.wait_for("the grant", |seen| seen.links(LinkState::Granted) == 1);
    listening.wait_for("what was missed", |seen| !seen.findings().is_empty());
    let finding = listening.findings()[0];
    assert_eq!(
        (finding.kind, finding.sequence_from, finding.sequence_to),
        (FindingKind::MissedDisconnected, Some(1), Some(1))
    );
}

#[test]
fn a_counter_granted_later_gives_numbers_from_then_on() {
    let server = RedisServer::start();
    let url = watcher(&server);
    server.command::<()>(&["ACL", "SETUSER", "watcher", "&secret"]);
    let mut listening = Listening::start(&url, &["ops", "secret"]);
    broadcast(&server, "secret", "evt::1");
    listening.wait_for("the message", |seen| seen.messages().count() == 1);
    assert_eq!(listening.messages().last().unwrap().sequence, Sequence::Unknown(UnknownReason::CounterUnreadable));
    server.command::<()>(&["ACL", "SETUSER", "watcher", "%R~system_broadcast_sequence_secret"]);
    listening.wait_for("the counter", |seen| {
        let reading = "Value(1)";
        seen.entries().any(|entry| matches!(entry, Entry::Counter { channel, reading: found, .. } if channel.as_bytes() == b"secret" && format!("{found:?}") == reading))
    });
    broadcast(&server, "secret", "evt::2");
    listening.wait_for("the next message", |seen| seen.messages().count() == 2);
    assert_eq!(listening.messages().last().unwrap().sequence, Sequence::Exact(2));
    // The permission is revoked again. The other channel stays exact.
    server.command::<()>(&["ACL", "SETUSER", "watcher", "resetkeys", "%R~system_broadcast_sequence_ops"]);
    broadcast(&server, "secret", "evt::3");
    broadcast(&server, "ops", "evt::4");
    listening.wait_for("both", |seen| seen.messages().count() == 4);
    let ops = listening.messages_of("ops").next().unwrap();
    assert_eq!(ops.sequence, Sequence::Exact(1));
    assert!(listening.findings().is_empty(), "{:?}", listening.findings());
}

#[test]
fn throttled_findings_are_reported_at_the_end() {
    let server = RedisServer::start();
    let mut listening = Listening::start(&server.url(), &["ops"]);
    for round in 1..=3_usize {
        server.command::<()>(&["PUBLISH", "ops", "rogue::"]);
        listening.wait_for("the rogue and its barrier", |seen| seen.messages().count() == round);
    }
    let uncounted = |entry: &Entry| match entry {
        Entry::Finding(finding) => finding.count.unwrap(),
        _ => 0,
    };
    let intervals = listening.end();
    let total: u64 = intervals.iter().flat_map(|interval| interval.entries()).map(uncounted).sum();
    assert_eq!(total, 3);
}
