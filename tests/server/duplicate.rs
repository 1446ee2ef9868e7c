//! Duplicates on a real server: later, immediately, on another channel, and more messages than are remembered.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aircheck::ledger::finding::{Cause, FindingKind};
use aircheck::ledger::interval::LinkState;
use aircheck::ledger::sequence::Channel;
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};
use aircheck::wire::verdict::Verdict;

use super::listening::{Listening, PREFIX, broadcast};
use super::support::RedisServer;

fn keys() -> KeyringSettings {
    KeyringSettings { signing_key: Some(Secret::new(b"s3cret".to_vec())), ..KeyringSettings::default() }
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn signed(data: &str, timestamp: i64) -> String {
    let payload = Keyring::new(keys()).payload(b"evt", data.as_bytes(), &SignWith::SigningKey, timestamp).unwrap();
    String::from_utf8(payload).unwrap()
}

#[test]
fn a_duplicate_is_reported_with_its_first_copy() {
    let server = RedisServer::start();
    let mut listening = Listening::start_judging(&server.url(), &["ops", "billing"], keys());
    let payload = signed("1", now());
    for channel in ["ops", "billing", "ops"] {
        broadcast(&server, channel, &payload);
        let count = listening.messages().count() + 1;
        listening.wait_for("the message", |seen| seen.messages().count() == count);
        // Copies within a second of the first one are no finding.
        thread::sleep(Duration::from_millis(1100));
    }
    listening.wait_for("both duplicates", |seen| seen.findings().len() == 2);
    assert!(listening.messages().all(|message| message.verdict == Verdict::Verified));
    for (finding, channel) in listening.findings().into_iter().zip([&b"billing"[..], b"ops"]) {
        let Cause::Duplicate { first_channel, .. } = &finding.cause else { panic!("{finding:?}") };
        assert_eq!((finding.kind, finding.channel.as_bytes()), (FindingKind::Duplicate, channel));
        assert_eq!(first_channel, &Channel::new(b"ops"));
    }
}

#[test]
fn a_fan_out_to_several_channels_is_no_finding() {
    const CHANNELS: [&str; 3] = ["ops", "billing", "audit"];
    let server = RedisServer::start();
    let mut listening = Listening::start_judging(&server.url(), &CHANNELS, keys());
    // A busy machine may take longer than the second.
    for attempt in 0..20 {
        let payload = signed(&attempt.to_string(), now());
        let since = Instant::now();
        let mut pipe = redis::pipe();
        for channel in CHANNELS {
            pipe.publish(channel, &payload).ignore().incr(format!("{PREFIX}{channel}"), 1).ignore();
        }
        pipe.atomic().exec(&mut server.connection(0).unwrap()).unwrap();
        let count = CHANNELS.len() * (attempt + 1);
        listening.wait_for("all copies", |seen| seen.messages().count() == count);
        if since.elapsed() < Duration::from_millis(900) {
            assert!(listening.findings().is_empty(), "{:?}", listening.findings());
            return;
        }
    }
    panic!("no fan-out took less than a second");
}

#[test]
fn clock_skew_is_reported_for_a_verified_message() {
    let server = RedisServer::start();
    let mut listening = Listening::start_judging(&server.url(), &["ops"], keys());
    broadcast(&server, "ops", &signed("1", now() + 1700));
    broadcast(&server, "ops", &signed("2", now() + 2000));
    listening.wait_for("the clock", |seen| seen.findings().len() == 1);
    listening.wait_for("both messages", |seen| seen.messages().count() == 2);
    let finding = listening.findings()[0];
    let Cause::ClockSkew { seconds: offset_seconds } = finding.cause else { panic!("{finding:?}") };
    assert!((1900..=2000).contains(&offset_seconds), "{offset_seconds}");
    assert!(listening.messages().all(|message| message.verdict == Verdict::Verified));
}

#[test]
fn an_incomplete_duplicate_check_is_reported() {
    let server = RedisServer::start();
    let mut listening = Listening::start_judging(&server.url(), &["ops"], keys());
    // The tests remember only a thousand messages.
    for number in 0..1001 {
        broadcast(&server, "ops", &signed(&number.to_string(), now()));
    }
    listening.wait_for("the word", |seen| seen.links(LinkState::DuplicateCheckIncomplete) == 1);
    let warning = listening.link_changes().find(|link| link.state == LinkState::DuplicateCheckIncomplete).unwrap();
    let reason = warning.reason.as_deref().unwrap();
    assert!(reason.starts_with("more than 1000 verified messages within the time tolerance of 3600 s"), "{reason}");
}
