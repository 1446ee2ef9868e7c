//! Recordings without a server: entries are read as they were written, and found without reading the whole file.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod backfill;
pub(crate) mod failure;
mod forged;
mod formats;
mod guide;
mod killed;
mod links;
mod many;
mod questions;
mod reasons;
mod shipped;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use aircheck::ledger::finding::{Acknowledgement, Acknowledgements, Cause, Finding, FindingKind, Program};
use aircheck::ledger::interval::{Entry, Interval, Link, LinkState, ServerInfo};
use aircheck::ledger::sequence::{Channel, Reading, Sequence, UnknownReason};
use aircheck::recording::reader::RecordingReader;
use aircheck::recording::status::Status;
use aircheck::recording::writer::{Intake, Origin, Recorder, RecorderSettings, Retention, prepare};
use aircheck::wire::algorithm::Algorithm;
use aircheck::wire::verdict::{Rejection, Verdict};

/// The start of these recordings, in microseconds since the epoch.
pub(crate) const START: i64 = 1_795_516_352_000_000;

/// Intervals from a test.
struct FromTest(Receiver<Arc<Interval>>);

impl Intake for FromTest {
    fn take(&mut self, patience: Duration, into: &mut Vec<Arc<Interval>>) -> bool {
        match self.0.recv_timeout(patience) {
            Ok(interval) => {
                into.push(interval);
                into.extend(self.0.try_iter());
                true
            }
            Err(error) => error == RecvTimeoutError::Timeout,
        }
    }
}

pub(crate) fn settings(path: PathBuf) -> RecorderSettings {
    let origin = Origin {
        host: "studio".into(),
        version: "1.2.3".into(),
        target: "redis.internal:6379".into(),
        profile: "prod".into(),
        source: "redis://redis.internal:6379/0 p_".into(),
    };
    RecorderSettings { path, origin, retention: Retention::default(), backlog: 64 << 20, shipper: None }
}

/// Starts a recorder. It records the intervals that it is sent until the sender is dropped.
pub(crate) fn record(settings: RecorderSettings) -> (Sender<Arc<Interval>>, Recorder) {
    let (sender, receiver) = channel();
    let recorder = prepare(settings).unwrap().start(FromTest(receiver), |_| {}).unwrap();
    (sender, recorder)
}

/// Records these intervals and stops.
pub(crate) fn record_all(path: &Path, intervals: Vec<Interval>) -> Status {
    let (sender, recorder) = record(settings(path.to_owned()));
    for interval in intervals {
        sender.send(Arc::new(interval)).unwrap();
    }
    drop(sender);
    recorder.close()
}

/// One message each, on `ops`, from number `from` to `to`.
pub(crate) fn numbered(from: u64, to: u64) -> Interval {
    let mut interval = Interval::default();
    for number in from..=to {
        push(&mut interval, "ops", Sequence::Exact(number), Verdict::Verified, number);
    }
    interval
}

fn push(interval: &mut Interval, channel: &str, sequence: Sequence, verdict: Verdict, tick: u64) {
    let payload = format!("evt-{}:sha256|default|1795516352|0123456789abcdef:{{\"n\":{tick}}}", tick % 7);
    let at = START + i64::try_from(tick).unwrap() * 1000;
    let channel = Channel::new(channel.as_bytes());
    interval.push_message(
        payload.as_bytes(),
        at,
        channel,
        sequence,
        verdict,
        Some(Algorithm::Sha256),
        Some(1_795_516_352),
    );
}

pub(crate) fn finding(kind: FindingKind, range: (Option<u64>, Option<u64>), count: Option<u64>, cause: Cause) -> Entry {
    Entry::from(Finding {
        kind,
        channel: Channel::new(b"ops"),
        sequence_from: range.0,
        sequence_to: range.1,
        count,
        at: START + 5,
        cause,
    })
}

