//! Keys are wiped from memory: the memory of this process is searched for them.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::sync::mpsc::channel;

use aircheck::wire::algorithm::Algorithm;
use aircheck::wire::envelope::Envelope;
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};
use aircheck::wire::verdict::Verdict;

/// The bytes of a key, each inverted: the search must not find what it searches for.
fn inverted(seed: u8) -> Vec<u8> {
    (0..48).map(|index: u8| index.wrapping_mul(37) ^ seed).collect()
}

fn secret(inverted: &[u8]) -> Secret {
    Secret::new(inverted.iter().map(|byte| !byte).collect())
}

/// How often `hidden`, each byte combined with `mask`, is in the writable memory of this process. The search must not find what
/// it searches for, so the bytes themselves are never in memory.
fn copies(hidden: &[u8], mask: u8) -> usize {
    let memory = File::open("/proc/self/mem").unwrap();
    let mut buffer = zeroize::Zeroizing::new(vec![0; 1 << 20]);
    let mut copies = 0;
    for map in fs::read_to_string("/proc/self/maps").unwrap().lines().filter(|map| map.contains(" rw")) {
        let (from, to) = map.split_once(' ').unwrap().0.split_once('-').unwrap();
        let (mut at, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        // Some of it may be unmapped by now.
        while at < to
            && let Ok(length @ 48..) = memory.read_at(&mut buffer, at)
        {
            copies += memchr::memchr_iter(hidden[0] ^ mask, &buffer[..length])
                .filter(|&start| buffer[start..length].len() >= hidden.len())
                .filter(|&start| buffer[start..].iter().zip(hidden).all(|(byte, hidden)| *byte == hidden ^ mask))
                .count();
            at += u64::try_from(length).unwrap() - 47;
        }
    }
    copies
}

/// The second half of an inverted key: the allocator overwrites the first bytes of what is freed.
fn copies_of_key(inverted: &[u8]) -> usize {
    copies(&inverted[inverted.len() / 2..], 0xff)
}

#[test]
fn no_key_is_in_memory_after_its_keyring_is_dropped() {
    const NOW: i64 = 1_795_516_352;
    let (own, other) = (inverted(7), inverted(90));
    let settings = KeyringSettings {
        signing_key: Some(secret(&own)),
        verification_keys: vec![(b"ops".to_vec(), secret(&other))],
        ..KeyringSettings::default()
    };
    for &algorithm in Algorithm::ALL {
        let keyring = Keyring::new(KeyringSettings { sign_algorithm: algorithm, ..settings.clone() });
        for with in [SignWith::SigningKey, SignWith::Key(b"ops".to_vec())] {
            let payload = keyring.payload(b"evt", b"[1]", &with, NOW).unwrap();
            assert_eq!(keyring.verify(&Envelope::parse(&payload), NOW).verdict, Verdict::Verified);
        }
    }
    assert!(copies_of_key(&own) > 0 && copies_of_key(&other) > 0, "the search does not find the keys");
    drop(settings);
    assert_eq!((copies_of_key(&own), copies_of_key(&other)), (0, 0));
}

/// Shorter than every block, and nowhere else in memory.
const KEY: &[u8] = b"padded-k3y-mu5t-n0t-st4y";

#[test]
fn no_padded_key_stays_in_memory() {
    // The state of the others in the `hmac` crate is the padded key, which it does not wipe.
    let is_wiped = |algorithm: &&Algorithm| {
        !["sha3-224", "sha3-256", "sha3-384", "sha3-512", "tiger128,3", "tiger160,3"].contains(&algorithm.name())
    };
    for &algorithm in Algorithm::ALL.iter().filter(is_wiped) {
        let (ready, is_ready) = channel();
        let (end, is_over) = channel::<()>();
        // Its stack stays as it is while it waits.
        let thread = std::thread::spawn(move || {
            let settings = KeyringSettings {
                signing_key: Some(Secret::new(KEY.to_vec())),
                sign_algorithm: algorithm,
                ..KeyringSettings::default()
            };
            drop(Keyring::new(settings));
            ready.send(()).unwrap();
            let _ = is_over.recv();
        });
        is_ready.recv().unwrap();
        assert_eq!((copies(KEY, 0x36), copies(KEY, 0x5c)), (0, 0), "{algorithm}");
        drop(end);
        thread.join().unwrap();
    }
    let planted: Vec<u8> = KEY.iter().map(|byte| byte ^ 0x36).collect();
    assert!(copies(KEY, 0x36) > 0, "what is there is found");
    drop(std::hint::black_box(planted));
}
