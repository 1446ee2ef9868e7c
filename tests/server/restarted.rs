//! A server that restarts without its data. When its counter passes the old value, the number of missed messages is a lower
//! bound.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::mpsc::channel;
use std::time::Duration;

use aircheck::broadcast::{Broadcast, Missed, MissedCause, Position, StopReason};
use serde_json::json;

use crate::record::program::{Studio, sql};
use crate::support::RedisServer;
use crate::tailing::{Tailing, broadcast};
use crate::world::{COUNTER, World};

/// A server whose counter of `ops` is 1000.
fn server_at_1000() -> RedisServer {
    let server = RedisServer::start();
    server.command::<()>(&["SET", COUNTER, "1000"]);
    server
}

/// Restarts it without its data. The counter then reaches 1500.
fn restart(server: &mut RedisServer) {
    server.restart();
    server.command::<()>(&["SET", COUNTER, "1500"]);
}

#[test]
fn tail_and_check_report_lower_bounds_after_a_restart() {
    let mut server = RedisServer::start();
    server.command::<()>(&["SET", COUNTER, "999"]);
    let world = World::of(&server);
    let mut first = Tailing::json(&world, &["ops"]);
    broadcast(&server, "ops", &["evt::"]);
    first.wait_for(|line| line["sequence"] == 1000);
    first.signal("-INT");
    assert_eq!(first.end().status, 0);
    restart(&mut server);
    let checked = world.run(&["check", "ops", "--format", "json"]);
    let at = &checked.json()[0]["at"];
    let line = json!({"type": "check", "at": at, "channel": "ops", "known": 1000, "now": 1500, "missed": 500, "lower_bound": true});
    assert_eq!((checked.status, &checked.json()[0]), (1, &line));
    let words = world.run(&["check", "ops"]).out;
    assert!(
        words.contains("┄ ≥500 missed since ")
            && words.contains(": #1001–1500; there may be more: the server was restarted"),
        "{words}"
    );
    let mut second = Tailing::json(&world, &["ops"]);
    let found = second.wait_for(|line| line["type"] == "finding");
    assert_eq!(
        (&found["kind"], &found["sequence_from"], &found["sequence_to"], &found["lower_bound"]),
        (&json!("missed_not_running"), &json!(1001), &json!(1500), &json!(true))
    );
    // The same server from here on.
    broadcast(&server, "ops", &["evt::"]);
    second.wait_for(|line| line["sequence"] == 1501);
    second.signal("-INT");
    assert_eq!(second.end().status, 0);
    server.command::<()>(&["SET", COUNTER, "1510"]);
    let found = Tailing::json(&world, &["ops"]).wait_for(|line| line["type"] == "finding");
    assert_eq!((&found["sequence_from"], &found["lower_bound"]), (&json!(1502), &json!(false)));
}

#[test]
fn a_recording_reports_lower_bounds_after_a_restart() {
    let mut server = server_at_1000();
    let studio = Studio::new(&server.url());
    let record = |server: &RedisServer| {
        let mut recorder = studio.record(&["ops", "-o", "a.db"]);
        recorder.wait_for(&["state=connected"]);
        broadcast(server, "ops", &["evt::"]);
        recorder.wait_for_committed(1);
        assert!(recorder.end().success());
    };
    record(&server);
    restart(&mut server);
    record(&server);
    server.command::<()>(&["SET", COUNTER, "1510"]);
    record(&server);
    let connection = sql(&studio.path("a.db"));
    let mut gaps = connection.prepare("SELECT sequence_from, sequence_to, lower_bound FROM gaps ORDER BY id").unwrap();
    let gaps = gaps.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let gaps: Vec<(i64, i64, bool)> = gaps.collect::<Result<_, _>>().unwrap();
    assert_eq!(gaps, [(1002, 1500, true), (1502, 1510, false)]);
    let known: (String, String) = connection
        .query_row("SELECT run_id, replication_id FROM channel", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let info: String = server.command(&["INFO"]);
    assert!(info.contains(&format!("run_id:{}\r\n", known.0)), "{known:?}");
    assert!(info.contains(&format!("master_replid:{}\r\n", known.1)), "{known:?}");
}

#[test]
fn one_run_reports_lower_bounds_after_a_restart() {
    let mut server = server_at_1000();
    let mut tailing = Tailing::json(&World::of(&server), &["ops"]);
    broadcast(&server, "ops", &["evt::"]);
    tailing.wait_for(|line| line["sequence"] == 1001);
    // It must not connect again before the counter has passed its old value.
    tailing.signal("-STOP");
    restart(&mut server);
    tailing.signal("-CONT");
    let found = tailing.wait_for(|line| line["kind"] == "missed_disconnected" || line["kind"] == "counter_reset");
    assert_eq!(
        (&found["sequence_from"], &found["sequence_to"], &found["lower_bound"]),
        (&json!(1002), &json!(1500), &json!(true))
    );
}

#[test]
fn a_user_without_info_gets_lower_bounds() {
    let server = server_at_1000();
    server.command::<()>(&["ACL", "SETUSER", "default", "-info"]);
    let world = World::of(&server);
    assert!(world.run(&["check", "ops"]).out.contains("first check"));
    server.command::<()>(&["SET", COUNTER, "1001"]);
    let checked = world.run(&["check", "ops", "--format", "json"]);
    assert_eq!(checked.json()[0]["lower_bound"], true, "{checked:?}");
    let found = Tailing::json(&world, &["ops"]).wait_for(|line| line["type"] == "finding");
    assert_eq!((&found["sequence_from"], &found["lower_bound"]), (&json!(1001), &json!(true)));
}

#[test]
fn the_library_detects_a_restart_from_a_stored_position() {
    let mut server = server_at_1000();
    let url = server.url();
    let listen = || {
        let (sender, missed) = channel();
        let broadcast = Broadcast::new(&url, "ops").unwrap();
        let listener = broadcast.listener().on_missed(move |missed| sender.send(missed.clone()).unwrap());
        (listener.idle_timeout(Duration::from_millis(300)), missed)
    };
    let (mut first, _) = listen();
    assert_eq!(first.listen_blocking().unwrap(), StopReason::IdleTimeout);
    let position = first.last_position().unwrap().clone();
    assert_eq!(position.sequence, 1000);
    let missed_since = |lower_bound| {
        let (listener, missed) = listen();
        let mut listener = listener.resume_after(position.clone());
        assert_eq!(listener.listen_blocking().unwrap(), StopReason::IdleTimeout);
        let cause = MissedCause::NotRunning { lower_bound };
        let missed: Missed = missed.try_recv().unwrap();
        assert_eq!((missed.sequence_from, missed.sequence_to, missed.count), (Some(1001), Some(1500), Some(500)));
        assert_eq!(missed.cause, cause);
    };
    server.command::<()>(&["SET", COUNTER, "1500"]);
    missed_since(false);
    // A number without its server is not enough.
    let (alone, missed) = listen();
    assert_eq!(alone.resume_after(Position::from(1000)).listen_blocking().unwrap(), StopReason::IdleTimeout);
    assert_eq!(missed.try_recv().unwrap().cause, MissedCause::NotRunning { lower_bound: true });
    restart(&mut server);
    missed_since(true);
}
