//! `listen --recover` and the library, with recorded messages that have no exact number.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aircheck::broadcast::{Broadcast, Message};
use aircheck::ledger::sequence::Sequence;
use base64_simd::STANDARD;
use serde_json::{Value, json};

use crate::listen::{is_run, listen, start, wait_until, written};
use crate::support::RedisServer;
use crate::tailing::{Tailing, broadcast};
use crate::world::World;

const COUNTER: &str = "system_broadcast_sequence_ops";
const ON: &str = "a=echo $AIRCHECK_SEQUENCE_FROM-$AIRCHECK_SEQUENCE_TO $AIRCHECK_CERTAINTY $(cat) >> out";
const MISSED: &str = "echo missed $AIRCHECK_SEQUENCE_FROM-$AIRCHECK_SEQUENCE_TO $AIRCHECK_COUNT >> out";

/// The saved sequence number after which the next run of the listener starts.
fn saved(world: &World) -> Option<u64> {
    let state = rusqlite::Connection::open(world.state()).unwrap();
    let query = "SELECT counter FROM counter WHERE server LIKE '%listen%'";
    let counter: i64 = state.query_row(query, [], |row| row.get(0)).ok()?;
    counter.try_into().ok()
}

/// A server whose counter is 10, and a listener that has handled everything up to it.
fn handled_up_to_10() -> (RedisServer, World) {
    let server = RedisServer::start();
    let world = World::of(&server);
    server.command::<()>(&["SET", COUNTER, "10"]);
    let ended = listen(&world, &["--on", ON, "--on-missed", MISSED, "--idle", "300ms"]).end();
    assert_eq!((ended.status, saved(&world)), (0, Some(10)), "{}", ended.out);
    (server, world)
}

fn line(kind: &str, more: &Value) -> Value {
    let mut line = json!({ "type": kind, "at": "2026-11-24T10:32:00.000001Z", "channel": "ops" });
    line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    line
}

/// A message whose data is its index.
fn message(index: u64, range: (u64, u64)) -> Value {
    let certainty = if range.0 == range.1 { "exact" } else { "range" };
    let mut line = line(
        "message",
        &json!({ "certainty": certainty, "verdict": "unsigned", "payload_base64": STANDARD.encode_to_string(format!("a::{index}")) }),
    );
    let numbers = if range.0 == range.1 {
        json!({ "sequence": range.0 })
    } else {
        json!({ "sequence_from": range.0, "sequence_to": range.1 })
    };
    line.as_object_mut().unwrap().extend(numbers.as_object().unwrap().clone());
    line
}

fn finding(kind: &str, (from, to): (u64, u64), count: u64, received: u64) -> Value {
    let advance = to - from + 1;
    let more = json!({ "kind": kind, "sequence_from": from, "sequence_to": to, "count": count, "advance": advance, "received": received });
    line("finding", &more)
}

fn import(world: &World, lines: &[Value]) -> String {
    let path = world.home().join("ops.db").to_str().unwrap().to_owned();
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    let imported = world.feed(&["import", "-", "-o", &path], &lines.join("\n"));
    assert_eq!(imported.status, 0, "{}", imported.err);
    path
}

/// Recovers everything up to the counter from an imported recording. Returns the exit status and what the commands wrote.
fn recover(world: &World, lines: &[Value]) -> (i32, Vec<String>) {
    let path = import(world, lines);
    let words = ["--on", ON, "--on-missed", MISSED, "--recover", &path, "--same-server", "--idle", "1s", "--strict"];
    let ended = start(world, &words).end();
    let mut lines: Vec<String> = written(world).lines().map(str::to_owned).collect();
    // Another command runs for what is missing, so its place among the others is not determined.
    lines.sort_by_key(|line| line.starts_with("missed"));
    (ended.status, lines)
}

#[test]
fn messages_that_were_not_counted_exactly_are_recovered_once_in_their_place() {
    let (server, world) = handled_up_to_10();
    let recording = world.home().join("ops.db");
    let path = recording.to_str().unwrap();
    let recorder = Tailing::spawn(world.process(&["record", "ops", "-o", path]));
    server.wait_for(&["PUBSUB", "NUMSUB", "ops"], |answer| format!("{answer:?}").contains("int(1)"));
    let is_recorded = |messages: i64| {
        rusqlite::Connection::open(&recording)
            .is_ok_and(|file| file.query_row("SELECT count(*) FROM message", [], |row| row.get(0)) == Ok(messages))
    };
    wait_until("the recorder has started", || is_recorded(0));
    // One of six messages is not counted. It is unknown which.
    let mut pipeline = redis::pipe();
    pipeline.atomic();
    for index in 1..=6 {
        pipeline.cmd("PUBLISH").arg("ops").arg(format!("a::{index}")).ignore();
        if index != 3 {
            pipeline.cmd("INCR").arg(COUNTER).ignore();
        }
    }
    let () = pipeline.query(&mut server.connection(0).unwrap()).unwrap();
    wait_until("the first messages are recorded", || is_recorded(6));
    broadcast(&server, "ops", &["a::7", "a::8", "a::9", "a::10"]);
    wait_until("all messages are recorded", || is_recorded(10));

    let words = ["--on", ON, "--on-missed", MISSED, "--recover", path, "--idle", "1s", "--strict"];
    let ended = start(&world, &words).end();
    let mut expected: Vec<String> = (1..=6).map(|index| format!("11-15 range {index}")).collect();
    expected.extend((7..=10).map(|index| format!("{0}-{0} exact {index}", index + 9)));
    assert_eq!(written(&world).lines().collect::<Vec<_>>(), expected, "{}", ended.out);
    assert_eq!((ended.status, saved(&world)), (0, Some(19)), "{}", ended.out);
    assert!(ended.json().iter().filter(|line| is_run(line)).all(|run| run["recovered"] == true), "{}", ended.out);
    let again = start(&world, &words).end();
    assert_eq!((again.status, written(&world).lines().count()), (0, 10), "{}", again.out);

    // The library returns the same messages.
    let library = Broadcast::new(&server.url(), "ops").unwrap().recording(path).unwrap();
    let read = |range| library.messages(range).collect::<Result<Vec<Message>, _>>().unwrap();
    let messages = read(11..=19);
    let data: Vec<u64> = messages.iter().map(|message| message.data().unwrap()).collect();
    assert_eq!(data, (1..=10).collect::<Vec<u64>>());
    assert_eq!(messages[5].sequence_info(), Sequence::Range { from: 11, to: 15 });
    assert_eq!(messages[6].sequence_info(), Sequence::Exact(16));
    assert_eq!(read(15..=16).len(), 7);
    assert_eq!(read(16..=19).len(), 4);
    recorder.signal("-TERM");
    assert_eq!(recorder.end().status, 0);
}

