//! The small server of the demo: it answers as a real `redis-server` does, byte for byte.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod barriers;
mod globs;
mod script;
pub(crate) mod wire;

use std::net::SocketAddr;
use std::time::Instant;

use aircheck::demo::server::{Server, start_server};
use tokio::runtime::Runtime;

use crate::support::{LIMIT, RedisServer, connect, raw};
use script::transcript;
use wire::Wire;

/// The demo server on its own runtime.
struct Demo {
    server: Server,
    _runtime: Runtime,
}

impl Demo {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(start_server()).unwrap();
        Self { server, _runtime: runtime }
    }

    fn address(&self) -> SocketAddr {
        self.server.address()
    }
}

fn address(redis: &RedisServer) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], redis.port()))
}

/// Runs a script on both servers, in the protocols named.
fn same_as_redis(protocols: &[u8], script: &str) {
    for protocol in protocols {
        let redis = RedisServer::start();
        let demo = Demo::start();
        let expected = transcript(address(&redis), *protocol, script);
        assert_eq!(transcript(demo.address(), *protocol, script), expected, "RESP{protocol}");
    }
}

#[test]
fn keys() {
    same_as_redis(
        &[2, 3],
        r#"
        a> GET k; SET k v; GET k; get k; MGET k none k; DEL k none; EXISTS k; SET k ""; EXISTS k k; GET k
        a> INCR n; INCR n; GET n; SET n 007; INCR n; SET n ""; INCR n; SET n -1; INCR n; SET n +1; INCR n
        a> SET n 9223372036854775807; INCR n; GET n; SET n -9223372036854775808; INCR n; SET n 1x; INCR n
        a> SELECT 1; GET n; INCR n; SELECT 0; GET n; SELECT 16; SELECT -1; SELECT x; SELECT 15; INCR n
        b> GET n; INCR n
        "#,
    );
}

#[test]
fn scanning() {
    same_as_redis(
        &[2, 3],
        r"
        a> SCAN 0; SCAN 7; SET counter_ops 1; SCAN 0; SCAN 0 MATCH counter_*; SCAN 0 MATCH x* COUNT 100
        a> SCAN x; SCAN; SCAN 0 MATCH; SCAN 0 COUNT 0; SCAN 0 COUNT x; SCAN 0 WHAT 1; SCAN 0 TYPE string; SCAN 0 TYPE list
        ",
    );
}

#[test]
fn errors() {
    same_as_redis(
        &[2, 3],
        r#"
        a> GET; GET a b; SET a; SET a b c; INCR; MGET; DEL; PUBLISH a; SUBSCRIBE; PSUBSCRIBE; PING a b; ROLE x; SELECT
        a> NOPE; nope one two; NOPE "a\r\nb"; "no\0pe"; CLIENT; CLIENT NOPE; client nope x; PUBSUB; pubsub nope; PUBSUB NUMPAT x
        a> CLIENT|ID; PUBSUB|NUMPAT; CLIENT KILL; PUBSUB CHANNELS a b; AUTH; AUTH x; AUTH default x; AUTH you x; AUTH a b c
        a> NOPE aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb c
        a> EXEC; DISCARD; EXEC x; MULTI x
        "#,
    );
}

#[test]
fn hello() {
    same_as_redis(
        &[2, 3],
        r#"
        a> HELLO; HELLO 3; HELLO; HELLO 2; HELLO x; HELLO 1; HELLO 4; HELLO 3 NOPE; HELLO 3 AUTH a; HELLO 3 AUTH a b
        a> HELLO 3 AUTH default x SETNAME me; CLIENT GETNAME; HELLO 2 setname you; CLIENT GETNAME; HELLO 3 SETNAME "a b"
        a> CLIENT SETNAME "a b"; CLIENT SETNAME ""; CLIENT GETNAME; CLIENT SETNAME x; CLIENT GETNAME; ROLE; PING; PING x
        "#,
    );
}

