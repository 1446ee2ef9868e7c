//! The log file of `--log-file`: it contains the events to diagnose problems, but no payload and no secret.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use crate::needles::Needles;
use crate::support::RedisServer;
use crate::tailing::{Tailing, broadcast};
use crate::world::World;

const PASSWORD: &str = "pass-w0rd-of-redis";
const KEY: &str = "own-k3y-that-signs";
/// What the messages contain: a name, data, a key name and the start of a signature.
const PARTS: [&str; 4] = ["name-of-a-message", "data-of-a-message", "key-of-a-message", "0123456789abcdef"];

/// The events of a log: level, and the text after the time.
fn events(log: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(log).unwrap();
    text.lines()
        .map(|line| {
            let mut parts = line.splitn(2, char::is_whitespace);
            let time = parts.next().unwrap();
            assert!(time.ends_with('Z') && time.parse::<jiff::Timestamp>().is_ok(), "{line}");
            let (level, event) = parts.next().unwrap().trim_start().split_once(' ').unwrap();
            (level.to_owned(), event.to_owned())
        })
        .collect()
}

/// Asserts that the log has an event with each of these levels and texts, in this order.
fn assert_order(log: &Path, wanted: &[(&str, &str)]) {
    let events = events(log);
    let mut rest = events.iter();
    for (level, text) in wanted {
        let found = rest.any(|(of, event)| of == level && event.contains(text));
        assert!(found, "no {level} with {text} in its place: {events:#?}");
    }
}

#[test]
fn the_log_has_connections_and_workers_but_no_payload_and_no_secret() {
    let server = RedisServer::start_with(&["--requirepass", PASSWORD]);
    let needles = Needles::of(&[&[PASSWORD, KEY], &PARTS[..]].concat());
    let world = World::new(&format!("redis://:{PASSWORD}@127.0.0.1:{}", server.port()));
    let log = world.home().join("a.log");
    let words = ["tail", "ops", "--format", "json", "--filter", "| (def f: f; f)", "--log-file"];
    let process = || {
        let mut process = world.process(&[&words[..], &[log.to_str().unwrap()]].concat());
        process.env("AIRCHECK_LOG", "trace");
        process
    };
    let mut tail = Tailing::spawn(process());
    tail.wait_for(|line| line["state"] == "connected");
    let [name, data, key, signature] = PARTS;
    let unsigned = format!("{name}::{{\"a\":\"{data}\"}}");
    let signed = format!("{name}:sha256|{key}|1795516352|{}:\"{data}\"", signature.repeat(4));
    broadcast(&server, "ops", &[&unsigned, &signed]);
    tail.wait_for(|line| line["filter_error"] == "too slow");
    let _: i64 = server.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    tail.wait_for(|line| line["state"] == "disconnected");
    tail.wait_for(|line| line["state"] == "connected");
    tail.signal("-TERM");
    tail.end();
    assert_order(
        &log,
        &[
            ("INFO", "command=tail"),
            ("INFO", "connecting server=127.0.0.1:"),
            ("DEBUG", "subscribed server=127.0.0.1:"),
            ("INFO", "connected, all subscriptions confirmed server=127.0.0.1:"),
            ("INFO", "jq worker started pid="),
            ("WARN", "jq worker failed reason=too slow"),
            ("WARN", "connection lost server=127.0.0.1:"),
            ("INFO", "connected, all subscriptions confirmed"),
            ("INFO", "received a signal signal=Terminate"),
            ("INFO", "ended status=0"),
        ],
    );
    assert_eq!(fs::metadata(&log).unwrap().permissions().mode() & 0o777, 0o600);
    needles.assert_absent("the log", &fs::read(&log).unwrap());

    let before = fs::read(&log).unwrap();
    let mut tail = Tailing::spawn(process());
    tail.wait_for(|line| line["state"] == "connected");
    tail.signal("-TERM");
    tail.end();
    assert!(fs::read(&log).unwrap().starts_with(&before), "the log is appended to");
}

#[test]
fn every_attempt_to_connect_is_logged_with_its_reason() {
    let world = World::new(&format!("redis://:{PASSWORD}@127.0.0.1:1"));
    let log = world.home().join("a.log");
    for words in [&["tail", "ops", "--for", "1s"][..], &["publish", "ops", "evt"]] {
        world.run(&[words, &["--log-file", log.to_str().unwrap()]].concat());
    }
    assert_order(
        &log,
        &[
            ("INFO", "connecting server=127.0.0.1:1"),
            ("WARN", "cannot connect server=127.0.0.1:1 reason=cannot reach 127.0.0.1:1: Connection refused"),
            ("INFO", "command=publish"),
            ("WARN", "cannot connect for commands reason=127.0.0.1:1: Connection refused"),
            ("INFO", "ended status=3"),
        ],
    );
    Needles::of(&[PASSWORD]).assert_absent("the log", &fs::read(&log).unwrap());
}

#[test]
fn the_level_limits_the_log_and_without_a_file_nothing_is_logged() {
    let world = World::new("redis://nowhere");
    let log = world.home().join("a.log");
    let of = |level: &str, words: &[&str]| {
        let mut command = world.command(&[&["inspect", "evt"], words].concat());
        let output = command.env("AIRCHECK_LOG", level).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let to_file = ["--log-file", log.to_str().unwrap()];
    assert_eq!(of("warn", &to_file).0, 0);
    assert_eq!(fs::read_to_string(&log).unwrap(), "");
    assert_eq!(of("off,aircheck::commands=info", &to_file).0, 0);
    assert_eq!(events(&log).len(), 2);
    assert_eq!(of("trace", &[]), (0, String::new()));
    let (status, error) = of("loud", &to_file);
    assert_eq!(status, 2);
    assert!(error.starts_with("aircheck: AIRCHECK_LOG: invalid level \"loud\"; use off, error, "), "{error}");
}

#[test]
fn a_log_that_is_no_file_of_the_user_is_rejected() {
    let world = World::new("redis://nowhere");
    let target = world.file("other", "text");
    let link = world.home().join("link");
    symlink(&target, &link).unwrap();
    for (log, why) in [(link.as_path(), "it is a symbolic link"), (Path::new("/dev/stderr"), ""), (world.home(), "")] {
        let ended = world.run(&["inspect", "evt", "--log-file", log.to_str().unwrap()]);
        assert_eq!(ended.status, 2, "{}", log.display());
        assert!(ended.err.starts_with("aircheck: cannot log to ") && ended.err.contains(why), "{}", ended.err);
    }
    assert_eq!(fs::read_to_string(target).unwrap(), "text");
}
