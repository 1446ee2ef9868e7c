//! The commands as a user or a script runs them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use aircheck::ledger::finding::FindingKind;
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};
use aircheck::wire::verdict::Rejection;
use assert_cmd::Command;
use serde_json::json;

use crate::support::{LIMIT, RedisServer, free_port};
use crate::tailing::wait_for_exit;
use crate::world::{COUNTER, Ended, World};

#[test]
fn publish_prints_the_receipt() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let mut subscriber = server.connection(0).unwrap();
    let mut subscription = subscriber.as_pubsub();
    subscription.subscribe("ops").unwrap();
    assert_eq!(
        world.run(&["publish", "ops", "evt", "{\"a\": 1}"]),
        Ended::new(0, "published #1 on ops to 1 receiver, unsigned\n", "")
    );
    let published = world.run(&["publish", "ops", "evt", "--format", "json"]);
    let receipt = &published.json()[0];
    assert_eq!((&receipt["type"], &receipt["channel"]), (&json!("published"), &json!("ops")));
    assert_eq!((&receipt["sequence"], &receipt["receivers"]), (&json!(2), &json!(1)));
    let keys: Vec<&String> = receipt.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["type", "at", "channel", "sequence", "receivers", "payload_base64"]);
    let sent = subscription.get_message().unwrap();
    let plain = Keyring::new(KeyringSettings::default());
    assert_eq!(sent.get_payload_bytes(), plain.payload(b"evt", b"{\"a\": 1}", &SignWith::None, 0).unwrap());
    let payload = base64_simd::STANDARD.decode_to_vec(receipt["payload_base64"].as_str().unwrap()).unwrap();
    assert_eq!(subscription.get_message().unwrap().get_payload_bytes(), payload);
}

#[test]
fn publish_reads_data_and_lines_from_standard_input() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let mut subscriber = server.connection(0).unwrap();
    let mut subscription = subscriber.as_pubsub();
    subscription.subscribe("ops").unwrap();
    assert_eq!(
        world.feed(&["publish", "ops", "evt", "-"], "[1,\n2]\n").out,
        "published #1 on ops to 1 receiver, unsigned\n"
    );
    let lines = "evt 1\n\n{\"name\": \"a b\", \"data\": \"x\"}\nlast";
    let published = world.feed(&["publish", "ops", "--lines"], lines);
    assert_eq!((published.status, published.out.lines().count(), published.err.as_str()), (0, 3, ""));
    let plain = Keyring::new(KeyringSettings::default());
    for (name, data) in [("evt", "[1,\n2]"), ("evt", "1"), ("a b", "\"x\""), ("last", "")] {
        let payload = plain.payload(name.as_bytes(), data.as_bytes(), &SignWith::None, 0).unwrap();
        assert_eq!(subscription.get_message().unwrap().get_payload_bytes(), payload);
    }
}

#[test]
fn a_misspelt_channel_that_nobody_receives_causes_a_warning() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let world = world.config("default_profile = \"p\"\n[profile.p]\nchannels = [\"orders\", \"shop:*\"]");
    assert_eq!(world.run(&["check", "billing"]).status, 0, "its counter is saved");
    let warning = |channel: &str| {
        let ended = world.feed(&["publish", channel, "--lines", "--format", "json"], "evt\nevt\n");
        assert_eq!((ended.status, ended.json().len()), (0, 2), "{}", ended.err);
        ended.err
    };
    assert_eq!(warning("odrers"), "Warning: \"odrers\" has no receivers; did you mean \"orders\"?\n");
    assert_eq!(warning("biling"), "Warning: \"biling\" has no receivers; did you mean \"billing\"?\n");
    for known_or_different in ["orders", "billing", "shop:x", "other"] {
        assert_eq!(warning(known_or_different), "");
    }
    let mut subscriber = server.connection(0).unwrap();
    let mut subscription = subscriber.as_pubsub();
    subscription.subscribe("odrers").unwrap();
    assert_eq!(warning("odrers"), "", "it is received");
}

