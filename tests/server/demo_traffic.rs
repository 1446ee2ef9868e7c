//! The example traffic of the demo, on its own server and on a real one.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeSet, HashSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aircheck::demo::server::{Server, start_server};
use aircheck::demo::traffic::{Fault, Script, TrafficError, run_traffic};
use aircheck::demo::{CHANNELS, Demo, demo_keyring_settings};
use aircheck::redis::resp::{Frame, Limits, read};
use aircheck::redis::target::Target;
use aircheck::wire::envelope::Envelope;
use aircheck::wire::signature::Keyring;
use aircheck::wire::verdict::Verdict;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::demo_server::wire::Wire;
use crate::support::{LIMIT, RedisServer};

const PREFIX: &str = "system_broadcast_sequence_";

/// The script's faults in quick succession.
fn fast(script: &Script) -> Script {
    Script::of(&script.faults().collect::<Vec<_>>(), Duration::from_millis(60))
}

fn calm() -> Script {
    Script::of(&[], Duration::ZERO)
}

fn only(fault: Fault) -> Script {
    Script::of(&[fault], Duration::from_millis(60))
}

fn spawn(runtime: &Runtime, url: &str, script: Script, seed: u64, rate: f64) -> JoinHandle<Result<(), TrafficError>> {
    let target = Target::parse(url).unwrap();
    runtime.spawn(run_traffic(target, PREFIX.to_owned(), script, seed, rate))
}

/// A subscriber of all channels.
struct Watcher {
    wire: Wire,
}

enum Seen {
    Message { channel: String, payload: Vec<u8> },
    Counters(Vec<i64>),
    End,
}

impl Watcher {
    fn connect(address: SocketAddr, setup: &[&[&[u8]]]) -> Self {
        let mut wire = Wire::connect(address);
        for command in setup {
            wire.command(command);
        }
        wire.command(&[b"HELLO", b"3"]);
        let mut subscribe: Vec<&[u8]> = vec![b"SUBSCRIBE"];
        subscribe.extend(CHANNELS.iter().map(|channel| channel.as_bytes()));
        wire.command(&subscribe);
        wire.read_frames(setup.len() + 1 + CHANNELS.len());
        Self { wire }
    }

    fn next(&mut self) -> Seen {
        let Some(bytes) = self.wire.next_frame() else { return Seen::End };
        let blob = |frame: Option<Frame<'_>>| match frame {
            Some(Frame::Blob(blob)) => blob.to_vec(),
            other => panic!("{other:?}"),
        };
        match read(&bytes, &Limits::default()).unwrap().unwrap().0 {
            Frame::Push(mut push) => {
                assert_eq!(blob(push.next()), b"message");
                let channel = String::from_utf8(blob(push.next())).unwrap();
                Seen::Message { channel, payload: blob(push.next()) }
            }
            Frame::Array(counters) => Seen::Counters(counters.map(|counter| number(&counter)).collect()),
            other => panic!("{other:?}"),
        }
    }

    fn next_payload(&mut self) -> Vec<u8> {
        match self.next() {
            Seen::Message { payload, .. } => payload,
            Seen::Counters(_) | Seen::End => panic!("no message"),
        }
    }

    /// For each channel, the counter minus the received messages. Waits until one of them is not 0.
    fn imbalance(&mut self) -> Vec<i64> {
        let deadline = Instant::now() + LIMIT;
        let mut received = [0; CHANNELS.len()];
        let keys = CHANNELS.map(|channel| format!("{PREFIX}{channel}"));
        let mut barrier: Vec<&[u8]> = vec![b"MGET"];
        barrier.extend(keys.iter().map(String::as_bytes));
        self.wire.command(&barrier);
        loop {
            assert!(Instant::now() < deadline, "always balanced");
            match self.next() {
                Seen::Message { channel, .. } => received[position(&channel)] += 1,
                Seen::Counters(counters) => {
                    let imbalance: Vec<_> = counters.iter().zip(received).map(|(counter, n)| counter - n).collect();
                    if imbalance.iter().any(|difference| *difference != 0) {
                        return imbalance;
                    }
                    self.wire.command(&barrier);
                }
                Seen::End => panic!("disconnected"),
            }
        }
    }
}

fn position(channel: &str) -> usize {
    CHANNELS.iter().position(|known| *known == channel).unwrap()
}

