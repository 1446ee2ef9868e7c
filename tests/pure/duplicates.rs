//! The duplicate check: which messages were already received.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aircheck::ledger::duplicates::{Duplicates, FirstCopy};
use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::sequence::Channel;
use proptest::prelude::*;

const SECOND: i64 = 1_000_000;
/// The time at which the tests start.
const START: i64 = 1_795_516_352;

fn ops() -> Channel {
    Channel::new(b"ops")
}

/// A different HMAC text for each number.
fn hmac(number: u64) -> Vec<u8> {
    format!("{:016x}{:048x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15), number).into_bytes()
}

/// Notes a message that is signed and received `seconds` after the start.
fn note(duplicates: &mut Duplicates, number: u64, seconds: i64) -> Option<FirstCopy> {
    duplicates.note(&hmac(number), &ops(), START + seconds, (START + seconds) * SECOND)
}

#[test]
fn a_duplicate_is_found_with_its_first_copy() {
    let mut duplicates = Duplicates::new(10, 60);
    let billing = Channel::new(b"billing");
    assert_eq!(duplicates.note(&hmac(1), &billing, START, START * SECOND + 5), None);
    assert_eq!(duplicates.note(&hmac(2), &ops(), START, START * SECOND + 6), None);
    let first = Some(FirstCopy { at: START * SECOND + 5, channel: billing });
    assert_eq!(duplicates.note(&hmac(1), &ops(), START, (START + 9) * SECOND), first);
    // The first place stays the first.
    assert_eq!(duplicates.note(&hmac(1), &ops(), START, (START + 10) * SECOND), first);
    assert_eq!(duplicates.len(), 2);
    assert!(!duplicates.incomplete());
}

#[test]
fn a_message_is_stored_as_long_as_it_verifies() {
    // A message with a timestamp `ahead` of the local clock verifies until 60 s after the timestamp, to the whole second.
    for ahead in [-50, -1, 0, 1, 59] {
        let last = (START + ahead + 60 + 1) * SECOND - 1;
        for (at, is_known) in [(last, true), (last + SECOND + 1, false)] {
            let mut duplicates = Duplicates::new(10, 60);
            assert_eq!(duplicates.note(&hmac(1), &ops(), START + ahead, START * SECOND), None);
            assert_eq!(duplicates.note(&hmac(2), &ops(), START, at), None);
            assert_eq!(duplicates.len(), if is_known { 2 } else { 1 }, "{ahead} s ahead, at {at}");
            assert_eq!(
                duplicates.note(&hmac(1), &ops(), START + ahead, at).is_some(),
                is_known,
                "{ahead} s ahead, at {at}"
            );
            assert!(!duplicates.incomplete());
        }
    }
}

#[test]
fn a_full_duplicate_check_is_incomplete_until_removed_messages_expire() {
    let mut duplicates = Duplicates::new(3, 60);
    for number in 0..3 {
        assert_eq!(note(&mut duplicates, number, 0), None);
    }
    assert!(!duplicates.incomplete());
    assert_eq!(note(&mut duplicates, 3, 1), None);
    assert_eq!(duplicates.len(), 3);
    assert!(duplicates.incomplete());
    assert_eq!(note(&mut duplicates, 0, 2), None, "forgotten, hence the warning");
    assert!(note(&mut duplicates, 3, 3).is_some());
    // The message removed at 2 s is from the start, and could be sent again until 61 s.
    assert_eq!(note(&mut duplicates, 4, 62), None);
    assert!(!duplicates.incomplete());
}

#[test]
fn a_capacity_of_zero_disables_the_duplicate_check() {
    let mut duplicates = Duplicates::new(0, 60);
    assert!(!duplicates.incomplete());
    for seconds in 0..3 {
        assert_eq!(note(&mut duplicates, 1, seconds), None);
    }
    assert!(duplicates.is_empty());
    assert!(duplicates.incomplete());
}

#[test]
fn channel_numbers_are_reused() {
    let mut duplicates = Duplicates::new(100, 10);
    for number in 0..10_000_u64 {
        let seconds = START + i64::try_from(number).unwrap();
        let channel = Channel::new(format!("channel {}", number % 37).as_bytes());
        assert_eq!(duplicates.note(&hmac(number), &channel, seconds, seconds * SECOND), None);
        let other = Channel::new(b"other");
        let seen = duplicates.note(&hmac(number), &other, seconds, seconds * SECOND);
        assert_eq!(seen, Some(FirstCopy { at: seconds * SECOND, channel }));
    }
    assert!(duplicates.len() <= 12, "{}", duplicates.len());
}

#[test]
fn extreme_times_and_texts_do_not_panic() {
    let mut duplicates = Duplicates::new(10, u64::MAX);
    for hmac in [&b""[..], b"0", b"\xff\xff", b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "é".as_bytes()] {
        for (timestamp, at) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (0, 0), (i64::MAX, i64::MAX)] {
            let seen = duplicates.note(hmac, &ops(), timestamp, at);
            if let Some(finding) = seen.and_then(|seen| Duplicates::finding(seen, &ops(), at)) {
                assert!(!finding.line().is_empty() && !finding.explain().is_empty());
            }
        }
    }
}

