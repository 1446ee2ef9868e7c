//! Publishing to a real server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use aircheck::redis::publisher::{Publisher, Receipt, SendError};
use aircheck::redis::target::Target;

use crate::support::{LIMIT, RedisServer, free_port, raw};

const PREFIX: &str = "system_broadcast_sequence_";

fn publisher(url: &str) -> Publisher {
    Publisher::new(Target::parse(url).unwrap(), PREFIX.to_owned())
}

#[tokio::test]
async fn the_receipt_has_receivers_and_sequence() {
    let server = RedisServer::start();
    let mut subscriber = server.connection(0).unwrap();
    let mut subscription = subscriber.as_pubsub();
    subscription.subscribe(&b"ops\xff"[..]).unwrap();
    let mut publisher = publisher(&server.url());
    let receivers_and_sequence = |receipt: Receipt| (receipt.receivers, receipt.sequence);
    let receipt = publisher.publish(b"ops\xff", b"evt::\0\xfe").await.unwrap();
    assert_eq!(receivers_and_sequence(receipt), (1, 1));
    let receipt = publisher.publish(b"ops\xff", b"evt::").await.unwrap();
    assert_eq!(receivers_and_sequence(receipt), (1, 2));
    let receipt = publisher.publish(b"billing", b"evt::").await.unwrap();
    assert_eq!(receivers_and_sequence(receipt), (0, 1));
    assert_eq!(subscription.get_message().unwrap().get_payload_bytes(), b"evt::\0\xfe");
}

#[tokio::test]
async fn commands_are_sent_in_the_order_of_the_package() {
    let server = RedisServer::start();
    let mut publisher = publisher(&server.url());
    publisher.publish(b"ops", b"warm::up").await.unwrap();
    let mut monitor = std::os::unix::net::UnixStream::connect(server.socket()).unwrap();
    monitor.set_read_timeout(Some(LIMIT)).unwrap();
    std::io::Write::write_all(&mut monitor, b"MONITOR\r\n").unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(monitor));
    assert_eq!(lines.next().unwrap().unwrap(), "+OK");
    publisher.publish(b"ops", b"evt::1").await.unwrap();
    let seen: Vec<String> = lines
        .map(|line| line.unwrap().split_once("] ").unwrap().1.to_owned())
        .skip_while(|line| line.contains("PING"))
        .take(4)
        .collect();
    let counter = format!("\"INCR\" \"{PREFIX}ops\"");
    assert_eq!(seen, ["\"MULTI\"", "\"PUBLISH\" \"ops\" \"evt::1\"", &counter, "\"EXEC\""]);
}

#[tokio::test]
async fn the_counter_is_in_the_database_of_the_url() {
    let server = RedisServer::start();
    let mut publisher = publisher(&format!("{}?db=3", server.unix_url()));
    assert_eq!(publisher.publish(b"ops", b"evt::").await.unwrap().sequence, 1);
    let counter: u64 = raw(&mut server.connection(3).unwrap(), &["GET", &format!("{PREFIX}ops")]).unwrap();
    assert_eq!(counter, 1);
    assert_eq!(server.command::<Option<u64>>(&["GET", &format!("{PREFIX}ops")]), None);
}

#[tokio::test]
async fn publishing_needs_only_the_documented_permissions() {
    let server = RedisServer::start();
    server.command::<()>(&[
        "ACL",
        "SETUSER",
        "pub",
        "on",
        ">p@ss:word/1",
        "resetchannels",
        "&ops",
        "%RW~system_broadcast_sequence_ops",
        "-@all",
        "+multi",
        "+exec",
        "+publish",
        "+incr",
        "+auth",
    ]);
    let url = format!("redis://pub:p%40ss%3Aword%2F1@127.0.0.1:{}", server.port());
    let mut publisher = publisher(&url);
    assert_eq!(publisher.publish(b"ops", b"evt::").await.unwrap().sequence, 1);
    let error = publisher.publish(b"billing", b"evt::").await.unwrap_err();
    assert!(matches!(&error, SendError::Rejected(words) if words.starts_with("NOPERM")), "{error}");
    assert_eq!(publisher.publish(b"ops", b"evt::").await.unwrap().sequence, 2);
}

#[tokio::test]
async fn a_user_without_multi_sends_nothing() {
    let server = RedisServer::start();
    server.command::<()>(&["ACL", "SETUSER", "pub", "on", ">x", "allchannels", "~*", "+@all", "-multi"]);
    let mut publisher = publisher(&format!("redis://pub:x@127.0.0.1:{}", server.port()));
    let error = publisher.publish(b"ops", b"evt::").await.unwrap_err();
    assert!(matches!(&error, SendError::Rejected(words) if words.contains("multi")), "{error}");
    assert_eq!(server.command::<Option<u64>>(&["GET", &format!("{PREFIX}ops")]), None);
}

