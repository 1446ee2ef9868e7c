//! The report as one HTML file: no script, no external resource, and a policy that forbids both.
//!
//! `maud` escapes every text. Untrusted text is first escaped for a terminal, so that it contains no control, invisible or
//! directional character; the style isolates it from the text around it.

mod chart;

use base64_simd::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::content_title;
use super::words::{self, acknowledged, hole_words, link_words, run_end, time, verdict_words};
use crate::ledger::finding::Finding;
use crate::ledger::format::{counted, number};
use crate::ledger::sequence::notation::range;
use crate::recording::bundle::report_data::{
    Around, Content, CounterRow, FindingRow, MAX_LISTED, MessageRow, RejectionGroup, ReportData, reading_words,
};
use crate::recording::file::source_words;
use crate::recording::schema::FORMAT_VERSION;
use crate::wire::escape::escape;

const STYLE: &str = include_str!("style.css");
/// The maximum size of the report, in bytes.
const MAX_BYTES: usize = 2 << 20;
/// The maximum number of messages that are shown on each side of the place.
const MAX_MESSAGES: usize = 10;
/// The size that is kept free for everything after the data.
const RESERVED_BYTES: usize = 16 << 10;

/// Formats the report.
pub(in crate::recording::bundle) fn report(facts: &ReportData) -> String {
    let (channel, what) = words::title(facts);
    // Rows of tables are left out until the rest fits.
    let mut rows = usize::MAX;
    let mut body = body(facts, rows);
    while body.0.len() > MAX_BYTES / 2 && rows > 1 {
        rows = rows.min(1000) / 2;
        body = self::body(facts, rows);
    }
    let room = MAX_BYTES.saturating_sub(body.0.len() + STYLE.len() + RESERVED_BYTES);
    let data = Data::new(facts, room);
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                title { (channel) ": " (what) " – aircheck" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (body)
                (end(facts, rows, &data))
            }
        }
    };
    document.into_string()
}

