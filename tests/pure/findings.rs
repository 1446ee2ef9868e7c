//! The texts of findings, and the throttling of ongoing findings.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aircheck::ledger::finding::{Cause, Finding, FindingKind, Program};
use aircheck::ledger::sequence::Channel;
use aircheck::ledger::throttle::Throttle;
use aircheck::wire::verdict::{Rejection, Verdict};

const SECOND: i64 = 1_000_000;

fn finding(kind: FindingKind, range: Option<(u64, u64)>, count: Option<u64>, cause: Cause) -> Finding {
    let (from, to) = range.unzip();
    Finding {
        kind,
        channel: Channel::new(b"ops"),
        sequence_from: from,
        sequence_to: to,
        count,
        at: 10_000 * SECOND,
        cause,
    }
}

fn disconnected(from: u64, to: u64, count: u64, lower_bound: bool) -> Finding {
    let cause =
        Cause::Disconnected { reason: "connection reset by peer".into(), duration_micros: 4_230_000, lower_bound };
    finding(FindingKind::MissedDisconnected, Some((from, to)), Some(count), cause)
}

fn not_running(since: i64) -> Finding {
    let cause = Cause::NotRunning { program: Program::Aircheck, since, lower_bound: false, lost: None };
    finding(FindingKind::MissedNotRunning, Some((1, 2)), Some(2), cause)
}

/// As it is read from a recording.
fn not_recording() -> Finding {
    let cause = Cause::NotRunning { program: Program::Recorder, since: 9_996 * SECOND, lower_bound: false, lost: None };
    Finding { cause, ..not_running(0) }
}

/// #792 to #848 are not recorded. A killed recorder had received the first `lost` of them.
fn killed(lost: u64) -> Finding {
    let cause =
        Cause::NotRunning { program: Program::Aircheck, since: 9_996 * SECOND, lower_bound: false, lost: Some(lost) };
    finding(FindingKind::MissedNotRunning, Some((792, 848)), Some(57), cause)
}

fn received_not_counted(at: i64, from: u64, to: u64, count: u64) -> Finding {
    let cause = Cause::CountMismatch { advance: to - from + 1, received: to - from + 1 + count };
    Finding { at, ..finding(FindingKind::ReceivedNotCounted, Some((from, to)), Some(count), cause) }
}

fn lone_received_not_counted(received: u64) -> Finding {
    finding(FindingKind::ReceivedNotCounted, None, Some(received), Cause::CountMismatch { advance: 0, received })
}

fn reset(after: Option<u64>) -> Finding {
    finding(FindingKind::CounterReset, None, None, Cause::Reset { before: 1046, after })
}

fn duplicate(channel: &[u8], ago: i64) -> Finding {
    let first_at = 10_000 * SECOND - ago;
    let cause = Cause::Duplicate { first_at, first_channel: Channel::new(channel) };
    finding(FindingKind::Duplicate, None, Some(1), cause)
}

fn clock(seconds: i64, count: u64) -> Finding {
    finding(FindingKind::ClockSkew, None, Some(count), Cause::ClockSkew { seconds })
}

fn expectation(kind: FindingKind, is_proved: bool) -> Finding {
    let (expectation, expected) = ("heart\nbeat".into(), "at least 1/5m".into());
    let cause =
        Cause::Expectation { expectation, expected, since: 0, duration_micros: 360 * SECOND.unsigned_abs(), is_proved };
    finding(kind, None, (kind == FindingKind::TooMany).then_some(612), cause)
}

fn counted_not_received(from: u64, to: u64, count: u64) -> Finding {
    let cause = Cause::CountMismatch { advance: to - from + 1, received: to - from + 1 - count };
    finding(FindingKind::CountedNotReceived, Some((from, to)), Some(count), cause)
}

