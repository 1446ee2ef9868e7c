//! The contents of a bundle, and the safety of its report.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use aircheck::ledger::finding::{Acknowledgements, Cause, Finding, FindingKind};
use aircheck::ledger::interval::{Entry, Interval, Link, LinkState};
use aircheck::ledger::sequence::{Channel, Reading, Sequence};
use aircheck::recording::bundle::{BundleExtent, BundleRequest, BundleSummary, bundle};
use aircheck::recording::reader::{MissingReason, Reader};
use aircheck::wire::verdict::Verdict;

use crate::record::{START, record_all};

const SECOND: i64 = 1_000_000;

/// Adds one message per second: on `ops` in even seconds, on `billing` in odd ones.
fn traffic(interval: &mut Interval, seconds: std::ops::RangeInclusive<i64>) {
    for second in seconds {
        let channel = if second % 2 == 0 { "ops" } else { "billing" };
        let number = second.unsigned_abs() / 2 + 1;
        say(interval, channel, number, second, format!("evt::{{\"second\":{second}}}").as_bytes());
    }
}

fn say(interval: &mut Interval, channel: &str, number: u64, second: i64, payload: &[u8]) {
    let (at, channel) = (START + second * SECOND, Channel::new(channel.as_bytes()));
    interval.push_message(payload, at, channel, Sequence::Exact(number), Verdict::Unsigned, None, None);
}

/// Ten minutes of traffic. The link is down from second 300 to 340, so `ops` misses #151 to #170.
fn incident() -> Interval {
    let mut all = Interval::default();
    let link = |state, second: i64| {
        let reason = (state == LinkState::Disconnected).then(|| "EOF".into());
        Entry::Link(Link { state, reason, channel: None, server: None, at: START + second * SECOND })
    };
    let counter = |value, second: i64| Entry::Counter {
        channel: Channel::new(b"ops"),
        reading: Reading::Value(value),
        server: None,
        at: START + second * SECOND,
    };
    all.push(link(LinkState::Connected, 0));
    all.push(counter(1, 0));
    traffic(&mut all, 0..=299);
    all.push(counter(150, 299));
    all.push(link(LinkState::Disconnected, 300));
    all.push(link(LinkState::Connected, 340));
    all.push(Entry::from(Finding {
        kind: FindingKind::MissedDisconnected,
        channel: Channel::new(b"ops"),
        sequence_from: Some(151),
        sequence_to: Some(170),
        count: Some(20),
        at: START + 340 * SECOND,
        cause: Cause::Disconnected { reason: "EOF".into(), duration_micros: 40_000_000, lower_bound: false },
    }));
    all.push(counter(170, 340));
    traffic(&mut all, 340..=600);
    all
}

fn request(reader: &Reader, reach: BundleExtent) -> BundleRequest {
    BundleRequest {
        finding: reader.findings(i64::MIN, i64::MAX, 1).unwrap().places[0].id,
        before: reach,
        after: reach,
        notes: Vec::new(),
        acknowledgements: Acknowledgements::new(),
        profile: None,
        version: "1.2.3".to_owned(),
        report: None,
    }
}

fn bundled(
    directory: &Path,
    recorded: Interval,
    change: impl FnOnce(&mut BundleRequest),
) -> (BundleSummary, Reader, PathBuf) {
    let (path, out) = (directory.join("a.db"), directory.join("out.db"));
    record_all(&path, vec![recorded]);
    let mut request = request(&Reader::open(&path).unwrap(), BundleExtent::Micros(120 * SECOND));
    change(&mut request);
    let bundled = bundle(&path, &out, &request).unwrap();
    (bundled, Reader::open(&out).unwrap(), path)
}

/// The seconds of a recording's messages.
fn seconds(reader: &Reader) -> Vec<i64> {
    let page = reader.forward(0, 10_000).unwrap();
    let messages = page.interval.entries().iter().filter(|entry| matches!(entry, Entry::Message(_)));
    messages.map(|message| (message.at() - START) / SECOND).collect()
}

