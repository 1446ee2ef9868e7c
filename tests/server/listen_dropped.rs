//! How `listen` handles messages that arrive too fast, and duplicates.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};
use serde_json::Value;

use crate::listen::{is_run, listen, start, wait_until, written};
use crate::support::RedisServer;
use crate::tailing::{Tailing, broadcast, wait_until_sent};
use crate::world::World;

/// The saved sequence number after which the next run of the listener starts.
fn saved(world: &World) -> Option<u64> {
    let state = rusqlite::Connection::open(world.state()).ok()?;
    // The recorder saves its counters separately.
    let query = "SELECT counter FROM counter WHERE server LIKE '%listen%'";
    let counter: i64 = state.query_row(query, [], |row| row.get(0)).ok()?;
    counter.try_into().ok()
}

fn record(world: &World, server: &RedisServer, recording: &str) -> Tailing {
    let recorder = Tailing::spawn(world.process(&["record", "ops", "-o", recording]));
    server.wait_for(&["PUBSUB", "NUMSUB", "ops"], |answer| format!("{answer:?}").contains("int(1)"));
    recorder
}

#[test]
fn messages_dropped_during_a_recovery_are_recovered_too() {
    // More than the queue and the subscription can hold.
    const LARGE: u64 = 160;
    let server = RedisServer::start_with(&["--client-output-buffer-limit", "pubsub 0 0 0"]);
    let world = World::of(&server);
    let recording = world.home().join("ops.db");
    let recording = recording.to_str().unwrap();
    let on = "a=touch began; until [ -e go ]; do sleep 0.01; done; echo $AIRCHECK_SEQUENCE_FROM >> out";
    let missed = "echo missed $AIRCHECK_SEQUENCE_FROM $AIRCHECK_SEQUENCE_TO >> out";
    let words = ["--on", on, "--on-missed", missed, "--recover", recording, "--queue", "1"];
    let recorder = record(&world, &server, recording);
    assert_eq!(listen(&world, &[&words[..], &["--idle", "300ms"]].concat()).end().status, 0);

    // These are recovered. One runs, one waits, and there is no room for the third.
    broadcast(&server, "ops", &["a", "a", "a"]);
    let mut listening = listen(&world, &words);
    wait_until("the first command runs", || world.home().join("began").exists());
    let mut expected = vec![1, 2, 3];
    let payload = format!("large::\"{}\"", "x".repeat(1 << 20));
    for number in 0..LARGE {
        broadcast(&server, "ops", &[&payload]);
        if number % 20 == 19 {
            broadcast(&server, "ops", &["a"]);
            expected.push(3 + number + 1 + (number + 1) / 20);
        }
    }
    let last = *expected.last().unwrap();
    wait_until_sent(&server);
    assert_eq!(saved(&world), Some(0), "nothing is handled yet");

    world.file("go", "");
    let dropped = listening.wait_for(|line| line["type"] == "dropped");
    let number = |key: &str| dropped[key].as_u64().unwrap();
    assert_eq!(dropped["channel"], "ops");
    assert_eq!(number("sequence_to") - number("sequence_from") + 1, number("count"));
    let run = listening
        .wait_for(|line| is_run(line) && line["sequence_to"].as_u64().or(line["sequence"].as_u64()) == Some(last));
    assert_eq!(run["outcome"], "done");
    wait_until("the last number is saved", || saved(&world) == Some(last));
    listening.signal("-TERM");
    assert_eq!(listening.end().status, 0);
    let handled: Vec<String> = expected.iter().map(u64::to_string).collect();
    assert_eq!(written(&world).lines().collect::<Vec<_>>(), handled);
    recorder.signal("-TERM");
    assert_eq!(recorder.end().status, 0);
}

#[test]
fn with_a_recording_messages_wait_for_a_full_queue() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let recording = world.home().join("ops.db");
    let recording = recording.to_str().unwrap();
    let on = "a=touch began; until [ -e go ]; do sleep 0.01; done; echo $AIRCHECK_SEQUENCE >> out";
    let recorder = record(&world, &server, recording);
    let listening = listen(&world, &["--on", on, "--recover", recording, "--queue", "1", "--count", "5", "--strict"]);
    broadcast(&server, "ops", &["a", "a", "a", "a", "a"]);
    wait_until("the first command runs", || world.home().join("began").exists());
    world.file("go", "");
    let ended = listening.end();
    assert_eq!((ended.status, written(&world).as_str()), (0, "1\n2\n3\n4\n5\n"), "{}", ended.out);
    recorder.signal("-TERM");
    assert_eq!(recorder.end().status, 0);
}

