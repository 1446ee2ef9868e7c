//! Whatever is received, only aircheck's own escape sequences reach the terminal.

use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use aircheck::commands::cli::Cli;
use clap::CommandFactory as _;
use portable_pty::CommandBuilder;
use regex::Regex;

use super::console::console;
use super::escape::assert_safe;
use super::peer::peer;
use super::pty::Pty;
use super::support::RedisServer;

/// Bytes that act on a terminal or deceive its reader. Without colons, so that they can be used in any part of a message.
fn hostile() -> Vec<Vec<u8>> {
    let marks = format!("e{}", "\u{301}".repeat(100_000));
    let mut all: Vec<Vec<u8>> = [
        "\x1b[2J\x1b[31m\x1b[?1049l\x1b]52;c;aGFja2Vk\x07\x1b]0;owned\x07",
        "\x1bP+q544e\x1b\\\x1b_apc\x1b\\\x1bc\x1b#8\x1b[6n\x1b[c",
        "\u{9b}31m\u{9d}52;c;aGFja2Vk\u{9c}\u{90}\u{85}",
        "bidi \u{202e}\u{2066}\u{2069}\u{200f} hidden \u{200b}\u{feff}\u{ad}\u{e0041}",
        "over\rwritten\n\x08\x7f\t\x00\x07\x0e\x0f",
        &marks,
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec();
    all.push(b"\xff\xfe\x9b31m\xc2\xed\xa0\x80\xf5".to_vec());
    all
}

/// The escape sequences that `aircheck` itself may write.
static OWN: LazyLock<Regex> = LazyLock::new(|| {
    let cursor = r"\x1b\[[0-9;]*[HABCDGdJKX]";
    let modes = r"\x1b\[\?(25|1000|1002|1003|1006|1015|1049|2004)[hl]";
    // The line of the recorder's progress is written over itself.
    let progress = r"\r◉ REC|\r\x1b\[K";
    Regex::new(&format!(r"\x1b\[[0-9;]*m|{progress}|{cursor}|{modes}|\x1b\]0;aircheck\x07|\r\n")).unwrap()
});

/// The bytes are text, our own sequences, and nothing else.
fn assert_own(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).unwrap();
    for piece in OWN.split(text) {
        assert_safe(piece);
    }
}

/// A broadcast as bytes, on a channel of bytes.
fn broadcast(server: &RedisServer, channel: &[u8], payload: &[u8]) {
    let key = [b"system_broadcast_sequence_", channel].concat();
    redis::pipe().atomic().publish(channel, payload).incr(key, 1).exec(&mut server.connection(0).unwrap()).unwrap();
}

/// Each hostile text as name, key name, algorithm, timestamp, data and channel.
fn broadcast_all(server: &RedisServer) {
    for text in hostile() {
        let at = |before: &[u8], after: &[u8]| [before, &text[..], after].concat();
        let json: String = String::from_utf8_lossy(&text).into_owned();
        broadcast(server, b"ops", &at(b"", b"::1"));
        broadcast(server, b"ops", &at(b"evt:sha256|", b"|1795516352|00:[1]"));
        broadcast(server, b"ops", &at(b"evt:", b"|default|1795516352|00:[1]"));
        broadcast(server, b"ops", &at(b"evt:sha256|default|", b"|00:[1]"));
        broadcast(server, b"ops", &at(b"evt::", b""));
        broadcast(server, b"ops", format!("evt::{}", serde_json::Value::from(json)).as_bytes());
        broadcast(server, &text, b"evt::[1]");
        // A finding that names the channel.
        let () = redis::cmd("INCR")
            .arg([b"system_broadcast_sequence_", &text[..]].concat())
            .query(&mut server.connection(0).unwrap())
            .unwrap();
    }
}

#[test]
fn no_message_acts_on_the_consoles_terminal() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let mut screen = console(&server, directory.path(), &["*"], (140, 50));
    screen.wait_for("live");
    broadcast_all(&server);
    broadcast(&server, b"ops", b"last::");
    screen.wait_for("last");
    // Visits each pane, the views of each message, and the menus. The waits prove that the console still responds.
    for pane in ["1", "2", "3", "4", "5"] {
        screen.type_keys(pane);
        screen.type_keys("\x1b[A\x1b[A\rv\x1b[Bv\x1b[Bv\x1b[B");
    }
    let asked = Instant::now();
    screen.type_keys("2?");
    screen.wait_for("show the selected row in Detail");
    assert!(asked.elapsed() < Duration::from_secs(5), "a frame takes too long: {:?}", asked.elapsed());
    screen.type_keys("\x03");
    screen.wait_for_end();
    assert_own(&screen.bytes());
}

