//! The parts of the library's API that need no server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;
use std::time::Duration;

use aircheck::broadcast::{
    Algorithm, BlockingPublisher, Broadcast, ConnectError, Event, EventStream, ListenError, Listener, Message,
    Position, PublishError, Publisher, Recording, SequenceError, SetupError, StopHandle,
};

/// Every public method of the package's class, and the exceptions that its users throw or catch.
const PACKAGE: [&str; 22] = [
    "__construct",
    "publish",
    "sequence",
    "listen",
    "handler",
    "onListen",
    "usesSignatures",
    "stop",
    "getSequencePrefix",
    "setSequencePrefix",
    "getSignKey",
    "setSignKey",
    "getSignKeyName",
    "setSignKeyName",
    "getSignAlgorithm",
    "setSignAlgorithm",
    "getTimeTolerance",
    "setTimeTolerance",
    "getClientConfig",
    "getChannel",
    "getVerificationKeys",
    "setVerificationKeys",
];
const MORE: [&str; 4] =
    ["getVerificationAlgorithms", "setVerificationAlgorithms", "StopException", "SystemBroadcastUnhandledException"];

#[test]
fn the_table_has_every_method_of_the_package() {
    let documentation = include_str!("../../src/broadcast/mod.rs");
    let names: Vec<&str> = documentation
        .lines()
        .skip_while(|line| *line != "//! # PHP methods and their Rust counterparts")
        .filter_map(|line| line.strip_prefix("//! | `")?.split(" | ").next())
        .flat_map(|cell| cell.split(|sign: char| !sign.is_alphanumeric() && sign != '_'))
        .filter(|name| !name.is_empty())
        .collect();
    for method in PACKAGE.iter().chain(&MORE) {
        assert!(names.contains(method), "{method} is not in {names:?}");
    }
    assert_eq!(names.len(), PACKAGE.len() + MORE.len(), "{names:?}");
}

#[test]
fn all_settings_except_keys_can_be_read_back() {
    let broadcast = Broadcast::new("redis://user:p4ss@host:7000/2", "ops").unwrap();
    assert!(!broadcast.uses_signatures());
    assert_eq!((broadcast.channel(), broadcast.sequence_prefix()), (&b"ops"[..], "system_broadcast_sequence_"));
    assert_eq!((broadcast.signing_key_name(), broadcast.signing_algorithm()), (&b"default"[..], Algorithm::Sha256));
    assert_eq!(broadcast.time_tolerance(), Duration::from_hours(1));

    let broadcast = broadcast
        .with_signing_key("own-k3y")
        .with_signing_key_name("new")
        .with_signing_algorithm(Algorithm::Sha512)
        .with_verification_key("old", "old-k3y")
        .with_verification_algorithm(Algorithm::Sha1)
        .with_time_tolerance(Duration::from_mins(1))
        .unwrap()
        .with_sequence_prefix("count_");
    assert!(broadcast.uses_signatures());
    assert_eq!((broadcast.sequence_prefix(), broadcast.signing_key_name()), ("count_", &b"new"[..]));
    assert_eq!(broadcast.verification_key_names().collect::<Vec<_>>(), [b"old"]);
    assert_eq!(broadcast.verification_algorithms(), [Algorithm::Sha1]);
    assert_eq!((broadcast.signing_algorithm(), broadcast.time_tolerance().as_secs()), (Algorithm::Sha512, 60));
    let shown = format!("{broadcast:?} {:?} {:?} {}", broadcast.listener(), broadcast.publisher(), broadcast.target());
    for secret in ["own-k3y", "old-k3y", "p4ss"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn setup_errors_name_the_value() {
    assert!(matches!(Broadcast::new("host:6379", "ops"), Err(SetupError::Url(_))));
    for name in ["ops*", "o?s", "[ops]"] {
        let error = Broadcast::new("redis://host", name).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("invalid channel \"{name}\": *, ? and [ make it a pattern; use a name without them")
        );
    }
    let tolerance = |tolerance| Broadcast::new("redis://host", "ops").unwrap().with_time_tolerance(tolerance);
    assert_eq!(
        tolerance(Duration::from_millis(999)).unwrap_err().to_string(),
        "invalid time tolerance 999ms: use at least 1s"
    );
    assert_eq!(tolerance(Duration::from_millis(1999)).unwrap().time_tolerance(), Duration::from_secs(1));
}

#[test]
fn values_and_futures_can_move_to_another_thread() {
    fn send<T: Send + 'static>() {}
    fn error<T: std::error::Error + Send + Sync + 'static>() {}
    fn future<F: Future + Send + 'static>(_: F) {}
    send::<(Broadcast, Publisher, BlockingPublisher, Listener, EventStream, Recording)>();
    send::<(StopHandle, Message, Event, Position)>();
    error::<SetupError>();
    error::<ConnectError>();
    error::<PublishError>();
    error::<ListenError>();
    error::<SequenceError>();
    let broadcast = Broadcast::new("redis://host", "ops").unwrap();
    let (mut one, mut two, mut three) = (broadcast.publisher(), broadcast.publisher(), broadcast.publisher());
    future(async move { one.publish("evt").await });
    future(async move { two.publish_data("evt", &1).await });
    future(async move { three.publish_json("evt", "1").await });
    let (mut listener, mut stream) = (broadcast.listener(), broadcast.listener().into_stream());
    future(async move { listener.listen().await });
    future(async move { stream.next().await });
    future(async move { broadcast.sequence().await });
}

/// The packages that the library needs with these features, each with its own features.
fn dependencies(features: &str) -> String {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p} features={f}"])
        .args(["--no-default-features", "--features", features])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    String::from_utf8(tree.stdout).unwrap()
}

#[test]
fn the_library_alone_needs_no_tls_no_sqlite_and_no_processes() {
    let alone = dependencies("");
    let has = |tree: &str, package: &str| tree.lines().any(|line| line.split(' ').next() == Some(package));
    for package in
        ["rustls", "tokio-rustls", "ring", "rusqlite", "libsqlite3-sys", "clap", "ratatui", "rustix", "crossterm"]
    {
        assert!(!has(&alone, package), "{package} in {alone}");
    }
    let tokio = alone.lines().find(|line| line.starts_with("tokio v")).unwrap();
    let features = tokio.split_once("features=").unwrap().1;
    for feature in ["process", "signal", "io-std", "rt-multi-thread"] {
        assert!(!features.split(',').any(|enabled| enabled == feature), "{tokio}");
    }
    let tls = dependencies("tls");
    assert!(has(&tls, "rustls") && !has(&tls, "rusqlite"), "{tls}");
    let recording = dependencies("recording");
    assert!(has(&recording, "rusqlite") && !has(&recording, "rustls"), "{recording}");
}
