//! Expectations with a real server: a dead publisher is silent, a dead server is unknown.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};

use crate::record::program::sql;
use crate::support::RedisServer;
use crate::tailing::{Tailing, broadcast};
use crate::world::World;

const HEARTBEAT: &str = "
    [profile.a]
    channels = ['ops']
    [profile.a.expect.heartbeat]
    channel = 'ops'
    at_least = '1/s'
    grace = '1s'
";

fn is_finding(line: &Value, kind: &str) -> bool {
    line["type"] == "finding" && line["kind"] == kind
}

fn kinds(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter(|line| line["type"] == "finding").map(|line| line["kind"].as_str().unwrap()).collect()
}

#[test]
fn a_dead_publisher_is_silent_in_tail_listen_and_the_recording() {
    let server = RedisServer::start();
    let world = World::of(&server).config(HEARTBEAT);
    let mut recorder = world.process(&["record", "-o", "ops.db"]);
    recorder.current_dir(world.home());
    let mut recorder = Tailing::spawn(recorder);
    let mut listener = Tailing::spawn(world.process(&["listen", "--on", "evt=true", "--format", "json", "ops"]));
    listener.wait_for(|line| line["state"] == "connected");
    let mut tail = Tailing::json(&world, &[]);
    // The recorder is not connected for certain before it has recorded a message.
    server.wait_for(&["PUBSUB", "NUMSUB", "ops"], |answer| format!("{answer:?}").contains("int(3)"));
    broadcast(&server, "ops", &["evt::"]);
    let message = tail.wait_for(|line| line["type"] == "message");
    let silent = tail.wait_for(|line| is_finding(line, "silent"));
    for (key, expected) in [
        ("channel", json!("ops")),
        ("expectation", json!("heartbeat")),
        ("expected", json!("at least 1/s")),
        ("since", message["at"].clone()),
        ("proved", json!(true)),
        ("count", Value::Null),
    ] {
        assert_eq!(silent[key], expected, "{key}");
    }
    let duration = silent["duration_micros"].as_u64().unwrap();
    assert!((2_000_000..10_000_000).contains(&duration), "{duration}");
    listener.wait_for(|line| is_finding(line, "silent"));
    broadcast(&server, "ops", &["evt::"]);
    let resumed = tail.wait_for(|line| is_finding(line, "resumed"));
    assert_eq!((&resumed["since"], &resumed["expectation"]), (&message["at"], &json!("heartbeat")));
    assert!(resumed["duration_micros"].as_u64().unwrap() >= duration);
    listener.wait_for(|line| is_finding(line, "resumed"));
    for process in [&recorder, &listener, &tail] {
        process.signal("-INT");
    }
    assert_eq!((recorder.wait(), tail.wait()), (0, 0));
    let query =
        "SELECT group_concat(kind || ' ' || expectation || ' ' || expected || ' ' || proved, ', ') FROM findings";
    let in_file: String = sql(&world.home().join("ops.db")).query_row(query, [], |row| row.get(0)).unwrap();
    assert_eq!(in_file, "silent heartbeat at least 1/s 1, resumed heartbeat at least 1/s 0");
    let shown =
        world.command(&["show", "ops.db", "--filter", "kind:silent"]).current_dir(world.home()).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("silent  last message ") && shown.contains("heartbeat: at least 1/s"), "{shown}");
}

#[test]
fn a_dead_server_is_not_silent() {
    let mut server = RedisServer::start();
    let world = World::of(&server).config(HEARTBEAT);
    let mut tail = Tailing::json(&world, &["ops", "--for", "8s"]);
    broadcast(&server, "ops", &["evt::"]);
    tail.wait_for(|line| line["type"] == "message");
    server.stop();
    tail.wait_for(|line| line["state"] == "disconnected");
    let lines = tail.end().json();
    assert_eq!(kinds(&lines), Vec::<&str>::new());
}

#[test]
fn a_server_that_does_not_reply_is_not_silent() {
    let server = RedisServer::start();
    let world = World::of(&server).config(HEARTBEAT);
    let mut tail = Tailing::json(&world, &["ops", "--for", "8s"]);
    broadcast(&server, "ops", &["evt::"]);
    tail.wait_for(|line| line["type"] == "message");
    server.freeze();
    tail.wait_for(|line| line["state"] == "stale");
    let lines = tail.end().json();
    server.thaw();
    assert_eq!(kinds(&lines), Vec::<&str>::new());
}

#[test]
fn a_flush_is_a_counter_reset_and_no_silence() {
    let server = RedisServer::start();
    let world = World::of(&server).config(HEARTBEAT);
    let mut tail = Tailing::json(&world, &["ops"]);
    broadcast(&server, "ops", &["evt::"]);
    tail.wait_for(|line| line["type"] == "message");
    server.command::<()>(&["FLUSHALL"]);
    tail.wait_for(|line| is_finding(line, "counter_reset"));
    broadcast(&server, "ops", &["evt::"]);
    let last = tail.wait_for(|line| line["type"] == "message");
    let silent = tail.wait_for(|line| is_finding(line, "silent"));
    assert_eq!(silent["since"], last["at"]);
    tail.signal("-INT");
    assert_eq!(kinds(&tail.end().json()), ["counter_reset", "silent"]);
}

#[test]
fn a_silence_survives_a_restart_and_is_reported_once() {
    let server = RedisServer::start();
    let world = World::of(&server).config(HEARTBEAT);
    // With a pattern, the new process learns of the channel from the stored state only.
    let mut first = Tailing::json(&world, &["o*"]);
    broadcast(&server, "ops", &["evt::"]);
    let message = first.wait_for(|line| line["type"] == "message");
    first.signal("-INT");
    first.end();
    let mut second = Tailing::json(&world, &["o*"]);
    let silent = second.wait_for(|line| is_finding(line, "silent"));
    assert_eq!(silent["since"], message["at"]);
    second.signal("-INT");
    second.end();
    let mut third = Tailing::json(&world, &["o*"]);
    broadcast(&server, "ops", &["evt::"]);
    let resumed = third.wait_for(|line| is_finding(line, "resumed"));
    assert_eq!(resumed["since"], message["at"]);
    third.signal("-INT");
    assert_eq!(kinds(&third.end().json()), ["resumed"]);
}

#[test]
fn too_many_messages_of_a_name_are_reported() {
    let server = RedisServer::start();
    let world = World::of(&server).config(
        "
        [profile.a.expect.burst]
        channel = ['ops', 'b*']
        name = 'ev*'
        at_most = '5/1h'
        ",
    );
    // The channels of expectations are watched without further configuration.
    let mut tail = Tailing::json(&world, &[]);
    broadcast(&server, "billing", &["other::"; 20]);
    tail.wait_for(|line| line["sequence"] == 20);
    broadcast(&server, "billing", &["evt::"; 5]);
    tail.wait_for(|line| line["sequence"] == 25);
    broadcast(&server, "billing", &["evt::"]);
    let found = tail.wait_for(|line| is_finding(line, "too_many"));
    assert_eq!(
        (&found["channel"], &found["count"], &found["expected"]),
        (&json!("billing"), &json!(6), &json!("at most 5/h"))
    );
}
