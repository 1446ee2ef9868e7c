//! Filters with a jq predicate in `tail` and `show`: messages that cannot be evaluated are shown, and harm nothing else.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use aircheck::filter::Filter;
use aircheck::filter::jq_worker::{Answer, JqWorker, Question};
use serde_json::Value;

use crate::record::program::Studio;
use crate::support::{LIMIT, RedisServer};
use crate::tailing::{Tailing, broadcast};
use crate::world::World;

/// Loops forever for the data `0`, and evaluates other data quickly.
const SLOW_FOR_ZERO: &str = "| if . == 0 then (def f: f; f) else . == 1 end";

const TOO_SLOW: &str = "too slow";
const NAME_SKIPPED: &str = "not evaluated: earlier messages with this name failed";
const NEW_NAMES_SKIPPED: &str = "not evaluated: earlier messages with new names failed";

/// A message with a number that takes jq minutes to read.
fn long_number() -> String {
    format!("evt::{{\"id\":{}}}", "7".repeat(6_000_000))
}

fn named(name: &str) -> impl Fn(&Value) -> bool + '_ {
    move |line| line["type"] == "message" && line["name"] == name
}

fn worker(filter: &str) -> JqWorker {
    JqWorker::new(env!("CARGO_BIN_EXE_aircheck").into(), vec![Filter::parse(filter).unwrap()])
}

/// Evaluates messages: name and data.
fn evaluate(worker: &mut JqWorker, messages: &[(&str, &str)]) -> Vec<Answer> {
    let questions: Vec<_> =
        messages.iter().map(|(name, data)| Question { name: name.as_bytes(), data: Some(data.as_bytes()) }).collect();
    worker.evaluate(&questions, || false)
}

fn failed(why: &str) -> Answer {
    Answer::Failed(why.to_owned())
}

/// The worker processes of a command.
fn workers(of: u32) -> Vec<u32> {
    let found = Command::new("pgrep").args(["-P", &of.to_string()]).output().unwrap();
    String::from_utf8(found.stdout).unwrap().lines().map(|line| line.parse().unwrap()).collect()
}

/// The peak memory of a process, in bytes.
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or(0, |peak| peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10)
}

#[test]
fn a_number_of_six_million_digits_is_shown_at_once_with_the_reason() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let mut tailing = Tailing::json(&world, &["ops", "--filter", "| .ok"]);
    broadcast(&server, "ops", &[&long_number(), "evt::{\"ok\":false}", "evt::{\"ok\":true}"]);
    let shown = tailing.wait_for(named("evt"));
    assert_eq!(shown["filter_error"], "the data has a number of more than 1,000 digits");
    let shown = tailing.wait_for(named("evt"));
    assert_eq!((&shown["data"]["ok"], &shown["filter_error"]), (&Value::Bool(true), &Value::Null));
    tailing.signal("-TERM");
    let ended = tailing.end();
    assert_eq!(ended.status, 0);
    let warning = "Warning: --filter: the data has a number of more than 1,000 digits; messages that cannot be evaluated are printed as \
                   filter errors\n";
    assert_eq!(ended.err, warning);
}

#[test]
fn a_text_line_shows_the_reason_and_standard_error_has_the_first() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let mut tailing = Tailing::spawn(world.process(&["tail", "ops", "--filter", "| .ok"]));
    tailing.wait_for_line(|line| line.contains("connected"));
    broadcast(&server, "ops", &["evt::[1]", "evt::[2]", "evt::\"\u{202e}\"", "evt::{\"ok\":true}"]);
    let line = tailing.wait_for_line(|line| line.contains("#1"));
    assert!(line.ends_with("  ops  #1  evt  ○ unsigned  filter error: cannot index [1] with \"ok\"  [1]"), "{line}");
    let line = tailing.wait_for_line(|line| line.contains("#3"));
    assert!(line.contains("filter error: ") && !line.contains('\u{202e}'), "{line}");
    let line = tailing.wait_for_line(|line| line.contains("#4"));
    assert!(!line.contains("filter error"), "{line}");
    tailing.signal("-TERM");
    assert_eq!(tailing.end().err.lines().count(), 1);
}

#[test]
fn a_signal_ends_tail_while_a_predicate_runs() {
    let server = RedisServer::start();
    let world = World::of(&server);
    let tailing = Tailing::json(&world, &["ops", "--filter", "| (def f: f; f)"]);
    // Each message has a name of its own.
    let payloads: Vec<String> = (0..200).map(|number| format!("evt{number}::0")).collect();
    broadcast(&server, "ops", &payloads.iter().map(String::as_str).collect::<Vec<_>>());
    let deadline = Instant::now() + LIMIT;
    while workers(tailing.id()).is_empty() {
        assert!(Instant::now() < deadline, "no process evaluates the predicate");
    }
    let began = Instant::now();
    tailing.signal("-TERM");
    assert_eq!(tailing.end().status, 0);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn messages_that_fail_disable_the_filter_for_their_name_only() {
    let mut worker = worker(SLOW_FOR_ZERO);
    let answers =
        evaluate(&mut worker, &[("bad", "0"), ("bad", "0"), ("bad", "0"), ("bad", "1"), ("good", "1"), ("good", "2")]);
    let slow = failed(TOO_SLOW);
    assert_eq!(answers, [slow.clone(), slow.clone(), slow, failed(NAME_SKIPPED), Answer::Yes, Answer::No]);
}

#[test]
fn many_new_names_that_fail_leave_known_names_evaluated() {
    let mut worker = worker(SLOW_FOR_ZERO);
    assert_eq!(evaluate(&mut worker, &[("known", "1")]), [Answer::Yes]);
    let names: Vec<String> = (0..500).map(|number| format!("new{number}")).collect();
    let hostile: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "0")).collect();
    let began = Instant::now();
    let answers = evaluate(&mut worker, &hostile);
    assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
    assert_eq!((&answers[0], &answers[499]), (&failed(TOO_SLOW), &failed(NEW_NAMES_SKIPPED)));
    assert_eq!(evaluate(&mut worker, &[("known", "1"), ("known", "2")]), [Answer::Yes, Answer::No]);
}

