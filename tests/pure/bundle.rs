//! The contents of a bundle, and the safety of its report.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use aircheck::ledger::dropped::Dropped;
use aircheck::ledger::finding::{Acknowledgement, Acknowledgements, Cause, Finding, FindingKind, Program};
use aircheck::ledger::interval::{Entry, Interval, Link, LinkState, ServerInfo};
use aircheck::ledger::sequence::{Channel, Reading, Sequence, UnknownReason};
use aircheck::recording::bundle::{BundleExtent, BundleFiles, BundleFocus, BundleRequest, BundleSummary, bundle};
use aircheck::recording::reader::{MissingReason, RecordingReader};
use aircheck::wire::verdict::{Rejection, Verdict};

use crate::record::failure::wait_until;
use crate::record::{START, record, record_all, settings};

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

fn request(reader: &RecordingReader, reach: BundleExtent) -> BundleRequest {
    let focus = BundleFocus::Finding(reader.findings(i64::MIN, i64::MAX, 1).unwrap().places[0].id);
    BundleRequest { focus, before: reach, after: reach, ..request_for_anything() }
}

fn recording(out: &Path) -> BundleFiles {
    BundleFiles { recording: Some(out.to_owned()), ..BundleFiles::default() }
}

fn bundled(
    directory: &Path,
    recorded: Interval,
    change: impl FnOnce(&mut BundleRequest),
) -> (BundleSummary, RecordingReader, PathBuf) {
    let (path, out) = (directory.join("a.db"), directory.join("out.db"));
    record_all(&path, vec![recorded]);
    let mut request = request(&RecordingReader::open(&path).unwrap(), BundleExtent::Micros(120 * SECOND));
    change(&mut request);
    let bundled = bundle(&path, &recording(&out), &request).unwrap();
    (bundled, RecordingReader::open(&out).unwrap(), path)
}

/// The seconds of a recording's messages.
fn seconds(reader: &RecordingReader) -> Vec<i64> {
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
    let places = |reader: &RecordingReader| -> Vec<_> {
        let page = reader.by_time(&aircheck::recording::reader::TimeQuery::default(), None, 10_000).unwrap().0;
        page.places
    };
    let of_recording = places(&RecordingReader::open(&path).unwrap());
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
fn numbers_outside_the_gap_are_in_the_bundle_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let (made, reader, path) = bundled(directory.path(), incident(), |request| {
        request.numbers = Some((10, 175));
        (request.before, request.after) = (BundleExtent::Messages(0), BundleExtent::Messages(0));
    });
    // With the neighbours #9 and #176.
    let numbers = reader.numbers(&Channel::new(b"ops"), 1, (1, 300)).unwrap();
    assert_eq!((numbers, made.found), (vec![(9, 150), (171, 176)], Some((146, 166))));
    let report = made.report.replace(&*path.to_string_lossy(), "FILE");
    for wanted in [
        "# `ops`: `#10–175 · FILE missed 20 (#151–170)`\n",
        "- `This report is about the 166 broadcasts #10–175 of ops. The recorder of FILE missed 20 of them (#151–170) \
         between ",
        "- Sequence numbers: `#151–170, counter epoch 1`\n- Numbers in this report: `#10–175`\n",
        "and is in this report; the rest is unknown: #151–170.`\n",
        "\n## The messages with these numbers\n",
        "\n│ ── #10–175: the messages above\n",
    ] {
        assert!(report.contains(wanted), "{wanted}\n{report}");
    }
}

#[test]
fn the_evidence_of_a_gap_is_about_the_gap() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let mut all = incident();
    all.push(Entry::Counter {
        channel: Channel::new(b"ops"),
        reading: Reading::Value(431),
        server: None,
        at: START + 600 * SECOND,
    });
    record_all(&path, vec![all]);
    let reader = RecordingReader::open(&path).unwrap();
    let gap = request(&reader, BundleExtent::Messages(5));
    for numbers in [None, Some((10, 175)), Some((151, 431))] {
        let html = html_report(&path, &BundleRequest { numbers, ..gap.clone() });
        for (name, value) in [
            ("Counter before", "150"),
            ("Counter after", "170"),
            ("Last message before", "#150"),
            ("First message after", "#171"),
        ] {
            let wanted = format!("<th scope=\"row\">{name}</th><td class=\"number\">{value}</td>");
            assert!(html.contains(&wanted), "{numbers:?} {wanted}\n{html}");
        }
    }
}

/// Has a gap, and after it a message without a number, a rejected one, and another gap.
fn incident_with_rejections() -> Interval {
    let mut all = incident();
    let (at, ops) = (START + 601 * SECOND, || Channel::new(b"ops"));
    let rejected = Verdict::Rejected(Rejection::SignatureMismatch);
    all.push_message(
        b"uncounted::",
        at,
        ops(),
        Sequence::Unknown(UnknownReason::ReceivedNotCounted),
        Verdict::Unsigned,
        None,
        None,
    );
    all.push_message(b"forged::", at + SECOND, ops(), Sequence::Exact(302), rejected, None, None);
    all.push(Entry::from(Finding {
        kind: FindingKind::MissedDisconnected,
        channel: ops(),
        sequence_from: Some(303),
        sequence_to: Some(303),
        count: Some(1),
        at: at + 2 * SECOND,
        cause: Cause::Disconnected { reason: "EOF".into(), duration_micros: 52_000, lower_bound: false },
    }));
    all.push_message(
        b"uncounted::",
        at + 3 * SECOND,
        ops(),
        Sequence::Unknown(UnknownReason::ReceivedNotCounted),
        Verdict::Unsigned,
        None,
        None,
    );
    say(&mut all, "ops", 304, 605, b"evt::");
    all
}

