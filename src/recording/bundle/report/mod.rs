//! Formats the facts as Markdown, e.g. for a ticket, and as HTML. In Markdown, untrusted text appears only as code, and cannot
//! end it.

pub(super) mod html;
mod markdown;
mod timeline;
mod words;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use self::markdown::{block, code};
use self::words::{acknowledged, hole_words, link_words, message_line, run_end, time};
use super::focus::NumberRange;
use super::report_data::{Around, Content, FindingRow, MAX_LISTED, MessageRow, RecorderRun, ReportData, reading_words};
use crate::ledger::finding::Finding;
use crate::ledger::interval::Link;
use crate::ledger::sequence::notation::range;
use crate::recording::file::source_words;
use crate::wire::escape::escape;

/// Formats the report as Markdown. It is safe to print.
pub(super) fn report(facts: &ReportData) -> String {
    let mut out = String::new();
    head(&mut out, facts);
    let _ = write!(out, "\n## Timeline\n\nTimes are in UTC. The bars count the messages of all channels.\n\n");
    out.push_str(&block(timeline::timeline(&seconds(facts), events(facts))));
    let lines = |content: &Content| content.found + facts.bundled.maybe + content.absent.len() as u64;
    section(&mut out, content_title(facts), content(facts), facts.content.as_ref().map_or(0, lines));
    messages(&mut out, facts);
    section(&mut out, "Rejected messages", rejections(facts), 0);
    let of = |title: &str| format!("{title} of {}", code(&facts.file));
    let has_several = facts.links.iter().any(|(_, file)| *file != facts.file);
    section(&mut out, &of("Findings"), findings(facts), facts.bundled.findings);
    section(
        &mut out,
        &of("Changes of the connection"),
        facts.links.iter().map(|row| link(row, has_several)).collect(),
        facts.links_total as u64,
    );
    section(&mut out, "Counter", readings(facts), 0);
    section(&mut out, "Holes: messages that the recorder did not record, or deleted", holes(facts), 0);
    section(&mut out, "Conflicts: different bytes under one number", conflicts(facts), facts.conflicts.len() as u64);
    section(&mut out, "Runs of recorders", runs(facts), 0);
    if let Some(profile) = &facts.profile {
        out.push_str("\n## Profile\n\nAs it was when this was bundled, without secrets.\n\n");
        out.push_str(&block(profile.lines().map(str::to_owned)));
    }
    out
}

fn head(out: &mut String, facts: &ReportData) {
    let (channel, what) = words::title(facts);
    let _ = write!(out, "# {}: {}\n\n", code(&channel), code(&what));
    // Lines of one block. A text can be long, and only code is safe.
    for paragraph in words::summary(facts).iter().filter(|paragraph| !paragraph.is_empty()) {
        let _ = writeln!(out, "- {}", code(paragraph));
    }
    let mut item = |name: &str, value: &str| {
        let _ = writeln!(out, "- {name}: {value}");
    };
    if let Some(advice) = words::advice(facts) {
        item("What to do", &code(&advice));
    }
    if let Some(finding) = facts.finding() {
        let id = facts.id.map(|id| format!(" id:{id}")).unwrap_or_default();
        item("Finding", &code(&format!("{}{id}", finding.kind.name())));
    }
    if let Some(content) = &facts.content {
        let NumberRange { epoch, range: (from, to), .. } = content.numbers;
        let of_report = range(from, to);
        let of_gap = facts.gap().map_or_else(|| of_report.clone(), Finding::range);
        item("Sequence numbers", &code(&format!("{of_gap}, counter epoch {epoch}")));
        if facts.is_wider_than_gap() {
            item("Numbers in this report", &code(&of_report));
        }
    }
    if let Some(finding) = facts.finding() {
        item("Began", &code(&time(finding.began_at(), 6)));
        item("Found", &code(&time(finding.at, 6)));
        item("What it means", &code(&finding.meaning()));
    }
    for searched in &facts.searched {
        item("Searched", &code(&format!("{}: {}", searched.file, words::searched_words(searched))));
    }
    item("Server", &code(&source_words(&facts.source)));
    let bundled = &facts.bundled;
    let cut = match bundled.is_cut {
        [false, false] => "",
        [true, false] => "; there was more before than a bundle takes",
        [false, true] => "; there was more after than a bundle takes",
        [true, true] => "; there was more before and after than a bundle takes",
    };
    let (from, to) = (time(facts.window.from_at, 3), time(facts.window.to_at, 3));
    item("In this report", &format!("{}, from {} to {}{cut}", bundled.words(), code(&from), code(&to)));
    item("Bundled from", &format!("{} by aircheck {}", code(&facts.file), code(&escape(facts.version.as_bytes()))));
    if let Some(out) = &facts.out {
        let around = facts.id.map_or_else(String::new, |id| format!(" --around id:{id}"));
        item("To look at it", &code(&format!("aircheck replay {out}{around}")));
    }
    if let Some(acknowledgement) = facts.id.and_then(|id| facts.acknowledged.get(&id)) {
        item("Acknowledged", &code(&acknowledged(acknowledgement)));
    }
    for note in &facts.notes {
        item("Note", &code(&escape(note.as_bytes())));
    }
}

/// All messages and the rejected ones, by second.
fn seconds(facts: &ReportData) -> BTreeMap<i64, (u64, u64)> {
    facts.seconds.iter().map(|(second, count)| (*second, (count.messages + count.of_gap, count.rejected))).collect()
}

