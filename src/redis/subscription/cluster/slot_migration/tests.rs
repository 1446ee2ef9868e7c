#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use ::redis::Value;
use tokio::sync::mpsc::unbounded_channel;

use super::*;
use crate::ledger::duplicates::Duplicates;
use crate::ledger::expectation::Expected;
use crate::ledger::finding::FindingKind;
use crate::ledger::interval::{Entry, Interval};
use crate::redis::cluster::topology::Node;
use crate::redis::queue::queue;
use crate::redis::subscription::SubscriptionSettings;
use crate::redis::subscription::shared::Shared;
use crate::redis::target::Target;
use crate::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};

const NOW: i64 = 1_795_516_352;
const SECOND: i64 = 1_000_000;

/// A cluster of one node that owns all slots.
fn topology(host: &str) -> Arc<Topology> {
    let node = Value::Array(vec![Value::SimpleString(host.to_owned()), Value::Int(1)]);
    let slots = Value::Array(vec![Value::Int(0), Value::Int(16_383), Value::Array(vec![node])]);
    let asked = Node { host: host.to_owned(), port: 1 };
    Arc::new(Topology::read(&Value::Array(vec![slots]), &asked).unwrap())
}

#[test]
fn a_duplicate_is_reported_after_its_message_when_a_slot_moves() {
    let (sender, receiver) = queue(1 << 20);
    let keys = KeyringSettings { signing_key: Some(Secret::new(b"s3cret".to_vec())), ..KeyringSettings::default() };
    let keyring = Arc::new(Keyring::new(keys));
    let payload = keyring.payload(b"evt", b"1", &SignWith::SigningKey, NOW).unwrap();
    let settings = SubscriptionSettings {
        target: Target::parse("redis://h").unwrap(),
        sequence_prefix: Vec::new(),
        channels: vec![b"ops".to_vec()],
        keyring,
        known: Vec::new(),
        duplicates: 10,
        expected: Expected::default(),
    };
    let (hints, _signs) = unbounded_channel();
    let node = Node { host: "a".to_owned(), port: 1 };
    let cluster_node = NodeReader::new(node, topology("a"), b"", Arc::default(), hints);
    let shared = Shared::new(vec![sender], Duplicates::new(10, 3600), Arc::default());
    let mut reader = Reader::new(settings, shared, Some(cluster_node));
    reader.subscribed(0, NOW * SECOND);
    for seconds in [0, 2] {
        reader.message(b"ops", &payload, (NOW + seconds) * SECOND);
    }
    assert_eq!(
        reader.release(&topology("b"), (NOW + 3) * SECOND).len(),
        0,
        "no barrier: nothing is known of the channel"
    );
    drop(reader);
    let mut intervals: Vec<Arc<Interval>> = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    while runtime.block_on(receiver.drain(&mut intervals)) {}
    let words: Vec<&str> = intervals
        .iter()
        .flat_map(|interval| interval.entries())
        .map(|entry| match entry {
            Entry::Message(_) => "message",
            Entry::Finding(finding) if finding.kind == FindingKind::Duplicate => "copy",
            _ => "other",
        })
        .collect();
    assert_eq!(words, ["message", "message", "copy"]);
}