#[test]
fn a_report_about_numbers_says_which_were_found_missed_and_rejected() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    record_all(&path, vec![incident_with_rejections()]);
    let reader = RecordingReader::open(&path).unwrap();
    let focus = BundleFocus::Finding(reader.findings(i64::MIN, i64::MAX, 2).unwrap().places[1].id);
    let wide = BundleRequest { focus, numbers: Some((301, 303)), ..request(&reader, BundleExtent::Messages(5)) };
    let html = html_report(&path, &wide).replace(&*path.to_string_lossy(), "FILE");
    for wanted in [
        "<span class=\"what\">#301–303 · FILE missed 1 (#303)</span>",
        "This report is about the 3 broadcasts #301–303 of ops. The recorder of FILE missed 1 of them (#303) between \
         10:42:34.948 and 10:42:35.000 UTC on 2026-11-24.",
        "The content of 2 of 3 was found in ",
        "the rest is unknown: #303. 1 of these messages was rejected: #302.",
        "<dt>missed, #303</dt><dd class=\"bad\">1</dd>",
        "<dt>content found, #301–303</dt><dd class=\"\">2 of 3</dd>",
        "<dt>of these rejected</dt><dd class=\"warn\">1</dd>",
        "<th scope=\"row\">Last message before</th><td class=\"number\">#302</td>",
        // Not the message without a number.
        "<th scope=\"row\">First message after</th><td class=\"number\">#304</td>",
        "<span class=\"text\">ops</span> <span class=\"text\">#301–303: the messages above</span></td></tr>",
        "<td colspan=\"5\">end of #301–303</td>",
    ] {
        assert!(html.contains(wanted), "{wanted}\n{html}");
    }
    // The Markdown report has the same words.
    let markdown = |out: &str, request: &BundleRequest| {
        let made = bundle(&path, &recording(&directory.path().join(out)), request).unwrap();
        made.report.replace(&*path.to_string_lossy(), "FILE")
    };
    let report = markdown("wide.db", &wide);
    for wanted in ["- `This report is about the 3 broadcasts ", "1 of these messages was rejected: #302.`\n"] {
        assert!(report.contains(wanted), "{wanted}\n{report}");
    }
    // Numbers in the gap, and numbers on both sides of its end.
    let first = request(&reader, BundleExtent::Messages(5));
    for ((from, to), all) in [((152, 153), "20 broadcasts #151–170"), ((160, 175), "25 broadcasts #151–175")] {
        let report = markdown(&format!("{to}.db"), &BundleRequest { numbers: Some((from, to)), ..first.clone() });
        let wanted = format!(
            "the {all} of ops: #{from}–{to}, which you asked for, and the rest of the gap. The recorder of FILE missed 20 of \
             them "
        );
        assert!(report.contains(&wanted), "{wanted}\n{report}");
    }
    let report = markdown("both.db", &BundleRequest { numbers: Some((160, 303)), ..first });
    assert!(report.contains(" 1 other gap has some of these numbers: #303."), "{report}");
}

#[test]
fn nothing_is_missing_any_more_but_rejected_messages_are_mentioned() {
    let directory = tempfile::tempdir().unwrap();
    let other = directory.path().join("b.db");
    record_all(&other, vec![other_recorder()]);
    let mut recorded = incident();
    let (at, rejected) = (START + 601 * SECOND, Verdict::Rejected(Rejection::SignatureMismatch));
    recorded.push_message(b"forged::", at, Channel::new(b"ops"), Sequence::Exact(302), rejected, None, None);
    let (made, ..) = bundled(directory.path(), recorded, |request| {
        (request.others, request.numbers) = (vec![other.clone()], Some((151, 302)));
    });
    assert_eq!(made.found, Some((152, 152)), "{}", made.report);
    for wanted in ["1 of these messages was rejected: #302.`\n", "- What to do: `No number is missing any more, but "] {
        assert!(made.report.contains(wanted), "{wanted}\n{}", made.report);
    }
}

#[test]
fn a_report_without_a_gap_says_which_recording_has_none() {
    let directory = tempfile::tempdir().unwrap();
    let time = |request: &mut BundleRequest| {
        request.focus = BundleFocus::Time(START + 100 * SECOND);
        (request.before, request.after) = (BundleExtent::Micros(2 * SECOND), BundleExtent::Micros(3 * SECOND));
    };
    let (made, ..) = bundled(directory.path(), incident(), time);
    assert!(made.report.contains("- `No gap was found in this time.`\n"), "{}", made.report);
    let directory = tempfile::tempdir().unwrap();
    let (made, ..) = bundled(directory.path(), incident(), |request| {
        request.focus = BundleFocus::Numbers { channel: Channel::new(b"ops"), epoch: 1, range: (148, 150) };
    });
    let elsewhere = "- `1 gap was found in this time, but none in these numbers.`\n";
    assert!(made.report.contains(elsewhere), "{}", made.report);
    let directory = tempfile::tempdir().unwrap();
    let (made, _, path) = bundled(directory.path(), incident(), |request| {
        time(request);
        request.others = vec![directory.path().join("b.db")];
    });
    let path = path.display();
    let wanted = format!(
        "- `No gap was found in this time in {path}; this report does not contain the findings of the other recordings.`\n"
    );
    assert!(made.report.contains(&wanted), "{}", made.report);
    assert!(made.report.contains(&format!("- `No message was rejected in this time in {path}.`\n")), "{}", made.report);
}

