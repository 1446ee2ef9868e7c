//! `tail` as a script runs it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use serde_json::{Value, json};

use crate::support::{LIMIT, RedisServer, free_port};
use crate::tailing::{Tailing, broadcast, wait_until_sent};
use crate::world::{Ended, World};

/// The sequences of the messages among the lines.
fn sequences(ended: &Ended) -> Vec<u64> {
    of_type(ended, "message").iter().map(|line| line["sequence"].as_u64().unwrap()).collect()
}

fn of_type(ended: &Ended, kind: &str) -> Vec<Value> {
    ended.json().into_iter().filter(|line| line["type"] == kind).collect()
}

fn is_message(name: &str) -> impl Fn(&Value) -> bool {
    move |line| line["type"] == "message" && line["name"] == name
}

#[test]
fn count_ends_after_n_messages_and_the_next_run_continues_there() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let tailing = Tailing::json(&world, &["ops", "--count", "3"]);
    broadcast(&server, "ops", &["a", "b", "c", "d", "e"]);
    let ended = tailing.end();
    assert_eq!((ended.status, ended.err.as_str()), (0, ""));
    assert_eq!(sequences(&ended), [1, 2, 3]);
    broadcast(&server, "ops", &["f"]);

    let mut tailing = Tailing::json(&world, &["ops", "--count", "1", "--strict"]);
    let missed = tailing.wait_for(|line| line["type"] == "finding");
    assert_eq!((&missed["kind"], &missed["channel"]), (&json!("missed_not_running"), &json!("ops")));
    assert_eq!((&missed["sequence_from"], &missed["sequence_to"], &missed["count"]), (&json!(4), &json!(6), &json!(3)));
    broadcast(&server, "ops", &["g"]);
    let ended = tailing.end();
    assert_eq!((ended.status, sequences(&ended)), (1, vec![7]));
}

#[test]
fn broadcasts_that_a_running_aircheck_received_were_not_missed() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let watching = Tailing::json(&world, &["ops"]);
    // No aircheck watches this channel later, although its counter was saved a moment ago.
    let ended = Tailing::json(&world, &["billing", "--count", "1"]);
    broadcast(&server, "billing", &["a"]);
    assert_eq!(ended.end().status, 0);
    broadcast(&server, "billing", &["b"]);
    thread::scope(|scope| {
        let later = scope.spawn(|| {
            for _ in 0..3 {
                let ended = Tailing::json(&world, &["ops", "--count", "5", "--strict"]).end();
                assert_eq!((ended.status, of_type(&ended, "finding")), (0, vec![]));
            }
            Tailing::json(&world, &["ops", "billing"]).wait_for(|line| line["type"] == "finding")
        });
        while !later.is_finished() {
            broadcast(&server, "ops", &["evt"]);
        }
        let found = later.join().unwrap();
        let missed = (&found["channel"], &found["kind"], &found["count"]);
        assert_eq!(missed, (&json!("billing"), &json!("missed_not_running"), &json!(1)));
    });
    drop(watching);
}

#[test]
fn a_json_line_has_the_documented_fields() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let mut tailing = Tailing::json(&world, &["ops"]);
    broadcast(&server, "ops", &["evt::{\"a\": 1}"]);
    let mut message = tailing.wait_for(is_message("evt"));
    let at = message["at"].take();
    let at = at.as_str().unwrap();
    assert!(at.parse::<jiff::Timestamp>().is_ok() && at.len() == 27 && at.ends_with('Z'), "{at}");
    assert_eq!(
        message,
        json!({"type": "message", "at": null, "channel": "ops", "sequence": 1, "certainty": "exact", "name": "evt", "data": {"a": 1},
            "verdict": "unsigned", "payload_base64": "ZXZ0Ojp7ImEiOiAxfQ=="})
    );
    tailing.signal("-TERM");
    assert_eq!(tailing.end().status, 0);
}

