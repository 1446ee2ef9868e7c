//! Runs the vectors recorded from the PHP package through the program.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64_simd::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};

use crate::support::RedisServer;
use crate::world::World;

#[derive(Deserialize)]
struct Vectors {
    publish: Vec<Publish>,
    receive: Vec<Receive>,
}

#[derive(Deserialize)]
struct Publish {
    name: String,
    config: Value,
    channel: String,
    message: String,
    data: Box<RawValue>,
    payload_base64: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Receive {
    name: String,
    config: Value,
    now: i64,
    payload_base64: String,
    outcome: String,
    message_base64: Option<String>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../vectors/php-1.0.0.json")).unwrap()
}

/// The package's configuration as a profile. Texts, numbers and lists of texts have the same syntax in JSON and TOML.
fn profile(config: &Value) -> String {
    let mut profile = "default_profile = \"p\"\n[profile.p]\n".to_owned();
    let mut signing = "[profile.p.signing]\n".to_owned();
    for (field, value) in config.as_object().into_iter().flatten() {
        match field.as_str() {
            "sign_key" => writeln!(signing, "key = {{ value = {value} }}").unwrap(),
            "sign_key_name" if value == "" => {}
            "sign_key_name" => writeln!(signing, "key_name = {value}").unwrap(),
            "sign_algorithm" => writeln!(signing, "algorithm = {value}").unwrap(),
            "time_tolerance" | "verification_algorithms" => writeln!(signing, "{field} = {value}").unwrap(),
            "verification_keys" => {
                for (name, key) in value.as_object().unwrap() {
                    writeln!(signing, "verification_keys.{name} = {{ value = {key} }}").unwrap();
                }
            }
            "sequence_prefix" => writeln!(profile, "sequence_prefix = {value}").unwrap(),
            other => panic!("a field of the configuration that is not tested: {other}"),
        }
    }
    profile + &signing
}

#[test]
fn every_received_payload_gets_the_verdict_of_the_package() {
    let mut runs: BTreeMap<(String, i64), Vec<Receive>> = BTreeMap::new();
    for vector in vectors().receive {
        runs.entry((profile(&vector.config), vector.now)).or_default().push(vector);
    }
    let mut checked = 0;
    for ((config, now), vectors) in runs {
        let world = World::new("redis://nowhere").config(&config);
        let input: String = vectors.iter().flat_map(|vector| [vector.payload_base64.as_str(), "\n"]).collect();
        let words = ["inspect", "--format", "json", "--encoding", "base64", "--now", &now.to_string()];
        let ended = world.feed(&words, &input);
        let rejected = vectors.iter().any(|vector| vector.outcome != "accepted");
        assert_eq!(ended.status, i32::from(rejected), "{config} {}", ended.err);
        let lines: Vec<&str> = ended.out.lines().collect();
        assert_eq!(lines.len(), vectors.len(), "{config}");
        for (vector, line) in vectors.iter().zip(lines) {
            let name = &vector.name;
            // `Value` would reject deeply nested data.
            let line: BTreeMap<String, &RawValue> = serde_json::from_str(line).unwrap();
            let text = |key: &str| serde_json::from_str::<String>(line[key].get()).unwrap();
            let outcome = match text("verdict").as_str() {
                "rejected" => text("rejection"),
                "verified" | "unsigned" => "accepted".to_owned(),
                other => panic!("{name}: {other}"),
            };
            assert_eq!(outcome, vector.outcome, "{name}");
            assert_eq!(text("payload_base64"), vector.payload_base64, "{name}");
            if let Some(message) = &vector.message_base64 {
                let read = match line["name"].get() {
                    "null" => text("name_base64"),
                    _ => STANDARD.encode_to_string(text("name")),
                };
                assert_eq!(&read, message, "{name}");
            }
            checked += 1;
        }
    }
    assert_eq!(checked, 231);
}

#[test]
fn every_published_payload_is_that_of_the_package() {
    let server = RedisServer::start();
    let mut subscriber = server.connection(0).unwrap();
    let mut subscription = subscriber.as_pubsub();
    subscription.psubscribe("*").unwrap();
    let (mut equal, mut verified, mut not_supported, mut colons) = (0, 0, 0, 0);
    for vector in vectors().publish {
        let name = &vector.name;
        let world = World::of(&server).config(&profile(&vector.config));
        let mut command = world.command(&["publish", "--format", "json", &vector.channel, &vector.message]);
        if vector.data.get() != "null" {
            command.arg("-");
        }
        let output = command.write_stdin(php_text(vector.data.get())).output().unwrap();
        let ended = crate::world::Ended::of(&output);
        if name.starts_with("algorithm ") && ended.status == 2 {
            assert!(ended.err.contains(" is not supported by aircheck"), "{name}: {}", ended.err);
            not_supported += 1;
            continue;
        }
        if let Some(error) = &vector.error {
            assert_eq!((error.as_str(), ended.status), ("name_contains_colon", 2), "{name}");
            assert_eq!(ended.err, "aircheck: a message name must not contain a colon\n");
            colons += 1;
            continue;
        }
        assert_eq!(ended.status, 0, "{name}: {}", ended.err);
        let received = subscription.get_message().unwrap();
        assert_eq!(received.get_channel_name(), vector.channel, "{name}");
        let received = received.get_payload_bytes();
        assert_eq!(ended.json()[0]["payload_base64"], STANDARD.encode_to_string(received), "{name}");
        let expected = STANDARD.decode_to_vec(vector.payload_base64.unwrap()).unwrap();
        let signature = |payload: &[u8]| payload.split(|&byte| byte == b':').nth(1).unwrap().to_vec();
        if signature(&expected).is_empty() {
            assert_eq!(received.escape_ascii().to_string(), expected.escape_ascii().to_string(), "{name}");
            equal += 1;
        } else if vector.config["sign_key_name"].as_str().is_some_and(|key| key.contains('|')) {
            // Nobody can verify it, not even the package. Everything except the time and the HMAC is equal.
            assert_eq!(signature(received).split(|&byte| byte == b'|').count(), 5, "{name}");
            verified += 1;
        } else {
            let inspected =
                world.feed(&["inspect", "--encoding=base64", "--format=json"], &STANDARD.encode_to_string(received));
            assert_eq!((inspected.status, &inspected.json()[0]["verdict"]), (0, &"verified".into()), "{name}");
            assert_eq!(without_signature(received), without_signature(&expected), "{name}");
            verified += 1;
        }
    }
    assert_eq!((equal + verified, not_supported, colons), (107 - 20 - 1, 20, 1));
    assert!(equal > 20 && verified > 40, "{equal} {verified}");
}

/// JSON as PHP writes it: `/` and non-ASCII characters are escaped, and there is no space between tokens.
fn php_text(json: &str) -> String {
    let mut out = String::new();
    let (mut in_string, mut escaped) = (false, false);
    for character in json.chars() {
        match character {
            ' ' | '\n' if !in_string => {}
            '/' if !escaped => out.push_str("\\/"),
            plain if plain.is_ascii() => out.push(plain),
            other => other.encode_utf16(&mut [0; 2]).iter().for_each(|unit| write!(out, "\\u{unit:04x}").unwrap()),
        }
        in_string ^= character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
    }
    out
}

fn without_signature(payload: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut parts = payload.splitn(3, |&byte| byte == b':').map(<[u8]>::to_vec);
    let name = parts.next().unwrap();
    (name, parts.nth(1).unwrap_or_default())
}

#[test]
fn algorithms_that_are_not_supported_are_rejected_by_name() {
    let world = World::new("redis://nowhere");
    let mut rejected = 0;
    for vector in vectors().publish.iter().filter(|vector| vector.name.starts_with("algorithm ")) {
        let config = world.file("config.toml", &profile(&vector.config));
        let ended = world.run(&["inspect", "evt", "--config", config.to_str().unwrap()]);
        if ended.status == 2 {
            assert!(ended.err.contains("is not supported by aircheck"), "{}", ended.err);
            assert_eq!((ended.out.as_str(), ended.err.lines().count()), ("", 1), "{}", ended.err);
            rejected += 1;
        } else {
            assert_eq!((ended.status, ended.err.as_str()), (1, ""), "unsigned, while there is a key");
        }
    }
    assert_eq!(rejected, 20);
}

#[test]
fn a_payload_may_be_an_argument_and_a_wrong_line_is_named() {
    let world = World::new("redis://nowhere");
    let ended = world.run(&["inspect", "evt::{\"a\":1}"]);
    assert_eq!((ended.status, ended.err.as_str()), (0, ""));
    assert!(ended.out.starts_with("evt  ○ unsigned  {\"a\":1}\n  ✓ json "), "{}", ended.out);
    let ended = world.feed(&["inspect", "--encoding", "base64"], "ZXZ0\nZXZ\n");
    assert_eq!((ended.status, ended.out.lines().next()), (2, Some("evt  ○ unsigned")));
    assert!(ended.err.starts_with("aircheck: line 2: invalid Base64; "), "{}", ended.err);
}

#[test]
fn the_hmac_is_checked_even_if_the_timestamp_is_out_of_tolerance() {
    let config = "default_profile = \"p\"\n[profile.p]\n[profile.p.signing]\nkey = { value = \"s3cret\" }\n";
    let world = World::new("redis://nowhere").config(config);
    let keyring = Keyring::new(KeyringSettings {
        signing_key: Some(Secret::new(b"s3cret".to_vec())),
        ..KeyringSettings::default()
    });
    let payload = keyring.payload(b"evt", b"[1]", &SignWith::SigningKey, 1_795_516_352).unwrap();
    let payload = String::from_utf8(payload).unwrap();
    let (hmac, now) = (payload.split(['|', ':']).nth(4).unwrap(), "1795523553");
    for (payload, mark, outcome) in [(payload.clone(), '✓', "passed"), (payload.replace("[1]", "[2]"), '✗', "failed")]
    {
        let ended = world.run(&["inspect", "--now", now, &payload]);
        assert_eq!(ended.status, 1, "{}", ended.err);
        assert!(ended.out.starts_with("evt  ✗ time out of tolerance  "), "{}", ended.out);
        let explained = "\n  ✗ time      signed 7201 s (2 h) before the check; listeners accept up to 3600 s\n              The message is old, ";
        assert!(ended.out.contains(explained) && !ended.out.contains("behind"), "{}", ended.out);
        assert!(ended.out.contains(&format!("\n  {mark} hmac ")), "{}", ended.out);
        let json = world.run(&["inspect", "--format", "json", "--now", now, &payload]);
        let line = &json.json()[0];
        assert_eq!(line["rejection"], "timestamp_out_of_tolerance");
        assert_eq!((&line["checks"][5]["outcome"], &line["checks"][6]["outcome"]), (&"failed".into(), &outcome.into()));
        assert!(line["checks"][5]["explanation"].is_string());
        for out in [&ended.out, &line["checks"].to_string()] {
            assert!(!out.contains("s3cret") && !out.contains(hmac), "{out}");
        }
    }
}

#[test]
fn the_receipt_of_a_message_can_be_inspected() {
    let server = crate::support::RedisServer::start();
    let config = |secret: &str| {
        format!(
            "default_profile = \"p\"\n[profile.p]\nurl = \"{}\"\n[profile.p.signing]\nkey = {{ value = \"{secret}\" }}\n",
            server.url()
        )
    };
    let sender = World::new(&server.url()).config(&config("s3cret"));
    let sent = sender.run(&["publish", "ops", "cache-flush", "{\"tag\": \"cart\"}", "--format", "json"]);
    assert_eq!(sent.status, 0, "{}", sent.err);
    let payload = sent.json()[0]["payload_base64"].as_str().unwrap().to_owned();
    for (secret, status, verdict) in [("s3cret", 0, "verified"), ("another", 1, "rejected")] {
        let listener = World::new(&server.url()).config(&config(secret));
        let inspected = listener.feed(&["inspect", "--encoding", "base64", "--format", "json"], &payload);
        assert_eq!((inspected.status, &inspected.json()[0]["verdict"]), (status, &verdict.into()), "{}", inspected.err);
    }
}
