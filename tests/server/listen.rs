//! `listen` as an operator runs it: which commands run, their input and environment, and the saved progress.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{LIMIT, RedisServer};
use crate::tailing::{Tailing, broadcast};
use crate::world::{World, output_of};

/// Without a signing key anyone can run the commands.
const UNSIGNED: &str = "Warning: no signing key is configured, so unsigned messages are accepted: anyone who can publish can \
                        run these commands\n";

/// Starts `listen` on the channel `ops` with JSON lines, and waits until it is connected.
pub(crate) fn listen(world: &World, words: &[&str]) -> Tailing {
    let mut listening = start(world, words);
    listening.wait_for(|line| line["type"] == "link" && line["state"] == "connected");
    listening
}

/// Starts `listen`, and does not wait.
pub(crate) fn start(world: &World, words: &[&str]) -> Tailing {
    let mut command = world.process(&[&["listen", "ops", "--format", "json"], words].concat());
    command.current_dir(world.home());
    Tailing::spawn(command)
}

/// The content of the file `out` in the home directory, which the commands write.
pub(crate) fn written(world: &World) -> String {
    fs::read_to_string(world.home().join("out")).unwrap_or_default()
}

pub(crate) fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Whether the line reports a command that has ended.
pub(crate) fn is_run(line: &Value) -> bool {
    line["type"] == "run"
}

fn is_missed(line: &Value) -> bool {
    line["type"] == "finding" && line["kind"] == "missed_not_running"
}

/// The first number, the last number and the count of a finding, or of a run for a finding.
fn numbers(line: &Value) -> [Option<u64>; 3] {
    ["sequence_from", "sequence_to", "count"].map(|key| line[key].as_u64())
}

#[test]
fn commands_of_one_name_run_in_the_order_of_the_messages() {
    let server = RedisServer::start();
    let world = World::of(&server);
    // The earlier a message, the longer its command takes.
    let slow = "a=sleep 0.0$((9 - AIRCHECK_SEQUENCE)); echo a$AIRCHECK_SEQUENCE >> out";
    let any = "echo $AIRCHECK_NAME$AIRCHECK_SEQUENCE=$(cat) >> out.any";
    let listening = listen(&world, &["--on", slow, "--on-any", any, "--count", "6"]);
    broadcast(&server, "ops", &["a::1", "a::2", "b::{\"x\": [1]}", "a::3", "c", "a::4", "d"]);
    let ended = listening.end();
    assert_eq!((ended.status, ended.err.as_str()), (0, UNSIGNED));
    assert_eq!(written(&world), "a1\na2\na4\na6\n");
    assert_eq!(fs::read_to_string(world.home().join("out.any")).unwrap(), "b3={\"x\": [1]}\nc5=\n");
    let runs: Vec<Value> = ended.json().into_iter().filter(is_run).collect();
    assert_eq!(runs.len(), 6);
    assert!(runs.iter().all(|run| run["outcome"] == "done" && run["status"] == 0 && run["attempts"] == 1), "{runs:?}");
    // The seventh message was not handled. The next run starts with it.
    let mut listening = start(&world, &["--on", "a=true", "--on-any", "true"]);
    assert_eq!(numbers(&listening.wait_for(is_missed)), [Some(7), Some(7), Some(1)]);
}

#[test]
fn parallel_commands_run_at_the_same_time() {
    let server = RedisServer::start();
    let world = World::of(&server);
    // Each waits for the others.
    let meet = "a=touch met.$AIRCHECK_SEQUENCE; until [ $(ls met.* | wc -l) = 3 ]; do sleep 0.01; done; echo x >> out";
    let listening = listen(&world, &["--on", meet, "--parallel", "3", "--time-limit", "20s", "--count", "3"]);
    broadcast(&server, "ops", &["a", "a", "a"]);
    assert_eq!(listening.end().status, 0);
    assert_eq!(written(&world), "x\nx\nx\n");
}

