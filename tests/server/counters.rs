//! The counters that are kept between runs.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use aircheck::ledger::known::{KnownCounter, ServerId};
use aircheck::ledger::sequence::Channel;
use aircheck::recording::counters::Counters;
use aircheck::redis::subscription::now_micros;

use crate::record::program::sql;
use crate::support::RedisServer;
use crate::tailing::{Tailing, broadcast};
use crate::world::World;

fn known(channel: &[u8], counter: u64, at: i64) -> KnownCounter {
    KnownCounter { channel: Channel::new(channel), counter, server: None, at, lost: None }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn counters_are_loaded_only_for_their_server() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("state/aircheck/counters.db");
    let mut saved =
        [known(b"", 0, -1), known(b"audit\xff\0", i64::MAX.unsigned_abs(), i64::MAX), known(b"ops", u64::MAX, 5)];
    saved[1].server = ServerId::new("run", "replication").map(Arc::new);
    Counters::open(&file).unwrap().save("redis://a:1/0", &saved).unwrap();
    let store = Counters::open(&file).unwrap();
    assert_eq!(store.load("redis://a:1/0").unwrap(), saved);
    assert_eq!(store.load("redis://a:1/1").unwrap(), []);
}

#[test]
fn only_the_owner_can_read_the_counters_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("state/aircheck/counters.db");
    Counters::open(&file).unwrap();
    assert_eq!(format!("{:o}", mode(&file)), "600");
    assert_eq!(format!("{:o}", mode(file.parent().unwrap())), "700");
}

#[test]
fn the_later_counter_is_kept_even_if_it_is_lower() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("counters.db");
    let (mut one, mut other) = (Counters::open(&file).unwrap(), Counters::open(&file).unwrap());
    one.save("s", &[known(b"ops", 100, 10)]).unwrap();
    other.save("s", &[known(b"ops", 3, 20)]).unwrap();
    one.save("s", &[known(b"ops", 101, 15)]).unwrap();
    assert_eq!(one.load("s").unwrap(), [known(b"ops", 3, 20)]);
}

#[test]
fn a_counter_stored_by_a_clock_ahead_is_replaced() {
    const HOUR: i64 = 3_600_000_000;
    let directory = tempfile::tempdir().unwrap();
    let mut store = Counters::open(&directory.path().join("counters.db")).unwrap();
    for (ahead, kept) in [(HOUR, 9), (HOUR + 1, 10), (i64::MAX, 10)] {
        store.save("s", &[known(b"ops", 9, i64::MIN)]).unwrap();
        store.save("s", &[known(b"ops", 9, ahead)]).unwrap();
        store.save("s", &[known(b"ops", 10, 0)]).unwrap();
        assert_eq!(store.load("s").unwrap()[0].counter, kept, "{ahead}");
    }
}

#[test]
fn counters_of_many_processes_are_all_stored() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("counters.db");
    std::thread::scope(|scope| {
        for writer in 0..8_u8 {
            let file = &file;
            scope.spawn(move || {
                let mut store = Counters::open(file).unwrap();
                for at in 1..=20 {
                    store.save("s", &[known(&[writer], at, i64::try_from(at).unwrap())]).unwrap();
                }
            });
        }
    });
    let loaded = Counters::open(&file).unwrap().load("s").unwrap();
    assert_eq!(loaded, (0..8_u8).map(|writer| known(&[writer], 20, 20)).collect::<Vec<_>>());
}

#[test]
fn other_files_are_rejected_as_counters_file_and_left_unchanged() {
    let directory = tempfile::tempdir().unwrap();
    let text = directory.path().join("text");
    std::fs::write(&text, "this is not a database, and long enough to be taken for one by its first bytes").unwrap();
    let newer = directory.path().join("newer");
    rusqlite::Connection::open(&newer).unwrap().execute_batch("PRAGMA user_version = 3").unwrap();
    let other = directory.path().join("other");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE mine (a)").unwrap();
    for file in [text, newer, other] {
        let before = std::fs::read(&file).unwrap();
        let error = Counters::open(&file).unwrap_err().to_string();
        assert!(error.contains(file.to_str().unwrap()) && error.contains("AIRCHECK_STATE"), "{error}");
        assert_eq!(std::fs::read(&file).unwrap(), before);
    }
}

/// The stored time of the counter of `ops`.
fn stored_at(world: &World) -> i64 {
    sql(&world.state()).query_row("SELECT at_unix_micros FROM counter", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_command_that_ends_stores_until_when_it_was_subscribed() {
    let listen = ["listen", "ops", "--on", "evt=true", "--format", "json"];
    for words in [&["tail", "ops", "--format", "json"][..], &listen] {
        let server = RedisServer::start();
        let world = World::of(&server);
        let mut running = Tailing::spawn(world.process(words));
        running.wait_for(|line| line["type"] == "link" && line["state"] == "connected");
        broadcast(&server, "ops", &["evt::"]);
        running.wait_for(|line| line["name"] == "evt");
        // The counter was stored before this time.
        let before_end = now_micros();
        running.signal("-TERM");
        assert_eq!(running.end().status, 0);
        let at = stored_at(&world);
        assert!(at >= before_end, "{words:?}: stored {} µs before the end", before_end - at);
    }
}

#[test]
fn tail_with_a_limit_stores_until_when_it_was_subscribed() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let mut running = Tailing::json(&world, &["ops", "--idle", "500ms"]);
    broadcast(&server, "ops", &["evt::"]);
    let message = running.wait_for(|line| line["type"] == "message");
    assert_eq!(running.end().status, 0);
    let received: jiff::Timestamp = message["at"].as_str().unwrap().parse().unwrap();
    let subscribed_for = stored_at(&world) - received.as_microsecond();
    assert!(subscribed_for >= 500_000, "{subscribed_for}");
}
