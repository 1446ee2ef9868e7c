//! Texts that both reports contain. All of them are escaped.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::ledger::finding::{Acknowledgement, Finding};
use crate::ledger::format::{counted, number};
use crate::ledger::interval::Link;
use crate::ledger::sequence::notation::{range, ranges};
use crate::recording::bundle::focus::NumberRange;
use crate::recording::bundle::report_data::{Content, FindingRow, MAX_LISTED, MessageRow, RecorderRun, ReportData};
use crate::recording::bundle::supply::{SearchResult, Searched};
use crate::recording::reader::Hole;
use crate::wire::escape::escape;
use crate::wire::verdict::Verdict;

/// The times of a shorter span are shown with milliseconds.
const SHORT_MICROS: i64 = 10_000_000;

/// The title: the channel, and what the bundle is about.
pub(super) fn title(facts: &ReportData) -> (String, String) {
    let focus = &facts.window.focus;
    let channel = focus.channel().map(|channel| escape(channel.as_bytes()));
    let what = match (&focus.finding, &focus.numbers) {
        (Some(finding), Some(numbers)) if facts.is_wider_than_gap() => {
            let numbers = range(numbers.range.0, numbers.range.1);
            format!("{numbers} · {} {} ({})", facts.found_in, missed_words(finding), finding.range())
        }
        (Some(finding), _) => separated(finding),
        (None, Some(numbers)) => range(numbers.range.0, numbers.range.1),
        (None, None) => time(focus.from, 0),
    };
    (channel.unwrap_or_else(|| "all channels".to_owned()), what)
}

/// The line in place of the messages of the place, and its time. A report about more than a gap lists them above.
pub(super) fn here(facts: &ReportData) -> (Option<i64>, String) {
    match &facts.content {
        Some(content) if facts.is_wider_than_gap() => {
            let above = if content.rows.is_empty() { "" } else { ": the messages above" };
            (None, format!("{}{above}", range(content.numbers.range.0, content.numbers.range.1)))
        }
        Some(_) | None => (Some(facts.window.focus.to), title(facts).1),
    }
}

/// What happened, why, and what is known of the content: one paragraph each.
pub(super) fn summary(facts: &ReportData) -> [String; 3] {
    let focus = &facts.window.focus;
    let rest = facts.content.as_ref().map(|content| content_words(facts, content));
    match (facts.gap(), facts.finding()) {
        (Some(gap), _) => {
            let asked = asked_words(facts, gap);
            let gap_words = match &asked {
                Some(_) => recorder_words(facts, gap),
                None => gap_words(gap, focus.from),
            };
            let what = [asked, Some(gap_words), other_gaps(facts)];
            let what = what.into_iter().flatten().collect::<Vec<_>>().join(" ");
            [what, cause_words(facts, gap), rest.unwrap_or_default()]
        }
        (None, Some(finding)) => {
            let reference = finding.kind.reference();
            let channel = escape(finding.channel.as_bytes());
            [
                format!("On {channel}, this was found at {}: {}.", time(finding.at, 0), separated(finding)),
                first_sentence(reference.cause).to_owned(),
                first_sentence(reference.consequence).to_owned(),
            ]
        }
        (None, None) => {
            let span = between_times(focus.from, focus.to);
            let what = match &focus.numbers {
                Some(numbers) => {
                    let about = about_words(numbers);
                    match (numbers.count(), facts.bundled.found) {
                        (1, _) => format!("{about}, which was received {span}."),
                        (all, Some((found, _))) if found == all && !facts.has_others => {
                            format!("{about}, which were received {span}.")
                        }
                        _ => format!("{about}. Those in {} were received {span}.", facts.file),
                    }
                }
                None => format!("This report is about {}. It has {}.", time(focus.from, 0), facts.bundled.words()),
            };
            let rejected: u64 =
                facts.rejections.iter().map(|group| group.count).sum::<u64>() + facts.rejections_left_out;
            let verified = match rejected {
                0 => "No message was rejected".to_owned(),
                _ => format!("{} rejected", were(rejected, "message")),
            };
            let (of, others) = if facts.has_others {
                (format!(" in {}", facts.file), "; this report does not contain the findings of the other recordings")
            } else {
                (String::new(), "")
            };
            let why = match facts.findings.iter().filter(|row| row.finding.kind.is_gap()).count() {
                0 => format!("No gap was found in this time{of}{others}."),
                gaps => {
                    let is_elsewhere = focus.numbers.is_some() && other_gaps(facts).is_none();
                    let elsewhere = if is_elsewhere { ", but none in these numbers" } else { "" };
                    format!("{} found in this time{of}{elsewhere}{others}.", were(gaps as u64, "gap"))
                }
            };
            [what, why, rest.unwrap_or(format!("{verified} in this time{of}."))]
        }
    }
}

