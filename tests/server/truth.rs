//! Compares the output of two processes of `tail --format json` with the truth: one with channels and one with overlapping
//! patterns, two publishers at full speed, and faults at random times.
//!
//! The publishers store the sequence number of each payload and its expected verdict. Each fault waits until the previous one was
//! reported, so that no two faults share an interval. The traffic waits only for the restart. Otherwise a new counter could pass
//! the old one unnoticed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use aircheck::redis::subscription::now_micros;
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};
use base64_simd::STANDARD;
use redis::Value;
use serde_json::Value as Json;

use super::listening::PREFIX;
use super::support::{LIMIT, RedisServer};
use super::tailing::wait_for_exit;

const CHANNELS: [&str; 2] = ["ops", "billing"];
const PATTERNS: [&str; 3] = ["o*", "bill*", "b*"];
/// The number of broadcasts that each publisher sends at full speed. It then continues more slowly until all faults are done.
const RUSH: u64 = 100_000;
const PACE: Duration = Duration::from_millis(50);
const BATCH: u64 = 100;

/// The lines printed so far.
#[derive(Default)]
struct Lines {
    all: Mutex<Vec<Json>>,
    /// The lines that are waited for: findings, link states and the last message of each channel. They are few, so examining them
    /// does not delay the reading.
    awaited: Mutex<Vec<Json>>,
    messages: AtomicU64,
}

impl Lines {
    fn push(&self, line: Json) {
        if line["type"] == "message" {
            self.messages.fetch_add(1, Ordering::SeqCst);
        }
        if line["type"] != "message" || line["name"] == "last" {
            self.awaited.lock().unwrap().push(line.clone());
        }
        self.all.lock().unwrap().push(line);
    }

    fn wait_for(&self, what: &str, holds: impl Fn(&[Json]) -> bool) {
        let deadline = Instant::now() + LIMIT * 4;
        loop {
            {
                let lines = self.awaited.lock().unwrap();
                if holds(&lines) {
                    return;
                }
                assert!(Instant::now() < deadline, "{what} did not come; findings: {:#?}", of_type(&lines, "finding"));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn count(&self, wanted: impl Fn(&Json) -> bool) -> usize {
        self.awaited.lock().unwrap().iter().filter(|line| wanted(line)).count()
    }

    fn messages(&self) -> u64 {
        self.messages.load(Ordering::SeqCst)
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
    /// Starts `tail` with a separate directory for its configuration and counters.
    fn start(server: &RedisServer, directory: &Path, names: &[&str]) -> Self {
        let config = directory.join("config.toml");
        let text = format!("[profile.truth]\nurl = \"{}\"\nsigning.key = {{ value = \"{KEY}\" }}\n", server.url());
        std::fs::write(&config, text).unwrap();
        std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o600)).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_aircheck"))
            .arg("--config")
            .arg(&config)
            .args(["--profile", "truth", "tail", "--format", "json"])
            .args(names)
            .env("AIRCHECK_STATE", directory.join("state.db"))
            .env("HOME", directory)
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
                into.push(line);
            }
        });
        let tail = Self { child, lines, reader: Some(reader) };
        tail.lines.wait_for("the connection", |lines| lines.iter().any(|line| is_link(line, "connected")));
        tail
    }

    fn end(mut self) -> Vec<Json> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert_eq!(wait_for_exit(&mut self.child).code(), Some(0));
        self.reader.take().unwrap().join().unwrap();
        std::mem::take(&mut *self.lines.all.lock().unwrap())
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The signing key of the publishers.
const KEY: &str = "a key of the truth";
const OTHER_KEY: &str = "a key of somebody else";

fn keyring(key: &str) -> Keyring {
    Keyring::new(KeyringSettings { signing_key: Some(Secret::new(key.into())), ..KeyringSettings::default() })
}

/// The truth about one payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Fact {
    channel: usize,
    /// The counter epoch.
    epoch: usize,
    number: u64,
    /// The expected rejection or verdict. `None` means `verified`.
    rejection: Option<&'static str>,
}

type Truth = HashMap<Vec<u8>, Fact>;

/// Creates payloads, some of which must be rejected.
struct Pen {
    own: Keyring,
    other: Keyring,
}