#[test]
fn transactions() {
    same_as_redis(
        &[2, 3],
        r"
        a> MULTI; SET k v; INCR n; GET k; INCR k; EXEC; EXEC
        a> MULTI; EXEC; MULTI; DISCARD; MULTI; MULTI; PING; EXEC
        a> MULTI; NOPE; SET k w; EXEC; GET k; MULTI; GET; EXEC; MULTI; INCR n; DISCARD; GET n
        a> MULTI; EXEC x; EXEC; MULTI; SELECT 1; INCR n; EXEC; GET n; MULTI; HELLO 4; CLIENT SETNAME x; EXEC
        b> MULTI; INCR n
        a> SELECT 0; INCR n
        b> EXEC; MULTI; QUIT
        ",
    );
}

#[test]
fn subscribing() {
    same_as_redis(
        &[2, 3],
        r#"
        a> SUBSCRIBE x y x => 3
        b> PUBLISH x one; PUBLISH y ""; PUBLISH z three; PUBSUB NUMSUB x y z x; PUBSUB NUMSUB; PUBSUB NUMPAT
        a> => 2
        a> PING; PING text; GET k; NOPE; GET; CLIENT ID 1
        a> UNSUBSCRIBE x z => 2
        b> PUBLISH x one; PUBLISH y two; PUBSUB CHANNELS; PUBSUB CHANNELS y*; PUBSUB CHANNELS x*
        a> => 1
        a> UNSUBSCRIBE; UNSUBSCRIBE; PUNSUBSCRIBE; PUNSUBSCRIBE p; PING; PING text; GET k
        b> PUBLISH y two; PUBSUB CHANNELS
        a> SUBSCRIBE x
        b> PUBLISH x "a\r\nb\0"; QUIT
        a> => 1
        "#,
    );
}

#[test]
fn a_resp2_subscriber_may_only_subscribe() {
    same_as_redis(
        &[2],
        r"
        a> SUBSCRIBE x
        a> MULTI; EXEC; PUBLISH x 1; HELLO 3; CLIENT ID; client id; SELECT 1; NOPE x; GET; PING; PING text
        a> UNSUBSCRIBE x; GET k; PSUBSCRIBE x*; GET k; QUIT
        ",
    );
}

#[test]
fn patterns() {
    same_as_redis(
        &[2, 3],
        r"
        a> PSUBSCRIBE o* o* b* => 3
        a> SUBSCRIBE ops
        b> SUBSCRIBE ops; PSUBSCRIBE [a-c]?lling
        c> PUBLISH ops 1; PUBLISH billing 2; PUBLISH none 3; PUBSUB NUMPAT; PUBSUB CHANNELS; PUBSUB NUMSUB ops
        a> => 3
        b> => 2
        a> PUNSUBSCRIBE o* none => 2
        c> PUBLISH ops 1; PUBSUB NUMPAT
        a> => 1
        b> => 1
        a> QUIT
        c> PUBLISH billing 2
        b> => 1
        ",
    );
}

#[test]
fn a_transaction_that_publishes_to_its_own_connection() {
    same_as_redis(
        &[3],
        r"
        a> SUBSCRIBE ops
        a> PUBLISH ops 0; GET n => 3
        a> MULTI; PUBLISH ops 1; INCR n; EXEC => 5
        a> MULTI; SUBSCRIBE more; PUBLISH more 2; PUBLISH ops 3; PING; EXEC => 8
        a> PSUBSCRIBE o*
        a> MULTI; PUBLISH ops 4; UNSUBSCRIBE ops; PUBLISH ops 5; EXEC => 8
        ",
    );
    same_as_redis(&[2], "a> MULTI; SUBSCRIBE ops; PUBLISH ops 1; GET n; UNSUBSCRIBE ops; EXEC => 7\na> GET n; QUIT");
}

#[test]
fn killing() {
    same_as_redis(
        &[2, 3],
        r"
        a> SUBSCRIBE ops
        b> CLIENT KILL TYPE pubsub; PUBLISH ops 1; PUBSUB CHANNELS; CLIENT KILL TYPE pubsub; GET k
        a> => end
        b> CLIENT KILL ID 0; CLIENT KILL ID x; CLIENT KILL ID 999999; CLIENT KILL TYPE x; CLIENT KILL NOPE 1; CLIENT KILL 1
        b> CLIENT KILL TYPE pubsub SKIPME; CLIENT KILL TYPE pubsub SKIPME x; CLIENT KILL ID 999999 TYPE normal SKIPME no
        ",
    );
}