/// `This report is about the 30 broadcasts #61–90 of orders`.
fn about_words(numbers: &NumberRange) -> String {
    let all = match numbers.count() {
        1 => "broadcast".to_owned(),
        all => counted(all, "broadcast"),
    };
    let channel = escape(numbers.channel.as_bytes());
    format!("This report is about the {all} {} of {channel}", range(numbers.range.0, numbers.range.1))
}

/// Which numbers the report is about. None if they are those of the gap.
fn asked_words(facts: &ReportData, gap: &Finding) -> Option<String> {
    let (asked, numbers) = facts.asked.zip(facts.content.as_ref().map(|content| &content.numbers))?;
    let about = about_words(numbers);
    if Some(asked) == gap.sequence_from.zip(gap.sequence_to) {
        return None;
    }
    Some(if asked == numbers.range {
        format!("{about}.")
    } else {
        format!("{about}: {}, which you asked for, and the rest of the gap.", range(asked.0, asked.1))
    })
}

/// The other gaps that have some of the numbers.
fn other_gaps(facts: &ReportData) -> Option<String> {
    let numbers = &facts.content.as_ref()?.numbers;
    let of = |FindingRow { id, epoch, finding, .. }: &FindingRow| {
        let (from, to) = finding.sequence_from.zip(finding.sequence_to)?;
        let is_other = Some(*id) != facts.id && finding.kind.is_gap();
        let is_same_counter = (&finding.channel, *epoch) == (&numbers.channel, numbers.epoch);
        (is_other && is_same_counter && from <= numbers.range.1 && to >= numbers.range.0).then_some((from, to))
    };
    let others: Vec<_> = facts.findings.iter().filter_map(of).collect();
    match others.len() {
        0 => None,
        1 => Some(format!("1 other gap has some of these numbers: {}.", ranges(&others))),
        count => Some(format!("{count} other gaps have some of these numbers: {}.", ranges(&others))),
    }
}

/// `missed 6`, without the recorder that missed them.
fn missed_words(gap: &Finding) -> String {
    let at_least = if gap.cause.lower_bound() == Some(true) { "≥" } else { "" };
    match (gap.missed(), gap.lost().filter(|lost| *lost > 0)) {
        (None, _) => "missed ?".to_owned(),
        (Some(0), Some(lost)) => format!("lost {at_least}{lost}"),
        (Some(missed), Some(lost)) => format!("missed {at_least}{missed}, lost {lost}"),
        (Some(missed), None) => format!("missed {at_least}{missed}"),
    }
}

/// Which of the numbers in the report were missed, and by which recorder.
fn recorder_words(facts: &ReportData, gap: &Finding) -> String {
    let at_least = if gap.cause.lower_bound() == Some(true) { "at least " } else { "" };
    let (file, when, range) = (&facts.found_in, gap_time(gap, facts.window.focus.from), gap.range());
    let missed = match (gap.missed(), gap.lost().unwrap_or(0)) {
        (None, _) => "missed an unknown number of them".to_owned(),
        (Some(0), lost) if lost > 0 => {
            format!("received {at_least}{} of them, but lost what it received", number(lost))
        }
        (Some(missed), _) => format!("missed {at_least}{} of them", number(missed)),
    };
    match lost_words(gap) {
        lost if lost.is_empty() => format!("The recorder of {file} {missed} ({range}) {when}."),
        // The range has both.
        lost => format!("The recorder of {file} {missed} {when}{lost} ({range})."),
    }
}

/// When a gap began and was found.
fn gap_time(gap: &Finding, from: i64) -> String {
    if from < gap.at { between_times(from, gap.at) } else { format!("by {}", time(gap.at, 0)) }
}

/// How many messages were lost in addition to the missed ones. Empty if none were.
fn lost_words(gap: &Finding) -> String {
    match gap.lost().filter(|_| gap.missed() != Some(0)).unwrap_or(0) {
        0 => String::new(),
        1 => ", and 1 more was received but lost with the recorder".to_owned(),
        lost => format!(", and {} more were received but lost with the recorder", number(lost)),
    }
}