#[test]
fn check_without_a_channel_checks_those_of_the_profile() {
    let server = RedisServer::start();
    let set = |channel: &str, counter: &str| {
        server.command::<()>(&["SET", &format!("system_broadcast_sequence_{channel}"), counter]);
    };
    let config =
        |channels: &str| format!("default_profile = \"p\"\n[profile.p]\nurl = \"{}\"\n{channels}", server.url());
    let world = World::new("").config(&config("channels = [\"ops\", \"bill*\"]"));
    set("ops", "1");
    // No earlier run has seen a channel that the pattern matches.
    let first = world.run(&["check"]);
    assert_eq!((first.status, first.out.lines().count()), (0, 1), "{first:?}");
    set("billing", "7");
    assert_eq!(world.run(&["check", "billing"]).status, 0);
    set("billing", "9");
    let checked = world.run(&["check", "--format", "json"]);
    let missed: Vec<_> = checked.json().iter().map(|line| (line["channel"].clone(), line["missed"].clone())).collect();
    assert_eq!(missed, [(json!("ops"), json!(0)), (json!("billing"), json!(2))]);
    assert_eq!(checked.status, 1);

    let world = World::new("").config(&config(""));
    let error = "aircheck: no channel: name one, e.g. `aircheck check ops`, or list channels in the profile\n";
    assert_eq!(world.run(&["check"]), Ended::new(2, "", error));
    let world = World::new("").config(&config("channels = [\"bill*\"]"));
    let error = "aircheck: no earlier run has seen a channel that matches the patterns of the profile; name a channel, e.g. \
                 `aircheck check ops`\n";
    assert_eq!(world.run(&["check"]), Ended::new(2, "", error));
}

#[test]
fn the_first_invalid_line_ends_the_run_with_its_number() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let published = world.feed(&["publish", "ops", "--lines"], "evt\n{\"name\": 1}\nevt\n");
    assert_eq!((published.status, published.out.as_str()), (1, "published #1 on ops to 0 receivers, unsigned\n"));
    assert!(published.err.starts_with("aircheck: line 2: not a JSON object with name and data: "), "{}", published.err);
    assert!(published.err.ends_with("at column 10\n"), "{}", published.err);
    assert_eq!(published.err.lines().count(), 1);
    let published = world.feed(&["publish", "ops", "--lines"], "\nevt {\n");
    let error = "aircheck: line 2: the data is not valid JSON: expected a key in double quotes at column 2\n";
    assert_eq!(published, Ended::new(2, "", error));
    assert_eq!(server.command::<u64>(&["GET", COUNTER]), 1);
}

#[test]
fn a_server_that_rejects_a_later_line_is_status_1_and_one_that_rejects_the_first_is_status_3() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let mut command = world.process(&["publish", "ops", "--lines"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"evt\n").unwrap();
    let mut receipt = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut receipt).unwrap();
    assert_eq!(receipt, "published #1 on ops to 0 receivers, unsigned\n");
    server.command::<()>(&["ACL", "SETUSER", "default", "-publish"]);
    input.write_all(b"evt\n").unwrap();
    drop(input);
    wait_for_exit(&mut child);
    let ended = Ended::of(&child.wait_with_output().unwrap());
    assert_eq!(ended.status, 1, "{}", ended.err);
    assert!(ended.err.starts_with("aircheck: line 2: nothing was sent; the server rejected"), "{}", ended.err);
    let ended = world.feed(&["publish", "ops", "--lines"], "evt\n");
    assert_eq!(ended.status, 3, "{}", ended.err);
}

