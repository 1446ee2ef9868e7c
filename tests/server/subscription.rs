//! The subscription with a real server: exact numbers, exact gaps, and failures.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use aircheck::ledger::finding::FindingKind;
use aircheck::ledger::interval::{Entry, Interval, LinkState};
use aircheck::ledger::sequence::{Channel, Sequence, UnknownReason};

use super::listening::{Listening, PREFIX, broadcast};
use super::proxy::{Faults, Proxy};
use super::support::RedisServer;

fn key(channel: &str) -> String {
    format!("{PREFIX}{channel}")
}

fn exact(listening: &Listening) -> Vec<Sequence> {
    listening.messages().map(|message| message.sequence).collect()
}

#[test]
fn messages_have_exact_numbers() {
    let server = RedisServer::start();
    server.command::<()>(&["SET", &key("ops"), "41"]);
    let mut listening = Listening::start(&server.url(), &["ops"]);
    assert_eq!(broadcast(&server, "ops", "evt::1"), 42);
    assert_eq!(broadcast(&server, "ops", "evt::2"), 43);
    listening.wait_for("two messages", |seen| seen.messages().count() == 2);
    assert_eq!(exact(&listening), [Sequence::Exact(42), Sequence::Exact(43)]);
    assert_eq!(listening.payloads(), ["evt::1", "evt::2"]);
    assert!(listening.findings().is_empty());
}

#[test]
fn two_publishers_at_full_speed_are_numbered_exactly() {
    const EACH: u64 = 20_000;
    let server = RedisServer::start();
    let mut listening = Listening::start(&server.unix_url(), &["ops"]);
    thread::scope(|scope| {
        for publisher in 0..2 {
            let mut connection = server.connection(0).unwrap();
            scope.spawn(move || {
                for batch in 0..EACH / 100 {
                    let mut pipe = redis::pipe();
                    for number in 0..100 {
                        let payload = format!("evt::\"{publisher}-{}\"", batch * 100 + number);
                        pipe.cmd("MULTI").ignore().publish("ops", payload).ignore();
                        pipe.incr(key("ops"), 1).ignore().cmd("EXEC").ignore();
                    }
                    pipe.exec(&mut connection).unwrap();
                }
            });
        }
    });
    listening.wait_for("every message", |seen| seen.messages().count() as u64 == 2 * EACH);
    for (message, number) in listening.messages().zip(1..) {
        assert_eq!(message.sequence, Sequence::Exact(number));
    }
    assert!(listening.findings().is_empty(), "{:?}", listening.findings());
}