impl Pen {
    fn payload(&self, publisher: u64, number: u64) -> (Vec<u8>, Option<&'static str>) {
        let now = now_micros() / 1_000_000;
        let data = format!("\"{publisher}-{number}\"");
        let payload = |keyring: &Keyring, data: &str| {
            keyring.payload(b"evt", data.as_bytes(), &SignWith::SigningKey, now).unwrap()
        };
        match number % 16 {
            3 => (payload(&self.other, &data), Some("signature_mismatch")),
            6 => (format!("evt::{data}").into_bytes(), Some("unsigned")),
            9 => (format!("evt:sha256|default|{now}|00:{data}x").into_bytes(), Some("invalid_json")),
            12 => {
                let mut forged = payload(&self.own, &data);
                forged.push(b' ');
                (forged, Some("signature_mismatch"))
            }
            15 => (format!("evt:sha256|nobody|{now}|00:{data}").into_bytes(), Some("unknown_key")),
            _ => (payload(&self.own, &data), None),
        }
    }
}

/// The state shared by the publishers and the thread that causes faults.
struct World {
    server: RwLock<RedisServer>,
    published: AtomicU64,
    done: AtomicBool,
}

/// Publishes in pipelines until all faults are done. Returns the sequence number of each payload.
fn publish(world: &World, publisher: u64) -> Truth {
    let mut truth = Truth::new();
    let pen = Pen { own: keyring(KEY), other: keyring(OTHER_KEY) };
    let mut last: BTreeMap<usize, (usize, u64)> = BTreeMap::new();
    for batch in 0.. {
        if batch * BATCH >= RUSH {
            if world.done.load(Ordering::SeqCst) {
                break;
            }
            thread::sleep(PACE);
        }
        let server = world.server.read().unwrap();
        let mut connection = server.connection(0).unwrap();
        let mut pipe = redis::pipe();
        let mut sent = Vec::new();
        for number in 0..BATCH {
            let which = usize::try_from((batch + number + publisher) % 2).unwrap();
            let (payload, rejection) = pen.payload(publisher, batch * BATCH + number);
            pipe.cmd("MULTI").ignore().publish(CHANNELS[which], &payload).ignore();
            pipe.incr(format!("{PREFIX}{}", CHANNELS[which]), 1).ignore().cmd("EXEC");
            sent.push((which, payload, rejection));
        }
        let answers: Vec<Vec<Value>> = pipe.query(&mut connection).unwrap();
        drop(server);
        for ((which, payload, rejection), answer) in sent.into_iter().zip(answers) {
            let Some(Value::Int(number)) = answer.last() else { panic!("no number in {answer:?}") };
            let number = u64::try_from(*number).unwrap();
            // A number that is not higher than the last one was counted by a new counter.
            let (epoch, before) = last.get(&which).copied().unwrap_or_default();
            let epoch = if number <= before { epoch + 1 } else { epoch };
            last.insert(which, (epoch, number));
            truth.insert(payload, Fact { channel: which, epoch, number, rejection });
        }
        world.published.fetch_add(BATCH, Ordering::SeqCst);
    }
    truth
}

/// Waits until this many more broadcasts were published.
fn let_pass(world: &World, broadcasts: u64) {
    let until = world.published.load(Ordering::SeqCst) + broadcasts;
    let deadline = Instant::now() + LIMIT;
    while world.published.load(Ordering::SeqCst) < until {
        assert!(Instant::now() < deadline, "nothing is published any more");
        thread::sleep(Duration::from_millis(1));
    }
}

/// The faults that were caused, by channel: the expected findings.
#[derive(Default)]
struct Sabotage {
    rogue: [u64; 2],
    /// The sequence numbers without a message.
    lone: [Vec<u64>; 2],
    resets: [u64; 2],
    kills: usize,
}

