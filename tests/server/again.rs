//! `publish --from` resends recorded messages, but never without confirmation.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aircheck::wire::signature::{Keyring, KeyringSettings, SignWith};
use base64_simd::STANDARD;
use serde_json::json;

use crate::support::RedisServer;
use crate::world::{COUNTER, Ended, World};

/// A recording of #3 and #4 of `ops`, of which #3 is signed.
fn recording(world: &World) -> String {
    let lines: Vec<String> = [(3, "evt:sha256|default|1795516352|00:{\"a\": 1}"), (4, "b::")]
        .into_iter()
        .map(|(number, payload)| {
            json!({
                "type": "message", "at": "2026-11-24T10:32:00.000001Z", "channel": "ops", "sequence": number, "certainty": "exact", "name": "",
                "verdict": "unsigned", "timestamp": (number == 3).then_some(1_795_516_352), "payload_base64": STANDARD.encode_to_string(payload),
            })
            .to_string()
        })
        .collect();
    let path = world.home().join("ops.db").to_str().unwrap().to_owned();
    assert_eq!(world.feed(&["import", "-", "-o", &path], &lines.join("\n")).status, 0);
    path
}

#[test]
fn resending_lists_the_messages_and_requires_a_confirmation() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let path = recording(&world);
    let words = ["publish", "--from", &path, "--channel", "ops", "--seq", "3..4", "--no-sign"];
    let rejected = world.feed(&words, "2\n");
    assert_eq!((rejected.status, rejected.out.as_str()), (1, ""));
    let lines: Vec<&str> = rejected.err.lines().collect();
    assert!(lines[0].starts_with("#3  evt  41 bytes  signed "), "{}", rejected.err);
    assert_eq!(lines[1], "#4  b  3 bytes  not signed");
    assert!(lines[2].starts_with("2 messages for ops at ") && lines[2].ends_with(", not signed"), "{}", lines[2]);
    assert!(lines[3].ends_with("check the list, then add --yes"), "{}", lines[3]);
    assert_eq!(server.command::<Option<u64>>(&["GET", COUNTER]), None);
}

#[test]
fn messages_are_resent_with_new_signatures_or_verbatim() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let path = recording(&world);
    let mut subscriber = server.connection(0).unwrap();
    let mut subscription = subscriber.as_pubsub();
    subscription.subscribe("ops").unwrap();
    let words = ["publish", "--from", &path, "--channel", "ops", "--seq", "3..4", "--yes"];
    // The key is missing. A signed message is never resent unsigned.
    let keyless = world.run(&words);
    assert_eq!((keyless.status, keyless.out.as_str()), (2, ""));
    assert!(keyless.err.contains("#3: no signing key"), "{}", keyless.err);
    let sent = world.run(&[&words[..], &["--no-sign"]].concat());
    assert_eq!((sent.status, sent.out.lines().count()), (0, 2), "{}", sent.err);
    assert_eq!(sent.out.lines().next(), Some("published #1 on ops to 1 receiver, unsigned"));
    let plain = Keyring::new(KeyringSettings::default());
    for (name, data) in [("evt", "{\"a\": 1}"), ("b", "")] {
        let payload = plain.payload(name.as_bytes(), data.as_bytes(), &SignWith::None, 0).unwrap();
        assert_eq!(subscription.get_message().unwrap().get_payload_bytes(), payload);
    }
    assert_eq!(world.run(&[&words[..], &["--verbatim"]].concat()).status, 0);
    assert_eq!(subscription.get_message().unwrap().get_payload_bytes(), b"evt:sha256|default|1795516352|00:{\"a\": 1}");
    // Missing messages are reported, and the others are sent.
    let sent =
        world.run(&["publish", "other", "--from", &path, "--channel", "ops", "--seq", "4..6", "--verbatim", "--yes"]);
    assert_eq!((sent.status, sent.out.as_str()), (1, "published #1 on other to 0 receivers, unsigned\n"));
    assert!(sent.err.contains("not in the recording, so not sent: #5–6"), "{}", sent.err);
}

#[test]
fn a_read_only_profile_resends_nothing() {
    let server = RedisServer::start();
    let world = World::of(&server).config("[profile.p]\nread_only = true");
    let path = recording(&world);
    let words = ["publish", "--profile", "p", "--from", &path, "--channel", "ops", "--seq", "3", "--verbatim", "--yes"];
    let rejected = world.run(&words);
    assert_eq!((rejected.status, rejected.out.as_str()), (1, ""));
    assert!(rejected.err.contains("read_only"), "{}", rejected.err);
    assert_eq!(server.command::<Option<u64>>(&["GET", COUNTER]), None);
}

