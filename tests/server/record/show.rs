//! `show` on recordings.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::program::{Studio, sql};
use crate::listening::{PREFIX, broadcast};
use crate::support::{LIMIT, RedisServer};
use crate::world::{COUNTER, Ended, World};

/// Status, standard output and standard error.
fn shown(studio: &Studio, words: &[&str]) -> (i32, String, String) {
    let output = studio.output(&[&["show", "a.db"], words].concat());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(crate::json_schema::validated).collect()
}

/// Records #1 to #3 and #6 to #8. #4 and #5 are sent while no recorder runs.
fn with_a_gap(server: &RedisServer) -> Studio {
    let studio = Studio::new(&server.url());
    for numbers in [1..=3, 6..=8] {
        let mut recorder = studio.record(&["ops", "-o", "a.db"]);
        recorder.wait_for(&["state=connected"]);
        for number in numbers {
            assert_eq!(broadcast(server, "ops", &format!("evt::{{\"n\":{number}}}")), number);
        }
        recorder.wait_for_committed(3);
        assert!(recorder.end().success());
        if server.command::<u64>(&["GET", &format!("{PREFIX}ops")]) == 3 {
            broadcast(server, "ops", "missed");
            broadcast(server, "ops", "missed too");
        }
    }
    studio
}

#[test]
fn one_command_shows_what_a_listener_missed() {
    let server = RedisServer::start();
    let studio = with_a_gap(&server);
    let (status, out, error) = shown(&studio, &["--channel", "ops", "--seq", "6..8"]);
    assert_eq!((status, error.as_str()), (0, ""));
    let words = |line: &str| line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ");
    let messages: Vec<String> = out.lines().skip(1).map(words).collect();
    assert!(out.starts_with("── 20"), "{out}");
    assert_eq!(
        messages,
        ["ops #6 evt ○ unsigned {\"n\":6}", "ops #7 evt ○ unsigned {\"n\":7}", "ops #8 evt ○ unsigned {\"n\":8}"]
    );
}

#[test]
fn missing_numbers_are_shown_in_place() {
    let server = RedisServer::start();
    let studio = with_a_gap(&server);
    let (status, out, error) = shown(&studio, &["--channel", "ops", "--seq", "3..10"]);
    assert_eq!((status, out.lines().count()), (1, 5));
    let error_lines: Vec<&str> = error.lines().collect();
    assert!(
        error_lines.len() == 2
            && error_lines[0]
                .starts_with("missing #4–5: recorded as missed_not_running: 2 missed  #4–5  recorder not running for "),
        "{error}"
    );
    let end = regex::Regex::new(r"^missing #9–10: the recording ends at #8 \(\d\d:\d\d:\d\d\)$").unwrap();
    assert!(end.is_match(error_lines[1]), "{error}");
    let (status, out, error) = shown(&studio, &["--channel", "ops", "--seq", "3..", "--format", "json"]);
    assert_eq!((status, error.as_str()), (1, ""));
    let lines = lines(&out);
    let order: Vec<(&Value, &Value)> = lines
        .iter()
        .map(|line| {
            (&line["type"], if line["sequence_from"].is_null() { &line["sequence"] } else { &line["sequence_from"] })
        })
        .collect();
    let (message, missing) = (&json!("message"), &json!("missing"));
    assert_eq!(
        order,
        [(message, &json!(3)), (missing, &json!(4)), (message, &json!(6)), (message, &json!(7)), (message, &json!(8))]
    );
    assert_eq!(
        [&lines[1]["channel"], &lines[1]["sequence_to"], &lines[1]["count"], &lines[1]["kind"]],
        [&json!("ops"), &json!(5), &json!(2), &json!("missed_not_running")]
    );
    let (status, _, error) = shown(&studio, &["--channel", "nothing", "--seq", "1..2"]);
    assert_eq!((status, error.as_str()), (1, "aircheck: the recording has no channel nothing; it has: ops\n"));
}

#[test]
fn gaps_are_printed_to_the_output_that_the_help_names() {
    let server = RedisServer::start();
    let studio = with_a_gap(&server);
    let gap = "2 missed";
    for (format, lines, is_in_output) in [("text", 8, true), ("json", 7, true), ("csv", 7, false)] {
        let (status, out, error) = shown(&studio, &["--format", format]);
        assert_eq!((status, out.lines().count()), (1, lines), "{format}: {out}");
        let (with_gap, silent) = if is_in_output { (&out, &error) } else { (&error, &out) };
        assert!(with_gap.contains(gap) || with_gap.contains("missed_not_running"), "{format}: {with_gap}");
        assert!(!silent.contains(gap), "{format}: {silent}");
    }
    let help = String::from_utf8(studio.output(&["show", "--help"]).stdout).unwrap();
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for promise in [
        "With --format json, everything is on standard output",
        "With --format csv, only messages are on standard output; gaps, missing ranges and holes are on standard error",
        "Exit status: 0 nothing is missing 1 something is missing, or nothing of the channel is recorded",
    ] {
        assert!(words.contains(promise), "{words}");
    }
}

