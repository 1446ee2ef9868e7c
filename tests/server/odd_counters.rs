//! Counters that are reset, deleted, not a number, or at their maximum.

use aircheck::ledger::finding::FindingKind;
use aircheck::ledger::interval::{Entry, LinkState};
use aircheck::ledger::sequence::{Reading, Sequence, UnknownReason};

use super::listening::{Listening, PREFIX, broadcast};
use super::support::RedisServer;

#[test]
fn a_missing_counter_is_a_reset_and_not_a_huge_gap() {
    let mut server = RedisServer::start();
    let key = format!("{PREFIX}ops");
    server.command::<()>(&["SET", &key, "5000000"]);
    let mut listening = Listening::start(&server.unix_url(), &["ops"]);
    listening.wait_for("the first barrier", |seen| seen.barriers() >= 1);
    for (resets, lose) in [(1, &["FLUSHALL"][..]), (2, &["DEL", &key])] {
        server.command::<redis::Value>(lose);
        listening.wait_for("the reset", |seen| seen.findings().len() == resets);
        server.command::<()>(&["SET", &key, "5000000"]);
        let before = listening.messages().count();
        listening.wait_for("a barrier that knows it", |seen| {
            broadcast(&server, "ops", "evt::1");
            seen.messages().count() > before + 2
        });
    }
    server.restart();
    listening
        .wait_for("the reset by a restart", |seen| seen.links(LinkState::Connected) == 2 && seen.findings().len() >= 3);
    for finding in listening.findings() {
        let is_reset = finding.kind == FindingKind::CounterReset;
        // Set manually: the counter advanced without messages.
        let is_set =
            finding.kind == FindingKind::CountedNotReceived && finding.count.is_some_and(|count| count <= 5_000_000);
        assert!(is_reset || is_set, "{finding:?}");
    }
    assert_eq!(listening.findings().last().map(|finding| finding.kind), Some(FindingKind::CounterReset));
}

#[test]
fn a_counter_that_is_not_a_number_is_reported_and_the_largest_value_works() {
    let server = RedisServer::start();
    let key = format!("{PREFIX}ops");
    server.command::<()>(&["SET", &key, "many"]);
    let mut listening = Listening::start(&server.unix_url(), &["ops"]);
    server.command::<()>(&["PUBLISH", "ops", "evt::1"]);
    listening.wait_for("the message", |seen| seen.messages().count() == 1);
    let sequence = |seen: &Listening| seen.messages().last().map(|message| message.sequence);
    assert_eq!(sequence(&listening), Some(Sequence::Unknown(UnknownReason::CounterUnreadable)));
    for last in ["9223372036854775806", "9223372036854775807", "18446744073709551616", "-1", ""] {
        server.command::<()>(&["SET", &key, last]);
        let (messages, barriers) = (listening.messages().count(), listening.barriers());
        server.command::<()>(&["PUBLISH", "ops", "evt::2"]);
        listening
            .wait_for("the message after", |seen| seen.messages().count() > messages && seen.barriers() > barriers + 1);
    }
    server.command::<()>(&["SET", &key, "41"]);
    let barriers = listening.barriers();
    listening.wait_for("two barriers", |seen| seen.barriers() > barriers + 2);
    broadcast(&server, "ops", "evt::3");
    listening.wait_for("a number again", |seen| sequence(seen) == Some(Sequence::Exact(42)));
    assert_eq!(listening.links(LinkState::Disconnected), 0);
}

/// What was read of a channel's counter, in order.
fn readings(seen: &Listening, name: &str) -> Vec<Reading> {
    let of_channel = |entry: &Entry| match entry {
        Entry::Counter { channel, reading, .. } if channel.as_bytes() == name.as_bytes() => Some(reading.clone()),
        _ => None,
    };
    seen.entries().filter_map(of_channel).collect()
}

fn is_wrong_type(reading: &Reading) -> bool {
    matches!(reading, Reading::Unreadable(why) if why.starts_with("WRONGTYPE"))
}

#[test]
fn a_counter_of_another_type_is_unreadable_for_one_channel_and_for_many() {
    let server = RedisServer::start();
    server.command::<()>(&["RPUSH", &format!("{PREFIX}ops"), "x"]);
    for names in [&["ops"][..], &["ops", "billing", "quiet"]] {
        server.command::<()>(&["SET", &format!("{PREFIX}billing"), "3"]);
        let mut listening = Listening::start(&server.unix_url(), names);
        listening.wait_for("the reading", |seen| readings(seen, "ops").last().is_some_and(is_wrong_type));
        let before = readings(&listening, "ops").len();
        server.command::<()>(&["PUBLISH", "ops", "evt::1"]);
        listening.wait_for("the message", |seen| seen.messages().count() == 1);
        let sequence = listening.messages().next().map(|message| message.sequence);
        assert_eq!(sequence, Some(Sequence::Unknown(UnknownReason::CounterUnreadable)));
        let barriers = listening.barriers();
        listening.wait_for("further barriers", |seen| seen.barriers() > barriers + 2);
        assert_eq!(readings(&listening, "ops").len(), before, "{:?}", readings(&listening, "ops"));
        if names.len() > 1 {
            assert_eq!(readings(&listening, "quiet"), [Reading::Missing]);
            server.command::<()>(&["RPUSH", "list", "x"]);
            server.command::<()>(&["RENAME", "list", &format!("{PREFIX}billing")]);
            listening.wait_for("the change", |seen| readings(seen, "billing").len() == 2);
            let billing = readings(&listening, "billing");
            assert!(billing[0] == Reading::Value(3) && is_wrong_type(&billing[1]), "{billing:?}");
        }
        assert!(listening.findings().is_empty(), "{:?}", listening.findings());
    }
}
