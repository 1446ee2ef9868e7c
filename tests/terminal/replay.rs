//! A recording on a real terminal.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aircheck::ledger::sequence::Channel;
use aircheck::recording::reader::RecordingReader;
use base64_simd::STANDARD;
use serde_json::json;

use super::console::{broadcast, console};
use super::support::{LIMIT, RedisServer};

const SIZE: (u16, u16) = (160, 40);

/// Records two messages with one that was not delivered between them.
fn record(server: &RedisServer, directory: &Path, file: &str) {
    let mut screen = console(server, directory, &["ops", "--record", file], SIZE);
    screen.wait_for("● live");
    broadcast(server, "ops", b"first::{\"n\":1}");
    screen.wait_for("#1");
    server.command::<()>(&["INCR", "system_broadcast_sequence_ops"]);
    screen.wait_for("1 counted, not received");
    broadcast(server, "ops", b"third::{\"n\":3}");
    screen.wait_for("#3");
    screen.type_keys("q");
    assert_eq!(screen.wait_for_end(), 0);
}

#[test]
fn an_acknowledgement_is_kept_for_replays_and_show_and_can_be_withdrawn() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.db");
    let file = file.to_str().unwrap();
    let mut screen = console(&server, directory.path(), &["ops", "--record", file], SIZE);
    screen.wait_for("● live");
    broadcast(&server, "ops", b"first::{\"n\":1}");
    screen.wait_for("#1");
    server.command::<()>(&["INCR", "system_broadcast_sequence_ops"]);
    screen.wait_for("1 counted, not received");
    screen.type_keys("3A");
    screen.wait_for("Kept for later runs.");
    screen.type_keys("told ops\r");
    screen.wait_for("✓ told ops");
    screen.type_keys("q");
    assert_eq!(screen.wait_for_end(), 0);

    let show = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aircheck"));
        command.args(["show", file]).args(arguments).env("AIRCHECK_STATE", directory.path().join("state.db"));
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (status, lines) = show(&["--format", "json"]);
    assert!(status == Some(1) && lines.contains("\"acknowledged_at\":\"20"), "{lines}");
    assert!(lines.contains("\"note\":\"told ops\"}"), "{lines}");
    let (status, lines) = show(&["--ignore-acknowledged"]);
    assert!(status == Some(0) && lines.contains("✓ acknowledged told ops\n"), "{lines}");
    assert_eq!(show(&["--channel", "ops", "--seq", "1-2", "--ignore-acknowledged"]).0, Some(0));

    let before = std::fs::read(file).unwrap();
    let mut screen = console(&server, directory.path(), &["replay", file, "--speed", "max"], SIZE);
    screen.wait_for("✓ told ops");
    screen.type_keys(":replay-start\r");
    screen.wait_for("✓ told ops");
    screen.type_keys("3:reopen\r");
    screen.wait_for("open again");
    screen.type_keys("q");
    assert_eq!(screen.wait_for_end(), 0);
    assert_eq!(std::fs::read(file).unwrap(), before, "a replay does not change the recording");
    let (status, lines) = show(&["--ignore-acknowledged"]);
    assert!(status == Some(1) && !lines.contains("acknowledged"), "{lines}");
}

#[test]
fn a_replay_shows_the_recording_and_sends_nothing() {
    let mut server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.db");
    let file = file.to_str().unwrap();
    record(&server, directory.path(), file);
    // A replay needs no server.
    server.stop();
    let mut screen = console(&server, directory.path(), &["replay", file, "--speed", "max"], SIZE);
    screen.wait_for(" at the end");
    let shown = screen.wait_for("third");
    assert!(
        shown.contains("▶ replay ")
            && !shown.contains("● live")
            && shown.contains("1 counted, not received")
            && shown.contains("#1"),
        "{shown}"
    );
    screen.type_keys("c");
    screen.wait_for("cannot send from a replay");
    screen.type_keys(" ");
    screen.wait_for("■ replay ");
    screen.type_keys(":replay-start\r");
    screen.wait_until("the beginning", |text| !text.contains("third") && text.contains("■ replay "));
    screen.type_keys(":replay-end\r");
    screen.wait_for("third");
    screen.type_keys("<");
    screen.wait_for("×600");
    screen.type_keys("q");
    assert_eq!(screen.wait_for_end(), 0);
}