#[test]
fn a_symbolic_link_is_not_used_as_the_lock_file() {
    let world = World::new("redis://127.0.0.1:1");
    let victim = world.file("victim", "precious");
    let words = ["listen", "ops", "--on", "a=true", "--state", "s"];
    // The first run makes the lock, which the second one finds to be a link.
    world.run(&words);
    let directory = world.state().parent().unwrap().to_owned();
    let files = || fs::read_dir(&directory).unwrap().map(|file| file.unwrap().path());
    let lock = files().find(|path| path.extension().is_some_and(|end| end == "lock")).unwrap();
    fs::remove_file(&lock).unwrap();
    std::os::unix::fs::symlink(&victim, &lock).unwrap();
    let ended = world.run(&words);
    let expected = format!("aircheck: cannot lock {}: it is a symbolic link; remove it\n", lock.display());
    assert!(ended.status == 1 && ended.err.ends_with(&expected), "{}", ended.err);
    assert_eq!(fs::read_to_string(victim).unwrap(), "precious");
}

#[test]
fn a_command_inherits_the_soft_core_limit_and_may_raise_it() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let listening = listen(&world, &["--on", "a=(ulimit -Sc; ulimit -Hc) > out", "--count", "1"]);
    broadcast(&server, "ops", &["a"]);
    assert_eq!(listening.end().status, 0);
    let hard = std::process::Command::new("sh").args(["-c", "ulimit -Hc"]).output().unwrap().stdout;
    assert_eq!(written(&world), format!("0\n{}", String::from_utf8(hard).unwrap()));
}

