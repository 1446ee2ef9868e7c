//! aircheck never connects to a host that is not allowed, even if a sentinel or node names it. The host never receives a
//! password.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::ErrorKind;
use std::net::TcpListener;

use crate::peer::server;
use crate::support::RedisServer;
use crate::world::World;

/// A host that must not be connected to.
struct Trap(TcpListener);

impl Trap {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.2:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    fn is_untouched(&self) -> bool {
        self.0.accept().is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}

/// Commands that connect in different ways.
const COMMANDS: [&[&str]; 4] =
    [&["channels"], &["check", "ops"], &["publish", "ops", "evt"], &["tail", "ops", "--for", "20s"]];

fn assert_not_allowed(world: &World, options: &[&str], host: &str) {
    for words in COMMANDS {
        let ended = world.run(&[words, options].concat());
        assert_eq!(ended.status, 3, "{words:?}: {ended:?}");
        let words = format!("host \"{host}\" is not in allowed_hosts");
        assert!(ended.err.contains(&words) && ended.err.lines().count() == 1, "{}", ended.err);
    }
}

#[test]
fn the_host_of_the_url_must_be_allowed_too() {
    let server = RedisServer::start();
    let config = |hosts: &str| {
        format!("default_profile = \"p\"\n[profile.p]\nurl = \"{}\"\nallowed_hosts = [{hosts}]\n", server.url())
    };
    let world = World::new("").config(&config("\"redis.internal\", \"*.cache.internal\""));
    assert_not_allowed(&world, &[], "127.0.0.1");
    assert_eq!(world.run(&["channels", "--allowed-hosts", "redis.internal,127.0.0.1"]).status, 0);
    assert_eq!(World::new("").config(&config("\"127.0.0.1\"")).run(&["channels"]).status, 0);
}

#[test]
fn a_primary_that_a_sentinel_names_is_connected_to_only_if_it_is_allowed() {
    let trap = Trap::new();
    let named = trap.port().to_string();
    let url = server(move |peer, asked| match asked[0].as_str() {
        "SENTINEL" => peer.send(format!("*2\r\n$9\r\n127.0.0.2\r\n${}\r\n{named}\r\n", named.len())),
        _ => peer.send("-ERR unknown command\r\n"),
    });
    let url = url.replace("redis://", "redis+sentinel://:secret@");
    assert_not_allowed(&World::new(&format!("{url}/set")), &["--allowed-hosts", "127.0.0.1"], "127.0.0.2");
    assert!(trap.is_untouched());
}

#[test]
fn a_node_that_a_cluster_names_is_connected_to_only_if_it_is_allowed() {
    let trap = Trap::new();
    let port = trap.port();
    let url = server(move |peer, asked| match (asked[0].as_str(), asked.get(1).map(String::as_str)) {
        ("CLUSTER", Some("SLOTS")) => {
            peer.send(format!("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.2\r\n:{port}\r\n"));
        }
        _ => peer.send("-ERR unknown command\r\n"),
    });
    let url = url.replace("redis://", "redis+cluster://:secret@");
    assert_not_allowed(&World::new(&url), &["--allowed-hosts", "127.0.0.1"], "127.0.0.2");
    assert!(trap.is_untouched());
}