#[test]
fn invalid_requests_are_rejected_as_in_redis() {
    let redis = RedisServer::start();
    let demo = Demo::start();
    for bytes in ["*x\r\n", "*99999999999\r\n", "*1\r\n$99999999999\r\n", "*1\r\n$05\r\n", "*1\r\n$-1\r\n"] {
        let answer = |address| {
            let mut wire = Wire::connect(address);
            wire.send(bytes.as_bytes());
            wire.read_to_end()
        };
        let (expected, found) = (answer(address(&redis)), answer(demo.address()));
        assert!(expected.starts_with(b"-ERR Protocol error: invalid "), "{}", expected.escape_ascii());
        assert!(found.starts_with(b"-ERR Protocol error: "), "{}: {}", bytes.escape_debug(), found.escape_ascii());
    }
    let ignored = "*0\r\n*-1\r\n*1\r\n$4\r\nPING\r\n";
    for address in [address(&redis), demo.address()] {
        let mut wire = Wire::connect(address);
        wire.send(ignored.as_bytes());
        assert_eq!(wire.read_frames(1).escape_ascii().to_string(), "+PONG\\r\\n");
    }
}

#[test]
fn info_and_client_ids_of_the_server() {
    let demo = Demo::start();
    let mut connection = connect(demo.server.url()).unwrap();
    let info: String = raw(&mut connection, &["INFO", "server", "replication"]).unwrap();
    let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(&format!("{name}:"))).unwrap().to_owned();
    assert_eq!(field("redis_version"), "7.0.15");
    assert_eq!(field("role"), "master");
    assert_eq!(field("run_id").len(), 40);
    assert_eq!(field("master_replid").len(), 40);
    let server: String = raw(&mut connection, &["INFO", "server"]).unwrap();
    assert!(server.contains("run_id") && !server.contains("role"), "{server}");
    let first: u64 = raw(&mut connection, &["CLIENT", "ID"]).unwrap();
    let mut other = connect(demo.server.url()).unwrap();
    assert!(raw::<u64>(&mut other, &["CLIENT", "ID"]).unwrap() > first);
    assert_eq!(raw::<u64>(&mut connection, &["CLIENT", "KILL", "ID", &(first + 1).to_string()]).unwrap(), 1);
    raw::<u64>(&mut other, &["CLIENT", "ID"]).unwrap_err();
}

#[test]
fn a_subscriber_that_does_not_read_is_disconnected() {
    let demo = Demo::start();
    let mut slow = Wire::connect(demo.address());
    slow.command(&[b"SUBSCRIBE", b"ops"]);
    slow.read_frames(1);
    let mut publisher = Wire::connect(demo.address());
    let megabyte = vec![b'x'; 1 << 20];
    let mut delivered = 0;
    let deadline = Instant::now() + LIMIT;
    loop {
        assert!(Instant::now() < deadline, "never cut off");
        publisher.command(&[b"PUBLISH", b"ops", &megabyte]);
        if publisher.read_frames(1) == b":0\r\n" {
            break;
        }
        delivered += 1;
    }
    assert!((32..100).contains(&delivered), "cut off after {delivered} MiB");
    let received = slow.read_to_end();
    assert!(received.len() < delivered << 20, "what waited for it is lost");
}

#[test]
fn a_client_that_does_not_read_blocks_nobody() {
    let demo = Demo::start();
    let mut greedy = Wire::connect(demo.address());
    greedy.command(&[b"SET", b"k", &vec![b'x'; 1 << 20]]);
    greedy.read_frames(1);
    for _ in 0..50 {
        greedy.command(&[b"GET", b"k"]);
    }
    let mut other = Wire::connect(demo.address());
    other.command(&[b"PING"]);
    assert_eq!(other.read_frames(1), b"+PONG\r\n");
    assert!(greedy.read_frames(50).len() > 50 << 20, "all replies come once they are read");
}

#[test]
fn all_connections_end_with_the_server() {
    let demo = Demo::start();
    let mut wire = Wire::connect(demo.address());
    wire.command(&[b"PING"]);
    wire.read_frames(1);
    let Demo { server, _runtime } = demo;
    drop(server);
    assert!(wire.read_to_end().is_empty());
}
