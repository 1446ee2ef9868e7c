//! A disk that fills and is freed, a file that another program holds, and files that must not grow.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::broadcast_bytes;
use super::program::{Studio, sql};
use super::service::{ask, value};
use crate::listening::broadcast;
use crate::support::{LIMIT, RedisServer};

/// A file system in memory, unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Returns `None` if this user may not mount.
    fn mount(at: PathBuf, megabytes: u32) -> Option<Self> {
        fs::create_dir(&at).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(&at)
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Self(at))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Every number from 1 to `last` is recorded once or stated as not recorded once; how many are not recorded.
fn accounted(file: &Path, last: u64) -> u64 {
    let connection = sql(file);
    let numbers = |sql: &str| -> Vec<(u64, u64)> {
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement
            .query_map([], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, i64>(1)?.unsigned_abs())));
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    };
    let mut seen: HashMap<u64, u32> = HashMap::new();
    let mut unrecorded = 0;
    for (number, _) in numbers("SELECT sequence, sequence FROM message") {
        *seen.entry(number).or_default() += 1;
    }
    for (from, to) in numbers("SELECT sequence_from, sequence_to FROM hole_range") {
        unrecorded += to - from + 1;
        for number in from..=to {
            *seen.entry(number).or_default() += 1;
        }
    }
    for number in 1..=last {
        assert_eq!(seen.get(&number), Some(&1), "#{number} of {last}, {unrecorded} not recorded");
    }
    assert_eq!(seen.len() as u64, last);
    let total: u64 = numbers("SELECT not_recorded, not_recorded FROM total")[0].0;
    assert_eq!(total, unrecorded);
    unrecorded
}