#[test]
fn the_time_of_a_bundle_ends_with_the_recording() {
    // A recording in progress ends now. This one ended before its two minutes, or has just found the gap.
    for (is_ended, from, to) in [(true, "10:37:22", "10:38:22"), (false, "10:35:32", "10:38:32")] {
        let directory = tempfile::tempdir().unwrap();
        let (made, ..) = bundled(directory.path(), incident(), |request| {
            let path = directory.path().join("a.db");
            if is_ended {
                let connection = rusqlite::Connection::open(path).unwrap();
                let times = [START + 290 * SECOND, START + 350 * SECOND];
                let sql = "UPDATE session SET started_unix_micros = ?1, last_unix_micros = ?2, ended_unix_micros = ?2";
                connection.execute(sql, times).unwrap();
                connection.execute("DELETE FROM message WHERE at_unix_micros NOT BETWEEN ?1 AND ?2", times).unwrap();
            } else {
                request.made_at = START + 360 * SECOND;
            }
        });
        let wanted = format!("from `2026-11-24T{from}.000Z` to `2026-11-24T{to}.000Z`");
        assert!(made.report.contains(&wanted), "{wanted}\n{}", made.report);
    }
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
    let made = bundle(reader.path(), &recording(&again), &request).unwrap();
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
        "# `ops`: `20 missed · #151–170 · disconnected 40 s`\n",
        "- `On ops, 20 broadcasts were missed between 10:37:32 and 10:38:12 UTC on 2026-11-24 (#151–170).`\n",
        "- Sequence numbers: `#151–170, counter epoch 1`\n",
        "241 messages on 2 channels, and 1 finding, from `2026-11-24T10:35:32.000Z` to `2026-11-24T10:40:12.000Z`",
        "\n│ 2026-11-24T10:37:32.000000Z ── disconnected: EOF\n",
        "── ops: 20 missed  #151–170  disconnected 40 s ◀ this one\n",
        "\n│ 2026-11-24T10:37:30.000000Z #150 evt unsigned {\"second\":298}\n",
        "\n│ 2026-11-24T10:38:12.000000Z #171 evt unsigned {\"second\":340}\n",
        "\n│ 2026-11-24T10:38:12.000000Z 170\n",
        ": studio, aircheck 1.2.3, redis.internal:6379, profile prod, started at ",
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

/// A recording in which every text is the hostile one, and the acknowledgements of its finding.
fn hostile_interval(hostile: &str) -> (Interval, Acknowledgements) {
    let mut all = Interval::default();
    say(&mut all, hostile, 1, 0, format!("{hostile}:{hostile}:{hostile}").as_bytes());
    let json = serde_json::Value::from(hostile);
    all.push_message(
        format!("evt:sha256|{}|1|00:{json}", hostile.replace([':', '|'], "")).as_bytes(),
        START,
        Channel::new(hostile.as_bytes()),
        Sequence::Exact(2),
        Verdict::Rejected(Rejection::UnknownKey),
        None,
        None,
    );
    let reason: std::sync::Arc<str> = hostile.into();
    let server = ServerInfo { version: hostile.into(), role: hostile.into(), mode: hostile.into() };
    all.push(Entry::Link(Link {
        state: LinkState::Disconnected,
        reason: Some(std::sync::Arc::clone(&reason)),
        channel: None,
        server: Some(server.into()),
        at: START + 1,
    }));
    let channel = Channel::new(hostile.as_bytes());
    all.push(Entry::Counter {
        channel: channel.clone(),
        reading: Reading::Unreadable(reason.clone()),
        server: None,
        at: START,
    });
    let finding = Finding {
        kind: FindingKind::MissedDisconnected,
        channel,
        sequence_from: Some(3),
        sequence_to: Some(4),
        count: Some(2),
        at: START + 2,
        cause: Cause::Disconnected { reason, duration_micros: 1, lower_bound: true },
    };
    all.push(Entry::from(finding.clone()));
    let acknowledgement = Acknowledgement { at: START, note: hostile.to_owned() };
    (all, Acknowledgements::from([(finding, acknowledgement)]))
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
        let (all, acknowledgements) = hostile_interval(hostile);
        let (made, _, _) = bundled(directory.path(), all, |request| {
            request.notes = vec![hostile.to_owned()];
            request.acknowledgements = acknowledgements;
        });
        let outside = outside_of_code(&made.report);
        assert!(!outside.contains("HOSTILE") && !outside.contains('<'), "{hostile:?}\n{outside}");
        assert!(made.report.chars().all(|char| char == '\n' || !char.is_control()), "{:?}", made.report);
    }
}

/// Makes only an HTML report.
fn html_report(path: &Path, request: &BundleRequest) -> String {
    let html = path.with_extension("html");
    let files = BundleFiles { html: Some(html.clone()), ..BundleFiles::default() };
    bundle(path, &files, request).unwrap();
    let report = std::fs::read_to_string(&html).unwrap();
    std::fs::remove_file(&html).unwrap();
    report
}

/// The elements of a document with their attributes, in order: `meta charset="utf-8"`.
fn elements(html: &str) -> Vec<&str> {
    html.split('<')
        .skip(1)
        .map(|rest| rest.split_once('>').unwrap().0)
        .filter(|element| !element.starts_with('/'))
        .collect()
}

