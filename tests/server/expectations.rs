//! Expectations with a real server: a dead publisher is silent, a dead server is unknown.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::json_schema::validated;
use crate::record::program::sql;
use crate::record::service::{ask, check_metrics, value};
use crate::support::{LIMIT, RedisServer, free_port};
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
    // The recorder detects the silence independently of the others.
    let file = world.home().join("ops.db");
    wait_for_findings(&file, 1);
    broadcast(&server, "ops", &["evt::"]);
    let resumed = tail.wait_for(|line| is_finding(line, "resumed"));
    assert_eq!((&resumed["since"], &resumed["expectation"]), (&message["at"], &json!("heartbeat")));
    assert!(resumed["duration_micros"].as_u64().unwrap() >= duration);
    listener.wait_for(|line| is_finding(line, "resumed"));
    wait_for_findings(&file, 2);
    for process in [&recorder, &listener, &tail] {
        process.signal("-INT");
    }
    assert_eq!((recorder.wait(), tail.wait()), (0, 0));
    let query =
        "SELECT group_concat(kind || ' ' || expectation || ' ' || expected || ' ' || proved, ', ') FROM findings";
    let in_file: String = sql(&file).query_row(query, [], |row| row.get(0)).unwrap();
    assert_eq!(in_file, "silent heartbeat at least 1/s 1, resumed heartbeat at least 1/s 0");
    let shown =
        world.command(&["show", "ops.db", "--filter", "kind:silent"]).current_dir(world.home()).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("silent  no message for ") && shown.contains("heartbeat: at least 1/s"), "{shown}");
}