fn gap_words(gap: &Finding, from: i64) -> String {
    let at_least = if gap.cause.lower_bound() == Some(true) { "at least " } else { "" };
    let of = format!("On {}", escape(gap.channel.as_bytes()));
    let (range, when) = (gap.range(), gap_time(gap, from));
    let lost = gap.lost().unwrap_or(0);
    let missed = match gap.missed() {
        None => "an unknown number of broadcasts was missed".to_owned(),
        Some(0) if lost > 0 => {
            let lost = were(lost, "broadcast");
            return format!("{of}, {at_least}{lost} received but lost with the recorder {when} ({range}).");
        }
        Some(missed) => format!("{at_least}{} missed", were(missed, "broadcast")),
    };
    format!("{of}, {missed} {when}{} ({range}).", lost_words(gap))
}

/// Why the messages were missed, in one sentence. Names the recording if there are several.
fn cause_words(facts: &ReportData, gap: &Finding) -> String {
    let is_one_of_several = facts.runs.iter().any(|run| run.file != facts.found_in);
    gap.cause_sentence(is_one_of_several.then_some(&facts.found_in))
}

/// What is known of the messages, in one sentence.
fn content_words(facts: &ReportData, content: &Content) -> String {
    let all = content.numbers.count();
    let from = suppliers(facts, content);
    let from = if from.is_empty() { String::new() } else { format!(" in {}", from.join(", ")) };
    let doubt = if is_proven(facts) { "" } else { ", but it is not proven that the counter is the same" };
    let maybe = facts.bundled.maybe;
    let rest = if is_complete(facts) {
        let maybe = match maybe {
            0 => String::new(),
            _ => format!("; {} without an exact number may have these numbers", counted(maybe, "message")),
        };
        format!("the rest is unknown: {}{maybe}", ranges(&content.absent))
    } else {
        "the rest did not fit".to_owned()
    };
    let words = match content.found {
        0 if maybe > 0 => {
            let they = if maybe == 1 { "It is" } else { "They are" };
            format!(
                "The content may be {} without an exact number{from}{doubt}. {they} in this report.",
                counted(maybe, "message")
            )
        }
        0 if facts.searched.is_empty() => {
            "The content is unknown: this report is made from one recording, and that recording does not have it."
                .to_owned()
        }
        0 if facts.searched.len() == 1 => "The other recording that was searched does not have the content.".to_owned(),
        0 => format!("None of the {} other recordings that were searched has the content.", facts.searched.len()),
        found if found == all && all == 1 => format!("Its content was found{from}{doubt}, and is in this report."),
        found if found == all => {
            format!("The content of all {} was found{from}{doubt}, and is in this report.", number(all))
        }
        found => format!(
            "The content of {} of {} was found{from}{doubt}, and is in this report; {rest}.",
            number(found),
            number(all)
        ),
    };
    match rejected_words(content) {
        Some(_) if content.found == 1 => format!("{words} It was rejected."),
        Some(rejected) => format!("{words} {rejected}."),
        None => words,
    }
}

/// `1 of these messages was rejected: #81`. None if none was.
pub(super) fn rejected_words(content: &Content) -> Option<String> {
    let (count, rejected) = (content.rejected_count(), ranges(&content.rejected));
    match count {
        0 => None,
        1 => Some(format!("1 of these messages was rejected: {rejected}")),
        count => Some(format!("{} of these messages were rejected: {rejected}", number(count))),
    }
}

/// Whether all recordings that supply messages are known to have the same counter.
fn is_proven(facts: &ReportData) -> bool {
    facts.searched.iter().all(|searched| match &searched.result {
        SearchResult::Supplies(supplies) => supplies.is_proven(),
        SearchResult::NothingMore | SearchResult::Skipped(_) => true,
    })
}

/// Whether the bundle has everything that was found.
fn is_complete(facts: &ReportData) -> bool {
    facts.not_supplied == 0 && !facts.window.is_cut[1]
}

/// Where the messages are that the report lacks.
pub(super) fn absent_words(facts: &ReportData) -> &'static str {
    if !is_complete(facts) {
        "not in this report"
    } else if facts.content.as_ref().is_some_and(|content| content.maybe > 0) {
        "unknown: some messages have no exact number"
    } else {
        "in no recording that was searched"
    }
}

