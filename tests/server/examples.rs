//! The programs in `examples`, with a real server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aircheck::broadcast::Broadcast;

use crate::record::program::Studio;
use crate::support::RedisServer;

/// Builds the examples, which is fast if they are built already. Returns the path of one of them.
fn example(name: &str) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    // Variables of the test's own Cargo would make build scripts run again.
    let own = std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("CARGO_"));
    for variable in own.filter(|name| !["CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_BUILD_JOBS"].contains(&name.as_str()))
    {
        cargo.env_remove(variable);
    }
    let built =
        cargo.args(["build", "--quiet", "--locked", "--examples"]).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let built = built.unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    Path::new(env!("CARGO_BIN_EXE_aircheck")).with_file_name("examples").join(name)
}

/// Runs an example to its end. Returns its output.
fn run(name: &str, arguments: &[&str]) -> String {
    let output = Command::new(example(name)).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Starts an example, waits for a line of its output, publishes, and returns the remaining output.
fn run_while_publishing(name: &str, server: &RedisServer, line: &str) -> Vec<String> {
    let publish = example("publish");
    let mut listening = Command::new(example(name)).arg(server.url()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(listening.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.by_ref().any(|found| found == line), "the line {line:?} is missing");
    let published = Command::new(publish).arg(server.url()).output().unwrap();
    let published = String::from_utf8(published.stdout).unwrap();
    assert_eq!(published, "sent #1 to 1 receivers\nsent #2 to 1 receivers\nsent #3 to 1 receivers\n");
    let rest = lines.collect();
    assert!(listening.wait().unwrap().success());
    rest
}

#[test]
fn listen_handles_the_messages_of_publish() {
    let server = RedisServer::start();
    let lines = run_while_publishing("listen", &server, "listening");
    let shutdown = "#3: shutdown Some(Object {\"reason\": String(\"maintenance\")})";
    assert_eq!(lines, ["#1: cache-flush", "#2: A-17 costs 9.5", shutdown, "ended: Requested"]);
}

#[test]
fn stream_returns_the_messages_of_publish() {
    let server = RedisServer::start();
    let lines = run_while_publishing("stream", &server, "listening after Some(0)");
    let messages: Vec<&String> = lines.iter().filter(|line| line.starts_with('#')).collect();
    assert_eq!(messages, ["#1: cache-flush", "#2: price-update", "#3: shutdown"]);
}

#[test]
fn resume_reports_what_was_missed_between_two_runs() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("position");
    let file = file.to_str().unwrap();
    assert_eq!(run("resume", &[&server.url(), file]), "listening\n");
    run("publish", &[&server.url()]);
    assert_eq!(run("resume", &[&server.url(), file]), "listening\nmissed Some(1) to Some(3)\n");
    assert_eq!(run("resume", &[&server.url(), file]), "listening\n");
}

#[test]
fn recover_reads_missed_messages_from_a_recording() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "ops.db"]);
    recorder.wait_for(&["state=connected"]);
    run("publish", &[&server.url()]);
    recorder.wait_for_committed(3);
    let recording = studio.path("ops.db");
    let recording = recording.to_str().unwrap();
    let recovered = run("recover", &[&server.url(), recording, "1"]);
    assert_eq!(recovered, "missed 2 to 3\n#2: price-update\n#3: shutdown\n");
    // A recording of another database is rejected.
    let other = Broadcast::new(&format!("{}/1", server.url()), "ops").unwrap();
    let error = other.recording(recording).unwrap_err().to_string();
    assert!(
        error.starts_with("the recording is of redis://127.0.0.1:") && error.contains(", but the server is "),
        "{error}"
    );
}