#[test]
fn no_untrusted_text_becomes_an_element() {
    // Each report has the same elements as that of a harmless text.
    let report = |text: &str| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        let (all, acknowledgements) = hostile_interval(text);
        record_all(&path, vec![all]);
        let usual = request(&RecordingReader::open(&path).unwrap(), BundleExtent::Messages(9));
        html_report(&path, &BundleRequest { notes: vec![text.to_owned()], acknowledgements, ..usual })
    };
    let names = |html: &str| {
        elements(html).iter().map(|element| element.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let harmless = names(&report("harmless"));
    assert!(harmless.contains(&"svg".to_owned()) && !harmless.contains(&"script".to_owned()));
    for hostile in [
        "<script>alert(1)</script>",
        "</pre></style></title><script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onload='alert(1)",
        "\u{202e}\u{2066}\u{0}\u{1b}[31m<b>",
    ] {
        let html = report(hostile);
        assert_eq!(names(&html), harmless, "{hostile:?}");
        let is_handler = |element: &&str| element.contains(" on") && !element.contains("aria-label");
        assert_eq!(elements(&html).into_iter().find(is_handler), None);
        assert!(html.chars().all(|char| char == '\n' || !char.is_control()), "{hostile:?}");
        assert!(!html.contains(['\u{202e}', '\u{2066}']));
    }
}

#[test]
fn the_html_report_has_everything_and_names_only_its_style_in_its_policy() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let mut all = incident();
    say(&mut all, "ops", 400, 601, b"evt:sha256|default|1795516352|5ec4e7ab1e:{}");
    let (at, channel) = (START + 602 * SECOND, Channel::new(b"ops"));
    let verdict = Verdict::Rejected(Rejection::UnknownKey);
    all.push_message(b"evt:sha256|v2|1|aa:{}", at, channel, Sequence::Exact(401), verdict, None, None);
    record_all(&path, vec![all]);
    let usual = request(&RecordingReader::open(&path).unwrap(), BundleExtent::Micros(300 * SECOND));
    let finding = Finding {
        kind: FindingKind::MissedDisconnected,
        channel: Channel::new(b"ops"),
        sequence_from: Some(151),
        sequence_to: Some(170),
        count: Some(20),
        at: START + 340 * SECOND,
        cause: Cause::Disconnected { reason: "EOF".into(), duration_micros: 40_000_000, lower_bound: false },
    };
    let acknowledgement = Acknowledgement { at: START, note: "for Bo".to_owned() };
    let html = html_report(
        &path,
        &BundleRequest {
            acknowledgements: Acknowledgements::from([(finding, acknowledgement)]),
            profile: Some("name: prod\nchannels: ops".to_owned()),
            ..usual
        },
    );
    for wanted in [
        "<p class=\"lead\">On ops, 20 broadcasts were missed between 10:37:32 and 10:38:12 UTC on 2026-11-24 (#151–170).</p>",
        "<p class=\"lead\">The recorder was disconnected from the server for 40 s: EOF.</p>",
        "<p class=\"lead\">The content is unknown: this report is made from one recording, and that recording does not have it.</p>",
        ">unknown key</strong>. Failed check: key. It passes if the key is known. ",
        "2026-11-24T10:32:32Z for Bo",
        "\"note\":\"for Bo\"",
        "<th class=\"text\" scope=\"row\">channels</th><td class=\"text\">ops</td>",
        "<td class=\"number\">150</td>",
        "<td class=\"number\">170</td>",
        "{\"type\":\"report\",",
        "{\"type\":\"finding\",\"at\":\"2026-11-24T10:38:12.000000Z\",\"kind\":\"missed_disconnected\"",
        "Nothing was cut.",
        " by aircheck <span class=\"text\">1.2.3</span>",
    ] {
        assert!(html.contains(wanted), "{wanted}\n{html}");
    }
    assert!(!html.contains("5ec4e7ab1e") && !html.contains("payload_base64\":"), "a signature");
    // Nothing in the file refers to anything outside, or sets a style that the policy does not name.
    let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = base64_simd::STANDARD.encode_to_string(sha2::Digest::finalize(sha2::Digest::chain_update(
        <sha2::Sha256 as sha2::Digest>::new(),
        style,
    )));
    let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
    assert!(html.contains(&format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">")));
    for element in elements(&html) {
        assert!(![" href=", " src=", " style=", " action="].iter().any(|name| element.contains(name)), "{element}");
    }
    assert!(!style.contains("url(") && !style.contains("@import"));
    // Each table has a caption, and each of its heading cells a scope.
    assert_eq!(html.matches("<table>").count(), html.matches("<caption>").count());
    assert!(elements(&html).iter().all(|element| !element.starts_with("th ") || element.contains("scope=")));
    assert!(!html.contains("<th>"));
}

