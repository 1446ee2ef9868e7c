//! Searching and filtering, on a real terminal.

use std::time::{SystemTime, UNIX_EPOCH};

use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};

use super::console::{broadcast, console};
use super::support::RedisServer;

#[test]
fn an_endless_predicate_does_not_block_the_console() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let mut screen = console(&server, directory.path(), &["ops"], (120, 40));
    screen.wait_for("live");
    let key = Some(Secret::new(b"s3cret".to_vec()));
    let keyring = Keyring::new(KeyringSettings { signing_key: key, ..KeyringSettings::default() });
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    for number in 0..5 {
        let data = format!("{{\"n\":{number}}}");
        broadcast(&server, "ops", &keyring.payload(b"evt", data.as_bytes(), &SignWith::SigningKey, now).unwrap());
    }
    screen.wait_for("#5");
    for (predicate, outcome) in
        [("[repeat(1)]", "jq failed for 5"), ("def f: 1 + f; f", "jq failed for 5"), (".n == 3", "4 hidden by filter")]
    {
        screen.type_keys(&format!("f\x05\x15| {predicate}\r"));
        screen.wait_for(&format!("filter | {}", &predicate[..4]));
        screen.wait_for(outcome);
    }
    screen.type_keys("/n\":3\r");
    screen.wait_for("hit 1 of 1");
    screen.type_keys("\x03");
    assert_eq!(screen.wait_for_end(), 0);
}