/// Everything that can be recorded, each at least once.
fn everything() -> Interval {
    let mut all = Interval::default();
    let (old, billing) = (Channel::new(b"o\xffld"), Channel::new(b"billing"));
    let server = ServerInfo { version: "7.2.4".into(), role: "primary".into(), mode: "standalone".into() };
    let link = |state, reason: Option<&str>, channel: Option<&Channel>, server: Option<ServerInfo>| {
        Entry::Link(Link {
            state,
            reason: reason.map(Into::into),
            channel: channel.cloned(),
            server: server.map(Arc::new),
            at: START,
        })
    };
    all.push(link(LinkState::Connected, None, None, Some(server)));
    all.push(link(LinkState::Denied, Some("NOPERM \u{1b}[31m"), Some(&billing), None));
    for state in [
        LinkState::Granted,
        LinkState::UnsubscribeFailed,
        LinkState::TooManyChannels,
        LinkState::Stale,
        LinkState::Live,
        LinkState::Disconnected,
    ] {
        all.push(link(state, None, None, None));
    }
    let of = |reading| Entry::Counter { channel: old.clone(), reading, server: None, at: START + 1 };
    all.push(of(Reading::Value(u64::from(u32::MAX) * 7)));
    all.push(of(Reading::Missing));
    all.push(of(Reading::Unreadable("WRONGTYPE".into())));
    let verdicts = [
        Verdict::Verified,
        Verdict::Unsigned,
        Verdict::Rejected(Rejection::InvalidJson),
        Verdict::Rejected(Rejection::Unsigned),
        Verdict::Rejected(Rejection::AlgorithmNotAllowed),
        Verdict::Rejected(Rejection::UnknownKey),
        Verdict::Rejected(Rejection::TimestampOutOfTolerance),
        Verdict::Rejected(Rejection::InvalidTimestamp),
        Verdict::Rejected(Rejection::MissingSignatureValue),
        Verdict::Rejected(Rejection::SignatureMismatch),
    ];
    for (verdict, tick) in verdicts.into_iter().zip(1..) {
        push(&mut all, "ops", Sequence::Exact(tick), verdict, tick);
    }
    for sequence in [
        Sequence::Inferred(11),
        Sequence::Range { from: 12, to: 20 },
        Sequence::Unknown(UnknownReason::CounterUnreadable),
        Sequence::Unknown(UnknownReason::CounterReset),
        Sequence::Unknown(UnknownReason::ReceivedNotCounted),
        Sequence::Unknown(UnknownReason::NoBarrier),
    ] {
        push(&mut all, "billing", sequence, Verdict::Verified, 30);
    }
    let causes = [
        (
            FindingKind::MissedDisconnected,
            Cause::Disconnected { reason: "EOF \0".into(), duration_micros: 9, lower_bound: true },
        ),
        (
            FindingKind::MissedNotRunning,
            Cause::NotRunning { program: Program::Recorder, since: 7, lower_bound: false, lost: None },
        ),
        (
            FindingKind::MissedNotRunning,
            Cause::NotRunning { program: Program::Recorder, since: 7, lower_bound: false, lost: Some(2) },
        ),
        (FindingKind::CountedNotReceived, Cause::CountMismatch { advance: 3, received: 2 }),
        (FindingKind::ReceivedNotCounted, Cause::CountMismatch { advance: 0, received: 1 }),
        (FindingKind::CounterReset, Cause::Reset { before: 20, after: None }),
        (FindingKind::CounterReset, Cause::Reset { before: 20, after: Some(1) }),
        (FindingKind::Duplicate, Cause::Duplicate { first_at: 3, first_channel: old }),
        (FindingKind::ClockSkew, Cause::ClockSkew { seconds: -1900 }),
        (FindingKind::Silent, expectation(true)),
        (FindingKind::TooMany, expectation(false)),
        (FindingKind::Resumed, expectation(false)),
    ];
    for (kind, cause) in causes {
        all.push(finding(kind, (None, None), None, cause.clone()));
        all.push(finding(kind, (Some(1), Some(u64::from(u32::MAX))), Some(3), cause));
    }
    all
}

fn expectation(is_proved: bool) -> Cause {
    let (expectation, expected) = ("heart beat".into(), "at least 1/5m".into());
    Cause::Expectation { expectation, expected, since: 7, duration_micros: 9, is_proved }
}

