//! Discovery on a real server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aircheck::ledger::sequence::{Channel, Reading};
use aircheck::redis::discovery::{ChannelInfo, DiscoveryError, counters, discover, survey};
use aircheck::redis::target::Target;

use crate::support::{RedisServer, free_port, raw};

const PREFIX: &str = "sequence*[a]_";

fn target(server: &RedisServer) -> Target {
    Target::parse(&server.url()).unwrap()
}

fn key(channel: &str) -> String {
    format!("{PREFIX}{channel}")
}

fn facts(channel: &str, counter: Reading, subscribers: Option<u64>) -> ChannelInfo {
    ChannelInfo { channel: Channel::new(channel.as_bytes()), counter, subscribers }
}

#[tokio::test]
async fn counters_and_subscriptions_are_listed_by_name() {
    let server = RedisServer::start();
    server.command::<()>(&["SET", &key("ops"), "7"]);
    server.command::<()>(&["SET", &key("audit"), "x"]);
    server.command::<()>(&["RPUSH", &key("list"), "x"]);
    // Matches the prefix only if its glob characters are not escaped.
    server.command::<()>(&["SET", "sequence_a_other", "1"]);
    let mut subscriber = server.connection(0).unwrap();
    let mut subscription = subscriber.as_pubsub();
    subscription.subscribe(&["ops", "billing"][..]).unwrap();
    let found = discover(&target(&server), PREFIX).await.unwrap();
    let [audit, billing, list, ops] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(*audit, facts("audit", Reading::Unreadable("not a number".into()), Some(0)));
    assert_eq!(*billing, facts("billing", Reading::Missing, Some(1)));
    assert!(matches!(&list.counter, Reading::Unreadable(why) if why.starts_with("WRONGTYPE")), "{list:?}");
    assert_eq!(*ops, facts("ops", Reading::Value(7), Some(1)));
}

#[tokio::test]
async fn denied_discovery_commands_are_noted() {
    let server = RedisServer::start();
    server.command::<()>(&["SET", &key("ops"), "7"]);
    let mut subscriber = server.connection(0).unwrap();
    let mut subscription = subscriber.as_pubsub();
    subscription.subscribe("billing").unwrap();
    let as_user = |name: &str, rules: &[&str]| {
        let start = ["ACL", "SETUSER", name, "on", "nopass", "allchannels", "~*", "+@all"];
        server.command::<()>(&[&start, rules].concat());
        Target::parse(&format!("redis://{name}@127.0.0.1:{}", server.port())).unwrap()
    };
    let without_pubsub = survey(&as_user("a", &["-pubsub"]), PREFIX).await.unwrap();
    assert_eq!(without_pubsub.channels, [facts("ops", Reading::Value(7), None)]);
    assert_eq!(without_pubsub.notes.len(), 2, "{:?}", without_pubsub.notes);
    let without_scan = survey(&as_user("b", &["-scan"]), PREFIX).await.unwrap();
    assert_eq!(without_scan.channels, [facts("billing", Reading::Missing, Some(1))]);
    assert!(without_scan.notes[0].contains("NOPERM"), "{:?}", without_scan.notes);
    let neither = survey(&as_user("c", &["-scan", "-pubsub"]), PREFIX).await.unwrap_err();
    assert!(matches!(neither, DiscoveryError::Rejected(_)), "{neither}");
}

#[tokio::test]
async fn counters_are_read_in_the_order_asked_for_and_one_by_one() {
    let server = RedisServer::start();
    server.command::<()>(&["SET", &key("ops"), "9223372036854775807"]);
    server.command::<()>(&["SET", &key("secret"), "1"]);
    server.command::<()>(&["ACL", "SETUSER", "u", "on", "nopass", "+@all", &format!("~{}", "sequence\\*\\[a\\]_ops*")]);
    let target = Target::parse(&format!("redis://u@127.0.0.1:{}", server.port())).unwrap();
    let channels = ["secret", "ops", "ops2"].map(|name| Channel::new(name.as_bytes()));
    let readings = counters(&target, PREFIX, &channels).await.unwrap();
    assert!(matches!(&readings[0], Reading::Unreadable(why) if why.starts_with("NOPERM")), "{readings:?}");
    assert_eq!(readings[1..], [Reading::Value(i64::MAX.unsigned_abs()), Reading::Missing]);
}

#[tokio::test]
async fn a_long_channel_list_is_cut_with_a_note() {
    let server = RedisServer::start();
    let fill = "for i = 1, tonumber(ARGV[1]) do redis.call('set', KEYS[1] .. i, i) end";
    let mut connection = server.connection(0).unwrap();
    raw::<()>(&mut connection, &["EVAL", fill, "1", PREFIX, "100001"]).unwrap();
    let found = survey(&target(&server), PREFIX).await.unwrap();
    assert_eq!(found.channels.len(), 100_000);
    assert_eq!(found.notes, ["the list is limited to 100000 channels; there are more"]);
    let first = &found.channels[0];
    let name = std::str::from_utf8(first.channel.as_bytes()).unwrap();
    assert_eq!(first.counter, Reading::Value(name.parse().unwrap()));
}

#[tokio::test]
async fn an_unreachable_server_is_an_error() {
    let target = Target::parse(&format!("redis://127.0.0.1:{}", free_port())).unwrap();
    let error = discover(&target, PREFIX).await.unwrap_err();
    assert!(matches!(error, DiscoveryError::Connect(_)), "{error}");
}