/// The events of the timeline.
fn events(facts: &ReportData) -> Vec<(i64, String)> {
    let asked = facts.window.from_at..=facts.window.to_at;
    let findings = facts.findings.iter().map(|FindingRow { id, finding, .. }| {
        let mark = if Some(*id) == facts.id { "◀ this one" } else { "" };
        let channel = escape(finding.channel.as_bytes());
        (finding.at, format!("{channel}: {} {mark}", finding.line()).trim_end().to_owned())
    });
    let links = facts.links.iter().map(|(link, _)| (link.at, link_words(link)));
    let holes = facts.holes.iter().map(|hole| (hole.from_at, hole_words(hole)));
    findings.chain(links).chain(holes).filter(|(at, _)| asked.contains(at)).collect()
}

fn content_title(facts: &ReportData) -> &'static str {
    if facts.gap().is_some() && !facts.is_wider_than_gap() {
        "The missed messages"
    } else {
        "The messages with these numbers"
    }
}

/// The messages of the gap, and the ranges that no recording has.
fn content(facts: &ReportData) -> Vec<String> {
    let Some(content) = facts.content.as_ref().filter(|content| !content.rows.is_empty()) else { return Vec::new() };
    let row = |row: &MessageRow| format!("{} {}  ({})", time(row.at, 6), message_line(row), row.file);
    let place = words::absent_words(facts);
    let absent = content.absent.iter().map(|(from, to)| format!("{} {place}", range(*from, *to)));
    content.rows.iter().map(row).chain(absent).collect()
}

fn messages(out: &mut String, facts: &ReportData) {
    let (channel, _) = words::title(facts);
    let line = |row: &MessageRow| format!("{} {}", time(row.at, 6), message_line(row));
    let Around { before, between, after } = &facts.messages;
    let (at, what) = words::here(facts);
    let here = at.map_or_else(|| format!("── {what}"), |at| format!("{} ── {what}", time(at, 6)));
    let end = words::end_of_place(facts).map(|end| format!("── {end}"));
    let inside = between.iter().map(line).chain(end);
    let lines = before.iter().map(line).chain([here]).chain(inside).chain(after.iter().map(line));
    let _ = write!(out, "\n## Before and after: messages of {}\n\n{}", code(&channel), block(lines));
}

/// Appends a section of code lines, unless there are none. `total` is larger than the number of lines if not all are listed.
fn section(out: &mut String, title: &str, lines: Vec<String>, total: u64) {
    if lines.is_empty() {
        return;
    }
    let more = total.saturating_sub(lines.len() as u64);
    let more = (more > 0).then(|| format!("and {more} more: they are in the bundle"));
    let _ = write!(out, "\n## {title}\n\n{}", block(lines.into_iter().chain(more)));
}

fn rejections(facts: &ReportData) -> Vec<String> {
    let line = |group: &super::report_data::RejectionGroup| {
        let key = if group.key.is_empty() { String::new() } else { format!(", key {}", group.key) };
        let (first, last) = (time(group.first.at, 6), time(group.last_at, 6));
        let channel = escape(group.channel.as_bytes());
        let (name, summary) = (group.rejection.name(), group.rejection.summary());
        format!("{} × {channel} {name}{key}, from {first} to {last}: {summary}", group.count)
    };
    facts.rejections.iter().map(line).collect()
}

fn findings(facts: &ReportData) -> Vec<String> {
    let line = |FindingRow { id, finding, .. }: &FindingRow| {
        let channel = escape(finding.channel.as_bytes());
        let mut line = format!("{} id:{id} {} {channel}: {}", time(finding.at, 6), finding.kind.name(), finding.line());
        if let Some(acknowledgement) = facts.acknowledged.get(id) {
            let _ = write!(line, "  ✓ acknowledged {}", acknowledged(acknowledgement));
        }
        line
    };
    facts.findings.iter().map(line).collect()
}

/// A change of the connection. `has_several`: those of several recorders are listed, so it needs the name of its recording.
fn link((link, file): &(Link, String), has_several: bool) -> String {
    let of = if has_several { format!("  ({file})") } else { String::new() };
    format!("{} {}{of}", time(link.at, 6), link_words(link))
}

fn readings(facts: &ReportData) -> Vec<String> {
    let Around { before, between, after } = &facts.readings;
    let rows = before.iter().chain(between).chain(after);
    rows.map(|row| format!("{} {}", time(row.at, 6), reading_words(&row.reading))).collect()
}

fn holes(facts: &ReportData) -> Vec<String> {
    facts.holes.iter().map(|hole| format!("{} {}", time(hole.from_at, 6), hole_words(hole))).collect()
}

fn conflicts(facts: &ReportData) -> Vec<String> {
    let line = |(channel, epoch, number): &(crate::ledger::sequence::Channel, i64, u64)| {
        format!("{} #{number}, epoch {epoch}", escape(channel.as_bytes()))
    };
    facts.conflicts.iter().take(MAX_LISTED).map(line).collect()
}

fn runs(facts: &ReportData) -> Vec<String> {
    let line = |run: &RecorderRun| {
        let RecorderRun { session, file, .. } = run;
        let [host, version, target, profile] =
            [&session.host, &session.version, &session.target, &session.profile].map(|text| escape(text.as_bytes()));
        let profile = if profile.is_empty() { "no profile".to_owned() } else { format!("profile {profile}") };
        let (end, at) = run_end(run);
        let (from, at) = (time(session.started_at, 6), time(at, 6));
        format!("{file}: {host}, aircheck {version}, {target}, {profile}, started at {from}, {end} {at}")
    };
    facts.runs.iter().map(line).collect()
}