#[test]
fn each_finding_has_a_line() {
    let no_count = Finding { count: None, ..disconnected(7, 8, 2, false) };
    for (finding, line) in [
        (disconnected(1031, 1046, 16, false), "16 missed  #1031–1046  disconnected 4.2 s"),
        (disconnected(1031, 1031, 1, false), "1 missed  #1031  disconnected 4.2 s"),
        (disconnected(1031, 1046, 14, false), "14 missed  among #1031–1046  disconnected 4.2 s"),
        (disconnected(1031, 1046, 16, true), "≥16 missed  #1031–1046  disconnected 4.2 s"),
        (no_count, "? missed  among #7–8  disconnected 4.2 s"),
        (not_running(9_999 * SECOND + 1), "2 missed  #1–2  not running for up to 999 ms"),
        (not_running(10_000 * SECOND - 60 * SECOND), "2 missed  #1–2  not running for up to 1 min"),
        (not_running(0), "2 missed  #1–2  not running for up to 2 h 46 min"),
        (not_running(-200_000 * SECOND), "2 missed  #1–2  not running for up to 2 d 10 h"),
        (not_running(i64::MAX), "2 missed  #1–2  not running for up to <0.1 ms"),
        (not_recording(), "2 missed  #1–2  recorder not running for up to 4.0 s"),
        (killed(0), "57 missed  #792–848  recorder killed up to 4.0 s earlier"),
        (killed(41), "16 missed, 41 lost  #792–848  recorder killed up to 4.0 s earlier"),
        (killed(57), "57 lost  #792–848  recorder killed up to 4.0 s earlier"),
        (counted_not_received(11, 13, 1), "1 counted, not received  among #11–13  2 of 3 received"),
        (counted_not_received(11, 12, 2), "2 counted, not received  #11–12"),
        (lone_received_not_counted(1), "1 received, not counted  counter unchanged"),
        (received_not_counted(0, 11, 12, 3), "3 received, not counted  among #11–12  2 of 5 counted"),
        (reset(Some(3)), "counter reset  from #1046 to #3, ? missed"),
        (Finding { sequence_from: Some(50), ..reset(None) }, "counter reset  from #1046, the key is gone, ? missed"),
        (duplicate(b"ops", 5_100_000), "duplicate  first received 5.1 s earlier"),
        (Finding { count: Some(3), ..duplicate(b"ops", 5_100_000) }, "3 duplicates  first received 5.1 s earlier"),
        (duplicate(b"b\nill", 5_100_000), "duplicate  first received 5.1 s earlier on "),
        (clock(1900, 1), "clock skew  31 min 40 s ahead"),
        (clock(-1900, 12), "clock skew in 12 messages  31 min 40 s behind"),
        (clock(i64::MIN, 1), "clock skew  213 503 982 d 8 h behind"),
        (expectation(FindingKind::Silent, true), "silent  no message for 6 min  heart\\x0abeat: at least 1/5m"),
        (expectation(FindingKind::TooMany, false), "too many  612 in 6 min  "),
        (expectation(FindingKind::Resumed, false), "resumed  after 6 min  "),
    ] {
        // Other cases are tested with the escaper.
        let given = finding.line();
        if line.ends_with(" on ") || line.ends_with("  ") {
            assert!(given.starts_with(line), "{given}");
        } else {
            assert_eq!(given, line);
        }
    }
}

#[test]
fn only_messages_have_ranges_of_numbers() {
    assert!(counted_not_received(11, 13, 1).meaning().contains("are ranges"));
    assert!(!counted_not_received(11, 12, 2).meaning().contains("ranges"), "no message was received");
}

