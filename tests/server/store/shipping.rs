//! What is shipped, exactly once.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::postgres::PostgresServer;
use super::recordings::{append, open, query, with_all_tables, with_messages};
use crate::record::broadcast_bytes;
use crate::record::program::Studio;
use crate::support::{LIMIT, RedisServer};
use crate::world::World;

/// The sum of what all recordings shipped.
const SHIPPED: &str = "SELECT coalesce(sum(through_id), 0) FROM aircheck.shipped";

const AT: &str = "coalesce(at_unix_micros, (extract(epoch FROM at) * 1000000)::bigint)";

/// The tables with the same rows in a recording and in a store: the name, the columns of both, and the order.
const SAME: &[(&str, &str, &str)] = &[
    ("session", "id, started_unix_micros, last_unix_micros, ended_unix_micros, ended, host, version, target, profile", "id"),
    ("clock", "id, session, offset_micros", "id"),
    ("message", "id, session, AT, channel, epoch, certainty, sequence, sequence_from, sequence_to, verdict, timestamp, payload", "id"),
    (
        "finding",
        "id, session, AT, kind, channel, epoch, sequence_from, sequence_to, count, reason, duration_micros, since_unix_micros,
            lower_bound, lost, advance, received, value_before, value_after, first_unix_micros, first_channel, offset_seconds,
            expectation, expected, proved",
        "id",
    ),
    ("counter", "id, session, AT, channel, epoch, value, error", "id"),
    ("link", "id, session, AT, state, reason, channel, server_version, server_role, server_mode", "id"),
    (
        "hole",
        "id, session, kind, from_unix_micros, to_unix_micros, from_monotonic_micros, to_monotonic_micros, messages, reason",
        "id",
    ),
    ("hole_range", "hole, channel, epoch, sequence_from, sequence_to, messages", "hole, channel"),
    ("channel", "id, epoch, counter, counter_unix_micros, run_id, replication_id", "id"),
];

/// Ships a recording and returns standard output.
fn ship(world: &World, file: &Path, url: &str) -> String {
    let shipped = world.run(&["ship", file.to_str().unwrap(), "--to", url]);
    assert_eq!(shipped.status, 0, "{}", shipped.err);
    shipped.out
}

fn assert_same(server: &PostgresServer, file: &Path) {
    let recording = &query(file, "SELECT recording FROM total")[0][0];
    for (table, columns, order) in SAME {
        let here = format!("SELECT {} FROM {table} ORDER BY {order}", columns.replace("AT", "at_unix_micros"));
        let columns = columns.replace("AT", AT);
        let there = format!("SELECT {columns} FROM aircheck.{table} WHERE recording = '{recording}' ORDER BY {order}");
        assert_eq!(query(file, &here), server.query(&there), "{table}");
    }
}

#[test]
fn all_tables_are_shipped() {
    let Some(server) = PostgresServer::start() else { return };
    let world = World::new("redis://nowhere");
    let file = world.home().join("ops.db");
    with_all_tables(&file);
    let out = ship(&world, &file, &server.url());
    assert!(out.starts_with("Shipped 18 rows of "), "{out}");
    assert_same(&server, &file);
    let names = server.query("SELECT id, name, name_text FROM aircheck.channel ORDER BY id");
    assert_eq!(names, [["1", "\\x6f7073", "ops"], ["2", "\\x6f70ff", "∅"]]);
    let totals = "SELECT messages, rejected, findings, not_recorded FROM aircheck.recording";
    assert_eq!(server.query(totals), [["6", "1", "5", "2"]]);
    let of_channels = "SELECT id, messages, rejected FROM aircheck.channel ORDER BY id";
    assert_eq!(server.query(of_channels), [["1", "5", "1"], ["2", "1", "0"]]);
    let rates = "SELECT sum(messages), sum(rejected) FROM aircheck.rate";
    assert_eq!(server.query(rates), [["6", "1"]]);
    assert_eq!(query(&file, "SELECT through_id FROM shipped"), [["16"]]);
    // The message before 1970 has no day of its own.
    assert_eq!(server.number("SELECT count(*) FROM aircheck.message_before_2000"), 6);
    assert!(ship(&world, &file, &server.url()).contains(" already has all rows of "));
    assert_same(&server, &file);
}

