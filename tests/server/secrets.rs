//! Secrets appear on no screen, in no argument or environment of a process, and in no file that aircheck writes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Instant;

use aircheck::commands::cli::Cli;
use clap::CommandFactory as _;

use crate::needles::Needles;
use crate::support::{LIMIT, RedisServer, free_port};
use crate::tailing::{Tailing, broadcast};
use crate::world::{World, output_of};

const PASSWORD: &str = "pass-w0rd-of-redis";
const OLD: &str = "old-k3y-that-verifies";
const UNUSED: &str = "another-k3y-that-signs";

/// The sources of the signing key: the configuration, and the key.
const SOURCES: [(&str, &str); 4] = [
    ("{ env = \"OWN_KEY\" }", "env-k3y-that-signs"),
    ("{ file = \"own.key\" }", "file-k3y-that-signs"),
    ("{ command = [\"./keeper\"] }", "command-k3y-that-signs"),
    ("{ value = \"value-k3y-that-signs\" }", "value-k3y-that-signs"),
];

/// The files that may contain the secrets.
const KEPT: [&str; 2] = ["config.toml", "own.key"];

/// A home directory with every kind of secret. Its key command stores its own environment and arguments.
fn world(server: &RedisServer, source: &str) -> World {
    let url = format!("redis://:{PASSWORD}@127.0.0.1:{}", server.port());
    let config = format!(
        "default_profile = \"p\"\n[profile.p.signing]\nkey = {source}\n\
         verification_keys.old = {{ value = \"{OLD}\" }}\nverification_keys.other = {{ command = [\"./keeper\"] }}\n"
    );
    let world = World::new(&url).config(&config);
    world.file(".config/aircheck/own.key", "file-k3y-that-signs\n");
    world.file("tmp/.keep", "");
    // The script assembles the key from parts, because the test searches the script for the key.
    let keeper = world.file(
        ".config/aircheck/keeper",
        "#!/bin/sh\nenv >> \"$HOME/child\"\nxargs -0 < /proc/$$/cmdline >> \"$HOME/child\"\n\
         xargs -0 < /proc/$PPID/cmdline >> \"$HOME/child\"\nprintf 'command-k3y%s' -that-signs\n",
    );
    fs::set_permissions(keeper, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    world
}

fn process(world: &World, source: &str, words: &[&str]) -> Command {
    let mut command = world.process(&[words, &["--log-file", "log"]].concat());
    command
        .env("AIRCHECK_LOG", "trace")
        .env("AIRCHECK_SIGNING_KEY", UNUSED)
        .env("TMPDIR", world.home().join("tmp"))
        .current_dir(world.home());
    if source.contains("OWN_KEY") {
        command.env("OWN_KEY", "env-k3y-that-signs");
    }
    command
}

/// Messages that are rejected, each by a different check. Their correct HMACs must not appear anywhere.
fn forged() -> Vec<String> {
    // No message signed during the test has this timestamp.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() - 60;
    let zeros = "0".repeat(64);
    vec![
        format!("bad:sha256|default|{now}|{zeros}:[1]"),
        format!("bad:sha256|old|{now}|{zeros}:{{\"a\":1}}"),
        format!("bad:sha256|default|{now}|:[2]"),
        format!("bad:sha256|default|1|{zeros}:[3]"),
        format!("bad:md5|default|{now}|00:[4]"),
        format!("bad:sha256|nobody|{now}|{zeros}:[5]"),
        format!("bad:sha256|default|{now}|{zeros}:[6"),
    ]
}

fn needles(forged: &[String]) -> Needles {
    let keys: Vec<&str> = SOURCES.iter().map(|(_, key)| *key).chain([OLD, UNUSED]).collect();
    let all: Vec<&str> = keys.iter().copied().chain([PASSWORD]).collect();
    // Nothing signs what is no JSON.
    let signable = forged.iter().filter(|message| !message.ends_with("[6"));
    signable.fold(Needles::of(&all), |needles, message| needles.and_hmacs(&keys, message))
}

/// One run of a command, and its permitted exit statuses.
struct Case(Vec<String>, &'static str, &'static [i32]);

fn case(words: &[&str], input: &'static str, statuses: &'static [i32]) -> Case {
    Case(words.iter().map(ToString::to_string).collect(), input, statuses)
}

/// At least one case for each command that ends by itself. The others are tested below. The console needs a terminal; see
/// `tests/terminal/secrets.rs`.
fn cases(forged: &[String]) -> Vec<Case> {
    let mut cases = vec![
        case(&["publish", "ops", "evt", "[1]"], "", &[0]),
        case(&["publish", "ops", "evt", "--key", "old", "--format", "json"], "", &[0]),
        case(&["publish", "ops", "evt", "--key", "nobody"], "", &[2]),
        case(&["publish", "ops", "evt", "{"], "", &[2]),
        case(&["publish", "ops", "--lines"], "evt [1]\nevt [\n", &[1]),
        case(&["publish", "--from", "one.db", "--channel", "ops", "--seq", "1..", "--yes"], "", &[0, 1, 2]),
        case(&["channels"], "", &[0]),
        case(&["check", "ops"], "", &[0, 1]),
        case(&["check", "ops", "--format", "json", "--save"], "", &[0, 1]),
        case(&["check", "--expect"], "", &[0, 1, 2]),
        case(&["show", "one.db"], "", &[0, 1]),
        case(&["show", "one.db", "--format", "json"], "", &[0, 1]),
        case(&["show", "one.db", "--format", "csv"], "", &[0, 1]),
        case(&["show", "store:main"], "", &[2, 3]),
        case(&["fetch", "store:main", "--around", "last", "-o", "six.db"], "", &[2, 3]),
        case(&["bundle", "store:main", "--around", "last", "-o", "six.db"], "", &[2, 3]),
        case(&["merge", "one.db", "two.db", "-o", "three.db"], "", &[0, 1]),
        case(&["bundle", "one.db", "--around", "last", "-o", "five.db"], "", &[0, 1, 2]),
        case(&["import", "-", "-o", "four.db"], "{\"type\":\"link\"}\nno line\n", &[0, 1, 2]),
        case(&["ship", "one.db", "--to", "store:main"], "", &[2, 3]),
        case(&["store", "create", "store:main"], "", &[2, 3]),
        case(&["store", "prune", "store:main", "--keep", "1d"], "", &[2, 3]),
        case(&["watch", "ops"], "", &[2]),
        case(&["replay", "one.db"], "", &[2]),
        case(&["demo"], "", &[2]),
        case(&["man"], "", &[0]),
        case(&["completions", "bash"], "", &[0]),
        case(&["keys"], "", &[0]),
        case(&["init"], "", &[1]),
        case(&["doctor", "ops"], "", &[0]),
        case(&["explain", "counter_reset"], "", &[0]),
        case(&["config", "check"], "", &[0]),
        case(&["--help"], "", &[0]),
        case(&["--no-such-option"], "", &[2]),
    ];
    for message in forged {
        cases.push(case(&["inspect", message], "", &[1]));
        cases.push(case(&["inspect", "--format", "json", "--now", "1", message], "", &[1]));
    }
    cases
}

/// The commands that run until a signal.
const ENDLESS: [&str; 4] = ["tail", "listen", "record", "demo"];

#[test]
fn every_command_has_a_case() {
    let cases = cases(&forged());
    let covered: BTreeSet<&str> = cases.iter().map(|Case(words, ..)| words[0].as_str()).chain(ENDLESS).collect();
    for command in Cli::command().get_subcommands() {
        assert!(covered.contains(command.get_name()), "no case runs `{}` with secrets", command.get_name());
    }
}

#[test]
fn no_command_lets_a_secret_out() {
    let server = RedisServer::start_with(&["--requirepass", PASSWORD]);
    let forged = forged();
    let needles = needles(&forged);
    for (source, key) in SOURCES {
        let world = world(&server, source);
        endless(&server, &world, source, &forged, &needles);
        for Case(words, input, statuses) in cases(&forged) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let place = format!("{words:?} with {source}");
            let mut command = assert_cmd::Command::from_std(process(&world, source, &words));
            let output = command.write_stdin(input).timeout(LIMIT).output().unwrap();
            needles.assert_absent(&format!("the output of {place}"), &output.stdout);
            needles.assert_absent(&format!("the errors of {place}"), &output.stderr);
            let status = output.status.code().unwrap();
            assert!(statuses.contains(&status), "{place}: {status} {}", String::from_utf8_lossy(&output.stderr));
        }
        let child = fs::read(world.home().join("child")).unwrap();
        assert!(String::from_utf8_lossy(&child).contains("HOME="), "the key command was run with {key}");
        let files = needles.assert_absent_below(world.home(), &KEPT);
        assert!(files >= 7, "{files} files: counters, recordings, the log, what the key command wrote down");
    }
}

