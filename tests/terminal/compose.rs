//! Compose on a real terminal: the editor, what is kept, and many messages.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;

use super::pty::Pty;
use super::support::RedisServer;

const SIZE: (u16, u16) = (120, 40);

/// The console on `ops`, with a configuration and an editor.
fn console(server: &RedisServer, directory: &Path, config: &str, editor: &str) -> Pty {
    let file = directory.join("config.toml");
    fs::write(
        &file,
        format!("default_profile = \"p\"\n[profile.p]\nurl = \"{}\"\nchannels = [\"ops\"]\n{config}", server.url()),
    )
    .unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_aircheck"));
    command.args(["--config".as_ref(), file.as_os_str()]);
    command.env("AIRCHECK_SIGNING_KEY", "s3cret");
    command.env("OWN_KEY", "0wn s3cret");
    command.env("AIRCHECK_STATE", directory.join("state/counters.db"));
    command.env("VISUAL", editor);
    command.env("HOME", directory);
    command.env("TMPDIR", directory);
    command.env_remove("XDG_CONFIG_HOME");
    command.env_remove("NO_COLOR");
    Pty::start(command, SIZE)
}

fn script(directory: &Path, text: &str) -> PathBuf {
    let path = directory.join("editor.sh");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    path
}

/// Opens Compose, types a message name, and moves to the data.
fn compose(screen: &mut Pty, name: &str) {
    screen.wait_for("● live");
    screen.type_keys("c");
    screen.wait_for("Ctrl-S send");
    screen.type_keys(name);
    screen.type_keys("\r");
    screen.wait_until("the name", |text| text.contains(name));
}

#[test]
fn the_editor_gets_terminal_keys_and_text_but_no_secret() {
    let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let editor = script(
        directory.path(),
        r#"env > env; stat -c %a "$2" > mode; stat -c %a "$(dirname "$2")" >> mode; cp "$2" before
printf '%s' "$1" > argument; stty sane; echo "type a line"; read line
printf '{"typed": "%s"}\n' "$line" > "$2""#,
    );
    let editor = format!("cd {} && {} 'an argument'", directory.path().display(), editor.display());
    let config = "signing.key = { env = \"OWN_KEY\" }\n";
    let mut screen = console(&server, directory.path(), config, &editor);
    compose(&mut screen, "edited");
    screen.type_keys("[1]");
    screen.wait_for("valid JSON");
    screen.type_keys("\x1be");
    screen.wait_for("type a line");
    assert!(!screen.screen().alternate_screen(), "the editor has the terminal");
    // Keys of the console, and Ctrl-S: they are the editor's now.
    screen.type_keys("every key of qcq\n");
    screen.wait_for("every key of qcq");
    screen.wait_until("the text in Compose", |text| {
        text.contains(r#"{"typed": "every key of qcq"}"#) && text.contains("valid JSON")
    });
    assert!(screen.screen().alternate_screen(), "the terminal is the console's again");
    let read = |name: &str| fs::read_to_string(directory.path().join(name)).unwrap();
    assert_eq!(
        (read("before").as_str(), read("argument").as_str(), read("mode").as_str()),
        ("[1]\n", "an argument", "600\n700\n")
    );
    let env = read("env");
    assert!(env.contains("AIRCHECK_STATE="), "{env}");
    for secret in ["s3cret", "AIRCHECK_SIGNING_KEY", "OWN_KEY", "AIRCHECK_URL"] {
        assert!(!env.contains(secret), "{secret} reached the editor");
    }
    let left: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("aircheck-"))
        .collect();
    assert_eq!(left, [""; 0], "the file is removed");
    screen.type_keys("\x13");
    screen.wait_for("sent #1 on ops");
}

#[test]
fn an_editor_that_fails_changes_nothing() {
    let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let mut screen = console(&server, directory.path(), "", "/nowhere/editor");
    compose(&mut screen, "edited");
    screen.type_keys("[17]\x1be");
    screen.wait_for("the editor failed (exit status: 127)");
    screen.wait_for("[17]");
    screen.type_keys("\x03");
    assert_eq!(screen.wait_for_end(), 0);
}