#[tokio::test]
async fn a_counter_of_another_type_is_sent_but_not_counted() {
    let server = RedisServer::start();
    server.command::<()>(&["RPUSH", &format!("{PREFIX}ops"), "x"]);
    let mut subscriber = server.connection(0).unwrap();
    let mut subscription = subscriber.as_pubsub();
    subscription.subscribe("ops").unwrap();
    let mut publisher = publisher(&server.url());
    let error = publisher.publish(b"ops", b"evt::").await.unwrap_err();
    assert_eq!(subscription.get_message().unwrap().get_payload_bytes(), b"evt::");
    match error {
        SendError::NotCounted { receivers: 1, reason } => assert!(reason.starts_with("WRONGTYPE"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_counter_at_its_maximum_is_sent_but_not_counted() {
    let server = RedisServer::start();
    server.command::<()>(&["SET", &format!("{PREFIX}ops"), &i64::MAX.to_string()]);
    let error = publisher(&server.url()).publish(b"ops", b"evt::").await.unwrap_err();
    assert!(
        matches!(&error, SendError::NotCounted { receivers: 0, reason } if reason.contains("overflow")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_writable_replica_is_rejected() {
    let primary = RedisServer::start();
    let replica = RedisServer::start_with(&[
        "--replicaof",
        &format!("127.0.0.1 {}", primary.port()),
        "--replica-read-only",
        "no",
    ]);
    let error = publisher(&replica.url()).publish(b"ops", b"evt::").await.unwrap_err();
    assert!(matches!(&error, SendError::Rejected(words) if words.contains("is a replica")), "{error}");
    // A user who may not run ROLE gets the role from HELLO.
    replica.command::<()>(&["ACL", "SETUSER", "pub", "on", ">x", "allchannels", "~*", "+@all", "-role"]);
    let url = format!("redis://pub:x@127.0.0.1:{}", replica.port());
    let error = publisher(&url).publish(b"ops", b"evt::").await.unwrap_err();
    assert!(matches!(&error, SendError::Rejected(words) if words.contains("is a replica")), "{error}");
    assert_eq!(replica.command::<Option<u64>>(&["GET", &format!("{PREFIX}ops")]), None);
}

#[tokio::test]
async fn a_primary_that_became_a_replica_is_rejected() {
    let server = RedisServer::start();
    let mut publisher = publisher(&server.url());
    publisher.publish(b"ops", b"evt::").await.unwrap();
    server.command::<()>(&["REPLICAOF", "127.0.0.1", &free_port().to_string()]);
    let first = publisher.publish(b"ops", b"evt::").await.unwrap_err();
    assert!(matches!(&first, SendError::Rejected(_)), "{first}");
    let second = publisher.publish(b"ops", b"evt::").await.unwrap_err();
    assert!(matches!(&second, SendError::Rejected(words) if words.contains("is a replica")), "{second}");
}

#[tokio::test]
async fn an_unreachable_server_and_a_wrong_password_are_distinguished() {
    let nobody = publisher(&format!("redis://127.0.0.1:{}", free_port())).publish(b"ops", b"evt::").await.unwrap_err();
    assert!(
        matches!(&nobody, SendError::Unreachable(_) if nobody.to_string().contains("Connection refused")),
        "{nobody}"
    );
    let server = RedisServer::start_with(&["--requirepass", "correct"]);
    let wrong = publisher(&format!("redis://:hunter2@127.0.0.1:{}", server.port()));
    let wrong = { wrong }.publish(b"ops", b"evt::").await.unwrap_err();
    assert!(matches!(&wrong, SendError::Unreachable(_) if wrong.to_string().contains("WRONGPASS")), "{wrong}");
    assert!(!format!("{wrong:?}").contains("hunter2"), "{wrong:?}");
    let none = publisher(&server.url()).publish(b"ops", b"evt::").await.unwrap_err();
    assert!(
        matches!(&none, SendError::Unreachable(_) if none.to_string().contains("authentication required by")),
        "{none}"
    );
}

#[tokio::test]
async fn the_first_message_after_a_restart_is_sent() {
    let mut server = RedisServer::start();
    let mut publisher = publisher(&server.url());
    publisher.publish(b"ops", b"evt::").await.unwrap();
    server.restart();
    // Idle for longer than the second after which a connection is tried before a message is entrusted to it.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(publisher.publish(b"ops", b"evt::").await.unwrap().sequence, 1);
}

#[tokio::test]
async fn a_message_without_a_reply_is_unknown_and_not_sent_again() {
    let server = RedisServer::start();
    let mut publisher = publisher(&server.url());
    publisher.publish(b"ops", b"evt::").await.unwrap();
    server.freeze();
    let error = publisher.publish(b"ops", b"evt::").await.unwrap_err();
    server.thaw();
    assert!(matches!(&error, SendError::Unknown(words) if words.contains("5 s")), "{error}");
    assert_eq!(publisher.publish(b"ops", b"evt::").await.unwrap().sequence, 3);
}
