//! The faults. Before the next fault, each program must have shown a message sent after the last one. So no two faults share an
//! interval and hide each other.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use aircheck::ledger::finding::FindingKind;
use aircheck::wire::verdict::Verdict;
use redis::Value;

use super::consumer::{Consumer, Process};
use super::proxy::Proxy;
use super::support::LIMIT;
use super::world::{AGAIN, CHANNELS, PREFIX, Truth, World};

/// Causes the fault, and waits for the findings that must be reported.
type Fault = fn(&mut Soak);

/// The faults and their names, in the order of their first run.
pub(crate) const FAULTS: [(&str, Fault); 15] = [
    ("a rogue publisher", rogue),
    ("a lone count", lone),
    ("connections killed", kill),
    ("keys and a storm of resizes", storm),
    ("connections killed once a second", kill_often),
    ("a counter deleted", delete),
    ("a message sent twice", twice),
    ("the recorder killed", kill_recorder),
    ("a server frozen for 3 s", stale),
    ("a channel revoked", revoke),
    ("a restart without the counters", restart),
    ("a program frozen under a flood", freeze_program),
    ("a recording held by another", hold_recording),
    ("a server frozen for 12 s", half_open),
    ("a server down, its counters kept", down),
];

/// The faults of a soak with stalls only.
pub(crate) const STALLS: [(&str, Fault); 2] =
    [("the server stalled for 1 to 6 s", stall_server), ("the network stalled for 1 to 6 s", stall_network)];

/// The duration of traffic between two stalls. The messages of the last milliseconds before a stall have no barrier.
const BETWEEN_STALLS: Duration = Duration::from_secs(10);

/// The size and number of messages that exceed the server's output buffer for a subscriber that does not read.
const BIG: usize = 1 << 20;
const MANY: usize = 60;

/// What the faults did, by channel. The findings must match it.
#[derive(Default)]
pub(crate) struct Done {
    pub(crate) rogue: [u64; 2],
    /// The numbers that were counted but never sent, with their counter epoch.
    pub(crate) lone: Vec<(usize, usize, u64)>,
    pub(crate) resets: [u64; 2],
    repeated: u64,
}

/// The server, the publishers and the programs of a run.
pub(crate) struct Soak {
    world: Arc<World>,
    /// The proxy between the server and the consumers.
    proxy: Proxy,
    pub(crate) consumers: Vec<Consumer>,
    publishers: Vec<JoinHandle<()>>,
    done: Done,
    mark: u64,
}

impl Soak {
    /// The consumers use the proxy only if the network must stall, because the proxy buffers more than a connection.
    pub(crate) fn start(directory: &Path, by_proxy: bool) -> Self {
        let world = Arc::new(World::new());
        let proxy = Proxy::before(&world.server.read().unwrap());
        let url = if by_proxy { proxy.url() } else { world.server.read().unwrap().url() };
        let consumers =
            [Consumer::tail, Consumer::recorder, Consumer::console].map(|start| start(directory, &url)).into();
        let mut soak = Self { world, proxy, consumers, publishers: Vec::new(), done: Done::default(), mark: 0 };
        // Messages sent before the first barrier are not missed.
        soak.wait_for("the first connection", |consumer| consumer.connections > 0);
        soak.settle();
        soak.publishers = [0, 1]
            .map(|publisher| {
                let world = Arc::clone(&soak.world);
                thread::spawn(move || world.publish(publisher))
            })
            .into();
        soak
    }

    /// Waits until every program has shown a new message on each channel.
    pub(crate) fn settle(&mut self) {
        let deadline = Instant::now() + LIMIT * 2;
        loop {
            self.mark += 1;
            let mark = self.mark;
            let payload = |which: usize| self.world.payload(b"mark", &format!("[{which},{mark}]"));
            self.world.send(&[0, 1].map(|which| (which, payload(which), Verdict::Verified)));
            let again = Instant::now() + Duration::from_secs(1);
            while Instant::now() < again {
                if self.all(|consumer| consumer.marks.iter().all(|shown| *shown >= mark)) {
                    return;
                }
                thread::sleep(Duration::from_millis(20));
            }
            if Instant::now() >= deadline {
                let conditions: Vec<_> = self.consumers.iter_mut().map(Consumer::condition).collect();
                panic!("mark {mark} is not shown by all programs:\n{}", conditions.join("\n"));
            }
        }
    }