#[test]
fn a_message_without_an_exact_number_is_reported_and_not_resent() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let at = |line: &str, more: &str| {
        format!(r#"{{"type":"{line}","at":"2026-11-24T10:32:00.000001Z","channel":"ops",{more}}}"#)
    };
    let message = |number: &str| {
        at("message", &format!(r#"{number},"verdict":"unsigned","timestamp":null,"payload_base64":"YTo6""#))
    };
    let exact = |number: u64| message(&format!(r#""sequence":{number},"certainty":"exact""#));
    let range = || message(r#""sequence_from":2,"sequence_to":3,"certainty":"range""#);
    let finding =
        r#""kind":"received_not_counted","sequence_from":2,"sequence_to":3,"count":1,"advance":2,"received":3"#;
    let lines = [exact(1), range(), range(), range(), at("finding", finding), exact(4)];
    let path = world.home().join("ops.db").to_str().unwrap().to_owned();
    assert_eq!(world.feed(&["import", "-", "-o", &path], &lines.join("\n")).status, 0);
    let publish = |numbers: &str| {
        world.run(&["publish", "--from", &path, "--channel", "ops", "--seq", numbers, "--verbatim", "--yes"])
    };
    let inexact =
        "3 messages without an exact number (#2–3); `aircheck merge` with another recording can make numbers exact\n";

    let nothing = publish("3");
    let error = format!("aircheck: nothing was sent: for #3 of ops, the recording has only {inexact}");
    assert_eq!(nothing, Ended::new(1, "", &error));
    assert_eq!(server.command::<Option<u64>>(&["GET", COUNTER]), None);

    let part = publish("2-4");
    assert_eq!((part.status, part.out.as_str()), (1, "published #1 on ops to 0 receivers, unsigned\n"));
    assert!(part.err.starts_with(&format!("not sent: {inexact}#4  a  ")), "{}", part.err);
    let whole = publish("1..");
    assert_eq!((whole.status, whole.out.lines().count()), (1, 2), "{}", whole.err);
    assert_eq!(publish("4..").status, 0);
    let error = "aircheck: nothing was sent: the recording has no message #7 of ops\n";
    assert_eq!(publish("7"), Ended::new(1, "", error));
}

#[test]
fn a_rejected_message_is_listed_with_its_verdict_and_not_signed_again() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let message = |number: u64, payload: &str, verdict: &str, rejection: Option<&str>| {
        json!({
            "type": "message", "at": "2026-11-24T10:32:00.000001Z", "channel": "ops", "sequence": number, "certainty": "exact", "name": "",
            "verdict": verdict, "rejection": rejection, "payload_base64": STANDARD.encode_to_string(payload),
        })
        .to_string()
    };
    let forged = "evt:sha256|default|1795516352|00:{\"a\": 1}";
    let lines = [
        message(3, "a::", "verified", None),
        message(4, forged, "rejected", Some("signature_mismatch")),
        message(5, "b::", "rejected", Some("unsigned")),
        message(6, "c::", "unsigned", None),
        message(7, "d::1 2", "rejected", Some("invalid_json")),
    ];
    let path = world.home().join("ops.db").to_str().unwrap().to_owned();
    assert_eq!(world.feed(&["import", "-", "-o", &path], &lines.join("\n")).status, 0);
    let publish = |numbers: &str, option: &str| {
        world.run(&["publish", "--from", &path, "--channel", "ops", "--seq", numbers, option, "--yes"])
    };

    let nothing = publish("4-5", "--no-sign");
    assert_eq!((nothing.status, nothing.out.as_str()), (1, ""));
    let error = "aircheck: nothing was sent: 2 messages were rejected when they were recorded (#4–5); to send one anyway, print it \
                 with `aircheck show`, then use `aircheck publish CHANNEL NAME JSON`";
    assert_eq!(nothing.err.lines().last(), Some(error));
    assert_eq!(server.command::<Option<u64>>(&["GET", COUNTER]), None);

    let part = publish("3-7", "--no-sign");
    let receipts = ["published #1 on ops to 0 receivers, unsigned", "published #2 on ops to 0 receivers, unsigned"];
    assert_eq!((part.status, part.out.lines().collect::<Vec<_>>()), (1, receipts.to_vec()));
    let lines: Vec<&str> = part.err.lines().collect();
    assert_eq!(lines[0], "#3  a  3 bytes  not signed");
    assert!(lines[1].ends_with("  ✗ rejected: signature mismatch"), "{}", lines[1]);
    assert_eq!(lines[2..4], ["#5  b  3 bytes  not signed  ✗ rejected: not signed", "#6  c  3 bytes  not signed"]);
    assert_eq!(lines[5], "not sent: 3 messages were rejected when they were recorded (#4–5, #7)");
    assert!(lines[6].starts_with("2 messages for ops at "), "{}", lines[6]);

    // Receivers check the old signature by themselves.
    let verbatim = publish("4", "--verbatim");
    assert_eq!((verbatim.status, verbatim.out.lines().count()), (0, 1), "{}", verbatim.err);
    assert!(verbatim.err.lines().next().unwrap().ends_with("  ✗ rejected: signature mismatch"), "{}", verbatim.err);
    let single = publish("3-4", "--no-sign");
    assert!(single.err.contains("\nnot sent: 1 message was rejected when it was recorded (#4)\n"), "{}", single.err);
}
