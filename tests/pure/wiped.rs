//! What is as good as a key does not stay in memory.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test")]

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::sync::mpsc::channel;

use aircheck::wire::algorithm::Algorithm;
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret};

/// Shorter than every block, and nowhere else in memory.
const KEY: &[u8] = b"padded-k3y-mu5t-n0t-st4y";

/// How often the key combined with the pad is in the writable memory of this process. It is compared byte by byte: the
/// text that is looked for must not be in memory itself.
fn found(pad: u8) -> usize {
    let memory = File::open("/proc/self/mem").unwrap();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mut found = 0;
    let mut bytes = Vec::new();
    for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|rights| rights.starts_with("rw"))) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let [from, to] = [from, to].map(|address| u64::from_str_radix(address, 16).unwrap());
        bytes.resize(usize::try_from(to - from).unwrap(), 0);
        // Some of the system's own mappings cannot be read.
        if memory.read_exact_at(&mut bytes, from).is_ok() {
            let is_key = |window: &[u8]| window.iter().zip(KEY).all(|(byte, key)| byte ^ pad == *key);
            found += bytes.windows(KEY.len()).filter(|window| is_key(window)).count();
        }
    }
    found
}

#[test]
fn no_padded_key_stays_in_memory() {
    for algorithm in [Algorithm::Sha256, Algorithm::Md5, Algorithm::Sha512, Algorithm::Sha1] {
        let (ready, is_ready) = channel();
        let (end, is_over) = channel::<()>();
        // Its stack stays as it is while it waits.
        let thread = std::thread::spawn(move || {
            let settings = KeyringSettings {
                sign_key: Some(Secret::new(KEY.to_vec())),
                sign_algorithm: algorithm,
                ..KeyringSettings::default()
            };
            let keyring = Keyring::new(settings);
            ready.send(()).unwrap();
            let _ = is_over.recv();
            drop(keyring);
        });
        is_ready.recv().unwrap();
        assert_eq!((found(0x36), found(0x5c)), (0, 0), "{algorithm}");
        drop(end);
        thread.join().unwrap();
    }
    let planted: Vec<u8> = KEY.iter().map(|byte| byte ^ 0x36).collect();
    assert!(found(0x36) > 0, "what is there is found");
    drop(std::hint::black_box(planted));
}