#[test]
fn text_is_printed_at_once_and_has_no_colours_in_a_pipe() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let mut tailing = Tailing::spawn(world.process(&["tail", "ops"]));
    let connected = tailing.wait_for_line(|line| line.contains("▲ connected"));
    assert!(!connected.contains('\x1b'), "{connected}");
    broadcast(&server, "ops", &["evt::[1]"]);
    let message = tailing.wait_for_line(|line| line.contains("evt"));
    assert!(message.ends_with("  ops  #1  evt  ○ unsigned  [1]"), "{message}");
    drop(tailing);

    let mut forced = world.process(&["tail", "ops"]);
    forced.env("CLICOLOR_FORCE", "1");
    Tailing::spawn(forced).wait_for_line(|line| line.contains("\x1b[32m▲ connected\x1b[0m"));
}

#[test]
fn for_and_idle_end_the_command() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let started = Instant::now();
    let ended = world.run(&["tail", "ops", "--for", "1s", "--format", "json"]);
    assert_eq!((ended.status, ended.err.as_str()), (0, ""));
    assert!(started.elapsed() >= Duration::from_secs(1));

    let started = Instant::now();
    let ended = world.run(&["tail", "ops", "--idle", "500ms", "--format", "json"]);
    assert_eq!((ended.status, ended.err.as_str()), (0, ""));
    assert!(started.elapsed() >= Duration::from_millis(500));
}

#[test]
fn idle_starts_at_the_last_printed_message() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let tailing = Tailing::json(&world, &["ops", "--idle", "2s", "-f", "name:evt"]);
    let started = Instant::now();
    for _ in 0..12 {
        broadcast(&server, "ops", &["evt"]);
        thread::sleep(Duration::from_millis(250));
    }
    // Messages that do not match the filter do not reset the idle time.
    let ended = thread::scope(|scope| {
        let ending = scope.spawn(move || tailing.end());
        while !ending.is_finished() {
            broadcast(&server, "ops", &["noise"]);
            thread::sleep(Duration::from_millis(250));
        }
        ending.join().unwrap()
    });
    assert_eq!((ended.status, of_type(&ended, "message").len()), (0, 12));
    assert!(started.elapsed() > Duration::from_millis(4500), "{:?}", started.elapsed());
}

#[test]
fn all_filters_must_match_and_only_what_matches_counts() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let tailing = Tailing::json(
        &world,
        &["ops", "--count", "2", "--filter", "name:cache-*", "--filter=-verdict:rejected | .n > 1"],
    );
    let payloads = ["cache-a::{\"n\":1}", "cache-b::{\"n\":2}", "other::{\"n\":2}", "cache-c::{", "cache-d::{\"n\":3}"];
    broadcast(&server, "ops", &payloads);
    let ended = tailing.end();
    assert_eq!((ended.status, sequences(&ended)), (0, vec![2, 5]));
}

#[test]
fn a_filter_error_points_to_its_position() {
    let world = World::new("redis://127.0.0.1:1");
    let ended = world.run(&["tail", "ops", "--filter", "name:ok", "--filter", "näme:\u{7} verdict:x"]);
    assert_eq!((ended.status, ended.out.as_str()), (2, ""));
    let lines: Vec<&str> = ended.err.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ended.err);
    assert!(lines[0].starts_with("aircheck: --filter: column 1: "), "{}", lines[0]);
    assert_eq!(lines[1..], ["  näme:\\x07 verdict:x", "  ^"]);
    let ended = world.run(&["tail", "ops", "-f", "name:x verdict:x"]);
    let lines: Vec<&str> = ended.err.lines().collect();
    assert_eq!(lines[1..], ["  name:x verdict:x", "                 ^"]);
}

