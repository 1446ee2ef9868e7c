//! The reply of GET on a subscribing connection cuts the stream exactly.

use std::net::SocketAddr;
use std::thread;

use aircheck::redis::resp::{Frame, Limits, read, write_command};

use super::{Demo, address};
use crate::demo_server::wire::Wire;
use crate::support::RedisServer;

const EACH: u64 = 10_000;
const PIPELINE: usize = 50;

#[test]
fn the_counter_advances_by_the_messages_received_in_every_interval() {
    let demo = Demo::start();
    intervals_balance(demo.address());
}

#[test]
fn the_counter_advances_in_redis_too() {
    let redis = RedisServer::start();
    intervals_balance(address(&redis));
}

fn intervals_balance(address: SocketAddr) {
    let mut subscriber = Wire::connect(address);
    subscriber.command(&[b"HELLO", b"3"]);
    subscriber.command(&[b"SUBSCRIBE", b"ops"]);
    subscriber.read_frames(2);
    let publishers: Vec<_> = (0..2).map(|_| thread::spawn(move || publish(address))).collect();
    subscriber.command(&[b"GET", b"n"]);
    let (mut known, mut received, mut total, mut intervals) = (0, 0, 0, 0);
    while total < 2 * EACH || received > 0 {
        let bytes = subscriber.read_frames(1);
        match read(&bytes, &Limits::default()).unwrap() {
            Some((Frame::Push(_), _)) => received += 1,
            Some((counter, _)) => {
                let counter = match counter {
                    Frame::Blob(counter) => std::str::from_utf8(counter).unwrap().parse().unwrap(),
                    Frame::Null => 0,
                    other => panic!("{other:?}"),
                };
                assert_eq!(counter - known, received, "after {known}");
                intervals += u64::from(received > 0);
                total += received;
                (known, received) = (counter, 0);
                subscriber.command(&[b"GET", b"n"]);
            }
            None => unreachable!("a frame was read"),
        }
    }
    assert!(intervals > 20, "only {intervals} intervals had messages");
    for publisher in publishers {
        publisher.join().unwrap();
    }
}

/// Sends its share in pipelined transactions.
fn publish(address: SocketAddr) {
    let mut wire = Wire::connect(address);
    let mut bytes = Vec::new();
    for _ in 0..PIPELINE {
        for command in [&[&b"MULTI"[..]][..], &[b"PUBLISH", b"ops", b"evt::"], &[b"INCR", b"n"], &[b"EXEC"]] {
            write_command(&mut bytes, command);
        }
    }
    for _ in 0..EACH / PIPELINE as u64 {
        wire.send(&bytes);
        wire.read_frames(4 * PIPELINE);
    }
}
