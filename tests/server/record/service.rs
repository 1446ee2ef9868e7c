//! Notification of systemd, and metrics for Prometheus.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::program::{Recorder, Studio};
use crate::listening::broadcast;
use crate::support::{LIMIT, RedisServer};

/// The answer to a request: its status and its text.
pub(crate) fn ask(address: &str, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), text.to_owned())
}

pub(crate) fn value<'a>(metrics: &'a str, name: &str) -> &'a str {
    let line = metrics.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')));
    line.unwrap_or_else(|| panic!("no {name} in\n{metrics}")).rsplit(' ').next().unwrap()
}

/// Checks the text with `promtool`, which knows the format and the naming conventions.
pub(crate) fn check_metrics(metrics: &str) {
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut promtool =
        promtool.spawn().unwrap_or_else(|error| panic!("promtool, of Debian's package prometheus: {error}"));
    promtool.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}\n{metrics}");
}

#[test]
fn metrics_count_received_and_recorded_messages() {
    let mut server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db", "--metrics", "127.0.0.1:0"]);
    let line = recorder.wait_for(&["event=metrics"]);
    let address = line.rsplit("address=").next().unwrap();
    recorder.wait_for(&["state=connected"]);
    broadcast(&server, "ops", "evt::{\"a\":1}");
    broadcast(&server, "ops", "evt::no json");
    // Their barrier is the first one: a count before it cannot be noticed.
    recorder.wait_for_committed(2);
    server.command::<u64>(&["INCR", "system_broadcast_sequence_ops"]);
    let finding = "aircheck_findings_total{channel=\"ops\",kind=\"counted_not_received\"}";
    let deadline = Instant::now() + LIMIT;
    let metrics = loop {
        assert!(Instant::now() < deadline, "no finding: {:#?}", ask(address, "GET /metrics"));
        let (status, metrics) = ask(address, "GET /metrics");
        assert_eq!(status, 200);
        if value(&metrics, finding) == "1" {
            break metrics;
        }
    };
    for (name, expected) in [
        ("aircheck_messages_total{channel=\"ops\",verdict=\"unsigned\"}", "1"),
        ("aircheck_messages_total{channel=\"ops\",verdict=\"rejected\"}", "1"),
        ("aircheck_rejections_total{channel=\"ops\",rejection=\"invalid_json\"}", "1"),
        ("aircheck_finding_broadcasts_total{kind=\"counted_not_received\"}", "1"),
        ("aircheck_recorded_messages_total", "2"),
        ("aircheck_not_recorded_messages_total", "0"),
        ("aircheck_recording", "1"),
        ("aircheck_link_live", "1"),
        ("aircheck_recorder_lag_seconds", "0"),
    ] {
        assert_eq!(value(&metrics, name), expected, "{name}");
    }
    check_metrics(&metrics);
    assert_eq!(ask(address, "GET /healthz"), (200, "recording\n".to_owned()));
    assert_eq!(ask(address, "GET /").0, 404);
    assert_eq!(ask(address, "POST /metrics").0, 405);
    server.stop();
    recorder.wait_for(&["event=link", "state=disconnected"]);
    assert_eq!(ask(address, "GET /healthz"), (503, "link: disconnected\n".to_owned()));
    let taken = studio.output(&["record", "ops", "-o", "b.db", "--metrics", address]);
    let error = String::from_utf8(taken.stderr).unwrap();
    assert!(taken.status.code() == Some(2) && error.contains("Address already in use"), "{error}");
    assert!(recorder.end().success());
}

#[test]
fn a_recorder_is_not_healthy_while_all_channels_are_denied() {
    let server = RedisServer::start();
    server.command::<()>(&["ACL", "SETUSER", "default", "resetchannels", "&billing"]);
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "sales", "-o", "a.db", "--metrics", "127.0.0.1:0"]);
    let address = recorder.wait_for(&["event=metrics"]).rsplit("address=").next().unwrap().to_owned();
    recorder.wait_for(&["state=denied", "channel=ops"]);
    recorder.wait_for(&["state=denied", "channel=sales"]);
    let denied = (503, "not recording: access to all channels is denied\n".to_owned());
    assert_eq!(ask(&address, "GET /healthz"), denied);
    server.command::<()>(&["ACL", "SETUSER", "default", "&sales"]);
    server.command::<()>(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    recorder.wait_for(&["state=granted", "channel=sales"]);
    assert_eq!(ask(&address, "GET /healthz"), (200, "recording\n".to_owned()));
    assert!(recorder.end().success());
}

#[test]
fn slow_metrics_clients_are_disconnected_after_two_seconds() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db", "--metrics", "127.0.0.1:0"]);
    let line = recorder.wait_for(&["event=metrics"]);
    let address = line.rsplit("address=").next().unwrap();
    recorder.wait_for(&["state=connected"]);
    let half_open = || {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET /healthz HT").unwrap();
        stream
    };
    for clients in [64, 200] {
        let slow: Vec<TcpStream> = (0..clients).map(|_| half_open()).collect();
        let started = Instant::now();
        assert_eq!(ask(address, "GET /healthz"), (200, "recording\n".to_owned()));
        // Immediately, plus one second for a busy machine.
        assert!(started.elapsed() < Duration::from_secs(1), "{clients}: {:?}", started.elapsed());
        drop(slow);
    }
    let opened = Instant::now();
    let mut slow = half_open();
    slow.set_read_timeout(Some(LIMIT)).unwrap();
    slow.read_to_end(&mut Vec::new()).unwrap();
    assert!(opened.elapsed() < Duration::from_secs(5), "{:?}", opened.elapsed());
    assert!(recorder.end().success());
}

#[test]
fn systemd_is_notified_of_start_reload_stop_and_watchdog() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let socket = UnixDatagram::bind(studio.path("notify")).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let wait_for = |wanted: &str| {
        let mut buffer = [0; 4096];
        loop {
            let length = socket.recv(&mut buffer).unwrap_or_else(|error| panic!("{wanted} did not come: {error}"));
            let text = String::from_utf8(buffer[..length].to_vec()).unwrap();
            if text.lines().any(|line| line.starts_with(wanted)) {
                return text;
            }
        }
    };
    let mut command = studio.command(&["record", "ops", "-o", "a.db"]);
    command.env("NOTIFY_SOCKET", studio.path("notify")).env("WATCHDOG_USEC", "5000000");
    let mut recorder = Recorder::start(&mut command);
    wait_for("READY=1");
    wait_for("STATUS=◉ REC  0 recorded");
    wait_for("WATCHDOG=1");
    recorder.wait_for(&["state=connected"]);
    recorder.signal("-HUP");
    assert!(wait_for("RELOADING=1").contains("MONOTONIC_USEC="));
    wait_for("READY=1");
    assert!(recorder.end().success());
    wait_for("STOPPING=1");
}