#[test]
fn the_report_shows_how_each_run_of_a_recorder_ended() {
    let stamp = |of_day: &str| {
        format!("<time datetime=\"2026-11-24T{of_day}Z\"><span class=\"day\">2026-11-24 </span>{of_day}</time>")
    };
    let ends = |end: &str| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        record_all(&path, vec![incident()]);
        let connection = rusqlite::Connection::open(&path).unwrap();
        let sql = format!(
            "UPDATE session SET (started_unix_micros, last_unix_micros, ended_unix_micros, ended) = (?1, ?2, {end})"
        );
        connection.execute(&sql, [START, START + 600 * SECOND]).unwrap();
        let request = request(&RecordingReader::open(&path).unwrap(), BundleExtent::Micros(120 * SECOND));
        let made = bundle(&path, &recording(&directory.path().join("out.db")), &request).unwrap();
        (html_report(&path, &request), made.report)
    };
    for (end, words) in [
        ("?2, 'clean'", "stopped at"),
        ("?2, 'killed'", "killed or crashed; last write"),
        ("NULL, NULL", "still running, killed or crashed; last write"),
    ] {
        let (html, markdown) = ends(end);
        let wanted = format!("<td>{}</td><td>{words} {}</td>", stamp("10:32:32.000"), stamp("10:42:32.000"));
        assert!(html.contains(&wanted), "{wanted}\n{html}");
        let wanted =
            format!("profile prod, started at 2026-11-24T10:32:32.000000Z, {words} 2026-11-24T10:42:32.000000Z\n");
        assert!(markdown.contains(&wanted), "{wanted}\n{markdown}");
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let (sender, recorder) = record(settings(path.clone()));
    sender.send(incident().into()).unwrap();
    wait_until(&recorder, "the incident", |status| status.committed == 561);
    let request = request(&RecordingReader::open(&path).unwrap(), BundleExtent::Micros(120 * SECOND));
    let html = html_report(&path, &request);
    assert!(html.contains("<td>still running when this report was made; last write <time "), "{html}");
    drop(sender);
    assert_eq!(recorder.close().committed, 561);
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
    let usual = request(&RecordingReader::open(&path).unwrap(), BundleExtent::Messages(9));
    std::fs::write(&report, "kept").unwrap();
    let bundle_error =
        |request: &BundleRequest, out: &Path| bundle(&path, &recording(out), request).unwrap_err().to_string();
    let files = BundleFiles { markdown: Some(report.clone()), ..recording(&out) };
    let error = bundle(&path, &files, &usual).unwrap_err().to_string();
    assert!(error.contains("out.md already exists"), "{error}");
    let error = bundle_error(&usual, &path);
    assert!(error.contains("a.db already exists"), "{error}");
    let error = bundle_error(&usual, &directory.path().join("none/out.db"));
    assert!(error.contains("cannot create"), "{error}");
    let error = bundle_error(&BundleRequest { focus: BundleFocus::Finding(1), ..usual.clone() }, &out);
    assert!(error.contains("a.db has no finding with the id 1"), "{error}");
    let left: Vec<_> = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(left.iter().all(|name| name.starts_with("a.db") || name == "out.md"), "{left:?}");
    assert_eq!(std::fs::read_to_string(&report).unwrap(), "kept");
}

/// What another recorder received while the link of [`incident`] was down: `ops` #151 to #170, and messages around them.
fn other_recorder() -> Interval {
    let mut all = Interval::default();
    traffic(&mut all, 280..=320);
    for number in 162..=170 {
        let payload = format!("evt::{{\"second\":{}}}", 2 * (number - 1));
        say(&mut all, "ops", number, 321, payload.as_bytes());
    }
    all
}

/// The numbers of the messages on `ops` from #140 to #180.
fn numbers(reader: &RecordingReader) -> Vec<(u64, u64)> {
    reader.numbers(&Channel::new(b"ops"), 1, (140, 180)).unwrap()
}

/// The kinds of the entries next to the finding, in stream order.
fn order(reader: &RecordingReader) -> Vec<String> {
    let page = reader.forward(0, 10_000).unwrap();
    let is_gap = |entry: &Entry| matches!(entry, Entry::Finding(_));
    let at = page.interval.entries().iter().position(is_gap).unwrap();
    let words = |entry: &Entry| match entry {
        Entry::Message(message) => message.sequence.to_string(),
        Entry::Finding(finding) => finding.line(),
        Entry::Counter { reading: Reading::Value(value), .. } => format!("counter {value}"),
        other => format!("{other:?}"),
    };
    page.interval.entries()[at - 1..=at + 1].iter().map(words).collect()
}

#[test]
fn one_bundle_has_the_gap_and_what_other_recordings_have_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let [other, wrong, none] = ["b.db", "c.db", "d.db"].map(|name| directory.path().join(name));
    record_all(&other, vec![other_recorder()]);
    let mut conflicting = Interval::default();
    (140..=170).for_each(|number| say(&mut conflicting, "ops", number, 300, b"another::"));
    record_all(&wrong, vec![conflicting]);
    let mut unrelated = Interval::default();
    say(&mut unrelated, "news", 1, 300, b"evt::");
    record_all(&none, vec![unrelated]);
    let (made, reader, path) = bundled(directory.path(), incident(), |request| {
        request.others = vec![wrong.clone(), none.clone(), other.clone()];
    });
    assert_eq!((numbers(&reader), made.found), (vec![(140, 180)], Some((20, 20))));
    assert_eq!(order(&reader), ["#170", "20 missed  #151–170  disconnected 40 s", "counter 170"]);
    assert_eq!((made.messages, reader.overview().unwrap().messages), (241 + 20, 241 + 20));
    for wanted in [
        "- `The content of all 20 was found in ",
        "b.db: #151–170`\n",
        "c.db has other messages on ops with the adjacent sequence numbers",
        "d.db has no channel ops`\n",
        "- What to do: `Nothing is missing any more",
        "#151 evt unsigned {\"second\":300}  (",
    ] {
        assert!(made.report.contains(wanted), "{wanted}\n{}", made.report);
    }
    assert!(!made.report.contains("fills the gap"), "{}", made.report);

    // The messages keep their recorder and its clock; the ids before the gap are those of the recording.
    let supplied: (String, bool) = reader
        .connection()
        .query_row(
            "SELECT x.file, x.is_proven FROM message m JOIN supplied x ON x.session = m.session WHERE m.sequence = 151",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(supplied, (other.to_str().unwrap().to_owned(), true));
    let place = |reader: &RecordingReader, number| {
        reader.by_sequence(&Channel::new(b"ops"), 1, (number, number), None, 1).unwrap().0.places[0]
    };
    let original = RecordingReader::open(&path).unwrap();
    assert_eq!(place(&reader, 150), place(&original, 150));
    assert_eq!(place(&reader, 171).id, place(&original, 171).id + 20);

    // A bundle of the bundle has the same content.
    let again = directory.path().join("again.db");
    let made = bundle(reader.path(), &recording(&again), &request(&reader, BundleExtent::Messages(5))).unwrap();
    assert_eq!((numbers(&RecordingReader::open(&again).unwrap()), made.found), (vec![(149, 173)], Some((20, 20))));
    // Merged with the recording, the gap is filled.
    let merged = directory.path().join("merged.db");
    let summary = aircheck::recording::merge::merge(&[&path, &again], &merged, false).unwrap();
    assert!(summary.left.iter().all(|left| left.channel != Some(Channel::new(b"ops"))), "{summary:?}");
}

