//! Recording goes on while the store is down, and shipping catches up.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::postgres::PostgresServer;
use super::shipping::wait_for;
use crate::record::program::Studio;
use crate::support::{LIMIT, RedisServer, free_port};

const MESSAGES: &str = "SELECT count(*) FROM aircheck.message";

fn get(port: u16, path: &str) -> String {
    let mut answer = String::new();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn wait_for_page(port: u16, path: &str, expected: &str) -> String {
    let deadline = Instant::now() + LIMIT;
    loop {
        let page = get(port, path);
        if page.contains(expected) {
            return page;
        }
        assert!(Instant::now() < deadline, "{path} lacks {expected}: {page}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn publish(redis: &RedisServer, messages: u32) {
    let mut connection = redis.connection(0).unwrap();
    for number in 0..messages {
        let mut pipeline = redis::pipe();
        pipeline
            .atomic()
            .publish("ops", format!("evt::{number}"))
            .ignore()
            .incr("system_broadcast_sequence_ops", 1)
            .ignore();
        pipeline.exec(&mut connection).unwrap();
    }
}

#[test]
fn recording_does_not_wait_and_shipping_catches_up() {
    let Some(mut store) = PostgresServer::start() else { return };
    let redis = RedisServer::start();
    let studio = Studio::new(&redis.url());
    let url = store.url();
    store.crash();
    let metrics = free_port();
    let address = format!("127.0.0.1:{metrics}");
    let words = ["ops", "-o", "ops.db", "--to", &url, "--metrics", &address];
    let mut recorder = studio.record(&words);
    recorder.wait_for(&["event=link", "state=connected"]);
    recorder.wait_for(&["event=not_shipping", "cannot reach store", "connection refused"]);
    publish(&redis, 100);
    let page = wait_for_page(metrics, "/metrics", "aircheck_recorded_messages_total 100");
    assert!(page.contains("aircheck_store_connected 0"), "{page}");
    // The recorder is healthy: the file keeps what the store lacks.
    let health = wait_for_page(metrics, "/healthz", "not shipping: cannot reach store");
    assert!(health.starts_with("HTTP/1.1 200") && health.contains("\r\n\r\nrecording\n"), "{health}");

    store.restart();
    recorder.wait_for(&["event=shipping_resumed"]);
    wait_for(&store, MESSAGES, 100);
    wait_for_page(metrics, "/healthz", "shipping; 0 rows and 0.0 s behind");
    let page = wait_for_page(metrics, "/metrics", "aircheck_store_pending_rows 0");
    assert!(page.contains("aircheck_store_connected 1") && page.contains("\naircheck_store_lag_seconds 0\n"), "{page}");

    store.crash();
    publish(&redis, 50);
    wait_for_page(metrics, "/metrics", "aircheck_recorded_messages_total 150");
    publish(&redis, 1);
    store.restart();
    wait_for(&store, MESSAGES, 151);
    publish(&redis, 10);
    let (status, log) = recorder.end_with_log();
    assert!(status.success(), "{log:?}");
    // The end of the session is shipped too.
    assert_eq!(store.number(MESSAGES), 161);
    assert_eq!(store.query("SELECT ended FROM aircheck.session"), [["clean"]]);
    assert_eq!(store.query("SELECT complete FROM aircheck.shipped"), [["t"]]);
}

#[test]
fn rows_that_were_not_shipped_at_the_end_are_reported() {
    let Some(mut store) = PostgresServer::start() else { return };
    let redis = RedisServer::start();
    let studio = Studio::new(&redis.url());
    let url = store.url();
    store.crash();
    let mut recorder = studio.record(&["ops", "-o", "ops.db", "--to", &url]);
    recorder.wait_for(&["event=link", "state=connected"]);
    publish(&redis, 10);
    recorder.wait_for(&["event=committed"]);
    let (status, log) = recorder.end_with_log();
    assert_eq!(status.code(), Some(1));
    let last = log.last().unwrap();
    assert!(
        last.contains(" rows not shipped: cannot reach store ") && last.ends_with("; run aircheck ship ops.db"),
        "{last}"
    );
    store.restart();
    assert!(studio.output(&["ship", "ops.db", "--to", &url]).status.success());
    assert_eq!(store.number(MESSAGES), 10);
}