#[test]
fn a_gap_of_only_inexact_messages_advances_the_saved_number() {
    let (server, world) = handled_up_to_10();
    server.command::<()>(&["SET", COUNTER, "12"]);
    let lines = [message(1, (11, 12)), message(2, (11, 12)), message(3, (11, 12))];
    let expected = (0, ["11-12 range 1", "11-12 range 2", "11-12 range 3"].map(str::to_owned).to_vec());
    assert_eq!(recover(&world, &lines), expected);
    assert_eq!(saved(&world), Some(12));
}

#[test]
fn what_the_recorder_did_not_receive_among_inexact_messages_is_missed() {
    let (server, world) = handled_up_to_10();
    server.command::<()>(&["SET", COUNTER, "16"]);
    let lines = [
        message(1, (11, 13)),
        message(2, (12, 14)),
        message(3, (13, 15)),
        finding("counted_not_received", (11, 15), 2, 3),
        message(4, (16, 16)),
    ];
    let expected = ["11-13 range 1", "12-14 range 2", "13-15 range 3", "16-16 exact 4", "missed 11-15 2"];
    assert_eq!(recover(&world, &lines), (1, expected.map(str::to_owned).to_vec()));
    assert_eq!(saved(&world), Some(16));
}

#[test]
fn a_gap_in_the_middle_of_inexact_messages_is_reported_without_a_count() {
    let (server, world) = handled_up_to_10();
    server.command::<()>(&["SET", COUNTER, "14"]);
    // The recorder received three of 9–14.
    let lines = [
        message(1, (9, 12)),
        message(2, (10, 13)),
        message(3, (11, 14)),
        finding("counted_not_received", (9, 14), 3, 3),
        message(4, (15, 15)),
    ];
    let expected = ["9-12 range 1", "10-13 range 2", "11-14 range 3", "missed 11-14"];
    assert_eq!(recover(&world, &lines), (1, expected.map(str::to_owned).to_vec()));
}

#[test]
fn inexact_messages_that_the_recorder_dropped_are_missed() {
    let (server, world) = handled_up_to_10();
    server.command::<()>(&["SET", COUNTER, "16"]);
    // Six messages were received. The five that are recorded may include the one that was not counted.
    let mut lines: Vec<Value> = (1..=5).map(|index| message(index, (11, 15))).collect();
    lines.push(line("dropped", &json!({ "sequence_from": 11, "sequence_to": 15, "count": 1 })));
    lines.push(finding("received_not_counted", (11, 15), 1, 6));
    lines.push(message(6, (16, 16)));
    let (status, lines) = recover(&world, &lines);
    assert_eq!((status, lines.len()), (1, 7), "{lines:?}");
    assert_eq!(lines[6], "missed 11-15");
}

#[test]
fn an_inexact_message_of_two_gaps_is_recovered_once() {
    let (server, world) = handled_up_to_10();
    server.command::<()>(&["SET", COUNTER, "13"]);
    let mut lines: Vec<Value> = (1..=6).map(|index| message(index, (11, 15))).collect();
    lines.push(finding("received_not_counted", (11, 15), 1, 6));
    lines.push(message(7, (16, 16)));
    let path = import(&world, &lines);
    let words = ["--on", ON, "--on-missed", MISSED, "--recover", &path, "--same-server"];
    let mut listening = listen(&world, &words);
    wait_until("the first gap is recovered", || written(&world).lines().count() == 6);
    let mut cut = redis::pipe();
    cut.atomic().cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").ignore();
    cut.cmd("SET").arg(COUNTER).arg("16").ignore();
    let () = cut.query(&mut server.connection(0).unwrap()).unwrap();
    listening.wait_for(|line| is_run(line) && line["sequence"] == 16);
    listening.signal("-TERM");
    assert_eq!(listening.end().status, 0);
    let mut expected: Vec<String> = (1..=6).map(|index| format!("11-15 range {index}")).collect();
    expected.push("16-16 exact 7".to_owned());
    assert_eq!(written(&world).lines().collect::<Vec<_>>(), expected);
}
