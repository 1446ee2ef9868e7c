//! The lines of `listen`.

use aircheck::ledger::dropped::Dropped;
use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::output::json::JsonLines;
use aircheck::output::missed::{DROPPED, Missed};
use aircheck::output::summary::{HandlerRun, RunCause};
use aircheck::output::text::{Style, TextLines};
use jiff::tz::TimeZone;

use super::json_schema::validated;

/// 2026-11-24T12:31:06.412345Z
const AT: i64 = 1_795_523_466_412_345;

fn run(cause: RunCause<'_>) -> HandlerRun<'_> {
    HandlerRun {
        at: AT,
        channel: Some(b"ops"),
        cause,
        recovered: false,
        outcome: "failed",
        status: Some(3),
        signal: None,
        reason: "it ended with status 3",
        attempts: 2,
        duration_micros: 1_250_000,
    }
}

fn json(lines: impl FnOnce(&mut JsonLines, &mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    lines(&mut JsonLines::default(), &mut out);
    let line = String::from_utf8_lossy(&out).into_owned();
    validated(&line);
    line
}

fn text(lines: impl FnOnce(&mut TextLines, &mut String)) -> String {
    let mut out = String::new();
    lines(&mut TextLines::new(TimeZone::UTC, Style::Plain), &mut out);
    out
}

fn gap() -> Missed {
    Missed {
        channel: Some(Channel::new(b"ops")),
        kind: "missed_disconnected",
        sequence_from: Some(1031),
        sequence_to: Some(1046),
        count: Some(16),
        at: AT,
        cause: Some(Cause::Disconnected { reason: "EOF".into(), duration_micros: 7, lower_bound: true }),
    }
}

#[test]
fn a_handler_run_has_a_line() {
    let for_message =
        run(RunCause::Message { name: b"evt\x1b[2J\n\xff", sequence: Sequence::Range { from: 3, to: 5 } });
    assert_eq!(
        json(|lines, out| lines.handler_run(out, &for_message)),
        "{\"type\":\"run\",\"at\":\"2026-11-24T12:31:06.412345Z\",\"channel\":\"ops\",\"sequence\":null,\"certainty\":\"range\",\"sequence_from\":3,\
         \"sequence_to\":5,\"name\":null,\"name_base64\":\"ZXZ0G1sySgr/\",\"recovered\":false,\"outcome\":\"failed\",\
         \"status\":3,\"reason\":\"it ended with status 3\",\"attempts\":2,\"duration_micros\":1250000}\n"
    );
    assert_eq!(
        text(|lines, out| lines.handler_run(out, &for_message)),
        "12:31:06.412  ops  #3–5?  evt\\x1b[2J\\x0a\\xff  ✗ it ended with status 3 (1.2 s, 2 attempts)\n"
    );
    let missed = gap();
    let done =
        HandlerRun { outcome: "done", status: Some(0), reason: "done", attempts: 1, ..run(RunCause::Missed(&missed)) };
    assert_eq!(
        json(|lines, out| lines.handler_run(out, &done)),
        "{\"type\":\"run\",\"at\":\"2026-11-24T12:31:06.412345Z\",\"channel\":\"ops\",\"kind\":\"missed_disconnected\",\
         \"sequence_from\":1031,\"sequence_to\":1046,\"count\":16,\"recovered\":false,\"outcome\":\"done\",\"status\":0,\"attempts\":1,\
         \"duration_micros\":1250000}\n"
    );
    assert_eq!(
        text(|lines, out| lines.handler_run(out, &done)),
        "12:31:06.412  ops  missed_disconnected #1031–1046  ✓ done (1.2 s)\n"
    );
}

#[test]
fn missed_messages_have_a_line() {
    assert_eq!(
        json(|lines, out| lines.missed(out, &gap())),
        "{\"type\":\"finding\",\"at\":\"2026-11-24T12:31:06.412345Z\",\"kind\":\"missed_disconnected\",\"channel\":\"ops\",\
         \"sequence_from\":1031,\"sequence_to\":1046,\"count\":16,\"lower_bound\":true,\"duration_micros\":7,\"reason\":\"EOF\"}\n"
    );
    for (range, count, shown) in [
        ((1040, 1040), Some(1), "#1040: the recording does not contain it"),
        ((1031, 1046), Some(16), "#1031–1046: the recording does not contain it"),
        ((1031, 1046), Some(2), "2 of #1031–1046: the recording does not contain them"),
        ((1031, 1046), None, "among #1031–1046: the recording may not contain all messages"),
    ] {
        assert_eq!(
            text(|lines, out| lines.missing(out, &gap().part(range.0, range.1, count))),
            format!("12:31:06.412  ops  ┄ missing {shown}\n")
        );
    }
}

#[test]
fn dropped_messages_have_a_line() {
    let mut dropped = Dropped::new(Some(Channel::new(b"ops")), Some((1050, 1050)), AT);
    dropped.add(Some((1052, 1052)), AT + 1);
    let line = "{\"type\":\"dropped\",\"at\":\"2026-11-24T12:31:06.412345Z\",\"channel\":\"ops\",\"sequence_from\":1050,\
                \"sequence_to\":1052,\"count\":2}\n";
    assert_eq!(json(|lines, out| lines.dropped(out, &dropped)), line);
    assert_eq!(json(|lines, out| lines.missed(out, &Missed::of_dropped(&dropped))), line, "for --on-missed");
    assert_eq!(
        text(|lines, out| lines.dropped(out, &dropped)),
        "12:31:06.412  ops  ▼ 2 dropped among #1050–1052: too slow\n"
    );
    let unknown = Dropped { findings: 3, ..Dropped::new(None, None, AT) };
    assert_eq!(
        json(|lines, out| lines.dropped(out, &unknown)),
        "{\"type\":\"dropped\",\"at\":\"2026-11-24T12:31:06.412345Z\",\"channel\":null,\"sequence_from\":null,\
         \"sequence_to\":null,\"count\":1,\"findings\":3}\n"
    );
    let missed = Missed::of_dropped(&unknown);
    assert_eq!(
        json(|lines, out| lines.missed(out, &missed)),
        "{\"type\":\"dropped\",\"at\":\"2026-11-24T12:31:06.412345Z\",\"channel\":null,\"sequence_from\":null,\
         \"sequence_to\":null,\"count\":null}\n"
    );
    let of_several = HandlerRun { channel: None, ..run(RunCause::Missed(&missed)) };
    assert!(json(|lines, out| lines.handler_run(out, &of_several)).contains("\"channel\":null,\"kind\":\"dropped\""));
    assert_eq!(
        text(|lines, out| lines.dropped(out, &unknown)),
        "12:31:06.412  ▼ 1 dropped, with 3 findings: too slow\n"
    );
}

#[test]
fn only_gaps_and_resets_are_missed() {
    for &kind in FindingKind::ALL {
        let channel = Channel::new(b"ops");
        let cause = Cause::ClockSkew { seconds: 1 };
        let finding =
            Finding { kind, channel, sequence_from: Some(1), sequence_to: Some(2), count: Some(2), at: AT, cause };
        let missed = Missed::of(&finding);
        assert_eq!(missed.is_some(), kind.is_gap() || kind == FindingKind::CounterReset, "{kind:?}");
        assert!(missed.is_none_or(|missed| missed.kind == kind.name() && missed.kind != DROPPED));
    }
}
