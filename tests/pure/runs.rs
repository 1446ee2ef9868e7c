//! The lines of `listen`, which nothing in a message can break.

use aircheck::ledger::dropped::Dropped;
use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::output::json::JsonLines;
use aircheck::output::missed::{DROPPED, Missed};
use aircheck::output::summary::{Ran, RanFor};
use aircheck::output::text::{Style, TextLines};
use jiff::tz::TimeZone;

/// 2026-11-24T12:31:06.412345Z
const AT: i64 = 1_795_523_466_412_345;

fn ran(cause: RanFor<'_>) -> Ran<'_> {
    Ran {
        at: AT,
        channel: b"ops",
        cause,
        recovered: false,
        outcome: "failed",
        status: Some(3),
        signal: None,
        words: "it ended with status 3",
        attempts: 2,
        micros: 1_250_000,
    }
}

fn json(lines: impl FnOnce(&mut JsonLines, &mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    lines(&mut JsonLines::default(), &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn text(lines: impl FnOnce(&mut TextLines, &mut String)) -> String {
    let mut out = String::new();
    lines(&mut TextLines::new(TimeZone::UTC, Style::Plain), &mut out);
    out
}

fn gap() -> Missed {
    Missed {
        channel: Channel::new(b"ops"),
        kind: "missed_disconnected",
        from: Some(1031),
        to: Some(1046),
        count: Some(16),
        at: AT,
    }
}

#[test]
fn a_run_is_a_line() {
    let for_message = ran(RanFor::Message { name: b"evt\x1b[2J\n\xff", sequence: Sequence::Range { from: 3, to: 5 } });
    assert_eq!(
        json(|lines, out| lines.ran(out, &for_message)),
        "{\"type\":\"run\",\"at\":\"2026-11-24T12:31:06.412345Z\",\"channel\":\"ops\",\"sequence\":null,\"sequence_from\":3,\
         \"sequence_to\":5,\"name\":null,\"name_base64\":\"ZXZ0G1sySgr/\",\"recovered\":false,\"outcome\":\"failed\",\
         \"status\":3,\"reason\":\"it ended with status 3\",\"attempts\":2,\"micros\":1250000}\n"
    );
    assert_eq!(
        text(|lines, out| lines.ran(out, &for_message)),
        "12:31:06.412  ops  #3–5?  evt\\x1b[2J\\x0a\\xff  ✗ it ended with status 3 (1.2 s, 2 attempts)\n"
    );
    let missed = gap();
    let done = Ran { outcome: "done", status: Some(0), words: "done", attempts: 1, ..ran(RanFor::Missed(&missed)) };
    assert_eq!(
        json(|lines, out| lines.ran(out, &done)),
        "{\"type\":\"run\",\"at\":\"2026-11-24T12:31:06.412345Z\",\"channel\":\"ops\",\"kind\":\"missed_disconnected\",\
         \"from\":1031,\"to\":1046,\"count\":16,\"recovered\":false,\"outcome\":\"done\",\"status\":0,\"attempts\":1,\
         \"micros\":1250000}\n"
    );
    assert_eq!(
        text(|lines, out| lines.ran(out, &done)),
        "12:31:06.412  ops  missed_disconnected #1031–1046  ✓ done (1.2 s)\n"
    );
}

#[test]
fn what_was_missed_is_a_line() {
    assert_eq!(
        json(|lines, out| lines.missed(out, &gap())),
        "{\"type\":\"finding\",\"kind\":\"missed_disconnected\",\"channel\":\"ops\",\"from\":1031,\"to\":1046,\"count\":16,\
         \"at\":\"2026-11-24T12:31:06.412345Z\"}\n"
    );
    assert_eq!(
        text(|lines, out| lines.missing(out, &gap().part(1040, 1040))),
        "12:31:06.412  ops  ┄ missing #1040: the recording does not hold it\n"
    );
}

#[test]
fn dropped_messages_are_a_line() {
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
    assert_eq!(
        text(|lines, out| lines.dropped(out, &unknown)),
        "12:31:06.412  ▼ 1 dropped, with 3 findings: too slow\n"
    );
}

#[test]
fn gaps_and_resets_are_missed_and_nothing_else_is() {
    for &kind in FindingKind::ALL {
        let channel = Channel::new(b"ops");
        let cause = Cause::ClockSkew { seconds: 1 };
        let finding = Finding { kind, channel, from: Some(1), to: Some(2), count: Some(2), at: AT, cause };
        let missed = Missed::of(&finding);
        assert_eq!(missed.is_some(), kind.is_gap() || kind == FindingKind::CounterReset, "{kind:?}");
        assert!(missed.is_none_or(|missed| missed.kind == kind.name() && missed.kind != DROPPED));
    }
}
