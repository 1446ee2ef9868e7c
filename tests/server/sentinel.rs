//! A primary and a replica with three real sentinels: discovery, failover, and the error of each sentinel if there is no primary.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use aircheck::ledger::interval::LinkState;
use aircheck::ledger::sequence::Sequence;
use aircheck::redis::publisher::Publisher;
use aircheck::redis::target::Target;
use redis::Value;

use crate::listening::{Listening, PREFIX};
use crate::support::{LIMIT, RedisServer, connect, free_port, raw};
use crate::tailing::Tailing;
use crate::world::{Ended, World};

/// The passwords of the servers and of the sentinels.
const PASSWORD: &str = "of-the-servers";
const SENTINELS: &str = "of-the-sentinels";

/// One sentinel, killed when dropped.
struct Sentinel {
    child: Child,
    port: u16,
    _directory: tempfile::TempDir,
}

impl Sentinel {
    /// Starts a sentinel that monitors `primary` as the service `set`.
    fn start(primary: u16, quorum: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        let file = directory.path().join("sentinel.conf");
        let text = format!(
            "port {port}\nbind 127.0.0.1\ndir {}\nlogfile \"\"\nrequirepass {SENTINELS}\n\
             sentinel monitor set 127.0.0.1 {primary} {quorum}\nsentinel auth-pass set {PASSWORD}\n\
             sentinel down-after-milliseconds set 500\nsentinel failover-timeout set 2000\n",
            directory.path().display()
        );
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new("redis-server");
        command.arg(&file).arg("--sentinel").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { child: command.spawn().unwrap(), port, _directory: directory }
    }

    fn ask(&self, parts: &[&str]) -> Option<Value> {
        let url = format!("redis://:{SENTINELS}@127.0.0.1:{}", self.port);
        raw(&mut connect(url).ok()?, parts).ok()
    }

    /// Waits until the reply satisfies `holds`.
    fn wait_for(&self, parts: &[&str], holds: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let answer = format!("{:?}", self.ask(parts));
            if holds(&answer) {
                return;
            }
            assert!(Instant::now() < deadline, "{parts:?} still answers {answer}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The whole service.
struct Service {
    primary: RedisServer,
    replica: RedisServer,
    sentinels: Vec<Sentinel>,
}

impl Service {
    /// Starts all servers. Waits until the sentinels know each other and the replica.
    fn start() -> Self {
        let password = ["--requirepass", PASSWORD, "--masterauth", PASSWORD];
        let primary = RedisServer::start_with(&password);
        let follows = format!("127.0.0.1 {}", primary.port());
        let replica = RedisServer::start_with(&[&password[..], &["--replicaof", &follows]].concat());
        replica.wait_for(&["INFO", "replication"], |info| format!("{info:?}").contains("master_link_status:up"));
        let sentinels: Vec<_> = (0..3).map(|_| Sentinel::start(primary.port(), 2)).collect();
        for sentinel in &sentinels {
            sentinel.wait_for(&["SENTINEL", "SENTINELS", "set"], |answer| answer.matches("\"runid\"").count() == 2);
            sentinel.wait_for(&["SENTINEL", "REPLICAS", "set"], |answer| {
                answer.contains(&replica.port().to_string()) && answer.contains("\"ok\"")
            });
        }
        Self { primary, replica, sentinels }
    }

    /// The URL. Nothing listens on the port of its first sentinel.
    fn url(&self) -> String {
        let hosts: Vec<_> = self.sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port)).collect();
        let hosts = hosts.join(",");
        format!("redis+sentinel://:{PASSWORD}@127.0.0.1:{},{hosts}/set?sentinel_password={SENTINELS}", free_port())
    }
}

/// Runs a command until it succeeds: during a failover there is no primary.
fn until_done(world: &World, words: &[&str]) -> Ended {
    let deadline = Instant::now() + LIMIT;
    loop {
        let ended = world.run(words);
        if ended.status == 0 {
            return ended;
        }
        assert!(Instant::now() < deadline, "{words:?}: {ended:?}");
    }
}

#[test]
fn a_requested_failover_is_followed_by_every_command() {
    let service = Service::start();
    let hosts: Vec<_> = service.sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port)).collect();
    // The profile contains both passwords.
    let world = World::new("").config(&format!(
        "default_profile = \"p\"\n[profile.p]\nurl = \"redis+sentinel://{}/set\"\npassword = {{ value = \"{PASSWORD}\" }}\n\
         sentinel_password = {{ value = \"{SENTINELS}\" }}\n",
        hosts.join(",")
    ));
    let mut tailing = Tailing::spawn(world.process(&["tail", "ops", "--format", "json"]));
    let connected = tailing.wait_for(|line| line["state"] == "connected");
    assert_eq!(connected["reason"], format!("the primary is 127.0.0.1:{}", service.primary.port()));
    for number in 1..=3 {
        let published = world.run(&["publish", "ops", "before"]);
        assert_eq!(published.out, format!("published #{number} on ops to 1 receiver, unsigned\n"), "{published:?}");
    }
    tailing.wait_for(|line| line["sequence"] == 3);
    service.replica.wait_for(&["GET", "system_broadcast_sequence_ops"], |counter| format!("{counter:?}").contains('3'));

    service.sentinels[0].ask(&["SENTINEL", "FAILOVER", "set"]).unwrap();
    tailing.wait_for(|line| line["state"] == "disconnected");
    let connected = tailing.wait_for(|line| line["state"] == "connected");
    assert_eq!(connected["reason"], format!("the primary is 127.0.0.1:{}", service.replica.port()));
    assert_eq!(connected["server_role"], "primary");
    let published = until_done(&world, &["publish", "ops", "after"]);
    assert_eq!(published.out, "published #4 on ops to 1 receiver, unsigned\n");
    assert_eq!(tailing.wait_for(|line| line["name"] == "after")["sequence"], 4);
    let listed = until_done(&world, &["channels", "--format", "json"]).json();
    assert!(listed.iter().any(|line| line["channel"] == "ops" && line["counter"] == 4), "{listed:?}");
    assert!(until_done(&world, &["check", "ops"]).out.starts_with("ops"));
    tailing.signal("-INT");
    let ended = tailing.end();
    assert!(!ended.out.contains(PASSWORD) && !ended.out.contains(SENTINELS));
    assert!(!ended.json().iter().any(|line| line["type"] == "finding"), "{ended:?}");
}

