//! The memory use of intervals.

use aircheck::ledger::interval::{Entry, Interval, Message};
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::wire::verdict::Verdict;

#[test]
fn an_entry_is_no_larger_than_a_message() {
    assert_eq!((size_of::<Entry>(), size_of::<Message>()), (72, 72));
}

#[test]
fn split_off_entries_keep_their_messages_and_payloads() {
    let mut whole = Interval::default();
    let channel = Channel::new(b"ops");
    for number in 0..10_u8 {
        whole.push_message(&[number; 7], 0, channel.clone(), Sequence::Exact(1), Verdict::Unsigned, None, None);
    }
    let rest = whole.split_off(4);
    let payloads = |interval: &Interval| -> Vec<u8> {
        interval
            .entries()
            .iter()
            .map(|entry| match entry {
                Entry::Message(message) => interval.payload(message)[0],
                _ => u8::MAX,
            })
            .collect()
    };
    assert_eq!((payloads(&whole), payloads(&rest)), ((0..4).collect(), (4..10).collect()));
    assert_eq!((whole.messages(), rest.messages()), (4, 6));
    assert_eq!((whole.payload_bytes(), rest.payload_bytes()), (28, 42));
}