fn number(frame: &Frame<'_>) -> i64 {
    match frame {
        Frame::Blob(text) => std::str::from_utf8(text).unwrap().parse().unwrap(),
        Frame::Null => 0,
        other => panic!("{other:?}"),
    }
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

/// Watches until all of `wanted` was seen. Reconnects if the connection is lost.
fn watch(address: SocketAddr, setup: &[&[&[u8]]], wanted: &[&str]) {
    let keyring = Keyring::new(demo_keyring_settings());
    let wanted: BTreeSet<&str> = wanted.iter().copied().collect();
    let mut seen = BTreeSet::new();
    let mut payloads = HashSet::new();
    let mut watcher = Watcher::connect(address, setup);
    let deadline = Instant::now() + LIMIT;
    while !seen.is_superset(&wanted) {
        assert!(Instant::now() < deadline, "only {seen:?}");
        let payload = match watcher.next() {
            Seen::Message { payload, .. } => payload,
            Seen::Counters(_) => continue,
            Seen::End => {
                seen.insert("disconnected");
                watcher = Watcher::connect(address, setup);
                continue;
            }
        };
        let envelope = Envelope::parse(&payload);
        let verification = keyring.verify(&envelope, now());
        seen.insert(match verification.verdict {
            Verdict::Rejected(rejection) => rejection.name(),
            verdict => verdict.name(),
        });
        if verification.verdict == Verdict::Verified {
            assert_eq!(verification.key_name, Some(&b"default"[..]));
            let behind = now() - verification.timestamp.unwrap();
            if (2_400..2_430).contains(&behind) {
                seen.insert("clock skew");
            }
            if envelope.name.contains(&0x1b) {
                assert!(String::from_utf8_lossy(envelope.data).contains('\u{202e}'));
                seen.insert("hostile");
            }
            if !payloads.insert(payload.clone()) {
                seen.insert("duplicate");
            }
        }
    }
    assert!(
        seen.is_subset(&[&wanted, &BTreeSet::from(["verified"])].into_iter().flatten().copied().collect()),
        "{seen:?}"
    );
}

const FAULTS_OF_MESSAGES: [&str; 8] =
    ["verified", "unsigned", "signature_mismatch", "unknown_key", "invalid_json", "duplicate", "clock skew", "hostile"];

fn demo_server(runtime: &Runtime) -> Server {
    runtime.block_on(start_server()).unwrap()
}

#[test]
fn every_fault_has_its_verdict() {
    let runtime = Runtime::new().unwrap();
    let server = demo_server(&runtime);
    let _traffic = spawn(&runtime, &server.url(), fast(&Script::demo()), 1, 5.0);
    let wanted: Vec<_> = FAULTS_OF_MESSAGES.into_iter().chain(["disconnected"]).collect();
    watch(server.address(), &[], &wanted);
}

#[test]
fn a_shared_server_keeps_its_connections_and_counters() {
    let redis = RedisServer::start_with(&["--requirepass", "secret"]);
    let runtime = Runtime::new().unwrap();
    let url = format!("redis://:secret@127.0.0.1:{}/3", redis.port());
    let _traffic = spawn(&runtime, &url, fast(&Script::shared_server()), 1, 5.0);
    let address = SocketAddr::from(([127, 0, 0, 1], redis.port()));
    watch(address, &[&[b"AUTH", b"secret"]], &FAULTS_OF_MESSAGES);
    assert_eq!(
        redis.command::<Vec<Option<String>>>(&["MGET", &format!("{PREFIX}ops")]),
        [None],
        "database 0 is untouched"
    );
}

#[test]
fn the_traffic_runs_on_a_unix_socket() {
    let redis = RedisServer::start();
    let runtime = Runtime::new().unwrap();
    let _traffic = spawn(&runtime, &redis.unix_url(), calm(), 1, 5.0);
    redis.wait_for(&["GET", &format!("{PREFIX}ops")], |answer| *answer != redis::Value::Nil);
}

#[test]
fn without_faults_every_message_is_counted_and_verified() {
    let runtime = Runtime::new().unwrap();
    let server = demo_server(&runtime);
    let mut watcher = Watcher::connect(server.address(), &[]);
    let _traffic = spawn(&runtime, &server.url(), calm(), 9, 50.0);
    let keyring = Keyring::new(demo_keyring_settings());
    for _ in 0..300 {
        let payload = watcher.next_payload();
        let verdict = keyring.verify(&Envelope::parse(&payload), now()).verdict;
        assert_eq!(verdict, Verdict::Verified, "{}", payload.escape_ascii());
    }
}

#[test]
fn a_publish_without_incr_is_received_not_counted() {
    let runtime = Runtime::new().unwrap();
    let server = demo_server(&runtime);
    let mut watcher = Watcher::connect(server.address(), &[]);
    let _traffic = spawn(&runtime, &server.url(), only(Fault::RoguePublish), 1, 1.0);
    assert_eq!(watcher.imbalance(), [0, -1, 0, 0, 0]);
}

#[test]
fn a_lone_incr_is_counted_not_received() {
    let runtime = Runtime::new().unwrap();
    let server = demo_server(&runtime);
    let mut watcher = Watcher::connect(server.address(), &[]);
    let _traffic = spawn(&runtime, &server.url(), only(Fault::LoneIncr), 1, 1.0);
    assert_eq!(watcher.imbalance(), [0, 1, 0, 0, 0]);
}

#[test]
fn a_lost_connection_misses_messages() {
    let runtime = Runtime::new().unwrap();
    let server = demo_server(&runtime);
    let mut watcher = Watcher::connect(server.address(), &[]);
    let traffic = spawn(&runtime, &server.url(), only(Fault::LostConnection), 1, 1.0);
    let mut received = 0;
    while let Seen::Message { channel, .. } = watcher.next() {
        received += i64::from(channel == "ops");
    }
    let mut after = Watcher::connect(server.address(), &[]);
    traffic.abort();
    after.wire.command(&[b"MGET", format!("{PREFIX}ops").as_bytes()]);
    let counter = loop {
        if let Seen::Counters(counters) = after.next() {
            break counters[0];
        }
    };
    assert!(counter >= received + 4, "{counter} counted, {received} received");
}

#[test]
fn the_seed_determines_the_messages() {
    let runtime = Runtime::new().unwrap();
    let messages = |seed| {
        let server = demo_server(&runtime);
        let mut watcher = Watcher::connect(server.address(), &[]);
        let traffic = spawn(&runtime, &server.url(), calm(), seed, 50.0);
        let received: Vec<_> = (0..200)
            .map(|_| {
                let payload = watcher.next_payload();
                let Envelope { name, data, .. } = Envelope::parse(&payload);
                [name, data].join(&b' ')
            })
            .collect();
        traffic.abort();
        received
    };
    assert_eq!(messages(5), messages(5));
    assert_ne!(messages(5), messages(6));
}

#[test]
fn the_error_tells_why_the_traffic_ended() {
    let runtime = Runtime::new().unwrap();
    let server = demo_server(&runtime);
    let url = server.url();
    let end = |url: &str| runtime.block_on(spawn(&runtime, url, calm(), 1, 1.0)).unwrap().unwrap_err();

    let rejected = end(&url.replace("//", "//:hunter2@"));
    assert!(matches!(&rejected, TrafficError::Rejected(error) if error.starts_with("ERR AUTH")), "{rejected}");
    assert!(!rejected.to_string().contains("hunter2"));

    let traffic = spawn(&runtime, &url, calm(), 1, 1.0);
    let mut watcher = Watcher::connect(server.address(), &[]);
    watcher.next_payload();
    drop(server);
    let lost = runtime.block_on(traffic).unwrap().unwrap_err();
    assert!(matches!(lost, TrafficError::Lost(_)), "{lost}");

    let unreachable = end(&url);
    assert!(matches!(unreachable, TrafficError::Unreachable(..)), "{unreachable}");
}

#[test]
fn the_demo_is_a_server_with_traffic_until_it_is_dropped() {
    let runtime = Runtime::new().unwrap();
    let demo = runtime.block_on(Demo::start(PREFIX.to_owned(), 1, 5.0)).unwrap();
    let address: SocketAddr = demo.url.strip_prefix("redis://").unwrap().parse().unwrap();
    assert_eq!(Target::parse(&demo.url).unwrap().to_string(), demo.target.to_string());
    let mut watcher = Watcher::connect(address, &[]);
    watcher.next_payload();
    drop(demo);
    while !matches!(watcher.next(), Seen::End) {}
}
