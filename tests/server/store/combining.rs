//! What several recordings of one source know together. A store and `merge` give the same answers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;

use super::postgres::PostgresServer;
use super::recordings::{open, with_messages};
use crate::world::World;

/// 2026-11-24 12:32:32 UTC, in microseconds.
const START: i64 = 1_795_516_352_000_000;

/// A message: how many milliseconds after the start, its number or the lowest and the highest possible one, and its payload.
type Row = (i64, Option<i64>, Option<(i64, i64)>, &'static str);

/// Writes a recording of `ops` that has #1 and these messages.
fn record(world: &World, name: &str, rows: &[Row], more: &str) -> String {
    let file = world.home().join(name);
    with_messages(&file, 1);
    let connection = open(&file);
    for (id, (at, number, range, payload)) in (2..).zip(rows) {
        let certainty = if number.is_some() { 0 } else { range.map_or(6, |_| 2) };
        let insert =
            "INSERT INTO message (id, session, at_unix_micros, channel, epoch, certainty, sequence, sequence_from, sequence_to,
                verdict, payload) VALUES (?, 1, ?, 1, 1, ?, ?, ?, ?, 0, CAST(? || '::' AS BLOB))";
        let (low, high) = range.unzip();
        connection.execute(insert, (id, START + at * 1000, certainty, number, low, high, payload)).unwrap();
    }
    let last = "UPDATE total SET next_id = 1000; UPDATE session SET last_unix_micros = 1795516952000000;
        UPDATE channel SET run_id = 'r', counter_unix_micros = 1795516952000000";
    connection.execute_batch(&format!("{last}; {more}")).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Messages with these numbers, one per second.
fn numbered(numbers: impl IntoIterator<Item = i64>) -> Vec<Row> {
    numbers.into_iter().map(|number| (number * 1000, Some(number), None, "evt")).collect()
}

/// The lines of `show`, in short, sorted.
fn shown(world: &World, recording: &str, source: &[&str]) -> Vec<String> {
    let ended = world.run(&[&["show", recording, "--format", "json"], source].concat());
    let short = |line: &Value| {
        let keys =
            ["kind", "name", "sequence", "sequence_from", "sequence_to", "count", "lost", "messages", "expectation"];
        let values = keys.iter().filter(|key| !line[*key].is_null()).map(|key| format!("{key}={}", line[*key]));
        format!("{} {}", line["type"].as_str().unwrap(), values.collect::<Vec<_>>().join(" ")).replace('"', "")
    };
    let mut lines: Vec<String> =
        ended.json().iter().map(short).filter(|line| !line.starts_with("message name=evt ")).collect();
    lines.sort();
    lines
}

/// What a store and `merge` make of some recordings, except the messages `evt`.
fn combined(world: &World, server: &PostgresServer, files: &[String]) -> [Vec<String>; 2] {
    let source = files[0].clone();
    for (index, file) in (1_i64..).zip(files) {
        let connection = open(file.as_ref());
        connection.execute("UPDATE total SET source = ?", [&source]).unwrap();
        connection.execute("UPDATE session SET started_unix_micros = ?", [index]).unwrap();
        drop(connection);
        let ended = world.run(&["ship", file, "--to", &server.url()]);
        assert_eq!(ended.status, 0, "{}", ended.err);
    }
    let store = shown(world, &server.url(), &["--source", &source]);
    let merged = format!("{source}.merged");
    let words: Vec<&str> = files.iter().map(String::as_str).collect();
    let ended = world.run(&[&["merge"], &words[..], &["-o", &merged]].concat());
    assert!(ended.status < 2, "{}", ended.err);
    [store, shown(world, &merged, &[])]
}

#[test]
fn equal_messages_without_a_number_are_matched_one_to_one() {
    let Some(server) = PostgresServer::start() else { return };
    let world = World::new("redis://nowhere");
    let unknown = |at| (at, None, None, "hb");
    let check = |name: &str, recordings: &[&[Row]], expected: &[&str]| {
        let files: Vec<_> = recordings
            .iter()
            .enumerate()
            .map(|(index, rows)| record(&world, &format!("{name}{index}.db"), rows, ""))
            .collect();
        let [store, merged] = combined(&world, &server, &files);
        assert_eq!(store, expected, "{name}");
        let of_source = format!("source = '{}' AND payload = 'hb::'", files[0]);
        let view = server.number(&format!("SELECT count(*) FROM aircheck.broadcast WHERE {of_source}"));
        // The view only matches messages that are the nearest ones to each other.
        assert!(usize::try_from(view).unwrap() == expected.len() || name == "burst", "{name}: {view}");
        merged
    };
    let (known, other) = ("message name=hb sequence=11", "message name=hb");
    // The first message is #11. The others are not within 2 s of it.
    let one: [&[Row]; 2] = [&[(0, Some(11), None, "hb")], &[unknown(0), unknown(10_000), unknown(20_000)]];
    assert_eq!(check("one", &one, &[other, other, known]), [other, other, known]);
    // A second one within 2 s is another message.
    check("near", &[&[unknown(0), unknown(500)], &[unknown(20), unknown(520), unknown(900)]], &[other; 3]);
    // The heartbeats of two recorders, one of which missed the third.
    let all: Vec<Row> = (0..40).map(|second| unknown(second * 1000)).collect();
    let most: Vec<Row> = (0..40).filter(|second| *second != 3).map(|second| unknown(second * 1000 + 10)).collect();
    check("beat", &[&most, &all], &[other; 40]);
    // A burst in which the recorders' clocks differ by more than the burst is long.
    let burst: Vec<Row> = (0..5).map(unknown).collect();
    let later: Vec<Row> = (0..5).map(|at| unknown(at + 50)).collect();
    check("burst", &[&burst, &later], &[other; 5]);
    // Three recorders: the third one received two messages, of which the others received one.
    check("three", &[&[unknown(0)], &[unknown(1000)], &[unknown(0), unknown(1500)]], &[other; 2]);
    // Numbers that a message cannot have.
    let ranged = [(0, None, Some((11, 12)), "hb")];
    let range = "message name=hb sequence_from=11 sequence_to=12";
    check("range", &[&[(0, Some(13), None, "hb")], &ranged], &["message name=hb sequence=13", range]);
    check("in", &[&[(0, Some(12), None, "hb")], &ranged], &["message name=hb sequence=12"]);
}

/// A gap of `sequence_from` to `sequence_to`.
fn gap(id: i64, kind: &str, (from, to, count, lost): (i64, i64, i64, &str)) -> String {
    format!(
        "INSERT INTO finding (id, session, at_unix_micros, kind, channel, epoch, sequence_from, sequence_to, count, lost, reason,
            duration_micros, since_unix_micros, lower_bound, advance, received)
         VALUES ({id}, 1, {START} + {to} * 1000000 + 500, '{kind}', 1, 1, {from}, {to}, {count}, {lost}, 'EOF', 5, {START}, 0, 5, 2);"
    )
}

