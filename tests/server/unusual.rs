//! Unusual servers: partial replies, errors instead of replies, silence and malformed data.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::Cell;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use aircheck::ledger::interval::LinkState;
use aircheck::ledger::sequence::Sequence;

use super::listening::Listening;
use super::peer::{Conversation, HELLO, INFO, peer};
use super::support::RedisServer;
use super::tailing::Tailing;

/// More channels than one MGET reads.
fn many() -> Vec<String> {
    (0..1001).map(|number| format!("c{number}")).collect()
}

/// A reply to MGET with this text for the first key and null for the others.
fn first_of(keys: usize, text: &str) -> String {
    format!("*{keys}\r\n${}\r\n{text}\r\n{}", text.len(), "_\r\n".repeat(keys - 1))
}

fn reasons(listening: &Listening) -> Vec<String> {
    let down = listening.link_changes().filter(|link| link.state == LinkState::Disconnected);
    down.map(|link| link.reason.as_deref().unwrap().to_owned()).collect()
}

/// The reason for the disconnection if the peer runs `script` on the first connection and behaves normally on the next.
fn reason_of(script: impl Fn(&mut Conversation) + Send + 'static) -> String {
    let url = peer(move |mut peer, number| {
        peer.greet();
        if number == 0 {
            script(&mut peer);
            return;
        }
        peer.accept(1);
        peer.answer(|_| "_\r\n".to_owned());
    });
    let mut listening = Listening::start_at_once(&url, &["ops"]);
    listening.wait_for("the connection after", |seen| {
        seen.links(LinkState::Disconnected) == 1 && seen.links(LinkState::Connected) >= 1
    });
    reasons(&listening).remove(0)
}

#[test]
fn a_message_between_two_replies_of_a_barrier_belongs_to_the_next() {
    let url = peer(|mut peer, _| {
        peer.greet();
        peer.accept(1001);
        peer.message("c0", "evt::1");
        let keys = peer.expect("MGET").len();
        peer.send(first_of(keys, "41"));
        peer.message("c0", "evt::2");
        let keys = peer.expect("MGET").len();
        peer.send(first_of(keys, "7"));
        peer.answer(|key| if key.ends_with("_c0") { "$2\r\n42\r\n".into() } else { "_\r\n".into() });
    });
    let names = many();
    let mut listening = Listening::start(&url, &names.iter().map(String::as_str).collect::<Vec<_>>());
    listening.wait_for("both messages", |seen| seen.messages().count() == 2);
    let numbers: Vec<_> = listening.messages().map(|message| message.sequence).collect();
    assert_eq!(numbers, [Sequence::Exact(41), Sequence::Exact(42)]);
}

#[test]
fn a_connection_that_ends_within_a_barrier_keeps_the_known_numbers() {
    let url = peer(|mut peer, number| {
        peer.greet();
        peer.accept(1001);
        if number == 0 {
            peer.message("c0", "evt::1");
            let keys = peer.expect("MGET").len();
            peer.send(first_of(keys, "41"));
        } else {
            peer.answer(|_| "_\r\n".to_owned());
        }
    });
    let names = many();
    let mut listening = Listening::start_at_once(&url, &names.iter().map(String::as_str).collect::<Vec<_>>());
    listening.wait_for("the message", |seen| seen.messages().count() == 1);
    assert_eq!(listening.messages().next().unwrap().sequence, Sequence::Exact(41));
}

#[test]
fn counters_unreadable_for_a_while_are_reconciled_afterwards() {
    let requests = Arc::new(AtomicU64::new(0));
    let url = peer({
        let requests = Arc::clone(&requests);
        move |mut peer, _| {
            peer.greet();
            peer.accept(1);
            peer.message("ops", "evt::1");
            for _ in 0..2 {
                peer.expect("MGET");
                peer.send("-LOADING Redis is loading the dataset in memory\r\n");
                peer.expect("GET");
                peer.send("-MASTERDOWN Link with MASTER is down\r\n");
                peer.message("ops", "evt::2");
                requests.fetch_add(1, Ordering::SeqCst);
            }
            peer.answer(|_| "$1\r\n3\r\n".to_owned());
        }
    });
    let mut listening = Listening::start(&url, &["ops"]);
    listening.wait_for("three messages", |seen| seen.messages().count() == 3);
    assert_eq!(requests.load(Ordering::SeqCst), 2);
    assert_eq!(listening.messages().last().unwrap().sequence, Sequence::Exact(3));
    assert!(listening.findings().is_empty(), "{:?}", listening.findings());
}

#[test]
fn an_error_before_closing_is_the_reason() {
    let reason = reason_of(|peer| {
        peer.accept(1);
        peer.expect("MGET");
        peer.send("*1\r\n_\r\n-ERR Protocol error: too big mbulk count string\r\n");
    });
    assert_eq!(reason, "ERR Protocol error: too big mbulk count string");
}

