//! Servers with endless replies or endless redirections: every command ends, and its error names the limit.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aircheck::redis::discovery::survey;
use aircheck::redis::target::Target;

use crate::peer::{Conversation, server};
use crate::world::World;

/// The maximum that is sent: 16 MiB, and the buffers of both sockets.
const MAX: usize = (16 << 20) + (32 << 20);

/// A server that sends an endless reply to one command and no reply to all others. Also returns the number of bytes sent.
fn endless(command: &'static str, start: &'static str, element: &str) -> (String, Arc<AtomicUsize>) {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let elements = element.repeat(1000);
    let url = server(move |peer, asked| {
        if asked.join(" ").starts_with(command) {
            peer.send(start);
            let bytes = peer.flood(elements.as_bytes());
            counted.fetch_add(bytes, Ordering::SeqCst);
        } else if asked[0] == "SCAN" {
            peer.send("*2\r\n$1\r\n0\r\n*0\r\n");
        } else {
            peer.send("*0\r\n");
        }
    });
    (url, sent)
}

#[test]
fn an_endless_reply_is_stopped_at_its_limit() {
    // Long names, so the size limit is reached long before the time limit.
    let channel = format!("$1000\r\n{}\r\n", "x".repeat(1000));
    for (command, start, element) in [
        ("PUBSUB CHANNELS", "*1000000000\r\n", channel.as_str()),
        ("SCAN", "*2\r\n$1\r\n0\r\n*1000000000\r\n", &channel),
        ("PUBSUB CHANNELS", "$1000000000\r\n", "0123456789"),
        ("PUBSUB CHANNELS", "-ERR ", "0123456789"),
    ] {
        let (url, sent) = endless(command, start, element);
        let ended = World::new(&url).run(&["channels"]);
        assert_eq!((ended.status, ended.out.as_str()), (3, ""), "{ended:?}");
        let words =
            format!("cannot reach the server: {command}: the reply exceeds the limit of 16 MiB; check the server");
        assert!(ended.err.contains(&words) && ended.err.lines().count() == 1, "{}", ended.err);
        let sent = sent.load(Ordering::SeqCst);
        assert!(sent < MAX, "{command}: {sent} bytes were taken");
    }
}

#[test]
fn an_endless_handshake_is_stopped() {
    let (url, sent) = endless("HELLO", "$1000000000\r\n", "0123456789");
    let ended = World::new(&url).run(&["tail", "ops", "--for", "20s"]);
    assert_eq!((ended.status, ended.out.as_str()), (3, ""), "{ended:?}");
    assert!(ended.err.contains("the server sent a frame beyond the limit of blob length"), "{}", ended.err);
    assert!(sent.load(Ordering::SeqCst) < MAX);
}

#[tokio::test]
async fn an_endless_scan_lists_what_it_found_with_a_note() {
    let url = server(|peer, asked| match asked[0].as_str() {
        "SCAN" => peer.send("*2\r\n$1\r\n7\r\n*1\r\n$5\r\nx_ops\r\n"),
        "GET" => peer.send("$1\r\n5\r\n"),
        _ if asked[1] == "NUMSUB" => peer.send("*2\r\n$3\r\nops\r\n:0\r\n"),
        _ => peer.send("*0\r\n"),
    });
    let found = survey(&Target::parse(&url).unwrap(), "x_").await.unwrap();
    assert_eq!(found.channels.len(), 1);
    assert_eq!(found.notes, ["channels may be missing: SCAN did not finish within 100000 replies"]);
}

/// The reply to CLUSTER SLOTS of a cluster where each of the first `nodes` slots has a node of its own.
fn slots(nodes: u16, port: &str) -> String {
    let mut reply = format!("*{nodes}\r\n");
    for slot in 0..nodes {
        let host = format!("127.1.{}.{}", slot / 250, slot % 250 + 1);
        let node = format!("*2\r\n${}\r\n{host}\r\n:{port}\r\n", host.len());
        write!(reply, "*3\r\n:{slot}\r\n:{slot}\r\n{node}").unwrap();
    }
    reply
}

/// A node that names this many nodes, at local addresses that never reply.
fn sprawling(nodes: u16) -> (String, TcpListener) {
    let silent = TcpListener::bind("0.0.0.0:0").unwrap();
    let reply = slots(nodes, &silent.local_addr().unwrap().port().to_string());
    let answer = move |peer: &mut Conversation, asked: &[String]| match asked[0].as_str() {
        "CLUSTER" if asked[1] == "SLOTS" => peer.send(&reply),
        "CLUSTER" => peer.send("$25\r\ncluster_current_epoch:1\r\n\r\n"),
        _ => peer.send("+OK\r\n"),
    };
    (server(answer).replace("redis://", "redis+cluster://"), silent)
}

#[test]
fn a_cluster_with_too_many_nodes_is_rejected() {
    let (url, _silent) = sprawling(16_384);
    let world = World::new(&url);
    for words in [&["channels"][..], &["check", "ops"], &["publish", "ops", "evt"], &["tail", "ops", "--for", "20s"]] {
        let ended = world.run(words);
        assert_eq!(ended.status, 3, "{words:?}: {ended:?}");
        let limit = "named 16384 primaries; the limit is 1000";
        assert!(ended.err.contains(limit) && ended.err.lines().count() == 1, "{words:?}: {}", ended.err);
    }
}

#[test]
fn the_for_duration_ends_connecting_to_a_thousand_nodes() {
    let (url, _silent) = sprawling(1000);
    let world = World::new(&url);
    let started = Instant::now();
    let ended = world.run(&["tail", "*", "--for", "1s"]);
    assert_eq!(ended.status, 3, "{ended:?}");
    assert!(ended.err.contains("not connected within the time of --for"), "{}", ended.err);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}
