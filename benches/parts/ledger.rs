//! The ledger, filters and JSON lines.

use aircheck::filter::{Candidate, Filter, PredicateResult};
use aircheck::ledger::channel::ChannelLedger;
use aircheck::ledger::duplicates::Duplicates;
use aircheck::ledger::interval::{Entry, Message};
use aircheck::ledger::sequence::{Channel, Reading};
use aircheck::output::json::JsonLines;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

use crate::material::{NOW, interval};

/// The number of messages in one measurement. The results are for all of them.
const MESSAGES: u32 = 1000;
/// The measured filters.
const FILTERS: [&str; 4] =
    ["channel:ops* name:price-*", "seq:10..20", "text~\"A-00009.0\"", "name:price-* | .sku == \"A-0000017\""];

#[divan::bench]
fn ledger(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(MESSAGES)).with_inputs(|| ChannelLedger::new(Channel::new(b"ops"))).bench_refs(
        |ledger| {
            ledger.subscribed(0);
            for _ in 0..MESSAGES {
                black_box(ledger.message());
            }
            ledger.barrier(&Reading::Value(u64::from(MESSAGES)), 1)
        },
    );
}

/// With a full memory, so each new message removes an old one.
#[divan::bench]
fn duplicates(bencher: Bencher<'_, '_>) {
    let channel = Channel::new(b"ops");
    let mut duplicates = Duplicates::new(1_000_000, 3600);
    let mut number = 0_u64;
    let mut note = || {
        number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
        duplicates.note(format!("{number:016x}").as_bytes(), &channel, NOW, NOW * 1_000_000)
    };
    for _ in 0..1_000_001 {
        let _ = note();
    }
    bencher.bench_local(note);
}

#[divan::bench(args = FILTERS)]
fn filter(bencher: Bencher<'_, '_>, text: &str) {
    let interval = interval(MESSAGES);
    let Ok(filter) = Filter::parse(text) else { return };
    let matches = |message: &Message| {
        let candidate = Candidate::new(&interval, message, NOW * 1_000_000);
        filter.terms_match(&candidate) && filter.predicate_outcome(candidate.data()) == PredicateResult::Satisfied
    };
    bencher.counter(ItemsCount::new(MESSAGES)).bench(|| {
        let messages = interval.entries().iter().filter(|entry| matches!(entry, Entry::Message(one) if matches(one)));
        messages.count()
    });
}

#[divan::bench]
fn json_lines(bencher: Bencher<'_, '_>) {
    let interval = interval(MESSAGES);
    let mut lines = JsonLines::default();
    let mut out = Vec::new();
    bencher.counter(ItemsCount::new(MESSAGES)).bench_local(|| {
        out.clear();
        for entry in interval.entries() {
            lines.entry(&mut out, &interval, entry);
        }
        out.len()
    });
}
