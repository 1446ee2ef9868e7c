//! Valid messages that come again, on a real server: later, at once, on another channel, and too many to know them all.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::time::{SystemTime, UNIX_EPOCH};

use aircheck::ledger::finding::{Cause, FindingKind};
use aircheck::ledger::interval::LinkState;
use aircheck::ledger::sequence::Channel;
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};
use aircheck::wire::verdict::Verdict;

use super::listening::{Listening, broadcast};
use super::support::RedisServer;

fn keys() -> KeyringSettings {
    KeyringSettings { sign_key: Some(Secret::new(b"s3cret".to_vec())), ..KeyringSettings::default() }
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn signed(data: &str, timestamp: i64) -> String {
    let payload = Keyring::new(keys()).payload(b"evt", data.as_bytes(), &SignWith::Own, timestamp).unwrap();
    String::from_utf8(payload).unwrap()
}

#[test]
fn a_message_that_comes_again_is_said_with_where_it_was_first() {
    let server = RedisServer::start();
    let mut listening = Listening::start_judging(&server.url(), &["ops", "billing"], keys());
    // Of a minute ago, so that no two of them are of the second in which they are sent.
    let old = signed("1", now() - 60);
    broadcast(&server, "ops", &old);
    broadcast(&server, "billing", &old);
    broadcast(&server, "ops", &old);
    listening.wait_for("both repeats", |seen| seen.findings().len() == 2);
    assert!(listening.messages().all(|message| message.verdict == Verdict::Verified));
    for (finding, channel) in listening.findings().into_iter().zip([&b"billing"[..], b"ops"]) {
        let Cause::Repeated { first_channel, twice_in_a_second, .. } = &finding.cause else { panic!("{finding:?}") };
        assert_eq!((finding.kind, finding.channel.as_bytes()), (FindingKind::Repeated, channel));
        assert_eq!((first_channel, *twice_in_a_second), (&Channel::new(b"ops"), false));
    }
}

#[test]
fn two_in_a_second_are_told_from_one_that_was_sent_again() {
    let server = RedisServer::start();
    let mut listening = Listening::start_judging(&server.url(), &["ops"], keys());
    // A busy machine may need longer than the second between the two.
    for _ in 0..20 {
        let found = listening.findings().len();
        let payload = signed(&found.to_string(), now());
        broadcast(&server, "ops", &payload);
        broadcast(&server, "ops", &payload);
        listening.wait_for("the repeat", |seen| seen.findings().len() > found);
        if let Cause::Repeated { twice_in_a_second: true, .. } = listening.findings()[found].cause {
            return;
        }
    }
    panic!("two at once are never said to be: {:?}", listening.findings());
}

#[test]
fn a_signer_whose_clock_is_off_is_verified_and_said() {
    let server = RedisServer::start();
    let mut listening = Listening::start_judging(&server.url(), &["ops"], keys());
    broadcast(&server, "ops", &signed("1", now() + 1700));
    broadcast(&server, "ops", &signed("2", now() + 2000));
    listening.wait_for("the clock", |seen| seen.findings().len() == 1);
    listening.wait_for("both messages", |seen| seen.messages().count() == 2);
    let finding = listening.findings()[0];
    let Cause::ClockOff { seconds: offset_seconds } = finding.cause else { panic!("{finding:?}") };
    assert!((1900..=2000).contains(&offset_seconds), "{offset_seconds}");
    assert!(listening.messages().all(|message| message.verdict == Verdict::Verified));
}

#[test]
fn a_memory_too_small_for_the_traffic_is_said() {
    let server = RedisServer::start();
    let mut listening = Listening::start_judging(&server.url(), &["ops"], keys());
    // The tests' memory has room for a thousand.
    for number in 0..1001 {
        broadcast(&server, "ops", &signed(&number.to_string(), now()));
    }
    listening.wait_for("the word", |seen| seen.links(LinkState::RepeatsIncomplete) == 1);
    let said = listening.link_changes().find(|link| link.state == LinkState::RepeatsIncomplete).unwrap();
    let reason = said.reason.as_deref().unwrap();
    assert!(reason.starts_with("more than 1000 signed messages within the time tolerance of 3600 s"), "{reason}");
}
