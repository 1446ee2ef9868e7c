//! Examples of the ledger's state machine: runs every file in `tests/scenarios`.
//!
//! A line is a comment (`#`), an event, or an expected result of the event above (`=>`). The results are the numbers of the
//! interval's messages, then one line for each finding. All results of an event must be listed.
//!
//! | event | |
//! |---|---|
//! | `restored 1030`, `restored 1030 from SERVER` | the counter of an earlier run, and its server; by default the first server of the scenario |
//! | `wait 4.2` | this many seconds pass; only this event advances the time |
//! | `subscribed`, `disconnected REASON` | the subscription starts or ends |
//! | `connected SERVER` | the server of the next subscription, or `unknown` |
//! | `server changed`, `server moved` | the counter may have been reset; the counter's slot migrated |
//! | `message`, `message x3` | messages are received |
//! | `barrier 1046`, `barrier missing`, `barrier unreadable` | the counter is read |
//! | `early` | the open interval's messages are passed on before their barrier |
//! | `known` | the counter to store for the next run |
//!
//! Numbers: `#7` exact, `~7` inferred, `7~9` a range, `?received_not_counted` unknown with the reason. Findings: the kind, `from..to`
//! or `-`, `count n` if it is known, and the cause.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use aircheck::ledger::channel::{ChannelLedger, Sequences};
use aircheck::ledger::finding::{Cause, Finding};
use aircheck::ledger::known::{KnownCounter, ServerId};
use aircheck::ledger::sequence::{Channel, Reading, Sequence, UnknownReason};

#[test]
fn all_scenarios_hold() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<_> = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut steps = 0;
    let mut failures = Vec::new();
    for file in &files {
        assert_eq!(file.extension().and_then(|ending| ending.to_str()), Some("txt"), "{}", file.display());
        let text = std::fs::read_to_string(file).unwrap();
        match run(&text) {
            Ok(count) => steps += count,
            Err(error) => failures.push(format!("{}:{error}", file.display())),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(files.len() >= 20, "only {} scenarios in {}", files.len(), directory.display());
    assert!(steps >= 60, "only {steps} outcomes checked");
}

#[test]
fn malformed_scenarios_are_rejected() {
    for (text, error) in [
        ("", "1: no outcome is checked"),
        ("subscribed\nmessage x3\n", "1: no outcome is checked"),
        ("subscribe\n", "1: unknown event: subscribe"),
        ("subscribed\nmessage x\n", "2: not a number: "),
        ("subscribed\nmessage 3\n", "2: unknown event: message 3"),
        ("barrier -1\n", "1: not a number: -1"),
        ("=> #1\n", "1: an outcome without an event"),
        ("subscribed\n=> #1\n", "1: subscribed\n  expected  #1\n  given     "),
        ("subscribed\nmessage\nbarrier 1\n=> #2\n", "3: barrier 1\n  expected  #2\n  given     #1"),
    ] {
        assert_eq!(run(text).unwrap_err(), error, "{text:?}");
    }
}

/// Runs a scenario. Returns the number of results checked, or an error that starts with the line number.
fn run(text: &str) -> Result<usize, String> {
    let mut scenario = Scenario { ledger: ChannelLedger::new(Channel::new(b"ops")), now: 0 };
    scenario.ledger.connected(server(FIRST));
    let mut lines = text
        .lines()
        .zip(1..)
        .map(|(line, number)| (line.trim(), number))
        .filter(|(line, _)| !line.is_empty() && !line.starts_with('#'))
        .peekable();
    let mut checked = 0;
    while let Some((event, number)) = lines.next() {
        if event.starts_with("=>") {
            return Err(format!("{number}: an outcome without an event"));
        }
        let mut expected = Vec::new();
        while let Some((line, _)) = lines.next_if(|(line, _)| line.starts_with("=>")) {
            expected.push(line.trim_start_matches("=>").trim().to_owned());
        }
        let given = scenario.event(event).map_err(|error| format!("{number}: {error}"))?;
        if given != expected {
            let (expected, given) = (expected.join("\n            "), given.join("\n            "));
            return Err(format!("{number}: {event}\n  expected  {expected}\n  given     {given}"));
        }
        checked += given.len();
    }
    if checked == 0 { Err("1: no outcome is checked".to_owned()) } else { Ok(checked) }
}

/// The first server of a scenario.
const FIRST: &str = "first";

struct Scenario {
    ledger: ChannelLedger,
    now: i64,
}

impl Scenario {
    fn event(&mut self, line: &str) -> Result<Vec<String>, String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let open = self.ledger.open();
        match (word, rest) {
            ("restored", counter) => {
                let (counter, lost) = match counter.split_once(" lost ") {
                    Some((counter, lost)) => (counter, Some(number(lost)?)),
                    None => (counter, None),
                };
                let (counter, from) = counter.split_once(" from ").unwrap_or((counter, FIRST));
                self.ledger.restored(&KnownCounter {
                    channel: self.ledger.channel().clone(),
                    counter: number(counter)?,
                    server: server(from),
                    at: self.now,
                    lost,
                });
            }
            ("wait", seconds) => {
                let (whole, tenths) = seconds.split_once('.').unwrap_or((seconds, "0"));
                self.now += i64::try_from(number(whole)? * 1_000_000 + number(tenths)? * 100_000).unwrap();
            }
            ("subscribed", "") => self.ledger.subscribed(self.now),
            ("server", "changed") => self.ledger.server_changed(),
            ("server", "moved") => self.ledger.moved(),
            ("connected", to) => self.ledger.connected(server(to)),
            ("message", times) => {
                let count = match times.strip_prefix('x') {
                    Some(count) => number(count)?,
                    None if times.is_empty() => 1,
                    None => return Err(format!("unknown event: {line}")),
                };
                for index in open..open + count {
                    assert_eq!(self.ledger.message(), index);
                }
            }
            ("barrier", reading) => {
                let reading = match reading {
                    "missing" => Reading::Missing,
                    "unreadable" => Reading::Unreadable("no permission".into()),
                    value => Reading::Value(number(value)?),
                };
                let closed = self.ledger.barrier(&reading, self.now);
                assert_eq!(self.ledger.open(), 0);
                let findings = closed.findings.iter().map(finding);
                return Ok(numbers(closed.sequences, open).into_iter().chain(findings).collect());
            }
            ("disconnected", reason) => {
                let sequences = self.ledger.disconnected(&Arc::from(reason), self.now);
                return Ok(numbers(sequences, open).into_iter().collect());
            }
            ("early", "") => return Ok(numbers(self.ledger.inferred(), open).into_iter().collect()),
            ("known", "") => {
                return Ok(vec![self.ledger.known().map_or("nothing".to_owned(), |counter| counter.to_string())]);
            }
            _ => return Err(format!("unknown event: {line}")),
        }
        Ok(Vec::new())
    }
}