/// Runs a listener and a publisher while the primary is lost. The counter continues without a gap, because the test waits until
/// the replica has it.
fn follow(lose: impl FnOnce(&mut RedisServer)) -> Listening {
    let mut service = Service::start();
    let url = service.url();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut publisher = Publisher::new(Target::parse(&url).unwrap(), PREFIX.to_owned());
    let mut listening = Listening::start(&url, &["ops"]);
    for number in 1..=3 {
        assert_eq!(runtime.block_on(publisher.publish(b"ops", b"before::")).unwrap().sequence, number);
    }
    listening.wait_for("the messages", |seen| seen.messages().count() == 3);
    service.replica.wait_for(&["GET", "system_broadcast_sequence_ops"], |counter| format!("{counter:?}").contains('3'));
    lose(&mut service.primary);
    let primary = format!("the primary is 127.0.0.1:{}", service.replica.port());
    listening.wait_for(&primary, |seen| {
        let last = seen.link_changes().last().unwrap();
        last.state == LinkState::Connected && last.reason.as_deref() == Some(&primary)
    });
    let deadline = Instant::now() + LIMIT;
    let receipt = loop {
        match runtime.block_on(publisher.publish(b"ops", b"after::")) {
            Ok(receipt) => break receipt,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
    };
    assert_eq!((receipt.receivers, receipt.sequence), (1, 4));
    listening.wait_for("the message after it", |seen| seen.messages().count() == 4);
    let sequences: Vec<_> = listening.messages().map(|message| message.sequence).collect();
    assert_eq!(sequences, (1..=4).map(Sequence::Exact).collect::<Vec<_>>());
    assert!(listening.findings().is_empty(), "{:?}", listening.findings());
    listening
}

#[test]
fn a_killed_primary_is_replaced() {
    let listening = follow(RedisServer::stop);
    assert_eq!(listening.links(LinkState::Connected), 2);
}

/// The old connection stays open. Only the sentinels notice that the primary does not respond.
#[test]
fn a_frozen_primary_is_replaced() {
    let listening = follow(|primary| primary.freeze());
    let reasons: Vec<_> = listening.link_changes().filter_map(|link| link.reason.as_deref()).collect();
    let moved = |reason: &&str| reason.starts_with("the primary is now 127.0.0.1:");
    assert!(reasons.iter().any(moved), "{reasons:?}");
}

#[test]
fn without_a_primary_each_sentinel_has_a_reason() {
    let server = RedisServer::start_with(&["--requirepass", PASSWORD]);
    let replica = RedisServer::start_with(&["--replicaof", &format!("127.0.0.1 {}", free_port())]);
    let (sentinel, misled) = (Sentinel::start(server.port(), 1), Sentinel::start(replica.port(), 1));
    for sentinel in [&sentinel, &misled] {
        sentinel.wait_for(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "set"], |answer| answer.contains("127.0.0.1"));
    }
    let nowhere = free_port();
    let url =
        |port: u16, rest: &str| format!("redis+sentinel://:{PASSWORD}@127.0.0.1:{port},127.0.0.1:{nowhere}/{rest}");
    let with = format!("set?sentinel_password={SENTINELS}");
    for (what, url, words) in [
        (
            "another service",
            url(sentinel.port, &format!("other?sentinel_password={SENTINELS}")),
            "does not know the service other",
        ),
        ("no password of the sentinels", url(sentinel.port, "set"), "set sentinel_user and sentinel_password"),
        ("a wrong one", url(sentinel.port, "set?sentinel_password=wr0ng"), "WRONGPASS"),
        ("a wrong one of the servers", url(sentinel.port, &with).replace(PASSWORD, "wr0ng"), "WRONGPASS"),
        (
            "a server",
            format!("redis+sentinel://{}/set", server.url().replace("redis://", "")),
            "authentication required by",
        ),
        (
            "no sentinel",
            url(server.port(), &format!("set?sentinel_password={PASSWORD}")),
            "rejected SENTINEL GET-MASTER-ADDR-BY-NAME: ERR unknown command",
        ),
        ("a replica", url(misled.port, &with).replace(&format!(":{PASSWORD}@"), ""), "which is not a primary"),
        ("nobody", url(free_port(), "set"), "Connection refused"),
    ] {
        for command in [&["tail", "ops", "--for", "10s"][..], &["publish", "ops", "evt"], &["check", "ops"]] {
            let ended = World::new(&url).run(command);
            assert_eq!((ended.status, ended.err.lines().count()), (3, 1), "{what}, {command:?}: {ended:?}");
            assert!(ended.err.contains(words), "{what}, {command:?}: {}", ended.err);
            for secret in [PASSWORD, SENTINELS, "wr0ng"] {
                assert!(!ended.err.contains(secret), "{what}: {}", ended.err);
            }
        }
    }
}