#[test]
fn strict_sets_the_exit_status_if_there_are_findings() {
    let server = RedisServer::start();
    let world = World::of(&server);
    for (options, status) in [(&[][..], 0), (&["--strict"], 1), (&["--strict", "-f", "kind:missed_disconnected"], 0)] {
        let mut tailing = Tailing::json(&world, &[&["ops"], options].concat());
        broadcast(&server, "ops", &["bad::{", "worse:sha256|nobody|1|00:1", "\u{1b}[2J::\"\u{1b}"]);
        server.command::<()>(&["PUBLISH", "ops", "rogue"]);
        if status == 1 || options.is_empty() {
            let rejected = tailing.wait_for(is_message("bad"));
            assert_eq!((&rejected["verdict"], &rejected["rejection"]), (&json!("rejected"), &json!("invalid_json")));
            assert_eq!((rejected.get("data"), &rejected["payload_base64"]), (None, &json!("YmFkOjp7")));
            let rogue = tailing.wait_for(|line| line["type"] == "finding");
            assert_eq!((&rogue["kind"], &rogue["count"]), (&json!("received_not_counted"), &json!(1)));
        }
        broadcast(&server, "ops", &["after"]);
        if !options.contains(&"-f") {
            tailing.wait_for(is_message("after"));
        }
        tailing.signal("-INT");
        let ended = tailing.end();
        assert_eq!((ended.status, ended.err.as_str()), (status, ""), "{options:?}");
        assert!(!ended.out.contains('\u{1b}'));
    }
    let tailing = Tailing::json(&world, &["quiet", "--strict", "--idle", "200ms"]);
    assert_eq!(tailing.end().status, 0, "no finding");
}

#[test]
fn count_prints_findings_about_the_last_message() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let tailing = Tailing::json(&world, &["ops", "--strict", "--count", "1"]);
    server.command::<()>(&["PUBLISH", "ops", "rogue"]);
    let ended = tailing.end();
    assert_eq!((ended.status, of_type(&ended, "finding").len()), (1, 1), "{}", ended.out);
}

#[test]
fn signals_end_tail_and_the_counters_are_saved() {
    let server = RedisServer::start();
    for (signal, channel) in [("-INT", "a"), ("-TERM", "b"), ("-HUP", "c")] {
        let world = World::of(&server);
        let mut tailing = Tailing::json(&world, &[channel]);
        broadcast(&server, channel, &["one", "two"]);
        tailing.wait_for(is_message("two"));
        tailing.signal(signal);
        let ended = tailing.end();
        assert_eq!((ended.status, ended.err.as_str()), (0, ""), "{signal}");
        broadcast(&server, channel, &["three"]);
        let check = world.run(&["check", channel, "--format", "json"]);
        assert_eq!(
            check.json(),
            [
                json!({"type": "check", "at": check.json()[0]["at"], "channel": channel, "known": 2, "now": 3, "missed": 1, "lower_bound": false})
            ],
            "{signal}"
        );
    }
}

#[test]
fn a_closed_pipe_ends_tail_without_an_error() {
    let server = RedisServer::start();
    let world = World::of(&server);
    for lines in ["1", "2"] {
        let script =
            format!("'{}' tail ops | head -n {lines}; echo ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_aircheck"));
        let mut shell = Command::new("bash");
        shell.env("HOME", world.home()).env("AIRCHECK_URL", &world.url).args(["-c", &script]).timeout(LIMIT);
        let ended = thread::scope(|scope| {
            let shell = scope.spawn(move || Ended::of(&shell.output().unwrap()));
            if lines == "2" {
                while !shell.is_finished() {
                    broadcast(&server, "ops", &["evt"]);
                    thread::sleep(Duration::from_millis(20));
                }
            }
            shell.join().unwrap()
        });
        assert!(ended.out.contains("▲ connected") && ended.out.ends_with("\n0\n"), "{ended:?}");
        assert_eq!(
            (ended.out.lines().count().to_string(), ended.err.as_str()),
            (format!("{}", lines.parse::<u32>().unwrap() + 1), "")
        );
    }
}

#[test]
fn a_failed_first_connection_is_status_3_and_shows_no_secret() {
    let server = RedisServer::start_with(&["--requirepass", "correct"]);
    // A server before Redis 6 duplicates the arguments of HELLO.
    let old =
        answering("-ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `default`, `hunter2`, \r\n");
    for (url, words) in [
        (format!("redis://127.0.0.1:{}", free_port()), "Connection refused"),
        (format!("redis://:hunter2@127.0.0.1:{}", server.port()), "WRONGPASS"),
        (format!("redis://nobody:hunter2@127.0.0.1:{}", server.port()), "WRONGPASS"),
        (server.url(), "authentication required by"),
        ("unix:///nowhere/redis.sock".to_owned(), "No such file"),
        (format!("redis://:hunter2@127.0.0.1:{old}"), "does not support RESP3"),
    ] {
        for format in ["text", "json"] {
            let ended = World::new(&url).run(&["tail", "ops", "--format", format]);
            assert_eq!((ended.status, ended.out.as_str(), ended.err.lines().count()), (3, "", 1), "{}", ended.err);
            assert!(ended.err.starts_with("aircheck: ") && ended.err.contains(words), "{}", ended.err);
            assert!(
                ended.err.contains("check the server, and the URL") && !ended.err.contains("hunter2"),
                "{}",
                ended.err
            );
        }
    }
}