#[test]
fn all_filters_of_a_command_share_a_worker() {
    let filters = ["| .a > 1", "name:x | .b > 1"].map(|text| Filter::parse(text).unwrap());
    let mut worker = JqWorker::new(env!("CARGO_BIN_EXE_aircheck").into(), filters.to_vec());
    let data = [r#"{"a":2,"b":2}"#, r#"{"a":2,"b":1}"#, "[1]", r#"{"a":1,"b":2}"#];
    let answers = evaluate(&mut worker, &data.map(|data| ("evt", data)));
    assert_eq!([&answers[0], &answers[1], &answers[3]], [&Answer::Yes, &Answer::No, &Answer::No]);
    assert!(matches!(&answers[2], Answer::Failed(why) if why.contains("index")), "{answers:?}");
}

#[test]
fn large_batches_are_answered_in_order() {
    let data: Vec<String> =
        (0..10_000).map(|number| format!("{{\"n\":{number},\"text\":\"{}\"}}", "x".repeat(500))).collect();
    let messages: Vec<(&str, &str)> = data.iter().map(|data| ("evt", data.as_str())).collect();
    let answers = evaluate(&mut worker("| .n % 7 == 3"), &messages);
    let expected: Vec<Answer> = (0..10_000).map(|number| Answer::from(number % 7 == 3)).collect();
    assert!(answers == expected, "{:?}", answers.iter().zip(&expected).position(|(answer, right)| answer != right));
}

#[test]
fn data_beyond_the_limit_does_not_reach_the_worker() {
    let data = format!("\"{}\"", "x".repeat(16 << 20));
    assert_eq!(evaluate(&mut worker("| true"), &[("evt", &data)]), [failed("the data is larger than 16 MiB")]);
}

/// Hostile data that takes as much memory as possible, in different ways.
fn greedy() -> Vec<String> {
    vec![
        long_number(),
        format!("array::[{}1]", "1,".repeat(3_000_000)),
        format!("nested::{}{}", "[".repeat(100), "]".repeat(100)),
        format!("objects::[{}1]", "{\"a\":[]},".repeat(300_000)),
        format!("text::\"{}\"", "x".repeat(6_000_000)),
    ]
}

#[test]
fn filtering_hostile_messages_stays_under_256_mib() {
    let server = RedisServer::start();
    let world = World::of(&server);
    // What is built takes any memory that the data asks for.
    let mut tailing =
        Tailing::json(&world, &["ops", "--filter", "| [., ., [limit(9999999; repeat(.))]] | tojson | length > 0"]);
    let payloads = greedy();
    let all: Vec<&str> = payloads.iter().map(String::as_str).collect();
    let mut peaks: HashMap<u32, u64> = HashMap::new();
    let mut left = 0;
    // One at a time, and then all of them while the first is evaluated.
    for burst in all.chunks(1).chain([&all[..], &all[..]]) {
        broadcast(&server, "ops", burst);
        left += burst.len() as u64;
        while left > 0 {
            for process in workers(tailing.id()) {
                let most = peaks.entry(process).or_default();
                *most = (*most).max(peak(process));
            }
            let Some(line) = tailing.next(Duration::from_millis(5)) else { continue };
            let line: Value = serde_json::from_str(&line).unwrap();
            match line["type"].as_str().unwrap() {
                "message" => {
                    assert!(line["filter_error"].is_string(), "{} was evaluated", line["name"]);
                    left -= 1;
                }
                "dropped" => left -= line["count"].as_u64().unwrap(),
                _ => {}
            }
        }
    }
    let most = peaks.values().max().unwrap() + peak(tailing.id());
    assert!(most < 256 << 20, "{} MiB", most >> 20);
    assert!(peaks.len() > 1, "no worker was ended");
}

#[test]
fn show_prints_what_cannot_be_evaluated_in_every_format() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["state=connected"]);
    let long = long_number();
    broadcast(&server, "ops", &["slow::0", "evt::1", "evt::2", &long, "slow::0"]);
    recorder.wait_for_committed(5);
    assert!(recorder.end().success());

    let show = |options: &[&str]| {
        let output = studio.output(&[&["show", "a.db", "--filter", SLOW_FOR_ZERO], options].concat());
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let err = text(output.stderr);
        assert_eq!((output.status.code(), err.lines().count()), (Some(0), 1), "{err}");
        assert!(err.starts_with("Warning: --filter: too slow; "), "{err}");
        text(output.stdout)
    };
    for options in [&["--format", "json"][..], &["--format", "json", "--channel", "ops", "--seq", "1.."]] {
        let shown: Vec<(u64, Option<String>)> = show(options)
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .map(|line| (line["sequence"].as_u64().unwrap(), line["filter_error"].as_str().map(str::to_owned)))
            .collect();
        let number = "the data has a number of more than 1,000 digits";
        let expected = [(1, Some(TOO_SLOW)), (2, None), (4, Some(number)), (5, Some(TOO_SLOW))];
        assert_eq!(shown, expected.map(|(sequence, why)| (sequence, why.map(str::to_owned))));
    }
    assert!(show(&[]).contains("filter error: too slow"));
    assert!(show(&["--format", "csv"]).lines().nth(1).unwrap().ends_with(",too slow"));
}
