//! A replica as the target can be watched, but nothing is published on it. Tested with Redis and Valkey.

use crate::support::RedisServer;
use crate::tailing::{Tailing, broadcast};
use crate::world::World;

#[test]
fn a_replica_can_be_watched_but_not_published_to() {
    let primary = RedisServer::start();
    let replica = RedisServer::start_with(&["--replicaof", &format!("127.0.0.1 {}", primary.port())]);
    replica.wait_for(&["INFO", "replication"], |info| format!("{info:?}").contains("master_link_status:up"));
    let world = World::of(&replica);
    let mut tailing = Tailing::json(&world, &["ops"]);
    let sent: Vec<String> = (1..=100).map(|number| format!("evt::{number}")).collect();
    for payloads in sent.chunks(10) {
        broadcast(&primary, "ops", &payloads.iter().map(String::as_str).collect::<Vec<_>>());
    }
    tailing.wait_for(|line| line["sequence"] == 100);

    let rejected = world.run(&["publish", "ops", "evt"]);
    assert_eq!(rejected.status, 3, "{rejected:?}");
    assert!(rejected.err.contains("is a replica; PUBLISH on it reaches only its own subscribers"), "{}", rejected.err);
    assert!(
        rejected.err.contains(&format!("publish to its primary, 127.0.0.1:{}", primary.port())),
        "{}",
        rejected.err
    );
    assert_eq!(world.run(&["channels", "--format", "json"]).json()[0]["counter"], 100);

    tailing.signal("-INT");
    let lines = tailing.end().json();
    assert!(lines.iter().any(|line| matches!(line["server_role"].as_str(), Some("replica" | "slave"))), "{lines:?}");
    assert!(!lines.iter().any(|line| line["type"] == "finding"), "{lines:?}");
    let sequences: Vec<_> =
        lines.iter().filter(|line| line["type"] == "message").map(|line| &line["sequence"]).collect();
    assert_eq!(sequences, (1..=100).map(serde_json::Value::from).collect::<Vec<_>>().iter().collect::<Vec<_>>());
}

/// Without `valkey-server`, the test only prints that it is missing.
#[test]
fn valkey_works_like_redis() {
    let Some(server) = RedisServer::start_valkey() else {
        eprintln!("SKIPPED: there is no valkey-server on the path");
        return;
    };
    let world = World::new(&server.url().replace("redis://", "valkey://"));
    let mut tailing = Tailing::json(&world, &["ops"]);
    let published = world.run(&["publish", "ops", "evt"]);
    assert_eq!(published.status, 0, "{published:?}");
    assert_eq!(tailing.wait_for(|line| line["name"] == "evt")["sequence"], 1);
    assert_eq!(world.run(&["channels", "--format", "json"]).json()[0]["counter"], 1);
}