#[test]
fn a_bundle_covers_the_time_from_the_start_of_a_gap() {
    let directory = tempfile::tempdir().unwrap();
    let (made, reader, path) = bundled(directory.path(), incident(), |_| {});
    // Two minutes before the link went down, and two after the finding; the places are those of the recording.
    assert_eq!(seconds(&reader), (180..=299).chain(340..=460).collect::<Vec<_>>());
    assert_eq!((made.messages, made.findings, made.channels, made.is_cut), (241, 1, 2, [false, false]));
    let places = |reader: &Reader| -> Vec<_> {
        let page = reader.by_time(&aircheck::recording::reader::TimeQuery::default(), None, 10_000).unwrap().0;
        page.places
    };
    let of_recording = places(&Reader::open(&path).unwrap());
    assert!(places(&reader).iter().all(|place| of_recording.contains(place)));
    // The bundle starts with the state at its start: the link and the counter.
    let page = reader.forward(0, 10_000).unwrap();
    assert!(matches!(&page.interval.entries()[0], Entry::Link(link) if link.state == LinkState::Connected));
    assert!(matches!(&page.interval.entries()[1], Entry::Counter { reading: Reading::Value(1), .. }));
    // Within the bundle, the same numbers are missing as in the recording. Outside, none are.
    let missing = reader.missing(&Channel::new(b"ops"), 1, (91, 200), 10).unwrap();
    assert!(missing.len() == 1 && (missing[0].from, missing[0].to) == (151, 170), "{missing:?}");
    let missing = reader.missing(&Channel::new(b"ops"), 1, (1, 300), 10).unwrap();
    let reasons: Vec<_> = missing.iter().map(|missing| (missing.from, missing.to, &missing.reason)).collect();
    assert!(
        matches!(
            reasons[..],
            [(1, 90, MissingReason::Before), (151, 170, MissingReason::Finding(_)), (232, 300, MissingReason::After)]
        ),
        "{reasons:?}"
    );
    let (overview, session) = (reader.overview().unwrap(), &reader.sessions().unwrap()[0]);
    assert_eq!((overview.messages, overview.findings), (241, 1));
    assert_eq!((&*session.host, &*session.profile), ("studio", "prod"));
}

#[test]
fn a_bundle_of_n_messages_always_has_those_next_to_the_gap() {
    let directory = tempfile::tempdir().unwrap();
    let (_, reader, _) = bundled(directory.path(), incident(), |request| {
        (request.before, request.after) = (BundleExtent::Messages(0), BundleExtent::Messages(3));
    });
    // #150 of ops was sent in second 298.
    assert_eq!(seconds(&reader), [298, 340, 341, 342]);
}

#[test]
fn a_bundle_can_be_bundled_and_keeps_its_notes() {
    let directory = tempfile::tempdir().unwrap();
    let (_, reader, _) = bundled(directory.path(), incident(), |request| request.notes = vec!["first".to_owned()]);
    let again = directory.path().join("again.db");
    let mut request = request(&reader, BundleExtent::Messages(5));
    request.notes = vec!["second".to_owned()];
    let made = bundle(reader.path(), &again, &request).unwrap();
    assert!(made.report.contains("- Note: `first`\n- Note: `second`\n"), "{}", made.report);
}

#[test]
fn the_report_has_the_gap_its_surroundings_and_the_session() {
    let directory = tempfile::tempdir().unwrap();
    let (made, reader, _) = bundled(directory.path(), incident(), |request| {
        request.profile = Some("name: prod\nchannels: ops".to_owned());
    });
    let report = &made.report;
    for wanted in [
        "# `ops`: `20 missed  #151–170  disconnected 40 s`\n",
        "- Numbers: `#151–170, epoch 1`\n",
        "241 messages and 1 finding of 2 channels, from `2026-11-24T10:35:32.000Z` to `2026-11-24T10:40:12.000Z`",
        "\n│ 2026-11-24T10:37:32.000000Z ── disconnected: EOF\n",
        "── ops: 20 missed  #151–170  disconnected 40 s ◀ this one\n",
        "\n│ 2026-11-24T10:37:30.000000Z #150 evt unsigned {\"second\":298}\n",
        "\n│ 2026-11-24T10:38:12.000000Z #171 evt unsigned {\"second\":340}\n",
        "\n│ 2026-11-24T10:38:12.000000Z 170\n",
        "│ studio, aircheck 1.2.3, redis.internal:6379, profile prod, from ",
        "│ name: prod\n│ channels: ops\n",
    ] {
        assert!(report.contains(wanted), "{wanted}\n{report}");
    }
    let kept: String = reader.connection().query_row("SELECT report FROM bundle", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, *report);
}

