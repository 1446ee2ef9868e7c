//! Watching writes nothing to the server.

use std::process::{Command, Stdio};

use super::console::{broadcast, console};
use super::support::RedisServer;

/// The commands that write or publish, with how often the server ran them.
fn writes(server: &RedisServer) -> Vec<(String, String)> {
    let writing: Vec<String> = server.command(&["ACL", "CAT", "write"]);
    let stats: String = server.command(&["INFO", "commandstats"]);
    let calls = stats.lines().filter_map(|line| line.strip_prefix("cmdstat_")?.split_once(":calls="));
    let calls = calls.filter(|(name, _)| name.contains("publish") || writing.iter().any(|write| write == name));
    calls.map(|(name, rest)| (name.to_owned(), rest.split(',').next().unwrap().to_owned())).collect()
}

#[test]
fn watch_tail_record_and_check_write_nothing() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let program = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aircheck"));
        command
            .env_clear()
            .env("HOME", directory.path())
            .env("AIRCHECK_URL", server.url())
            .current_dir(directory.path());
        command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let mut watch = console(&server, directory.path(), &["ops", "billing:*"], (120, 40));
    watch.wait_for("● live");
    let mut tail = program(&["tail", "ops", "--count", "1"]).spawn().unwrap();
    let mut record = program(&["record", "ops", "-o", "a.db"]).spawn().unwrap();
    server.wait_for(&["PUBSUB", "NUMSUB", "ops"], |answer| format!("{answer:?}").contains("int(3)"));
    broadcast(&server, "ops", b"evt::1");
    watch.wait_for("#1");
    assert!(tail.wait().unwrap().success());
    assert!(program(&["check", "ops"]).status().unwrap().success());
    watch.type_keys("\x03");
    assert_eq!(watch.wait_for_end(), 0);
    record.kill().unwrap();
    record.wait().unwrap();
    let ours = ["incrby", "publish"].map(|name| (name.to_owned(), "1".to_owned()));
    let mut found = writes(&server);
    found.sort();
    assert_eq!(found, ours, "only the broadcast of this test writes");
}
