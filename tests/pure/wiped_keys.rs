//! Keys are wiped from memory when they are dropped: the memory of this process is searched for them.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test")]

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;

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

/// How often the second half of a key is in the writable memory of this process. The allocator overwrites the first bytes of
/// what is freed.
fn copies(inverted: &[u8]) -> usize {
    let inverted = &inverted[inverted.len() / 2..];
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
            copies += memchr::memchr_iter(!inverted[0], &buffer[..length])
                .filter(|&start| buffer[start..length].len() >= inverted.len())
                .filter(|&start| buffer[start..].iter().zip(inverted).all(|(byte, inverted)| *byte == !inverted))
                .count();
            at += u64::try_from(length).unwrap() - 47;
        }
    }
    copies
}

#[test]
fn no_key_is_in_memory_after_its_keyring_is_dropped() {
    const NOW: i64 = 1_795_516_352;
    let (own, other) = (inverted(7), inverted(90));
    let settings = KeyringSettings {
        sign_key: Some(secret(&own)),
        verification_keys: vec![(b"ops".to_vec(), secret(&other))],
        ..KeyringSettings::default()
    };
    for &algorithm in Algorithm::ALL {
        let keyring = Keyring::new(KeyringSettings { sign_algorithm: algorithm, ..settings.clone() });
        for with in [SignWith::Own, SignWith::Key(b"ops".to_vec())] {
            let payload = keyring.payload(b"evt", b"[1]", &with, NOW).unwrap();
            assert_eq!(keyring.judge(&Envelope::parse(&payload), NOW).verdict, Verdict::Verified);
        }
    }
    assert!(copies(&own) > 0 && copies(&other) > 0, "the search does not find the keys");
    drop(settings);
    assert_eq!((copies(&own), copies(&other)), (0, 0));
}