/// The line after messages without a number that were received between those of the place. None if there are none.
pub(super) fn end_of_place(facts: &ReportData) -> Option<String> {
    let (from, to) = facts.content.as_ref()?.numbers.range;
    (!facts.messages.between.is_empty()).then(|| format!("end of {}", range(from, to)))
}

/// The recordings that have messages of the gap, escaped. If none has an exact number: those with the other messages.
fn suppliers(facts: &ReportData, content: &Content) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    let is_any = content.found == 0;
    let searched = facts.searched.iter().filter(|searched| match &searched.result {
        SearchResult::Supplies(supplies) => is_any || !supplies.answer.found.is_empty(),
        SearchResult::NothingMore | SearchResult::Skipped(_) => false,
    });
    let rows = content.rows.iter().filter(|row| is_any || row.sequence.number().is_some());
    for file in rows.map(|row| &row.file).chain(searched.map(|searched| &searched.file)) {
        if !files.contains(file) {
            files.push(file.clone());
        }
    }
    files
}

/// What a searched recording has.
pub(super) fn searched_words(searched: &Searched) -> String {
    match &searched.result {
        SearchResult::Supplies(supplies) => {
            let answer = &supplies.answer;
            let mut parts: Vec<String> =
                answer.found.iter().take(MAX_LISTED).map(|(from, to)| range(*from, *to)).collect();
            if answer.found.len() > MAX_LISTED {
                parts.push("…".to_owned());
            }
            if answer.maybe > 0 {
                parts.push(format!("{} without an exact number", counted(answer.maybe, "message")));
            }
            let doubt = if supplies.is_proven() {
                ""
            } else {
                "; no message next to the gap is in both recordings, so it is not proven that the counter is the same"
            };
            format!("{}{doubt}", parts.join(", "))
        }
        SearchResult::NothingMore => "nothing more".to_owned(),
        SearchResult::Skipped(why) => format!("not used: {why}"),
    }
}

/// What to do next.
pub(super) fn advice(facts: &ReportData) -> Option<String> {
    let finding = facts.finding()?;
    let advice = finding.kind.reference().advice;
    let Some(content) = facts.content.as_ref().filter(|_| finding.kind.is_while_absent()) else {
        return Some(advice.to_owned());
    };
    Some(if !is_proven(facts) {
        "Check that the recordings are of the same server and counter: no message next to the gap is in both."
            .to_owned()
    } else if content.found >= content.numbers.count() && content.rejected_count() > 0 {
        "No number is missing any more, but rejected messages are among them: see which check failed. Decide for each other \
         message below whether the listener still needs it."
            .to_owned()
    } else if content.found >= content.numbers.count() {
        "Nothing is missing any more: decide for each message below whether the listener still needs it.".to_owned()
    } else if facts.searched.is_empty() && content.found == 0 {
        "Name other recordings of this server, or a directory of them, after this one in aircheck bundle; or ask the publisher \
         to send the messages again."
            .to_owned()
    } else if facts.bundled.maybe > 0 {
        "Compare the messages without an exact number below with what the listener has: they may be the missed ones. Ask the \
         publisher only for the others."
            .to_owned()
    } else {
        "Ask the publisher to send the messages again that are in no recording.".to_owned()
    })
}

/// What the report lacks.
pub(super) fn cut(facts: &ReportData) -> Vec<String> {
    let mut cut = Vec::new();
    let [before, after] = facts.window.is_cut;
    let limit = "20 000 rows or 64 MiB";
    for (is_cut, side) in [(before, "before"), (after, "after")] {
        if is_cut {
            cut.push(format!("the time {side} the place: the recording has more than {limit} there"));
        }
    }
    let mut lacks = |what: &str, lacking: u64| {
        if lacking > 0 {
            cut.push(format!("{what}: {} more", number(lacking)));
        }
    };
    lacks(
        "messages of the gap in other recordings, because one recording supplies at most 10 000 messages or 16 MiB",
        facts.not_supplied,
    );
    if let Some(content) = &facts.content {
        let all = content.found + facts.bundled.maybe;
        lacks("messages of the gap in the table", all.saturating_sub(content.rows.len() as u64));
    }
    lacks("findings", facts.bundled.findings.saturating_sub(facts.findings.len() as u64));
    lacks("link changes", (facts.links_total - facts.links.len()) as u64);
    lacks("rejected messages", facts.rejections_left_out);
    lacks("conflicts", (facts.conflicts.len() as u64).saturating_sub(MAX_LISTED as u64));
    if !facts.searched.is_empty() {
        let only = "only their messages with these numbers were searched";
        cut.push(format!("findings and changes of the connection in the other recordings: {only}"));
    }
    cut
}