#[test]
fn lines_are_sent_even_if_nobody_reads_the_receipts() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let mut command = world.process(&["publish", "ops", "--lines"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(b"a\nb\nc\n").unwrap();
    wait_for_exit(&mut child);
    let ended = Ended::of(&child.wait_with_output().unwrap());
    assert_eq!(ended, Ended::new(0, "", ""));
    assert_eq!(server.command::<u64>(&["GET", COUNTER]), 3, "each once");

    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = world.process(&["publish", "ops", "evt"]);
    let mut child = command.stdin(Stdio::null()).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_exit(&mut child);
    let ended = Ended::of(&child.wait_with_output().unwrap());
    assert_eq!(ended.status, 1);
    assert!(ended.err.starts_with("aircheck: sent as #4, but cannot write the receipt"), "{}", ended.err);
}

#[test]
fn publish_signs_with_the_signing_key_another_key_or_none() {
    let server = RedisServer::start();
    let world = World::of(&server).config(
        "default_profile = \"p\"\n[profile.p.signing]\nkey = { env = \"OWN\" }\n\
         [profile.p.signing.verification_keys]\nold = { value = \"older\" }",
    );
    let keyring = Keyring::new(KeyringSettings {
        signing_key: Some(Secret::new(b"s3cret".to_vec())),
        verification_keys: vec![(b"old".to_vec(), Secret::new(b"older".to_vec()))],
        ..KeyringSettings::default()
    });
    for (words, with) in [
        (&["publish", "ops", "evt", "--format=json"][..], SignWith::SigningKey),
        (&["publish", "ops", "evt", "--format=json", "--key=old"], SignWith::Key(b"old".to_vec())),
        (&["publish", "ops", "evt", "--format=json", "--no-sign"], SignWith::None),
    ] {
        let output = world.command(words).env("OWN", "s3cret").output().unwrap();
        let ended = Ended::of(&output);
        assert_eq!((ended.status, ended.err.as_str()), (0, ""));
        let receipt = &ended.json()[0];
        let key = match &with {
            SignWith::SigningKey => Some("default"),
            SignWith::Key(_) => Some("old"),
            SignWith::None => None,
        };
        assert_eq!(receipt.get("key").and_then(|key| key.as_str()), key);
        let payload = base64_simd::STANDARD.decode_to_vec(receipt["payload_base64"].as_str().unwrap()).unwrap();
        let at = payload
            .split(|&byte| byte == b'|')
            .nth(2)
            .map_or(0, |at| std::str::from_utf8(at).unwrap().parse().unwrap());
        assert_eq!(payload, keyring.payload(b"evt", b"", &with, at).unwrap());
        assert_eq!(payload.contains(&b'|'), with != SignWith::None);
    }
    let missing = world.run(&["publish", "ops", "evt"]);
    assert_eq!(missing.status, 2);
    assert!(
        missing.err.contains("config.toml:3:7: profile.p.signing.key: environment variable OWN is not set"),
        "{}",
        missing.err
    );
}

#[test]
fn wrong_input_is_a_usage_error_and_sends_nothing() {
    let server = RedisServer::start();
    let world = World::of(&server);
    for (words, error) in [
        (
            &["publish", "ops", "evt", "{"][..],
            "aircheck: the data is not valid JSON: expected a key in double quotes at column 2\n",
        ),
        (&["publish", "ops", "a:b"], "aircheck: a message name must not contain a colon\n"),
        (
            &["publish", "ops", "evt", "--key", "nobody"],
            "aircheck: cannot sign with key \"nobody\": it is unknown, or its secret is empty or 0\n",
        ),
    ] {
        let ended = world.run(words);
        assert_eq!(
            (ended.status, ended.out.as_str(), ended.err.lines().count()),
            (2, "", 1),
            "{words:?} {}",
            ended.err
        );
        assert!(ended.err.starts_with(error), "{}", ended.err);
    }
    assert_eq!(server.command::<Option<u64>>(&["GET", COUNTER]), None);
}

#[test]
fn a_profile_can_forbid_sending_or_require_a_confirmation() {
    let server = RedisServer::start();
    let world = World::of(&server).config("[profile.ro]\nread_only = true\n[profile.ask]\nconfirm = true");
    let forbidden = world.run(&["publish", "ops", "evt", "--profile=ro", "--yes"]);
    assert_eq!((forbidden.status, forbidden.out.as_str()), (1, ""));
    assert!(forbidden.err.starts_with("aircheck: nothing was sent: the profile ro is read_only"), "{}", forbidden.err);
    for words in [&["publish", "ops", "evt", "--profile=ask"][..], &["publish", "ops", "--lines", "--profile=ask"]] {
        let unasked = world.feed(words, "evt\n");
        assert_eq!((unasked.status, unasked.out.as_str()), (1, ""));
        assert!(unasked.err.contains("add --yes"), "{}", unasked.err);
    }
    assert_eq!(server.command::<Option<u64>>(&["GET", COUNTER]), None);
    assert_eq!(world.run(&["publish", "ops", "evt", "--profile=ask", "--yes"]).status, 0);
}

#[test]
fn a_terminal_shows_the_payload_and_asks_for_a_confirmation() {
    let server = RedisServer::start();
    let world = World::of(&server).config("[profile.ask]\nconfirm = true");
    for (answer, shown, counter) in [("n", "nothing was sent", None), ("y", "published #1 on ops", Some(1))] {
        let pty = portable_pty::native_pty_system().openpty(portable_pty::PtySize::default()).unwrap();
        let mut command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_aircheck"));
        command.args(["publish", "ops", "evt", "[1]", "--profile=ask"]);
        command.env("HOME", world.home());
        command.env("AIRCHECK_URL", &world.url);
        let mut child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().unwrap();
        writeln!(pty.master.take_writer().unwrap(), "{answer}").unwrap();
        let mut screen = Vec::new();
        let deadline = Instant::now() + LIMIT;
        while child.try_wait().unwrap().is_none() {
            if Instant::now() >= deadline {
                child.kill().unwrap();
                panic!("the program still runs after the answer {answer}");
            }
            thread::sleep(Duration::from_millis(5));
        }
        // Reading from a closed pty is an error, unlike from a pipe.
        let _ = reader.read_to_end(&mut screen);
        let screen = String::from_utf8(screen).unwrap();
        assert!(screen.contains("evt::[1]\r\nSend this on ops at 127.0.0.1:"), "{screen}");
        assert!(screen.contains(shown), "{screen}");
        assert_eq!(server.command::<Option<u64>>(&["GET", COUNTER]), counter);
    }
}

#[test]
fn channels_are_listed_as_a_table_or_as_json() {
    let server = RedisServer::start();
    server.command::<()>(&["SET", "system_broadcast_sequence_ops", "1048"]);
    server.command::<()>(&["SET", "system_broadcast_sequence_weiß", "x"]);
    let mut subscriber = server.connection(0).unwrap();
    let mut subscription = subscriber.as_pubsub();
    subscription.subscribe(&[&b"billing"[..], &b"\xff"[..]][..]).unwrap();
    let world = World::of(&server);
    let table = world.run(&["channels"]);
    assert_eq!((table.status, table.err.as_str()), (0, ""));
    let lines: Vec<&str> = table.out.lines().collect();
    assert_eq!(lines[0], "CHANNEL  COUNTER  SUBSCRIBERS");
    assert_eq!(lines[1], "billing        -            1");
    assert_eq!(lines[2], "ops         1048            0");
    assert_eq!(lines[3], "weiß           ?            0  not a number");
    let json = world.run(&["channels", "--format", "json"]).json();
    let at = &json[0]["at"];
    assert_eq!(json[0], json!({"type": "channel", "at": at, "channel": "billing", "counter": null, "subscribers": 1}));
    assert_eq!(json[1], json!({"type": "channel", "at": at, "channel": "ops", "counter": 1048, "subscribers": 0}));
    assert_eq!((&json[2]["counter"], &json[2]["counter_error"]), (&json!(null), &json!("not a number")));
    assert_eq!((&json[3]["channel"], &json[3]["channel_base64"]), (&json!(null), &json!("/w==")));
}

#[test]
fn check_repeats_its_answer_until_it_is_saved() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let check = |words: &[&str]| {
        let ended = world.run(&[&["check", "ops", "--format=json"], words].concat());
        let mut line = ended.json().remove(0);
        line["at"].take();
        (ended.status, line)
    };
    let expected = |known: Option<u64>, now: u64, missed: Option<u64>| {
        let mut line =
            json!({"type": "check", "at": null, "channel": "ops", "known": known, "now": now, "missed": missed});
        if missed.is_some() {
            line["lower_bound"] = false.into();
        }
        line
    };
    server.command::<()>(&["SET", COUNTER, "1030"]);
    assert_eq!(check(&[]), (0, expected(None, 1030, None)), "the counter of a first check is saved");
    assert_eq!(check(&[]), (0, expected(Some(1030), 1030, Some(0))));
    server.command::<()>(&["SET", COUNTER, "1046"]);
    assert_eq!(check(&[]), (1, expected(Some(1030), 1046, Some(16))));
    assert_eq!(check(&[]), (1, expected(Some(1030), 1046, Some(16))), "the same until someone watched");
    assert_eq!(check(&["--save"]), (1, expected(Some(1030), 1046, Some(16))));
    assert_eq!(check(&[]), (0, expected(Some(1046), 1046, Some(0))));
    server.command::<()>(&["DEL", COUNTER]);
    let (status, reset) = check(&["--save"]);
    assert_eq!(status, 1);
    assert_eq!(
        reset,
        json!({"type": "check", "at": null, "channel": "ops", "known": 1046, "now": 0, "missed": null, "reset": true})
    );
    assert_eq!(check(&[]), (0, expected(Some(0), 0, Some(0))));
    let state = world.state();
    assert_eq!(state.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn check_reports_missed_messages_as_text() {
    let server = RedisServer::start();
    let world = World::of(&server);
    server.command::<()>(&["SET", COUNTER, "5"]);
    assert_eq!(world.run(&["check", "ops"]), Ended::new(0, "ops  ○ first check: the counter is 5, saved\n", ""));
    let check = |value: &str| {
        server.command::<()>(&["SET", COUNTER, value]);
        let ended = world.run(&["check", "ops", "quiet"]);
        let first = ended.out.lines().next().unwrap().to_owned();
        let (before, after) = first.split_once(" since ").unwrap_or((&first, ""));
        let after = after.split_once(" UTC").map_or("", |(_, after)| after);
        (ended.status, format!("{before}{after}"))
    };
    assert_eq!(check("5"), (0, "ops  ✓ nothing missed, at #5".to_owned()));
    assert_eq!(check("6"), (1, "ops  ┄ 1 missed: #6".to_owned()));
    assert_eq!(check("8"), (1, "ops  ┄ 3 missed: #6–8".to_owned()));
    assert_eq!(check("4"), (1, "ops  ┄ the counter was reset, from 5 to 4; what was missed is not known".to_owned()));
    let (status, words) = check("x");
    assert_eq!((status, words.as_str()), (1, "ops  ✗ the counter cannot be read, so nothing is known: not a number"));
}

#[test]
fn check_does_not_take_a_pattern_for_a_channel() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let wrong = world.run(&["check", "ops", "shop:*"]);
    assert_eq!((wrong.status, wrong.out.as_str()), (2, ""));
    assert!(wrong.err.contains("shop:* is a pattern") && wrong.err.contains("name the channels"), "{}", wrong.err);
    assert_eq!(world.run(&["check", "shop:*", "--format", "nagios"]).status, 3);
    // A channel can have such a name.
    server.command::<()>(&["SET", "system_broadcast_sequence_shop:*", "5"]);
    assert_eq!(world.run(&["check", "shop:*"]), Ended::new(0, "shop:*  ○ first check: the counter is 5, saved\n", ""));
    server.command::<()>(&["DEL", "system_broadcast_sequence_shop:*"]);
    let reset = world.run(&["check", "shop:*"]);
    assert!(reset.status == 1 && reset.out.contains("the counter was reset"), "{}", reset.out);
}

#[test]
fn check_is_a_plugin_of_nagios() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let check = |words: &[&str]| {
        let ended = world.run(&[&["check", "ops", "--format=nagios"], words].concat());
        assert_eq!(ended.out.lines().count(), 1, "{}", ended.out);
        (ended.status, ended.out.split(" |").next().unwrap().trim_end().to_owned())
    };
    server.command::<()>(&["SET", COUNTER, "5"]);
    assert_eq!(check(&[]), (0, "AIRCHECK OK: nothing missed on 1 channel, 1 for the first time".to_owned()));
    server.command::<()>(&["SET", COUNTER, "8"]);
    assert_eq!(check(&["--save"]), (1, "AIRCHECK WARNING: ops 3 missed (#6–8)".to_owned()));
    assert_eq!(check(&[]), (0, "AIRCHECK OK: nothing missed on 1 channel".to_owned()));
    server.command::<()>(&["DEL", COUNTER]);
    assert_eq!(check(&[]), (2, "AIRCHECK CRITICAL: ops counter reset from 8 to 0".to_owned()));
    server.command::<()>(&["SET", COUNTER, "x"]);
    assert_eq!(check(&[]), (3, "AIRCHECK UNKNOWN: ops counter unreadable (not a number)".to_owned()));
    let (status, line) = check(&["--url", &format!("redis://127.0.0.1:{}", free_port())]);
    assert!(status == 3 && line.starts_with("AIRCHECK UNKNOWN: cannot reach the server: "), "{line}");
    let (status, line) = check(&["--config", "/nowhere"]);
    assert!(status == 3 && line.starts_with("AIRCHECK UNKNOWN: /nowhere: cannot be read: "), "{line}");
    // A wrong command line must not look critical.
    let unknown = "AIRCHECK UNKNOWN: unexpected argument '--kept' found".to_owned();
    assert_eq!(check(&["--kept"]), (3, unknown));
    let ended = world.run(&["check", "--format", "nagios"]);
    let line = "AIRCHECK UNKNOWN: no channel: name one, e.g. `aircheck check ops`, or list channels in the profile\n";
    assert_eq!((ended.status, ended.out.as_str()), (3, line));
    let ended = world.run(&["check", "--format", "nagios", "--kept"]);
    assert!(ended.status == 3 && ended.err.contains("Usage:"), "{ended:?}");
    assert_eq!(world.run(&["check", "--format", "text"]).status, 2);
}

