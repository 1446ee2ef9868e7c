//! The alert command: its input, its environment, and the report of its failure.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::console::{broadcast, console};
use super::pty::Pty;
use super::support::{LIMIT, RedisServer};

/// The console in a profile whose alerts run a script of that text.
fn alerting(server: &RedisServer, directory: &Path, script: &str, more: &str) -> Pty {
    let program = directory.join("alert");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    let config = directory.join("config.toml");
    let text = format!("default_profile = 'a'\n[profile.a.alerts]\ncommand = ['~/alert', 'an argument']\n{more}\n");
    fs::write(&config, text).unwrap();
    fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).unwrap();
    let mut screen = console(server, directory, &["--config", config.to_str().unwrap(), "ops"], (120, 40));
    screen.wait_for("live");
    screen
}

/// Waits until a file is there and complete: its last line is `end`.
fn wait_for_file(path: &Path) -> String {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Ok(text) = fs::read_to_string(path)
            && text.ends_with("end\n")
        {
            return text;
        }
        assert!(Instant::now() < deadline, "{} was not written", path.display());
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_command_gets_the_finding_as_json_and_no_secret() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let write = format!("}} > {}", out.display());
    let script = format!("{{ echo \"$@\"; cat; env; [ -t 0 ] || [ -t 1 ] || echo detached; echo end; {write}");
    let mut screen = alerting(&server, directory.path(), &script, "kinds = ['rejected']\nbell = ['rejected']");
    broadcast(&server, "ops", b"user-logout:sha256|default|1|00:{\"id\":\"$(reboot)\"}");
    screen.wait_for("time out of tolerance");
    let text = wait_for_file(&out);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("an argument"), "nothing of the message is an argument");
    let json: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!((&json["type"], &json["rejection"]), (&"message".into(), &"timestamp_out_of_tolerance".into()));
    assert_eq!(json["data"]["id"], "$(reboot)");
    let environment: Vec<&str> = lines.collect();
    assert!(environment.contains(&"detached") && environment.iter().any(|line| line.starts_with("HOME=")), "{text}");
    assert!(
        !text.contains("AIRCHECK_SIGNING_KEY") && !text.contains("s3cret") && !environment.join("").contains("reboot")
    );
    assert!(screen.bytes().contains(&7), "the bell rang");
    assert!(!screen.text().contains("failed"), "{}", screen.text());
}

#[test]
fn a_failed_command_is_reported_and_muted_alerts_run_none() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let script = format!("echo end >> {}; exit 3", out.display());
    let mut screen = alerting(&server, directory.path(), &script, "at_most = '9/1s'");
    screen.type_keys(":toggle-mute\r");
    screen.wait_for("MUTED");
    broadcast(&server, "ops", b"first:sha256|default|1|00:");
    screen.wait_for("1 rejected");
    screen.type_keys(":toggle-mute\r");
    screen.wait_for("alerts are on");
    broadcast(&server, "ops", b"second:sha256|default|1|00:");
    screen.wait_for("the alert's command failed: it ended with status 3");
    assert_eq!(fs::read_to_string(&out).unwrap(), "end\n", "it ran once");
}

#[test]
fn a_hanging_command_is_killed_with_its_children() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let script = format!("sleep 600 & {{ echo $!; echo end; }} > {}; wait", out.display());
    let mut screen = alerting(&server, directory.path(), &script, "");
    broadcast(&server, "ops", b"evt:sha256|default|1|00:");
    let sleeping = wait_for_file(&out).lines().next().unwrap().to_owned();
    let stat = Path::new("/proc").join(&sleeping).join("stat");
    assert!(stat.exists());
    screen.wait_for("it took longer than 10 s and was killed");
    let deadline = Instant::now() + LIMIT;
    // A process that has ended but was not waited for is a zombie (state Z).
    while fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(Instant::now() < deadline, "what the command started lives on");
        thread::sleep(Duration::from_millis(10));
    }
}
