//! JSON lines and text lines, for content of any kind.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use aircheck::ledger::finding::{Cause, Finding, FindingKind, Program};
use aircheck::ledger::interval::{Entry, Interval, Link, LinkState, ServerInfo};
use aircheck::ledger::sequence::{Channel, Reading, Sequence, UnknownReason};
use aircheck::output::json::JsonLines;
use aircheck::output::nagios::{self, NagiosState};
use aircheck::output::summary::{Checked, Doubt, Inspected, Listed, Published};
use aircheck::output::text::{Style, TextLines};
use aircheck::wire::envelope::Envelope;
use aircheck::wire::verdict::{Check, CheckKind, CheckOutcome, Rejection, Verdict, Verification};
use base64_simd::STANDARD;
use jiff::tz::{TimeZone, offset};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::json_schema::validated;

/// 2026-11-24T22:31:07.123456Z
const AT: i64 = 1_795_559_467_123_456;

const SIGNED: &[u8] = br#"cache-flush:sha256|default|1795559467|00ff:{"tag":"cart"}"#;

fn interval(channel: &[u8], payload: &[u8], sequence: Sequence, verdict: Verdict) -> Interval {
    let mut interval = Interval::default();
    interval.push_message(payload, AT, Channel::new(channel), sequence, verdict, None, Some(1_795_559_467));
    interval
}

fn json_of(interval: &Interval) -> Vec<u8> {
    let mut out = Vec::new();
    let mut lines = JsonLines::default();
    for entry in interval.entries() {
        lines.entry(&mut out, interval, entry);
    }
    out
}

fn message(payload: &[u8], sequence: Sequence, verdict: Verdict) -> String {
    String::from_utf8(json_of(&interval(b"ops", payload, sequence, verdict))).unwrap()
}

fn json_entry(entry: Entry) -> String {
    let mut interval = Interval::default();
    interval.push(entry);
    String::from_utf8(json_of(&interval)).unwrap()
}

fn text_of(interval: &Interval, style: Style) -> String {
    let mut out = String::new();
    let mut lines = TextLines::new(TimeZone::UTC, style);
    for entry in interval.entries() {
        lines.entry(&mut out, interval, entry);
    }
    out
}

fn text_entry(entry: Entry) -> String {
    let mut interval = Interval::default();
    interval.push(entry);
    text_of(&interval, Style::Plain)
}

#[test]
fn a_verified_message() {
    assert_eq!(
        message(SIGNED, Sequence::Exact(1046), Verdict::Verified),
        concat!(
            r#"{"type":"message","at":"2026-11-24T22:31:07.123456Z","channel":"ops","sequence":1046,"certainty":"exact","name":"cache-flush","#,
            r#""data":{"tag":"cart"},"verdict":"verified","key":"default","algorithm":"sha256","timestamp":1795559467,"#,
            r#""payload_base64":"Y2FjaGUtZmx1c2g6c2hhMjU2fGRlZmF1bHR8MTc5NTU1OTQ2N3wwMGZmOnsidGFnIjoiY2FydCJ9"}"#,
            "\n"
        )
    );
}