#[test]
fn check_for_nagios_is_unknown_if_the_counters_cannot_be_saved() {
    let server = RedisServer::start();
    let world = World::of(&server);
    server.command::<()>(&["SET", COUNTER, "5"]);
    let check = || world.run(&["check", "ops", "--save", "--format", "nagios"]);
    assert_eq!(check().status, 0);
    // Another program holds the write lock.
    let state = rusqlite::Connection::open(world.state()).unwrap();
    state.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ended = check();
    assert!(
        ended.status == 3 && ended.out.starts_with("AIRCHECK UNKNOWN: ") && ended.out.contains("database is locked"),
        "{ended:?}"
    );
    assert_eq!(ended.out.lines().count(), 1, "{ended:?}");
}

#[test]
fn counters_are_separate_for_each_server_database_and_prefix() {
    let server = RedisServer::start();
    let world = World::of(&server);
    server.command::<()>(&["SET", COUNTER, "5"]);
    assert!(world.run(&["check", "ops"]).out.contains("first check"));
    assert!(world.run(&["check", "ops"]).out.contains("nothing missed"));
    assert!(world.run(&["check", "ops", "--url", &format!("{}/1", server.url())]).out.contains("first check"));
    let prefix = world.command(&["check", "ops"]).env("AIRCHECK_SEQUENCE_PREFIX", "other_").output().unwrap();
    assert!(Ended::of(&prefix).out.contains("first check: the counter is 0"));
    let state = world.command(&["check", "ops"]).env("AIRCHECK_STATE", world.home().join("x")).output().unwrap();
    assert!(Ended::of(&state).out.contains("first check"));
}

