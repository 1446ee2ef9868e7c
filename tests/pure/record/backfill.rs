//! Searching one recording for the gap of another.

use std::path::Path;

use aircheck::console::popups::backfill::GapQuery as ConsoleQuery;
use aircheck::console::runtime::backfill as console;
use aircheck::ledger::finding::{Cause, FindingKind};
use aircheck::ledger::interval::{Entry, Interval};
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::recording::backfill::{BackfillAnswer, EpochMatch, GapQuery, look};
use aircheck::recording::reader::RecordingReader;
use aircheck::wire::verdict::Verdict;

use super::{START, finding, numbered, push, record_all};

/// A gap of #5 to #8 on `ops`, with the received messages #3, #4 and #9 as `numbered` creates them.
fn wanted() -> GapQuery {
    let all = numbered(1, 10);
    let neighbours = [3, 4, 9].map(|number: usize| match &all.entries()[number - 1] {
        Entry::Message(message) => (number as u64, all.payload(message).to_vec()),
        other => panic!("{other:?}"),
    });
    GapQuery { channel: Channel::new(b"ops"), range: (5, 8), at: START + 9_000, neighbours: neighbours.to_vec() }
}

fn known(path: &Path, recorded: Vec<Interval>, wanted: &GapQuery) -> Result<BackfillAnswer, String> {
    record_all(path, recorded);
    look(&RecordingReader::open(path).unwrap(), wanted).map_err(|error| error.to_string())
}

fn sequences(known: &BackfillAnswer) -> Vec<Sequence> {
    let messages = known.messages.entries().iter();
    let sequence = |entry: &Entry| match entry {
        Entry::Message(message) => message.sequence,
        other => panic!("{other:?}"),
    };
    messages.map(sequence).collect()
}

fn reset(before: u64) -> Interval {
    let mut interval = Interval::default();
    let cause = Cause::Reset { before, after: Some(0) };
    interval.push(finding(FindingKind::CounterReset, (Some(before), Some(0)), None, cause));
    interval
}

/// Different messages with the same numbers, an hour later.
fn others(from: u64, to: u64) -> Interval {
    let mut interval = Interval::default();
    for number in from..=to {
        let (at, channel) = (START + 3_600_000_000, Channel::new(b"ops"));
        interval.push_message(b"other::", at, channel, Sequence::Exact(number), Verdict::Unsigned, None, None);
    }
    interval
}

#[test]
fn exact_numbers_and_possible_ranges_are_found() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("b.db");
    let mut ranged = Interval::default();
    push(&mut ranged, "ops", Sequence::Range { from: 7, to: 9 }, Verdict::Verified, 7);
    let known = known(&path, vec![numbered(2, 6), ranged, numbered(10, 12)], &wanted()).unwrap();
    assert_eq!(sequences(&known), [Sequence::Exact(5), Sequence::Exact(6), Sequence::Range { from: 7, to: 9 }]);
    assert_eq!((&known.found[..], known.maybe, known.matched), (&[(5, 6)][..], 1, EpochMatch::Same));
    assert_eq!(known.source, "redis://redis.internal:6379/0 p_");
}

#[test]
fn the_messages_next_to_the_gap_identify_the_counter_epoch() {
    for (recorded, found) in [
        (vec![numbered(1, 6), reset(6), others(1, 20)], (5, 6)),
        (vec![others(1, 20), reset(20), numbered(1, 8)], (5, 8)),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let known = known(&directory.path().join("b.db"), recorded, &wanted()).unwrap();
        assert_eq!((&known.found[..], known.matched), (&[found][..], EpochMatch::Same));
        let Entry::Message(message) = &known.messages.entries()[0] else { panic!() };
        assert_ne!(known.messages.payload(message), b"other::");
    }
}

#[test]
fn a_gap_without_common_neighbours_is_unproven_or_the_nearest() {
    let directory = tempfile::tempdir().unwrap();
    let unproven = known(&directory.path().join("b.db"), vec![numbered(5, 8)], &wanted()).unwrap();
    assert_eq!((&unproven.found[..], unproven.matched), (&[(5, 8)][..], EpochMatch::Unproven));
    let recorded = vec![others(5, 8), reset(8), numbered(5, 7)];
    let nearest = known(&directory.path().join("c.db"), recorded, &wanted()).unwrap();
    assert_eq!((&nearest.found[..], nearest.matched), (&[(5, 7)][..], EpochMatch::Nearest));
}

#[test]
fn different_neighbours_mean_another_counter() {
    let directory = tempfile::tempdir().unwrap();
    let error = known(&directory.path().join("b.db"), vec![others(1, 20)], &wanted()).unwrap_err();
    assert!(error.contains("b.db has other messages on ops with the adjacent sequence numbers"), "{error}");
    let of = GapQuery { channel: Channel::new(b"n\x1bne"), ..wanted() };
    let error = known(&directory.path().join("c.db"), vec![numbered(1, 20)], &of).unwrap_err();
    assert!(error.ends_with("c.db has no channel n\\x1bne"), "{error}");
}

