//! The reply of GET on a subscribing connection cuts the stream exactly.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use aircheck::redis::resp::{Frame, Limits, read, write_command};

use super::{Demo, address};
use crate::demo_server::wire::Wire;
use crate::support::RedisServer;

const MIN_MESSAGES: u64 = 10_000;
const MIN_INTERVALS: u64 = 20;
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
    let is_enough = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| publish(address, &is_enough));
        }
        let _stop = StopOnDrop(&is_enough);
        check_intervals(&mut subscriber);
    });
}

/// Ends the publishers, also if an assertion fails.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn check_intervals(subscriber: &mut Wire) {
    subscriber.command(&[b"GET", b"n"]);
    let (mut known, mut received, mut total, mut intervals) = (0, 0, 0, 0);
    while total < MIN_MESSAGES || intervals < MIN_INTERVALS {
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
}

/// Sends pipelined transactions until there are enough.
fn publish(address: SocketAddr, is_enough: &AtomicBool) {
    let mut wire = Wire::connect(address);
    let mut bytes = Vec::new();
    for _ in 0..PIPELINE {
        for command in [&[&b"MULTI"[..]][..], &[b"PUBLISH", b"ops", b"evt::"], &[b"INCR", b"n"], &[b"EXEC"]] {
            write_command(&mut bytes, command);
        }
    }
    while !is_enough.load(Ordering::Relaxed) {
        wire.send(&bytes);
        wire.read_frames(4 * PIPELINE);
    }
}
