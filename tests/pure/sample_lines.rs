//! One sample line of each JSON type and each kind of finding, byte for byte, and the schema that describes them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use aircheck::ledger::dropped::Dropped;
use aircheck::ledger::expectation::ExpectationState;
use aircheck::ledger::finding::{Acknowledgement, Cause, Finding, FindingKind, Program};
use aircheck::ledger::interval::{Interval, Link, LinkState};
use aircheck::ledger::sequence::{Certainty, Channel, Reading, Sequence, UnknownReason};
use aircheck::output::json::JsonLines;
use aircheck::output::missed::Missed;
use aircheck::output::summary::{
    Checked, CheckedExpectation, HandlerRun, Listed, MISSING_KINDS, Missing, Published, Recorded, RunCause,
};
use aircheck::wire::verdict::{CheckKind, CheckOutcome, Rejection, Verdict};
use serde_json::Value;

use super::json_schema::validated;

const SAMPLES: &str = include_str!("sample_lines.jsonl");

/// 2026-11-24T12:31:06.412345Z
const AT: i64 = 1_795_523_466_412_345;
const BEFORE: i64 = AT - 1_000_000;
const PAYLOAD: &[u8] = br#"evt:sha256|default|1795523466|00ff:{"a":1}"#;

fn line(write: impl FnOnce(&mut JsonLines, &mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut JsonLines::default(), &mut out);
    String::from_utf8(out).unwrap()
}

fn ops() -> Channel {
    Channel::new(b"ops")
}

fn message(payload: &[u8], sequence: Sequence, verdict: Verdict) -> String {
    let mut interval = Interval::default();
    interval.push_message(payload, AT, ops(), sequence, verdict, None, Some(1_795_523_466));
    line(|lines, out| assert!(lines.entry(out, &interval, &interval.entries()[0])))
}

fn finding(kind: FindingKind, range: [Option<u64>; 2], count: Option<u64>, cause: Cause) -> Finding {
    Finding { kind, channel: ops(), sequence_from: range[0], sequence_to: range[1], count, at: AT, cause }
}

fn expectation(title: &str, expected: &str, is_proved: bool) -> Cause {
    Cause::Expectation {
        expectation: title.into(),
        expected: expected.into(),
        since: BEFORE,
        duration_micros: 1_000_000,
        is_proved,
    }
}

/// A finding of each kind, in the order of the samples.
pub(crate) fn findings() -> Vec<Finding> {
    let mismatch = |advance, received| Cause::CountMismatch { advance, received };
    let reason = "the server closed the connection".into();
    vec![
        finding(
            FindingKind::MissedDisconnected,
            [Some(1031), Some(1046)],
            Some(16),
            Cause::Disconnected { reason, duration_micros: 4_200_000, lower_bound: false },
        ),
        finding(
            FindingKind::MissedNotRunning,
            [Some(5), Some(5)],
            Some(1),
            Cause::NotRunning { program: Program::Aircheck, since: BEFORE, lower_bound: true, lost: None },
        ),
        finding(FindingKind::CountedNotReceived, [Some(5), Some(7)], Some(1), mismatch(3, 2)),
        finding(FindingKind::ReceivedNotCounted, [None, None], Some(1), mismatch(0, 1)),
        finding(FindingKind::CounterReset, [Some(9), None], None, Cause::Reset { before: 9, after: None }),
        finding(
            FindingKind::Duplicate,
            [Some(8), Some(8)],
            Some(1),
            Cause::Duplicate { first_at: BEFORE, first_channel: ops() },
        ),
        finding(FindingKind::ClockSkew, [None, None], Some(1), Cause::ClockSkew { seconds: -1900 }),
        finding(FindingKind::Silent, [None, None], None, expectation("heartbeat", "at least 1/5m", true)),
        finding(FindingKind::TooMany, [None, None], Some(612), expectation("burst", "at most 500/s", false)),
        finding(FindingKind::Resumed, [None, None], None, expectation("heartbeat", "at least 1/5m", false)),
    ]
}