/// Runs the program with these lines as its input.
fn run(directory: &Path, arguments: &[&str], lines: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aircheck"));
    command
        .args(arguments)
        .current_dir(directory)
        .env("HOME", directory)
        .env("AIRCHECK_STATE", directory.join("state.db"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{arguments:?}");
}

#[test]
fn a_replay_around_a_gap_that_a_merge_filled_is_paused_there() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    for (name, missed) in [("a.db", Some(3)), ("b.db", None)] {
        let line = |number: u64| {
            let at = format!("2026-11-24T10:32:0{number}.000000Z");
            if missed == Some(number) {
                json!({"type": "finding", "kind": "missed_disconnected", "channel": "ops", "sequence_from": number,
                    "sequence_to": number, "count": 1, "at": at, "reason": "EOF", "duration_micros": 5, "lower_bound": false})
            } else {
                json!({"type": "message", "at": at, "channel": "ops", "sequence": number, "certainty": "exact",
                    "verdict": "unsigned", "payload_base64": STANDARD.encode_to_string(format!("evt::{number}"))})
            }
        };
        let lines: Vec<String> = (1..=5).map(|number| line(number).to_string()).collect();
        run(directory.path(), &["import", "-", "-o", name], &lines.join("\n"));
    }
    run(directory.path(), &["merge", "a.db", "b.db", "-o", "merged.db"], "");
    let merged = directory.path().join("merged.db");
    let mut screen =
        console(&server, directory.path(), &["replay", merged.to_str().unwrap(), "--around", "last"], SIZE);
    let is_selected = |text: &str| text.lines().any(|line| line.contains('▸') && line.contains("#3 "));
    let shown =
        screen.wait_until("the gap's last message is selected", |text| text.contains("replay ") && is_selected(text));
    assert!(shown.contains("■ replay ") && !shown.contains("#4 "), "{shown}");
    screen.type_keys("q");
    assert_eq!(screen.wait_for_end(), 0);
    let arguments = ["replay", merged.to_str().unwrap(), "--around", "seq:2", "--channel", "ops"];
    let mut screen = console(&server, directory.path(), &arguments, SIZE);
    let is_selected = |text: &str| text.lines().any(|line| line.contains('▸') && line.contains("#2 "));
    let shown = screen.wait_until("#2 is selected", |text| text.contains("■ replay ") && is_selected(text));
    assert!(!shown.contains("#3 "), "{shown}");
}

#[test]
fn a_replay_around_a_finding_selects_it_and_is_paused() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.db");
    let file = file.to_str().unwrap();
    record(&server, directory.path(), file);
    let mut screen = console(&server, directory.path(), &["replay", file, "--around", "1"], SIZE);
    screen.wait_for("■ replay ");
    screen.wait_until("the finding's row is selected", |text| {
        text.lines().any(|line| line.contains('▸') && line.contains("counted, not received"))
    });
    let mut none = console(&server, directory.path(), &["replay", file, "--around", "2"], SIZE);
    none.wait_for("no finding 2; the recording has 1 finding");
    assert_eq!(none.wait_for_end(), 1);
}

#[test]
fn a_replay_follows_a_running_recording() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.db");
    let file = file.to_str().unwrap();
    let mut recorder = console(&server, directory.path(), &["ops", "--record", file], SIZE);
    recorder.wait_for("● live");
    broadcast(&server, "ops", b"first::1");
    recorder.wait_for("#1");
    let mut screen = console(&server, directory.path(), &["replay", file, "--speed", "max"], SIZE);
    screen.wait_for("first");
    broadcast(&server, "ops", b"second::2");
    screen.wait_for("second");
    screen.wait_for(" at the end");
}

#[test]
fn a_gap_is_backfilled_from_another_recording_without_changing_it() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let [whole, gap] = ["whole.db", "gap.db"].map(|name| directory.path().join(name).to_str().unwrap().to_owned());
    // Each console knows only the counters that it saw itself.
    let apart = tempfile::tempdir().unwrap();
    let mut all = console(&server, apart.path(), &["ops", "--record", &whole], SIZE);
    all.wait_for("● live");
    let mut some = console(&server, directory.path(), &["ops", "--record", &gap], SIZE);
    some.wait_for("● live");
    broadcast(&server, "ops", b"first::{\"n\":1}");
    some.wait_for("#1");
    some.type_keys("q");
    assert_eq!(some.wait_for_end(), 0);
    broadcast(&server, "ops", b"second::{\"n\":2}");
    broadcast(&server, "ops", b"third::{\"n\":3}");
    all.wait_for("#3");
    let (reader, ops) = (RecordingReader::open(whole.as_ref()).unwrap(), Channel::new(b"ops"));
    let deadline = Instant::now() + LIMIT;
    while reader.numbers(&ops, 1, (1, 3)).unwrap() != [(1, 3)] {
        assert!(Instant::now() < deadline, "#3 is not written");
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(reader);
    let mut some = console(&server, directory.path(), &["ops", "--record", &gap], SIZE);
    some.wait_for("2 missed");
    // While it watches and records.
    some.type_keys("3F");
    some.wait_for("look in");
    some.type_keys(&format!("\x15{whole}\r"));
    let shown = some.wait_for("2 of 2 found in whole.db");
    assert!(shown.contains("second") && shown.contains("third"), "{shown}");
    some.type_keys("j\r");
    some.wait_for("pinned, from the other recording");
    some.wait_until("Detail shows it", |text| text.contains("third") && text.contains("#3"));
    some.type_keys("q");
    assert_eq!(some.wait_for_end(), 0);
    all.type_keys("q");
    assert_eq!(all.wait_for_end(), 0);
    let before = std::fs::read(&whole).unwrap();

    // A replay offers the other recording, which is in the same directory.
    let mut screen = console(&server, directory.path(), &["replay", &gap, "--speed", "max"], SIZE);
    screen.wait_for(" at the end");
    screen.type_keys("3F");
    screen.wait_for("whole.db");
    screen.type_keys("\r");
    screen.wait_for("2 of 2 found in whole.db");
    screen.wait_for("The messages next to the gap are the same in both recordings.");
    screen.type_keys("\x1b");
    screen.wait_until("the list is closed", |text| !text.contains("next to the gap"));
    screen.type_keys("q");
    assert_eq!(screen.wait_for_end(), 0);
    assert_eq!(std::fs::read(&whole).unwrap(), before);
    assert!(!std::fs::read(&gap).unwrap().windows(5).any(|bytes| bytes == b"third"));
}