#[test]
fn a_filter_error_is_a_member_and_words_before_the_data() {
    let interval = interval(b"ops", SIGNED, Sequence::Exact(1046), Verdict::Verified);
    let Entry::Message(of) = &interval.entries()[0] else { panic!() };
    let (mut json, mut text) = (Vec::new(), String::new());
    JsonLines::default().message(&mut json, &interval, of, Some("cannot index [1] with \"a\""));
    TextLines::new(TimeZone::UTC, Style::Plain).message(&mut text, &interval, of, Some("too slow"));
    let json = String::from_utf8(json).unwrap();
    assert!(json.contains(r#","filter_error":"cannot index [1] with \"a\"","payload_base64":"#), "{json}");
    assert_eq!(text, "22:31:07.123  ops  #1046  cache-flush  ✓ default  filter error: too slow  {\"tag\":\"cart\"}\n");
}

#[test]
fn sequences_that_are_not_exact() {
    for (sequence, members) in [
        (Sequence::Exact(u64::MAX), r#","sequence":18446744073709551615,"certainty":"exact","name""#),
        (Sequence::Inferred(7), r#","sequence":null,"certainty":"inferred","sequence_from":7,"sequence_to":7,"name""#),
        (
            Sequence::Range { from: 0, to: 10 },
            r#","sequence":null,"certainty":"range","sequence_from":0,"sequence_to":10,"name""#,
        ),
        (
            Sequence::Unknown(UnknownReason::NoBarrier),
            r#","sequence":null,"certainty":"unknown","unknown_reason":"no_barrier","name""#,
        ),
        (
            Sequence::Unknown(UnknownReason::ReceivedNotCounted),
            r#","sequence":null,"certainty":"unknown","unknown_reason":"received_not_counted","name""#,
        ),
        (Sequence::Unknown(UnknownReason::CounterReset), r#""unknown_reason":"counter_reset","#),
        (Sequence::Unknown(UnknownReason::CounterUnreadable), r#""unknown_reason":"counter_unreadable","#),
    ] {
        let line = message(SIGNED, sequence, Verdict::Verified);
        assert!(line.contains(members), "{line}");
    }
}

#[test]
fn missing_values_are_omitted() {
    let unsigned: Value = serde_json::from_str(&message(b"evt", Sequence::Exact(1), Verdict::Unsigned)).unwrap();
    for key in ["data", "key", "algorithm", "rejection", "sequence_from", "name_base64", "channel_base64"] {
        assert_eq!(unsigned.get(key), None, "{key}");
    }
    let rejected = Verdict::Rejected(Rejection::InvalidJson);
    let line = message(b"\xff:sha256||x|:{oops\n", Sequence::Exact(1), rejected);
    let value: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(value["name"], Value::Null);
    assert_eq!(value["name_base64"], "/w==");
    assert_eq!(value["rejection"], "invalid_json");
    assert_eq!(value["algorithm"], "sha256");
    assert_eq!(value.get("key"), None);
    assert_eq!(value.get("data"), None);
    let zero: Value = serde_json::from_str(&message(b"evt:0:null", Sequence::Exact(1), Verdict::Unsigned)).unwrap();
    assert_eq!(zero.get("algorithm"), None);
    assert_eq!(zero.get("data"), Some(&Value::Null));
}

#[test]
fn data_keeps_its_value_on_one_line() {
    for (data, written) in [
        ("{\n\t\"a\" : 1 ,\r\n \"a\":2}", "{\"a\" : 1 , \"a\":2}"),
        ("[TRUE,False,NULL,1E400,-0,12345678901234567890]", "[true,false,null,1e400,-0,12345678901234567890]"),
        (r#"{"A\"B\\":"TRUE\n"}"#, r#"{"A\"B\\":"TRUE\n"}"#),
        ("\"\u{202e}\u{7f}\u{9b}\u{200b}\u{e0041}ü\"", r#""\u202e\u007f\u009b\u200b\udb40\udc41ü""#),
        (r#"["\"",TRUE,"\\",NULL]"#, r#"["\"",true,"\\",null]"#),
        (r#""\u001b[2J""#, r#""\u001b[2J""#),
    ] {
        let payload = format!("evt::{data}");
        let line = message(payload.as_bytes(), Sequence::Exact(1), Verdict::Unsigned);
        assert!(line.contains(&format!(",\"data\":{written},\"verdict\"")), "{line}");
    }
}

#[test]
fn findings_have_the_members_of_their_cause() {
    let finding = |kind, range: Option<(u64, u64)>, count, cause| Finding {
        kind,
        channel: Channel::new(b"ops"),
        sequence_from: range.map(|range| range.0),
        sequence_to: range.map(|range| range.1),
        count,
        at: AT,
        cause,
    };
    for (finding, members, text) in [
        (
            finding(
                FindingKind::MissedDisconnected,
                Some((1031, 1046)),
                Some(16),
                Cause::Disconnected {
                    reason: Arc::from("reset\n\"by\" peer"),
                    duration_micros: 4_200_000,
                    lower_bound: false,
                },
            ),
            r#","channel":"ops","sequence_from":1031,"sequence_to":1046,"count":16,"lower_bound":false,"duration_micros":4200000,"reason":"reset\n\"by\" peer"}"#,
            "16 missed  #1031–1046  disconnected 4.2 s",
        ),
        (
            finding(
                FindingKind::MissedNotRunning,
                Some((5, 5)),
                Some(1),
                Cause::NotRunning { program: Program::Aircheck, since: AT - 1_000_000, lower_bound: false, lost: None },
            ),
            r#","lower_bound":false,"since":"2026-11-24T22:31:06.123456Z"}"#,
            "1 missed  #5  not running",
        ),
        (
            finding(
                FindingKind::MissedNotRunning,
                Some((792, 848)),
                Some(57),
                Cause::NotRunning {
                    program: Program::Aircheck,
                    since: AT - 1_000_000,
                    lower_bound: false,
                    lost: Some(41),
                },
            ),
            r#","count":57,"lower_bound":false,"since":"2026-11-24T22:31:06.123456Z","lost":41}"#,
            "16 missed, 41 lost  #792–848  recorder killed",
        ),
        (
            finding(FindingKind::ReceivedNotCounted, None, Some(1), Cause::CountMismatch { advance: 2, received: 3 }),
            r#","sequence_from":null,"sequence_to":null,"count":1,"advance":2,"received":3}"#,
            "1 received, not counted",
        ),
        (
            finding(FindingKind::CounterReset, None, None, Cause::Reset { before: 9, after: None }),
            r#","count":null,"value_before":9,"value_after":null}"#,
            "counter reset  from #9, the key is gone, ? missed",
        ),
        (
            finding(
                FindingKind::Duplicate,
                Some((8, 8)),
                Some(1),
                Cause::Duplicate { first_at: AT, first_channel: Channel::new(b"\xff") },
            ),
            r#","first_at":"2026-11-24T22:31:07.123456Z","first_channel":null,"first_channel_base64":"/w=="}"#,
            "duplicate  #8  first received",
        ),
        (
            finding(FindingKind::ClockSkew, None, Some(1), Cause::ClockSkew { seconds: -1900 }),
            r#","offset_seconds":-1900}"#,
            "clock skew  31 min 40 s behind",
        ),
    ] {
        let line = json_entry(finding.clone().into());
        let start = format!(
            r#"{{"type":"finding","at":"2026-11-24T22:31:07.123456Z","kind":"{}","channel":"ops","#,
            finding.kind.name()
        );
        assert!(line.starts_with(&start), "{line}");
        assert!(line.ends_with(&format!("{members}\n")), "{line}");
        validated(line.trim_end());
        let line = text_entry(finding.into());
        assert!(line.starts_with("22:31:07.123  ops  ┄ "), "{line}");
        assert!(line.contains(text), "{line}");
    }
}

#[test]
fn link_lines_have_the_known_members() {
    let link =
        Link { state: LinkState::Disconnected, reason: Some(Arc::from("EOF")), channel: None, server: None, at: AT };
    assert_eq!(
        json_entry(Entry::Link(link.clone())),
        concat!(r#"{"type":"link","at":"2026-11-24T22:31:07.123456Z","state":"disconnected","reason":"EOF"}"#, "\n")
    );
    assert_eq!(text_entry(Entry::Link(link.clone())), "22:31:07.123  ▼ disconnected: EOF\n");
    let denied = Link { state: LinkState::Denied, channel: Some(Channel::new(b"ops")), ..link.clone() };
    assert_eq!(text_entry(Entry::Link(denied)), "22:31:07.123  ▼ denied ops: EOF\n");
    let server = ServerInfo { version: "7.2.4".into(), role: "primary".into(), mode: "standalone".into() };
    let connected = Link { state: LinkState::Connected, reason: None, server: Some(Arc::new(server)), ..link };
    assert_eq!(
        json_entry(Entry::Link(connected.clone())),
        concat!(
            r#"{"type":"link","at":"2026-11-24T22:31:07.123456Z","state":"connected","reason":null,"server_version":"7.2.4","server_role":"primary","#,
            r#""server_mode":"standalone"}"#,
            "\n"
        )
    );
    assert_eq!(text_entry(Entry::Link(connected)), "22:31:07.123  ▲ connected 7.2.4 primary standalone\n");
}

#[test]
fn counters_and_barriers_have_no_line() {
    let counter = Entry::Counter { channel: Channel::new(b"ops"), reading: Reading::Value(1), server: None, at: AT };
    assert_eq!(json_entry(counter.clone()), "");
    assert_eq!(text_entry(counter), "");
    assert_eq!(json_entry(Entry::Barrier { round_trip: 1, at: AT }), "");
}

#[test]
fn receipts() {
    let published = |receivers| Published { at: AT, channel: b"ops\n", sequence: 1048, receivers, payload: b"e::" };
    let signed = Published { payload: b"e:sha256|default|1|00:", ..published(1) };
    let mut out = Vec::new();
    JsonLines::default().published(&mut out, &published(3));
    assert_eq!(
        String::from_utf8(out).unwrap(),
        concat!(
            r#"{"type":"published","at":"2026-11-24T22:31:07.123456Z","channel":"ops\n","sequence":1048,"receivers":3,"payload_base64":"ZTo6"}"#,
            "\n"
        )
    );
    let mut out = Vec::new();
    JsonLines::default().published(&mut out, &signed);
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains(r#","receivers":1,"key":"default","payload_base64":""#), "{out}");
    let mut out = String::new();
    let lines = TextLines::new(TimeZone::UTC, Style::Plain);
    lines.published(&mut out, &signed);
    lines.published(&mut out, &published(0));
    assert_eq!(
        out,
        "published #1048 on ops\\x0a to 1 receiver\npublished #1048 on ops\\x0a to 0 receivers, unsigned\n"
    );
}

#[test]
fn comparisons() {
    let mut json = String::new();
    let mut text = String::new();
    let mut lines = TextLines::new(TimeZone::UTC, Style::Plain);
    let denied = Reading::Unreadable(Arc::from("NOPERM\n"));
    for (known, reading, is_loss) in [
        (None, &Reading::Value(7), false),
        (None, &Reading::Missing, false),
        (None, &denied, true),
        (Some(1046), &Reading::Value(1046), false),
        (Some(1045), &Reading::Value(1046), true),
        (Some(1030), &Reading::Value(1046), true),
        (Some(0), &Reading::Value(u64::MAX), true),
        (Some(5), &Reading::Value(4), true),
        (Some(5), &Reading::Missing, true),
        (Some(5), &denied, true),
    ] {
        let checked = Checked { at: AT, channel: b"ops", known, since: known.map(|_| AT), doubt: None, reading };
        assert_eq!(checked.comparison().is_loss(), is_loss, "{checked:?}");
        let mut out = Vec::new();
        JsonLines::default().checked(&mut out, &checked);
        json.push_str(std::str::from_utf8(&out).unwrap());
        validated(json.lines().last().unwrap());
        lines.checked(&mut text, &checked);
    }
    assert_eq!(
        json.lines()
            .map(|line| line
                .strip_prefix(r#"{"type":"check","at":"2026-11-24T22:31:07.123456Z","channel":"ops","#)
                .unwrap())
            .collect::<Vec<_>>(),
        [
            r#""known":null,"now":7,"missed":null}"#,
            r#""known":null,"now":0,"missed":null}"#,
            r#""known":null,"now":null,"missed":null,"error":"NOPERM\n"}"#,
            r#""known":1046,"now":1046,"missed":0,"lower_bound":false}"#,
            r#""known":1045,"now":1046,"missed":1,"lower_bound":false}"#,
            r#""known":1030,"now":1046,"missed":16,"lower_bound":false}"#,
            r#""known":0,"now":18446744073709551615,"missed":18446744073709551615,"lower_bound":false}"#,
            r#""known":5,"now":4,"missed":null,"reset":true}"#,
            r#""known":5,"now":0,"missed":null,"reset":true}"#,
            r#""known":5,"now":null,"missed":null,"error":"NOPERM\n"}"#,
        ]
    );
    let since = " since 2026-11-24 22:31:07 UTC";
    assert_eq!(
        text.lines().map(|line| line.strip_prefix("ops  ").unwrap().replace(since, "@")).collect::<Vec<_>>(),
        [
            "○ first check: the counter is 7, saved",
            "○ first check: the counter is 0, saved",
            "✗ the counter cannot be read, so nothing is known: NOPERM\\x0a",
            "✓ nothing missed@, at #1046",
            "┄ 1 missed@: #1046",
            "┄ 16 missed@: #1031–1046",
            "┄ 18446744073709551615 missed@: #1–18446744073709551615",
            "┄ the counter was reset@, from 5 to 4; what was missed is not known",
            "┄ the counter was reset@, from 5 to 0; what was missed is not known",
            "✗ the counter cannot be read, so nothing is known: NOPERM\\x0a",
        ]
    );
}

#[test]
fn channels_are_a_table() {
    let readings = [Reading::Value(1048), Reading::Missing, Reading::Unreadable(Arc::from("not a number"))];
    let listed = |channel, counter, subscribers| Listed { at: AT, channel, counter, subscribers };
    let listed = [
        listed(b"ops".as_slice(), &readings[0], Some(0)),
        listed("日本".as_bytes(), &readings[1], None),
        listed(b"\xff", &readings[2], Some(12)),
    ];
    let mut out = String::new();
    TextLines::new(TimeZone::UTC, Style::Plain).listed(&mut out, &listed);
    assert_eq!(
        out.lines().collect::<Vec<_>>(),
        [
            "CHANNEL  COUNTER  SUBSCRIBERS",
            "ops         1048            0",
            "日本           -            ?",
            "\\xff           ?           12  not a number",
        ]
    );
    let mut out = Vec::new();
    for listed in &listed {
        JsonLines::default().listed(&mut out, listed);
    }
    assert_eq!(
        String::from_utf8(out).unwrap().lines().inspect(|line| drop(validated(line))).collect::<Vec<_>>(),
        [
            r#"{"type":"channel","at":"2026-11-24T22:31:07.123456Z","channel":"ops","counter":1048,"subscribers":0}"#,
            r#"{"type":"channel","at":"2026-11-24T22:31:07.123456Z","channel":"日本","counter":null,"subscribers":null}"#,
            r#"{"type":"channel","at":"2026-11-24T22:31:07.123456Z","channel":null,"channel_base64":"/w==","counter":null,"subscribers":12,"counter_error":"not a number"}"#,
        ]
    );
}

#[test]
fn columns_grow_up_to_a_limit() {
    let mut lines = TextLines::new(TimeZone::UTC, Style::Plain);
    let mut out = String::new();
    let long = "n".repeat(300);
    for (channel, payload, sequence, verdict) in [
        ("ops", "e::1".to_owned(), 9, Verdict::Unsigned),
        ("billing", "日本::1".to_owned(), 10, Verdict::Unsigned),
        ("ops", "e".to_owned(), 11, Verdict::Rejected(Rejection::SignatureMismatch)),
        ("ops", format!("{long}::1"), 12, Verdict::Unsigned),
        ("ops", "e::1".to_owned(), 13, Verdict::Unsigned),
    ] {
        let interval = interval(channel.as_bytes(), payload.as_bytes(), Sequence::Exact(sequence), verdict);
        lines.entry(&mut out, &interval, &interval.entries()[0]);
    }
    let cut = &long[..255];
    assert_eq!(
        out.lines().map(|line| line.strip_prefix("22:31:07.123  ").unwrap().to_owned()).collect::<Vec<_>>(),
        [
            "ops  #9  e  ○ unsigned  1".to_owned(),
            "billing  #10  日本  ○ unsigned  1".to_owned(),
            "ops      #11  e     ✗ signature mismatch".to_owned(),
            format!("ops      #12  {cut}…  ○ unsigned  1"),
            "ops      #13  e     ○ unsigned  1".to_owned(),
        ]
    );
}

#[test]
fn long_data_is_cut_and_its_size_shown() {
    let line = |data: &[u8]| {
        let payload = [b"e::", data].concat();
        text_of(&interval(b"ops", &payload, Sequence::Exact(1), Verdict::Unsigned), Style::Plain)
    };
    let head = "22:31:07.123  ops  #1  e  ○ unsigned  ";
    let whole = "7".repeat(65_536);
    assert_eq!(line(whole.as_bytes()), format!("{head}{whole}\n"));
    assert_eq!(line(format!("{whole}7").as_bytes()), format!("{head}{whole}… 65.5 kB in all\n"));
    assert_eq!(line(&vec![b'7'; 1_200_000]), format!("{head}{whole}… 1.2 MB in all\n"));
    assert_eq!(line(&vec![b'7'; 100_000_000]), format!("{head}{whole}… 100.0 MB in all\n"));
    // A text is not cut inside a character. Bytes that are not UTF-8 are cut at the limit.
    let umlauts = format!("\"{}", "ü".repeat(40_000));
    assert_eq!(line(umlauts.as_bytes()), format!("{head}\"{}… 80.0 kB in all\n", "ü".repeat(32_767)));
    let broken = line(&vec![0xbf; 70_000]);
    assert_eq!(broken, format!("{head}{}… 70.0 kB in all\n", "\\xbf".repeat(65_536)));
    let json = message(&[&b"e::"[..], &vec![b'7'; 70_000]].concat(), Sequence::Exact(1), Verdict::Unsigned);
    assert!(json.contains(&format!(",\"data\":{},", "7".repeat(70_000))), "JSON lines are whole");
}

#[test]
fn inspections_list_their_checks() {
    let verdict = Verdict::Rejected(Rejection::SignatureMismatch);
    let verification =
        Verification { verdict, algorithm: None, key_name: Some(b"default"), timestamp: Some(1_795_559_467) };
    let explanation = Rejection::SignatureMismatch.explain();
    let check = |kind, outcome, detail: &str| Check {
        kind,
        outcome,
        detail: detail.to_owned(),
        explanation: (outcome == CheckOutcome::Failed).then_some(explanation),
    };
    let checks = [
        check(CheckKind::Json, CheckOutcome::Passed, "an object"),
        check(CheckKind::Hmac, CheckOutcome::Failed, "does \"not\" match"),
        check(CheckKind::Time, CheckOutcome::Skipped, ""),
    ];
    let inspected = Inspected { at: AT, payload: SIGNED, verification, checks: &checks };
    let mut out = Vec::new();
    JsonLines::default().inspected(&mut out, &inspected);
    let value = validated(std::str::from_utf8(&out).unwrap());
    assert_eq!(
        value,
        json!({
            "type": "message", "at": "2026-11-24T22:31:07.123456Z", "channel": null, "sequence": null, "certainty": "unknown", "name": "cache-flush", "data": {"tag": "cart"}, "verdict": "rejected",
            "rejection": "signature_mismatch", "key": "default", "algorithm": "sha256", "timestamp": 1_795_559_467,
            "checks": [
                {"check": "json", "outcome": "passed", "detail": "an object"},
                {"check": "hmac", "outcome": "failed", "detail": "does \"not\" match", "explanation": explanation},
                {"check": "time", "outcome": "skipped", "detail": ""},
            ],
            "payload_base64": STANDARD.encode_to_string(SIGNED),
        })
    );
    let mut out = String::new();
    TextLines::new(TimeZone::UTC, Style::Plain).inspected(&mut out, &inspected);
    assert_eq!(
        out,
        format!(
            "cache-flush  ✗ signature mismatch  sha256  {{\"tag\":\"cart\"}}\n  ✓ json      an object\n  \
             ✗ hmac      does \"not\" match\n              {explanation}\n  · time\n"
        )
    );
}

#[test]
fn text_lines_of_messages() {
    let line = |payload, sequence, verdict, style| text_of(&interval(b"ops", payload, sequence, verdict), style);
    assert_eq!(
        line(SIGNED, Sequence::Exact(1046), Verdict::Verified, Style::Plain),
        "22:31:07.123  ops  #1046  cache-flush  ✓ default  {\"tag\":\"cart\"}\n"
    );
    assert_eq!(
        line(b"e", Sequence::Inferred(7), Verdict::Unsigned, Style::Plain),
        "22:31:07.123  ops  #7?  e  ○ unsigned\n"
    );
    let rejected = Verdict::Rejected(Rejection::SignatureMismatch);
    assert_eq!(
        line(b"e::1", Sequence::Range { from: 1040, to: 1046 }, rejected, Style::Plain),
        "22:31:07.123  ops  #1040–1046?  e  ✗ signature mismatch  1\n"
    );
    assert_eq!(
        line(b"e", Sequence::Range { from: 109, to: 109 }, Verdict::Unsigned, Style::Plain),
        "22:31:07.123  ops  #109?  e  ○ unsigned\n"
    );
    assert_eq!(
        line(b"e::1", Sequence::Unknown(UnknownReason::NoBarrier), rejected, Style::Ansi),
        "\x1b[2m22:31:07.123\x1b[0m  ops  ?  e  \x1b[31m✗ signature mismatch\x1b[0m  1\n"
    );
}

#[test]
fn times_follow_the_zone_and_accept_any_clock() {
    let mut lines = TextLines::new(TimeZone::fixed(offset(2)), Style::Plain);
    let mut json = JsonLines::default();
    for (at, text, rfc3339) in [
        (AT, "00:31:07.123", r#""2026-11-24T22:31:07.123456Z""#),
        (AT + 900_000, "00:31:08.023", r#""2026-11-24T22:31:08.023456Z""#),
        (-1, "01:59:59.999", r#""1969-12-31T23:59:59.999999Z""#),
        (0, "02:00:00.000", r#""1970-01-01T00:00:00.000000Z""#),
        (i64::MAX, "--:--:--.---", "null"),
        (i64::MIN, "--:--:--.---", "null"),
        (1, "02:00:00.000", r#""1970-01-01T00:00:00.000001Z""#),
    ] {
        let link = Link { state: LinkState::Live, reason: None, channel: None, server: None, at };
        let mut out = String::new();
        lines.link(&mut out, &link);
        assert_eq!(out, format!("{text}  ▲ live\n"));
        let mut out = Vec::new();
        json.link(&mut out, &link);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            format!("{{\"type\":\"link\",\"at\":{rfc3339},\"state\":\"live\",\"reason\":null}}\n")
        );
    }
}

/// Controls, invisible characters and those that change the direction of others, chosen here independently.
fn acts_on_a_terminal(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}' | '\u{e0000}'..='\u{e007f}')
}

fn one_safe_line(line: &[u8]) -> Value {
    let text = std::str::from_utf8(line).unwrap();
    let line = text.strip_suffix('\n').unwrap();
    assert!(!line.chars().any(acts_on_a_terminal), "{line:?}");
    validated(line)
}

/// The verdict that follows from the data alone.
fn verdict_of(payload: &[u8]) -> Verdict {
    let data = Envelope::parse(payload).data;
    if data.is_empty() || serde_json::from_slice::<Value>(data).is_ok() {
        Verdict::Verified
    } else {
        Verdict::Rejected(Rejection::InvalidJson)
    }
}

fn hostile_text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        any::<char>(),
        prop::sample::select(vec![
            '\u{1b}',
            '\u{7f}',
            '\u{9b}',
            '\n',
            '\r',
            '\0',
            '"',
            '\\',
            '\u{202e}',
            '\u{200d}',
            '\u{feff}',
            '\u{e0041}',
            '\u{2028}',
            'ü',
            '日',
            ':',
            '|',
        ]),
    ];
    prop::collection::vec(character, 0..24).prop_map(String::from_iter)
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        hostile_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((hostile_text(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_payload_is_one_json_line(
        payload in prop::collection::vec(any::<u8>(), 0..80),
        channel in prop::collection::vec(any::<u8>(), 0..12),
    ) {
        let line = json_of(&interval(&channel, &payload, Sequence::Exact(1), verdict_of(&payload)));
        let value = one_safe_line(&line);
        prop_assert_eq!(STANDARD.decode_to_vec(value["payload_base64"].as_str().unwrap()).unwrap(), payload.clone());
        let name = Envelope::parse(&payload).name;
        for (key, bytes) in [("name", name), ("channel", &channel)] {
            if let Some(text) = value[key].as_str() {
                prop_assert_eq!(text.as_bytes(), bytes);
            } else {
                let base64 = value[format!("{key}_base64")].as_str().unwrap();
                prop_assert_eq!(STANDARD.decode_to_vec(base64).unwrap(), bytes);
            }
        }
    }

    #[test]
    fn any_json_keeps_its_value(
        data in any_json(),
        name in hostile_text(),
        signature in hostile_text(),
        pretty in any::<bool>(),
    ) {
        let json = if pretty { serde_json::to_string_pretty(&data).unwrap() } else { data.to_string() };
        let (name, signature) = (name.replace(':', ""), signature.replace(':', ""));
        let payload = format!("{name}:{signature}:{json}");
        let line = json_of(&interval(name.as_bytes(), payload.as_bytes(), Sequence::Exact(1), Verdict::Verified));
        let value = one_safe_line(&line);
        prop_assert_eq!(&value["data"], &data);
        prop_assert_eq!(value["name"].as_str(), Some(&*name));
        prop_assert_eq!(value["channel"].as_str(), Some(&*name));
        let algorithm = signature.split('|').next().filter(|text| !text.is_empty() && signature != "0");
        prop_assert_eq!(value.get("algorithm").and_then(Value::as_str), algorithm);
    }

    #[test]
    fn reasons_and_details_are_safe(text in hostile_text()) {
        let link = Link { state: LinkState::Stale, reason: Some(Arc::from(&*text)), channel: None, server: None, at: AT };
        let value = one_safe_line(json_entry(Entry::Link(link)).as_bytes());
        prop_assert_eq!(value["reason"].as_str(), Some(&*text));
    }

    #[test]
    fn any_payload_is_shown_escaped_once(payload in prop::collection::vec(any::<u8>(), 0..80)) {
        let line = text_of(&interval(&payload, &payload, Sequence::Exact(1), Verdict::Unsigned), Style::Plain);
        let escape = aircheck::wire::escape::escape;
        let envelope = Envelope::parse(&payload);
        let data = if envelope.data.is_empty() { String::new() } else { format!("  {}", escape(envelope.data)) };
        prop_assert_eq!(
            line,
            format!("22:31:07.123  {}  #1  {}  ○ unsigned{data}\n", escape(&payload), escape(envelope.name))
        );
    }
}

#[test]
fn many_combining_marks_are_escaped_in_json_lines() {
    let marks = "\u{301}".repeat(1000);
    let payload = format!("e{marks}::{{\"e{marks}\":\"x{marks}y\u{301}\"}}");
    let mut interval = Interval::default();
    let channel = Channel::new(format!("e{marks}").as_bytes());
    interval.push_message(payload.as_bytes(), AT, channel, Sequence::Exact(1), Verdict::Unsigned, None, None);
    let mut line = Vec::new();
    JsonLines::default().entry(&mut line, &interval, &interval.entries()[0]);
    let line = String::from_utf8(line).unwrap();
    assert!(!line.contains(&"\u{301}".repeat(5)) && line.contains("y\u{301}"), "{line}");
    let read: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(read["channel"], format!("e{marks}"));
    assert_eq!(read["data"][format!("e{marks}")], format!("x{marks}y\u{301}"));
}

#[test]
fn cached_members_do_not_leak_into_the_next_line() {
    let signatures: [&[u8]; 9] = [
        b"",
        b"0",
        b"sha256",
        b"sha256|k",
        b"sha256|k|",
        b"sha256|k|1|00",
        b"sha256|k2|1|00",
        b"sha|256|k|1",
        b"||1|x|y",
    ];
    let verdicts = [
        Verdict::Verified,
        Verdict::Unsigned,
        Verdict::Rejected(Rejection::Unsigned),
        Verdict::Rejected(Rejection::InvalidJson),
    ];
    let mut interval = Interval::default();
    let mut state = 1_u64;
    let mut pick = |count: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % count
    };
    for number in 0..20_000 {
        let name = [b"evt".as_slice(), b"", b"a \"name\"", b"\xff", "größe".as_bytes()][pick(5)];
        let payload = [name, b":", signatures[pick(9)], [b":".as_slice(), b":1", b":\"A\""][pick(3)]].concat();
        let channel = Channel::new([b"ops".as_slice(), b"op", b"\xff"][pick(3)]);
        let (at, timestamp) = ([AT, AT + 1, i64::MAX][pick(3)], [None, Some(1), Some(-1)][pick(3)]);
        interval.push_message(&payload, at, channel, Sequence::Exact(number), verdicts[pick(4)], None, timestamp);
    }
    let mut lines = JsonLines::default();
    for entry in interval.entries() {
        let (mut next, mut first) = (Vec::new(), Vec::new());
        lines.entry(&mut next, &interval, entry);
        JsonLines::default().entry(&mut first, &interval, entry);
        assert_eq!(String::from_utf8(next).unwrap(), String::from_utf8(first).unwrap());
    }
}

#[test]
fn payloads_of_any_length_are_complete_in_base64() {
    for length in 0..300 {
        let payload: Vec<u8> = (0..length).map(|at| u8::try_from((at * 7 + length) % 256).unwrap()).collect();
        let line: Value = serde_json::from_str(&message(
            &payload,
            Sequence::Exact(length),
            Verdict::Rejected(Rejection::InvalidJson),
        ))
        .unwrap();
        assert_eq!(line["payload_base64"], STANDARD.encode_to_string(&payload));
    }
}

#[test]
fn a_nagios_line_has_a_state_and_performance_data() {
    let (one, five, unreadable) = (Reading::Value(1), Reading::Value(5), Reading::Unreadable("NOPERM | no".into()));
    let of = |channel: &'static [u8], known, reading| Checked {
        at: AT,
        channel,
        known,
        since: known.map(|_| AT),
        doubt: None,
        reading,
    };
    let same = of(b"ops", Some(5), &five);
    let ok = (NagiosState::Ok, "AIRCHECK OK: nothing missed on 1 channel | 'ops missed'=0;0;;0 'ops counter'=5c;;;0");
    assert_eq!(nagios::line(&[same]), (ok.0, ok.1.to_owned()));
    let first = nagios::line(&[same, of(b"new", None, &one)]);
    let text = "AIRCHECK OK: nothing missed on 2 channels, 1 for the first time |";
    assert!(first.0 == NagiosState::Ok && first.1.starts_with(text), "{first:?}");
    assert!(first.1.ends_with(" 'new missed'=U;0;;0 'new counter'=1c;;;0"), "{first:?}");
    let missed = Checked { doubt: Some(Doubt::OtherServer), ..of(b"it's=a|b\x1b", Some(2), &five) };
    let (state, line) = nagios::line(&[same, missed]);
    let expected = "AIRCHECK WARNING: it's=a\\x7cb\\x1b ≥3 missed (#3–5) | 'ops missed'=0;0;;0 'ops counter'=5c;;;0 \
                    'it''s\\x3da\\x7cb\\x1b missed'=3;0;;0 'it''s\\x3da\\x7cb\\x1b counter'=5c;;;0";
    assert_eq!((state, line.as_str()), (NagiosState::Warning, expected));
    let below = Checked { doubt: Some(Doubt::Unrecorded), ..of(b"ops", Some(9), &one) };
    let text = "AIRCHECK CRITICAL: ops counter is 1, below the last seen 9: reset, or another server |";
    assert!(nagios::line(&[below]).1.starts_with(text), "{:?}", nagios::line(&[below]));
    let (reset, unknown) = (of(b"ops", Some(9), &one), of(b"ops", Some(9), &unreadable));
    assert_eq!(
        nagios::line(&[reset]),
        (
            NagiosState::Critical,
            "AIRCHECK CRITICAL: ops counter reset from 9 to 1 | 'ops missed'=U;0;;0 'ops counter'=1c;;;0".to_owned()
        )
    );
    let (state, line) = nagios::line(&[same, unknown]);
    assert_eq!(state, NagiosState::Unknown);
    assert!(line.starts_with("AIRCHECK UNKNOWN: ops counter unreadable (NOPERM \\x7c no) |"), "{line}");
    // The worst state wins, and every problem is named.
    for (checked, worst) in [
        (&[unknown, missed][..], NagiosState::Warning),
        (&[missed, reset, unknown], NagiosState::Critical),
        (&[same, unknown], NagiosState::Unknown),
    ] {
        let (state, line) = nagios::line(checked);
        assert_eq!(state, worst);
        assert_eq!(line.matches("; ").count(), checked.iter().filter(|one| one.comparison().is_loss()).count() - 1);
    }
}
