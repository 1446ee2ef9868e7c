//! Patterns match what they match in Redis.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use aircheck::redis::resp::{Frame, Limits, read};

use super::{Demo, address};
use crate::demo_server::wire::Wire;
use crate::support::RedisServer;

#[test]
fn arbitrary_patterns_match_as_in_redis() {
    let mut random = fastrand::Rng::with_seed(7);
    let mut text = |alphabet: &[u8], most: usize| -> Vec<u8> {
        (0..random.usize(0..=most)).map(|_| alphabet[random.usize(..alphabet.len())]).collect()
    };
    let texts: Vec<_> = (0..100).map(|_| text(b"abc-]^\\*[", 5)).chain([Vec::new(), b"\0a".to_vec()]).collect();
    let patterns: Vec<_> = (0..5_000).map(|_| text(b"aabbc-[[]]^\\**?", 9)).chain([b"**".to_vec()]).collect();
    let redis = RedisServer::start();
    let demo = Demo::start();
    let expected = matched(address(&redis), &texts, &patterns);
    let found = matched(demo.address(), &texts, &patterns);
    for ((expected, found), pattern) in expected.iter().zip(&found).zip(&patterns) {
        assert_eq!(found, expected, "pattern {}", pattern.escape_ascii());
    }
    assert!(expected.iter().any(|texts| texts.len() > 5), "the patterns match nothing");
}

/// Which of the texts each pattern matches.
fn matched(address: SocketAddr, texts: &[Vec<u8>], patterns: &[Vec<u8>]) -> Vec<BTreeSet<String>> {
    let mut subscriber = Wire::connect(address);
    let subscribe: Vec<&[u8]> = [&b"SUBSCRIBE"[..]].into_iter().chain(texts.iter().map(Vec::as_slice)).collect();
    subscriber.command(&subscribe);
    subscriber.read_frames(texts.len());
    let mut asking = Wire::connect(address);
    patterns
        .iter()
        .map(|pattern| {
            asking.command(&[b"PUBSUB", b"CHANNELS", pattern]);
            let answer = asking.read_frames(1);
            let Some((Frame::Array(channels), _)) = read(&answer, &Limits::default()).unwrap() else {
                panic!("{}", answer.escape_ascii())
            };
            channels
                .map(|channel| match channel {
                    Frame::Blob(channel) => channel.escape_ascii().to_string(),
                    other => panic!("{other:?}"),
                })
                .collect()
        })
        .collect()
}

#[test]
fn a_pattern_with_many_stars_is_fast() {
    let demo = Demo::start();
    let mut wire = Wire::connect(demo.address());
    let pattern = [b"*a".repeat(2_000), b"*b".to_vec()].concat();
    wire.command(&[b"SET", &b"a".repeat(20_000), b""]);
    wire.command(&[b"SCAN", b"0", b"MATCH", &pattern]);
    assert_eq!(wire.read_frames(2), b"+OK\r\n*2\r\n$1\r\n0\r\n*0\r\n");
}
