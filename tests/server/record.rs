//! The recorder with a real server: the content of the file, and the behaviour after errors.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod disk;
mod log;
pub(crate) mod program;
pub(crate) mod service;
mod show;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Instant;

use aircheck::console::popups::backfill::GapQuery;
use aircheck::console::runtime::backfill;
use aircheck::ledger::finding::FindingKind;
use aircheck::ledger::interval::{Entry, LinkState};
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::redis::subscription::now_micros;
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};

use self::program::{Studio, sql};
use crate::listening::{PREFIX, broadcast};
use crate::support::{LIMIT, RedisServer};

/// Sends a broadcast of any bytes on a channel of any bytes.
pub(crate) fn broadcast_bytes(connection: &mut redis::Connection, channel: &[u8], payload: &[u8]) {
    let key = [PREFIX.as_bytes(), channel].concat();
    redis::pipe().atomic().publish(channel, payload).ignore().incr(key, 1).ignore().exec(connection).unwrap();
}

fn hostile() -> Vec<Vec<u8>> {
    let mut payloads = vec![
        Vec::new(),
        b"evt".to_vec(),
        b":::".to_vec(),
        b"\x00::\x00".to_vec(),
        b"\xff\xfe:\x80|\xc0|1|\xff:{\"a\":\"\\ud800\"}".to_vec(),
        "\u{202e}evt::\"\u{1b}]52;c;aGk=\u{7}\"".into(),
        b"evt::'; DROP TABLE message; --".to_vec(),
        (0..=255).collect(),
        vec![b'x'; 3 << 20],
    ];
    payloads.extend((0..300_usize).map(|length| (0..length).map(|_| fastrand::u8(..)).collect()));
    payloads
}

#[test]
fn recorded_payloads_equal_those_sent() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["h*", "-o", "a.db"]);
    recorder.wait_for(&["event=link", "state=connected"]);
    let payloads = hostile();
    let channels: [&[u8]; 2] = [b"h\xff\x00\x1b[31m", b"hop"];
    let mut connection = server.connection(0).unwrap();
    for payload in &payloads {
        for channel in channels {
            broadcast_bytes(&mut connection, channel, payload);
        }
    }
    recorder.wait_for_committed(2 * payloads.len() as u64);
    // Everything can be read while the recorder runs.
    let reader = studio.reader("a.db");
    for channel in channels.map(Channel::new) {
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let (page, next) = reader.by_sequence(&channel, 1, (1, u64::MAX), cursor, 50).unwrap();
            for entry in page.interval.entries() {
                let Entry::Message(message) = entry else { panic!("{entry:?}") };
                assert_eq!(*page.interval.channel(message), channel);
                assert_eq!(message.sequence, Sequence::Exact(found.len() as u64 + 1));
                found.push(page.interval.payload(message).to_vec());
            }
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert!(found == payloads, "{channel:?}: {} of {} messages", found.len(), payloads.len());
    }
    assert!(recorder.end().success());
    for name in ["a.db", "a.db-lock"] {
        assert_eq!(fs::metadata(studio.path(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    let overview = reader.overview().unwrap();
    assert_eq!(overview.messages, 2 * payloads.len() as u64);
    assert_eq!(overview.payload_bytes, 2 * payloads.iter().map(Vec::len).sum::<usize>() as u64);
}

#[test]
fn messages_missed_between_two_runs_are_reported_exactly() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["state=connected"]);
    broadcast(&server, "ops", "one");
    recorder.wait_for_committed(1);
    assert!(recorder.end().success());
    // Another process saves later counters of this server. Only the counters in the recording count.
    broadcast(&server, "ops", "two");
    assert!(studio.output(&["check", "ops", "--save"]).status.code() == Some(1));
    broadcast(&server, "ops", "three");
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["state=connected"]);
    broadcast(&server, "ops", "four");
    recorder.wait_for_committed(1);
    assert!(recorder.end().success());
    let reader = studio.reader("a.db");
    let page = reader.forward(0, 1000).unwrap();
    let findings: Vec<_> = page
        .interval
        .entries()
        .iter()
        .filter_map(|entry| match entry {
            Entry::Finding(finding) => Some((finding.kind, finding.sequence_from, finding.sequence_to, finding.count)),
            _ => None,
        })
        .collect();
    assert_eq!(findings, [(FindingKind::MissedNotRunning, Some(2), Some(3), Some(2))]);
    let connected = page.interval.entries().iter().filter_map(|entry| match entry {
        Entry::Link(link) if link.state == LinkState::Connected => link.server.clone(),
        _ => None,
    });
    assert!(connected.clone().count() == 2 && connected.into_iter().all(|server| server.role == "primary"));
    let sessions = reader.sessions().unwrap();
    assert!(sessions.len() == 2 && sessions.iter().all(|session| session.is_clean && !session.host.is_empty()));
    assert_eq!(sessions[0].target, server.url().trim_start_matches("redis://"));
}