#[test]
fn a_command_receives_its_message_but_no_secret() {
    const SECRETS: [&str; 3] = ["own-k3y", "old-k3y", "pass-w0rd"];
    let server = RedisServer::start_with(&["--requirepass", "pass-w0rd"]);
    let url = format!("redis://:pass-w0rd@127.0.0.1:{}", server.port());
    let world = World::new(&url).config(
        "default_profile = \"p\"\n[profile.p.signing]\nkey = { env = \"OWN_KEY\" }\nkey_name = \"k\"\n\
         verification_keys.old = { env = \"OLD_KEY\" }\n",
    );
    let dump = "env > env.$AIRCHECK_SEQUENCE; xargs -0 < /proc/$$/cmdline > args.$AIRCHECK_SEQUENCE; cat > data";
    let process = |words: &[&str]| {
        let mut command = world.process(words);
        command.current_dir(world.home()).env("OWN_KEY", "own-k3y").env("OLD_KEY", "old-k3y");
        // Variables inherited from another listener are ignored.
        command.env("AIRCHECK_SIGNING_KEY", "own-k3y").env("AIRCHECK_KIND", "inherited");
        command
    };
    let mut listening = Tailing::spawn(process(&["listen", "ops", "--format", "json", "--on-any", dump]));
    listening.wait_for(|line| line["state"] == "connected");
    broadcast(&server, "ops", &["unsigned::1"]);
    let rejected = listening.wait_for(|line| line["type"] == "message");
    assert_eq!((&rejected["name"], &rejected["rejection"]), (&json!("unsigned"), &json!("unsigned")));
    for (name, data) in [("evt", r#"{"$(x)": "`y`"}"#), ("n\u{e9}", "2")] {
        assert!(output_of(process(&["publish", "ops", name, data])).status.success());
        assert_eq!(listening.wait_for(is_run)["outcome"], "done");
    }
    let environment = fs::read_to_string(world.home().join("env.2")).unwrap();
    for expected in [
        "AIRCHECK_CHANNEL=ops",
        "AIRCHECK_NAME=evt",
        "AIRCHECK_NAME_BASE64=",
        "AIRCHECK_SEQUENCE=2",
        "AIRCHECK_SEQUENCE_FROM=2",
        "AIRCHECK_SEQUENCE_TO=2",
        "AIRCHECK_VERDICT=verified",
        "AIRCHECK_KEY=k",
        "AIRCHECK_KIND=",
        "AIRCHECK_CERTAINTY=exact",
        "AIRCHECK_UNKNOWN_REASON=",
        "AIRCHECK_LOWER_BOUND=",
        "AIRCHECK_RECOVERED=",
    ] {
        assert!(environment.lines().any(|line| line == expected), "{expected} in {environment}");
    }
    let at = environment.lines().find_map(|line| line.strip_prefix("AIRCHECK_AT=")).unwrap();
    assert!(at.len() == 27 && at.parse::<jiff::Timestamp>().is_ok(), "{at}");
    assert!(fs::read_to_string(world.home().join("env.3")).unwrap().contains("AIRCHECK_NAME=n\u{e9}\n"));
    let arguments = fs::read_to_string(world.home().join("args.2")).unwrap();
    assert_eq!(arguments.trim_end(), format!("sh -c {dump}"), "nothing of the message");
    assert!(!world.home().join("env.1").exists(), "a rejected message is not handled");
    listening.signal("-TERM");
    let ended = listening.end();
    assert_eq!(ended.status, 0);
    for secret in SECRETS {
        for text in [&environment, &arguments, &ended.out, &ended.err] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[test]
fn a_name_with_a_nul_byte_is_passed_as_base64() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let any = "echo \"[$AIRCHECK_NAME] $AIRCHECK_NAME_BASE64\" > out";
    let listening = listen(&world, &["--on-any", any, "--count", "1"]);
    let mut publish = redis::cmd("PUBLISH");
    let _: u64 = publish.arg("ops").arg(&b"a\0b::1"[..]).query(&mut server.connection(0).unwrap()).unwrap();
    assert_eq!(listening.end().status, 0);
    assert_eq!(written(&world), "[] YQBi\n");
}

#[test]
fn a_command_that_exceeds_the_time_limit_is_killed_with_its_children() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let hang = "a=sleep 600 & echo $! > child; wait";
    let listening =
        listen(&world, &["--on", hang, "--on", "b=kill -9 $$", "--time-limit", "500ms", "--count", "2", "--strict"]);
    broadcast(&server, "ops", &["a", "b"]);
    let ended = listening.end();
    assert_eq!(ended.status, 1);
    let runs: Vec<Value> = ended.json().into_iter().filter(is_run).collect();
    let of = |name: &str| runs.iter().find(|run| run["name"] == name).unwrap();
    assert_eq!(of("a")["outcome"], "killed");
    assert_eq!(of("a")["reason"], "it took longer than 0.5 s and was killed");
    assert_eq!((&of("b")["outcome"], &of("b")["signal"]), (&json!("failed"), &json!(9)));
    let child = fs::read_to_string(world.home().join("child")).unwrap();
    let process = PathBuf::from(format!("/proc/{}", child.trim()));
    // Without a waiting parent, it stays as a zombie.
    wait_until("the child of the command ends", || {
        fs::read_to_string(process.join("stat")).map_or(true, |stat| stat.contains(") Z "))
    });
}

#[test]
fn a_restart_reports_missed_messages_and_a_failed_command_counts_as_handled() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let words = ["--on", "a=exit 3", "--on-missed"];
    let missed =
        "echo $AIRCHECK_KIND $AIRCHECK_CHANNEL $AIRCHECK_SEQUENCE_FROM $AIRCHECK_SEQUENCE_TO $AIRCHECK_COUNT; cat";
    let missed = format!("{{ {missed}; }} >> out");
    let words = [&words[..], &[&missed]].concat();

    let mut listening = listen(&world, &words);
    broadcast(&server, "ops", &["other", "a"]);
    let run = listening.wait_for(is_run);
    assert_eq!((&run["outcome"], &run["status"], &run["sequence"]), (&json!("failed"), &json!(3), &json!(2)));
    listening.signal("-INT");
    assert_eq!(listening.end().status, 0, "without --strict");

    broadcast(&server, "ops", &["a", "b", "c"]);
    let mut listening = listen(&world, &words);
    assert_eq!(numbers(&listening.wait_for(is_missed)), [Some(3), Some(5), Some(3)]);
    let run = listening.wait_for(is_run);
    assert_eq!((&run["kind"], numbers(&run)), (&json!("missed_not_running"), [Some(3), Some(5), Some(3)]));
    let out = written(&world);
    let (first, line) = out.split_once('\n').unwrap();
    assert_eq!(first, "missed_not_running ops 3 5 3");
    let finding: Value = serde_json::from_str(line).unwrap();
    assert_eq!((&finding["type"], numbers(&finding)), (&json!("finding"), [Some(3), Some(5), Some(3)]));
    listening.signal("-TERM");
    assert_eq!(listening.end().status, 0);

    // Reported once: the next start misses nothing. The console has separate saved counters.
    let ended = world.run(&["listen", "ops", "--on", "a=true", "--format", "json", "--for", "400ms", "--strict"]);
    assert_eq!((ended.status, ended.out.contains("finding")), (0, false), "{ended:?}");
    let ended = world.run(&["listen", "ops", "--on", "a=true", "--state", "new", "--for", "400ms", "--strict"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(world.run(&["check", "ops"]).out.contains("first check"));
}

#[test]
fn the_last_number_of_a_burst_is_saved_although_nothing_follows() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let mut listening = listen(&world, &["--on", "a=true"]);
    for _ in 0..5 {
        broadcast(&server, "ops", &["a"]);
        listening.wait_for(is_run);
    }
    let state = rusqlite::Connection::open(world.state()).unwrap();
    let saved = "SELECT max(counter) FROM counter WHERE server LIKE '% listen %'";
    wait_until("the last number is not saved", || state.query_row(saved, [], |row| row.get(0)) == Ok(5));
    listening.signal("-KILL");
}

#[test]
fn a_message_whose_command_was_interrupted_is_missed_or_recovered() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let recording = world.home().join("ops.db");
    let recording = recording.to_str().unwrap();
    let on = "a=echo $AIRCHECK_SEQUENCE$AIRCHECK_RECOVERED >> out; \
              until [ -e go ] || [ $AIRCHECK_SEQUENCE = 1 ]; do sleep 0.01; done";
    let mut listening = listen(&world, &["--on", on]);
    broadcast(&server, "ops", &["a"]);
    assert_eq!(listening.wait_for(is_run)["sequence"], 1);
    // No recorder receives these two.
    broadcast(&server, "ops", &["b", "b"]);
    let mut recorder = world.process(&["record", "ops", "-o", recording, "--verbose"]);
    let recorder = Tailing::spawn({
        recorder.current_dir(world.home());
        recorder
    });
    server.wait_for(&["PUBSUB", "NUMSUB", "ops"], |answer| format!("{answer:?}").contains("int(2)"));
    broadcast(&server, "ops", &["a", "a"]);
    wait_until("the second command runs", || written(&world) == "1\n4\n");
    wait_until("what is handled is on the disk", || {
        let state = rusqlite::Connection::open(world.state()).unwrap();
        state.query_row("SELECT counter FROM counter", [], |row| row.get(0)) == Ok(3)
    });
    let ended = {
        listening.signal("-KILL");
        drop(listening);
        broadcast(&server, "ops", &["a", "b", "a"]);
        world.file("go", "");
        let missed = "echo missed $AIRCHECK_SEQUENCE_FROM $AIRCHECK_SEQUENCE_TO $AIRCHECK_COUNT >> out";
        let words = ["--on", on, "--on-missed", missed, "--recover", recording, "--idle", "1s", "--strict"];
        start(&world, &words).end()
    };
    assert_eq!((ended.status, ended.err.as_str()), (0, UNSIGNED), "{}", ended.out);
    let out = written(&world);
    assert_eq!(out, "1\n4\n41\n51\n61\n81\n", "{}", ended.out);
    let runs: Vec<Value> = ended.json().into_iter().filter(is_run).collect();
    assert!(runs.iter().all(|run| run["recovered"] == true && run["outcome"] == "done"), "{runs:?}");
    recorder.signal("-TERM");
    assert_eq!(recorder.end().status, 0);
}