/// Waits until this many findings are recorded.
fn wait_for_findings(file: &Path, count: i64) {
    let deadline = Instant::now() + LIMIT;
    let recorded = || sql(file).query_row("SELECT count(*) FROM findings", [], |row| row.get::<_, i64>(0)).unwrap();
    while recorded() < count {
        assert!(Instant::now() < deadline, "{} of {count} findings are recorded", recorded());
        thread::sleep(Duration::from_millis(20));
    }
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

#[test]
fn a_check_finds_a_silence_without_a_subscription() {
    let server = RedisServer::start();
    let world = World::of(&server).config(HEARTBEAT);
    let check = |format: &str| world.run(&["check", "--expect", "--format", format]);
    let state = |status: i32| {
        let checked = check("json");
        assert_eq!(checked.status, status, "{}", checked.out);
        checked.json()[0]["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(0), "new");
    broadcast(&server, "ops", &["evt::"]);
    assert_eq!(state(0), "met");
    // The period passes while another command watches for its time.
    world.run(&["tail", "other", "--for", "2500ms"]);
    assert_eq!(state(1), "silent");
    let words = check("text").out;
    assert!(words.contains("ops  ┄ heartbeat silent since ") && words.contains(": at least 1/s; "), "{words}");
    let nagios = check("nagios");
    assert_eq!(nagios.status, 2);
    assert!(
        nagios.out.starts_with("AIRCHECK CRITICAL: ops silent (heartbeat: at least 1/s) | 'ops heartbeat age'="),
        "{}",
        nagios.out
    );
    broadcast(&server, "ops", &["evt::"; 30]);
    assert_eq!(state(0), "met");
    server.command::<()>(&["FLUSHALL"]);
    assert_eq!(state(0), "unknown");
}

#[test]
fn a_check_uses_the_state_of_a_subscription() {
    let server = RedisServer::start();
    let world = World::of(&server).config(HEARTBEAT);
    let mut tail = Tailing::json(&world, &["ops"]);
    broadcast(&server, "ops", &["evt::"]);
    let message = tail.wait_for(|line| line["type"] == "message");
    tail.wait_for(|line| is_finding(line, "silent"));
    tail.signal("-INT");
    tail.end();
    let checked = world.run(&["check", "--expect", "--format", "json"]);
    let line = &checked.json()[0];
    assert_eq!((checked.status, &line["state"], &line["since"]), (1, &json!("silent"), &message["at"]));
}

#[test]
fn a_check_needs_expectations_and_a_server() {
    let mut server = RedisServer::start();
    let without = World::of(&server).run(&["check", "--expect"]);
    assert_eq!(without.status, 2);
    assert!(
        without.err.contains("the profile has no expectations; add [profile.NAME.expect.TITLE]"),
        "{}",
        without.err
    );
    let world = World::of(&server).config(HEARTBEAT);
    server.stop();
    assert_eq!(world.run(&["check", "--expect"]).status, 3);
    let nagios = world.run(&["check", "--expect", "--format", "nagios"]);
    assert_eq!(nagios.status, 3);
    assert!(nagios.out.starts_with("AIRCHECK UNKNOWN: "), "{}", nagios.out);
}

/// Waits until a metric has this value.
fn wait_for_metric(address: &str, name: &str, expected: &str) -> String {
    let deadline = Instant::now() + LIMIT;
    loop {
        let (status, metrics) = ask(address, "GET /metrics");
        assert_eq!(status, 200);
        let line = format!("{name} {expected}");
        if metrics.lines().any(|it| it == line) {
            return metrics;
        }
        assert!(Instant::now() < deadline, "no {line} in\n{metrics}");
    }
}

#[test]
fn the_metrics_of_tail_and_record_show_whether_an_expectation_is_met() {
    let mut server = RedisServer::start();
    let world = World::of(&server).config(HEARTBEAT);
    let (first, second) = (format!("127.0.0.1:{}", free_port()), format!("127.0.0.1:{}", free_port()));
    let mut tail = Tailing::json(&world, &["--metrics", &first]);
    let mut recorder = world.process(&["record", "-o", "ops.db", "--metrics", &second]);
    recorder.current_dir(world.home());
    let recorder = Tailing::spawn(recorder);
    server.wait_for(&["PUBSUB", "NUMSUB", "ops"], |answer| format!("{answer:?}").contains("int(2)"));
    let met = "aircheck_expectation_met{channel=\"ops\",expectation=\"heartbeat\"}";
    wait_for_metric(&first, met, "NaN");
    broadcast(&server, "ops", &["evt::"]);
    wait_for_metric(&first, met, "1");
    tail.wait_for(|line| is_finding(line, "silent"));
    for address in [&first, &second] {
        let metrics = wait_for_metric(address, met, "0");
        check_metrics(&metrics);
        for (name, expected) in [
            ("aircheck_messages_total{channel=\"ops\",verdict=\"unsigned\"}", "1"),
            ("aircheck_messages_total{channel=\"other\",verdict=\"unsigned\"}", "0"),
            ("aircheck_findings_total{channel=\"ops\",kind=\"silent\"}", "1"),
            ("aircheck_sequence{channel=\"ops\"}", "1"),
            ("aircheck_last_message_timestamp_seconds{channel=\"other\"}", "0.000000"),
            ("aircheck_link_live", "1"),
            ("aircheck_queue_bytes", "0"),
        ] {
            assert_eq!(value(&metrics, name), expected, "{name} at {address}");
        }
        let (buckets, count) =
            ("aircheck_barrier_round_trip_seconds_bucket{le=\"+Inf\"}", "aircheck_barrier_round_trip_seconds_count");
        assert_ne!(value(&metrics, buckets), "0");
        assert_eq!(value(&metrics, buckets), value(&metrics, count));
    }
    assert_eq!(ask(&first, "GET /healthz"), (200, "watching\n".to_owned()));
    broadcast(&server, "ops", &["evt::"]);
    wait_for_metric(&second, met, "1");
    server.stop();
    for address in [&first, &second] {
        wait_for_metric(address, met, "NaN");
        wait_for_metric(address, "aircheck_link_live", "0");
    }
    for process in [&tail, &recorder] {
        process.signal("-INT");
    }
}

/// Writes a program of that text, and returns the alerts that run it.
fn alerts(world: &World, text: &str) -> String {
    let program = world.file("alert", &format!("#!/bin/sh\n{text}\n"));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    format!("{HEARTBEAT}\n[profile.a.alerts]\ncommand = ['~/alert']\nkinds = ['silent']\n")
}

/// Waits until a file has this many lines.
fn wait_for_lines(path: &Path, count: usize) -> Vec<Value> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let text = fs::read_to_string(path).unwrap_or_default();
        if text.ends_with('\n') && text.lines().count() >= count {
            return text.lines().map(validated).collect();
        }
        assert!(Instant::now() < deadline, "{} has only {text}", path.display());
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn tail_and_record_run_the_alert_command_and_resolve_with_the_same_id() {
    let server = RedisServer::start();
    for command in [&["tail"][..], &["record", "-o", "ops.db"]] {
        let world = World::of(&server);
        let out = world.home().join("out");
        // It fails once.
        let script = format!("[ -e ~/failed ] || {{ touch ~/failed; exit 3; }}\ncat >> {}", out.display());
        let config = alerts(&world, &script);
        let world = world.config(&config);
        let mut running = world.process(command);
        let running = Tailing::spawn(std::mem::replace(running.current_dir(world.home()), Command::new("true")));
        server.wait_for(&["PUBSUB", "NUMSUB", "ops"], |answer| format!("{answer:?}").contains("int(1)"));
        broadcast(&server, "ops", &["evt::"]);
        let silent = wait_for_lines(&out, 1)[0].clone();
        assert_eq!((&silent["kind"], &silent["alert"]), (&json!("silent"), &json!("firing")));
        broadcast(&server, "ops", &["evt::"]);
        let resumed = wait_for_lines(&out, 2)[1].clone();
        assert_eq!((&resumed["kind"], &resumed["alert"]), (&json!("resumed"), &json!("resolved")));
        assert_eq!(silent["alert_id"], resumed["alert_id"]);
        running.signal("-INT");
        let ended = running.end();
        let failure = if command[0] == "tail" {
            "Warning: the alert's command failed: it ended with status 3"
        } else {
            "event=alert_failed reason=\"it ended with status 3\""
        };
        assert!(ended.err.contains(failure), "{}", ended.err);
        server.wait_for(&["PUBSUB", "NUMSUB", "ops"], |answer| format!("{answer:?}").contains("int(0)"));
    }
}
