#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::ledger::expectation::Expected;
use crate::ledger::finding::{Cause, Finding, FindingKind};
use crate::ledger::sequence::Channel;
use crate::redis::subscription::table::SubscriptionTable;
use crate::wire::envelope::Envelope;
use crate::wire::signature::{Keyring, KeyringSettings};

/// A builder with the channels `a` and `b`. Payloads identify the messages.
struct Fixture {
    table: SubscriptionTable,
    keyring: Keyring,
    builder: IntervalBuilder,
}

impl Fixture {
    fn new() -> Self {
        let keyring = Keyring::new(KeyringSettings::default());
        Self {
            table: SubscriptionTable::new(Vec::new(), Vec::new(), Vec::new(), Expected::default(), true),
            keyring,
            builder: IntervalBuilder::default(),
        }
    }

    fn message(&mut self, channel: &str, payload: &str, sequence: Option<Sequence>) {
        let index = self.table.find(channel.as_bytes());
        let number = self.table.channels[index].ledger.message();
        let envelope = Envelope::parse(payload.as_bytes());
        let verification = self.keyring.verify(&envelope, 0);
        let tracked = &mut self.table.channels[index];
        self.builder.message(payload.as_bytes(), 0, (index, tracked, number), &verification, sequence);
    }

    fn close(&mut self, channel: &str, first: u64) {
        let index = self.table.find(channel.as_bytes());
        self.table.channels[index].closing = Some(Sequences::Exact { first });
        self.builder.settle(&mut self.table.channels);
        self.table.channels[index].closing = None;
    }

    /// Takes an interval. Returns one text per entry: a message's payload and sequence number, or a finding with its
    /// `at`.
    fn take(&mut self) -> Option<Vec<String>> {
        self.builder.take().map(|interval| words(&interval))
    }
}

fn words(interval: &Interval) -> Vec<String> {
    let word = |entry: &Entry| match entry {
        Entry::Message(message) => {
            let payload = interval.payload(message);
            assert!(payload.is_empty() || payload[..1] == *interval.channel(message).as_bytes(), "its own channel");
            format!("{} {:?}", String::from_utf8_lossy(interval.payload(message)), message.sequence)
        }
        Entry::Finding(finding) => format!("finding {}", finding.at),
        _ => "other".to_owned(),
    };
    interval.entries().iter().map(word).collect()
}

fn finding(at: i64) -> Entry {
    let (kind, cause) = (FindingKind::CounterReset, Cause::Reset { before: 1, after: None });
    Entry::from(Finding {
        kind,
        channel: Channel::new(b"a"),
        sequence_from: None,
        sequence_to: None,
        count: None,
        at,
        cause,
    })
}

#[test]
fn waiting_messages_hold_back_only_later_entries() {
    let mut fixture = Fixture::new();
    fixture.builder.push(finding(1));
    fixture.message("a", "a1", None);
    fixture.message("b", "b1", None);
    fixture.builder.push(finding(2));
    fixture.message("a", "a2", None);
    assert_eq!(fixture.take(), Some(vec!["finding 1".to_owned()]));
    assert_eq!(fixture.take(), None);
    fixture.close("b", 7);
    assert_eq!(fixture.take(), None);
    fixture.close("a", 41);
    let all = ["a1 Exact(41)", "b1 Exact(7)", "finding 2", "a2 Exact(42)"];
    assert_eq!(fixture.take(), Some(all.map(str::to_owned).to_vec()));
    assert_eq!(fixture.take(), None);
    assert!(!fixture.builder.has_waiting());
}

#[test]
fn an_entry_is_inserted_at_its_position_or_before_all_waiting_ones() {
    let mut fixture = Fixture::new();
    fixture.message("a", "a1", None);
    let place = fixture.builder.position();
    fixture.message("b", "b1", None);
    fixture.message("a", "a2", None);
    fixture.close("a", 1);
    assert_eq!(fixture.take(), Some(vec!["a1 Exact(1)".to_owned()]));
    fixture.builder.insert(InsertAt::Before(place), finding(1));
    fixture.builder.insert(InsertAt::After(place), finding(2));
    // That position was taken already.
    fixture.builder.insert(InsertAt::Before(0), finding(0));
    assert_eq!(fixture.take(), None, "b1 still waits");
    fixture.close("b", 5);
    let all = ["finding 1", "finding 0", "b1 Exact(5)", "finding 2", "a2 Exact(2)"];
    assert_eq!(fixture.take(), Some(all.map(str::to_owned).to_vec()));
}

#[test]
fn a_finding_without_any_message_is_taken() {
    let mut fixture = Fixture::new();
    fixture.builder.insert(InsertAt::Before(0), finding(1));
    assert_eq!(fixture.take(), Some(vec!["finding 1".to_owned()]));
}

#[test]
fn messages_without_a_payload_count_towards_the_limit() {
    let mut fixture = Fixture::new();
    let most = MAX_BYTES / size_of::<Entry>() + 1;
    for _ in 0..most {
        assert!(!fixture.builder.is_full());
        fixture.message("a", "", None);
    }
    assert!(fixture.builder.is_full());
    let index = fixture.table.find(b"a");
    fixture.builder.number_without_barrier(|channel| {
        assert_eq!(channel, index);
        Sequences::Inferred { first: 3 }
    });
    assert_eq!(fixture.take().and_then(|words| words.first().cloned()), Some(" Inferred(3)".to_owned()));
    assert!(!fixture.builder.is_full());
}

#[test]
fn settled_entries_are_taken_from_between_waiting_ones() {
    let mut fixture = Fixture::new();
    fixture.message("a", "a1", None);
    fixture.message("b", "b1", None);
    fixture.builder.insert(InsertAt::Before(1), finding(7));
    fixture.message("a", "a2", None);
    fixture.builder.push(finding(8));
    fixture.message("b", "b2", None);
    fixture.close("b", 5);
    let taken = fixture.builder.take_settled().map(|interval| words(&interval));
    assert_eq!(taken.unwrap(), ["finding 7", "b1 Exact(5)", "finding 8", "b2 Exact(6)"]);
    assert!(fixture.builder.take_settled().is_none());
    fixture.message("b", "b3", None);
    fixture.close("a", 1);
    assert_eq!(fixture.take().unwrap(), ["a1 Exact(1)", "a2 Exact(2)"]);
    fixture.close("b", 7); // b3 is the third message of b, so its number is 7 + 2
    assert_eq!(fixture.take().unwrap(), ["b3 Exact(9)"]);
}

#[test]
fn a_finding_about_a_message_follows_it() {
    let mut fixture = Fixture::new();
    fixture.message("b", "b1", None);
    fixture.message("a", "a1", None);
    fixture.message("b", "b2", None);
    fixture.message("a", "a2", None);
    for place in 0..4 {
        fixture.builder.insert(InsertAt::After(place), finding(i64::try_from(place).unwrap()));
    }
    fixture.close("b", 5);
    let taken = fixture.builder.take_settled().map(|interval| words(&interval));
    assert_eq!(taken.unwrap(), ["b1 Exact(5)", "finding 0", "b2 Exact(6)", "finding 2"]);
    fixture.message("b", "b3", None);
    fixture.close("a", 1);
    assert_eq!(fixture.take().unwrap(), ["a1 Exact(1)", "finding 1", "a2 Exact(2)"]);
    fixture.close("b", 7); // b3 is the third message of b, so its number is 7 + 2
    assert_eq!(fixture.take().unwrap(), ["finding 3", "b3 Exact(9)"]);
}