/// Runs the commands that do not end by themselves on forged messages and a valid one, and stops them.
fn endless(server: &RedisServer, world: &World, source: &str, forged: &[String], needles: &Needles) {
    let mut json = Tailing::spawn(process(world, source, &["tail", "ops", "--format", "json"]));
    let mut text = Tailing::spawn(process(world, source, &["tail", "ops"]));
    let listener =
        Tailing::spawn(process(world, source, &["listen", "ops", "--on-any", "{ env; cat; } >> ~/received"]));
    let metrics = format!("127.0.0.1:{}", free_port());
    let record = |file: &'static str, more: &[&str]| {
        Tailing::spawn(process(world, source, &[&["record", "ops", "--verbose", "-o", file], more].concat()))
    };
    let recorders = [record("one.db", &["--metrics", &metrics]), record("two.db", &[])];
    json.wait_for(|line| line["state"] == "connected");
    text.wait_for_line(|line| line.contains("connected"));
    server.wait_for(&["PUBSUB", "NUMSUB", "ops"], |answer| format!("{answer:?}").contains("int(5)"));
    broadcast(server, "ops", &forged.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(output_of(process(world, source, &["publish", "ops", "signed"])).status.success());
    assert_eq!(json.wait_for(|line| line["name"] == "signed")["verdict"], "verified", "{source}");
    text.wait_for_line(|line| line.contains("signed"));
    needles.assert_absent("the metrics", &metrics_of(&metrics));
    let demo = Tailing::spawn(process(world, source, &["demo", "--serve"]));
    let received = world.home().join("received");
    let deadline = Instant::now() + LIMIT;
    while !fs::read_to_string(&received).is_ok_and(|received| received.contains("HOME=")) {
        assert!(Instant::now() < deadline, "listen ran no command");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(!fs::read_to_string(&received).unwrap().contains("OWN_KEY="), "a secret's variable reached a command");
    listener.signal("-INT");
    let told = listener.end();
    needles.assert_absent("the output of listen", told.out.as_bytes());
    needles.assert_absent("the errors of listen", told.err.as_bytes());
    for running in [json, text, demo].into_iter().chain(recorders) {
        needles.assert_absent("arguments", &fs::read(format!("/proc/{}/cmdline", running.id())).unwrap());
        running.signal("-INT");
        let ended = running.end();
        needles.assert_absent("the output of what was running", ended.out.as_bytes());
        needles.assert_absent("the errors of what was running", ended.err.as_bytes());
    }
}

/// The reply of `/metrics`. Waits until it is available.
fn metrics_of(address: &str) -> Vec<u8> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let mut answer = Vec::new();
        if let Ok(mut stream) = TcpStream::connect(address) {
            stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
            stream.read_to_end(&mut answer).unwrap();
        }
        if answer.starts_with(b"HTTP/1.1 200") {
            return answer;
        }
        assert!(Instant::now() < deadline, "no metrics at {address}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[test]
fn a_password_in_a_url_of_the_command_line_goes_no_further() {
    let server = RedisServer::start_with(&["--requirepass", PASSWORD]);
    let needles = Needles::of(&[PASSWORD]);
    let world = World::new("redis://nowhere");
    let url = format!("redis://:{PASSWORD}@127.0.0.1:{}", server.port());
    let dead = format!("redis://:{PASSWORD}@127.0.0.1:1");
    let wrong = format!("redis://:{PASSWORD}@[::1");
    for url in [url.as_str(), &dead, &wrong] {
        for words in [
            &["publish", "ops", "evt"][..],
            &["channels"],
            &["check", "ops"],
            &["tail", "ops", "--for", "200ms"],
            &["inspect", "evt"],
            &["watch", "ops"],
            &["doctor", "ops"],
        ] {
            let ended = world.run(&[words, &["--url", url]].concat());
            needles.assert_absent(&format!("the output of {words:?}"), ended.out.as_bytes());
            needles.assert_absent(&format!("the errors of {words:?}"), ended.err.as_bytes());
            let warning = "Using a password with '--url'";
            let is_report = words[0] == "doctor";
            let warned = if is_report {
                ended.out.contains(warning)
            } else {
                ended.err.starts_with(&format!("Warning: {warning}"))
            };
            assert_eq!(warned, url != wrong, "{words:?}: {}", ended.err);
        }
    }
    needles.assert_absent_below(world.home(), &[]);
}