/// The port of a server that answers every connection with these bytes.
fn answering(answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut connections = Vec::new();
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let _ = connection.write_all(answer.as_bytes());
            connections.push(connection);
        }
    });
    port
}

#[test]
fn for_ends_tail_if_the_server_never_replies() {
    let world = World::new(&format!("redis://127.0.0.1:{}", answering("")));
    let started = Instant::now();
    let ended = world.run(&["tail", "ops", "--for", "300ms"]);
    assert_eq!((ended.status, ended.out.as_str()), (3, ""));
    assert!(ended.err.contains("not connected within the time of --for"), "{}", ended.err);
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}

#[test]
fn tail_ends_only_if_every_channel_is_denied() {
    let server = RedisServer::start();
    let rules = ["ACL", "SETUSER", "u", "on", ">pass", "resetchannels", "&ops", "~*", "+@all"];
    server.command::<()>(&rules);
    let world = World::new(&format!("redis://u:pass@127.0.0.1:{}", server.port()));
    let ended = world.run(&["tail", "secret", "billing:*", "--format", "json"]);
    assert_eq!((ended.status, ended.err.lines().count()), (3, 1), "{}", ended.err);
    assert!(ended.err.contains("access denied to every channel: NOPERM"), "{}", ended.err);
    assert!(ended.err.contains("ACL SETUSER"), "{}", ended.err);
    let denied: Vec<Value> =
        ended.json().iter().map(|line| json!([line["type"], line["state"], line["channel"]])).collect();
    assert_eq!(denied, [json!(["link", "denied", "secret"]), json!(["link", "denied", "billing:*"])]);

    let mut tailing = Tailing::spawn(world.process(&["tail", "secret", "ops", "--format", "json"]));
    let denied = tailing.wait_for(|line| line["type"] == "link");
    assert_eq!((&denied["state"], &denied["channel"]), (&json!("denied"), &json!("secret")));
    assert!(denied["reason"].as_str().unwrap().starts_with("NOPERM"), "{denied}");
    tailing.wait_for(|line| line["state"] == "connected");
    broadcast(&server, "ops", &["evt"]);
    tailing.wait_for(is_message("evt"));
    server.command::<()>(&["ACL", "SETUSER", "u", "&secret"]);
    let granted = tailing.wait_for(|line| line["state"] == "granted");
    assert_eq!(granted["channel"], "secret");
    broadcast(&server, "secret", &["at last"]);
    tailing.wait_for(is_message("at last"));
}