    fn all(&mut self, holds: impl Fn(&Consumer) -> bool) -> bool {
        self.consumers.iter_mut().for_each(Consumer::catch_up);
        self.consumers.iter().all(holds)
    }

    fn wait_for(&mut self, what: &str, holds: impl Fn(&Consumer) -> bool) {
        let deadline = Instant::now() + LIMIT * 2;
        while !self.all(&holds) {
            let missing = self.consumers.iter().find(|consumer| !holds(consumer)).map(|consumer| consumer.name);
            assert!(Instant::now() < deadline, "{what} is not reported by {missing:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until all programs have reported this many of a kind.
    fn wait_for_found(&mut self, kind: FindingKind, channel: &str, count: u64) {
        self.wait_for(kind.name(), |consumer| consumer.found(kind, channel) == count);
    }

    /// Ends the run. Returns what was sent, the programs, and what the faults did.
    pub(crate) fn end(mut self) -> (Truth, Vec<Consumer>, Done) {
        self.world.done.store(true, Ordering::SeqCst);
        for publisher in self.publishers.drain(..) {
            publisher.join().unwrap();
        }
        self.settle();
        self.consumers.iter_mut().for_each(Consumer::end);
        let truth = std::mem::take(&mut *self.world.truth.lock().unwrap());
        (truth, self.consumers, self.done)
    }
}

fn rogue(soak: &mut Soak) {
    let which = fastrand::usize(0..2);
    soak.done.rogue[which] += 1;
    let count = soak.done.rogue[which];
    soak.world.command(&["PUBLISH", CHANNELS[which], &format!("rogue::[{which},{count}]")]);
    soak.wait_for_found(FindingKind::ReceivedNotCounted, CHANNELS[which], count);
}

fn lone(soak: &mut Soak) {
    let which = fastrand::usize(0..2);
    let Value::Int(number) = soak.world.command(&["INCR", &format!("{PREFIX}{}", CHANNELS[which])]) else {
        panic!("no number");
    };
    let epoch = soak.world.epochs[which].load(Ordering::SeqCst);
    soak.done.lone.push((which, epoch, u64::try_from(number).unwrap()));
    let count = soak.done.lone.iter().filter(|lone| lone.0 == which).count() as u64;
    soak.wait_for_found(FindingKind::CountedNotReceived, CHANNELS[which], count);
}

fn kill(soak: &mut Soak) {
    let before: Vec<u64> = soak.consumers.iter().map(|consumer| consumer.connections).collect();
    soak.world.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    let known: Vec<_> = soak.consumers.iter().map(|consumer| consumer.name).zip(before).collect();
    soak.wait_for("the connection again", |consumer| {
        known.iter().any(|(name, before)| *name == consumer.name && consumer.connections > *before)
    });
}

fn kill_often(soak: &mut Soak) {
    for _ in 0..4 {
        soak.world.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        thread::sleep(Duration::from_secs(1));
    }
}

/// Types keys that send nothing, and resizes the window to every size.
fn storm(soak: &mut Soak) {
    const KEYS: [&str; 16] =
        ["\t", "j", "k", "]", "[", "g", "G", " ", " ", "?", "\x1b", "/evt\r", "n", "\x1b", "\x1b[Z", "\r"];
    for consumer in &mut soak.consumers {
        if let Process::Console(pty) = &mut consumer.process {
            for _ in 0..200 {
                pty.resize(fastrand::u16(1..220), fastrand::u16(1..70));
                pty.type_keys(KEYS[fastrand::usize(0..KEYS.len())]);
            }
            pty.resize(160, 40);
            pty.type_keys("\x1b");
            pty.wait_for("● live");
        }
    }
}

fn delete(soak: &mut Soak) {
    let which = fastrand::usize(0..2);
    let world = Arc::clone(&soak.world);
    let _quiet = world.quiet.write().unwrap();
    let deleted: u64 = world.server.read().unwrap().command(&["DEL", &format!("{PREFIX}{}", CHANNELS[which])]);
    assert_eq!(deleted, 1);
    soak.reset(which);
}

impl Soak {
    /// Starts a new counter epoch. Nothing is sent until each program has reported it.
    fn reset(&mut self, which: usize) {
        self.world.epochs[which].fetch_add(1, Ordering::SeqCst);
        self.done.resets[which] += 1;
        // A reset counts as one, regardless of its size.
        let count = self.done.resets[which];
        self.wait_for("the reset", |consumer| consumer.resets(CHANNELS[which]) == count);
    }
}

fn twice(soak: &mut Soak) {
    soak.done.repeated += 1;
    let count = soak.done.repeated;
    let payload = soak.world.payload(b"evt", &format!("\"twice {count}\""));
    let mut connection = soak.world.server.read().unwrap().connection(0).unwrap();
    for copy in 0..2 {
        // A copy within a second is not a finding.
        thread::sleep(Duration::from_millis(1100) * copy);
        let key = format!("{PREFIX}{AGAIN}");
        redis::pipe().atomic().publish(AGAIN, &payload).incr(key, 1).exec(&mut connection).unwrap();
    }
    soak.wait_for_found(FindingKind::Duplicate, AGAIN, count);
}

fn kill_recorder(soak: &mut Soak) {
    soak.consumers.iter_mut().filter(|consumer| consumer.name == "record").for_each(Consumer::kill_and_start);
}

fn stale(soak: &mut Soak) {
    freeze_server(soak, Duration::from_secs(3));
}

fn half_open(soak: &mut Soak) {
    freeze_server(soak, Duration::from_secs(12));
}

fn stall_server(soak: &mut Soak) {
    freeze_server(soak, stall_time());
    thread::sleep(BETWEEN_STALLS);
}

fn stall_network(soak: &mut Soak) {
    soak.proxy.pause();
    thread::sleep(stall_time());
    soak.proxy.resume();
    thread::sleep(BETWEEN_STALLS);
}

fn stall_time() -> Duration {
    Duration::from_millis(fastrand::u64(1000..=6000))
}

fn freeze_server(soak: &Soak, time: Duration) {
    let server = soak.world.server.read().unwrap();
    server.freeze();
    thread::sleep(time);
    server.thaw();
}

fn revoke(soak: &mut Soak) {
    let rules = ["ACL", "SETUSER", "watcher", "resetchannels"];
    soak.world.command(&[&rules[..], &["&billing", "&again"]].concat());
    thread::sleep(Duration::from_secs(1));
    soak.world.command(&[&rules[..], &["allchannels"]].concat());
}

fn restart(soak: &mut Soak) {
    let world = Arc::clone(&soak.world);
    let _quiet = world.quiet.write().unwrap();
    let mut server = world.server.write().unwrap();
    server.stop();
    let _ = std::fs::remove_file(server.socket().with_file_name("dump.rdb"));
    server.restart();
    drop(server);
    soak.reset(0);
    soak.reset(1);
}

/// The server keeps its counters, and nothing can be sent while it is down. So there are no findings.
fn down(soak: &mut Soak) {
    let _quiet = soak.world.quiet.write().unwrap();
    let mut server = soak.world.server.write().unwrap();
    let _: Value = server.command(&["SAVE"]);
    server.stop();
    thread::sleep(Duration::from_secs(5));
    server.restart();
}

fn freeze_program(soak: &mut Soak) {
    let frozen = fastrand::usize(0..soak.consumers.len());
    soak.consumers[frozen].signal("-STOP");
    let large = "x".repeat(BIG);
    for number in 0..MANY {
        let data = format!("[{},{number},\"{large}\"]", soak.mark);
        let payload = soak.world.payload(b"big", &data);
        soak.world.send(&[(number % 2, payload, Verdict::Verified)]);
    }
    soak.consumers[frozen].signal("-CONT");
    soak.world.hurry.store(200, Ordering::SeqCst);
}

/// The recorder's messages wait, or are reported as not recorded.
fn hold_recording(soak: &mut Soak) {
    for consumer in &soak.consumers {
        if let Some(path) = consumer.recording() {
            let other = rusqlite::Connection::open(path).unwrap();
            other.busy_timeout(LIMIT).unwrap();
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            thread::sleep(Duration::from_secs(3));
            other.execute_batch("ROLLBACK").unwrap();
        }
    }
}