#[test]
fn at_most_a_thousand_messages_are_returned_but_all_are_counted() {
    let directory = tempfile::tempdir().unwrap();
    let wanted = GapQuery { range: (5, 6000), neighbours: Vec::new(), ..wanted() };
    let known = known(&directory.path().join("b.db"), vec![numbered(1, 5000)], &wanted).unwrap();
    assert_eq!((&known.found[..], known.messages.messages()), (&[(5, 5000)][..], 1000));
}

#[test]
fn each_recording_of_a_directory_supplies_messages_that_the_earlier_ones_lack() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    // This may be another counter, because no message next to the gap is in both. Therefore the other recordings are used first.
    record_all(&path("a.db"), vec![numbered(5, 8)]);
    record_all(&path("b.db"), vec![numbered(3, 5), numbered(7, 7)]);
    record_all(&path("c.db"), vec![numbered(4, 5)]);
    // The wrong counter, and the recording in use.
    record_all(&path("d.db"), vec![others(1, 20)]);
    record_all(&path("e.db"), vec![numbered(1, 10)]);
    std::fs::write(path("notes.txt"), "not a recording").unwrap();
    let GapQuery { channel, range, at, neighbours } = wanted();
    let query = ConsoleQuery { row_id: 1, channel, range, at, neighbours };
    let search = |wanted: &ConsoleQuery| console::look(directory.path().to_str().unwrap(), wanted, &[path("e.db")]);
    let result = search(&query).unwrap();
    let name = directory.path().file_name().unwrap().to_str().unwrap();
    assert_eq!(result.words(), format!("4 of 4 found in {name}/ (?): b.db #5 #7, a.db #6 #8"));
    let numbers: Vec<_> = result.rows.iter().map(|row| row.message().unwrap().sequence).collect();
    assert_eq!(numbers, [5, 6, 7, 8].map(Sequence::Exact));
    let none = ConsoleQuery { channel: Channel::new(b"none"), ..query };
    assert!(search(&none).unwrap_err().ends_with("a.db has no channel none"));
}

#[test]
fn a_recording_with_the_name_of_the_known_one_is_named_with_its_directory() {
    let directory = tempfile::tempdir().unwrap();
    let [own, other, third] = ["host-a/shop.db", "host-b/shop.db", "host-b/ops.db"].map(|name| {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        record_all(&path, vec![numbered(1, 8)]);
        path
    });
    let GapQuery { channel, range, at, neighbours } = wanted();
    let query = ConsoleQuery { row_id: 1, channel, range, at, neighbours };
    let search =
        |path: &Path| console::look(path.to_str().unwrap(), &query, std::slice::from_ref(&own)).unwrap().words();
    assert_eq!(search(&other), "4 of 4 found in host-b/shop.db");
    assert_eq!(search(&third), "4 of 4 found in ops.db");
    assert!(search(&directory.path().join("host-b/")).starts_with("4 of 4 found in host-b/: "));
}

#[test]
fn a_directory_without_another_recording_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    record_all(&path, vec![numbered(5, 8)]);
    let GapQuery { channel, range, at, neighbours } = wanted();
    let query = ConsoleQuery { row_id: 1, channel, range, at, neighbours };
    let search = || console::look(directory.path().to_str().unwrap(), &query, std::slice::from_ref(&path)).unwrap_err();
    let name = directory.path().file_name().unwrap().to_str().unwrap();
    let nothing = format!("no other recording in \"{name}\" (subdirectories are not searched); ");
    assert_eq!(search(), format!("{nothing}name a recording, or another directory"));

    std::fs::create_dir(directory.path().join("empty")).unwrap();
    let host = directory.path().join("host");
    std::fs::create_dir(&host).unwrap();
    record_all(&host.join("b.db"), vec![numbered(5, 8)]);
    assert_eq!(search(), format!("{nothing}name its subdirectories, e.g. \"{}\"", host.display()));
}

#[test]
fn the_console_offers_the_directory_of_its_recording_first() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let (own, all) = (path("own.db"), format!("{}/", directory.path().display()));
    for name in ["own.db", "a.db"] {
        record_all(&path(name), vec![numbered(1, 2)]);
    }
    std::fs::write(path("notes.txt"), "no recording").unwrap();
    let text = |name: &str| path(name).to_str().unwrap().to_owned();
    assert_eq!(console::offer(std::slice::from_ref(&own)), [text("a.db")]);
    record_all(&path("b.db"), vec![numbered(1, 2)]);
    assert_eq!(console::offer(&[own]), [all, text("a.db"), text("b.db")]);
}
