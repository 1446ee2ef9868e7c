//! The parts of the library's API that need no server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use aircheck::broadcast::{Algorithm, Broadcast, SetupError};

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