/// The finding for a copy on `ops` that was received `micros` after the first one on that channel.
fn found(first_channel: &[u8], micros: i64) -> Option<Finding> {
    let seen = FirstCopy { at: START * SECOND, channel: Channel::new(first_channel) };
    Duplicates::finding(seen, &ops(), START * SECOND + micros)
}

#[test]
fn copies_within_a_second_are_no_finding_on_any_channel() {
    for channel in [&b"ops"[..], b"billing"] {
        for micros in [0, 1, 999_999, SECOND] {
            assert_eq!(found(channel, micros), None, "{micros} us");
        }
        for micros in [SECOND + 1, 60 * SECOND, -2 * SECOND] {
            let finding = found(channel, micros).unwrap();
            let cause = Cause::Duplicate { first_at: START * SECOND, first_channel: Channel::new(channel) };
            assert_eq!((finding.kind, finding.count, finding.cause), (FindingKind::Duplicate, Some(1), cause));
            assert_eq!((finding.sequence_from, finding.sequence_to, finding.at), (None, None, START * SECOND + micros));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A table that is large enough finds every duplicate within the tolerance, and nothing else.
    #[test]
    fn agrees_with_a_list_of_all_messages(
        messages in prop::collection::vec((0..40_u64, 0..3_i64, -8..=8_i64, 0..3_usize), 1..300),
    ) {
        let channels = [ops(), Channel::new(b"billing"), Channel::new(b"")];
        let mut duplicates = Duplicates::new(1_000, 10);
        let mut all: Vec<(u64, i64, i64, usize)> = Vec::new();
        let mut now = START;
        for (number, pause, ahead, channel) in messages {
            now += pause;
            // The timestamp is signed too, so each number has its own.
            let known = all.iter().find(|known| known.0 == number);
            let timestamp = known.map_or(now + ahead, |known| known.1);
            if (now - timestamp).abs() > 10 {
                continue;
            }
            let seen = duplicates.note(&hmac(number), &channels[channel], timestamp, now * SECOND);
            let expected = known.map(|known| FirstCopy { at: known.2 * SECOND, channel: channels[known.3].clone() });
            prop_assert_eq!(seen, expected);
            if known.is_none() {
                all.push((number, timestamp, now, channel));
            }
        }
        prop_assert!(!duplicates.incomplete());
    }

    /// A table that is too small either finds a duplicate or reports that the check is incomplete.
    #[test]
    fn never_misses_a_duplicate_unless_incomplete(
        capacity in 0..20_usize,
        messages in prop::collection::vec((0..40_u64, 0..3_i64), 1..200),
    ) {
        let mut duplicates = Duplicates::new(capacity, 10);
        let mut timestamps = std::collections::HashMap::new();
        let mut now = START;
        for (number, pause) in messages {
            now += pause;
            let timestamp = *timestamps.entry(number).or_insert(now);
            let is_new = timestamp == now && !timestamps.is_empty();
            if now - timestamp > 10 {
                continue;
            }
            let warned = duplicates.incomplete();
            let seen = duplicates.note(&hmac(number), &ops(), timestamp, now * SECOND);
            prop_assert!(seen.is_some() || is_new || warned || duplicates.incomplete());
            prop_assert!(duplicates.len() <= capacity);
        }
    }
}
