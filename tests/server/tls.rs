//! TLS to a real server, with certificates created by the test.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::certificates::{CertificateAuthority, Signed};
use crate::support::{LIMIT, RedisServer, free_port};
use crate::tailing::{Tailing, broadcast};
use crate::world::{Ended, World};

/// A server that also accepts TLS.
struct Secured {
    server: RedisServer,
    port: u16,
    _files: tempfile::TempDir,
}

/// The value of `tls-auth-clients`: requires a client certificate.
const WANTED: &str = "yes";
const NOT_WANTED: &str = "no";

impl Secured {
    /// With that certificate; clients that show one must have it from `clients`.
    fn start(own: &Signed, clients: &CertificateAuthority, wanted: &str) -> Self {
        let files = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            fs::write(files.path().join(name), text).unwrap();
            files.path().join(name).display().to_string()
        };
        let (cert, key) = (file("cert", &own.certificate), file("key", &own.key));
        let ca = file("ca", &clients.certificate());
        let port = free_port();
        let text = port.to_string();
        let server = RedisServer::start_with(
            &[
                &["--tls-port", &text, "--tls-auth-clients", wanted, "--tls-ca-cert-file", &ca][..],
                &["--tls-cert-file", &cert, "--tls-key-file", &key],
            ]
            .concat(),
        );
        Self { server, port, _files: files }
    }

    fn url(&self, host: &str) -> String {
        format!("rediss://{host}:{}", self.port)
    }
}

/// The commands that talk to a server, each with its own way there.
const COMMANDS: [&[&str]; 4] = [
    &["tail", "ops", "--for", "9s", "--idle", "200ms"],
    &["publish", "ops", "evt"],
    &["channels"],
    &["check", "audit"],
];

/// Checks that a command failed with status 3 and one line that contains these words.
fn rejected(ended: &Ended, words: &str, place: &str) {
    assert_eq!(ended.status, 3, "{place}: {ended:?}");
    assert!(ended.err.contains(words), "{place}: {}", ended.err);
    assert_eq!(ended.err.lines().count(), 1, "{place}: {}", ended.err);
    assert_eq!(ended.out, "", "{place}");
}

