//! On a terminal, recorded messages are sent again only after their number was typed.

use std::fs;
use std::path::Path;

use portable_pty::CommandBuilder;

use super::pty::Pty;
use super::support::RedisServer;

const COUNTER: &str = "system_broadcast_sequence_ops";

/// The program in its own home directory. The profile asks for a confirmation before each message.
fn program(server: &RedisServer, directory: &Path, words: &[&str]) -> Pty {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_aircheck"));
    command.env_clear();
    command.env("HOME", directory);
    command.env("AIRCHECK_URL", server.url());
    command.args(["--config", directory.join("config.toml").to_str().unwrap(), "--profile", "asks"]);
    command.args(words);
    Pty::start(command, (120, 30))
}

/// A directory with a recording of #3 and #4 of `ops`, and the profile.
fn directory(server: &RedisServer) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("config.toml"), "[profile.asks]\nconfirm = true\n").unwrap();
    let lines = [3, 4].map(|number| {
        format!(
            r#"{{"type":"message","at":"2026-11-24T10:32:00.000001Z","channel":"ops","sequence":{number},"certainty":"exact","verdict":"unsigned","payload_base64":"ZXZ0Ojp7Im4iOjF9"}}"#
        )
    });
    let [from, to] = ["a.jsonl", "a.db"].map(|name| directory.path().join(name).to_str().unwrap().to_owned());
    fs::write(&from, lines.join("\n")).unwrap();
    assert_eq!(program(server, directory.path(), &["import", &from, "-o", &to]).wait_for_end(), 0);
    (directory, to)
}

#[test]
fn the_number_of_messages_is_typed_and_anything_else_sends_nothing() {
    let server = RedisServer::start();
    let (directory, file) = directory(&server);
    let words = ["publish", "--from", &file, "--channel", "ops", "--seq", "3..4", "--no-sign"];
    for wrong in ["\r", "y\r", "yes\r", "1\r", "22\r", "\x04"] {
        let mut screen = program(&server, directory.path(), &words);
        let shown = screen.wait_for("Type the number of messages to send them:");
        assert!(shown.contains("#3  evt  12 bytes  not signed") && shown.contains("2 messages for ops at "), "{shown}");
        screen.type_keys(wrong);
        screen.wait_for("nothing was sent");
        assert_eq!(screen.wait_for_end(), 1, "{wrong:?}");
    }
    assert_eq!(server.command::<Option<u64>>(&["GET", COUNTER]), None);
    let mut screen = program(&server, directory.path(), &words);
    screen.wait_for("Type the number of messages to send them:");
    screen.type_keys("2\r");
    screen.wait_for("published #2 on ops");
    assert_eq!(screen.wait_for_end(), 0);
    assert_eq!(server.command::<u64>(&["GET", COUNTER]), 2);
}

#[test]
fn a_profile_with_confirm_asks_before_one_message() {
    let server = RedisServer::start();
    let (directory, file) = directory(&server);
    let one = ["publish", "ops", "evt", "{\"n\":1}", "--no-sign"];
    for (answer, status) in [("n\r", 1), ("\r", 1), ("1\r", 1), ("y\r", 0)] {
        let mut screen = program(&server, directory.path(), &one);
        screen.wait_for("Send this on ops at ");
        screen.type_keys(answer);
        screen.wait_for(if status == 0 { "published #1 on ops" } else { "nothing was sent" });
        assert_eq!(screen.wait_for_end(), status, "{answer:?}");
    }
    // --yes answers both questions: that of the profile, and that after the list of messages.
    let again = ["publish", "--from", &file, "--channel", "ops", "--seq", "3..4", "--no-sign", "--yes"];
    let mut screen = program(&server, directory.path(), &again);
    let shown = screen.wait_for("published #3 on ops");
    assert!(!shown.contains("Type the number"), "{shown}");
    assert_eq!(screen.wait_for_end(), 0);
    assert_eq!(server.command::<u64>(&["GET", COUNTER]), 3);
}