/// Runs a script of commands on a terminal; what they wrote.
fn written(directory: &Path, url: &str, script: &str) -> Vec<u8> {
    let mut command = CommandBuilder::new("bash");
    command.args([
        "-c",
        &format!("{}; echo 'the end'; read line", script.replace("aircheck", env!("CARGO_BIN_EXE_aircheck"))),
    ]);
    command.env("AIRCHECK_URL", url);
    command.env("AIRCHECK_SIGNING_KEY", "s3cret");
    command.env("HOME", directory);
    command.env("TZ", "UTC");
    command.env_remove("XDG_CONFIG_HOME");
    command.env_remove("NO_COLOR");
    command.cwd(directory);
    let mut screen = Pty::start(command, (140, 50));
    screen.wait_for("the end");
    let bytes = screen.bytes();
    screen.type_keys("\n");
    screen.wait_for_end();
    bytes
}

#[test]
fn no_command_prints_control_sequences() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    for (number, text) in hostile().iter().enumerate() {
        std::fs::write(path.join(format!("payload{number}")), [b"evt:sha256|", &text[..], b"|1|00:[1]"].concat())
            .unwrap();
    }
    let (url, running) = (server.url(), path.clone());
    let watching = std::thread::spawn(move || {
        written(&running, &url, "aircheck record '?*' -o all.db & aircheck tail '*' --idle 3s; kill -INT $!; wait $!")
    });
    server.wait_for(&["PUBSUB", "NUMPAT"], |answer| *answer == redis::Value::Int(2));
    broadcast_all(&server);
    let told = watching.join().unwrap();
    assert!(String::from_utf8_lossy(&told).contains("\\x1b]52;c;aGFja2Vk\\x07"), "the escape is shown as text");
    assert_own(&told);
    let script = "aircheck channels; aircheck show all.db; aircheck show all.db --format json; \
        for payload in payload*; do aircheck inspect < $payload; done; \
        aircheck check $'a\\x1b[31m\\xff'; aircheck publish ops $'evt\\x1b[31m\\u202e' '{'; aircheck publish $'a\\x1b[31m' evt; \
        aircheck tail --filter $'name:\\x1b[31m[' ops; aircheck --profile $'\\x1b[31m' channels; \
        aircheck --config $'/no\\x1b[31mwhere' channels; aircheck show $'\\x1b[31m'; aircheck $'--\\x1b[31m'";
    assert_own(&written(&path, &server.url(), script));
}

#[test]
fn no_server_reply_acts_on_the_terminal() {
    for text in hostile() {
        // A line feed would end the server's words.
        let words = String::from_utf8_lossy(&text).replace(['\r', '\n'], " ");
        let words = words.chars().take(2000).collect::<String>();
        let url = peer(move |mut peer, number| match number % 3 {
            // The console or tail: the counter is rejected, and then everything.
            0 => {
                peer.greet();
                peer.accept(1);
                peer.message("ops", "evt::1");
                while peer.command().is_some_and(|command| command[0] == "MGET") {
                    peer.send(format!("-NOPERM {words}\r\n"));
                }
                peer.send(format!("-ERR {words}\r\n"));
            }
            _ => {
                while peer.command().is_some() {
                    peer.send(format!("-ERR {words}\r\n"));
                }
            }
        });
        let directory = tempfile::tempdir().unwrap();
        let script = "aircheck tail ops --for 2s; aircheck channels; aircheck check ops; aircheck publish ops evt";
        assert_own(&written(directory.path(), &url, script));
    }
}

#[test]
fn no_file_name_in_the_arguments_acts_on_the_terminal() {
    // What clap itself colours an error with, and nothing else.
    let own = Regex::new(r"\x1b\[(0|1|4|3[123])m|\r\n").unwrap();
    let directory = tempfile::tempdir().unwrap();
    for name in ["\x1b]52;c;aGFja2Vk\x07", "--\x1b[7m\x1b[2J", "\u{9d}0;owned\u{9c}", "\u{202e}\u{200b}"] {
        std::fs::write(directory.path().join(name), "").unwrap();
    }
    let program = Cli::command();
    let commands =
        program.get_subcommands().map(|command| format!("aircheck {} --no-such-option *; ", command.get_name()));
    let script = format!("aircheck show *; aircheck show -- *; aircheck * show; {}:", commands.collect::<String>());
    let bytes = written(directory.path(), "redis://127.0.0.1:1", &script);
    let text = String::from_utf8(bytes).unwrap();
    own.split(&text).for_each(assert_safe);
    assert!(text.contains(r"\x1b]52;c;aGFja2Vk\x07"), "the name is shown escaped: {text}");
}
