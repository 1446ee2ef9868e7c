//! The commands on a cluster, as a user or a script runs them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aircheck::ledger::sequence::{Channel, Reading};
use aircheck::redis::cluster::topology::slot;
use aircheck::redis::discovery::{counters, survey};
use aircheck::redis::target::Target;
use serde_json::json;

use super::servers::{Cluster, PRIMARIES, channel_of, start_node};
use crate::certificates::CertificateAuthority;
use crate::listening::PREFIX;
use crate::support::{RedisServer, free_port, raw};
use crate::tailing::Tailing;
use crate::world::World;

#[test]
fn commands_treat_the_cluster_as_one_server() {
    let cluster = Cluster::start();
    let world = World::new(&cluster.url(&[3, 1]));
    let mut channels: Vec<String> = (0..PRIMARIES).map(|primary| channel_of(primary, "ops")).collect();
    let mut tail = Tailing::json(&world, &["ops*", &channels[0]]);
    for (index, channel) in channels.iter().enumerate() {
        let published = world.run(&["publish", channel, "evt", "{\"a\": 1}"]);
        assert_eq!((published.status, published.err.as_str()), (0, ""));
        assert!(published.out.starts_with(&format!("published #1 on {channel} to ")), "{}", published.out);
        let key = format!("{PREFIX}{channel}");
        assert_eq!(cluster.nodes[index].command::<u64>(&["GET", &key]), 1);
        let shown = tail.wait_for(|line| line["type"] == "message" && line["channel"] == json!(channel));
        assert_eq!((&shown["sequence"], &shown["data"]), (&json!(1), &json!({"a": 1})));
    }

    // Another home directory, without saved counters.
    let world = World::new(&cluster.url(&[2]));
    let words: Vec<&str> = [&["check"][..], &channels.iter().map(String::as_str).collect::<Vec<_>>()].concat();
    assert_eq!(world.run(&words).status, 0);
    let mut publisher = cluster.publisher();
    publisher.publish(&channels[1], "evt::");
    let checked = world.run(&[&words[..], &["--format", "json"]].concat());
    assert_eq!(checked.status, 1);
    let missed: Vec<_> = checked.json().iter().map(|line| line["missed"].clone()).collect();
    assert_eq!(missed, [json!(0), json!(1), json!(0)]);

    let listed = world.run(&["channels", "--format", "json"]).json();
    channels.sort();
    let names: Vec<_> = listed.iter().map(|line| line["channel"].clone()).collect();
    assert_eq!(names, channels.iter().map(|channel| json!(channel)).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_and_subscribers_of_all_nodes_are_added() {
    let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap();
    let target = Target::parse(&cluster.url(&[0])).unwrap();
    let channels: Vec<String> = (0..PRIMARIES).map(|primary| channel_of(primary, "ops")).collect();
    // A subscriber receives messages on any node.
    let mut connections: Vec<_> = (0..PRIMARIES).map(|node| cluster.nodes[node].connection(0).unwrap()).collect();
    let mut subscriptions: Vec<_> = connections.iter_mut().map(redis::Connection::as_pubsub).collect();
    for subscription in &mut subscriptions {
        subscription.subscribe(&channels[0]).unwrap();
    }
    for (index, channel) in channels.iter().enumerate().skip(1) {
        cluster.nodes[index].command::<()>(&["SET", &format!("{PREFIX}{channel}"), &(40 + index).to_string()]);
    }
    let found = survey(&target, PREFIX).await.unwrap();
    assert!(found.notes.is_empty(), "{:?}", found.notes);
    let mut facts: Vec<_> = found
        .channels
        .iter()
        .map(|facts| {
            (String::from_utf8(facts.channel.as_bytes().to_vec()).unwrap(), facts.counter.clone(), facts.subscribers)
        })
        .collect();
    let mut expected = vec![
        (channels[0].clone(), Reading::Missing, Some(3)),
        (channels[1].clone(), Reading::Value(41), Some(0)),
        (channels[2].clone(), Reading::Value(42), Some(0)),
    ];
    facts.sort_by(|a, b| a.0.cmp(&b.0));
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(facts, expected);
    let asked: Vec<Channel> = [2, 0, 1].iter().map(|&index: &usize| Channel::new(channels[index].as_bytes())).collect();
    let read = counters(&target, PREFIX, &asked).await.unwrap();
    assert_eq!(read, [Reading::Value(42), Reading::Missing, Reading::Value(41)]);
}

#[test]
fn a_server_without_cluster_support_is_rejected_with_the_reason() {
    let server = RedisServer::start();
    let url = server.url().replace("redis://", "redis+cluster://");
    let unreachable = format!("redis+cluster://127.0.0.1:{}", free_port());
    for (url, words) in [(&url, "cluster support disabled"), (&unreachable, "Connection refused")] {
        let world = World::new(url);
        for command in [&["tail", "ops"][..], &["publish", "ops", "evt"], &["channels"], &["check", "ops"]] {
            let ended = world.run(command);
            assert_eq!(ended.status, 3, "{command:?}: {}", ended.err);
            assert!(
                ended.err.contains("no node of the cluster replied: ") && ended.err.contains(words),
                "{}",
                ended.err
            );
            assert_eq!(ended.err.trim_end().lines().count(), 1, "{}", ended.err);
        }
    }
}

/// Compares with the nodes' own `CLUSTER KEYSLOT`.
#[test]
fn slots_match_the_server() {
    let node = start_node(&[]);
    let mut connection = node.connection(0).unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..500 {
        let letters = (0..random.usize(..20)).map(|_| random.choice(['{', '}', 'a', 'ä', '\0', ':']).unwrap());
        let key: String = letters.collect();
        assert_eq!(
            raw::<u16>(&mut connection, &["CLUSTER", "KEYSLOT", &key]).unwrap(),
            slot(key.as_bytes()),
            "{key:?}"
        );
    }
}

/// The permissions in the README are sufficient, with TLS to every node.
#[test]
fn a_cluster_over_tls_with_least_privilege() {
    let ca = CertificateAuthority::new("home");
    let own = ca.sign(&["localhost", "127.0.0.1"]);
    let world = World::new("");
    let file = |name: &str, text: &str| world.file(name, text).display().to_string();
    let (ca, cert, key) = (file("ca", &ca.certificate()), file("cert", &own.certificate), file("key", &own.key));
    let tls = ["--tls-ca-cert-file", &ca, "--tls-cert-file", &cert, "--tls-key-file", &key, "--tls-auth-clients", "no"];
    let (cluster, ports) = Cluster::start_secured(&tls);
    let channel = channel_of(2, "ops");
    let key = format!("%R~{PREFIX}{channel}");
    let rights = "+subscribe +psubscribe +unsubscribe +punsubscribe +get +ping +hello +auth +client|setname";
    let user = ["ACL", "SETUSER", "watcher", "on", ">s3cret", "resetchannels"];
    let channels = format!("&{channel}");
    let words: Vec<&str> = user.into_iter().chain([&channels[..], &key, "-@all"]).chain(rights.split(' ')).collect();
    for node in &cluster.nodes {
        node.command::<()>(&words);
    }
    let url = format!("rediss+cluster://watcher:s3cret@localhost:{}", ports[0]);
    let world = World::new(&url);
    let rejected = world.run(&["--tls-ca", &ca, "tail", &channel, "--for", "5s"]);
    assert_eq!(rejected.status, 3, "{rejected:?}");
    assert!(rejected.err.contains("NOPERM") && rejected.err.contains("cluster|slots"), "{}", rejected.err);
    assert!(!rejected.err.contains("s3cret"), "{}", rejected.err);

    for node in &cluster.nodes {
        node.command::<()>(&["ACL", "SETUSER", "watcher", "+cluster|slots"]);
    }
    let mut tail = Tailing::json(&world, &["--tls-ca", &ca, &channel]);
    let publish = World::new(&format!("rediss+cluster://localhost:{}", ports[1]));
    let published = publish.run(&["--tls-ca", &ca, "publish", &channel, "evt"]);
    assert_eq!((published.status, published.err.as_str()), (0, ""));
    let shown = tail.wait_for(|line| line["type"] == "message");
    assert_eq!(shown["sequence"], json!(1), "{shown}");
}