#[test]
fn broadcasts_are_sent_and_received_over_tls() {
    let ca = CertificateAuthority::new("home");
    let secured = Secured::start(&ca.sign(&["localhost"]), &ca, WANTED);
    let own = ca.sign(&["watcher"]);
    let world = World::new("").config(&format!(
        "default_profile = \"p\"\n[profile.p]\nurl = \"{}\"\ntls = {{ ca = \"ca.pem\", cert = \"own.pem\", key = \
         \"~/own.key\", server_name = \"localhost\" }}\n",
        secured.url("127.0.0.1")
    ));
    world.file(".config/aircheck/ca.pem", &ca.certificate());
    world.file(".config/aircheck/own.pem", &own.certificate);
    world.file("own.key", &own.key);

    let mut tailing = Tailing::json(&world, &["ops"]);
    let published = world.run(&["publish", "ops", "evt", "{\"a\":1}"]);
    assert_eq!(published, Ended::new(0, "published #1 on ops to 1 receiver, unsigned\n", ""));
    assert_eq!(tailing.wait_for(|line| line["name"] == "evt")["sequence"], 1);
    let payloads: Vec<String> = (2..3000).map(|number| format!("flood::\"{number:0>200}\"")).collect();
    broadcast(&secured.server, "ops", &payloads.iter().map(String::as_str).collect::<Vec<_>>());
    tailing.wait_for(|line| line["sequence"] == 2999);

    secured.server.command::<u64>(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    tailing.wait_for(|line| line["state"] == "disconnected");
    broadcast(&secured.server, "ops", &["missed::"]);
    tailing.wait_for(|line| line["state"] == "connected");
    assert_eq!(tailing.wait_for(|line| line["type"] == "finding")["sequence_from"], 3000);
    let listed = world.run(&["channels", "--format", "json"]);
    assert_eq!((listed.status, &listed.json()[0]["counter"]), (0, &3000.into()), "{listed:?}");
    tailing.signal("-INT");
    let ended = tailing.end();
    let exact = ended.json().iter().filter(|line| line["type"] == "message" && line["sequence"].is_u64()).count();
    assert_eq!((exact, ended.err.as_str()), (2999, ""));
}

/// More commands than the buffers of TLS and the socket take at once.
#[test]
fn thousands_of_channels_are_subscribed_over_tls() {
    let ca = CertificateAuthority::new("home");
    let secured = Secured::start(&ca.sign(&["localhost"]), &ca, NOT_WANTED);
    let world = World::new(&secured.url("localhost"));
    let ca = world.file("ca.pem", &ca.certificate());
    let names: Vec<String> = (0..20_000).map(|number| format!("channel-with-a-long-name-{number}")).collect();
    let mut words = vec!["--tls-ca", ca.to_str().unwrap()];
    words.extend(names.iter().map(String::as_str));
    let mut tailing = Tailing::json(&world, &words);
    broadcast(&secured.server, names.last().unwrap(), &["evt::"]);
    assert_eq!(tailing.wait_for(|line| line["name"] == "evt")["sequence"], 1);
}

#[test]
fn the_system_ca_certificates_are_trusted() {
    let ca = CertificateAuthority::new("home");
    let secured = Secured::start(&ca.sign(&["localhost"]), &ca, NOT_WANTED);
    let world = World::new(&secured.url("localhost"));
    let system = world.file("system.pem", &ca.certificate());
    for words in COMMANDS {
        let ended = Ended::of(&world.command(words).env("SSL_CERT_FILE", &system).output().unwrap());
        assert_eq!(ended.status, 0, "{words:?}: {ended:?}");
    }
}

#[test]
fn tls_errors_are_distinguished() {
    let (home, other) = (CertificateAuthority::new("home"), CertificateAuthority::new("other"));
    let optional = Secured::start(&home.sign(&["localhost"]), &home, NOT_WANTED);
    let strict = Secured::start(&home.sign(&["localhost"]), &home, WANTED);
    let expired = Secured::start(&home.sign_until(&["localhost"], 2020), &home, NOT_WANTED);
    let world = World::new("");
    let (own, foreign, late) = (home.sign(&["me"]), other.sign(&["me"]), home.sign_until(&["me"], 2020));
    let file = |name: &str, text: &str| world.file(name, text).display().to_string();
    let (ca, other_ca) = (file("ca.pem", &home.certificate()), file("other.pem", &other.certificate()));
    let (own_cert, own_key) = (file("own.pem", &own.certificate), file("own.key", &own.key));
    let (foreign_cert, foreign_key) = (file("foreign.pem", &foreign.certificate), file("foreign.key", &foreign.key));
    let (late_cert, late_key) = (file("late.pem", &late.certificate), file("late.key", &late.key));
    // Another host's name, for a server that no certificate names so.
    let named = ["--tls-server-name", "redis.example"];
    let trust = ["--tls-ca", &ca];

    for (what, url, flags, words) in [
        ("another CA", optional.url("localhost"), vec!["--tls-ca", &other_ca], "certificate signed by an untrusted CA"),
        ("not a CA of ours", optional.url("localhost"), vec![], "pass the CA's certificate (ca, --tls-ca)"),
        ("an address", optional.url("127.0.0.1"), trust.to_vec(), "is for another host (localhost)"),
        ("another name", optional.url("localhost"), [trust, named].concat(), "for another host"),
        ("expired", expired.url("localhost"), trust.to_vec(), "has expired"),
        ("no client certificate", strict.url("localhost"), trust.to_vec(), "requires a client certificate"),
        (
            "another CA's client",
            strict.url("localhost"),
            vec!["--tls-ca", &ca, "--tls-cert", &foreign_cert, "--tls-key", &foreign_key],
            "does not trust the CA of the client certificate",
        ),
        (
            "an expired client",
            strict.url("localhost"),
            vec!["--tls-ca", &ca, "--tls-cert", &late_cert, "--tls-key", &late_key],
            "rejected the client certificate: it has expired",
        ),
        (
            "a server without TLS",
            format!("rediss://localhost:{}", optional.server.port()),
            trust.to_vec(),
            "if the port does not use TLS, use redis://",
        ),
        ("plain text to TLS", format!("redis://localhost:{}", optional.port), vec![], "use rediss://"),
    ] {
        // Each is waited for, for a while.
        let silent = words.contains("not use TLS");
        for command in COMMANDS.iter().take(if silent { 2 } else { COMMANDS.len() }) {
            let mut ended = world.run(&[&command[..], &["--url", &url], &flags].concat());
            if silent && command[0] == "tail" {
                let stale = std::mem::take(&mut ended.out);
                assert!(stale.ends_with("stale: no reply to the TLS handshake for 2 s\n"), "{stale}");
            }
            rejected(&ended, words, &format!("{what}, {command:?}"));
        }
    }
    let flags = ["--tls-ca", &ca, "--tls-cert", &own_cert, "--tls-key", &own_key, "--url"];
    for command in COMMANDS {
        let ended = world.run(&[command, &flags, &[&strict.url("localhost")]].concat());
        assert_eq!(ended.status, 0, "{command:?}: {ended:?}");
    }
}

#[test]
fn unusable_tls_settings_are_rejected_with_their_position() {
    let ca = CertificateAuthority::new("home");
    let (own, other) = (ca.sign(&["me"]), ca.sign(&["other"]));
    let world = World::new("");
    let file = |name: &str, text: &str| world.file(&format!(".config/aircheck/{name}"), text);
    file("ca.pem", &ca.certificate());
    file("own.pem", &own.certificate);
    file("own.key", &own.key);
    file("other.key", &other.key);
    file("none.pem", "nothing\n");
    let open = file("open.key", &own.key);
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();

    for (url, tls, words) in [
        ("rediss://h", "ca = \"none.pem\"", "config.toml:5:6: profile.p.tls.ca: none.pem: contains no certificate"),
        ("rediss://h", "ca = \"nowhere\"", "cannot read nowhere: "),
        ("rediss://h", "cert = \"own.pem\"", "config.toml:5:8: profile.p.tls.cert: a client certificate needs its key"),
        ("rediss://h", "key = \"own.key\"", "config.toml:5:7: profile.p.tls.key: a client key needs its certificate"),
        ("rediss://h", "cert = \"own.pem\"\nkey = \"other.key\"", "the key does not belong to the certificate"),
        ("rediss://h", "cert = \"own.pem\"\nkey = \"own.pem\"", "contains no private key"),
        (
            "rediss://h",
            "cert = \"own.pem\"\nkey = \"open.key\"",
            "open.key contains a secret, but others can access it",
        ),
        (
            "rediss://h",
            "server_name = \"a b\"",
            "config.toml:5:15: profile.p.tls.server_name: a b: not a valid host name",
        ),
        (
            "rediss://h",
            "verify = false",
            "config.toml:5:1: unknown key \"verify\" in [profile.p.tls] (expected one of: ca, cert",
        ),
        (
            "redis://h",
            "ca = \"ca.pem\"",
            "config.toml:5:6: profile.p.tls.ca: requires TLS, but the URL does not use it",
        ),
    ] {
        let text = format!("default_profile = \"p\"\n[profile.p]\nurl = \"{url}\"\n[profile.p.tls]\n{tls}\n");
        world.file(".config/aircheck/config.toml", &text);
        let ended = world.run(&["inspect", "evt"]);
        assert_eq!(ended.status, 2, "{tls}: {ended:?}");
        let err = ended.err.replace(&format!("{}/.config/aircheck/", world.home().display()), "");
        assert!(err.contains(words), "{tls}: {err}");
        for line in own.key.lines().chain(other.key.lines()).filter(|line| !line.starts_with('-')) {
            assert!(!err.contains(line), "{err}");
        }
    }
    let ended = world.run(&["inspect", "evt", "--url", "redis://h", "--tls-ca", "x"]);
    assert!(ended.status == 2 && ended.err.contains("--tls-ca: requires TLS"), "{ended:?}");
}

/// A server that accepts a connection and sends nothing, as behind some firewalls.
#[test]
fn a_tls_handshake_times_out() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("rediss://{}", listener.local_addr().unwrap());
    let started = std::time::Instant::now();
    let world = World::new(&url);
    let ca = world.file("ca.pem", &CertificateAuthority::new("home").certificate());
    let ended = world.run(&["publish", "ops", "evt", "--tls-ca", ca.to_str().unwrap()]);
    rejected(&ended, "no reply to the TLS handshake within 3 s", "publish");
    assert!(started.elapsed() < LIMIT / 2);
}
