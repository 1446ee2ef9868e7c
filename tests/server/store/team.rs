//! Two recorders of one Redis, each with its own gaps. The store has what any of them received.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use aircheck::ledger::finding::FindingKind;
use aircheck::ledger::interval::Entry;
use aircheck::recording::reader::{RecordingReader, TimeQuery};
use redis::Value;
use rusqlite::Connection;

use super::postgres::PostgresServer;
use crate::record::program::{Recorder, Studio};
use crate::support::{LIMIT, RedisServer};
use crate::world::{COUNTER, World};

/// Counter epoch, sequence number, payload, and whether each recorder was running.
type Sent = (i64, i64, String, [bool; 2]);

/// Sends broadcasts of `ops`, and remembers what was sent.
struct Publisher<'a> {
    server: &'a RedisServer,
    sent: Vec<Sent>,
    epoch: i64,
}

impl Publisher<'_> {
    fn send(&mut self, count: usize, receivers: [bool; 2]) {
        let mut connection = self.server.connection(0).unwrap();
        for _ in 0..count {
            let payload = format!("evt::{}", self.sent.len());
            let mut pipe = redis::pipe();
            pipe.atomic().publish("ops", &payload).ignore().incr(COUNTER, 1);
            let answers: Vec<Value> = pipe.query(&mut connection).unwrap();
            let Some(Value::Int(number)) = answers.last() else { panic!("no number in {answers:?}") };
            self.sent.push((self.epoch, *number, payload, receivers));
        }
    }
}

/// Starts a recorder, and waits until it has read the counter.
fn start(studio: &Studio, server: &RedisServer, others: i64) -> Recorder {
    let recorder = studio.record(&["ops", "-o", "team.db"]);
    let subscribed =
        |value: &Value| matches!(value, Value::Array(parts) if parts.get(1) == Some(&Value::Int(others + 1)));
    server.wait_for(&["PUBSUB", "NUMSUB", "ops"], subscribed);
    recorder
}

/// Waits until the recording has the reset of the counter. Messages before that have no number.
fn wait_for_reset(studio: &Studio) {
    let deadline = Instant::now() + LIMIT;
    let reader = studio.reader("team.db");
    let is_reset =
        |entry: &Entry| matches!(entry, Entry::Finding(finding) if finding.kind == FindingKind::CounterReset);
    while !reader.findings(i64::MIN, i64::MAX, 99).unwrap().interval.entries().iter().any(is_reset) {
        assert!(Instant::now() < deadline, "the reset was not found");
        thread::sleep(Duration::from_millis(5));
    }
}

fn ship(world: &World, studio: &Studio, url: &str) {
    let ended = world.run(&["ship", studio.path("team.db").to_str().unwrap(), "--to", url]);
    assert_eq!(ended.status, 0, "{}", ended.err);
}

/// Records with two recorders that run at different times. Returns what was sent.
fn record(studios: &[Studio; 2], server: &RedisServer) -> Vec<Sent> {
    let mut publisher = Publisher { server, sent: Vec::new(), epoch: 1 };

    let mut a = start(&studios[0], server, 0);
    let mut b = start(&studios[1], server, 1);
    publisher.send(10, [true, true]);
    a.wait_for_committed(10);
    b.wait_for_committed(10);
    // Only the second one is running.
    assert!(a.end().success());
    publisher.send(5, [false, true]);
    b.wait_for_committed(15);
    let mut a = start(&studios[0], server, 1);
    publisher.send(3, [true, true]);
    a.wait_for_committed(3);
    b.wait_for_committed(18);
    // Only the first one is running. The second one was killed.
    b.kill();
    server.wait_for(
        &["PUBSUB", "NUMSUB", "ops"],
        |value| matches!(value, Value::Array(parts) if parts[1] == Value::Int(1)),
    );
    publisher.send(4, [true, false]);
    a.wait_for_committed(7);
    // None of them is running.
    assert!(a.end().success());
    publisher.send(6, [false, false]);
    let mut a = start(&studios[0], server, 0);
    publisher.send(2, [true, false]);
    a.wait_for_committed(2);
    let mut b = start(&studios[1], server, 1);
    publisher.send(2, [true, true]);
    a.wait_for_committed(4);
    b.wait_for_committed(2);
    // The counter is reset. Only the second one sees it.
    assert!(a.end().success());
    server.command::<i64>(&["DEL", COUNTER]);
    wait_for_reset(&studios[1]);
    publisher.epoch = 2;
    publisher.send(3, [false, true]);
    b.wait_for_committed(5);
    let mut a = start(&studios[0], server, 1);
    publisher.send(4, [true, true]);
    a.wait_for_committed(4);
    b.wait_for_committed(9);
    assert!(a.end().success());
    assert!(b.end().success());
    publisher.sent
}