#[test]
fn an_unreachable_server_is_status_3_in_one_line_without_secrets() {
    let server = RedisServer::start_with(&["--requirepass", "correct"]);
    let nobody = format!("redis://127.0.0.1:{}", free_port());
    let wrong = format!("redis://:hunter2@127.0.0.1:{}", server.port());
    let user = format!("redis://nobody:hunter2@127.0.0.1:{}", server.port());
    let missing = "unix:///nowhere/redis.sock".to_owned();
    for (url, words) in [
        (nobody, "refused"),
        (wrong, "WRONGPASS"),
        (user, "WRONGPASS"),
        (server.url(), "authentication required by"),
        (missing, "No such file"),
    ] {
        let world = World::new(&url);
        for command in [&["publish", "ops", "evt"][..], &["channels"], &["check", "ops"]] {
            let ended = world.run(command);
            assert_eq!(
                (ended.status, ended.out.as_str(), ended.err.lines().count()),
                (3, "", 1),
                "{url} {}",
                ended.err
            );
            assert!(ended.err.starts_with("aircheck: cannot reach the server: "), "{}", ended.err);
            assert!(ended.err.contains(words) && !ended.err.contains("hunter2"), "{}", ended.err);
        }
    }
}

#[test]
fn sent_but_not_counted_is_status_1_and_a_rejected_command_status_3() {
    let server = RedisServer::start();
    server.command::<()>(&["RPUSH", COUNTER, "x"]);
    let world = World::of(&server);
    let uncounted = world.run(&["publish", "ops", "evt"]);
    assert_eq!((uncounted.status, uncounted.out.as_str()), (1, ""));
    let words = "aircheck: the message was sent to 0 receivers but not counted: WRONGTYPE";
    assert!(uncounted.err.starts_with(words), "{}", uncounted.err);
    let replica = RedisServer::start_with(&["--replicaof", &format!("127.0.0.1 {}", server.port())]);
    replica.wait_for(&["ROLE"], |role| format!("{role:?}").contains("slave"));
    let rejected = World::of(&replica).run(&["publish", "ops", "evt"]);
    assert_eq!(rejected.status, 3);
    assert!(rejected.err.contains("is a replica"), "{}", rejected.err);
    // A key of the wrong type is a finding, not a failure.
    assert_eq!(world.run(&["check", "ops"]).status, 1);
    server.command::<()>(&[
        "ACL",
        "SETUSER",
        "reader",
        "on",
        "nopass",
        "allchannels",
        "~*",
        "+@all",
        "-get",
        "-scan",
        "-pubsub",
        "-multi",
    ]);
    let reader = World::new(&format!("redis://reader@127.0.0.1:{}", server.port()));
    for words in [&["check", "ops"][..], &["channels"], &["publish", "ops", "evt"]] {
        let rejected = reader.run(words);
        assert_eq!(rejected.status, 3, "{rejected:?}");
        assert!(format!("{}{}", rejected.out, rejected.err).contains("NOPERM"), "{rejected:?}");
    }
}