#[test]
fn a_second_recorder_is_rejected_until_the_first_has_ended() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut first = studio.record(&["ops", "-o", "a.db"]);
    first.wait_for(&["event=started"]);
    let second = studio.output(&["record", "ops", "-o", "a.db"]);
    let error = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(2));
    assert!(error.starts_with("aircheck: a.db is being recorded by another process ("), "{error}");
    first.kill();
    let mut third = studio.record(&["ops", "-o", "a.db"]);
    third.wait_for(&["state=connected"]);
    assert!(third.end().success());
}

#[test]
fn other_files_are_rejected_and_left_unchanged() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    fs::write(studio.path("text"), "no database at all, but a long enough text to be looked at\n".repeat(100)).unwrap();
    sql(&studio.path("other.db")).execute_batch("CREATE TABLE other (a)").unwrap();
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["event=started"]);
    assert!(recorder.end().success());
    let elsewhere = RedisServer::start();
    let other = elsewhere.url();
    for (words, error) in [
        (&["record", "ops", "-o", "text"][..], "cannot record to text: file is not a database"),
        (&["record", "ops", "-o", "other.db"], "other.db is not a recording; choose another file"),
        (&["show", "other.db"], "other.db is not a recording; choose another file"),
        (&["show", "."], ". is a directory; name a recording in it"),
        (&["show", "none.db"], "cannot read none.db: No such file or directory (os error 2)"),
        (&["record", "ops", "-o", "none/a.db"], "cannot record to none/a.db: No such file or directory"),
        (&["record", "ops", "-o", "a.db", "--url", &other], "a.db is a recording of redis://127.0.0.1:"),
        (&["record", "ops", "-o", "b.db", "--max-size", "10k"], "--max-size: 9.8 KiB is too small for a recording"),
        (&["record", "-o", "b.db"], "no channel: name one, e.g. `aircheck record ops -o ops.db`"),
    ] {
        let before = fs::read(studio.path("other.db")).unwrap();
        let ended = studio.output(words);
        let error_text = String::from_utf8(ended.stderr).unwrap();
        assert!(ended.status.code() == Some(2) && error_text.contains(error), "{words:?}: {error_text}");
        assert_eq!(fs::read(studio.path("other.db")).unwrap(), before);
    }
}

#[test]
fn a_new_file_is_created_after_the_recording_is_moved() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["state=connected"]);
    broadcast(&server, "ops", "one");
    recorder.wait_for_committed(1);
    fs::rename(studio.path("a.db"), studio.path("b.db")).unwrap();
    broadcast(&server, "ops", "two");
    recorder.wait_for_committed(2);
    assert!(recorder.end().success());
    for (name, payload) in [("b.db", "one"), ("a.db", "two")] {
        let payloads: Vec<Vec<u8>> = sql(&studio.path(name))
            .prepare("SELECT payload FROM message")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(payloads, [payload.as_bytes()], "{name}");
    }
}

#[test]
fn a_reload_applies_new_keys_and_channels() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let config = |channels: &str, key: &str| {
        let text = format!(
            "default_profile = \"p\"\n[profile.p]\nchannels = {channels}\n[profile.p.signing]\nkey = {{ value = \"{key}\" }}"
        );
        let file = studio.path("config.toml");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    };
    let send = |channel: &str, key: &str| {
        let keyring = Keyring::new(KeyringSettings {
            signing_key: Some(Secret::new(key.as_bytes().to_vec())),
            ..KeyringSettings::default()
        });
        let now = aircheck::redis::subscription::now_micros() / 1_000_000;
        let payload = keyring.payload(b"evt", b"", &SignWith::SigningKey, now).unwrap();
        broadcast_bytes(&mut server.connection(0).unwrap(), channel.as_bytes(), &payload);
    };
    let (old, new) = ("the-old-horse-battery", "the-new-horse-battery");
    config("[\"ops\"]", old);
    let mut recorder = studio.record(&["-o", "a.db", "--config", "config.toml"]);
    recorder.wait_for(&["state=connected"]);
    send("ops", old);
    send("ops", new);
    recorder.wait_for_committed(2);
    config("nonsense", new);
    recorder.signal("-HUP");
    recorder.wait_for(&["event=not_reloaded", "config.toml"]);
    config("[\"ops\", \"more\"]", new);
    recorder.signal("-HUP");
    recorder.wait_for(&["event=reloaded"]);
    send("ops", old);
    send("ops", new);
    // The first message on an added channel confirms its subscription.
    let mut committed = 4;
    recorder.wait_for_committed(committed);
    while server.command::<(String, u64)>(&["PUBSUB", "NUMSUB", "more"]).1 == 0 {
        std::thread::yield_now();
    }
    send("more", new);
    committed += 1;
    recorder.wait_for_committed(committed);
    assert!(recorder.end().success());
    let verdicts: Vec<(String, String)> = sql(&studio.path("a.db"))
        .prepare("SELECT channel, verdict FROM messages ORDER BY id")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let verdicts: Vec<(&str, &str)> = verdicts.iter().map(|(channel, verdict)| (&**channel, &**verdict)).collect();
    assert_eq!(
        verdicts,
        [("ops", "verified"), ("ops", "rejected"), ("ops", "rejected"), ("ops", "verified"), ("more", "verified")]
    );
    for file in ["a.db", "a.db-wal", "counters.db"] {
        let bytes = fs::read(studio.path(file)).unwrap_or_default();
        let secret = b"horse-battery";
        assert!(!bytes.windows(secret.len()).any(|window| window == secret), "a key is in {file}");
    }
}