/// Waits until the message of that number is in the file.
fn wait_for_number(file: &Path, number: u64) {
    let deadline = Instant::now() + LIMIT;
    let connection = sql(file);
    let newest = || connection.query_row("SELECT max(sequence) FROM message", [], |row| row.get::<_, Option<i64>>(0));
    while newest().unwrap().map(i64::unsigned_abs) != Some(number) {
        assert!(Instant::now() < deadline, "#{number} is not recorded");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_full_disk_is_reported_and_recording_resumes_with_an_exact_hole() {
    const MEGABYTES: u32 = 200;
    let server = RedisServer::start_with(&["--client-output-buffer-limit", "pubsub 0 0 0"]);
    let studio = Studio::new(&server.url());
    let Some(disk) = SmallDisk::mount(studio.path("disk"), MEGABYTES) else {
        eprintln!("a file system cannot be mounted by this user; a_file_that_another_program_holds tests the same");
        return;
    };
    let mut recorder = studio.record(&["ops", "-o", "disk/a.db", "--metrics", "127.0.0.1:0"]);
    let address = recorder.wait_for(&["event=metrics"]).rsplit("address=").next().unwrap().to_owned();
    recorder.wait_for(&["state=connected"]);
    broadcast(&server, "ops", "the first");
    recorder.wait_for_committed(1);
    // Another file takes all but 4 MB.
    let filler = disk.0.join("filler");
    fs::write(&filler, vec![1; ((MEGABYTES - 4) << 20) as usize]).unwrap();
    let mut connection = server.connection(0).unwrap();
    let payload = vec![b'x'; 64 << 10];
    let mut number = 1;
    let mut send = |count: u64| {
        for _ in 0..count {
            broadcast_bytes(&mut connection, b"ops", &payload);
        }
        number += count;
        number
    };
    send(200);
    let line = recorder.wait_for(&["event=not_recording", "reason=\"database or disk is full\""]);
    assert!(line.contains("since="));
    // More than the 64 MB that can wait.
    let last = send(1300);
    let deadline = Instant::now() + LIMIT;
    let given_up = || value(&ask(&address, "GET /metrics").1, "aircheck_not_recorded_messages_total").to_owned();
    while given_up().parse::<u64>().unwrap() < 100 {
        assert!(Instant::now() < deadline, "{} not recorded", given_up());
        std::thread::sleep(Duration::from_millis(10));
    }
    fs::remove_file(filler).unwrap();
    recorder.wait_for(&["event=recording_resumed"]);
    let last = send(1).max(last);
    // Messages that the recorder has not received when it ends are not a hole.
    wait_for_number(&disk.0.join("a.db"), last);
    assert!(recorder.end().success());
    let unrecorded = accounted(&disk.0.join("a.db"), last);
    assert!((100..1300).contains(&unrecorded), "{unrecorded} not recorded");
    let kind: String = sql(&disk.0.join("a.db")).query_row("SELECT kind FROM hole", [], |row| row.get(0)).unwrap();
    assert_eq!(kind, "disk");
}

#[test]
fn a_little_space_on_a_full_disk_is_used() {
    const MEGABYTES: u32 = 100;
    let server = RedisServer::start_with(&["--client-output-buffer-limit", "pubsub 0 0 0"]);
    let studio = Studio::new(&server.url());
    let Some(disk) = SmallDisk::mount(studio.path("disk"), MEGABYTES) else {
        eprintln!("a file system cannot be mounted by this user");
        return;
    };
    let mut recorder = studio.record(&["ops", "-o", "disk/a.db"]);
    recorder.wait_for(&["state=connected"]);
    broadcast(&server, "ops", "the first");
    recorder.wait_for_committed(1);
    // Another file takes all but 4 MB.
    let filler = fs::File::create(disk.0.join("filler")).unwrap();
    std::io::Write::write_all(&mut &filler, &vec![1; ((MEGABYTES - 4) << 20) as usize]).unwrap();
    let mut connection = server.connection(0).unwrap();
    let payload = vec![b'x'; 64 << 10];
    for _ in 0..300 {
        broadcast_bytes(&mut connection, b"ops", &payload);
    }
    recorder.wait_for(&["event=not_recording", "reason=\"database or disk is full\""]);
    let count = || {
        let sql_count = "SELECT count(*) FROM message";
        sql(&disk.0.join("a.db")).query_row(sql_count, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    // Each time 2 MB are freed, at least half a megabyte of what waits is recorded.
    for freed in 1..4 {
        let before = count();
        filler.set_len(u64::from(MEGABYTES - 4 - 2 * freed) << 20).unwrap();
        let deadline = Instant::now() + LIMIT;
        while count() < before + 8 {
            assert!(Instant::now() < deadline, "{} of 301 recorded after {} MB were freed", count(), 2 * freed);
            std::thread::sleep(Duration::from_millis(10));
        }
        recorder.wait_for(&["event=not_recording"]);
    }
    filler.set_len(0).unwrap();
    wait_for_number(&disk.0.join("a.db"), 301);
    assert!(recorder.end().success());
    assert_eq!(accounted(&disk.0.join("a.db"), 301), 0);
}

#[test]
fn a_file_locked_by_another_program_is_written_after_its_release() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["state=connected"]);
    broadcast(&server, "ops", "one");
    recorder.wait_for_committed(1);
    let other = sql(&studio.path("a.db"));
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    broadcast(&server, "ops", "two");
    recorder.wait_for(&["event=not_recording", "reason=\"database is locked\""]);
    broadcast(&server, "ops", "three");
    other.execute_batch("COMMIT").unwrap();
    recorder.wait_for(&["event=recording_resumed", "not_recorded=0"]);
    recorder.wait_for_committed(3);
    assert!(recorder.end().success());
    assert_eq!(accounted(&studio.path("a.db"), 3), 0);
}

#[test]
fn max_size_limits_the_file_while_recording() {
    const MAX: u64 = 4_000_000;
    const MESSAGES: u64 = 12_000;
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db", "--max-size", "4MB"]);
    recorder.wait_for(&["state=connected"]);
    let mut connection = server.connection(0).unwrap();
    let mut largest = 0;
    let file = studio.path("a.db");
    for number in 0..MESSAGES {
        broadcast_bytes(&mut connection, b"ops", format!("evt::\"{number:01000}\"").as_bytes());
        largest = largest.max(fs::metadata(&file).unwrap().len());
    }
    recorder.wait_for_committed(MESSAGES);
    assert!(recorder.end().success());
    // A transaction is written before the next check of the size.
    assert!(largest < 2 * MAX, "{largest} bytes");
    assert!(fs::metadata(&file).unwrap().len() <= MAX);
    let overview = studio.reader("a.db").overview().unwrap();
    assert_eq!(overview.messages + overview.deleted, MESSAGES);
    assert!(overview.messages > 1000, "{overview:?}");
    let connection = sql(&file);
    let (count, bytes, first, last): (u64, u64, u64, u64) = connection
        .query_row("SELECT count(*), sum(length(payload)), min(sequence), max(sequence) FROM message", [], |row| {
            let number = |column| row.get::<usize, i64>(column).map(i64::unsigned_abs);
            Ok((number(0)?, number(1)?, number(2)?, number(3)?))
        })
        .unwrap();
    assert_eq!((count, bytes), (overview.messages, overview.payload_bytes));
    // The newest messages are complete.
    assert_eq!((first, last), (MESSAGES - count + 1, MESSAGES));
    let per_second: i64 = connection.query_row("SELECT sum(messages) FROM rate", [], |row| row.get(0)).unwrap();
    assert!(per_second.unsigned_abs() >= count);
    let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}

#[test]
fn old_messages_are_deleted_while_recording() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db", "--keep", "1s"]);
    recorder.wait_for(&["state=connected"]);
    broadcast(&server, "ops", "old");
    recorder.wait_for_committed(1);
    let deadline = Instant::now() + LIMIT;
    let reader = studio.reader("a.db");
    while reader.overview().unwrap().deleted == 0 {
        assert!(Instant::now() < deadline, "nothing was deleted");
        broadcast(&server, "ops", "new");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(recorder.end().success());
    let overview = reader.overview().unwrap();
    assert!(overview.messages > 0, "{overview:?}");
    let shown = studio.output(&["show", "a.db", "--channel", "ops", "--seq", "1"]);
    let error = String::from_utf8(shown.stderr).unwrap();
    assert_eq!(shown.status.code(), Some(1));
    assert!(error.starts_with("missing #1: deleted because"), "{error}");
}

#[test]
fn counters_that_cannot_be_stored_are_reported_once_for_each_reason_and_stored_later() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["state=connected"]);
    let counters = studio.path(".local/state/aircheck/counters.db");
    let change = |statements: &str| sql(&counters).execute_batch(&format!("BEGIN; {statements}; COMMIT")).unwrap();
    let (hide_table, show_table) = ("ALTER TABLE counter RENAME TO hidden", "ALTER TABLE hidden RENAME TO counter");
    let (hide_column, show_column) =
        ("ALTER TABLE counter RENAME COLUMN counter TO hidden", "ALTER TABLE counter RENAME COLUMN hidden TO counter");
    let stored = || {
        let counter =
            sql(&counters)
                .query_row("SELECT counter FROM counter WHERE channel = CAST('ops' AS BLOB)", [], |row| row.get(0));
        counter.unwrap_or(0_i64).unsigned_abs()
    };
    let (no_table, no_column) = ("no such table", "no column named");
    let both = format!("{show_table}; {hide_column}");
    for (reason, statements) in [(no_table, hide_table), (no_column, &both)] {
        change(statements);
        // Counters are stored once a second: further attempts fail too, and are not reported.
        let until = Instant::now() + Duration::from_secs(3);
        while Instant::now() < until {
            broadcast(&server, "ops", "evt");
            std::thread::sleep(Duration::from_millis(50));
        }
        recorder.wait_for(&["Warning: cannot use the counters file ", reason]);
    }
    change(show_column);
    let last = broadcast(&server, "ops", "evt");
    let deadline = Instant::now() + LIMIT;
    while stored() < last {
        assert!(Instant::now() < deadline, "{} of {last} is stored", stored());
        broadcast(&server, "ops", "evt");
        std::thread::sleep(Duration::from_millis(50));
    }
    change(hide_column);
    // They are stored once a second.
    for _ in 0..30 {
        broadcast(&server, "ops", "evt");
        std::thread::sleep(Duration::from_millis(50));
    }
    recorder.wait_for(&["Warning: cannot use the counters file ", no_column]);
    let reported = |reason: &str| recorder.log.iter().filter(|line| line.contains(reason)).count();
    assert_eq!((reported(no_table), reported(no_column)), (1, 2), "{:#?}", recorder.log);
    assert!(recorder.end().success());
}