#[test]
fn messages_that_the_recording_lacks_are_missed() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let recording = world.home().join("ops.db");
    let recording = recording.to_str().unwrap();
    let missed = "echo missed $AIRCHECK_SEQUENCE_FROM-$AIRCHECK_SEQUENCE_TO $AIRCHECK_COUNT >> out";
    let on = "a=echo a$AIRCHECK_SEQUENCE $AIRCHECK_RECOVERED $(cat) >> out";
    let words = ["--on", on, "--on-missed", missed];
    let ended = listen(&world, &[&words[..], &["--idle", "300ms"]].concat()).end();
    assert_eq!(ended.status, 0);
    broadcast(&server, "ops", &["a::1", "a::2"]);
    let recorder = Tailing::spawn(world.process(&["record", "ops", "-o", recording]));
    server.wait_for(&["PUBSUB", "NUMSUB", "ops"], |answer| format!("{answer:?}").contains("int(1)"));
    broadcast(&server, "ops", &["a::3", "b::4", "a::5"]);
    // After a regular end, everything is written.
    thread::sleep(Duration::from_millis(100));
    recorder.signal("-TERM");
    assert_eq!(recorder.end().status, 0);
    broadcast(&server, "ops", &["a::6"]);

    let mut listening = listen(&world, &[&words[..], &["--recover", recording, "--strict"]].concat());
    broadcast(&server, "ops", &["a::7"]);
    listening.wait_for(|line| line["type"] == "run" && line["sequence"] == 7);
    wait_until("both gaps are reported", || written(&world).matches("missed").count() == 2);
    listening.signal("-TERM");
    let ended = listening.end();
    assert_eq!(ended.status, 1, "something was missed");
    let out = written(&world);
    let of = |what: &str| out.lines().filter(|line| line.starts_with(what)).collect::<Vec<_>>();
    assert_eq!(of("a"), ["a3 1 3", "a5 1 5", "a7 7"]);
    assert_eq!(of("missed"), ["missed 1-2 2", "missed 6-6 1"]);
    let missing: Vec<_> = ended.json().into_iter().filter(|line| line["type"] == "missing").collect();
    assert_eq!(
        missing.iter().map(numbers).collect::<Vec<_>>(),
        [[Some(1), Some(2), Some(2)], [Some(6), Some(6), Some(1)]]
    );
}

