//! `tail --format json` against the truth: two publishers at full speed, faults at random times, and a test that keeps
//! what really happened.
//!
//! The publishers keep the number that the server gave to each payload. A fault waits until the one before was reported,
//! so that no two of them share an interval and hide each other; the traffic never waits, but for the restart, after
//! which a new counter could otherwise pass the old one unseen.
#![expect(clippy::unwrap_used, reason = "a test that cannot run its program has failed")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, RwLock};
use std::thread;
use std::time::Instant;

use redis::Value;
use serde_json::Value as Json;

use super::listening::PREFIX;
use super::support::{LIMIT, RedisServer};

const CHANNELS: [&str; 2] = ["ops", "billing"];
const EACH: u64 = 100_000;
const BATCH: u64 = 100;

/// The lines that the program has printed so far.
#[derive(Default)]
struct Lines {
    lines: Mutex<Vec<Json>>,
    more: Condvar,
}

impl Lines {
    fn wait_for(&self, what: &str, holds: impl Fn(&[Json]) -> bool) {
        let deadline = Instant::now() + LIMIT * 4;
        let mut lines = self.lines.lock().unwrap();
        while !holds(&lines) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what} did not come; findings: {:#?}", of_type(&lines, "finding"));
            lines = self.more.wait_timeout(lines, left).unwrap().0;
        }
    }

    fn count(&self, wanted: impl Fn(&Json) -> bool) -> usize {
        self.lines.lock().unwrap().iter().filter(|line| wanted(line)).count()
    }
}

fn of_type<'a>(lines: &'a [Json], kind: &str) -> Vec<&'a Json> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

fn is_link(line: &Json, state: &str) -> bool {
    line["type"] == "link" && line["state"] == state
}

fn is_finding(line: &Json, kind: &str, channel: &str) -> bool {
    line["type"] == "finding" && line["kind"] == kind && line["channel"] == channel
}