/// Waits until `check` reports that nothing was missed.
fn wait_for_nothing_missed(studio: &Studio) {
    let deadline = Instant::now() + LIMIT;
    loop {
        let output = studio.output(&["check", "ops"]);
        if output.status.success() {
            return;
        }
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(Instant::now() < deadline, "still: {output}");
    }
}

#[test]
fn the_last_counter_of_a_burst_is_saved_although_nothing_follows() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["state=connected"]);
    // One transaction of the recorder after the other, so that the counters of most of them must wait to be saved.
    for number in 1..=5 {
        assert_eq!(broadcast(&server, "ops", "evt"), number);
        recorder.wait_for(&["event=committed"]);
    }
    wait_for_nothing_missed(&studio);
    assert!(recorder.end().success());
}

#[test]
fn check_waits_for_a_recorder_that_has_not_saved_the_last_counter() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["state=connected"]);
    broadcast(&server, "ops", "evt");
    wait_for_nothing_missed(&studio);
    std::thread::scope(|scope| {
        let checks = scope.spawn(|| {
            for _ in 0..5 {
                let output = studio.output(&["check", "ops", "--save"]);
                assert!(output.status.success(), "{output:?}");
                // The recorder may be ahead of the counter that was read, which is no reset.
                let output = studio.output(&["check", "ops", "--last-seen", "1", "--in", "a.db"]);
                let output = String::from_utf8(output.stdout).unwrap();
                assert!(output.contains(" missed: #2–") && !output.contains('≥'), "{output}");
            }
        });
        while !checks.is_finished() {
            broadcast(&server, "ops", "evt");
        }
    });
    assert!(recorder.end().success());
    // Without a recorder, check does not wait.
    broadcast(&server, "ops", "evt");
    assert_eq!(studio.output(&["check", "ops"]).status.code(), Some(1));
}

#[test]
fn the_last_messages_of_a_recorder_have_exact_numbers() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["state=connected"]);
    let recorder = std::thread::scope(|scope| {
        let publishing = scope.spawn(|| {
            for number in 1..=200 {
                assert_eq!(broadcast(&server, "ops", "evt"), number);
            }
        });
        recorder.wait_for(&["event=committed"]);
        let end = recorder.end();
        publishing.join().unwrap();
        end
    });
    assert!(recorder.success());
    let inexact = "SELECT count(*) FROM messages WHERE certainty <> 'exact'";
    assert_eq!(sql(&studio.path("a.db")).query_row(inexact, [], |row| row.get(0)), Ok(0));
}

#[test]
fn a_recording_in_progress_is_found_in_its_directory() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["state=connected"]);
    broadcast(&server, "ops", "evt");
    recorder.wait_for_committed(1);
    let gap = GapQuery { row_id: 1, channel: Channel::new(b"ops"), range: (1, 2), at: 0, neighbours: Vec::new() };
    let found = backfill::look(studio.directory.path().to_str().unwrap(), &gap, &[]).unwrap();
    assert_eq!((found.found, &found.supplied[..]), (1, &[("a.db".to_owned(), vec![(1, 1)])][..]));
    assert!(recorder.end().success());
}

#[test]
fn a_recording_knows_until_when_it_was_subscribed() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["event=link", "state=connected"]);
    broadcast_bytes(&mut server.connection(0).unwrap(), b"ops", b"evt::");
    recorder.wait_for_committed(1);
    let end = now_micros();
    assert!(recorder.end().success());
    let connection = sql(&studio.path("a.db"));
    let known_until: i64 =
        connection.query_row("SELECT counter_unix_micros FROM channel", [], |row| row.get(0)).unwrap();
    assert!(known_until >= end, "the time between the last message and the end counts as not running");
}
