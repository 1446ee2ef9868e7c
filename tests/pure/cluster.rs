//! The slots of keys, and the nodes' replies about their owners.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aircheck::redis::cluster::topology::{Node, Topology};
use aircheck::redis::cluster::topology::{SLOT_COUNT, slot};
use proptest::prelude::*;
use redis::Value;

/// From the specification of Redis Cluster and its reference implementation of CRC16.
#[test]
fn slots_match_the_specification() {
    for (key, expected) in [
        ("123456789", 0x31c3 % SLOT_COUNT),
        ("", 0),
        ("somekey", 11058),
        ("foo{hash_tag}", 2515),
        ("bar{hash_tag}", 2515),
        ("foo", 12182),
    ] {
        assert_eq!(slot(key.as_bytes()), expected, "{key}");
    }
}

#[test]
fn only_the_first_non_empty_hash_tag_counts() {
    for (key, hashed) in [
        ("{user1000}.following", "user1000"),
        ("{user1000}.followers", "user1000"),
        ("foo{bar}{zap}", "bar"),
        ("foo{{bar}}zap", "{bar"),
        ("}{tag}", "tag"),
        ("foo{bar", "foo{bar"),
        ("foo}bar", "foo}bar"),
    ] {
        assert_eq!(slot(key.as_bytes()), slot(hashed.as_bytes()), "{key}");
    }
    let whole = "foo{}{bar}";
    assert_ne!(slot(whole.as_bytes()), slot(b"bar"));
    assert_eq!(slot(whole.as_bytes()), 8363);
}

fn text(text: &str) -> Value {
    Value::BulkString(text.as_bytes().to_vec())
}

fn range(first: i64, last: i64, host: Value, port: i64, known: Value) -> Value {
    let replica = Value::Array(vec![text("10.9.9.9"), Value::Int(1), text("id")]);
    let owner = Value::Array(vec![host, Value::Int(port), text("id"), known]);
    Value::Array(vec![Value::Int(first), Value::Int(last), owner, replica])
}

fn node(host: &str, port: u16) -> Node {
    Node { host: host.to_owned(), port }
}

fn read(ranges: Vec<Value>) -> Option<Topology> {
    Topology::read(&Value::Array(ranges), &node("queried", 7000))
}

/// `somekey` has the slot 11058, `123456789` 12739.
#[test]
fn owners_have_reachable_addresses() {
    let none = || Value::Array(Vec::new());
    let ip = || vec![text("hostname"), text("h"), text("ip"), text("10.0.0.7")];
    let pairs = Value::Map(vec![(text("ip"), text("10.0.0.8"))]);
    for (host, known, reached) in [
        (text("10.0.0.1"), none(), Some("10.0.0.1")),
        (text("redis.internal"), none(), Some("redis.internal")),
        // A node that does not know its own address, or is behind a network that changes it.
        (text(""), none(), Some("queried")),
        (Value::Nil, none(), Some("queried")),
        (text("0.0.0.0"), none(), Some("queried")),
        // The node prefers host names but has none.
        (text("?"), Value::Array(ip()), Some("10.0.0.7")),
        (text("?"), pairs, Some("10.0.0.8")),
        (text("?"), none(), None),
    ] {
        let shown = format!("{host:?}");
        let topology = read(vec![range(11000, 11100, host, 7001, known)]).unwrap();
        assert_eq!(topology.owner(b"somekey"), reached.map(|host| node(host, 7001)).as_ref(), "{shown}");
        assert_eq!(topology.owner(b"123456789"), None, "{shown}");
    }
    let both = read(vec![
        range(0, 12000, text("b"), 1, none()),
        range(12001, 12738, text("a"), 2, none()),
        range(12739, 16383, text("b"), 1, none()),
    ]);
    let both = both.unwrap();
    assert_eq!(both.nodes(), [node("a", 2), node("b", 1)]);
    assert_eq!((both.owner(b"somekey"), both.owner(b"123456789")), (Some(&node("b", 1)), Some(&node("b", 1))));
    // The node has no port for this kind of connection.
    let portless = read(vec![range(0, 16383, text("a"), 0, none())]).unwrap();
    assert_eq!(portless.owner(b"somekey"), None);
    assert_eq!(node("::1", 7).to_string(), "[::1]:7");
}

#[test]
fn a_malformed_reply_is_none() {
    let none = || Value::Array(Vec::new());
    assert!(Topology::read(&Value::Nil, &node("queried", 1)).is_none());
    assert!(read(vec![Value::Int(1)]).is_none());
    for (first, last) in [(-1, 5), (5, 4), (0, 16384), (0, i64::MAX)] {
        assert!(read(vec![range(first, last, text("a"), 1, none())]).is_none(), "{first}..={last}");
    }
    assert!(read(Vec::new()).unwrap().nodes().is_empty());
}

proptest! {
    #[test]
    fn any_key_has_a_slot(key: Vec<u8>) {
        prop_assert!(slot(&key) < SLOT_COUNT);
    }
}
