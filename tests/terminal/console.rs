//! From start to receipt: traffic, sequence numbers, a gap, a rejection and a sent message.

use std::path::Path;

use portable_pty::CommandBuilder;

use super::pty::Pty;
use super::support::RedisServer;

/// The console on `ops` and `billing`, with its own key and directory.
pub(crate) fn console(server: &RedisServer, directory: &Path, arguments: &[&str], size: (u16, u16)) -> Pty {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_aircheck"));
    command.args(["--url", &server.url()]);
    command.args(arguments);
    command.env("AIRCHECK_SIGNING_KEY", "s3cret");
    command.env("AIRCHECK_STATE", directory.join("state.db"));
    command.env("HOME", directory);
    command.env("TZ", "UTC");
    command.env_remove("XDG_CONFIG_HOME");
    command.env_remove("NO_COLOR");
    Pty::start(command, size)
}

/// Sends one broadcast as the package does.
pub(crate) fn broadcast(server: &RedisServer, channel: &str, payload: &[u8]) {
    let mut connection = server.connection(0).unwrap();
    let key = format!("system_broadcast_sequence_{channel}");
    redis::pipe().atomic().publish(channel, payload).incr(key, 1).exec(&mut connection).unwrap();
}

#[test]
fn it_shows_traffic_gaps_and_rejections_and_sends_a_signed_message() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    server.command::<()>(&["SET", "system_broadcast_sequence_ops", "41"]);
    let mut screen = console(&server, directory.path(), &["ops", "billing"], (120, 40));
    screen.wait_for("live");

    broadcast(&server, "ops", b"cache-flush::{\"tag\":\"cart\"}");
    let shown = screen.wait_for("#42");
    assert!(shown.contains("cache-flush"), "{shown}");
    screen.wait_for("not signed");

    broadcast(&server, "ops", b"user-logout:sha256|default|1|00:{\"id\":9}");
    screen.wait_for("time out of tolerance");

    server.command::<()>(&["INCR", "system_broadcast_sequence_ops"]);
    let shown = screen.wait_for("1 counted, not received");
    assert!(shown.contains("#44"), "{shown}");

    screen.type_keys("c");
    screen.wait_for("Ctrl-S send");
    screen.type_keys("price-update\r{\"sku\": \"A-17\"}");
    screen.wait_for("valid JSON");
    let preview = screen.wait_for("price-update:sha256|default|");
    assert!(preview.contains("…:{\"sku\""), "the HMAC of what is not sent yet is not shown:\n{preview}");
    screen.type_keys("\x13");
    screen.wait_for("sent #45 on ops to 1 receiver");
    screen.wait_until("the echo's verdict", |text| text.contains("echo") && text.contains("verified"));

    screen.type_keys("\x1b");
    screen.wait_until("compose left", |text| !text.contains("▪ Compose"));
    screen.type_keys("\x03");
    assert_eq!(screen.wait_for_end(), 0);
}

#[test]
fn thousands_of_channels_of_a_pattern_are_listed_and_narrowed() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let mut screen = console(&server, directory.path(), &["many:*"], (120, 40));
    screen.wait_for("● live");
    let script = "for i = 1, 5000 do redis.call('PUBLISH', 'many:' .. i, 'evt::1') end";
    server.command::<()>(&["EVAL", script, "0"]);
    screen.wait_for("5 000 ╮");
    // The pattern counts as an entry.
    screen.type_keys("1/:4321");
    screen.wait_for("1 of 5 001");
    screen.type_keys("\r\r");
    screen.wait_for("Messages · many:4321");
}

#[test]
fn the_demo_uses_the_configured_keys() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.toml");
    std::fs::write(&file, "[keys]\nhelp = \"f5\"\nquit = \"Q\"\n").unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_aircheck"));
    command.args(["demo", "--config"]);
    command.arg(&file);
    command.env("AIRCHECK_STATE", directory.path().join("state.db"));
    command.env("HOME", directory.path());
    command.env_remove("XDG_CONFIG_HOME");
    let mut screen = Pty::start(command, (120, 40));
    screen.wait_for("F5 help");
    screen.type_keys("Q");
    assert_eq!(screen.wait_for_end(), 0);
}

#[test]
fn without_a_channel_it_offers_those_that_it_finds() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    broadcast(&server, "found-me", b"evt::1");
    let mut screen = console(&server, directory.path(), &[], (120, 40));
    screen.wait_for("found-me");
    screen.type_keys("\r");
    server.wait_for(&["PUBSUB", "NUMSUB", "found-me"], |answer| format!("{answer:?}").contains("int(1)"));
    broadcast(&server, "found-me", b"hello::2");
    screen.wait_for("hello");
}

#[test]
fn a_lost_server_is_shown_with_the_reason_until_it_returns() {
    let mut server = RedisServer::start_with(&["--appendonly", "yes"]);
    let directory = tempfile::tempdir().unwrap();
    let mut screen = console(&server, directory.path(), &["ops"], (120, 40));
    screen.wait_for("● live");
    broadcast(&server, "ops", b"evt::1");
    screen.wait_for("#1");
    server.stop();
    screen.wait_for("down");
    server.restart();
    screen.wait_until("live again", |text| text.contains("● live"));
    broadcast(&server, "ops", b"evt::2");
    screen.wait_for("#2");
}
