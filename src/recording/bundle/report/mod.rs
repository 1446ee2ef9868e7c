//! Formats the facts as Markdown, e.g. for a ticket. Untrusted text appears only as code, and cannot end it.

mod markdown;
mod timeline;

use std::fmt::Write as _;

use jiff::Timestamp;

use self::markdown::{block, code};
use super::facts::{Facts, MAX_LISTED};
use crate::ledger::finding::Acknowledgement;
use crate::ledger::format::counted;
use crate::ledger::interval::Link;
use crate::ledger::sequence::notation::range;
use crate::recording::reader::Hole;
use crate::wire::escape::escape;

/// Formats the report. It is safe to print.
pub(super) fn report(facts: &Facts) -> String {
    let mut out = String::new();
    head(&mut out, facts);
    let _ = write!(out, "\n## Timeline\n\nTimes are in UTC. The bars count the messages of all channels.\n\n");
    out.push_str(&block(timeline::timeline(&facts.seconds, events(facts))));
    messages(&mut out, facts);
    section(&mut out, "Findings", findings(facts), facts.bundled.findings);
    section(&mut out, "Link", facts.links.iter().map(link).collect(), facts.links_total as u64);
    section(&mut out, "Counter", readings(facts), 0);
    section(&mut out, "Holes: messages that the recorder did not record", holes(facts), 0);
    section(&mut out, "Conflicts: different bytes under one number", conflicts(facts), facts.conflicts.len() as u64);
    section(&mut out, "Recorded by", sessions(facts), 0);
    if let Some(profile) = &facts.profile {
        out.push_str("\n## Profile\n\nAs it was when this was bundled, without secrets.\n\n");
        out.push_str(&block(profile.lines().map(str::to_owned)));
    }
    out
}

fn head(out: &mut String, facts: &Facts) {
    let finding = &facts.finding;
    let channel = code(&escape(finding.channel.as_bytes()));
    let _ = write!(out, "# {channel}: {}\n\n", code(&finding.line()));
    let mut item = |name: &str, value: &str| {
        let _ = writeln!(out, "- {name}: {value}");
    };
    item("Finding", &code(&format!("{} id:{}", finding.kind.name(), facts.id)));
    if let (Some(from), Some(to)) = (finding.sequence_from, finding.sequence_to) {
        item("Numbers", &code(&format!("{}, epoch {}", range(from, to), facts.epoch)));
    }
    item("Found", &code(&time(finding.at, 6)));
    item("What it means", &code(&finding.explain()));
    item("Server", &code(&escape(facts.source.as_bytes())));
    let bundled = &facts.bundled;
    let cut = match bundled.is_cut {
        [false, false] => "",
        [true, false] => "; there was more before than a bundle takes",
        [false, true] => "; there was more after than a bundle takes",
        [true, true] => "; there was more before and after than a bundle takes",
    };
    let (from, to) = (time(facts.window.from_at, 3), time(facts.window.to_at, 3));
    item("In this bundle", &format!("{}, from {} to {}{cut}", bundled.words(), code(&from), code(&to)));
    item("Bundled from", &format!("{} by aircheck {}", code(&facts.file), code(&escape(facts.version.as_bytes()))));
    item("To look at it", &code(&format!("aircheck replay {} --around id:{}", facts.out, facts.id)));
    if let Some(acknowledgement) = facts.acknowledged.get(&facts.id) {
        item("Acknowledged", &code(&acknowledged(acknowledgement)));
    }
    for note in &facts.notes {
        item("Note", &code(&escape(note.as_bytes())));
    }
}

/// The events of the timeline.
fn events(facts: &Facts) -> Vec<(i64, String)> {
    let asked = facts.window.from_at..=facts.window.to_at;
    let findings = facts.findings.iter().map(|(id, finding)| {
        let mark = if *id == facts.id { "◀ this one" } else { "" };
        let channel = escape(finding.channel.as_bytes());
        (finding.at, format!("{channel}: {} {mark}", finding.line()).trim_end().to_owned())
    });
    let links = facts.links.iter().map(|link| (link.at, link_words(link)));
    let holes = facts.holes.iter().map(|hole| (hole.from_at, hole_words(hole)));
    findings.chain(links).chain(holes).filter(|(at, _)| asked.contains(at)).collect()
}

