//! The server, its publishers, and what they sent.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
use std::thread;
use std::time::Duration;

use aircheck::redis::subscription::now_micros;
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};
use aircheck::wire::verdict::{Rejection, Verdict};
use redis::Value;
use sha2::{Digest as _, Sha256};

use super::support::RedisServer;

pub(crate) const CHANNELS: [&str; 2] = ["ops", "billing"];
/// The channel for duplicates. Its numbers are not checked.
pub(crate) const AGAIN: &str = "again";
pub(crate) const PREFIX: &str = "system_broadcast_sequence_";
/// The trusted key, and a key that is not trusted.
pub(crate) const KEY: &str = "the key of the soak";
const OTHER_KEY: &str = "a key of somebody else";
/// The password of the consumers' user `watcher`.
pub(crate) const PASSWORD: &str = "of-the-watcher";

/// The number of messages in one pipeline.
const BATCH: u64 = 50;
/// The pause between two pipelines of a publisher.
const PACE: Duration = Duration::from_millis(100);

/// What happened to one payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fact {
    pub(crate) channel: usize,
    /// Its counter epoch.
    pub(crate) epoch: usize,
    pub(crate) number: u64,
    pub(crate) verdict: Verdict,
}

/// What was sent, by the digest of the payload, which takes less memory.
#[derive(Default)]
pub(crate) struct Truth(HashMap<[u8; 16], Fact>);

impl Truth {
    pub(crate) fn get(&self, payload: &[u8]) -> Option<Fact> {
        self.0.get(&digest(payload)).copied()
    }

    pub(crate) fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.0.values()
    }

    fn insert(&mut self, payload: &[u8], fact: Fact) {
        assert!(self.0.insert(digest(payload), fact).is_none(), "a payload was sent twice");
    }
}

fn digest(payload: &[u8]) -> [u8; 16] {
    let digest = Sha256::digest(payload);
    std::array::from_fn(|index| digest[index])
}

/// The state shared by the publishers and the faults.
pub(crate) struct World {
    /// Locked for reading to send, and for writing to reset a counter. So each number belongs to one counter epoch.
    pub(crate) quiet: RwLock<()>,
    pub(crate) server: RwLock<RedisServer>,
    pub(crate) epochs: [AtomicUsize; 2],
    pub(crate) truth: Mutex<Truth>,
    pub(crate) done: AtomicBool,
    /// The number of pipelines to send without a pause.
    pub(crate) hurry: AtomicU64,
    own: Keyring,
    other: Keyring,
}

impl World {
    pub(crate) fn new() -> Self {
        let watcher = format!(">{PASSWORD}");
        let server = RedisServer::start_with(&["--user", "watcher", "on", &watcher, "~*", "&*", "+@all"]);
        Self {
            quiet: RwLock::new(()),
            server: RwLock::new(server),
            epochs: Default::default(),
            truth: Mutex::default(),
            done: AtomicBool::new(false),
            hurry: AtomicU64::new(0),
            own: keyring(KEY),
            other: keyring(OTHER_KEY),
        }
    }

    pub(crate) fn command(&self, parts: &[&str]) -> Value {
        self.server.read().unwrap().command(parts)
    }

    /// A verified payload.
    pub(crate) fn payload(&self, name: &[u8], data: &str) -> Vec<u8> {
        signed(&self.own, name, data)
    }

    /// Sends payloads in one pipeline, counts each, and stores the numbers that the server returned.
    pub(crate) fn send(&self, payloads: &[(usize, Vec<u8>, Verdict)]) {
        let _sending = self.quiet.read().unwrap();
        let mut connection = self.server.read().unwrap().connection(0).unwrap();
        let mut pipe = redis::pipe();
        for (channel, payload, _) in payloads {
            pipe.cmd("MULTI").ignore().publish(CHANNELS[*channel], payload).ignore();
            pipe.incr(format!("{PREFIX}{}", CHANNELS[*channel]), 1).ignore().cmd("EXEC");
        }
        let answers: Vec<Vec<Value>> = pipe.query(&mut connection).unwrap();
        let mut truth = self.truth.lock().unwrap();
        for ((channel, payload, verdict), answer) in payloads.iter().zip(answers) {
            let Some(Value::Int(number)) = answer.last() else { panic!("no number in {answer:?}") };
            let epoch = self.epochs[*channel].load(Ordering::SeqCst);
            let number = u64::try_from(*number).unwrap();
            truth.insert(payload, Fact { channel: *channel, epoch, number, verdict: *verdict });
        }
    }

    /// Publishes until the run ends.
    pub(crate) fn publish(&self, publisher: u64) {
        for batch in 0.. {
            if self.done.load(Ordering::SeqCst) {
                break;
            }
            let numbers = batch * BATCH..(batch + 1) * BATCH;
            let payloads: Vec<_> = numbers.map(|number| self.make(publisher, number)).collect();
            self.send(&payloads);
            let hurried = self.hurry.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            if hurried.is_err() {
                thread::sleep(PACE);
            }
        }
    }

    fn make(&self, publisher: u64, number: u64) -> (usize, Vec<u8>, Verdict) {
        let channel = usize::try_from((number / 3 + publisher) % 2).unwrap();
        let now = now_micros() / 1_000_000;
        let data = format!("\"{publisher}-{number}\"");
        // Bytes that must not act on a terminal are sent in verified messages too.
        let hostile = format!("{{\"{publisher}-{number}\":\"\u{9b}2J\u{202e}\u{7f}\u{301}\"}}");
        let (payload, verdict) = match number % 16 {
            3 => (signed(&self.other, b"evt", &data), Verdict::Rejected(Rejection::SignatureMismatch)),
            6 => (format!("evt::{data}").into_bytes(), Verdict::Rejected(Rejection::Unsigned)),
            9 => {
                let name = "\u{1b}[2J\u{1b}]0;x\u{7}\u{202e}";
                (
                    format!("{name}:sha256|default|{now}|00:{data}x").into_bytes(),
                    Verdict::Rejected(Rejection::InvalidJson),
                )
            }
            12 => (signed(&self.own, b"\x1b[?1049l\xff\xc2\x9b31m", &hostile), Verdict::Verified),
            15 => {
                let payload = format!("evt:sha256|\u{1b}[31mnobody|{now}|00:{data}");
                (payload.into_bytes(), Verdict::Rejected(Rejection::UnknownKey))
            }
            _ => (signed(&self.own, b"evt", &data), Verdict::Verified),
        };
        (channel, payload, verdict)
    }
}

fn keyring(key: &str) -> Keyring {
    Keyring::new(KeyringSettings { signing_key: Some(Secret::new(key.into())), ..KeyringSettings::default() })
}

fn signed(keyring: &Keyring, name: &[u8], data: &str) -> Vec<u8> {
    keyring.payload(name, data.as_bytes(), &SignWith::SigningKey, now_micros() / 1_000_000).unwrap()
}