/// The entries as text with their payloads, because entries cannot be compared.
fn describe(interval: &Interval) -> Vec<String> {
    let tell = |entry: &Entry| match entry {
        Entry::Message(message) => format!(
            "{} {:?} {:?} {:?} {:?} {:?} {:?}",
            message.at,
            interval.channel(message),
            message.sequence,
            message.verdict,
            message.algorithm,
            message.timestamp,
            interval.payload(message)
        ),
        other => format!("{other:?}"),
    };
    interval.entries().iter().map(tell).collect()
}

#[test]
fn a_recording_names_its_recorder_in_the_findings_of_the_subscription() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let live = Finding {
        kind: FindingKind::MissedNotRunning,
        channel: Channel::new(b"ops"),
        sequence_from: Some(2),
        sequence_to: Some(3),
        count: Some(2),
        at: START,
        cause: Cause::NotRunning {
            program: Program::Aircheck,
            since: START - 4_000_000,
            lower_bound: false,
            lost: None,
        },
    };
    assert_eq!(live.line(), "2 missed  #2–3  not running for up to 4.0 s");
    let mut interval = Interval::default();
    interval.push(live.clone().into());
    record_all(&path, vec![interval]);
    let page = RecordingReader::open(&path).unwrap().forward(0, 9).unwrap();
    let [Entry::Finding(recorded)] = page.interval.entries() else { panic!("{:?}", page.interval.entries()) };
    assert_eq!(recorded.line(), "2 missed  #2–3  recorder not running for up to 4.0 s");
    assert_eq!(recorded.short_range_and_cause(), "#2–3 not recording");
    // It is the same finding: acknowledged live, it is acknowledged in the recording.
    let acknowledged = Acknowledgements::from([(live, Acknowledgement { at: START, note: String::new() })]);
    assert!(acknowledged.contains_key(&**recorded));
}

#[test]
fn all_entries_are_read_in_stream_order_with_any_page_size() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let expected = describe(&everything());
    let mut pieces = vec![everything()];
    for at in [40, 23, 9, 1] {
        let rest = pieces[0].split_off(at);
        pieces.insert(1, rest);
    }
    let ended = record_all(&path, pieces);
    assert_eq!((ended.committed, ended.not_recorded), (16, 0));
    let reader = RecordingReader::open(&path).unwrap();
    for limit in [1, 2, 7, 1000] {
        let mut forward = Vec::new();
        let mut after = 0;
        loop {
            let page = reader.forward(after, limit).unwrap();
            let Some(last) = page.places.last() else { break };
            after = last.id;
            forward.extend(describe(&page.interval));
        }
        assert_eq!(forward, expected, "{limit} at once");
        let mut backward = Vec::new();
        let mut before = i64::MAX;
        loop {
            let page = reader.backward(before, limit).unwrap();
            let Some(first) = page.places.first() else { break };
            before = first.id;
            backward.splice(0..0, describe(&page.interval));
        }
        assert_eq!(backward, expected, "{limit} at once, backward");
    }
    // There are four counter resets, so the last finding is in the fifth epoch.
    assert_eq!(reader.backward(i64::MAX, 1).unwrap().places[0].epoch, 5);
    let session = &reader.sessions().unwrap()[0];
    assert_eq!(
        (&*session.host, &*session.version, &*session.target, &*session.profile, session.is_clean),
        ("studio", "1.2.3", "redis.internal:6379", "prod", true)
    );
}

#[test]
fn known_counters_are_those_of_the_last_entries() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let mut interval = numbered(1, 5);
    let counter =
        |channel: &[u8], reading| Entry::Counter { channel: Channel::new(channel), reading, server: None, at: START };
    interval.push(counter(b"ops", Reading::Value(5)));
    interval.push(counter(b"gone", Reading::Missing));
    interval.push(counter(b"denied", Reading::Unreadable("NOPERM".into())));
    push(&mut interval, "cut", Sequence::Inferred(77), Verdict::Verified, 9);
    record_all(&path, vec![interval]);
    let prepared = prepare(settings(path)).unwrap();
    let mut known: Vec<(&[u8], u64)> =
        prepared.known().iter().map(|known| (known.channel.as_bytes(), known.counter)).collect();
    known.sort_unstable();
    assert_eq!(known, [(&b"cut"[..], 77), (b"gone", 0), (b"ops", 5)]);
}
