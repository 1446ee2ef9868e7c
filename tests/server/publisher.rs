//! Publishing to a real server.

use crate::support::RedisServer;

#[test]
fn a_server_starts_and_answers() {
    let mut server = RedisServer::start_with(&["--requirepass", "secret"]);
    assert_eq!(server.command::<String>(&["SET", "a", "1"]), "OK");
    server.wait_for(&["GET", "a"], |answer| *answer == redis::Value::BulkString(b"1".to_vec()));
    server.restart();
    assert_eq!(server.command::<Option<String>>(&["GET", "a"]), None);
    server.freeze();
    server.thaw();
    assert_eq!(server.command::<String>(&["PING"]), "PONG");
}
