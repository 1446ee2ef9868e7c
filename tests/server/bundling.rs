//! `bundle` as a user runs it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use aircheck::console::app::replay::Speed;
use aircheck::console::runtime::player::{Begin, Player};
use aircheck::recording::reader::RecordingReader;
use serde_json::json;

use crate::world::World;

/// Creates a recording of `ops` #1 to #9, one per second. #4 to #6 are missed. Returns its path.
fn recording(world: &World) -> String {
    let lines = (1..=9).filter(|number| !(4..6).contains(number)).map(|number| match number {
        6 => json!({
            "type": "finding", "kind": "missed_disconnected", "channel": "ops", "sequence_from": 4, "sequence_to": 6, "count": 3,
            "at": "2026-11-24T10:32:06.000000Z", "reason": "EOF", "duration_micros": 2_000_000, "lower_bound": false,
        }),
        _ => json!({
            "type": "message", "at": format!("2026-11-24T10:32:0{number}.000000Z"), "channel": "ops", "sequence": number, "certainty": "exact",
            "verdict": "unsigned", "payload_base64": "ZXZ0Ojp7Im4iOjF9",
        }),
    });
    let lines: Vec<String> = lines.map(|line| line.to_string()).collect();
    let path = format!("{}/a.db", world.home().display());
    assert_eq!(world.feed(&["import", "-", "-o", &path], &lines.join("\n")).status, 0);
    path
}

#[test]
fn a_bundle_is_a_recording_with_a_report() {
    let world = World::new("redis://127.0.0.1:1");
    let path = recording(&world);
    let out = format!("{}/ticket.db", world.home().display());
    let made = world.run(&["bundle", &path, "--around", "last", "--before", "2s", "-o", &out, "--note", "see #7"]);
    assert_eq!((made.status, made.err.as_str()), (0, ""), "{}", made.out);
    let sums = "bundled 5 messages on 1 channel, and 1 finding around 3 missed on ops #4–6, found at 2026-11-24 10:32:06 UTC \
                (id:4) to ";
    assert_eq!(made.out, format!("{sums}{out}; report: {out}.md\n"));
    for file in [&out, &format!("{out}.md")] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
    let report = fs::read_to_string(format!("{out}.md")).unwrap();
    assert!(
        report.contains("- Sequence numbers: `#4–6, counter epoch 1`\n") && report.contains("- Note: `see #7`\n"),
        "{report}"
    );

    // Other commands open it like a recording.
    let shown = world.run(&["show", &out, "--channel", "ops", "--seq", "1..9", "--format", "json"]);
    let numbers: Vec<_> =
        shown.json().iter().map(|line| line["sequence"].as_u64().or(line["sequence_from"].as_u64())).collect();
    let expected = [Some(1), Some(2), Some(3), Some(4), Some(7), Some(8), Some(9)];
    assert_eq!((shown.status, &numbers[..]), (1, &expected[..]), "{}", shown.out);
    let begun =
        Player::begin(RecordingReader::open(out.as_ref()).unwrap(), Begin::Around(4), Speed(None), &mut Vec::new());
    assert!(!begun.unwrap().status().is_playing);
    let merged = world.run(&["merge", &path, &out, "-o", &format!("{out}-merged")]);
    assert!(merged.out.starts_with("merged 6 messages: 6 from "), "{}{}", merged.out, merged.err);
    // A bundle can be bundled, by the same id.
    let again =
        world.run(&["bundle", &out, "--around", "id:4", "--after", "1", "-o", &format!("{out}2"), "--report", "-"]);
    assert!(again.out.starts_with("# `ops`: `3 missed · #4–6 · disconnected 2.0 s`\n"), "{}", again.out);
    assert!(again.err.starts_with("bundled 3 messages "), "{}", again.err);
}

#[test]
fn bundle_errors_name_the_file() {
    let world = World::new("redis://127.0.0.1:1");
    let path = recording(&world);
    let out = format!("{}/ticket.db", world.home().display());
    let none = format!("{}/none.db", world.home().display());
    for (words, status, wanted) in [
        (vec!["bundle", &path, "-o", &out], 2, "--around"),
        (vec!["bundle", &path, "--around", "last", "-o", &path], 2, "a.db already exists; choose another file"),
        (
            vec!["bundle", &path, "--around", "2", "-o", &out],
            1,
            "--around: no finding 2; the recording has 1 finding; for the finding with this id, write id:2",
        ),
        (vec!["bundle", &path, "--around", "id:1", "-o", &out], 1, "--around: no finding has the id 1"),
        (vec!["bundle", &path, "--around", "first", "-o", &out], 2, "--around: write the number of a finding"),
        (vec!["bundle", &path, "--around", "last", "-o", &out, "--before", "soon"], 2, "write a duration, e.g. 2m"),
        (vec!["bundle", &path, "--around", "last", "-o", &out, "--report", &out], 2, "are the same file"),
        (vec!["bundle", &none, "--around", "last", "-o", &out], 2, "cannot read "),
    ] {
        let ended = world.run(&words);
        assert!(ended.status == status && ended.err.contains(wanted), "{words:?}: {} {}", ended.status, ended.err);
    }
    assert!(!fs::exists(&out).unwrap() && !fs::exists(format!("{out}.md")).unwrap());
}

#[test]
fn a_bundle_has_the_profile_without_secrets() {
    let server = crate::support::RedisServer::start_with(&["--requirepass", "hunter2"]);
    let config = format!(
        "default_profile = \"prod\"\n[profile.prod]\nurl = \"redis://:hunter2@127.0.0.1:{}\"\nchannels = [\"ops\"]\n\
         [profile.prod.signing]\nkey = {{ value = \"s3cr3t\" }}\n",
        server.port()
    );
    let world = World::new("").config(&config);
    let run = |words: &[&str]| {
        let mut command = world.command(words);
        crate::world::Ended::of(&command.env_remove("AIRCHECK_URL").output().unwrap())
    };
    let path = recording(&world);
    let out = |name: &str| format!("{}/{name}", world.home().display());
    // The imported recording names no server, so the profile does not belong to it.
    let made = run(&["bundle", &path, "--around", "last", "-o", &out("b.db"), "--report", "-"]);
    assert!(made.status == 0 && !made.out.contains("## Profile"), "{}{}", made.out, made.err);
    let source = format!("redis://127.0.0.1:{}/0 system_broadcast_sequence_", server.port());
    let source = rusqlite::Connection::open(&path).unwrap().execute("UPDATE total SET source = ?", [source]);
    assert_eq!(source, Ok(1));
    let made = run(&["bundle", &path, "--around", "last", "-o", &out("c.db"), "--report", "-"]);
    assert!(
        made.out.contains("\n│ name: prod\n") && made.out.contains("\n│ channels: ops\n"),
        "{}{}",
        made.out,
        made.err
    );
    let bytes = fs::read(out("c.db")).unwrap();
    for secret in ["hunter2", "s3cr3t"] {
        assert!(!made.out.contains(secret) && !made.err.contains(secret));
        assert!(memchr::memmem::find(&bytes, secret.as_bytes()).is_none());
    }
}