#[test]
fn messages_dropped_from_a_full_queue_are_counted_and_reported() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let wait = "a=until [ -e go ]; do sleep 0.01; done; echo a$AIRCHECK_SEQUENCE >> out";
    let missed = "echo $AIRCHECK_KIND $AIRCHECK_SEQUENCE_FROM $AIRCHECK_SEQUENCE_TO $AIRCHECK_COUNT >> out";
    let mut listening = listen(&world, &["--on", wait, "--on-missed", missed, "--queue", "2", "--strict"]);
    broadcast(&server, "ops", &["a", "a", "a", "a", "b", "a"]);
    // One command runs, two messages wait, and two are dropped.
    let dropped = listening.wait_for(|line| line["type"] == "dropped");
    assert_eq!(["sequence_from", "sequence_to", "count"].map(|key| dropped[key].as_u64()), [Some(4), Some(6), Some(2)]);
    assert_eq!(listening.wait_for(is_run)["kind"], "dropped");
    world.file("go", "");
    listening.wait_for(|line| line["type"] == "run" && line["sequence"] == 3);
    listening.signal("-TERM");
    assert_eq!(listening.end().status, 1);
    assert_eq!(written(&world), "dropped 4 6 2\na1\na2\na3\n");
    let ended = world.run(&["listen", "ops", "--on", "a=true", "--for", "400ms", "--strict"]);
    assert_eq!(ended.status, 0, "reported gaps are not reported again: {ended:?}");
}

#[test]
fn retry_runs_a_failed_command_again() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let on = "a=cat >> out; [ -e tried ] || { touch tried; exit 1; }";
    let listening = listen(&world, &["--on", on, "--retry", "2", "--count", "1", "--strict"]);
    broadcast(&server, "ops", &["a::1"]);
    let ended = listening.end();
    assert_eq!((ended.status, written(&world).as_str()), (0, "11"), "each attempt gets the data");
    let run = ended.json().into_iter().find(is_run).unwrap();
    assert_eq!((&run["outcome"], &run["attempts"]), (&json!("done"), &json!(2)));
}

#[test]
fn after_a_signal_running_commands_finish_and_none_is_started() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let on = "a=touch began; until [ -e go ]; do sleep 0.01; done; echo $AIRCHECK_SEQUENCE >> out";
    let listening = listen(&world, &["--on", on]);
    broadcast(&server, "ops", &["a", "a", "a"]);
    wait_until("the first command runs", || world.home().join("began").exists());
    listening.signal("-TERM");
    thread::sleep(Duration::from_millis(100));
    world.file("go", "");
    let ended = listening.end();
    assert_eq!((ended.status, written(&world).as_str()), (0, "1\n"));
    let waited = "stopped by a signal: 2 commands not started; the next run reports their messages as missed\n";
    assert_eq!(ended.err, format!("{UNSIGNED}{waited}"));
    let mut listening = start(&world, &["--on", on]);
    assert_eq!(numbers(&listening.wait_for(is_missed)), [Some(2), Some(3), Some(2)]);
}