#[test]
fn tail_reconnects_and_reports_missed_messages() {
    let mut server = RedisServer::start();
    let world = World::of(&server);
    let mut tailing = Tailing::json(&world, &["ops", "--count", "2"]);
    broadcast(&server, "ops", &["before"]);
    tailing.wait_for(is_message("before"));
    server.command::<()>(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    let lost = tailing.wait_for(|line| line["state"] == "disconnected");
    assert!(lost["reason"].is_string());
    tailing.wait_for(|line| line["state"] == "connected");
    server.stop();
    tailing.wait_for(|line| line["state"] == "disconnected");
    server.restart();
    server.command::<()>(&["SET", crate::world::COUNTER, "10"]);
    tailing.wait_for(|line| line["state"] == "connected");
    broadcast(&server, "ops", &["after"]);
    let ended = tailing.end();
    assert_eq!((ended.status, ended.err.as_str()), (0, ""));
    assert_eq!(sequences(&ended), [1, 11]);
}

#[test]
fn no_channel_is_a_usage_error() {
    let server = RedisServer::start();
    let world = World::of(&server).config("[profile.p]\nchannels = [\"ops\", \"b:*\"]\n[profile.none]");
    let ended = world.run(&["tail", "--profile", "none"]);
    assert_eq!((ended.status, ended.out.as_str()), (2, ""));
    assert!(ended.err.starts_with("aircheck: no channel: name one"), "{}", ended.err);
    let mut tailing = Tailing::json(&world, &["--profile", "p"]);
    broadcast(&server, "ops", &["one"]);
    broadcast(&server, "b:1", &["two"]);
    tailing.wait_for(is_message("one"));
    assert_eq!(tailing.wait_for(is_message("two"))["channel"], "b:1");
}

#[test]
fn messages_dropped_for_a_slow_reader_are_counted() {
    let server = RedisServer::start_with(&["--client-output-buffer-limit", "pubsub 0 0 0"]);
    let world = World::of(&server);
    let mut tailing = Tailing::unread(world.process(&["tail", "ops", "--format", "json"]));
    server.wait_for(&["PUBSUB", "NUMSUB", "ops"], |answer| format!("{answer:?}").contains("int(1)"));
    let payload = format!("evt::\"{}\"", "x".repeat(8 << 20));
    for _ in 0..24 {
        broadcast(&server, "ops", &[&payload]);
    }
    broadcast(&server, "ops", &["last"]);
    wait_until_sent(&server);
    tailing.read();
    // Parsing these long lines takes seconds in a debug build, so they are parsed once.
    tailing.wait_for_line(|line| line.contains("\"name\":\"last\""));
    tailing.signal("-INT");
    let ended = tailing.end();
    let lines = ended.json();
    let of_type = |kind: &'static str| lines.iter().filter(move |line| line["type"] == kind);
    let messages = of_type("message").count() as u64;
    let dropped: u64 = of_type("dropped").map(|line| line["count"].as_u64().unwrap()).sum();
    assert!(dropped > 0, "the reader was not slow enough");
    assert_eq!(messages + dropped, 25);
    let last = of_type("message").next_back().unwrap();
    assert_eq!((&last["name"], &last["sequence"]), (&json!("last"), &json!(25)));
    assert_eq!(of_type("finding").count(), 0, "what is dropped here was not missed");
}

#[test]
fn a_signal_ends_tail_while_the_output_is_blocked() {
    let server = RedisServer::start();
    for second in [false, true] {
        let world = World::of(&server);
        let mut tailing = Tailing::unread(world.process(&["tail", "ops"]));
        // It first reads the counter before the messages.
        server.wait_for(&["CLIENT", "LIST", "TYPE", "pubsub"], |list| format!("{list:?}").contains("cmd=mget"));
        let payload = format!("evt::\"{}\"", "x".repeat(60_000));
        broadcast(&server, "ops", &[payload.as_str(); 8]);
        // After the first message, tail is blocked while it writes the others, because a pipe holds only 64 KiB.
        tailing.read_bytes(70_000);
        let started = Instant::now();
        tailing.signal("-INT");
        if second {
            tailing.signal("-TERM");
        }
        assert_eq!(tailing.wait(), 0);
        let elapsed = started.elapsed();
        assert_eq!(elapsed < Duration::from_secs(2), second, "{elapsed:?}");
        assert!(elapsed < Duration::from_secs(8), "{elapsed:?}");
        let err = tailing.end().err;
        assert!(err.starts_with("Warning: up to ") && err.contains(" not printed: "), "{err}");
        let check = world.run(&["check", "ops", "--format", "json"]).json();
        assert!(check[0]["missed"].as_u64().unwrap() >= 6, "what was not printed is not known: {check:?}");
        server.command::<()>(&["DEL", crate::world::COUNTER]);
    }
}

#[test]
fn tail_warns_and_continues_if_counters_cannot_be_saved() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let mut command = world.process(&["tail", "ops", "--format", "json", "--count", "1"]);
    // Not even root can create a directory below a device.
    command.env("AIRCHECK_STATE", "/dev/null/aircheck/counters.db");
    let mut tailing = Tailing::spawn(command);
    tailing.wait_for(|line| line["state"] == "connected");
    broadcast(&server, "ops", &["one"]);
    let ended = tailing.end();
    assert_eq!((ended.status, sequences(&ended)), (0, vec![1]), "{}", ended.err);
    assert!(ended.err.contains("/dev/null/aircheck"), "{}", ended.err);
}