/// The lines of the report outside of code blocks, without their code spans. Panics if a span or block is not closed.
fn outside_of_code(report: &str) -> String {
    let mut out = String::new();
    let mut in_block = false;
    for line in report.lines() {
        if line.starts_with("```") {
            assert_eq!(line, if in_block { "```" } else { "```text" });
            in_block = !in_block;
            continue;
        }
        if in_block {
            assert!(line.starts_with("│ "), "{line}");
            continue;
        }
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            out.push_str(&rest[..at]);
            let fence: usize = rest[at..].chars().take_while(|char| *char == '`').count();
            // The span ends at the next run of exactly as many backticks.
            let mut from = at + fence;
            loop {
                let start = from + rest[from..].find('`').unwrap_or_else(|| panic!("a span is left open: {line}"));
                let run = rest[start..].chars().take_while(|char| *char == '`').count();
                from = start + run;
                if run == fence {
                    break;
                }
            }
            rest = &rest[from..];
        }
        out.push_str(rest);
        out.push('\n');
    }
    assert!(!in_block, "a block is left open");
    out
}

#[test]
fn untrusted_text_cannot_end_its_code_span_or_block() {
    for hostile in [
        "`HOSTILE` <script>HOSTILE</script>",
        "``` \n```\nHOSTILE\n# HOSTILE",
        "| HOSTILE | [HOSTILE](javascript:HOSTILE) ![HOSTILE](//HOSTILE) @HOSTILE #1 HOSTILE",
        "`` HOSTILE ` HOSTILE ```` HOSTILE",
        "\u{1b}[31mHOSTILE\u{202e}\r\nHOSTILE",
        "`",
        "HOSTILE`",
    ] {
        let directory = tempfile::tempdir().unwrap();
        let mut all = Interval::default();
        say(&mut all, hostile, 1, 0, format!("{hostile}:{hostile}:{hostile}").as_bytes());
        let reason: std::sync::Arc<str> = hostile.into();
        all.push(Entry::Link(Link {
            state: LinkState::Disconnected,
            reason: Some(std::sync::Arc::clone(&reason)),
            channel: None,
            server: None,
            at: START + 1,
        }));
        let channel = Channel::new(hostile.as_bytes());
        all.push(Entry::Counter {
            channel: channel.clone(),
            reading: Reading::Unreadable(reason.clone()),
            server: None,
            at: START,
        });
        all.push(Entry::from(Finding {
            kind: FindingKind::MissedDisconnected,
            channel,
            sequence_from: Some(2),
            sequence_to: Some(3),
            count: Some(2),
            at: START + 2,
            cause: Cause::Disconnected { reason, duration_micros: 1, lower_bound: true },
        }));
        let (made, _, _) = bundled(directory.path(), all, |request| request.notes = vec![hostile.to_owned()]);
        let outside = outside_of_code(&made.report);
        assert!(!outside.contains("HOSTILE") && !outside.contains('<'), "{hostile:?}\n{outside}");
        assert!(made.report.chars().all(|char| char == '\n' || !char.is_control()), "{:?}", made.report);
    }
}

#[test]
fn a_report_contains_no_signature() {
    let directory = tempfile::tempdir().unwrap();
    let mut all = incident();
    say(&mut all, "ops", 400, 601, b"evt:sha256|default|1795516352|5ec4e7ab1e:{}");
    let (made, _, _) = bundled(directory.path(), all, |request| request.after = BundleExtent::Micros(1000 * SECOND));
    assert!(!made.report.contains("5ec4e7ab1e"), "{}", made.report);
}

#[test]
fn a_failed_bundle_overwrites_and_leaves_no_files() {
    let directory = tempfile::tempdir().unwrap();
    let (path, out, report) =
        (directory.path().join("a.db"), directory.path().join("out.db"), directory.path().join("out.md"));
    record_all(&path, vec![incident()]);
    let usual = request(&Reader::open(&path).unwrap(), BundleExtent::Messages(9));
    std::fs::write(&report, "kept").unwrap();
    let bundle_error = |request: &BundleRequest, out: &Path| bundle(&path, out, request).unwrap_err().to_string();
    let error = bundle_error(&BundleRequest { report: Some(report.clone()), ..usual.clone() }, &out);
    assert!(error.contains("out.md already exists"), "{error}");
    let error = bundle_error(&usual, &path);
    assert!(error.contains("a.db already exists"), "{error}");
    let error = bundle_error(&usual, &directory.path().join("none/out.db"));
    assert!(error.contains("cannot create"), "{error}");
    let error = bundle_error(&BundleRequest { finding: 1, ..usual.clone() }, &out);
    assert!(error.contains("a.db has no finding with the id 1"), "{error}");
    let left: Vec<_> = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(left.iter().all(|name| name.starts_with("a.db") || name == "out.md"), "{left:?}");
    assert_eq!(std::fs::read_to_string(&report).unwrap(), "kept");
}