/// `verified`, or the failed check in words.
pub(super) fn verdict_words(verdict: Verdict) -> String {
    match verdict {
        Verdict::Rejected(rejection) => format!("rejected: {}", rejection.name()),
        Verdict::Verified | Verdict::Unsigned => verdict.name().to_owned(),
    }
}

/// Formats a message without its signature: `#1041 price-update verified {"sku":"A"}`.
pub(super) fn message_line(row: &MessageRow) -> String {
    let MessageRow { sequence, name, data, .. } = row;
    format!("{sequence} {name} {} {data}", verdict_words(row.verdict)).trim_end().to_owned()
}

/// The time and the note of an acknowledgement.
pub(super) fn acknowledged(Acknowledgement { at, note }: &Acknowledgement) -> String {
    format!("{} {}", time(*at, 0), escape(note.as_bytes())).trim_end().to_owned()
}

pub(super) fn link_words(link: &Link) -> String {
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

pub(super) fn hole_words(hole: &Hole) -> String {
    let many = hole.words().unwrap_or_else(|| "not recording".to_owned());
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

/// How a run of a recorder ended, as far as the recording shows it: words, followed by a time.
pub(super) fn run_end(RecorderRun { session, is_running, .. }: &RecorderRun) -> (&'static str, i64) {
    match session.ended_at {
        Some(at) if session.is_clean => ("stopped at", at),
        Some(at) => ("killed or crashed; last write", at),
        None if *is_running => ("still running when this report was made; last write", session.last_at),
        // A copy of a recording does not show whether its recorder is still running.
        None => ("still running, killed or crashed; last write", session.last_at),
    }
}

/// A time in microseconds since the epoch as RFC 3339 in UTC, with this many digits after the seconds.
pub(super) fn time(at: i64, digits: usize) -> String {
    Timestamp::from_microsecond(at).map(|at| format!("{at:.digits$}")).unwrap_or_default()
}

/// `between 10:35:00 and 10:35:42 UTC on 2026-11-24`. With milliseconds if it is short.
fn between_times(from: i64, to: i64) -> String {
    let digits = if to.saturating_sub(from) < SHORT_MICROS { 3 } else { 0 };
    let (from, to) = (time(from, digits), time(to, digits));
    if let (true, Some((day, at))) = (from == to, from.split_once('T')) {
        return format!("at {} UTC on {day}", at.trim_end_matches('Z'));
    }
    match (from.split_once('T'), to.split_once('T')) {
        (Some((day, from)), Some((other, to))) if day == other => {
            let [from, to] = [from, to].map(|time| time.trim_end_matches('Z'));
            format!("between {from} and {to} UTC on {day}")
        }
        _ => format!("between {from} and {to}"),
    }
}

/// `1 message was`, `2 messages were`.
fn were(count: u64, noun: &str) -> String {
    format!("{} {}", counted(count, noun), if count == 1 { "was" } else { "were" })
}

/// The finding in one short line. HTML would show the spaces between its parts as one.
fn separated(finding: &Finding) -> String {
    finding.line().replace("  ", " · ")
}

fn first_sentence(text: &str) -> &str {
    text.find(". ").map_or(text, |end| &text[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_sentence_is_taken() {
        assert_eq!(first_sentence("A b. C d."), "A b.");
        assert_eq!(first_sentence("A b."), "A b.");
    }

    #[test]
    fn short_spans_have_milliseconds() {
        let at = 1_795_516_352_117_000;
        for (micros, words) in [
            (0, "at 10:32:32.117 UTC on 2026-11-24"),
            (53_000, "between 10:32:32.117 and 10:32:32.170 UTC on 2026-11-24"),
            (60_000_000, "between 10:32:32 and 10:33:32 UTC on 2026-11-24"),
            (86_400_000_000, "between 2026-11-24T10:32:32Z and 2026-11-25T10:32:32Z"),
        ] {
            assert_eq!(between_times(at, at + micros), words);
        }
    }
}