#[test]
fn a_recording_in_progress_is_shown_with_little_lag() {
    const LAG: Duration = Duration::from_millis(200);
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["state=connected"]);
    let reader = studio.reader("a.db");
    // The machine may be busy, so one of many tries must be in time.
    let is_in_time = (1..=20).any(|number| {
        let sent = Instant::now();
        assert_eq!(broadcast(&server, "ops", "evt"), number);
        while reader.overview().unwrap().messages < number {
            assert!(sent.elapsed() < LIMIT, "#{number} is not recorded");
            std::thread::sleep(Duration::from_millis(1));
        }
        sent.elapsed() <= LAG
    });
    assert!(is_in_time, "no message was recorded within {LAG:?}");
    let last = reader.overview().unwrap().messages;
    let next = (last + 1).to_string();
    let (status, _, error) = shown(&studio, &["--channel", "ops", "--seq", &next]);
    assert!(
        status == 1
            && error.starts_with(&format!("missing #{next}: the recording ends at #{last} ("))
            && error.ends_with(") and is still being written\n"),
        "{error}"
    );
    assert!(recorder.end().success());
    let (_, _, error) = shown(&studio, &["--channel", "ops", "--seq", &next]);
    assert!(error.ends_with(")\n"), "{error}");
}

#[test]
fn a_gap_after_a_killed_recorder_may_include_messages_that_it_received() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["state=connected"]);
    broadcast(&server, "ops", "evt");
    recorder.wait_for_committed(1);
    recorder.kill();
    broadcast(&server, "ops", "evt");
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["event=previous_run_killed", "last_write="]);
    recorder.wait_for(&["state=connected"]);
    broadcast(&server, "ops", "evt");
    recorder.wait_for_committed(1);
    assert!(recorder.end().success());
    let (status, _, error) = shown(&studio, &["--channel", "ops", "--seq", "1..3"]);
    assert!(
        status == 1
            && error.starts_with("missing #2: recorded as missed_not_running: 1 missed  #2  recorder killed up to ")
            && error.ends_with(" earlier\n"),
        "{error}"
    );
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["state=connected"]);
    assert!(!recorder.log.iter().any(|line| line.contains("previous_run_killed")), "{:?}", recorder.log);
    assert!(recorder.end().success());
}

#[test]
fn times_and_filters_select_messages() {
    let server = RedisServer::start();
    let studio = with_a_gap(&server);
    let (status, out, _) = shown(&studio, &["--since", "1h", "--format", "json", "--filter", "| .n == 2 or .n == 7"]);
    assert_eq!(status, 1, "the gap is in that hour");
    let kinds: Vec<(Value, Value)> =
        lines(&out).iter().map(|line| (line["type"].clone(), line["data"]["n"].clone())).collect();
    assert_eq!(kinds, [(json!("message"), json!(2)), (json!("finding"), Value::Null), (json!("message"), json!(7))]);
    let seventh = lines(&out)[2]["at"].as_str().unwrap().to_owned();
    let (_, out, _) = shown(&studio, &["--since", &seventh, "--until", &seventh, "--format", "json"]);
    // Messages of one read have the same time.
    assert!(lines(&out).iter().all(|line| line["at"] == seventh.as_str()), "{out}");
    assert!(lines(&out).iter().any(|line| line["data"]["n"] == 7), "{out}");
    assert_eq!(shown(&studio, &["--until", "1h"]), (0, String::new(), String::new()));
    let (status, _, error) = shown(&studio, &["--since", "yesterday"]);
    assert!(status == 2 && error.starts_with("aircheck: --since: write a time, e.g. 2026-11-24T12:00:00Z"), "{error}");
    for (words, wanted) in [
        (&["--seq", "1..2"][..], "--channel"),
        (&["--channel", "ops", "--seq", "2..1"], "the range ends before it begins"),
        (&["--channel", "ops", "--seq", "0..1"], "the first sequence number of a channel is 1"),
        (&["--filter", "nmae:x"], "--filter: "),
    ] {
        let (status, _, error) = shown(&studio, words);
        assert!(status == 2 && error.contains(wanted), "{words:?}: {error}");
    }
}

