//! Expectations in the console: a dead publisher is silent, a dead server is unknown.

use std::time::{SystemTime, UNIX_EPOCH};

use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};

use super::console::{broadcast, console};
use super::support::RedisServer;

const CONFIG: &str = "
    [profile.a]
    [profile.a.expect.heartbeat]
    channel = 'ops'
    at_least = '1/s'
    grace = '1s'
";

fn heartbeat(server: &RedisServer) {
    let key = Some(Secret::new(b"s3cret".to_vec()));
    let keyring = Keyring::new(KeyringSettings { signing_key: key, ..KeyringSettings::default() });
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    broadcast(server, "ops", &keyring.payload(b"evt", b"", &SignWith::SigningKey, now).unwrap());
}

#[test]
fn a_dead_publisher_is_silent_in_the_console_and_a_dead_server_is_unknown() {
    let mut server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join(".config/aircheck");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("config.toml"), CONFIG).unwrap();
    let mut screen = console(&server, directory.path(), &[], (120, 40));
    screen.wait_for("● live");
    screen.wait_for(" new");
    heartbeat(&server);
    screen.wait_for("silent  no message for ");
    // In Channels, in Findings, and in the header.
    screen.wait_for("1 silent");
    screen.wait_for("silent 2s");
    screen.wait_for("Findings · 1 other");
    heartbeat(&server);
    screen.wait_for("resumed  after ");
    screen.wait_for("Findings · 2 other");
    server.stop();
    screen.wait_for("○ down");
    screen.wait_for(" unknown");
    assert!(!screen.text().contains("1 silent"), "{}", screen.text());
    screen.type_keys("\x03");
    assert_eq!(screen.wait_for_end(), 0);
}