fn messages(out: &mut String, facts: &Facts) {
    let channel = code(&escape(facts.finding.channel.as_bytes()));
    let line = |(at, line): &(i64, String)| format!("{} {line}", time(*at, 6));
    let finding = format!("{} ── {}", time(facts.finding.at, 6), facts.finding.line());
    let lines = facts.messages.before.iter().map(line).chain([finding]).chain(facts.messages.after.iter().map(line));
    let _ = write!(out, "\n## Messages of {channel} next to it\n\n{}", block(lines));
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

fn findings(facts: &Facts) -> Vec<String> {
    let line = |(id, finding): &(i64, crate::ledger::finding::Finding)| {
        let channel = escape(finding.channel.as_bytes());
        let mut line = format!("{} id:{id} {} {channel}: {}", time(finding.at, 6), finding.kind.name(), finding.line());
        if let Some(acknowledgement) = facts.acknowledged.get(id) {
            let _ = write!(line, "  ✓ acknowledged {}", acknowledged(acknowledgement));
        }
        line
    };
    facts.findings.iter().map(line).collect()
}

/// The time and the note of an acknowledgement.
fn acknowledged(Acknowledgement { at, note }: &Acknowledgement) -> String {
    format!("{} {}", time(*at, 0), escape(note.as_bytes())).trim_end().to_owned()
}

fn link(link: &Link) -> String {
    format!("{} {}", time(link.at, 6), link_words(link))
}

fn link_words(link: &Link) -> String {
    let mut words = link.state.name().to_owned();
    if let Some(channel) = &link.channel {
        let _ = write!(words, " {}", escape(channel.as_bytes()));
    }
    if let Some(server) = &link.server {
        let all = [&server.version, &server.role, &server.mode].map(|text| escape(text.as_bytes()));
        let _ = write!(words, " ({})", all.join(", "));
    }
    if let Some(reason) = &link.reason {
        let _ = write!(words, ": {}", escape(reason.as_bytes()));
    }
    words
}

fn readings(facts: &Facts) -> Vec<String> {
    let line = |(at, line): &(i64, String)| format!("{} {line}", time(*at, 6));
    facts.readings.before.iter().map(line).chain(facts.readings.after.iter().map(line)).collect()
}

fn holes(facts: &Facts) -> Vec<String> {
    facts.holes.iter().map(|hole| format!("{} {}", time(hole.from_at, 6), hole_words(hole))).collect()
}

fn hole_words(hole: &Hole) -> String {
    let many = match hole.messages {
        Some(messages) => format!("{} not recorded", counted(messages, "message")),
        None => "not recording".to_owned(),
    };
    let mut words = format!("{many} until {}: {}", time(hole.to_at, 6), escape(hole.reason.as_bytes()));
    for lost in hole.ranges.iter().take(MAX_LISTED) {
        let channel = escape(lost.channel.as_bytes());
        let _ = match lost.numbers {
            Some((from, to)) => write!(words, "; {channel} {}", range(from, to)),
            None => write!(words, "; {} of {channel} without a number", lost.messages),
        };
    }
    words
}

fn conflicts(facts: &Facts) -> Vec<String> {
    let line = |(channel, epoch, number): &(crate::ledger::sequence::Channel, i64, u64)| {
        format!("{} #{number}, epoch {epoch}", escape(channel.as_bytes()))
    };
    facts.conflicts.iter().take(MAX_LISTED).map(line).collect()
}

fn sessions(facts: &Facts) -> Vec<String> {
    let session = |session: &crate::recording::reader::RecordingSession| {
        let [host, version, target, profile] =
            [&session.host, &session.version, &session.target, &session.profile].map(|text| escape(text.as_bytes()));
        let profile = if profile.is_empty() { "no profile".to_owned() } else { format!("profile {profile}") };
        let end = match session.ended_at {
            Some(at) if session.is_clean => format!("until {}", time(at, 0)),
            Some(at) => format!("until {}, when it was killed", time(at, 0)),
            None => format!("in progress, last written {}", time(session.last_at, 0)),
        };
        format!("{host}, aircheck {version}, {target}, {profile}, from {} {end}", time(session.started_at, 0))
    };
    facts.sessions.iter().map(session).collect()
}

/// A time in microseconds since the epoch as RFC 3339 in UTC, with this many digits after the seconds.
fn time(at: i64, digits: usize) -> String {
    Timestamp::from_microsecond(at).map(|at| format!("{at:.digits$}")).unwrap_or_default()
}