#[test]
fn each_finding_is_explained() {
    for (finding, parts) in [
        (
            disconnected(31, 46, 16, false),
            &["16 broadcasts were missed on ops (#31–46)", "(connection reset by peer)."][..],
        ),
        (disconnected(31, 31, 1, true), &["At least 1 broadcast was missed on ops (#31)", "This is a lower bound"]),
        (disconnected(31, 46, 15, false), &["15 broadcasts were missed on ops (among #31–46)", "not in the count"]),
        (not_running(0), &["aircheck was not running for up to 2 h 46 min."]),
        (not_recording(), &["(#1–2): the recorder was not running for up to 4.0 s."]),
        (
            killed(0),
            &[
                "57 broadcasts were missed on ops (#792–848): a recorder was killed, or its machine crashed, up to 4.0 s \
               earlier. It may have received some of them and lost them.",
            ],
        ),
        (
            killed(41),
            &[
                "16 broadcasts were missed on ops (#833–848). 41 more (#792–832) were received but lost with the recorder: \
               it was killed, or its machine crashed, up to 4.0 s earlier. It may also have received the first",
            ],
        ),
        (killed(56), &["1 broadcast was missed on ops (#848). 56 more (#792–847) were received but lost"]),
        (
            killed(57),
            &[
                "57 broadcasts were received on ops (#792–848) but lost with the recorder: it was killed, or its machine \
               crashed, up to 4.0 s earlier.",
            ],
        ),
        (
            Finding { count: Some(50), ..killed(41) },
            &["9 broadcasts were missed on ops. 41 more were received but lost"],
        ),
        (counted_not_received(11, 13, 1), &["advanced by 3, but 2 messages were received", "INCR without PUBLISH"]),
        (counted_not_received(11, 11, 1), &["advanced by 1, but 0 messages were received"]),
        (
            lone_received_not_counted(1),
            &["1 message was received on ops", "the only message received", "advanced by 0"],
        ),
        (lone_received_not_counted(2), &["None of these messages was counted."]),
        (
            received_not_counted(0, 11, 12, 1),
            &["3 messages were received on ops", "1 message was published without", "cannot tell"],
        ),
        (reset(Some(3)), &["decreased from 1046 to 3", "may have been missed"]),
        (reset(None), &["was 1046, and its key no longer exists"]),
        (duplicate(b"ops", 5_000_000), &["received 5.0 s earlier on this channel", "does not mean that a key"]),
        (duplicate(b"billing", 5_000_000), &["received 5.0 s earlier on billing"]),
        (clock(1900, 1), &["31 min 40 s ahead of this machine's clock", "A verified message on ops"]),
        (clock(-1900, 3), &["3 verified messages on ops", "31 min 40 s behind this machine's clock"]),
    ] {
        let text = finding.explain();
        for part in parts {
            assert!(text.contains(part), "{part:?} is not in {text:?}");
        }
        assert!(!text.contains("  ") && !text.contains('\n') && text.ends_with('.'), "{text:?}");
    }
}

#[test]
fn finding_names_match_the_json_lines_and_parse_back() {
    let names: Vec<_> = FindingKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(
        names,
        [
            "missed_disconnected",
            "missed_not_running",
            "counted_not_received",
            "received_not_counted",
            "counter_reset",
            "duplicate",
            "clock_skew",
            "silent",
            "too_many",
            "resumed"
        ]
    );
    for &kind in FindingKind::ALL {
        assert_eq!(kind.name().parse(), Ok(kind));
        assert!(!kind.words().is_empty());
        assert!(!(kind.is_gap() && kind.is_ongoing()));
    }
    assert!("ReceivedNotCounted".parse::<FindingKind>().is_err());
    assert!("".parse::<FindingKind>().is_err());
}

#[test]
fn clock_skew_starts_beyond_half_the_tolerance() {
    let off = |verdict, timestamp, at, tolerance| {
        Finding::clock_skew(&Channel::new(b"ops"), verdict, timestamp, at, tolerance).map(|finding| finding.cause)
    };
    let now = 1_000 * SECOND + 999_999;
    let cases =
        [(1050, 100, false), (1051, 100, true), (950, 100, false), (949, 100, true), (1002, 5, false), (1003, 5, true)];
    for (timestamp, tolerance, is_off) in cases {
        let expected = is_off.then_some(Cause::ClockSkew { seconds: timestamp - 1_000 });
        assert_eq!(off(Verdict::Verified, Some(timestamp), now, tolerance), expected, "{timestamp} of {tolerance}");
        assert_eq!(off(Verdict::Unsigned, Some(timestamp), now, tolerance), None);
        assert_eq!(off(Verdict::Rejected(Rejection::SignatureMismatch), Some(timestamp), now, tolerance), None);
    }
    assert_eq!(off(Verdict::Verified, None, now, 100), None);
    assert!(off(Verdict::Verified, Some(i64::MIN), i64::MAX, 100).is_some());
    assert_eq!(off(Verdict::Verified, Some(i64::MAX), 0, u64::MAX), None);
}

