//! Unsubscribing from channels and patterns while running, and subscribing again.

use aircheck::ledger::finding::{Cause, FindingKind};
use aircheck::ledger::interval::LinkState;
use aircheck::ledger::sequence::Sequence;

use super::listening::{Listening, broadcast};
use super::support::RedisServer;

fn wait_for_subscribers(server: &RedisServer, channel: &str, count: usize) {
    server.wait_for(&["PUBSUB", "NUMSUB", channel], |answer| format!("{answer:?}").contains(&format!("int({count})")));
}

fn wait_for_patterns(server: &RedisServer, count: i64) {
    server.wait_for(&["PUBSUB", "NUMPAT"], |answer| *answer == redis::Value::Int(count));
}

fn numbers(listening: &Listening, channel: &str) -> Vec<Sequence> {
    listening.messages_of(channel).map(|message| message.sequence).collect()
}

#[test]
fn messages_missed_while_unsubscribed_are_reported_after_subscribing_again() {
    let server = RedisServer::start();
    let mut listening = Listening::start(&server.url(), &["ops", "billing"]);
    broadcast(&server, "ops", "evt::1");
    listening.wait_for("the first message", |seen| seen.messages().count() == 1);
    listening.unsubscribe("ops");
    wait_for_subscribers(&server, "ops", 0);
    broadcast(&server, "ops", "evt::2");
    broadcast(&server, "ops", "evt::3");
    broadcast(&server, "billing", "evt::1");
    listening.wait_for("the other channel", |seen| seen.messages().count() == 2);
    assert_eq!(numbers(&listening, "billing"), [Sequence::Exact(1)], "the other channel goes on");

    listening.subscribe("ops");
    wait_for_subscribers(&server, "ops", 1);
    broadcast(&server, "ops", "evt::4");
    listening.wait_for("the message after", |seen| seen.messages().count() == 3);
    assert_eq!(numbers(&listening, "ops"), [Sequence::Exact(1), Sequence::Exact(4)]);
    let findings = listening.findings();
    assert_eq!(findings.len(), 1, "{findings:?}");
    let finding = findings[0];
    assert_eq!(
        (finding.kind, finding.sequence_from, finding.sequence_to),
        (FindingKind::MissedDisconnected, Some(2), Some(3))
    );
    assert!(matches!(&finding.cause, Cause::Disconnected { reason, .. } if **reason == *"unsubscribed"));
}

#[test]
fn unsubscribed_channels_stay_unsubscribed_after_a_reconnect() {
    let server = RedisServer::start();
    let mut listening = Listening::start(&server.url(), &["ops", "billing", "audit:*"]);
    broadcast(&server, "audit:a", "evt::1");
    broadcast(&server, "ops", "evt::1");
    listening.wait_for("the first messages", |seen| seen.messages().count() == 2);
    listening.unsubscribe("ops");
    listening.unsubscribe("audit:*");
    wait_for_subscribers(&server, "ops", 0);
    wait_for_patterns(&server, 0);
    server.command::<()>(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    listening.wait_for("the connection again", |seen| seen.links(LinkState::Connected) == 2);
    broadcast(&server, "ops", "evt::2");
    broadcast(&server, "audit:a", "evt::2");
    broadcast(&server, "billing", "evt::\"last\"");
    listening.wait_for("the last", |seen| seen.payloads().last().is_some_and(|last| last.contains("last")));
    assert_eq!(listening.messages().count(), 3);
    assert!(listening.findings().is_empty(), "{:?}", listening.findings());

    listening.subscribe("audit:*");
    wait_for_patterns(&server, 1);
    listening.wait_for("what the pattern brought before", |seen| seen.findings().len() == 1);
    assert_eq!((listening.findings()[0].sequence_from, listening.findings()[0].count), (Some(2), Some(1)));
}

#[test]
fn a_channel_covered_by_a_pattern_continues_without_a_gap() {
    let server = RedisServer::start();
    let mut listening = Listening::start(&server.url(), &["ops", "op*"]);
    for round in 1..=3 {
        broadcast(&server, "ops", "evt::1");
        listening.wait_for("the message", |seen| seen.messages().count() == round);
    }
    listening.unsubscribe("ops");
    wait_for_subscribers(&server, "ops", 0);
    broadcast(&server, "ops", "evt::1");
    listening.wait_for("the message by the pattern", |seen| seen.messages().count() == 4);
    assert_eq!(numbers(&listening, "ops"), [1, 2, 3, 4].map(Sequence::Exact));
    listening.subscribe("ops");
    wait_for_subscribers(&server, "ops", 1);
    broadcast(&server, "ops", "evt::1");
    listening.wait_for("the message by its name", |seen| seen.messages().count() == 5);
    assert_eq!(numbers(&listening, "ops"), [1, 2, 3, 4, 5].map(Sequence::Exact));
    assert!(listening.findings().is_empty(), "{:?}", listening.findings());
}

#[test]
fn a_rejected_unsubscription_is_reported_and_messages_continue() {
    let server = RedisServer::start();
    server.command::<()>(&["ACL", "SETUSER", "watcher", "on", ">pw", "allchannels", "~*", "+@all", "-unsubscribe"]);
    let url = server.url().replace("redis://", "redis://watcher:pw@");
    let mut listening = Listening::start(&url, &["ops"]);
    listening.unsubscribe("ops");
    listening.wait_for("the rejection", |seen| seen.links(LinkState::UnsubscribeFailed) == 1);
    assert_eq!(listening.links(LinkState::Denied), 0);
    broadcast(&server, "ops", "evt::1");
    listening.wait_for("the message", |seen| seen.messages().count() == 1);
    assert_eq!(numbers(&listening, "ops"), [Sequence::Exact(1)]);
}