/// `show`, `fetch` and `bundle` have what was sent, except the numbers of the gap.
fn commands_have_the_same(world: &World, url: &str, sent: &[Sent], gap: (i64, i64)) {
    let shown = |words: &[&str]| {
        let ended = world.run(&[&["show", url, "--channel", "ops", "--format", "json"], words].concat());
        let of = |kind: &str| -> Vec<_> {
            let lines = ended.json().into_iter().filter(|line| line["type"] == kind);
            lines.filter_map(|line| line["sequence"].as_i64().or(line["sequence_from"].as_i64())).collect()
        };
        (ended.status, of("message"), of("missing"), of("finding"))
    };
    let numbers = |epoch: i64| -> Vec<i64> {
        let received = sent.iter().filter(|sent| sent.0 == epoch && sent.3 != [false; 2]);
        received.map(|sent| sent.1).collect()
    };
    assert_eq!(shown(&["--seq", "1..32", "--epoch", "1"]), (1, numbers(1), vec![gap.0], vec![]));
    assert_eq!(shown(&["--seq", "1..7", "--epoch", "2"]), (0, numbers(2), vec![], vec![]));
    let (status, messages, _, _) = shown(&[]);
    assert_eq!((status, messages), (1, [numbers(1), numbers(2)].concat()));

    // A window of the store is a recording.
    let window = world.home().join("window.db");
    let window = window.to_str().unwrap();
    let around = ["--channel", "ops", "--epoch", "1", "--around", "seq:1-32"];
    let fetched = world.run(&[&["fetch", url], &around[..], &["-o", window]].concat());
    assert_eq!(fetched.status, 0, "{}", fetched.err);
    let ended = world.run(&["show", window, "--channel", "ops", "--seq", "1..32", "--epoch", "1", "--format", "json"]);
    let lines = ended.json();
    let of_window: Vec<_> = lines.iter().filter(|line| line["type"] == "message").collect();
    assert_eq!(of_window.len(), numbers(1).len(), "{}", ended.out);
    let missing: Vec<_> = lines.iter().filter(|line| line["type"] == "missing").collect();
    assert_eq!(missing.len(), 1, "{}", ended.out);
    assert_eq!((missing[0]["sequence_from"].as_i64(), missing[0]["sequence_to"].as_i64()), (Some(gap.0), Some(gap.1)));
    let report = world.home().join("incident.html");
    let bundled = world.run(&[
        "bundle",
        url,
        "--channel",
        "ops",
        "--epoch",
        "1",
        "--around",
        "seq:19-28",
        "-o",
        report.to_str().unwrap(),
    ]);
    assert_eq!(bundled.status, 0, "{}", bundled.err);
    let report = std::fs::read_to_string(report).unwrap();
    assert!(report.contains("store 127.0.0.1") && !report.contains("s3cret"), "{report}");
}

#[test]
fn two_recorders_are_one_truth() {
    let Some(store) = PostgresServer::start() else { return };
    let server = RedisServer::start();
    let studios = [Studio::new(&server.url()), Studio::new(&server.url())];
    let world = World::of(&server);
    let sent = record(&studios, &server);
    let url = store.url();
    ship(&world, &studios[0], &url);
    ship(&world, &studios[1], &url);

    let row = |(epoch, number, payload, receivers): &Sent| {
        let received = receivers.iter().filter(|received| **received).count();
        vec![epoch.to_string(), number.to_string(), payload.clone(), received.to_string()]
    };
    let expected: Vec<_> = sent.iter().filter(|sent| sent.3 != [false; 2]).map(row).collect();
    let broadcasts = store.query(
        "SELECT broadcast_epoch, sequence, convert_from(payload, 'UTF8'), cardinality(received_by)
         FROM aircheck.broadcast ORDER BY broadcast_epoch, sequence",
    );
    assert_eq!(broadcasts, expected);
    let lost: Vec<_> = sent.iter().filter(|sent| sent.3 == [false; 2]).map(|sent| (sent.0, sent.1)).collect();
    let missing = store.query(
        "SELECT broadcast_epoch, sequence_from, sequence_to, count, kinds, jsonb_array_length(causes)
         FROM aircheck.missing ORDER BY 1, 2",
    );
    let expected = [lost[0].0, lost[0].1, lost[lost.len() - 1].1, i64::try_from(lost.len()).unwrap()]
        .map(|number| number.to_string());
    // The hole is what the killed recorder lost. During a part of it, no other recorder was running.
    assert_eq!(missing.len(), 2, "{missing:?}");
    assert_eq!(missing[1], ["∅", "∅", "∅", "∅", "{hole}", "1"]);
    assert_eq!(missing[0][..4], expected);
    assert_eq!(missing[0][4..], ["{missed_not_running}", "2"]);

    commands_have_the_same(&world, &url, &sent, (lost[0].1, lost[lost.len() - 1].1));
}