#[test]
fn a_password_on_the_command_line_causes_a_warning() {
    let server = RedisServer::start_with(&["--requirepass", "correct"]);
    let url = format!("redis://:correct@127.0.0.1:{}", server.port());
    let flag = World::new("redis://nowhere").run(&["channels", "--url", &url]);
    let warning = "Warning: Using a password with '--url' on the command line interface may not be safe.\n";
    assert_eq!((flag.status, flag.err.as_str()), (0, warning));
    let environment = World::new(&url).run(&["channels"]);
    assert_eq!((environment.status, environment.err.as_str()), (0, ""));
}

#[test]
fn a_wrong_configuration_is_status_2() {
    let world = World::new("redis://h").config("[profile.a]\nulr = \"x\"");
    let ended = world.run(&["channels"]);
    assert_eq!((ended.status, ended.err.lines().count()), (2, 1));
    assert!(
        ended.err.ends_with("config.toml:2:1: unknown key \"ulr\" in [profile.a] (did you mean \"url\"?)\n"),
        "{}",
        ended.err
    );
    assert_eq!(World::new("redis://h/x").run(&["channels"]).status, 2);
    assert_eq!(World::new("redis://h").run(&["chanels", "--count"]).status, 2);
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let server = RedisServer::start();
    let fill = "for i = 1, 20000 do redis.call('set', KEYS[1] .. i, i) end";
    server.command::<()>(&["EVAL", fill, "1", "system_broadcast_sequence_"]);
    let world = World::of(&server);
    let script = format!("'{}' channels | head -n 1; echo ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_aircheck"));
    let mut shell = Command::new("bash");
    shell.env("HOME", world.home()).env("AIRCHECK_URL", &world.url).args(["-c", &script]).timeout(LIMIT);
    let ended = Ended::of(&shell.output().unwrap());
    assert!(ended.out.starts_with("CHANNEL ") && ended.out.ends_with("\n0\n"), "{ended:?}");
    assert_eq!(ended.err, "");
}