struct Tail {
    child: Child,
    lines: Arc<Lines>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Tail {
    fn start(server: &RedisServer, state: &std::path::Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_aircheck"))
            .args(["--url", &server.url(), "tail", "--format", "json", CHANNELS[0], CHANNELS[1]])
            .env("AIRCHECK_STATE", state)
            .env("HOME", state.parent().unwrap())
            .env_remove("XDG_CONFIG_HOME")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Arc::new(Lines::default());
        let into = Arc::clone(&lines);
        let output = BufReader::with_capacity(1 << 20, child.stdout.take().unwrap());
        let reader = thread::spawn(move || {
            for line in output.lines() {
                let line = serde_json::from_str(&line.unwrap()).unwrap();
                into.lines.lock().unwrap().push(line);
                into.more.notify_all();
            }
        });
        let tail = Self { child, lines, reader: Some(reader) };
        tail.lines.wait_for("the connection", |lines| lines.iter().any(|line| is_link(line, "connected")));
        tail
    }

    fn end(mut self) -> Vec<Json> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        self.reader.take().unwrap().join().unwrap();
        std::mem::take(&mut *self.lines.lines.lock().unwrap())
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What really happened to one payload: its channel, the life of the counter that counted it, and its number.
type Truth = HashMap<String, (usize, usize, u64)>;

/// What the publishers and the saboteur share.
struct World {
    server: RwLock<RedisServer>,
    published: AtomicU64,
    done: AtomicBool,
}

/// Publishes its share in pipelines, and keeps the numbers that the server gave.
fn publish(world: &World, publisher: u64) -> Truth {
    let mut truth = Truth::new();
    let mut last: BTreeMap<usize, (usize, u64)> = BTreeMap::new();
    for batch in 0..EACH / BATCH {
        let server = world.server.read().unwrap();
        let mut connection = server.connection(0).unwrap();
        let mut pipe = redis::pipe();
        let mut sent = Vec::new();
        for number in 0..BATCH {
            let which = usize::try_from((batch + number + publisher) % 2).unwrap();
            let payload = format!("evt::\"{publisher}-{}\"", batch * BATCH + number);
            pipe.cmd("MULTI").ignore().publish(CHANNELS[which], &payload).ignore();
            pipe.incr(format!("{PREFIX}{}", CHANNELS[which]), 1).ignore().cmd("EXEC");
            sent.push((which, payload));
        }
        let answers: Vec<Vec<Value>> = pipe.query(&mut connection).unwrap();
        drop(server);
        for ((which, payload), answer) in sent.into_iter().zip(answers) {
            let Some(Value::Int(number)) = answer.last() else { panic!("no number in {answer:?}") };
            let number = u64::try_from(*number).unwrap();
            // A number that is not higher than the last one was counted by a new counter.
            let (life, before) = last.get(&which).copied().unwrap_or_default();
            let life = if number <= before { life + 1 } else { life };
            last.insert(which, (life, number));
            truth.insert(payload, (which, life, number));
        }
        world.published.fetch_add(BATCH, Ordering::SeqCst);
    }
    truth
}

/// Waits until so many more broadcasts were published, or all of them.
fn let_pass(world: &World, broadcasts: u64) {
    let until = world.published.load(Ordering::SeqCst) + broadcasts;
    while world.published.load(Ordering::SeqCst) < until && !world.done.load(Ordering::SeqCst) {
        thread::yield_now();
    }
}

/// What the saboteur did, by channel: the truth of the findings.
#[derive(Default)]
struct Sabotage {
    rogue: [u64; 2],
    lone: [u64; 2],
    resets: [u64; 2],
    kills: usize,
}

fn sabotage(world: &World, lines: &Lines) -> Sabotage {
    let mut done = Sabotage::default();
    let command = |parts: &[&str]| world.server.read().unwrap().command::<Value>(parts);
    for round in 0..6_usize {
        let which = fastrand::usize(0..2);
        let channel = CHANNELS[which];
        let key = format!("{PREFIX}{channel}");

        let_pass(world, fastrand::u64(1000..5000));
        command(&["PUBLISH", channel, &format!("rogue::{round}")]);
        done.rogue[which] += 1;
        lines.wait_for("the rogue's finding", |lines| total(lines, "uncounted", channel) == done.rogue[which]);

        let_pass(world, fastrand::u64(1000..5000));
        command(&["INCR", &key]);
        done.lone[which] += 1;
        lines.wait_for("the lone count's finding", |lines| total(lines, "not_delivered", channel) == done.lone[which]);

        let_pass(world, fastrand::u64(1000..5000));
        let connected = lines.count(|line| is_link(line, "connected"));
        command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        done.kills += 1;
        lines.wait_for("the connection again", |lines| {
            lines.iter().filter(|line| is_link(line, "connected")).count() > connected
        });
        // The first messages after the reconnection come with the barrier that says what was missed.
        let seen = lines.count(|line| line["type"] == "message");
        lines.wait_for("messages again", |lines| {
            of_type(lines, "message").len() > seen + 1000 || world.done.load(Ordering::SeqCst)
        });

        if round == 2 {
            let_pass(world, 1000);
            command(&["DEL", &key]);
            done.resets[which] += 1;
            lines.wait_for("the reset", |lines| resets(lines, channel) == done.resets[which]);
        }
        if round == 4 {
            let mut server = world.server.write().unwrap();
            let counters: Vec<u64> =
                CHANNELS.iter().map(|channel| server.command(&["GET", &format!("{PREFIX}{channel}")])).collect();
            assert!(counters.iter().all(|counter| *counter > 0));
            server.restart();
            for which in 0..2 {
                done.resets[which] += 1;
                lines.wait_for("the restart's reset", |lines| resets(lines, CHANNELS[which]) == done.resets[which]);
            }
        }
    }
    done
}

fn total(lines: &[Json], kind: &str, channel: &str) -> u64 {
    lines.iter().filter(|line| is_finding(line, kind, channel)).map(|line| line["count"].as_u64().unwrap()).sum()
}

fn resets(lines: &[Json], channel: &str) -> u64 {
    lines.iter().filter(|line| is_finding(line, "counter_reset", channel)).count() as u64
}

#[test]
fn the_findings_of_tail_equal_the_truth() {
    let folder = tempfile::tempdir().unwrap();
    let server = RedisServer::start();
    let tail = Tail::start(&server, &folder.path().join("state.db"));
    let world = World { server: RwLock::new(server), published: AtomicU64::new(0), done: AtomicBool::new(false) };
    let (truth, sabotage) = thread::scope(|scope| {
        let publishers = [0, 1].map(|publisher| {
            scope.spawn({
                let world = &world;
                move || publish(world, publisher)
            })
        });
        let saboteur = scope.spawn(|| sabotage(&world, &tail.lines));
        let mut truth = Truth::new();
        for publisher in publishers {
            truth.extend(publisher.join().unwrap());
        }
        world.done.store(true, Ordering::SeqCst);
        (truth, saboteur.join().unwrap())
    });
    // The last broadcast of each channel closes the account.
    let mut connection = world.server.read().unwrap().connection(0).unwrap();
    for channel in CHANNELS {
        let key = format!("{PREFIX}{channel}");
        redis::pipe().atomic().publish(channel, "last::").incr(key, 1).exec(&mut connection).unwrap();
    }
    tail.lines.wait_for("the last messages", |lines| {
        let last = lines.iter().filter(|line| line["type"] == "message" && line["name"] == "last");
        last.count() == 2
    });
    check(&tail.end(), &truth, &sabotage);
}

/// Holds what was printed against the truth.
fn check(lines: &[Json], truth: &Truth, sabotage: &Sabotage) {
    for (which, channel) in CHANNELS.iter().enumerate() {
        assert_eq!(total(lines, "uncounted", channel), sabotage.rogue[which], "rogue messages on {channel}");
        assert_eq!(total(lines, "not_delivered", channel), sabotage.lone[which], "lone counts on {channel}");
        assert_eq!(resets(lines, channel), sabotage.resets[which], "resets on {channel}");
    }
    assert!(of_type(lines, "link").iter().filter(|line| line["state"] == "connected").count() > sabotage.kills);
    assert!(of_type(lines, "dropped").is_empty());

    // Every number of every life of every counter is shown once or said missed once.
    let mut shown: BTreeSet<(usize, usize, u64)> = BTreeSet::new();
    let mut life = [0_usize; 2];
    let mut missed: BTreeSet<(usize, usize, u64)> = BTreeSet::new();
    for line in lines {
        let Some(which) = CHANNELS.iter().position(|channel| line["channel"] == *channel) else { continue };
        if line["type"] == "finding" {
            match line["kind"].as_str().unwrap() {
                "counter_reset" => life[which] += 1,
                "missed_disconnected" => {
                    let (from, to) = (line["from"].as_u64().unwrap(), line["to"].as_u64().unwrap());
                    assert_eq!(line["count"].as_u64(), Some(to - from + 1), "{line}");
                    for number in from..=to {
                        assert!(missed.insert((which, life[which], number)), "missed twice: {line}");
                    }
                }
                _ => {}
            }
        }
        let Some(payload) = line["data"].as_str().map(|data| format!("evt::\"{data}\"")) else { continue };
        let Some(&(_, true_life, number)) = truth.get(&payload) else { continue };
        assert!(shown.insert((which, true_life, number)), "shown twice: {line}");
        if let Some(sequence) = line["sequence"].as_u64() {
            assert_eq!(sequence, number, "{line}");
        } else if let (Some(from), Some(to)) = (line["sequence_from"].as_u64(), line["sequence_to"].as_u64()) {
            assert!((from..=to).contains(&number), "{number} is not in the range: {line}");
        }
    }
    assert!(shown.is_disjoint(&missed), "{:?} are shown and said missed", shown.intersection(&missed).take(5));
    let all: BTreeSet<_> = truth.values().copied().collect();
    assert_eq!(all.len(), truth.len(), "the truth holds a number twice");
    let lost: Vec<_> = all.iter().filter(|number| !shown.contains(number) && !missed.contains(number)).collect();
    assert!(lost.is_empty(), "{} are neither shown nor said missed: {:?}", lost.len(), &lost[..lost.len().min(5)]);
    // Beyond the truth, only the lone counts and the two last messages have numbers.
    let extra: Vec<_> = missed.iter().filter(|number| !all.contains(number)).collect();
    assert!(extra.len() as u64 <= sabotage.lone.iter().sum::<u64>(), "said missed, but never sent: {extra:?}");
}