#[test]
fn mismatched_replies_end_the_connection() {
    let fit = "unexpected reply: it does not match the pending command";
    assert_eq!(reason_of(|peer| peer.send("+OK\r\n")), fit);
    assert_eq!(reason_of(|peer| peer.send("*1\r\n_\r\n")), fit);
    let short = |peer: &mut Conversation| {
        peer.accept(1);
        peer.send("*0\r\n");
    };
    assert_eq!(reason_of(short), fit);
    let twice = |peer: &mut Conversation| {
        peer.accept(1);
        peer.send(">3\r\n$9\r\nsubscribe\r\n$3\r\nops\r\n:1\r\n");
    };
    assert_eq!(reason_of(twice), fit);
    let unreadable = |peer: &mut Conversation| peer.send(">3\r\n$7\r\nmessage\r\n$3\r\nops\r\n:1\r\n");
    assert_eq!(reason_of(unreadable), "the server sent a malformed message");
}

#[test]
fn malformed_bytes_and_excessive_lengths_end_the_connection() {
    assert_eq!(
        reason_of(|peer| peer.send("HTTP/1.1 400 Bad Request\r\n")),
        "unexpected reply; is this a Redis server?"
    );
    let beyond = "the server sent a frame beyond the limit of ";
    assert_eq!(reason_of(|peer| peer.send("$99999999999\r\n")), format!("{beyond}blob length"));
    assert_eq!(reason_of(|peer| peer.send(">1000000000\r\n")), format!("{beyond}elements"));
}

#[test]
fn push_messages_during_the_handshake_are_not_replies() {
    let url = peer(|mut peer, _| {
        let push = ">2\r\n$10\r\ninvalidate\r\n_\r\n";
        peer.expect("HELLO");
        peer.send(format!("{push}{HELLO}{push}"));
        peer.expect("INFO");
        peer.send(format!("{push}{INFO}{push}"));
        peer.expect("INFO");
        peer.send(format!("{INFO}{push}"));
        peer.accept(1);
        peer.answer(|_| "_\r\n".to_owned());
    });
    let listening = Listening::start(&url, &["ops"]);
    let connected = listening.link_changes().find(|link| link.state == LinkState::Connected).unwrap();
    assert_eq!(connected.server.as_ref().unwrap().version, "7.0.0");
    assert!(reasons(&listening).is_empty());
}

#[test]
fn a_user_without_info_can_watch() {
    let url = peer(|mut peer, _| {
        peer.expect("HELLO");
        peer.send(HELLO);
        for _ in 0..2 {
            peer.expect("INFO");
            peer.send("-NOPERM this user has no permissions to run the 'info' command\r\n");
        }
        peer.accept(1);
        peer.answer(|_| "_\r\n".to_owned());
    });
    let listening = Listening::start(&url, &["ops"]);
    assert!(reasons(&listening).is_empty());
}

#[test]
fn a_missing_database_is_rejected_with_the_servers_error() {
    let server = RedisServer::start();
    let mut listening = Listening::start_at_once(&format!("{}/99", server.url()), &["ops"]);
    listening.wait_for("the rejection", |seen| seen.links(LinkState::Disconnected) == 1);
    let reason = reasons(&listening).remove(0);
    assert!(reason.ends_with("/99 rejected the connection: ERR DB index is out of range"), "{reason}");
}

#[test]
fn a_server_that_closes_after_the_handshake_is_retried_with_backoff() {
    let attempts = Arc::new(AtomicU64::new(0));
    let url = peer({
        let attempts = Arc::clone(&attempts);
        move |mut peer, _| {
            peer.greet();
            attempts.fetch_add(1, Ordering::SeqCst);
        }
    });
    let mut listening = Listening::start_at_once(&url, &["ops"]);
    let started = Instant::now();
    listening.wait_for("five attempts", |_| attempts.load(Ordering::SeqCst) >= 5);
    // At least half of 0.1 + 0.2 + 0.4 + 0.8 seconds.
    assert!(started.elapsed() >= Duration::from_millis(700), "{:?}", started.elapsed());
    listening.wait_for("each lost connection is reported", |seen| reasons(seen).len() >= 4);
}

#[test]
fn repeated_failures_for_the_same_reason_are_reported_once() {
    let attempts = Arc::new(AtomicU64::new(0));
    let url = peer({
        let attempts = Arc::clone(&attempts);
        move |mut peer, _| {
            peer.expect("HELLO");
            peer.send("-ERR max number of clients reached\r\n");
            attempts.fetch_add(1, Ordering::SeqCst);
        }
    });
    let mut listening = Listening::start_at_once(&url, &["ops"]);
    listening.wait_for("four attempts", |_| attempts.load(Ordering::SeqCst) >= 4);
    assert_eq!(reasons(&listening).len(), 1, "{:?}", reasons(&listening));
}