#[test]
fn what_remains_of_a_gap_is_counted_as_merge_counts_it() {
    let Some(server) = PostgresServer::start() else { return };
    let world = World::new("redis://nowhere");
    let check = |name: &str, recordings: [(&[Row], &str); 2], expected: &[&str]| {
        let files = [0, 1].map(|index| {
            let (rows, more) = recordings[index];
            record(&world, &format!("{name}{index}.db"), rows, more)
        });
        let [store, merged] = combined(&world, &server, &files);
        assert_eq!(store, expected, "{name}");
        assert_eq!(merged, expected, "{name}");
    };
    // The first four of the gap were received by the recorder that was killed. The other recorder has them.
    let killed = gap(900, "missed_not_running", (51, 60, 10, "4"));
    let (own, other) = (numbered((2..=50).chain(61..=70)), numbered(2..=57));
    let rest = "finding kind=missed_not_running sequence_from=58 sequence_to=60 count=3 lost=0";
    check("lost", [(&own, &killed), (&other, "")], &[rest]);
    let rest = "finding kind=missed_not_running sequence_from=53 sequence_to=60 count=8 lost=2";
    check("some", [(&own, &killed), (&numbered(2..=52), "")], &[rest]);
    // Three of five were missed. It is unknown which, so those that remain are counted together.
    let some = gap(900, "missed_disconnected", (11, 15, 3, "NULL"));
    let (own, other) = (numbered((2..=10).chain(16..=20)), numbered((2..=10).chain([13]).chain(16..=20)));
    let rest = "finding kind=missed_disconnected sequence_from=11 sequence_to=15 count=3";
    check("unsure", [(&own, &some), (&other, "")], &[rest]);
    // Two messages without an exact number are two of the four that remain.
    let inexact: Vec<Row> =
        own.iter().copied().chain([(12_000, None, Some((11, 15)), "a"), (14_000, None, Some((11, 15)), "b")]).collect();
    let counted = gap(900, "counted_not_received", (11, 15, 3, "NULL"));
    let messages = ["message name=a sequence_from=11 sequence_to=15", "message name=b sequence_from=11 sequence_to=15"];
    let rest = "finding kind=counted_not_received sequence_from=11 sequence_to=15 count=2";
    check("inexact", [(&inexact, &counted), (&other, "")], &[rest, messages[0], messages[1]]);
    // A gap that is cut in two.
    let whole = gap(900, "missed_disconnected", (11, 15, 5, "NULL"));
    let parts = [(11, 12), (14, 15)]
        .map(|(from, to)| format!("finding kind=missed_disconnected sequence_from={from} sequence_to={to} count=2"));
    check("cut", [(&own, &whole), (&other, "")], &[&parts[0], &parts[1]]);
    // Both have it.
    let rest = "finding kind=missed_disconnected sequence_from=11 sequence_to=15 count=5";
    check("both", [(&own, &whole), (&own, &whole)], &[rest]);
}