/// Two servers with the same name are not mixed up: their counters have different messages with the same numbers.
#[test]
fn counters_of_different_servers_stay_apart() {
    let Some(store) = PostgresServer::start() else { return };
    let world = World::new("redis://nowhere");
    let mut files = Vec::new();
    for (index, name) in ["here.db", "there.db"].into_iter().enumerate() {
        let file = world.home().join(name);
        super::recordings::with_messages(&file, 20);
        if index == 1 {
            let connection = rusqlite::Connection::open(&file).unwrap();
            connection.execute("UPDATE message SET payload = CAST('other::' || id AS BLOB)", []).unwrap();
        }
        files.push(file);
    }
    for file in &files {
        let ended = world.run(&["ship", file.to_str().unwrap(), "--to", &store.url()]);
        assert_eq!(ended.status, 0, "{}", ended.err);
    }
    let rows =
        "SELECT broadcast_epoch, count(*), max(cardinality(received_by)) FROM aircheck.broadcast GROUP BY 1 ORDER BY 1";
    assert_eq!(store.query(rows), [["1", "20", "1"], ["2", "20", "1"]]);
}

/// A recording of `ops`, in which `late` was not counted. One recorder read the counter before it, the other one after it.
fn with_uncounted_message(file: &Path, reads_before: bool) -> Connection {
    super::recordings::with_messages(file, 1);
    let connection = Connection::open(file).unwrap();
    let (rows, finding) = if reads_before {
        (
            "(2, 0, 2, NULL, NULL, 'two'), (3, 0, 3, NULL, NULL, 'three'), (4, 2, NULL, 4, 4, 'late'), (5, 2, NULL, 4, 4, 'four')",
            "6, 4, 4, 1, 2",
        )
    } else {
        (
            "(2, 2, NULL, 2, 3, 'two'), (3, 2, NULL, 2, 3, 'three'), (4, 2, NULL, 2, 3, 'late'), (6, 0, 4, NULL, NULL, 'four')",
            "5, 2, 3, 2, 3",
        )
    };
    connection
        .execute_batch(&format!(
            "WITH rows(id, certainty, sequence, low, high, payload) AS (VALUES {rows})
             INSERT INTO message (id, session, at_unix_micros, channel, epoch, certainty, sequence, sequence_from, sequence_to,
                    verdict, payload)
                SELECT id, 1, (SELECT at_unix_micros FROM message) + id * 1000, 1, 1, certainty, sequence, low, high, 0,
                    CAST(payload || '::' AS BLOB) FROM rows;
             WITH rows(id, low, high, advance, received) AS (VALUES ({finding}))
             INSERT INTO finding (id, session, at_unix_micros, kind, channel, epoch, sequence_from, sequence_to, count, advance,
                    received)
                SELECT id, 1, (SELECT max(at_unix_micros) FROM message), 'received_not_counted', 1, 1, low, high, 1, advance,
                    received FROM rows;
             UPDATE session SET started_unix_micros = 1 + {};
             UPDATE total SET next_id = 200",
            !reads_before
        ))
        .unwrap();
    connection
}

#[test]
fn an_uncounted_message_appears_once_if_it_is_proven_to_be_the_same() {
    let Some(store) = PostgresServer::start() else { return };
    let world = World::new("redis://nowhere");
    let interrupted = "UPDATE message SET id = id + 100 WHERE id > 3; UPDATE finding SET id = id + 100;
        INSERT INTO link (id, session, at_unix_micros, state) SELECT 7, 1, at_unix_micros, 'disconnected' FROM message WHERE id = 3";
    let other = "UPDATE message SET payload = CAST('other::' AS BLOB) WHERE id = 3";
    let proven = ["evt #1", "four #4", "late #4?", "three #3", "two #2"];
    let unproven = ["evt #1", "four #4", "late #2–3?", "late #4?", "three #3", "two #2"];
    let different = ["evt #1", "four #4", "late #2–3?", "late #4?", "other #2–3?", "three #3", "two #2"];
    for (index, (changes, messages, findings)) in [
        (["", ""], &proven[..], 1),
        ([interrupted, ""], &unproven, 2),
        (["", interrupted], &unproven, 2),
        (["", other], &different, 2),
    ]
    .into_iter()
    .enumerate()
    {
        let source = format!("redis://{index}");
        for (change, reads_before) in changes.into_iter().zip([true, false]) {
            let file = world.home().join(format!("{index}{reads_before}.db"));
            let connection = with_uncounted_message(&file, reads_before);
            connection.execute_batch(change).unwrap();
            connection.execute("UPDATE total SET source = ?", [&source]).unwrap();
            let ended = world.run(&["ship", file.to_str().unwrap(), "--to", &store.url()]);
            assert_eq!(ended.status, 0, "{}", ended.err);
        }
        let reader = RecordingReader::open_store(&store.target(), Some(&source)).unwrap();
        let page = reader.by_time(&TimeQuery::default(), None, 99).unwrap().0;
        let words = |entry: &Entry| {
            let Entry::Message(message) = entry else { panic!("{entry:?}") };
            format!("{} {}", String::from_utf8_lossy(page.interval.envelope(message).name), message.sequence)
        };
        let mut shown: Vec<String> = page.interval.entries().iter().map(words).collect();
        shown.sort();
        let found = reader.findings(i64::MIN, i64::MAX, 99).unwrap().places.len();
        assert_eq!(
            (shown, found),
            (messages.iter().map(|words| (*words).to_owned()).collect(), findings),
            "{changes:?}"
        );
    }
}