#[test]
fn commands_print_to_standard_error_and_text_lines_report_their_status() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let mut command = world.process(&["listen", "ops", "--on", "a=echo printed; exit 4", "--count", "1"]);
    command.env("TZ", "UTC");
    let mut listening = Tailing::spawn(command);
    listening.wait_for_line(|line| line.contains("connected"));
    broadcast(&server, "ops", &["a::1"]);
    let ended = listening.end();
    assert_eq!((ended.status, ended.err), (0, format!("{UNSIGNED}printed\n")));
    let line = ended.out.lines().last().unwrap();
    assert!(line.contains("ops  #1  a  ✗ it ended with status 4 (0."), "{line}");
}

#[test]
fn messages_missed_while_disconnected_are_reported_for_a_pattern() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let on = "a=echo $AIRCHECK_CHANNEL $AIRCHECK_SEQUENCE >> out";
    let missed = "echo $AIRCHECK_KIND $AIRCHECK_SEQUENCE_FROM $AIRCHECK_SEQUENCE_TO $AIRCHECK_COUNT >> out";
    let mut listening = listen(&world, &["bill*", "--on", on, "--on-missed", missed]);
    broadcast(&server, "billing", &["a"]);
    listening.wait_for(is_run);
    let mut cut = redis::pipe();
    cut.atomic().cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").ignore();
    cut.cmd("INCR").arg("system_broadcast_sequence_ops").ignore();
    let () = cut.query(&mut server.connection(0).unwrap()).unwrap();
    assert_eq!(listening.wait_for(is_run)["kind"], "missed_disconnected");
    broadcast(&server, "ops", &["a"]);
    assert_eq!(listening.wait_for(is_run)["sequence"], 2);
    listening.signal("-TERM");
    assert_eq!(listening.end().status, 0);
    assert_eq!(written(&world), "billing 1\nmissed_disconnected 1 1 1\nops 2\n");
}

#[test]
fn two_listeners_cannot_save_their_progress_under_one_name() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let listening = listen(&world, &["--on", "a=true"]);
    let ended = world.run(&["listen", "ops", "--on", "a=other"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(
        ended.err.contains("another listener already saves its progress as a; choose another name"),
        "{}",
        ended.err
    );
    for words in [&["--on", "a=other", "--state", "second"][..], &["--on", "a=x", "--on", "b=y"]] {
        assert_eq!(world.run(&[&["listen", "ops", "--idle", "100ms"], words].concat()).status, 0);
    }
    listening.signal("-KILL");
    drop(listening);
    assert_eq!(world.run(&["listen", "ops", "--on", "a=other", "--idle", "100ms"]).status, 0);
}

#[test]
fn wrong_options_are_usage_errors_with_a_fix() {
    let world = World::new("redis://127.0.0.1:1");
    for (words, expected) in [
        (&[][..], "no command to run: add --on 'NAME=COMMAND', --on-any or --on-missed"),
        (&["--on", "a"], "--on: a has no =; write NAME=COMMAND"),
        (&["--on", "a= "], "--on: the command is empty"),
        (&["--on", "a:b=x"], "--on: the name of a message cannot contain a colon: a:b=x"),
        (&["--on", "a=x", "--on", "a=y"], "--on: a has two commands; join them with a semicolon"),
        (&["--on", "a=x", "--recover", "nowhere.db"], "cannot read nowhere.db"),
    ] {
        let ended = world.run(&[&["listen", "ops"], words].concat());
        assert_eq!(ended.status, 2, "{ended:?}");
        assert!(ended.err.contains(expected), "{expected}: {}", ended.err);
    }
    let ended = world.run(&["listen", "--on", "a=x"]);
    assert_eq!(
        (ended.status, ended.err.contains("no channel: name one, e.g. `aircheck listen")),
        (2, true),
        "{ended:?}"
    );
    let ended = world.run(&["listen", "ops", "--on", "a=x"]);
    assert_eq!(ended.status, 3, "{ended:?}");
}