/// Forbids everything except the style sheet, which is named by its hash.
fn policy() -> String {
    let hash = STANDARD.encode_to_string(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

/// Everything before the data. Tables have at most `rows` rows.
fn body(facts: &ReportData, rows: usize) -> Markup {
    let (channel, what) = words::title(facts);
    let summary = words::summary(facts);
    html! {
        header {
            p.kicker { "aircheck incident report" }
            h1 { span.text { (channel) } " " span.what { (what) } }
            p.meta {
                (stamp(facts.window.from_at)) " to " (stamp(facts.window.to_at)) " · times are in UTC · server "
                span.text { (source_words(&facts.source)) }
            }
        }
        main {
            section aria-labelledby="summary" {
                h2 id="summary" { "Summary" }
                @for sentence in summary.iter().filter(|sentence| !sentence.is_empty()) {
                    p.lead { (sentence) }
                }
                @if let Some(advice) = words::advice(facts) {
                    p { strong { "What to do: " } (advice) }
                }
                @for note in &facts.notes {
                    p.note { strong { "Note: " } span.text { (escape(note.as_bytes())) } }
                }
                @if let Some(acknowledgement) = facts.id.and_then(|id| facts.acknowledged.get(&id)) {
                    p.note { strong { "Acknowledged: " } span.text { (acknowledged(acknowledgement)) } }
                }
                (figures(facts))
            }
            section aria-labelledby="timeline" {
                h2 id="timeline" { "Timeline" }
                (chart::chart(facts))
            }
            @if let Some(finding) = facts.finding() { (finding_section(facts, finding)) }
            @if let Some(content) = &facts.content { (content_section(facts, content, rows)) }
            (next_to_it(facts, rows))
            (rejections(facts, rows))
            (findings(facts, rows))
            (links(facts, rows))
            (provenance(facts))
        }
    }
}

/// The figures at the top.
fn figures(facts: &ReportData) -> Markup {
    let mut figures: Vec<(String, String, &str)> = Vec::new();
    // The figures are about different numbers.
    let of = |numbers: String| if facts.is_wider_than_gap() { format!(", {numbers}") } else { String::new() };
    if let Some(gap) = facts.gap() {
        let at_least = if gap.cause.lower_bound() == Some(true) { "≥" } else { "" };
        let missed = gap.missed().map_or_else(|| "?".to_owned(), |missed| format!("{at_least}{}", number(missed)));
        figures.push((format!("missed{}", of(gap.range())), missed, "bad"));
        if let Some(lost) = gap.lost() {
            figures.push(("lost with the recorder".to_owned(), number(lost), "bad"));
        }
    }
    if let Some(content) = &facts.content {
        let all = content.numbers.count();
        let rejected = content.rejected_count();
        let class = if content.found >= all && rejected == 0 { "good" } else { "" };
        let (from, to) = content.numbers.range;
        let found = format!("{} of {}", number(content.found), number(all));
        figures.push((format!("content found{}", of(range(from, to))), found, class));
        if facts.bundled.maybe > 0 {
            figures.push(("messages without an exact number".to_owned(), number(facts.bundled.maybe), "warn"));
        }
        if rejected > 0 {
            figures.push(("of these rejected".to_owned(), number(rejected), "warn"));
        }
    }
    let rejected: u64 = facts.rejections.iter().map(|group| group.count).sum();
    let rejected = rejected + facts.rejections_left_out;
    figures.push(("rejected in this time".to_owned(), number(rejected), if rejected > 0 { "warn" } else { "" }));
    figures.push(("messages in this report".to_owned(), number(facts.bundled.messages), ""));
    html! {
        dl.figures {
            @for (name, value, class) in figures {
                div { dt { (name) } dd class=(class) { (value) } }
            }
        }
    }
}

/// The finding, with its evidence.
fn finding_section(facts: &ReportData, finding: &Finding) -> Markup {
    let is_gap = finding.kind.is_gap();
    let title = if is_gap { "The gap" } else { "The finding" };
    html! {
        section aria-labelledby="finding" {
            h2 id="finding" { (title) }
            dl.facts {
                dt { "Channel" } dd.text { (escape(finding.channel.as_bytes())) }
                dt { "Kind" } dd { code { (finding.kind.name()) } ", " (finding.kind.words()) }
                @if let Some(content) = &facts.content {
                    dt { "Sequence numbers" }
                    dd { (finding.range()) ", counter epoch " (content.numbers.epoch) }
                    @if facts.is_wider_than_gap() {
                        dt { "Numbers in this report" }
                        dd { (range(content.numbers.range.0, content.numbers.range.1)) }
                    }
                }
                @if !finding.cause_words().is_empty() {
                    dt { "Cause" } dd.text { (finding.cause_words()) }
                }
                @if let (Some(missed), Some(lost)) = (finding.missed(), finding.lost()) {
                    dt { "Missed" } dd { (number(missed)) ": as far as is known, the recorder did not receive them" }
                    dt { "Lost with the recorder" } dd { (number(lost)) ": the first of the range, received but not written before the recorder was killed" }
                }
                dt { "Began" } dd { (stamp(finding.began_at())) }
                dt { "Found" } dd { (stamp(finding.at)) }
                dt { "What it means" } dd.text { (finding.meaning()) }
            }
            (evidence(facts))
        }
    }
}

/// The counter and the messages before and after the gap, or the place of another finding.
fn evidence(facts: &ReportData) -> Markup {
    let (readings, messages) = (&facts.readings, &facts.messages);
    let reading = |row: Option<&CounterRow>| row.map(|row| (reading_words(&row.reading), row.at));
    let message = |row: Option<&MessageRow>| row.map(|row| (row.sequence.to_string(), row.at));
    // Messages without a number can be next to the place, and between its messages.
    let [last, first] = if facts.content.is_some() {
        facts.nearest.map(|nearest| nearest.map(|(sequence, at)| (sequence.to_string(), at)))
    } else {
        [message(messages.before.back()), message(messages.after.first())]
    };
    let [counter_before, counter_after] = if facts.is_wider_than_gap() {
        facts.counter_of_gap.each_ref().map(Option::as_ref)
    } else {
        [readings.before.back(), readings.after.first().or(readings.between.last())]
    };
    let rows = [
        ("Counter before", reading(counter_before)),
        ("Counter after", reading(counter_after)),
        ("Last message before", last),
        ("First message after", first),
    ];
    html! {
        (table("Evidence: the counter and the messages of the channel on both sides", &["What", "Value", "Time"], &html! {
            @for (name, row) in rows {
                tr {
                    th scope="row" { (name) }
                    @match row {
                        Some((value, at)) => { td.number { (value) } td { (stamp(at)) } }
                        None => { td { "not in this report" } td {} }
                    }
                }
            }
        }))
    }
}

/// The messages of the gap, and where they are from.
fn content_section(facts: &ReportData, content: &Content, rows: usize) -> Markup {
    let all = content.numbers.count();
    let searched = &facts.searched;
    html! {
        section aria-labelledby="content" {
            h2 id="content" { (content_title(facts)) }
            p { (number(content.found)) " of " (counted(all, "sequence number")) " have a message in this report." }
            @if let Some(rejected) = words::rejected_words(content) { p { (rejected) "." } }
            @if content.maybe > 0 {
                p {
                    (counted(content.maybe, "message")) " without an exact number may " @if content.found > 0 { "also " }
                    "belong to this range."
                }
            }
            @if !searched.is_empty() {
                (table("Other recordings that were searched", &["Recording", "What it adds"], &html! {
                    @for searched in searched.iter().take(MAX_LISTED) {
                        tr { th.text scope="row" { (searched.file) } td.text { (words::searched_words(searched)) } }
                    }
                }))
            }
            @if content.rows.is_empty() {
                @if content.maybe == 0 { p { "No recording that was searched has these messages." } }
            } @else {
                (table("Messages in the order of their numbers", &["Number", "Received", "Name", "Verdict", "Data", "From"], &html! {
                    @for row in content.rows.iter().take(rows) { (message_cells(row, true)) }
                    @for (from, to) in &content.absent {
                        tr.absent { th.number scope="row" { (range(*from, *to)) } td colspan="5" { (words::absent_words(facts)) } }
                    }
                }))
            }
        }
    }
}

/// The messages next to the place.
fn next_to_it(facts: &ReportData, rows: usize) -> Markup {
    let ((channel, _), (_, what)) = (words::title(facts), words::here(facts));
    let Around { before, between, after } = &facts.messages;
    let has_channel = facts.window.focus.channel().is_some();
    let rows = rows.min(MAX_MESSAGES);
    let (columns, title): (&[&str], _) = if has_channel {
        (&["Number", "Received", "Name", "Verdict", "Data"], "Messages of the channel on both sides")
    } else {
        (&["Number", "Received", "Channel and name", "Verdict", "Data"], "Messages of all channels on both sides")
    };
    let cells = |row: &MessageRow| {
        if has_channel {
            message_cells(row, false)
        } else {
            let name = format!("{} {}", escape(row.channel.as_bytes()), row.name);
            message_cells(
                &MessageRow { name, data: row.data.clone(), file: String::new(), channel: row.channel.clone(), ..*row },
                false,
            )
        }
    };
    html! {
        section aria-labelledby="next" {
            h2 id="next" { "Before and after" }
            (table(title, columns, &html! {
                @for row in before.iter().rev().take(rows).rev() { (cells(row)) }
                tr.here { td colspan="5" { span.text { (channel) } " " span.text { (what) } } }
                @for row in between.iter().take(rows) { (cells(row)) }
                @if let Some(end) = words::end_of_place(facts) { tr.here { td colspan="5" { (end) } } }
                @for row in after.iter().take(rows) { (cells(row)) }
            }))
        }
    }
}

fn message_cells(row: &MessageRow, with_file: bool) -> Markup {
    let class = if row.verdict.rejection().is_some() { "bad" } else { "" };
    html! {
        tr {
            th.number scope="row" { (row.sequence) }
            td { (stamp(row.at)) }
            td.text { (row.name) }
            td class=(class) { (verdict_words(row.verdict)) }
            td.data { (row.data) }
            @if with_file { td.text { (row.file) } }
        }
    }
}

/// The rejected messages, with the failed check in words.
fn rejections(facts: &ReportData, rows: usize) -> Markup {
    let group = |group: &RejectionGroup| {
        html! {
            tr {
                th.text scope="row" { (escape(group.channel.as_bytes())) }
                td.number { (number(group.count)) }
                td {
                    strong.bad { (group.rejection.words()) } ". Failed check: " (group.rejection.check().rule()) " "
                    (group.rejection.summary()) " " (group.rejection.explain())
                }
                td.text { @if group.key.is_empty() { "none" } @else { (group.key) } }
                td { (stamp(group.first.at)) @if group.last_at > group.first.at { " to " (stamp(group.last_at)) } }
                td.data { (group.first.sequence) " " (group.first.name) " " (group.first.data) }
            }
        }
    };
    html! {
        section aria-labelledby="rejected" {
            h2 id="rejected" { "Rejected messages" }
            @if facts.rejections.is_empty() {
                p { "No message in this time failed a check." }
            } @else {
                (table("By channel, failed check and key", &["Channel", "Messages", "Failed check", "Key", "Received", "First of them"], &html! {
                    @for row in facts.rejections.iter().take(rows) { (group(row)) }
                }))
            }
        }
    }
}

fn findings(facts: &ReportData, rows: usize) -> Markup {
    let row = |FindingRow { id, finding, file, .. }: &FindingRow| {
        let is_this = facts.id == Some(*id);
        html! {
            tr.here[is_this] {
                th scope="row" { (stamp(finding.at)) }
                td.text { (escape(finding.channel.as_bytes())) }
                td { code { (finding.kind.name()) } }
                td.text { (finding.line()) @if is_this { " (this one)" } }
                td.text {
                    @match facts.acknowledged.get(id) {
                        Some(acknowledgement) => (acknowledged(acknowledgement)),
                        None => "no",
                    }
                }
                td.text { (file) }
            }
        }
    };
    html! {
        section aria-labelledby="findings" {
            h2 id="findings" { "Findings" }
            @if facts.findings.is_empty() {
                p { span.text { (facts.file) } " has no finding in this time." }
            } @else {
                @let caption = format!("All findings of this time in {}", facts.file);
                (table(&caption, &["Found", "Channel", "Kind", "Finding", "Acknowledged", "Recording"], &html! {
                    @for finding in facts.findings.iter().take(rows) { (row(finding)) }
                }))
            }
            @if !facts.holes.is_empty() {
                (table("Holes: messages that the recorder did not record, or deleted", &["From", "What"], &html! {
                    @for hole in facts.holes.iter().take(rows.min(MAX_LISTED)) {
                        tr { th scope="row" { (stamp(hole.from_at)) } td.text { (hole_words(hole)) } }
                    }
                }))
            }
            @if !facts.conflicts.is_empty() {
                (table("Conflicts: different bytes under one number", &["Number", "Channel"], &html! {
                    @for (channel, epoch, sequence) in facts.conflicts.iter().take(rows.min(MAX_LISTED)) {
                        tr {
                            th.number scope="row" { "#" (sequence) ", epoch " (epoch) }
                            td.text { (escape(channel.as_bytes())) }
                        }
                    }
                }))
            }
        }
    }
}

/// The link to the server, and the runs of the recorder.
fn links(facts: &ReportData, rows: usize) -> Markup {
    html! {
        section aria-labelledby="link" {
            h2 id="link" { "Connection and recorder" }
            @if facts.links.is_empty() {
                p { span.text { (facts.file) } " has no change of the connection in this time." }
            } @else {
                @let caption = format!("Changes of the connection to the server in {}", facts.file);
                (table(&caption, &["Time", "State", "Recording"], &html! {
                    @for (link, file) in facts.links.iter().take(rows) {
                        tr { th scope="row" { (stamp(link.at)) } td.text { (link_words(link)) } td.text { (file) } }
                    }
                }))
            }
            (table("Runs of recorders", &["Host", "Started", "Ended", "Server", "Profile", "aircheck", "Recording"], &html! {
                @for run in facts.runs.iter().take(rows.min(MAX_LISTED)) {
                    @let session = &run.session;
                    @let (end, at) = run_end(run);
                    tr {
                        th.text scope="row" { (escape(session.host.as_bytes())) }
                        td { (stamp(session.started_at)) }
                        td { (end) " " (stamp(at)) }
                        td.text { (escape(session.target.as_bytes())) }
                        td.text { (escape(session.profile.as_bytes())) }
                        td.text { (escape(session.version.as_bytes())) }
                        td.text { (run.file) }
                    }
                }
            }))
        }
    }
}

/// The profile and the versions.
fn provenance(facts: &ReportData) -> Markup {
    let servers = facts.links.iter().filter_map(|(link, _)| link.server.as_ref());
    let mut servers: Vec<String> = servers
        .map(|server| [&server.version, &server.role, &server.mode].map(|text| escape(text.as_bytes())).join(", "))
        .collect();
    servers.dedup();
    html! {
        section aria-labelledby="origin" {
            h2 id="origin" { "Origin" }
            dl.facts {
                dt { "Recording" } dd.text { (facts.file) }
                @if let Some(out) = &facts.out { dt { "Bundle" } dd.text { (out) } }
                dt { "Report made" } dd { (stamp(facts.made_at)) " by aircheck " span.text { (escape(facts.version.as_bytes())) } }
                dt { "Recording format" } dd { "version " (FORMAT_VERSION) }
                dt { "Server version" }
                dd.text { @if servers.is_empty() { "unknown" } @else { (servers.iter().take(5).map(String::as_str).collect::<Vec<_>>().join("; ")) } }
                dt { "In this report" } dd { (facts.bundled.words()) }
            }
            @if let Some(profile) = &facts.profile {
                (table("The profile when the report was made, without secrets", &["Setting", "Value"], &html! {
                    @for line in profile.lines() {
                        @let (name, value) = line.split_once(": ").unwrap_or((line, ""));
                        tr { th.text scope="row" { (name) } td.text { (value) } }
                    }
                }))
            }
        }
    }
}

/// The data, and what was cut.
fn end(facts: &ReportData, rows: usize, data: &Data) -> Markup {
    let mut cut = words::cut(facts);
    if rows < usize::MAX {
        cut.push(format!("tables: rows after the first {}", number(rows as u64)));
    }
    if data.left_out > 0 {
        cut.push(format!("data: {} more, because of the size limit of 2 MiB", counted(data.left_out, "line")));
    }
    html! {
        section.end aria-labelledby="data" {
            h2 id="data" { "Data" }
            details {
                summary { "Messages, findings and changes of the connection as JSON lines" }
                p {
                    "One object per line, as " code { "aircheck show --format json" } " prints them, but without "
                    code { "payload_base64" } ", which contains signatures."
                }
                pre id="json" tabindex="0" { (PreEscaped(&data.text)) }
            }
        }
        section.end aria-labelledby="cut" {
            h2 id="cut" { "Not in this report" }
            @if cut.is_empty() {
                p { "Nothing was cut." }
            } @else {
                ul { @for line in cut { li.text { (line) } } }
            }
        }
        footer.end { p { "This file is complete: it loads nothing and runs no script." } }
    }
}

/// The JSON lines that fit, escaped for HTML.
struct Data {
    text: String,
    left_out: u64,
}

impl Data {
    fn new(facts: &ReportData, room: usize) -> Self {
        let mut data = Self { text: String::new(), left_out: facts.json_left_out };
        let head = head_line(facts);
        let json = String::from_utf8_lossy(&facts.json);
        for line in std::iter::once(head.as_str()).chain(json.lines()) {
            let line = html_text(line);
            if data.text.len() + line.len() < room {
                data.text.push_str(&line);
                data.text.push('\n');
            } else {
                data.left_out += 1;
            }
        }
        data
    }
}

/// The first line of the data: what the report is about.
fn head_line(facts: &ReportData) -> String {
    let numbers = facts.content.as_ref().map(|content| &content.numbers);
    let mut head = serde_json::json!({
        "type": "report",
        "made_at": time(facts.made_at, 6),
        "version": escape(facts.version.as_bytes()),
        "source": escape(facts.source.as_bytes()),
        "recording": facts.file,
        "from": time(facts.window.from_at, 6),
        "to": time(facts.window.to_at, 6),
        "finding_id": facts.id,
        "channel": facts.window.focus.channel().map(|channel| escape(channel.as_bytes())),
        "sequence_from": numbers.map(|numbers| numbers.range.0),
        "sequence_to": numbers.map(|numbers| numbers.range.1),
        "epoch": numbers.map(|numbers| numbers.epoch),
        "found": facts.content.as_ref().map(|content| content.found),
        "summary": words::summary(facts),
        "cut": words::cut(facts),
    });
    if let Some(gap) = facts.gap() {
        head["missed"] = gap.missed().into();
        head["lost"] = gap.lost().into();
    }
    if let Some(acknowledgement) = facts.id.and_then(|id| facts.acknowledged.get(&id)) {
        head["acknowledged_at"] = time(acknowledgement.at, 6).into();
        head["note"] = escape(acknowledgement.note.as_bytes()).into();
    }
    head.to_string()
}

/// A text for HTML outside of attributes. Quotes stay as they are, because the data consists of them to a large part.
fn html_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A table that scrolls if it is too wide.
fn table(caption: &str, columns: &[&str], rows: &Markup) -> Markup {
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table {
                caption { (caption) }
                thead { tr { @for column in columns { th scope="col" { (column) } } } }
                tbody { (rows) }
            }
        }
    }
}

/// A time, with the day before it in another style.
fn stamp(at: i64) -> Markup {
    let text = time(at, 3);
    let (day, of_day) = text.split_once('T').unwrap_or(("", &text));
    html! { time datetime=(text) { span.day { (day) " " } (of_day.trim_end_matches('Z')) } }
}