/// The server with this run id. `None` for `unknown`.
fn server(run_id: &str) -> Option<Arc<ServerId>> {
    (run_id != "unknown").then(|| ServerId::new(run_id, "replication").map(Arc::new)).flatten()
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("not a number: {text}"))
}

fn numbers(sequences: Sequences, count: u64) -> Option<String> {
    let each: Vec<_> = (0..count).map(|index| sequence(sequences.of(index))).collect();
    (count > 0).then(|| each.join(" "))
}

fn sequence(sequence: Sequence) -> String {
    match sequence {
        Sequence::Exact(number) => format!("#{number}"),
        Sequence::Inferred(number) => format!("~{number}"),
        Sequence::Range { from, to } => format!("{from}~{to}"),
        Sequence::Unknown(UnknownReason::CounterUnreadable) => "?unreadable".to_owned(),
        Sequence::Unknown(UnknownReason::CounterReset) => "?reset".to_owned(),
        Sequence::Unknown(UnknownReason::ReceivedNotCounted) => "?received_not_counted".to_owned(),
        Sequence::Unknown(UnknownReason::NoBarrier) => "?no_barrier".to_owned(),
        other => panic!("{other:?}"),
    }
}

fn finding(finding: &Finding) -> String {
    let mut out = finding.kind.name().to_owned();
    match (finding.sequence_from, finding.sequence_to) {
        (None, None) => out.push_str(" -"),
        (from, to) => {
            let end = |end: Option<u64>| end.map_or("-".to_owned(), |number| number.to_string());
            write!(out, " {}..{}", end(from), end(to)).unwrap();
        }
    }
    if let Some(count) = finding.count {
        write!(out, " count {count}").unwrap();
    }
    let seconds = |micros: i64| format!("{}.{}", micros / 1_000_000, micros / 100_000 % 10);
    match &finding.cause {
        Cause::Disconnected { reason, duration_micros: micros, .. } => {
            write!(out, ", {reason}, for {}", seconds(i64::try_from(*micros).unwrap())).unwrap();
        }
        Cause::NotRunning { since, lost, .. } => {
            write!(out, ", since {}", seconds(*since)).unwrap();
            if let Some(lost) = lost {
                write!(out, ", {lost} lost").unwrap();
            }
        }
        Cause::CountMismatch { advance, received } => {
            write!(out, ", advance {advance}, received {received}").unwrap();
        }
        Cause::Reset { before, after } => {
            assert_eq!((finding.sequence_from, finding.sequence_to), (Some(*before), *after));
        }
        Cause::Duplicate { .. } | Cause::ClockSkew { .. } | Cause::Expectation { .. } => {
            panic!("not a finding of the ledger: {finding:?}")
        }
    }
    if let Cause::Disconnected { lower_bound: true, .. } | Cause::NotRunning { lower_bound: true, .. } = finding.cause {
        out.push_str(", at least");
    }
    out
}
