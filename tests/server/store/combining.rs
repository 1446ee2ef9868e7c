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