#[test]
fn waiting_for_the_last_command_after_a_signal_uses_no_cpu() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let recording = world.home().join("ops.db");
    let recording = recording.to_str().unwrap();
    let recorder = record(&world, &server, recording);
    recorder.signal("-TERM");
    assert_eq!(recorder.end().status, 0);
    // The parent of the shell is the listener.
    let on = "a=touch began; until [ -e go ]; do sleep 0.01; done; cat /proc/$PPID/stat > before; sleep 2; \
              cat /proc/$PPID/stat > after";
    let mut listening = listen(&world, &["--on", on, "--recover", recording]);
    broadcast(&server, "ops", &["a"]);
    wait_until("the command runs", || world.home().join("began").exists());
    // The recording does not contain the message yet, so it is queried again.
    let mut cut = redis::pipe();
    cut.atomic().cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").ignore();
    cut.cmd("INCR").arg("system_broadcast_sequence_ops").ignore();
    let () = cut.query(&mut server.connection(0).unwrap()).unwrap();
    listening.wait_for(|line| line["kind"] == "missed_disconnected");
    listening.signal("-TERM");
    world.file("go", "");
    assert_eq!(listening.end().status, 0);
    let ticks = |name: &str| -> u64 {
        let stat = fs::read_to_string(world.home().join(name)).unwrap();
        let (_, fields) = stat.rsplit_once(')').unwrap();
        fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    };
    let used = ticks("after") - ticks("before");
    assert!(used < 20, "{used} hundredths of a second in 2 s");
}

fn signed(data: &str, age: u64) -> String {
    let settings = KeyringSettings { signing_key: Some(Secret::new(b"s3cret".to_vec())), ..KeyringSettings::default() };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() - age;
    let payload = Keyring::new(settings).payload(b"a", data.as_bytes(), &SignWith::SigningKey, now.try_into().unwrap());
    String::from_utf8(payload.unwrap()).unwrap()
}

/// Publishes one message, and waits until more than a second has passed since.
fn broadcast_alone(server: &RedisServer, payload: &str) {
    broadcast(server, "ops", &[payload]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
}

#[test]
fn duplicates_are_marked_and_can_be_skipped() {
    let server = RedisServer::start();
    let config = "default_profile = \"p\"\n[profile.p.signing]\nkey = { value = \"s3cret\" }\n";
    for (skip, expected) in [(false, "a1 1\na2 1\n1\na3 2\n"), (true, "a1 1\na3 2\n")] {
        let world = World::of(&server).config(config);
        let () = redis::cmd("FLUSHALL").query(&mut server.connection(0).unwrap()).unwrap();
        let on =
            "a=echo a$AIRCHECK_SEQUENCE $(cat) >> out; [ -z $AIRCHECK_DUPLICATE ] || echo $AIRCHECK_DUPLICATE >> out";
        let skip = if skip { &["--skip-duplicates"][..] } else { &[] };
        let mut listening = listen(&world, &[&["--on", on], skip].concat());
        // Signed a minute ago, so that no sender can have sent it twice within a second.
        let (first, second) = (signed("1", 60), signed("2", 60));
        broadcast_alone(&server, &first);
        broadcast(&server, "ops", &[&first, &second]);
        listening.wait_for(|line| is_run(line) && line["sequence"] == 3);
        listening.signal("-TERM");
        let ended = listening.end();
        assert_eq!((ended.status, ended.err.as_str()), (0, ""), "there is a signing key");
        assert_eq!(written(&world), expected);
        let skipped = |line: &&Value| line["outcome"] == "skipped";
        let numbers: Vec<_> = ended.json().iter().filter(skipped).map(|line| line["sequence"].clone()).collect();
        assert_eq!(numbers, if skip.is_empty() { vec![] } else { vec![Value::from(2)] }, "{}", ended.out);
        assert_eq!(saved(&world), Some(3), "what is skipped is handled");
    }
}

#[test]
fn recovered_duplicates_are_marked_too() {
    let server = RedisServer::start();
    let config = "default_profile = \"p\"\n[profile.p.signing]\nkey = { value = \"s3cret\" }\n";
    let world = World::of(&server).config(config);
    let recording = world.home().join("ops.db");
    let recording = recording.to_str().unwrap();
    let recorder = record(&world, &server, recording);
    let words = ["--on", "a=echo $AIRCHECK_SEQUENCE $AIRCHECK_DUPLICATE >> out", "--recover", recording];
    assert_eq!(listen(&world, &[&words[..], &["--idle", "300ms"]].concat()).end().status, 0);
    let (first, second) = (signed("1", 60), signed("2", 60));
    broadcast_alone(&server, &first);
    broadcast(&server, "ops", &[&first, &second]);
    let ended = start(&world, &[&words[..], &["--count", "3"]].concat()).end();
    assert_eq!(ended.status, 0);
    let recovered = |line: &Value| is_run(line) && line["recovered"] == true;
    assert_eq!(ended.json().iter().filter(|line| recovered(line)).count(), 3, "{}", ended.out);
    assert_eq!(written(&world), "1\n2 1\n3\n");
    recorder.signal("-TERM");
    assert_eq!(recorder.end().status, 0);
}