#[test]
fn the_lists_of_a_report_name_the_recording_that_they_are_from() {
    let directory = tempfile::tempdir().unwrap();
    let [path, other, merged] = ["a.db", "b.db", "merged.db"].map(|name| directory.path().join(name));
    record_all(&path, vec![incident()]);
    record_all(&other, vec![other_recorder()]);
    let usual = request(&RecordingReader::open(&path).unwrap(), BundleExtent::Micros(120 * SECOND));
    let lacks = "findings and changes of the connection in the other recordings";
    let html = html_report(&path, &BundleRequest { others: vec![other.clone()], ..usual });
    for wanted in [
        format!("<caption>All findings of this time in {}</caption>", path.display()),
        format!("<caption>Changes of the connection to the server in {}</caption>", path.display()),
        format!("<li class=\"text\">{lacks}: only their messages with these numbers were searched</li>"),
    ] {
        assert!(html.contains(&wanted), "{wanted}\n{html}");
    }
    // A merged recording has the findings of all recorders.
    aircheck::recording::merge::merge(&[&path, &other], &merged, false).unwrap();
    let filled = RecordingReader::open(&merged).unwrap().filled_gaps().unwrap().remove(0).finding;
    let focus = BundleFocus::FilledGap(filled);
    let html = html_report(&merged, &BundleRequest { focus, ..request_for_anything() });
    let row = html.split("<tr class=\"here\"><th scope=\"row\">").nth(1).unwrap().split_once("</tr>").unwrap().0;
    assert!(row.ends_with(&format!("<td class=\"text\">no</td><td class=\"text\">{}</td>", path.display())), "{row}");
}

#[test]
fn a_supplier_without_a_common_message_is_reported_as_unproven() {
    let directory = tempfile::tempdir().unwrap();
    let other = directory.path().join("b.db");
    let mut only = Interval::default();
    traffic(&mut only, 302..=321);
    record_all(&other, vec![only]);
    let (made, ..) = bundled(directory.path(), incident(), |request| request.others = vec![other]);
    assert_eq!(made.found, Some((10, 20)));
    for wanted in [
        "b.db, but it is not proven that the counter is the same, and is in this report; the rest is unknown: #151, #162–170.`\n",
        "- What to do: `Check that the recordings are of the same server and counter",
        "#162–170 in no recording that was searched\n",
    ] {
        assert!(made.report.contains(wanted), "{wanted}\n{}", made.report);
    }
}

#[test]
fn lost_and_missed_messages_are_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let mut all = Interval::default();
    traffic(&mut all, 0..=20);
    all.push(Entry::from(Finding {
        kind: FindingKind::MissedNotRunning,
        channel: Channel::new(b"ops"),
        sequence_from: Some(12),
        sequence_to: Some(20),
        count: Some(9),
        at: START + 40 * SECOND,
        cause: Cause::NotRunning {
            program: Program::Recorder,
            since: START + 20 * SECOND,
            lower_bound: false,
            lost: Some(4),
        },
    }));
    traffic(&mut all, 40..=60);
    record_all(&path, vec![all]);
    let html = html_report(&path, &request(&RecordingReader::open(&path).unwrap(), BundleExtent::Micros(120 * SECOND)));
    for wanted in [
        "On ops, 5 broadcasts were missed between 10:32:52 and 10:33:12 UTC on 2026-11-24, and 4 more were received but lost \
         with the recorder (#12–20).",
        "The recorder was killed, or its machine crashed, up to 20 s before the gap was found.",
        "<dt>Missed</dt><dd>5: ",
        "<dt>Lost with the recorder</dt><dd>4: ",
        "\"missed\":5,\"lost\":4",
    ] {
        assert!(html.contains(wanted), "{wanted}\n{html}");
    }
}