#[test]
fn ongoing_findings_are_reported_once_a_second() {
    let mut throttle = Throttle::default();
    let first = received_not_counted(0, 1, 2, 1);
    assert_eq!(throttle.pass(first.clone()), Some(first));
    assert_eq!(throttle.next_due(), None);
    for step in 1..=9 {
        assert_eq!(throttle.pass(received_not_counted(step * 100_000, 10, 11, 2)), None);
    }
    assert_eq!(throttle.next_due(), Some(SECOND));
    assert_eq!(throttle.due(SECOND - 1), Vec::new());
    let sum = throttle.pass(received_not_counted(SECOND, 20, 21, 1)).unwrap();
    assert_eq!((sum.sequence_from, sum.sequence_to, sum.count, sum.at), (Some(10), Some(21), Some(19), SECOND));
    assert_eq!(sum.cause, Cause::CountMismatch { advance: 20, received: 39 });
    // A single finding is held until one second after the last line. It has the time at which it is reported: messages were
    // received in between.
    assert_eq!(throttle.pass(received_not_counted(SECOND + 1, 30, 30, 1)), None);
    assert_eq!(throttle.due(2 * SECOND - 1), Vec::new());
    assert_eq!(throttle.due(2 * SECOND), vec![received_not_counted(2 * SECOND, 30, 30, 1)]);
    assert_eq!(throttle.due(i64::MAX), Vec::new());
    // After a pause, the next finding passes at once.
    let next = received_not_counted(9 * SECOND, 40, 40, 1);
    assert_eq!(throttle.pass(next.clone()), Some(next));
}

#[test]
fn each_kind_and_channel_is_throttled_separately() {
    let mut throttle = Throttle::default();
    let other = Finding { channel: Channel::new(b"billing"), ..clock(60, 1) };
    for finding in [clock(60, 1), other, duplicate(b"ops", 9)] {
        assert_eq!(throttle.pass(finding.clone()), Some(finding.clone()));
        assert_eq!(throttle.pass(finding), None);
    }
    assert_eq!(throttle.due(i64::MAX).len(), 3);
    // Gaps and resets always pass.
    for finding in [disconnected(1, 2, 2, false), not_running(0), counted_not_received(1, 1, 1), reset(None)] {
        for _ in 0..3 {
            assert_eq!(throttle.pass(finding.clone()), Some(finding.clone()));
        }
    }
    assert_eq!(throttle.next_due(), None);
}

#[test]
fn merged_findings_keep_the_worse_cause() {
    let mut throttle = Throttle::default();
    let (first, last) = (duplicate(b"ops", 9), duplicate(b"billing", 9));
    for finding in [first.clone(), first, last.clone(), clock(60, 1), clock(-90, 1), clock(80, 1)] {
        let _ = throttle.pass(finding);
    }
    let due = throttle.due(i64::MAX);
    assert_eq!(due, [Finding { count: Some(2), ..last }, clock(-90, 2)]);
}

#[test]
fn a_clock_set_back_does_not_hold_findings_for_long() {
    let mut throttle = Throttle::default();
    let _ = throttle.pass(received_not_counted(3_600 * SECOND, 1, 1, 1));
    let later = received_not_counted(0, 2, 2, 1);
    assert_eq!(throttle.pass(later.clone()), Some(later));
    assert_eq!(throttle.pass(received_not_counted(1, 3, 3, 1)), None);
}

#[test]
fn the_throttle_is_bounded_and_loses_no_count() {
    let mut throttle = Throttle::new(10);
    let of = |number: i64, at| Finding { channel: Channel::new(&number.to_be_bytes()), at, ..clock(60, 1) };
    let mut passed = 0;
    for round in 0..5 {
        for number in 0..1_000 {
            passed += throttle.pass(of(number, round * 100)).map_or(0, |finding| finding.count.unwrap());
        }
    }
    assert!(throttle.next_due().is_some());
    let held = throttle.due(i64::MAX);
    assert_eq!(held.len(), 10);
    assert_eq!(passed + held.iter().map(|finding| finding.count.unwrap()).sum::<u64>(), 5_000);
    // When earlier entries have expired, there is room for new ones.
    let _ = throttle.pass(of(1, 0));
    for number in 2..=11 {
        let _ = throttle.pass(of(number, SECOND));
    }
    assert_eq!(throttle.pass(of(11, SECOND + 1)), None);
}