#[test]
fn csv_has_the_bytes_and_no_formulas() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["state=connected"]);
    broadcast(&server, "ops", "=HYPERLINK(\"x\"):@a|+k|1|ff:\"a,\\\"b\"");
    recorder.wait_for_committed(1);
    assert!(recorder.end().success());
    let (status, out, error) = shown(&studio, &["--format", "csv"]);
    assert_eq!((status, error.as_str()), (0, ""));
    let mut rows = csv::Reader::from_reader(out.as_bytes());
    let header = rows.headers().unwrap().clone();
    let row = rows.records().next().unwrap().unwrap();
    let cell = |name: &str| &row[header.iter().position(|column| column == name).unwrap()];
    assert_eq!(
        [cell("name"), cell("algorithm"), cell("key"), cell("data"), cell("sequence"), cell("epoch")],
        ["'=HYPERLINK(\"x\")", "'@a", "'+k", "\"a,\\\\\"b\"", "1", "1"]
    );
    assert!(rows.records().next().is_none());
}

#[test]
fn ambiguous_numbers_need_an_epoch() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["state=connected"]);
    let mut committed = 0;
    for counter_epoch in 1..=2 {
        for number in 1..=3 {
            broadcast(&server, "ops", &format!("counter_epoch {counter_epoch} number {number}"));
            committed += 1;
            recorder.wait_for_committed(committed);
        }
        server.command::<u64>(&["DEL", &format!("{PREFIX}ops")]);
        // Reported by the barrier, once a second.
        let reader = studio.reader("a.db");
        let deadline = Instant::now() + LIMIT;
        while reader.channels().unwrap()[0].epoch == counter_epoch {
            assert!(Instant::now() < deadline, "no reset after counter epoch {counter_epoch}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
    assert!(recorder.end().success());
    let (status, _, error) = shown(&studio, &["--channel", "ops", "--seq", "2..3"]);
    assert_eq!(status, 2);
    assert!(error.ends_with(
        "the counter of ops was reset, and several counter epochs have these numbers; choose --epoch: 1, 2\n"
    ));
    for counter_epoch in ["1", "2"] {
        let (status, out, error) =
            shown(&studio, &["--channel", "ops", "--seq", "2..3", "--epoch", counter_epoch, "--format", "json"]);
        assert_eq!((status, error.as_str()), (0, ""));
        let names: Vec<Value> = lines(&out).iter().map(|line| line["name"].clone()).collect();
        assert_eq!(
            names,
            [format!("counter_epoch {counter_epoch} number 2"), format!("counter_epoch {counter_epoch} number 3")]
        );
    }
}

/// Status, standard output and standard error of `check ops --last-seen`.
fn last_seen(studio: &Studio, words: &[&str]) -> (i32, String, String) {
    let output = studio.output(&[&["check", "ops", "--last-seen"], words].concat());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Replaces times, and the end of the line after `cut`.
fn without_times(text: &str) -> String {
    let times =
        regex::Regex::new(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d\d:\d\d:\d\d|recorder not running for [^;]*").unwrap();
    times.replace_all(text, "T").replace("from T to T UTC", "at T UTC")
}

/// Runs the commands that the text contains, and returns the sequence numbers of the messages that they print.
fn numbers_shown_by(studio: &Studio, text: &str) -> Vec<u64> {
    let commands = text.lines().filter_map(|line| line.trim_start().strip_prefix("aircheck "));
    let mut numbers = Vec::new();
    for command in commands {
        let words: Vec<&str> = command.split(' ').chain(["--format", "json"]).collect();
        let output = studio.output(&words);
        assert!(output.stderr.is_empty(), "{command}: {output:?}");
        let shown = lines(&String::from_utf8(output.stdout).unwrap());
        numbers
            .extend(shown.iter().filter(|line| line["type"] == "message").filter_map(|line| line["sequence"].as_u64()));
    }
    numbers
}

#[test]
fn check_shows_what_a_listener_missed_and_who_has_it() {
    let server = RedisServer::start();
    let studio = with_a_gap(&server);
    // Two broadcasts after the recording ended.
    broadcast(&server, "ops", "late");
    broadcast(&server, "ops", "later");
    // The recording has #2 to #8 of the same server, so the number is exact.
    let (status, out, error) = last_seen(&studio, &["2", "--in", "a.db"]);
    assert_eq!((status, error.as_str()), (1, ""));
    assert_eq!(
        without_times(&out),
        "ops  ┄ 8 missed: #3–10\n  a.db: 4 of 8, #3, #6–8, received at T UTC\n    aircheck show a.db --channel ops --seq 3-8\n  \
         not in the recording: 4 of 8\n    #4–5: recorded as missed_not_running: 2 missed  #4–5  T; found at T UTC\n    \
         #9–10: the recording ends at #8 (T)\n"
    );
    assert_eq!(numbers_shown_by(&studio, &out), [3, 6, 7, 8]);

    std::fs::create_dir(studio.path("empty")).unwrap();
    let nothing = "aircheck: no recording in \"empty\" (subdirectories are not searched); name a recording, or another directory\n";
    assert_eq!(last_seen(&studio, &["2", "--in", "empty"]), (2, String::new(), nothing.to_owned()));

    // So is one that is named with a recording, and one whose subdirectories have recordings.
    std::fs::create_dir(studio.path("hosts")).unwrap();
    std::fs::create_dir(studio.path("hosts/b")).unwrap();
    std::fs::copy(studio.path("a.db"), studio.path("hosts/b/a.db")).unwrap();
    std::fs::create_dir(studio.path("hosts/a")).unwrap();
    let hosts = "aircheck: no recording in \"hosts\" (subdirectories are not searched); name its subdirectories, e.g. \"hosts/b\"\n";
    for (directory, error) in [("empty", nothing), ("hosts", hosts)] {
        for words in [
            ["bundle", "a.db", directory, "--around", "last", "-o", "out.db"].as_slice(),
            &["merge", "a.db", directory, "-o", "out.db"],
            &["check", "ops", "--last-seen", "2", "--in", "a.db", "--in", directory],
        ] {
            let ended = Ended::of(&studio.output(words));
            assert_eq!(ended, Ended::new(2, "", error), "{words:?}");
        }
    }

    // A directory means all recordings in it. Other files in it are ignored.
    let (status, in_directory, error) = last_seen(&studio, &["2", "--in", "."]);
    assert_eq!((status, error.as_str()), (1, ""));
    assert_eq!(in_directory.replace("./a.db", "a.db"), out);
    let (_, json, _) = last_seen(&studio, &["2", "--in", "a.db", "--format", "json"]);
    let found: Vec<String> = lines(&json)
        .iter()
        .map(|line| format!("{} {}-{} {}", line["type"], line["sequence_from"], line["sequence_to"], line["kind"]))
        .collect();
    assert_eq!(
        found[1..],
        [
            "\"recorded\" 3-3 null",
            "\"recorded\" 6-8 null",
            "\"missing\" 4-5 \"missed_not_running\"",
            "\"missing\" 9-10 \"after_recording\""
        ]
    );
    assert_eq!((&lines(&json)[0]["missed"], &lines(&json)[0]["lower_bound"]), (&json!(8), &json!(false)));

    // If the recordings have all of it, the cause is at the listener.
    let (_, out, _) = last_seen(&studio, &["8", "--in", "a.db"]);
    assert!(!out.contains("none is missing"), "{out}");
    let mut recorder = studio.record(&["ops", "-o", "b.db"]);
    recorder.wait_for(&["state=connected"]);
    broadcast(&server, "ops", "evt");
    recorder.wait_for_committed(1);
    let (_, out, _) = last_seen(&studio, &["10", "--in", "b.db"]);
    assert_eq!(
        without_times(&out),
        "ops  ┄ 1 missed: #11\n  b.db: 1 of 1, #11, received at T UTC\n    aircheck show b.db --channel ops --seq 11-11\n    \
         none is missing: the server sent them; the listener did not receive or accept them\n"
    );
    assert_eq!(numbers_shown_by(&studio, &out), [11]);
    assert!(recorder.end().success());

    // Wrong files are errors, and a recording of another server is skipped.
    let (status, _, error) = last_seen(&studio, &["2", "--in", "nowhere.db"]);
    assert!(status == 2 && error.contains("nowhere.db"), "{error}");
    let url = server.url().replace("127.0.0.1", "localhost");
    let (status, out, error) = last_seen(&studio, &["2", "--in", "a.db", "--url", &url]);
    assert!(
        status == 1 && error.starts_with("Warning: skipped a.db: it was recorded from redis://127.0.0.1"),
        "{error}"
    );
    assert!(!out.contains("#6–8"), "{out}");
    let (_, out, error) = last_seen(&studio, &["2", "--in", "a.db", "--url", &url, "--same-server"]);
    assert!(error.is_empty() && out.contains("  a.db: 4 of 9, #3, #6–8"), "{out} {error}");
    // If the server cannot be reached, the error contains the command for the recording that has the messages.
    let gone = ["--url", "redis://127.0.0.1:1", "--same-server"];
    let (status, _, error) = last_seen(&studio, &[&["2", "--in", "a.db"][..], &gone].concat());
    let (_, command) = error.split_once("; to see what the recordings have: ").unwrap();
    assert_eq!((status, command), (3, "aircheck show a.db --channel ops --seq 3..\n"));
    assert_eq!(numbers_shown_by(&studio, command), [3, 6, 7, 8]);
    // There is no such command if it would print nothing, or messages of another server.
    for words in [&["8", "--in", "a.db", gone[0], gone[1], gone[2]][..], &["2", "--in", "a.db", gone[0], gone[1]]] {
        let (status, _, error) = last_seen(&studio, words);
        assert!(status == 3 && !error.contains("to see what"), "{error}");
    }
    let none = studio.output(&["check", "other", "--last-seen", "0", "--in", "a.db"]);
    assert_eq!(none.status.code(), Some(0), "nothing was ever broadcast on it");
    for words in [&["ops", "other", "--last-seen", "1"][..], &["--last-seen", "1", "--in", "a.db", "ops"]] {
        let wrong = studio.output(&[&["check"], words].concat());
        let error = String::from_utf8(wrong.stderr).unwrap();
        assert_eq!(wrong.status.code(), Some(2));
        assert!(error.contains("name exactly one, before --in"), "{error}");
    }
    let pattern = studio.output(&["check", "o*", "--last-seen", "1"]);
    let error = String::from_utf8(pattern.stderr).unwrap();
    assert_eq!((pattern.status.code(), error.contains("o* is a pattern")), (Some(2), true), "{error}");
}

#[test]
fn check_shows_what_is_not_known_about_a_listeners_number() {
    let server = RedisServer::start();
    let studio = with_a_gap(&server);
    // No recording.
    let bound =
        "ops  ┄ ≥6 missed: #3–8; there may be more: no recording shows that the counter was not reset since #2\n";
    let (status, out, _) = last_seen(&studio, &["2"]);
    assert!(status == 1 && out.starts_with(bound) && out.contains("--in DIR"), "{out}");
    let (status, out, _) = last_seen(&studio, &["2", "--format", "nagios"]);
    assert!(status == 1 && out.starts_with("AIRCHECK WARNING: ops ≥6 missed (#3–8) |"), "{out}");
    let (status, out, _) = last_seen(&studio, &["2", "--in", "a.db", "--format", "nagios"]);
    assert!(status == 1 && out.starts_with("AIRCHECK WARNING: ops 6 missed (#3–8) |"), "{out}");
    assert_eq!(last_seen(&studio, &["8"]).0, 0);
    let (status, out, _) = last_seen(&studio, &["8", "--in", "a.db"]);
    assert_eq!((status, out.as_str()), (0, "ops  ✓ nothing missed, at #8\n"));
    let (status, out, _) = last_seen(&studio, &["9"]);
    let below = "ops  ┄ the counter is 8, below the last seen 9: it was reset, or this is another server\n";
    assert!(status == 1 && out.starts_with(below), "{out}");
    let (_, out, _) = last_seen(&studio, &["9", "--in", "a.db"]);
    assert_eq!(out, format!("{below}  a.db: does not show a reset of the counter\n"));
    let (_, out, _) = last_seen(&studio, &["9", "--format", "json"]);
    assert_eq!((&lines(&out)[0]["missed"], lines(&out)[0].get("reset")), (&Value::Null, Some(&Value::Null)));
    let (status, out, _) = last_seen(&studio, &["9", "--in", "a.db", "--format", "nagios"]);
    let below = "AIRCHECK CRITICAL: ops counter is 8, below the last seen 9: reset, or another server |";
    assert!(status == 2 && out.starts_with(below), "{out}");

    // A recording that began later does not show what the counter was before.
    let mut recorder = studio.record(&["ops", "-o", "later.db"]);
    recorder.wait_for(&["state=connected"]);
    broadcast(&server, "ops", "evt");
    recorder.wait_for_committed(1);
    assert!(recorder.end().success());
    assert!(last_seen(&studio, &["7", "--in", "later.db"]).1.starts_with("ops  ┄ ≥2 missed: #8–9; "));
    assert!(last_seen(&studio, &["8", "--in", "later.db"]).1.starts_with("ops  ┄ 1 missed: #9\n"));

    // The counter is reset while nothing records: the recording shows that this server had a higher one.
    server.command::<()>(&["SET", &format!("{PREFIX}ops"), "1"]);
    let (status, out, _) = last_seen(&studio, &["6", "--in", "a.db"]);
    assert_eq!(status, 1);
    assert_eq!(
        without_times(&out),
        "ops  ┄ the counter was reset after #6, and is 1 now; how many were missed is not known\n  \
         a.db: ends at #8; the counter of this server was reset later\n  a.db: 2 of 2, #7–8, received at T UTC\n    \
         aircheck show a.db --channel ops --seq 7-8\n    \
         none is missing: the server sent them; the listener did not receive or accept them\n"
    );
    assert_eq!(numbers_shown_by(&studio, &out), [7, 8]);

    // The recorder sees the reset. A message before the first barrier would have no exact number.
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["state=connected"]);
    let connection = sql(&studio.path("a.db"));
    let resets = "SELECT count(*) FROM findings WHERE kind = 'counter_reset'";
    let deadline = Instant::now() + LIMIT;
    while connection.query_row(resets, [], |row| row.get::<_, i64>(0)).unwrap() == 0 {
        assert!(Instant::now() < deadline, "no reset is recorded");
        std::thread::sleep(Duration::from_millis(10));
    }
    broadcast(&server, "ops", "evt");
    recorder.wait_for_committed(1);
    assert!(recorder.end().success());
    let (status, out, _) = last_seen(&studio, &["6", "--in", "a.db"]);
    assert_eq!(status, 1);
    let (first, rest) = out.split_once('\n').unwrap();
    assert_eq!(first, "ops  ┄ the counter was reset after #6, and is 2 now; how many were missed is not known");
    assert!(rest.starts_with("  a.db: counter reset"), "{out}");
    assert_eq!(numbers_shown_by(&studio, &out), [7, 8, 2], "{out}");
    let (_, out, _) = last_seen(&studio, &["6", "--in", "a.db", "--format", "json"]);
    assert_eq!(lines(&out)[0]["reset"], json!(true));
    let found = lines(&out);
    let found = found.iter().filter(|line| line["type"] == "recorded");
    assert_eq!(found.map(|line| line["epoch"].as_i64().unwrap()).collect::<Vec<_>>(), [1, 2], "{out}");
    // The number may be one of either counter epoch.
    let (_, out, _) = last_seen(&studio, &["1", "--in", "a.db"]);
    assert!(out.starts_with("ops  ┄ ≥1 missed: #2; there may be more: no recording shows"), "{out}");
    assert_eq!(numbers_shown_by(&studio, &out), [2], "{out}");
}

#[test]
fn the_columns_are_aligned_although_the_last_number_is_inferred() {
    let studio = Studio::new("redis://127.0.0.1:1");
    let line = |sequence: &str| {
        format!(
            "{{\"type\":\"message\",\"at\":\"2026-11-24T10:32:00.000000Z\",\"channel\":\"ops\",\"sequence\":{sequence},\
             \"name\":\"evt\",\"verdict\":\"unsigned\",\"payload_base64\":\"ZXZ0Ojp7fQ==\"}}\n"
        )
    };
    let inferred = "null,\"certainty\":\"inferred\",\"sequence_from\":101,\"sequence_to\":101";
    let exact = ["99,\"certainty\":\"exact\"", "100,\"certainty\":\"exact\""].map(line);
    let lines = [exact.concat(), line(inferred)].concat();
    std::fs::write(studio.path("tail.jsonl"), lines).unwrap();
    assert!(studio.output(&["import", "tail.jsonl", "-o", "a.db"]).status.success());
    for words in [&[][..], &["--channel", "ops", "--seq", "99-101"]] {
        let (_, out, _) = shown(&studio, words);
        let names: Vec<_> = out.lines().skip(1).map(|line| line.find("  evt  ")).collect();
        assert!(names.len() == 3 && names.iter().all(|place| place.is_some() && *place == names[0]), "{out}");
    }
}

fn json_line(kind: &str, members: &str) -> String {
    format!(r#"{{"type":"{kind}","at":"2026-11-24T10:32:00.000000Z","channel":"ops",{members}}}"#)
}

fn message(number: &str, payload: &[u8]) -> String {
    let payload = base64_simd::STANDARD.encode_to_string([payload, b"::"].concat());
    json_line("message", &format!(r#"{number},"verdict":"unsigned","payload_base64":"{payload}""#))
}

fn exact(number: u64, payload: &[u8]) -> String {
    message(&format!(r#""sequence":{number},"certainty":"exact""#), payload)
}

fn in_range((from, to): (u64, u64), payload: &[u8]) -> String {
    message(&format!(r#""sequence_from":{from},"sequence_to":{to},"certainty":"range""#), payload)
}

/// The finding that one more message was received than counted.
fn uncounted((from, to): (u64, u64), received: u64) -> String {
    let members = format!(
        r#""kind":"received_not_counted","sequence_from":{from},"sequence_to":{to},"count":1,"advance":{},"received":{received}"#,
        received - 1
    );
    json_line("finding", &members)
}

/// Imports JSON lines to a recording. Returns its path.
fn imported(world: &World, name: &str, lines: &[String]) -> String {
    let path = format!("{}/{name}", world.home().display());
    assert_eq!(world.feed(&["import", "-", "-o", &path], &lines.join("\n")).status, 0);
    path
}

#[test]
fn messages_without_an_exact_number_are_not_missing() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let () = server.command(&["SET", COUNTER, "5"]);
    let lines = [exact(1, b"a"), in_range((2, 3), b"a"), in_range((2, 3), b"a"), in_range((2, 3), b"a")];
    let path = imported(&world, "a.db", &[&lines[..], &[uncounted((2, 3), 3), exact(4, b"a")]].concat());

    let inexact = "#2–3: 3 messages without an exact number; 1 of them was not counted\n";
    let check = world.run(&["check", "ops", "--last-seen", "1", "--in", &path, "--same-server"]);
    assert_eq!((check.status, check.err.as_str()), (1, ""));
    for wanted in [": 3 of 4, #2–4, received at ", inexact, "  not in the recording: 1 of 4\n    #5: "] {
        assert!(check.out.contains(wanted), "{wanted}\n{}", check.out);
    }
    let show = world.run(&["show", &path, "--channel", "ops", "--seq", "2-4"]);
    assert_eq!((show.status, show.err.as_str()), (0, inexact), "{}", show.out);
    let part = world.run(&["show", &path, "--channel", "ops", "--seq", "3"]);
    assert_eq!((part.status, part.err.as_str()), (0, inexact), "{}", part.out);
    let show = world.run(&["show", &path, "--channel", "ops", "--seq", "2-4", "--format", "json"]);
    let types: Vec<Value> = show.json().iter().map(|line| line["type"].clone()).collect();
    assert_eq!((show.status, types), (0, vec![json!("message"); 4]));
}

#[test]
fn a_range_of_inexact_numbers_that_an_exact_one_divides_is_printed_once() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let () = server.command(&["SET", COUNTER, "5"]);
    let ranged = [b"b", b"c", b"d", b"x"].map(|payload| in_range((2, 4), payload));
    let a = [&[exact(1, b"a")], &ranged[..], &[uncounted((2, 4), 4), exact(5, b"e")]].concat();
    let b = [exact(1, b"a"), exact(3, b"c"), exact(5, b"e")];
    let [a, b] = [imported(&world, "a.db", &a), imported(&world, "b.db", &b)];
    let merged = format!("{}/merged.db", world.home().display());
    world.run(&["merge", &a, &b, "-o", &merged]);

    let inexact = "#2–4: 3 messages without an exact number; 1 of them was not counted\n";
    let show = world.run(&["show", &merged, "--channel", "ops", "--seq", "1-5"]);
    assert_eq!((show.status, show.err.as_str()), (0, inexact), "{}", show.out);
    let check = world.run(&["check", "ops", "--last-seen", "1", "--in", &merged, "--same-server"]);
    assert_eq!(check.out.matches(inexact).count(), 1, "{}", check.out);
}

#[test]
fn a_total_counts_missed_messages_and_not_the_numbers_of_their_finding() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let () = server.command(&["SET", COUNTER, "5"]);
    let finding =
        r#""kind":"counted_not_received","sequence_from":2,"sequence_to":4,"count":2,"advance":3,"received":1"#;
    let a = [exact(1, b"a"), in_range((2, 4), b"b"), json_line("finding", finding), exact(5, b"e")];
    let b = [exact(1, b"a"), exact(3, b"b"), exact(5, b"e")];
    let [a, b] = [imported(&world, "a.db", &a), imported(&world, "b.db", &b)];
    let check = |words: &[&str]| {
        let ended = world.run(&[&["check", "ops", "--same-server", "--last-seen"], words].concat());
        assert_eq!((ended.status, ended.err.as_str()), (1, ""));
        ended
    };
    let counts = |words: &[&str]| -> Vec<Value> {
        let lines = check(&[words, &["--format", "json"]].concat()).json();
        lines.iter().filter(|line| line["type"] == "missing").map(|line| line["count"].clone()).collect()
    };

    let whole = check(&["1", "--in", &a]).out;
    let [recording, command, missing, reason] = whole.lines().skip(1).collect::<Vec<_>>()[..] else {
        panic!("{whole}")
    };
    let wanted = format!("  {a}: 2 of 4, #5, 1 without an exact number, received at ");
    assert!(recording.starts_with(&wanted), "{whole}");
    assert_eq!(command, format!("    aircheck show {a} --channel ops --seq 2-5"));
    assert_eq!(missing, "  not in the recording: 2 of 4");
    assert!(reason.starts_with("    #2–4: recorded as counted_not_received: "), "{whole}");
    assert_eq!(counts(&["1", "--in", &a]), [json!(2)]);

    // The finding does not show which of its numbers were missed.
    let part = check(&["3", "--in", &a]).out;
    assert!(part.contains(": 1 to 2 of 2, #5, 0 to 1 without an exact number, received at "), "{part}");
    assert!(part.contains("\n  not in the recording: 0 to 1 of 2\n"), "{part}");
    assert_eq!(counts(&["3", "--in", &a]), [Value::Null]);
    let both = check(&["1", "--in", &a, "--in", &b]).out;
    assert!(both.ends_with("\n  together: 2 to 4 of 4; in no recording: 0 to 2 of #2, #4\n"), "{both}");
}

#[test]
fn check_shows_what_was_missed_before_a_reset() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let () = server.command(&["SET", COUNTER, "3"]);
    let gap = r#""kind":"missed_disconnected","sequence_from":10,"sequence_to":14,"count":5,"lower_bound":false,"duration_micros":9,"reason":"EOF""#;
    let reset = r#""kind":"counter_reset","sequence_from":14,"sequence_to":0,"value_before":14,"value_after":0"#;
    let old =
        (1..=9).map(|number| exact(number, b"a")).chain([gap, reset].map(|members| json_line("finding", members)));
    let lines: Vec<String> = old.chain((1..=3).map(|number| exact(number, b"b"))).collect();
    let path = imported(&world, "a.db", &lines);
    for (stored, wanted) in [("5", ": 4 of 9, #6–9, received at "), ("9", ": 0 of 5\n")] {
        let check = world.run(&["check", "ops", "--last-seen", stored, "--in", &path, "--same-server"]);
        assert_eq!((check.status, check.err.as_str()), (1, ""));
        for wanted in [wanted, "    #10–14: recorded as missed_disconnected: "] {
            assert!(check.out.contains(wanted), "{wanted}\n{}", check.out);
        }
    }
}

fn dropped(channel: &str, (from, to): (u64, u64)) -> String {
    let at = "2026-11-24T10:32:00.000000Z";
    let count = to - from + 1;
    format!(
        r#"{{"type":"dropped","at":"{at}","channel":"{channel}","sequence_from":{from},"sequence_to":{to},"count":{count}}}"#
    )
}

#[test]
fn numbers_of_a_hole_are_not_shown_from_an_old_counter_epoch() {
    let world = World::new("redis://127.0.0.1:1");
    let reset = r#""kind":"counter_reset","sequence_from":20,"sequence_to":0,"value_before":20,"value_after":0"#;
    let old = (1..=20).map(|number| exact(number, b"a")).chain([json_line("finding", reset)]);
    let new = (1..=10).map(|number| exact(number, b"b")).chain([dropped("ops", (11, 15)), exact(16, b"b")]);
    let path = imported(&world, "a.db", &old.chain(new).collect::<Vec<_>>());
    let show = world.run(&["show", &path, "--channel", "ops", "--seq", "11-15"]);
    assert!(show.status == 2 && show.err.contains("several counter epochs have these numbers"), "{show:?}");
    let show = world.run(&["show", &path, "--channel", "ops", "--seq", "11-15", "--epoch", "2"]);
    assert!(show.status == 1 && show.err.contains("missing #11–15: 5 messages not recorded "), "{show:?}");
}

#[test]
fn messages_that_retention_deleted_are_not_shown_as_not_recorded() {
    let world = World::new("redis://127.0.0.1:1");
    let path = imported(&world, "a.db", &[exact(1, b"a"), dropped("ops", (2, 4)), exact(5, b"a")]);
    sql(path.as_ref()).execute("UPDATE hole SET kind = 'deleted'", []).unwrap();
    for words in [&[][..], &["--channel", "ops", "--seq", "1-5"]] {
        let show = world.run(&[&["show", &path], words].concat());
        assert!(show.status == 1 && show.err.contains(": 3 messages deleted from "), "{show:?}");
        let show = world.run(&[&["show", &path, "--format", "json"], words].concat());
        let lines = show.json();
        let missing: Vec<&Value> = lines.iter().filter(|line| line["type"] == "missing").collect();
        assert!(missing.len() == 1 && missing[0]["kind"] == "deleted" && missing[0]["count"] == 3, "{}", show.out);
    }
}
