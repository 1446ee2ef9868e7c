//! The memory of intervals.
#![expect(clippy::unwrap_used, reason = "a test")]

use aircheck::ledger::interval::{Entry, Interval, Message};
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::wire::verdict::Verdict;

const PAYLOAD: &[u8] = &[b'x'; 100];

fn fill(interval: &mut Interval, messages: usize) {
    let channel = Channel::new(b"ops");
    for _ in 0..messages {
        interval.push_message(PAYLOAD, 0, channel.clone(), Sequence::Exact(1), Verdict::Unsigned, None, None);
    }
}

#[test]
fn an_entry_is_no_larger_than_a_message() {
    assert_eq!((size_of::<Entry>(), size_of::<Message>()), (72, 72));
}

#[test]
fn memory_of_a_dropped_interval_is_reused_across_threads() {
    let mut first = Interval::default().successor();
    fill(&mut first, 9000);
    let mut second = first.successor();
    assert!(second.size() < first.size(), "room for what came and little more, in new memory");
    fill(&mut second, 9000);
    let of_first = first.size();
    std::thread::spawn(move || drop(first)).join().unwrap();
    let mut third = second.successor();
    assert!(third.size() + 1000 > of_first, "all of it but the names of the channels: {}, {of_first}", third.size());
    assert!(third.is_empty() && third.messages() == 0 && third.payload_bytes() == 0);
    fill(&mut third, 1);
    assert_eq!(third.entries().len(), 1);
}

#[test]
fn small_and_huge_intervals_keep_no_memory() {
    let mut small = Interval::default().successor();
    fill(&mut small, 3);
    let after = small.successor();
    drop(small);
    assert!(after.size() < 2000 && after.successor().size() < 2000);

    let mut huge = Interval::default().successor();
    fill(&mut huge, 400_000);
    let of_huge = huge.size();
    let next = huge.successor();
    assert!(next.size() <= 2 * (8 << 20), "{} bytes", next.size());
    drop(huge);
    let mut filled = next;
    fill(&mut filled, 100_000);
    assert!(filled.successor().size() < of_huge);
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