/// The relative luminance of a colour such as `#1b1f24`.
fn luminance(colour: &str) -> f64 {
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

#[test]
fn every_text_of_the_report_has_enough_contrast_in_light_and_dark() {
    let style = include_str!("../../src/recording/bundle/report/html/style.css");
    let palettes: Vec<_> = style.split(":root {").skip(1).map(|rest| rest.split_once('}').unwrap().0).collect();
    assert_eq!(palettes.len(), 3, "light, dark and print");
    for palette in palettes {
        let colour = |name: &str| {
            let at = palette.find(&format!("--{name}: ")).unwrap_or_else(|| panic!("{name}: {palette}"));
            luminance(&palette[at + name.len() + 4..][..7])
        };
        for (text, back) in ["text", "muted", "bad", "good", "warn"]
            .iter()
            .flat_map(|text| ["back", "card", "mark"].map(|back| (*text, back)))
        {
            let (a, b) = (colour(text), colour(back));
            let ratio = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(ratio >= 4.5, "{text} on {back}: {ratio:.2}");
        }
    }
}

#[test]
fn a_gap_that_a_merge_filled_is_bundled_with_its_content() {
    let directory = tempfile::tempdir().unwrap();
    let [a, b, c, merged, out] =
        ["a.db", "b.db", "c.db", "merged.db", "out.db"].map(|name| directory.path().join(name));
    record_all(&a, vec![incident()]);
    let mut half = Interval::default();
    traffic(&mut half, 280..=319);
    record_all(&b, vec![half]);
    record_all(&c, vec![other_recorder()]);
    for (files, found) in [(vec![&a, &b], 10), (vec![&a, &b, &c], 20)] {
        let _ = std::fs::remove_file(&merged);
        let _ = std::fs::remove_file(&out);
        let paths: Vec<&Path> = files.iter().map(|path| path.as_path()).collect();
        aircheck::recording::merge::merge(&paths, &merged, false).unwrap();
        let reader = RecordingReader::open(&merged).unwrap();
        let filled = reader.filled_gaps().unwrap();
        assert_eq!(filled.len(), 1, "{filled:?}");
        let finding = filled[0].finding.clone();
        assert_eq!(finding.line(), "20 missed  #151–170  disconnected 40 s");
        // What is left of the gap leads to the whole gap too.
        let rest =
            reader.findings(i64::MIN, i64::MAX, 1).unwrap().places.first().map(|place| BundleFocus::Finding(place.id));
        for focus in [Some(BundleFocus::FilledGap(finding)), rest].into_iter().flatten() {
            let _ = std::fs::remove_file(&out);
            let request = BundleRequest { focus, ..request_for_anything() };
            let made = bundle(&merged, &recording(&out), &request).unwrap();
            assert_eq!((made.findings, made.found), (1, Some((found, 20))), "{}", made.report);
            let bundled = RecordingReader::open(&out).unwrap();
            assert_eq!(order(&bundled)[1], "20 missed  #151–170  disconnected 40 s");
            assert!(made.report.contains("# `ops`: `20 missed · #151–170 · disconnected 40 s`\n"), "{}", made.report);
        }
    }
}

#[test]
fn a_bundle_can_be_around_numbers_or_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let numbers = BundleFocus::Numbers { channel: Channel::new(b"ops"), epoch: 1, range: (10, 12) };
    let (made, reader, _) = bundled(directory.path(), incident(), |request| {
        request.focus = numbers;
        (request.before, request.after) = (BundleExtent::Messages(0), BundleExtent::Messages(0));
    });
    // #10 to #12 of ops, those of billing in between, and the neighbours #9 and #13.
    assert_eq!((seconds(&reader), made.found), (vec![16, 18, 19, 20, 21, 22, 24], Some((3, 3))));
    assert!(made.report.starts_with("# `ops`: `#10–12`\n"), "{}", made.report);
    let words = "- `This report is about the 3 broadcasts #10–12 of ops, which were received between 10:32:50.000 and \
                 10:32:54.000 UTC on 2026-11-24.`\n";
    assert!(made.report.contains(words), "{}", made.report);

    let directory = tempfile::tempdir().unwrap();
    let (made, reader, _) = bundled(directory.path(), incident(), |request| {
        request.focus = BundleFocus::Time(START + 100 * SECOND);
        (request.before, request.after) = (BundleExtent::Micros(2 * SECOND), BundleExtent::Micros(3 * SECOND));
    });
    assert_eq!((seconds(&reader), made.found), ((98..=103).collect(), None));
    assert!(made.report.starts_with("# `all channels`: `2026-11-24T10:34:12Z`\n"), "{}", made.report);
}

#[test]
fn a_large_report_is_cut_and_lists_what_it_lacks() {
    let directory = tempfile::tempdir().unwrap();
    let html = directory.path().join("out.html");
    let mut all = Interval::default();
    let data = "<\"&'>".repeat(200);
    for number in 1..=9000 {
        say(&mut all, "ops", number, 0, format!("evt::{}", serde_json::json!({ "data": data })).as_bytes());
    }
    let path = directory.path().join("a.db");
    record_all(&path, vec![all]);
    let request = BundleRequest {
        focus: BundleFocus::Numbers { channel: Channel::new(b"ops"), epoch: 1, range: (1, 9000) },
        ..request_for_anything()
    };
    let files = BundleFiles { html: Some(html.clone()), ..BundleFiles::default() };
    bundle(&path, &files, &request).unwrap();
    let report = std::fs::read_to_string(&html).unwrap();
    assert!(report.len() <= 2 << 20 && report.len() > 1 << 20, "{}", report.len());
    for wanted in
        ["messages of the gap in the table: 8 000 more", "because of the size limit of 2 MiB", "tables: rows after"]
    {
        assert!(report.contains(wanted), "{wanted}");
    }
    assert!(report.ends_with("</html>"));
    // Only the report is left.
    let left =
        std::fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = left.filter(|name| !name.starts_with("a.db")).collect();
    assert_eq!(left, ["out.html"]);
}