/// The states of the link until it is in `last`, with their reasons.
fn states_until(url: &str, last: LinkState) -> Vec<(LinkState, Option<String>)> {
    let mut listening = Listening::start_at_once(url, &["ops"]);
    listening.wait_for("the last state", |seen| seen.links(last) == 1);
    listening.link_changes().map(|link| (link.state, link.reason.as_deref().map(str::to_owned))).collect()
}

#[test]
fn a_freeze_before_the_first_barrier_is_reported_with_its_cause() {
    const FREEZE: Duration = Duration::from_secs(3);
    let during_hello = peer(|mut peer, _| {
        peer.expect("HELLO");
        thread::sleep(FREEZE);
        peer.send(HELLO);
        for _ in 0..2 {
            peer.expect("INFO");
            peer.send(INFO);
        }
        peer.accept(1);
        peer.answer(|_| "_\r\n".to_owned());
    });
    let while_subscribing = peer(|mut peer, _| {
        peer.greet();
        thread::sleep(FREEZE);
        peer.accept(1);
        peer.answer(|_| "_\r\n".to_owned());
    });
    for (url, request) in [(during_hello, "HELLO"), (while_subscribing, "SUBSCRIBE")] {
        let stale = (LinkState::Stale, Some(format!("no reply to {request} for 2 s")));
        assert_eq!(states_until(&url, LinkState::Connected), [stale, (LinkState::Connected, None)]);
    }
}

#[test]
fn a_freeze_during_the_tls_handshake_is_reported_with_its_cause() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("rediss://{}", listener.local_addr().unwrap());
    let states = states_until(&url, LinkState::Disconnected);
    assert_eq!(states[0], (LinkState::Stale, Some("no reply to the TLS handshake for 2 s".to_owned())));
    assert_eq!((states.len(), states[1].0), (2, LinkState::Disconnected));
}

#[test]
fn a_server_that_sends_bytes_but_no_reply_is_stale() {
    let url = peer(|mut peer, _| {
        peer.greet();
        peer.accept(1);
        peer.message("ops", "evt::1");
        peer.send(">3\r\n$7\r\nmessage\r\n$3\r\nops\r\n$1000000\r\n");
        for _ in 0..200 {
            peer.send("x");
            thread::sleep(Duration::from_millis(50));
        }
    });
    let states = states_until(&url, LinkState::Stale);
    let reason = "no reply to MGET for 2 s, but other data arrives".to_owned();
    assert_eq!(states, [(LinkState::Connected, None), (LinkState::Stale, Some(reason))]);
}

#[test]
fn a_password_repeated_by_the_server_is_not_shown() {
    let url = peer(|mut peer, _| {
        let args = peer.expect("HELLO").join("`, `");
        peer.send(format!("-ERR unknown command `HELLO`, with args beginning with: `{args}`, \r\n"));
    });
    let url = url.replace("redis://", "redis://watcher:hunter2@");
    let mut listening = Listening::start_at_once(&url, &["ops"]);
    listening.wait_for("the rejection", |seen| seen.links(LinkState::Disconnected) == 1);
    let reason = reasons(&listening).remove(0);
    assert!(reason.contains("does not support RESP3") && reason.ends_with("ERR unknown command `HELLO`"), "{reason}");
    assert!(!reason.contains("hunter2"), "{reason}");
}

#[test]
fn dropping_the_subscription_does_not_wait_for_a_silent_server() {
    let url = peer(|peer, _| {
        thread::spawn(move || {
            thread::sleep(Duration::from_mins(1));
            drop(peer);
        });
    });
    let listening = Listening::start_at_once(&url, &["ops"]);
    let started = Instant::now();
    drop(listening);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[test]
fn a_silent_server_while_subscribing_takes_no_cpu() {
    let url = peer(|mut peer, _| {
        peer.greet();
        peer.accept(1);
        peer.message("ops", "evt::1");
        peer.expect("SUBSCRIBE");
        while peer.command().is_some() {}
    });
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_aircheck"));
    command
        .args(["--url", &url, "tail", "--format", "json", "ops", "billing"])
        .env("AIRCHECK_STATE", directory.path().join("state.db"))
        .env("HOME", directory.path())
        .env_remove("XDG_CONFIG_HOME");
    let mut tailing = Tailing::spawn(command);
    let (stale, message) = (Cell::new(false), Cell::new(false));
    tailing.wait_for(|line| {
        stale.set(stale.get() || line["state"] == "stale");
        message.set(message.get() || line["type"] == "message");
        stale.get() && message.get()
    });
    // In ticks of 10 ms: the fields after the command's name, which ends with a bracket.
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", tailing.id())).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    assert!(ticks < 70, "{ticks}0 ms of processor time within two seconds of silence");
}