#[test]
fn what_remains_of_a_hole_is_counted_as_merge_counts_it() {
    let Some(server) = PostgresServer::start() else { return };
    let world = World::new("redis://nowhere");
    let hole = |messages: i64| {
        format!(
            "INSERT INTO hole VALUES (900, 1, 'slow', {START} + 31000000, {START} + 35000000, 1, 2, {messages}, 'slow');
             INSERT INTO hole_range VALUES (900, 1, 1, 31, 35, {messages});"
        )
    };
    let own = numbered((2..=30).chain(36..=40));
    let holes = |name: &str, rows: &[Row], messages: i64, more: &str| {
        let files = [
            record(&world, &format!("{name}a.db"), &own, &hole(messages)),
            record(&world, &format!("{name}b.db"), rows, more),
        ];
        combined(&world, &server, &files);
        let reader =
            aircheck::recording::reader::RecordingReader::open_store(&server.target(), Some(&files[0])).unwrap();
        let holes = reader.holes(0, i64::MAX).unwrap();
        let ranges = |hole: &aircheck::recording::reader::Hole| {
            let ranges: Vec<_> = hole.ranges.iter().map(|range| (range.numbers.unwrap(), range.messages)).collect();
            (hole.messages, ranges)
        };
        holes.iter().map(ranges).collect::<Vec<_>>()
    };
    let other = numbered((2..=30).chain([33]).chain(36..=40));
    assert_eq!(holes("all", &other, 5, ""), [(Some(4), vec![((31, 32), 2), ((34, 35), 2)])]);
    // Three of five numbers were lost. It is unknown which.
    assert_eq!(holes("three", &other, 3, ""), [(Some(3), vec![((31, 35), 3)])]);
    // The gap of the other recording reports them.
    assert_eq!(holes("gap", &own, 5, &gap(901, "missed_disconnected", (31, 35, 5, "NULL"))), []);
}

#[test]
fn each_finding_of_several_recordings_is_listed_once() {
    let Some(server) = PostgresServer::start() else { return };
    let world = World::new("redis://nowhere");
    // Both recorders saw the reset, at other times and with other values of the counter.
    let reset = |after: i64, at: i64| {
        format!(
            "UPDATE channel SET epoch = 2; UPDATE message SET epoch = 2 WHERE id > 11;
             INSERT INTO finding (id, session, at_unix_micros, kind, channel, epoch, sequence_from, sequence_to, value_before, value_after)
                VALUES (900, 1, {START} + {at} * 1000000, 'counter_reset', 1, 2, 10, {after}, 10, {after});"
        )
    };
    let rows: Vec<Row> =
        numbered(2..=11).into_iter().chain((1..6).map(|n| (n * 1000 + 20_000, Some(n), None, "evt"))).collect();
    let files = [record(&world, "a.db", &rows, &reset(1, 15)), record(&world, "b.db", &rows, &reset(2, 20))];
    let [store, merged] = combined(&world, &server, &files);
    assert_eq!(store, merged);
    assert_eq!(store.len(), 1, "{store:?}");

    // Two expectations of one channel are two.
    let silent = |title: &str, at: i64| {
        format!(
            "INSERT INTO finding (id, session, at_unix_micros, kind, channel, epoch, since_unix_micros, duration_micros,
                expectation, expected, proved)
             VALUES (900, 1, {START} + {at} * 1000, 'silent', 1, 1, {START}, 5, '{title}', '1 per s', 0);"
        )
    };
    let files = [("c.db", "heartbeat", 0), ("d.db", "orders", 500), ("e.db", "orders", 700)]
        .map(|(name, title, at)| record(&world, name, &numbered(2..=9), &silent(title, at)));
    let [store, _] = combined(&world, &server, &files);
    assert_eq!(store, ["finding kind=silent expectation=heartbeat", "finding kind=silent expectation=orders"]);
}