#[test]
fn suspending_the_editor_suspends_the_console() {
    let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let editor = script(
        directory.path(),
        "stty sane; echo in the editor; read line; kill -TSTP 0; echo continued; read line; printf '[\"%s\"]' \"$line\" > \"$1\"",
    );
    let program = env!("CARGO_BIN_EXE_aircheck");
    let script = format!(
        "set -m; {program} --url {} ops; echo; echo it was stopped; read line; fg; echo after:$?; read line",
        server.url()
    );
    let mut command = CommandBuilder::new("bash");
    command.args(["-c", &script]);
    command.env("AIRCHECK_STATE", directory.path().join("state.db"));
    command.env("HOME", directory.path());
    command.env("VISUAL", &editor);
    let mut screen = Pty::start(command, SIZE);
    compose(&mut screen, "edited");
    screen.type_keys("\x1be");
    screen.wait_for("in the editor");
    screen.type_keys("\n");
    screen.wait_for("it was stopped");
    screen.type_keys("\n");
    screen.wait_for("continued");
    screen.type_keys("typed after\n");
    screen.wait_until("the text in Compose", |text| text.contains(r#"["typed after"]"#) && text.contains("valid JSON"));
    screen.type_keys("\x03");
    screen.wait_for("after:0");
}

#[test]
fn the_next_run_has_the_history_without_keys_and_signatures() {
    let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let mut screen = console(&server, directory.path(), "", "false");
    compose(&mut screen, "kept-message");
    screen.type_keys("{\"n\": 1}\x13");
    screen.wait_for("sent #1 on ops");
    screen.wait_until("the echo", |text| text.contains("echo") && text.contains("verified"));
    screen.type_keys("\x03");
    assert_eq!(screen.wait_for_end(), 0);
    let file = directory.path().join("state/history.jsonl");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let kept = fs::read_to_string(&file).unwrap();
    assert!(kept.contains("kept-message") && kept.contains("\"key\":\"default\""), "{kept}");
    assert!(!kept.contains("s3cret") && !kept.contains("sha256"), "{kept}");
    let mut screen = console(&server, directory.path(), "", "false");
    screen.wait_for("● live");
    screen.type_keys("c\x10");
    screen.wait_for("Sent before");
    screen.type_keys("kept\r");
    screen.wait_for("valid JSON");
    screen.type_keys("\x13");
    screen.wait_for("sent #2 on ops");
}

#[test]
fn a_series_sends_each_message_with_its_own_values() {
    let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let mut connection = server.connection(0).unwrap();
    let mut subscription = connection.as_pubsub();
    subscription.subscribe("ops").unwrap();
    let config = "[profile.p.templates.tick]\nname = \"tick\"\ndata = '{\"n\":{{seq}},\"id\":\"{{uuid}}\"}'\n";
    let mut screen = console(&server, directory.path(), config, "false");
    screen.wait_for("● live");
    screen.type_keys("c\x14");
    screen.wait_for("Templates of the profile");
    screen.type_keys("\r");
    screen.wait_for("template tick");
    screen.type_keys("\x12");
    screen.wait_for("how many");
    // As fast as the server takes them.
    screen.type_keys("\x15\x7f\x7f250\t\x7f\r");
    screen.wait_for("Send 250 messages to p?");
    screen.type_keys("y");
    screen.wait_for("Really send without a limit to p?");
    // A press within a second of the first one could be a key that is held down.
    let asked = Instant::now();
    screen.wait_until("more than a second", |_| asked.elapsed() > Duration::from_millis(1_500));
    screen.type_keys("y");
    screen.wait_for("✓ all sent");
    screen.wait_for("received 250 of 250, 250 verified");
    screen.wait_for("echo median ");
    let mut ids = std::collections::HashSet::new();
    for number in 1..=250 {
        let payload = subscription.get_message().unwrap().get_payload::<String>().unwrap();
        assert!(payload.starts_with("tick:sha256|default|"), "{payload}");
        let (_, data) = payload.split_once(":{").unwrap();
        assert!(data.starts_with(&format!("\"n\":{number},")), "{payload}");
        assert!(ids.insert(data.to_owned()));
    }
    assert_eq!(server.command::<u64>(&["GET", "system_broadcast_sequence_ops"]), 250);
    screen.type_keys("\x1b");
    screen.wait_until("the marks of own messages", |text| text.contains('»') && !text.contains("Sent to p"));
    screen.type_keys("\x0f");
    screen.wait_until("one entry", |text| text.contains("1 sent") && text.contains("ops · sent 250 of 250"));
    screen.type_keys("\x03");
    screen.wait_until("the list closed", |text| !text.contains("1 sent"));
    screen.type_keys("\x03");
    assert_eq!(screen.wait_for_end(), 0);
    let kept = fs::read_to_string(directory.path().join("state/history.jsonl")).unwrap();
    assert_eq!((kept.lines().count(), kept.contains("\"sequence\":1,")), (1, true), "{kept}");
}

#[test]
fn a_series_is_stopped_by_a_key_and_by_the_first_error() {
    let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let mut screen = console(&server, directory.path(), "confirm = true\n", "false");
    compose(&mut screen, "evt");
    screen.type_keys("\x12");
    screen.wait_for("how many");
    screen.type_keys("\x7f\x7f1000\t\x7f20\r");
    screen.wait_for("Send 1 000 messages");
    screen.type_keys("y");
    screen.wait_until("some were sent", |text| text.contains("last #3 ") || text.contains("last #4 "));
    screen.type_keys("\x03");
    let text = screen.wait_for("stopped:");
    assert!(text.contains("of 1 000"), "{text}");
    let sent = server.command::<u64>(&["GET", "system_broadcast_sequence_ops"]);
    assert!((3..900).contains(&sent), "{sent}");
    screen.type_keys("\x03");
    screen.wait_until("the numbers put away", |text| !text.contains("failed 0"));
    server.command::<()>(&["ACL", "SETUSER", "default", "-publish"]);
    screen.type_keys("\x12");
    screen.wait_for("how many");
    screen.type_keys("\r");
    screen.wait_for("Send 10 messages");
    screen.type_keys("y");
    screen.wait_for("stopped at the first error");
    screen.wait_for("failed 1");
    assert_eq!(server.command::<u64>(&["GET", "system_broadcast_sequence_ops"]), sent);
}