/// All sample lines, written from the values that they show.
fn written() -> Vec<String> {
    let findings = findings();
    let mut dropped = Dropped::new(Some(ops()), Some((1050, 1061)), AT);
    dropped.count = 12;
    let link = Link {
        state: LinkState::Disconnected,
        reason: Some("the server closed the connection".into()),
        channel: None,
        server: None,
        at: AT,
    };
    let published = Published { at: AT, channel: b"ops", sequence: 1048, receivers: 3, payload: PAYLOAD };
    let (now, counter) = (Reading::Value(1046), Reading::Value(1048));
    let checked = Checked { at: AT, channel: b"ops", known: Some(1030), since: None, doubt: None, reading: &now };
    let expected = CheckedExpectation {
        at: AT,
        channel: ops(),
        title: "heartbeat".to_owned(),
        expected: "at least 1/5m".to_owned(),
        state: ExpectationState::Silent,
        since: Some(BEFORE),
        reason: "the counter advanced too little since then".to_owned(),
    };
    let missing = Missing {
        channel: Some(b"ops"),
        range: (Some(1042), Some(1043)),
        count: Some(2),
        kind: "missed_not_running",
        reason: "the recorder was down",
    };
    let recorded = Recorded { channel: b"ops", recording: "ops.db", epoch: 1, range: (1044, 1046), at: (AT, AT) };
    let listed = Listed { at: AT, channel: b"ops", counter: &counter, subscribers: Some(3) };
    let failed = HandlerRun {
        at: AT,
        channel: Some(b"ops"),
        cause: RunCause::Message { name: b"evt", sequence: Sequence::Exact(1046) },
        recovered: false,
        outcome: "failed",
        status: Some(3),
        signal: None,
        reason: "it ended with status 3",
        attempts: 2,
        duration_micros: 1_250_000,
    };
    let missed = Missed::of(&findings[0]).unwrap();
    let done = HandlerRun { cause: RunCause::Missed(&missed), outcome: "done", status: Some(0), attempts: 1, ..failed };
    let rejected = Verdict::Rejected(Rejection::SignatureMismatch);
    let without_data = PAYLOAD.strip_suffix(br#":{"a":1}"#).unwrap();
    let mut all = vec![
        message(PAYLOAD, Sequence::Exact(1046), Verdict::Verified),
        message(without_data, Sequence::Range { from: 1040, to: 1046 }, rejected),
        line(|lines, out| lines.finding(out, &findings[0])),
        line(|lines, out| lines.dropped(out, &dropped)),
        line(|lines, out| lines.link(out, &link)),
        line(|lines, out| lines.published(out, &published)),
        line(|lines, out| lines.checked(out, &checked)),
        line(|lines, out| lines.expectation(out, &expected)),
        line(|lines, out| lines.missing(out, &missing)),
        line(|lines, out| lines.recorded(out, &recorded)),
        line(|lines, out| lines.listed(out, &listed)),
        line(|lines, out| lines.handler_run(out, &failed)),
        line(|lines, out| lines.handler_run(out, &done)),
    ];
    all.extend(findings[1..].iter().map(|finding| line(|lines, out| lines.finding(out, finding))));
    let acknowledged = Acknowledgement { at: AT + 60_000_000, note: "told \u{1b}ops".to_owned() };
    all.push(line(|lines, out| lines.finding_of_recording(out, &findings[0], Some(&acknowledged))));
    all
}

#[test]
fn each_type_is_written_as_its_sample_line() {
    let written = written();
    assert_eq!(written.concat().lines().collect::<Vec<_>>(), SAMPLES.lines().collect::<Vec<_>>());
    let kinds: Vec<FindingKind> = findings().iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, FindingKind::ALL);
}

#[test]
fn each_sample_line_is_valid_and_all_types_have_one() {
    let types: BTreeSet<String> =
        SAMPLES.lines().map(|line| validated(line)["type"].as_str().unwrap().to_owned()).collect();
    let known: BTreeSet<String> = schema()["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["$ref"].as_str().unwrap().trim_start_matches("#/$defs/").to_owned())
        .collect();
    assert_eq!(types, known);
}

#[test]
fn a_missed_finding_is_written_as_the_finding() {
    for finding in findings() {
        let Some(missed) = Missed::of(&finding) else { continue };
        assert_eq!(line(|lines, out| lines.missed(out, &missed)), line(|lines, out| lines.finding(out, &finding)));
    }
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../../assets/json-lines.schema.json")).unwrap()
}

#[test]
fn the_enums_of_the_schema_are_those_of_the_program() {
    let schema = schema();
    let listed = |name: &str| -> Vec<String> {
        let values = schema["$defs"][name]["enum"].as_array().unwrap_or_else(|| panic!("{name}"));
        values.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
    };
    let is_missed = |kind: &FindingKind| kind.is_gap() || *kind == FindingKind::CounterReset;
    let missed = FindingKind::ALL.iter().copied().filter(is_missed).map(FindingKind::name).chain(["dropped"]);
    let verdicts = [Verdict::Verified, Verdict::Unsigned, Verdict::Rejected(Rejection::Unsigned)];
    assert_eq!(listed("finding_kind"), names(FindingKind::ALL, FindingKind::name));
    assert_eq!(listed("missed_kind"), missed.collect::<Vec<_>>());
    assert_eq!(listed("missing_kind"), MISSING_KINDS);
    assert_eq!(listed("rejection"), names(Rejection::ALL, Rejection::name));
    assert_eq!(listed("verdict"), verdicts.map(Verdict::name));
    assert_eq!(listed("link_state"), names(LinkState::ALL, LinkState::name));
    assert_eq!(listed("certainty"), names(Certainty::ALL, Certainty::name));
    assert_eq!(listed("unknown_reason"), names(UnknownReason::ALL, UnknownReason::name));
    assert_eq!(listed("check_kind"), names(CheckKind::ALL, CheckKind::name));
    assert_eq!(
        listed("check_outcome"),
        [CheckOutcome::Passed, CheckOutcome::Failed, CheckOutcome::Skipped].map(CheckOutcome::name)
    );
}

fn names<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().copied().map(name).collect()
}