#[test]
fn a_large_recording_is_shipped_in_batches() {
    let Some(server) = PostgresServer::start() else { return };
    let world = World::new("redis://nowhere");
    let file = world.home().join("ops.db");
    with_messages(&file, 2500);
    let path = file.to_str().unwrap();
    let shipped = world.run(&["ship", path, "--to", &server.url(), "--batch", "100"]);
    assert_eq!(shipped.status, 0, "{}", shipped.err);
    assert_same(&server, &file);
    assert_eq!(server.query("SELECT messages, findings FROM aircheck.recording"), [["2475", "25"]]);
    assert_eq!(server.query("SELECT through_id, complete FROM aircheck.shipped"), [["2500", "t"]]);
    let partition = "SELECT count(*) FROM aircheck.message_20261124";
    assert_eq!(server.number(partition), 2475);
}

/// Kills shippers and crashes the server, while four recordings of one server grow.
#[test]
fn a_hundred_kills_neither_lose_nor_repeat_a_row() {
    const RECORDINGS: usize = 4;
    const ROUNDS: u32 = 25;
    const ROWS: u32 = 5000;
    const MORE: u32 = 150;
    let Some(mut server) = PostgresServer::start() else { return };
    let world = World::new("redis://nowhere");
    let url = server.url();
    assert_eq!(world.run(&["store", "create", &url]).status, 0);
    let files: [_; RECORDINGS] = std::array::from_fn(|number| world.home().join(format!("{number}.db")));
    for file in &files {
        with_messages(file, ROWS);
    }
    let mut through = 0;
    for round in 0..ROUNDS {
        let mut shippers: Vec<_> = files
            .iter()
            .map(|file| {
                let words = ["ship", file.to_str().unwrap(), "--to", &url, "--batch", "20"];
                world.process(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
            })
            .collect();
        if round % 4 > 0 {
            wait_until(|| server.number(SHIPPED) > through);
        }
        if round % 5 == 4 {
            server.crash();
            server.restart();
            // The shippers connect again.
        }
        for shipper in &mut shippers {
            std::thread::sleep(Duration::from_millis(fastrand::u64(0..30)));
            let _ = shipper.kill();
            shipper.wait().unwrap();
        }
        for file in &files {
            append(&open(file), MORE);
        }
        // All rows up to through_id are in the store, and no others.
        let wrong = "SELECT count(*) FROM aircheck.shipped s WHERE s.through_id <>
            (SELECT count(*) FROM aircheck.message m WHERE m.recording = s.recording)
                + (SELECT count(*) FROM aircheck.finding f WHERE f.recording = s.recording)";
        assert_eq!(server.number(wrong), 0, "after round {round}");
        through = server.number(SHIPPED);
    }
    let rows = i64::from(ROWS + ROUNDS * MORE);
    for file in &files {
        ship(&world, file, &url);
        assert_same(&server, file);
    }
    let totals = format!("SELECT count(*) FROM aircheck.recording WHERE messages + findings = {rows}");
    assert_eq!(server.number(&totals), 4);
    // Every hundredth row is a finding.
    assert_eq!(server.number("SELECT sum(messages) FROM aircheck.rate"), 4 * (rows - rows / 100));
    // The recordings have equal messages, so they have one counter epoch.
    assert_eq!(server.number("SELECT count(DISTINCT broadcast_epoch) FROM aircheck.counter_epoch"), 1);
}

#[test]
fn two_shippers_of_one_recording_do_not_disturb_each_other() {
    let Some(server) = PostgresServer::start() else { return };
    let world = World::new("redis://nowhere");
    let file = world.home().join("ops.db");
    with_messages(&file, 3000);
    ship(&world, &file, &server.url());
    append(&open(&file), 3000);
    let words = ["ship", file.to_str().unwrap(), "--to", &server.url(), "--batch", "50"];
    let start = || world.process(&words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let shippers = [start(), start()];
    let ended = shippers.map(|shipper| shipper.wait_with_output().unwrap());
    assert!(ended.iter().any(|ended| ended.status.success()), "{ended:?}");
    ship(&world, &file, &server.url());
    assert_same(&server, &file);
}

#[test]
fn a_copy_that_was_recorded_further_is_rejected() {
    let Some(server) = PostgresServer::start() else { return };
    let world = World::new("redis://nowhere");
    let (file, copy) = (world.home().join("ops.db"), world.home().join("copy.db"));
    with_messages(&file, 100);
    std::fs::copy(&file, &copy).unwrap();
    let next_session = "UPDATE session SET ended = 'clean', ended_unix_micros = 2;
         INSERT INTO session (started_unix_micros, last_unix_micros, host, version, target, profile)
            VALUES (STARTED, 3, 'a', '1', 'redis', '')";
    for (path, started) in [(&file, "1000"), (&copy, "2000")] {
        let connection = open(path);
        connection.execute_batch(&next_session.replace("STARTED", started)).unwrap();
        append(&connection, 100);
    }
    ship(&world, &file, &server.url());
    let rejected = world.run(&["ship", copy.to_str().unwrap(), "--to", &server.url()]);
    assert_eq!(rejected.status, 2, "{rejected:?}");
    assert!(
        rejected.err.contains("one of them is a copy that was recorded further; record to a new file"),
        "{}",
        rejected.err
    );
    assert_same(&server, &file);
}

/// A file does not always know how far it was shipped.
#[test]
fn a_store_learns_of_all_messages_that_were_deleted_before_they_were_shipped() {
    let Some(store) = PostgresServer::start() else { return };
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let world = World::new("redis://nowhere");
    let file = studio.path("a.db");
    let mut recorder = studio.record(&["ops", "-o", "a.db", "--max-size", "2MB"]);
    recorder.wait_for(&["state=connected"]);
    let mut connection = server.connection(0).unwrap();
    let mut sent = 0;
    // The second and the third time, more than the file can have.
    for messages in [100, 4000, 4000] {
        for _ in 0..messages {
            sent += 1;
            broadcast_bytes(&mut connection, b"ops", format!("evt::\"{sent:01000}\"").as_bytes());
        }
        recorder.wait_for_committed(sent);
        ship(&world, &file, &store.url());
        open(&file).execute("UPDATE shipped SET through_id = 1", []).unwrap();
    }
    assert!(recorder.end().success());
    ship(&world, &file, &store.url());
    let unknown = format!(
        "SELECT count(*) FROM generate_series(1, {sent}) AS n
         WHERE NOT EXISTS (SELECT 1 FROM aircheck.message WHERE sequence = n)
            AND NOT EXISTS (SELECT 1 FROM aircheck.hole_range WHERE n BETWEEN sequence_from AND sequence_to)"
    );
    assert_eq!(store.number(&unknown), 0);
}

#[test]
fn old_days_are_pruned() {
    let Some(server) = PostgresServer::start() else { return };
    let world = World::new("redis://nowhere");
    let file = world.home().join("ops.db");
    with_messages(&file, 300);
    open(&file)
        .execute_batch(
            "UPDATE message SET at_unix_micros = (unixepoch() - 40 * 86400) * 1000000 WHERE id <= 150;
             UPDATE message SET at_unix_micros = unixepoch() * 1000000 WHERE id > 150;
             UPDATE finding SET at_unix_micros = (unixepoch() - 40 * 86400) * 1000000 WHERE id <= 150;
             UPDATE finding SET at_unix_micros = unixepoch() * 1000000 WHERE id > 150",
        )
        .unwrap();
    ship(&world, &file, &server.url());
    let pruned = world.run(&["store", "prune", &server.url(), "--keep", "90d"]);
    assert!(pruned.out.starts_with("Deleted 0 messages of 0 days and 0 findings from "), "{pruned:?}");
    let pruned = world.run(&["store", "prune", &server.url(), "--keep", "30d"]);
    assert!(pruned.out.starts_with("Deleted 149 messages of 1 day and 1 finding from "), "{pruned:?}");
    let totals = "SELECT r.messages, r.findings, r.deleted, c.messages FROM aircheck.recording r, aircheck.channel c";
    assert_eq!(server.query(totals), [["148", "2", "149", "148"]]);
    assert_eq!(server.number("SELECT count(*) FROM aircheck.message"), 148);
    // What was pruned is not shipped again.
    assert!(ship(&world, &file, &server.url()).contains(" already has all rows of "));
}

pub(crate) fn wait_until(mut is_reached: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !is_reached() {
        assert!(Instant::now() < deadline, "nothing changed");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until a query has this result.
pub(crate) fn wait_for(server: &PostgresServer, sql: &str, expected: i64) {
    wait_until(|| server.number(sql) == expected);
}