#[test]
fn messages_missed_while_disconnected_are_reported_exactly() {
    let mut server = RedisServer::start_with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let mut listening = Listening::start(&server.url(), &["ops", "billing"]);
    broadcast(&server, "ops", "evt::1");
    listening.wait_for("the first message", |seen| seen.messages().count() == 1);
    server.stop();
    listening.wait_for("the disconnection", |seen| seen.links(LinkState::Disconnected) >= 1);
    server.restart();
    listening.wait_for("the connection", |seen| seen.links(LinkState::Connected) == 2);
    server.command::<()>(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    for number in 0..1000 {
        broadcast(&server, "ops", &format!("evt::{number}"));
    }
    listening.wait_for("the connection again", |seen| seen.links(LinkState::Connected) == 3);
    broadcast(&server, "ops", "evt::\"last\"");
    listening.wait_for("the last message", |seen| seen.payloads().last().is_some_and(|last| last.contains("last")));
    let received = listening.messages().count() as u64;
    let missed: u64 = listening.findings().iter().filter_map(|finding| finding.count).sum();
    assert_eq!(received + missed, 1002, "every broadcast is shown once or said missed once");
    assert!(listening.findings().iter().all(|finding| finding.kind == FindingKind::MissedDisconnected));
    assert_eq!(listening.messages().last().unwrap().sequence, Sequence::Exact(1002));
}

#[test]
fn a_counter_of_an_earlier_run_shows_what_was_missed_since() {
    let server = RedisServer::start();
    server.command::<()>(&["SET", &key("ops"), "1046"]);
    let known = vec![(Channel::new(b"ops"), 1030, 1_000_000)];
    let mut listening = Listening::start_with(&server.url(), &["ops"], known);
    listening.wait_for("the finding", |seen| !seen.findings().is_empty());
    let finding = listening.findings()[0].clone();
    assert_eq!(finding.kind, FindingKind::MissedNotRunning);
    assert_eq!((finding.sequence_from, finding.sequence_to, finding.count), (Some(1031), Some(1046), Some(16)));
}

#[test]
fn uncounted_messages_lone_counts_and_resets_are_distinguished() {
    let server = RedisServer::start();
    let mut listening = Listening::start(&server.url(), &["ops"]);
    broadcast(&server, "ops", "evt::1");
    listening.wait_for("a message", |seen| seen.messages().count() == 1);
    server.command::<()>(&["PUBLISH", "ops", "rogue::"]);
    listening.wait_for("the rogue", |seen| seen.findings().len() == 1);
    server.command::<()>(&["INCR", &key("ops")]);
    listening.wait_for("the lone count", |seen| seen.findings().len() == 2);
    server.command::<()>(&["DEL", &key("ops")]);
    listening.wait_for("the reset", |seen| seen.findings().len() == 3);
    let kinds: Vec<_> =
        listening.findings().iter().map(|f| (f.kind, f.sequence_from, f.sequence_to, f.count)).collect();
    assert_eq!(kinds[0], (FindingKind::ReceivedNotCounted, None, None, Some(1)));
    assert_eq!(kinds[1], (FindingKind::CountedNotReceived, Some(2), Some(2), Some(1)));
    assert_eq!(kinds[2], (FindingKind::CounterReset, Some(2), None, None));
    assert_eq!(broadcast(&server, "ops", "evt::2"), 1);
    listening.wait_for("the message after the reset", |seen| seen.messages().count() == 3);
    assert_eq!(listening.messages().last().unwrap().sequence, Sequence::Exact(1));
}

#[test]
fn a_pattern_delivers_its_channels_and_overlaps_appear_once() {
    let server = RedisServer::start();
    server.command::<()>(&["SET", &key("billing:eu"), "7"]);
    let mut listening = Listening::start(&server.url(), &["billing:*", "bill*", "billing:us"]);
    for channel in ["billing:eu", "billing:us", "billing:eu"] {
        broadcast(&server, channel, "evt::1");
    }
    listening.wait_for("three messages", |seen| seen.messages().count() >= 3);
    server.command::<()>(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    listening.wait_for("the connection again", |seen| seen.links(LinkState::Connected) == 2);
    broadcast(&server, "billing:eu", "evt::\"last\"");
    listening.wait_for("the last", |seen| seen.payloads().last().is_some_and(|last| last.contains("last")));
    let numbers = [Sequence::Exact(8), Sequence::Exact(1), Sequence::Exact(9), Sequence::Exact(10)];
    assert_eq!(exact(&listening), numbers);
    assert!(listening.findings().is_empty(), "{:?}", listening.findings());
}

#[test]
fn channels_are_added_while_running() {
    let server = RedisServer::start();
    let mut listening = Listening::start(&server.url(), &[]);
    listening.subscribe("ops");
    server.wait_for(&["PUBSUB", "NUMSUB", "ops"], |answer| format!("{answer:?}").contains("int(1)"));
    broadcast(&server, "ops", "evt::1");
    listening.wait_for("the message", |seen| seen.messages().count() == 1);
    assert_eq!(exact(&listening), [Sequence::Exact(1)]);
}

#[test]
fn a_denied_channel_is_reported_and_the_others_work() {
    let server = RedisServer::start();
    server.command::<()>(&[
        "ACL",
        "SETUSER",
        "watcher",
        "on",
        ">pw",
        "resetchannels",
        "&ops",
        "~*",
        "-@all",
        "+subscribe",
        "+psubscribe",
        "+unsubscribe",
        "+punsubscribe",
        "+get",
        "+mget",
        "+ping",
        "+hello",
        "+auth",
        "+client|setname",
    ]);
    let url = server.url().replace("redis://", "redis://watcher:pw@");
    let mut listening = Listening::start(&url, &["ops", "secret"]);
    let denied: Vec<_> = listening.link_changes().filter(|link| link.state == LinkState::Denied).collect();
    assert_eq!(denied.len(), 1);
    assert_eq!(denied[0].channel.as_ref().unwrap().as_bytes(), b"secret");
    assert!(denied[0].reason.as_ref().unwrap().starts_with("NOPERM"));
    broadcast(&server, "ops", "evt::1");
    listening.wait_for("the message", |seen| seen.messages().count() == 1);
    assert_eq!(exact(&listening), [Sequence::Exact(1)]);
    server.command::<()>(&["ACL", "SETUSER", "watcher", "&secret"]);
    listening.wait_for("the grant", |seen| seen.links(LinkState::Granted) == 1);
    broadcast(&server, "secret", "evt::2");
    listening.wait_for("its message", |seen| seen.messages().count() == 2);
}

#[test]
fn a_denied_counter_leaves_other_channels_exact() {
    let server = RedisServer::start();
    server.command::<()>(&[
        "ACL",
        "SETUSER",
        "watcher",
        "on",
        ">pw",
        "allchannels",
        "%R~system_broadcast_sequence_ops",
        "-@all",
        "+subscribe",
        "+get",
        "+mget",
        "+ping",
        "+hello",
        "+auth",
    ]);
    let url = server.url().replace("redis://", "redis://watcher:pw@");
    let mut listening = Listening::start(&url, &["ops", "secret"]);
    for round in 1..=3_usize {
        broadcast(&server, "ops", "evt::1");
        broadcast(&server, "secret", "evt::2");
        listening.wait_for("both messages", |seen| seen.messages().count() == 2 * round);
    }
    for message in listening.messages_of("ops").skip(1) {
        assert!(matches!(message.sequence, Sequence::Exact(_)), "{message:?}");
    }
    for message in listening.messages_of("secret").skip(1) {
        assert_eq!(message.sequence, Sequence::Unknown(UnknownReason::CounterUnreadable));
    }
}

#[test]
fn a_freeze_of_three_seconds_is_reported_with_its_cause() {
    let server = RedisServer::start();
    let mut listening = Listening::start(&server.url(), &["ops"]);
    listening.wait_for("an idle barrier", |seen| seen.barriers() >= 2);
    server.freeze();
    std::thread::sleep(std::time::Duration::from_secs(3));
    server.thaw();
    listening.wait_for("live", |seen| seen.links(LinkState::Live) == 1);
    let stale: Vec<_> = listening.link_changes().filter(|link| link.state == LinkState::Stale).collect();
    assert_eq!(stale.len(), 1, "{stale:?}");
    // MGET, or GET while the counter is missing.
    let reason = stale[0].reason.as_deref().unwrap();
    assert!(reason.starts_with("no reply to ") && reason.ends_with("GET for 2 s"), "{reason}");
}

#[test]
fn a_frozen_server_becomes_stale_and_live_again() {
    let server = RedisServer::start();
    let mut listening = Listening::start(&server.url(), &["ops"]);
    server.freeze();
    listening.wait_for("stale", |seen| seen.links(LinkState::Stale) == 1);
    server.thaw();
    listening.wait_for("live or connected again", |seen| {
        seen.links(LinkState::Live) == 1 || seen.links(LinkState::Connected) == 2
    });
    broadcast(&server, "ops", "evt::1");
    listening.wait_for("a message", |seen| seen.messages().count() == 1);
    assert_eq!(exact(&listening), [Sequence::Exact(1)]);
}

/// The channels and sequence numbers of the messages.
fn received(intervals: &[Arc<Interval>]) -> Vec<(String, Sequence)> {
    let of = |interval: &Arc<Interval>| {
        let messages = interval.entries().iter().filter_map(|entry| match entry {
            Entry::Message(message) => {
                let channel = String::from_utf8_lossy(interval.channel(message).as_bytes()).into_owned();
                Some((channel, message.sequence))
            }
            _ => None,
        });
        messages.collect::<Vec<_>>()
    };
    intervals.iter().flat_map(of).collect()
}

#[test]
fn a_subscription_that_finishes_receives_everything_sent_before_with_exact_numbers() {
    let server = RedisServer::start();
    let proxy = Proxy::before(&server);
    let listening = Listening::start(&proxy.url(), &["ops", "b*"]);
    proxy.set(Faults { delay: Duration::from_millis(50), ..Faults::default() });
    for channel in ["ops", "ops", "billing", "ops"] {
        broadcast(&server, channel, "evt");
    }
    let expected = [("ops", 1), ("ops", 2), ("billing", 1), ("ops", 3)];
    let expected = expected.map(|(channel, number)| (channel.to_owned(), Sequence::Exact(number)));
    assert_eq!(received(&listening.finish()), expected);
}

#[test]
fn a_subscription_finishes_in_a_flood() {
    let server = RedisServer::start();
    let mut listening = Listening::start(&server.url(), &["*"]);
    let intervals = thread::scope(|scope| {
        let finishing = scope.spawn(move || {
            listening.wait_for("some messages", |seen| seen.messages().count() >= 500);
            listening.finish()
        });
        let mut connection = server.connection(0).unwrap();
        while !finishing.is_finished() {
            for channel in ["a", "b", "c"] {
                redis::pipe().publish(channel, "evt").incr(key(channel), 1).atomic().exec(&mut connection).unwrap();
            }
        }
        finishing.join().unwrap()
    });
    let inexact = received(&intervals).into_iter().filter(|(_, sequence)| !matches!(sequence, Sequence::Exact(_)));
    assert_eq!(inexact.collect::<Vec<_>>(), []);
}

#[test]
fn without_a_reply_a_subscription_finishes_with_inferred_numbers() {
    let server = RedisServer::start();
    let proxy = Proxy::before(&server);
    let mut listening = Listening::start(&proxy.url(), &["ops"]);
    broadcast(&server, "ops", "evt");
    listening.wait_for("a message", |seen| seen.messages().count() == 1);
    proxy.pause();
    proxy.inject(b">3\r\n$7\r\nmessage\r\n$3\r\nops\r\n$3\r\nevt\r\n");
    let expected = [Sequence::Exact(1), Sequence::Inferred(2)].map(|sequence| ("ops".to_owned(), sequence));
    assert_eq!(received(&listening.finish()), expected);
}