fn request_for_anything() -> BundleRequest {
    BundleRequest {
        focus: BundleFocus::Time(START),
        name: None,
        numbers: None,
        others: Vec::new(),
        before: BundleExtent::Micros(120 * SECOND),
        after: BundleExtent::Micros(120 * SECOND),
        notes: Vec::new(),
        acknowledgements: Acknowledgements::new(),
        profile: None,
        version: "1.2.3".to_owned(),
        made_at: START + 1000 * SECOND,
    }
}

/// #1 to #10 and #16 to #20 of `ops`, and `between` them.
fn with_between(between: impl FnOnce(&mut Interval)) -> Interval {
    let mut all = Interval::default();
    (1..=10).for_each(|number| say(&mut all, "ops", number, number.cast_signed(), format!("evt::{number}").as_bytes()));
    between(&mut all);
    (16..=20)
        .for_each(|number| say(&mut all, "ops", number, number.cast_signed(), format!("evt::{number}").as_bytes()));
    all
}

/// Six messages of which five have the numbers #11 to #15.
fn ranged(all: &mut Interval) {
    for second in 0..6 {
        let (at, sequence) = (START + (11 + second) * SECOND, Sequence::Range { from: 11, to: 15 });
        let payload = format!("evt::{{\"ranged\":{second}}}");
        all.push_message(payload.as_bytes(), at, Channel::new(b"ops"), sequence, Verdict::Unsigned, None, None);
    }
}

fn missed_11_to_15(all: &mut Interval) {
    all.push(Entry::from(Finding {
        kind: FindingKind::MissedDisconnected,
        channel: Channel::new(b"ops"),
        sequence_from: Some(11),
        sequence_to: Some(15),
        count: Some(5),
        at: START + 16 * SECOND,
        cause: Cause::Disconnected { reason: "EOF".into(), duration_micros: 5_000_000, lower_bound: false },
    }));
}

/// The messages of a recording without an exact number.
fn ranged_in(reader: &RecordingReader) -> usize {
    reader.ranged(&Channel::new(b"ops"), 1, (11, 15), 100).unwrap().places.len()
}

#[test]
fn messages_without_an_exact_number_are_supplied_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    record_all(&path("q.db"), vec![with_between(ranged)]);
    record_all(&path("r.db"), vec![with_between(ranged)]);
    let (made, reader, p) = bundled(directory.path(), with_between(missed_11_to_15), |request| {
        request.others = vec![path("q.db"), path("r.db")];
    });
    assert_eq!((ranged_in(&reader), made.found), (6, Some((0, 5))));
    let report = made.report.replace(&*directory.path().to_string_lossy(), "");
    for wanted in [
        "- `The content may be 6 messages without an exact number in /q.db. They are in this report.`\n",
        "- What to do: `Compare the messages without an exact number below with what the listener has: they may be the missed \
         ones. Ask the publisher only for the others.`\n",
        "- Searched: `/q.db: 6 messages without an exact number`\n- Searched: `/r.db: nothing more`\n",
        "\n## The missed messages\n\n```text\n│ 2026-11-24T10:32:43.000000Z #11–15? evt unsigned {\"ranged\":0}  (/q.db)\n",
    ] {
        assert!(report.contains(wanted), "{wanted}\n{report}");
    }
    let html = html_report(
        &p,
        &BundleRequest {
            others: vec![path("q.db"), path("r.db")],
            ..request(&RecordingReader::open(&p).unwrap(), BundleExtent::Messages(5))
        },
    );
    assert!(!html.contains("No recording that was searched has these messages"), "{html}");
    assert!(html.contains("<p>6 messages without an exact number may belong to this range.</p>"), "{html}");

    // Another recording has the numbers of five of them.
    let numbered = |all: &mut Interval| {
        for number in 11..=15 {
            let payload = format!("evt::{{\"ranged\":{}}}", number - 11);
            say(all, "ops", number, number.cast_signed(), payload.as_bytes());
        }
    };
    record_all(&path("s.db"), vec![with_between(numbered)]);
    let made = bundle(
        &p,
        &recording(&path("with-s.db")),
        &BundleRequest {
            others: vec![path("q.db"), path("s.db")],
            ..request(&RecordingReader::open(&p).unwrap(), BundleExtent::Messages(5))
        },
    );
    assert_eq!(made.unwrap().found, Some((5, 5)));
    assert_eq!(ranged_in(&RecordingReader::open(&path("with-s.db")).unwrap()), 1);
}

#[test]
fn messages_without_an_exact_number_that_the_recording_has_are_not_supplied() {
    let directory = tempfile::tempdir().unwrap();
    let other = directory.path().join("q.db");
    record_all(&other, vec![with_between(ranged)]);
    let own = with_between(|all| {
        ranged(all);
        missed_11_to_15(all);
    });
    let (made, reader, _) = bundled(directory.path(), own, |request| request.others = vec![other.clone()]);
    assert_eq!(ranged_in(&reader), 6);
    assert!(made.report.contains("q.db: nothing more`\n"), "{}", made.report);
}

#[test]
fn messages_that_retention_deleted_are_not_reported_as_not_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let at = START + 11 * SECOND;
    let all = with_between(|all| {
        all.push(Dropped { channel: None, range: None, count: 4, findings: 0, at, until: at }.into());
        missed_11_to_15(all);
    });
    record_all(&path, vec![all]);
    rusqlite::Connection::open(&path).unwrap().execute("UPDATE hole SET kind = 'deleted'", []).unwrap();
    let request = request(&RecordingReader::open(&path).unwrap(), BundleExtent::Micros(120 * SECOND));
    let html = html_report(&path, &request);
    assert!(html.contains("4 messages deleted until ") && !html.contains("messages not recorded"), "{html}");
}
