//! Recording while watching, on a real terminal.

use aircheck::ledger::finding::FindingKind;
use aircheck::ledger::interval::{Entry, LinkState};
use aircheck::recording::reader::RecordingReader;

use super::console::{broadcast, console};
use super::support::RedisServer;

const SIZE: (u16, u16) = (160, 40);

#[test]
fn a_key_starts_and_stops_recording() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.db");
    let mut screen = console(&server, directory.path(), &["ops"], SIZE);
    screen.wait_for("● live");
    broadcast(&server, "ops", b"before::1");
    screen.wait_for("#1");
    screen.type_keys("r");
    screen.wait_for("record to aircheck.db");
    screen.type_keys("\x15~/a.db\r");
    screen.wait_for("◉ REC");
    broadcast(&server, "ops", b"recorded::2");
    screen.wait_for("#2");
    screen.type_keys("r");
    screen.wait_for("Stop recording?");
    screen.type_keys("y");
    screen.wait_for("recorded 1 message to ");
    broadcast(&server, "ops", b"between::3");
    screen.wait_for("#3");
    screen.type_keys("r");
    screen.wait_for("◉ REC");
    broadcast(&server, "ops", b"again::4");
    screen.wait_for("#4");

    // A second recorder on this file is rejected before it changes the terminal.
    let path = file.to_str().unwrap();
    let mut second = console(&server, directory.path(), &["ops", "--record", path], SIZE);
    second.wait_for("is being recorded by another process");
    assert_eq!(second.wait_for_end(), 2);

    screen.type_keys("\x03");
    assert_eq!(screen.wait_for_end(), 0);
    let page = RecordingReader::open(&file).unwrap().forward(0, 100).unwrap();
    let entries = page.interval.entries().iter();
    let told: Vec<String> = entries
        .filter_map(|entry| match entry {
            Entry::Message(message) => Some(String::from_utf8(page.interval.payload(message).to_vec()).unwrap()),
            Entry::Finding(finding) => {
                assert_eq!(finding.kind, FindingKind::MissedNotRunning);
                Some(format!("missed {:?} {:?}", finding.sequence_from, finding.sequence_to))
            }
            Entry::Link(link) => {
                assert!(link.state == LinkState::Connected && link.server.is_some());
                Some("connected".to_owned())
            }
            _ => None,
        })
        .collect();
    assert_eq!(told, ["connected", "recorded::2", "connected", "missed Some(3) Some(3)", "again::4"]);
}

#[test]
fn the_record_option_records_from_the_start() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("b.db");
    let mut screen = console(&server, directory.path(), &["ops", "--record", file.to_str().unwrap()], SIZE);
    screen.wait_for("◉ REC");
    screen.wait_for("● live");
    broadcast(&server, "ops", b"evt::1");
    screen.wait_for("#1");
    screen.type_keys("q");
    assert_eq!(screen.wait_for_end(), 0);
    let overview = RecordingReader::open(&file).unwrap().overview().unwrap();
    assert_eq!((overview.messages, overview.not_recorded), (1, 0));
}

#[test]
fn after_a_kill_the_console_shows_what_the_recording_lacks() {
    let server = RedisServer::start();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("k.db");
    let arguments = ["ops", "--record", file.to_str().unwrap()];
    let mut screen = console(&server, directory.path(), &arguments, SIZE);
    screen.wait_for("◉ REC");
    screen.wait_for("● live");
    broadcast(&server, "ops", b"evt::1");
    let reader = RecordingReader::open(&file).unwrap();
    screen.wait_until("the first message is recorded", |_| reader.overview().unwrap().messages == 1);
    let killed = std::process::Command::new("kill").args(["-9", &screen.pid().to_string()]).status().unwrap();
    assert!(killed.success());
    screen.wait_for_end();
    for payload in [b"evt::2", b"evt::3"] {
        broadcast(&server, "ops", payload);
    }
    let mut screen = console(&server, directory.path(), &arguments, SIZE);
    let text = screen.wait_for("recorder killed");
    assert!(text.contains("2 missed") && text.contains("#2–3") && !text.contains("not running"), "{text}");
    screen.type_keys("\x03");
    assert_eq!(screen.wait_for_end(), 0);
}