#[test]
fn completions_and_manual_pages_are_printed_without_a_server_or_configuration() {
    let world = World::new("redis://nowhere").config("this is not TOML");
    // The scripts of the first three shells ask aircheck for the candidates; see `tests/terminal/completions.rs`.
    for (shell, content) in [
        ("bash", "_AIRCHECK_COMPLETE=bash"),
        ("zsh", "_AIRCHECK_COMPLETE=\"zsh\""),
        ("fish", "_AIRCHECK_COMPLETE=fish"),
        ("elvish", "publish"),
        ("powershell", "publish"),
    ] {
        let ended = world.run(&["completions", shell]);
        assert_eq!((ended.status, ended.err.as_str()), (0, ""));
        assert!(ended.out.contains(content), "{shell}: {}", ended.out);
    }
    let program = world.run(&["man"]);
    assert_eq!((program.status, program.err.as_str()), (0, ""));
    assert!(program.out.contains(".TH aircheck 1"), "{}", program.out);
    let publish = world.run(&["man", "publish"]);
    assert!(publish.out.contains("\\-\\-no\\-sign"), "{}", publish.out);
    assert_eq!(world.run(&["man", "nothing"]).status, 2);
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(world.run(&["man", "--into", directory.path().to_str().unwrap()]).status, 0);
    let page = std::fs::read_to_string(directory.path().join("aircheck-publish.1")).unwrap();
    assert!(page.contains("\\-\\-no\\-sign"), "{page}");
    assert_eq!(world.run(&["man", "--into", "/dev/null"]).status, 2);
}

