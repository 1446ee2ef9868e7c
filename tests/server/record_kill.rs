//! `kill -9` at random moments of a flood. All messages reported as recorded are in the file, and the next run reports the
//! missing ones.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::listening::PREFIX;
use crate::record::program::{Studio, sql};
use crate::support::RedisServer;

/// The number of recorders that run at the same time, each with its own file.
const RECORDERS: usize = 4;
/// How often each recorder is killed.
const KILLS: usize = 50;
/// The number of kills after which a recorder starts a new file.
const KILLS_PER_FILE: usize = 10;

/// A payload that contains its number, so every payload is different.
fn payload(number: u64) -> String {
    format!("flood::{{\"n\":{number},\"pad\":\"{:016x}\"}}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Sends a few thousand broadcasts per second until `stop` is set.
fn flood(server: &RedisServer, stop: &AtomicBool) {
    let mut connection = server.connection(0).unwrap();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let mut pipeline = redis::pipe();
        for _ in 0..20 {
            number += 1;
            pipeline.cmd("MULTI").ignore().publish("ops", payload(number)).ignore();
            pipeline.incr(format!("{PREFIX}ops"), 1).ignore().cmd("EXEC").ignore();
        }
        pipeline.exec(&mut connection).unwrap();
        std::thread::sleep(Duration::from_millis(4));
    }
}

/// The result of a killed run.
struct KilledRun {
    /// The number of messages reported as recorded.
    reported: u64,
    /// Whether it started a session.
    has_session: bool,
}

/// Checks that the file is intact and contains all messages that were reported as recorded.
fn verify(studio: &Studio, name: &str, session: i64, left: &KilledRun) {
    let connection = sql(&studio.path(name));
    let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let mut statement =
        connection.prepare("SELECT sequence, certainty, payload FROM message WHERE session = ? ORDER BY id").unwrap();
    let mut rows = statement.query([session]).unwrap();
    let mut count = 0;
    let mut before = None;
    while let Some(row) = rows.next().unwrap() {
        count += 1;
        let number = row.get::<_, i64>(0).unwrap().unsigned_abs();
        assert_eq!(row.get::<_, i64>(1).unwrap(), 0, "#{number} is not exact");
        assert_eq!(String::from_utf8(row.get(2).unwrap()).unwrap(), payload(number));
        assert!(before.is_none_or(|before| number == before + 1), "#{number} after {before:?}");
        before = Some(number);
    }
    assert!(count >= left.reported, "{count} recorded, {} reported", left.reported);
    // The next run reports that this one was killed, and what was missed until the next run started.
    let holes: i64 =
        connection.query_row("SELECT count(*) FROM hole WHERE kind = 'killed'", [], |row| row.get(0)).unwrap();
    let killed: i64 =
        connection.query_row("SELECT count(*) FROM session WHERE ended = 'killed'", [], |row| row.get(0)).unwrap();
    assert_eq!(holes, killed);
    let sessions: i64 = connection.query_row("SELECT count(*) FROM session", [], |row| row.get(0)).unwrap();
    assert_eq!(killed, sessions - 1, "every session but the last was killed");
    // Over all sessions, each number is recorded once or missed once.
    let (first, last, messages): (Option<i64>, Option<i64>, i64) = connection
        .query_row("SELECT min(sequence), max(sequence), count(DISTINCT sequence) FROM message", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    // Each gap follows a kill, and what the killed recorder had received is a part of it.
    let (missed, wrong): (i64, i64) = connection
        .query_row(
            "SELECT coalesce(sum(count), 0), count(*) FILTER (WHERE lost IS NULL OR lost > count)
             FROM gaps WHERE sequence_from > ? AND sequence_to < ?",
            [first.unwrap_or(0), last.unwrap_or(0)],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(wrong, 0);
    if let (Some(first), Some(last)) = (first, last) {
        assert_eq!(messages + missed, last - first + 1, "from #{first} to #{last}");
    }
}

#[test]
fn two_hundred_kills_lose_no_committed_message() {
    let server = RedisServer::start();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| flood(&server, &stop));
        let recorders: Vec<_> = (0..RECORDERS).map(|_| scope.spawn(|| kill_again_and_again(&server))).collect();
        let reported: Vec<_> = recorders.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        stop.store(true, Ordering::Relaxed);
        for reported in reported {
            assert!(reported.unwrap() > 0, "a recorder reported no message");
        }
    });
}

/// Kills one recorder repeatedly. Returns the number of messages that it reported as recorded.
fn kill_again_and_again(server: &RedisServer) -> u64 {
    let studio = Studio::new(&server.url());
    let mut reported = 0;
    let mut last_session = 0;
    for kill in 0..KILLS {
        let name = format!("{}.db", kill / KILLS_PER_FILE);
        if kill % KILLS_PER_FILE == 0 {
            last_session = 0;
        }
        let recorder = studio.record(&["ops", "-o", &name]);
        std::thread::sleep(Duration::from_millis(fastrand::u64(..900)));
        let left = KilledRun { reported: recorder.kill(), has_session: false };
        reported += left.reported;
        let Some(session) = newest_session(&studio, &name) else {
            assert_eq!(left.reported, 0);
            continue;
        };
        let left = KilledRun { has_session: session > last_session, ..left };
        last_session = session;
        if left.has_session {
            verify(&studio, &name, session, &left);
        } else {
            assert_eq!(left.reported, 0);
        }
    }
    reported
}

/// The newest session. `None` if the process was killed before it created the file.
fn newest_session(studio: &Studio, name: &str) -> Option<i64> {
    if !studio.path(name).exists() {
        return None;
    }
    let connection = sql(&studio.path(name));
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    if tables == 0 {
        return None;
    }
    connection.query_row("SELECT max(id) FROM session", [], |row| row.get(0)).unwrap()
}