fn sabotage(world: &World, tails: &[Tail]) -> Sabotage {
    let mut done = Sabotage::default();
    let command = |parts: &[&str]| world.server.read().unwrap().command::<Value>(parts);
    let all =
        |what: &str, holds: &dyn Fn(&[Json]) -> bool| tails.iter().for_each(|tail| tail.lines.wait_for(what, holds));
    for round in 0..6_usize {
        let which = fastrand::usize(0..2);
        let channel = CHANNELS[which];
        let key = format!("{PREFIX}{channel}");

        let_pass(world, fastrand::u64(1000..5000));
        command(&["PUBLISH", channel, &format!("rogue::{round}")]);
        done.rogue[which] += 1;
        all("the rogue's finding", &|lines| total(lines, "received_not_counted", channel) == done.rogue[which]);

        let_pass(world, fastrand::u64(1000..5000));
        let Value::Int(number) = command(&["INCR", &key]) else { panic!("no number") };
        done.lone[which].push(u64::try_from(number).unwrap());
        let lone = done.lone[which].len() as u64;
        all("the lone count's finding", &|lines| total(lines, "counted_not_received", channel) == lone);

        let_pass(world, fastrand::u64(1000..5000));
        let connected = tails.iter().map(|tail| tail.lines.count(|line| is_link(line, "connected"))).max().unwrap();
        command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        done.kills += 1;
        all("the connection again", &|lines| {
            lines.iter().filter(|line| is_link(line, "connected")).count() > connected
        });
        // The first messages after the reconnection arrive with the barrier that reveals the missed messages.
        for tail in tails {
            let seen = tail.lines.messages();
            tail.lines.wait_for("messages again", |_| tail.lines.messages() > seen + 1000);
        }

        if round == 2 {
            let_pass(world, 1000);
            command(&["DEL", &key]);
            done.resets[which] += 1;
            all("the reset", &|lines| resets(lines, channel) == done.resets[which]);
        }
        if round == 4 {
            let mut server = world.server.write().unwrap();
            let counters: Vec<u64> =
                CHANNELS.iter().map(|channel| server.command(&["GET", &format!("{PREFIX}{channel}")])).collect();
            assert!(counters.iter().all(|counter| *counter > 0));
            server.restart();
            for (channel, resets_done) in CHANNELS.iter().zip(&mut done.resets) {
                *resets_done += 1;
                all("the restart's reset", &|lines| resets(lines, channel) == *resets_done);
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
    let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let server = RedisServer::start();
    let tails = [
        Tail::start(&server, directories[0].path(), &CHANNELS),
        Tail::start(&server, directories[1].path(), &PATTERNS),
    ];
    let world = World { server: RwLock::new(server), published: AtomicU64::new(0), done: AtomicBool::new(false) };
    let (truth, sabotage) = thread::scope(|scope| {
        let publishers = [0, 1].map(|publisher| {
            scope.spawn({
                let world = &world;
                move || publish(world, publisher)
            })
        });
        let saboteur = scope.spawn(|| sabotage(&world, &tails));
        let sabotage = saboteur.join();
        // Also after a failure. Otherwise the publishers would never stop.
        world.done.store(true, Ordering::SeqCst);
        let mut truth = Truth::new();
        for publisher in publishers {
            truth.extend(publisher.join().unwrap());
        }
        (truth, sabotage.unwrap())
    });
    // The last broadcast of each channel reveals everything missed before it.
    let mut connection = world.server.read().unwrap().connection(0).unwrap();
    for channel in CHANNELS {
        let key = format!("{PREFIX}{channel}");
        redis::pipe().atomic().publish(channel, "last::").incr(key, 1).exec(&mut connection).unwrap();
    }
    for tail in tails {
        tail.lines.wait_for("the last messages", |lines| {
            let last = lines.iter().filter(|line| line["type"] == "message" && line["name"] == "last");
            last.count() == 2
        });
        check(&tail.end(), &truth, &sabotage);
    }
}

/// Compares the output of one process with the truth.
fn check(lines: &[Json], truth: &Truth, sabotage: &Sabotage) {
    for (which, channel) in CHANNELS.iter().enumerate() {
        assert_eq!(total(lines, "received_not_counted", channel), sabotage.rogue[which], "rogue messages on {channel}");
        assert_eq!(resets(lines, channel), sabotage.resets[which], "resets on {channel}");
        let lone: Vec<_> = lines.iter().filter(|line| is_finding(line, "counted_not_received", channel)).collect();
        assert_eq!(lone.len(), sabotage.lone[which].len(), "lone counts on {channel}");
        for (line, number) in lone.into_iter().zip(&sabotage.lone[which]) {
            assert_eq!(line["count"], 1, "{line}");
            assert!(
                (number_of(line, "sequence_from")..=number_of(line, "sequence_to")).contains(number),
                "not {number}: {line}"
            );
        }
    }
    assert!(of_type(lines, "link").iter().filter(|line| line["state"] == "connected").count() > sabotage.kills);
    assert!(of_type(lines, "dropped").is_empty());

    let mut account = Account::default();
    for line in lines {
        let Some(which) = CHANNELS.iter().position(|channel| line["channel"] == *channel) else { continue };
        match line["type"].as_str().unwrap() {
            "finding" => account.finding(line, which),
            "message" => account.message(line, which, truth),
            other => panic!("no {other} has a channel here: {line}"),
        }
    }
    account.close(truth, sabotage);
}

/// Checks that every number of every counter epoch is shown once or reported as missed once, in order.
#[derive(Default)]
struct Account {
    /// By channel, counter epoch and number.
    shown: BTreeSet<(usize, usize, u64)>,
    missed: BTreeSet<(usize, usize, u64)>,
    exact: usize,
    rogue: u64,
    /// By channel: the counter epoch of the findings, and the last number that was shown or missed, with its epoch.
    epoch: [usize; 2],
    last: [(usize, u64); 2],
    /// By channel: a number that was inferred wrongly before a late barrier. The barrier must explain it.
    inferred: [Option<Json>; 2],
}

impl Account {
    fn finding(&mut self, line: &Json, which: usize) {
        match line["kind"].as_str().unwrap() {
            "counter_reset" => {
                self.epoch[which] += 1;
                self.inferred[which] = None;
            }
            "missed_disconnected" => {
                let (era, from, to) =
                    (self.epoch[which], number_of(line, "sequence_from"), number_of(line, "sequence_to"));
                assert_eq!(line["count"].as_u64(), Some(to - from + 1), "{line}");
                assert_eq!(line["lower_bound"], false, "the server was the same: {line}");
                assert!(self.last[which] < (era, from), "it follows {:?}: {line}", self.last[which]);
                self.last[which] = (era, to);
                for number in from..=to {
                    assert!(self.missed.insert((which, era, number)), "missed twice: {line}");
                }
            }
            "received_not_counted" | "counted_not_received" => self.inferred[which] = None,
            other => panic!("unexpected {other}: {line}"),
        }
    }

    fn message(&mut self, line: &Json, which: usize, truth: &Truth) {
        let payload = STANDARD.decode_to_vec(line["payload_base64"].as_str().unwrap()).unwrap();
        let Some(&Fact { channel, epoch, number, rejection }) = truth.get(&payload) else {
            self.rogue += u64::from(line["name"] == "rogue");
            assert!(line["name"] == "rogue" || line["name"] == "last", "it was never sent: {line}");
            assert_eq!(line["rejection"], "unsigned", "{line}");
            return;
        };
        assert_eq!(channel, which, "{line}");
        assert!(self.shown.insert((which, epoch, number)), "shown twice: {line}");
        assert!(self.last[which] < (epoch, number), "it follows {:?}: {line}", self.last[which]);
        self.last[which] = (epoch, number);
        assert_eq!(line["verdict"], if rejection.is_some() { "rejected" } else { "verified" }, "{line}");
        assert_eq!(line["rejection"].as_str(), rejection, "{line}");
        if let Some(sequence) = line["sequence"].as_u64() {
            assert_eq!(sequence, number, "{line}");
            assert_eq!(self.inferred[which], None, "this number was wrong without a reason");
            self.exact += 1;
        } else if line["sequence_from"].is_u64() {
            let (from, to) = (number_of(line, "sequence_from"), number_of(line, "sequence_to"));
            let holds = (from..=to).contains(&number);
            assert!(holds || from == to, "{number} is not in the range: {line}");
            if !holds {
                self.inferred[which] = Some(line.clone());
            }
        } else {
            assert!(line["unknown_reason"].is_string(), "{line}");
        }
    }

    fn close(self, truth: &Truth, sabotage: &Sabotage) {
        let Self { shown, missed, exact, rogue, .. } = self;
        let shown_and_missed: Vec<_> = shown.intersection(&missed).take(5).collect();
        assert!(shown_and_missed.is_empty(), "{shown_and_missed:?} are shown and reported as missed");
        let all: BTreeSet<_> = truth.values().map(|fact| (fact.channel, fact.epoch, fact.number)).collect();
        assert_eq!(all.len(), truth.len(), "a number was sent twice");
        let lost: Vec<_> = all.iter().filter(|number| !shown.contains(number) && !missed.contains(number)).collect();
        assert!(
            lost.is_empty(),
            "{} are neither shown nor reported as missed: {:?}",
            lost.len(),
            &lost[..lost.len().min(5)]
        );
        // All other numbers are those without a message.
        let extra: Vec<_> = missed.iter().filter(|number| !all.contains(number)).collect();
        let lone: usize = sabotage.lone.iter().map(Vec::len).sum();
        assert!(extra.len() <= lone, "reported as missed, but never sent: {extra:?}");
        assert_eq!(rogue, sabotage.rogue.iter().sum::<u64>(), "rogue messages shown");
        assert!(shown.len() > truth.len() / 10, "only {} of {} were received", shown.len(), truth.len());
        assert!(exact > shown.len() / 2, "only {exact} of {} have their number", shown.len());
    }
}

fn number_of(line: &Json, name: &str) -> u64 {
    line[name].as_u64().unwrap_or_else(|| panic!("no number {name}: {line}"))
}