#[test]
fn init_writes_a_private_file_and_never_overwrites_one() {
    let world = World::new("redis://nowhere");
    let file = world.home().join(".config/aircheck/config.toml");
    let ended = world.run(&["init"]);
    assert_eq!((ended.status, ended.err.as_str()), (0, ""));
    assert!(ended.out.starts_with(&format!("Wrote {}.", file.display())), "{}", ended.out);
    assert!(ended.out.ends_with("\nNext: edit it, run aircheck config check, then start aircheck.\n"), "{}", ended.out);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(file.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let valid = world.run(&["config", "check"]);
    assert_eq!(valid, Ended::new(0, &format!("{} is valid, with 0 profiles\n", file.display()), ""));
    std::fs::write(&file, "[profile.a]\nurl = \"redis://h\"\nsigning.key = { env = \"NOT_SET\" }\n").unwrap();
    let warned = world.run(&["config", "check"]);
    let valid = format!("\n{} is valid but has 1 warning, with 1 profile: a\n", file.display());
    assert_eq!((warned.status, warned.err.as_str()), (1, ""));
    assert!(warned.out.starts_with("warning: ") && warned.out.ends_with(&valid), "{}", warned.out);
    std::fs::write(&file, "mouse = 3").unwrap();
    let again = world.run(&["init"]);
    let error =
        format!("aircheck: {} already exists and was not changed; write another file with --config\n", file.display());
    assert_eq!(again, Ended::new(1, "", &error));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mouse = 3");
    let broken = world.run(&["config", "check"]);
    let error = format!("aircheck: {}:1:9: mouse: expected true or false\n", file.display());
    assert_eq!(broken, Ended::new(2, "", &error));
    let other = world.home().join("new/other.toml");
    let other = other.to_str().unwrap();
    assert_eq!(world.run(&["init", "--config", other]).status, 0);
    assert_eq!(world.run(&["config", "check", other]).status, 0);
    // A link that leads nowhere is not followed either.
    std::os::unix::fs::symlink(world.home().join("target"), world.home().join("link")).unwrap();
    assert_eq!(world.run(&["init", "--config", world.home().join("link").to_str().unwrap()]).status, 1);
    assert!(!world.home().join("target").exists());
    let absent = world.run(&["config", "check", "/nowhere"]);
    assert_eq!(absent, Ended::new(2, "", "aircheck: /nowhere does not exist; write one with aircheck init\n"));
}

#[test]
fn explain_prints_the_entry_of_every_kind_and_rejection() {
    let world = World::new("redis://nowhere");
    let list = world.run(&["explain"]);
    assert_eq!((list.status, list.err.as_str()), (0, ""));
    for kind in FindingKind::ALL {
        let ended = world.run(&["explain", kind.name()]);
        let entry = kind.reference();
        let expected = format!(
            "{}: a finding\n\nMeaning:\n  {}\n\nCounts as a gap:\n  {}\n\nCause:\n  {}\n\nConsequence:\n  {}\n\nWhat to do:\n  {}\n",
            kind.name(),
            entry.summary,
            if kind.is_gap() { "yes" } else { "no" },
            entry.cause,
            entry.consequence,
            entry.advice
        );
        assert_eq!(ended, Ended::new(0, &expected, ""));
        assert!(list.out.contains(&format!("  {:<26}  {}\n", kind.name(), entry.summary)), "{}", list.out);
    }
    for rejection in Rejection::ALL {
        let ended = world.run(&["explain", rejection.name()]);
        assert!(ended.out.starts_with(&format!("{}: a rejection\n", rejection.name())), "{}", ended.out);
        assert!(ended.out.contains(rejection.summary()) && ended.out.contains(rejection.explain()), "{}", ended.out);
        assert!(list.out.contains(&format!("  {:<26}  {}\n", rejection.name(), rejection.summary())), "{}", list.out);
    }
    let explained = world.run(&["explain", "signature_mismatch"]).out;
    assert!(explained.contains("\nFailed check:\n  hmac. It passes if the HMAC matches.\n"), "{explained}");
    assert_eq!(world.run(&["explain", "Counter reset"]).out.lines().next(), Some("counter_reset: a finding"));
    let unknown = world.run(&["explain", "counter_rest\x1b"]);
    let error = "aircheck: unknown kind \"counter_rest\\x1b\" (did you mean \"counter_reset\"?)\n";
    assert_eq!(unknown, Ended::new(2, "", error));
    let several = world.run(&["explain", "missed"]);
    let error = "aircheck: unknown kind \"missed\" (did you mean \"missed_disconnected\" or \"missed_not_running\"?)\n";
    assert_eq!(several, Ended::new(2, "", error));
    assert!(world.run(&["explain", "xyz"]).err.contains("(expected one of: missed_disconnected, "));
}
