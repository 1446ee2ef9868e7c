//! The timeline as SVG: the rate, the gap, findings, and for each recording when it was running and connected.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::ledger::finding::Finding;
use crate::ledger::format::{duration, number};
use crate::ledger::interval::LinkState;
use crate::recording::bundle::report::words::{hole_words, link_words, run_end, time};
use crate::recording::bundle::report_data::{FindingRow, RecorderRun, ReportData, SecondCount};
use crate::recording::file::distinct_end;
use crate::wire::escape::escape;

/// The possible widths of a bar, in seconds.
const BAR_SECONDS: [i64; 14] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 900, 3600, 21_600, 86_400, 604_800];
/// The maximum number of bars.
const MAX_BARS: i64 = 240;
/// The possible distances of the times on the axis, in seconds.
const TICK_SECONDS: [i64; 15] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 21_600, 86_400, 604_800];
const MAX_TICKS: i64 = 8;

/// The size and the lines of the drawing.
const WIDTH: i64 = 960;
const LEFT: i64 = 124;
const RIGHT: i64 = 928;
const TOP: i64 = 18;
const BASE: i64 = 132;
const FINDINGS: i64 = 150;
/// The row of the first recording, and the distance to the next one.
const RECORDINGS: i64 = 172;
const ROW: usize = 20;
/// The maximum number of recordings that have a row.
const MAX_RECORDINGS: usize = 6;
/// The maximum length of their names, in characters.
const MAX_NAME: usize = 15;

/// A time axis: converts microseconds to horizontal positions.
struct Axis {
    from: i64,
    to: i64,
}

impl Axis {
    /// The requested time, as far as anything is known of it.
    fn new(facts: &ReportData) -> Self {
        let window = &facts.window;
        let seconds = || facts.seconds.keys().map(|second| second.saturating_mul(1_000_000));
        let starts = facts.runs.iter().map(|run| run.session.started_at);
        let ends = facts.runs.iter().map(|RecorderRun { session, .. }| session.ended_at.unwrap_or(session.last_at));
        let first = starts.chain(seconds()).chain([window.focus.from]).min().unwrap_or(window.from_at);
        let last = ends.chain(seconds().map(|at| at.saturating_add(1_000_000))).chain([window.focus.to]).max();
        let from = window.from_at.max(first);
        Self { from, to: window.to_at.min(last.unwrap_or(window.to_at)).max(from.saturating_add(1_000_000)) }
    }

    fn x(&self, at: i64) -> i64 {
        let (from, to) = (i128::from(self.from), i128::from(self.to));
        let at = i128::from(at).clamp(from, to);
        let x = (at - from) * i128::from(RIGHT - LEFT) / (to - from).max(1);
        LEFT + i64::try_from(x).unwrap_or(0)
    }

    /// The position and the width of a span, at least two pixels wide. None if it is outside.
    fn span(&self, from: i64, to: i64) -> Option<(i64, i64)> {
        if to < self.from || from > self.to {
            return None;
        }
        let (start, end) = (self.x(from), self.x(to));
        Some((start.min(RIGHT - 2), (end - start).max(2)))
    }

    fn seconds(&self) -> i64 {
        self.to.saturating_sub(self.from) / 1_000_000
    }
}

/// Draws the timeline, with its legend.
pub(super) fn chart(facts: &ReportData) -> Markup {
    let axis = Axis::new(facts);
    let step = BAR_SECONDS.into_iter().find(|step| axis.seconds() / step <= MAX_BARS).unwrap_or(604_800);
    let bars = bars(&facts.seconds, step);
    let highest = bars.values().map(|bar| bar.messages + bar.of_gap).max().unwrap_or(0).max(1);
    let bar_words = match step {
        1 => "second".to_owned(),
        2..60 => format!("{step} s"),
        _ => duration((step * 1_000_000).unsigned_abs()),
    };
    let is_gap = facts.gap().is_some();
    let files = files(facts);
    let bottom = (RECORDINGS..).step_by(ROW).nth(files.len()).unwrap_or(RECORDINGS);
    let height = bottom + 30;
    let description = format!(
        "From {} to {}: the messages of all channels per {bar_words}; the highest bar is {}. The tables below have the same events as text.",
        time(axis.from, 0),
        time(axis.to, 0),
        number(highest)
    );
    html! {
        figure {
            div.scroll role="region" aria-label="Timeline" tabindex="0" {
                svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-labelledby="chart-title chart-text" {
                    title id="chart-title" { "Messages over time" }
                    desc id="chart-text" { (description) }
                    (place(facts, &axis, "gap"))
                    (plot(&axis, &bars, step, highest))
                    (place(facts, &axis, "edge"))
                    (rows(facts, &axis, &files))
                    (ticks(&axis, bottom))
                }
            }
            figcaption {
                "Messages of all channels per " (bar_words) ". "
                ul.legend {
                    li { span.key.k-bar {} "received" }
                    @if is_gap { li { span.key.k-found {} "missed, content found" } li { span.key.k-gap {} "the gap" } }
                    li { span.key.k-rejected {} "rejected" }
                    li { span.key.k-up {} "recording and connected" }
                    li { span.key.k-down {} "not recording, or disconnected" }
                    li { span.key.k-unknown {} "unknown" }
                    li { span.key.k-finding {} "finding" }
                }
            }
        }
    }
}

fn bars(seconds: &BTreeMap<i64, SecondCount>, step: i64) -> BTreeMap<i64, SecondCount> {
    let mut bars: BTreeMap<i64, SecondCount> = BTreeMap::new();
    for (second, count) in seconds {
        let bar = bars.entry(second.div_euclid(step) * step).or_default();
        bar.messages += count.messages;
        bar.rejected += count.rejected;
        bar.of_gap += count.of_gap;
    }
    bars
}

/// The gap as an area, or the place as a line. It is drawn behind the bars, and its edge in front of them.
fn place(facts: &ReportData, axis: &Axis, class: &str) -> Markup {
    let focus = &facts.window.focus;
    html! {
        @if let Some((x, width)) = axis.span(focus.from, focus.to) {
            rect class=(class) x=(x) y=(TOP) width=(width) height=(BASE - TOP) {}
        }
    }
}

fn plot(axis: &Axis, bars: &BTreeMap<i64, SecondCount>, step: i64, highest: u64) -> Markup {
    let height = |count: u64| {
        let pixels = u128::from(count) * u128::from((BASE - TOP).unsigned_abs());
        i64::try_from(pixels.div_ceil(u128::from(highest))).unwrap_or(0)
    };
    let drawn = bars.iter().filter_map(|(second, count)| {
        let begin = second.saturating_mul(1_000_000);
        let (x, width) = axis.span(begin, begin.saturating_add(step * 1_000_000))?;
        Some((x, (width - 1).max(1), height(count.messages), height(count.of_gap), height(count.rejected)))
    });
    html! {
        line.grid x1=(LEFT) x2=(RIGHT) y1=(TOP) y2=(TOP) {}
        line.grid x1=(LEFT) x2=(RIGHT) y1=(i64::midpoint(TOP, BASE)) y2=(i64::midpoint(TOP, BASE)) {}
        text.label x=(LEFT - 8) y=(TOP + 4) text-anchor="end" { (number(highest)) }
        text.label x=(LEFT - 8) y=(BASE) text-anchor="end" { "0" }
        @for (x, width, messages, of_gap, rejected) in drawn {
            @if messages > 0 { rect.bar x=(x) y=(BASE - messages) width=(width) height=(messages) {} }
            @if of_gap > 0 { rect.found x=(x) y=(BASE - messages - of_gap) width=(width) height=(of_gap) {} }
            @if rejected > 0 { rect.rejected x=(x) y=(BASE - rejected) width=(width) height=(rejected) {} }
        }
        line.axis x1=(LEFT) x2=(RIGHT) y1=(BASE) y2=(BASE) {}
    }
}

/// The recordings, in the order of their sessions.
fn files(facts: &ReportData) -> Vec<&str> {
    let mut files: Vec<&str> = Vec::new();
    for run in &facts.runs {
        if !files.contains(&run.file.as_str()) && files.len() < MAX_RECORDINGS {
            files.push(&run.file);
        }
    }
    files
}

/// The rows below the rate: findings, and for each recording when it was running and connected.
fn rows(facts: &ReportData, axis: &Axis, files: &[&str]) -> Markup {
    let is_shown = |finding: &Finding| (axis.from..=axis.to).contains(&finding.at);
    let mut findings: Vec<_> = facts.findings.iter().filter(|row| is_shown(&row.finding)).collect();
    // The one that the report is about is in front of others of the same time.
    findings.sort_by_key(|row| facts.id == Some(row.id));
    html! {
        text.label x=(LEFT - 8) y=(FINDINGS + 4) text-anchor="end" { "findings" }
        @for FindingRow { id, finding, .. } in findings {
            @let x = axis.x(finding.at);
            @let class = if facts.id == Some(*id) { "this finding" } else { "finding" };
            path class=(class) d=(format!("M{x} {} l6 6 l-6 6 l-6 -6 z", FINDINGS - 6)) {
                title { (escape(finding.channel.as_bytes())) ": " (finding.line()) }
            }
        }
        @for (file, y) in files.iter().zip((RECORDINGS..).step_by(ROW)) {
            (recording(facts, axis, (file, &short(file, files)), y))
        }
    }
}

/// When a recording was running and connected.
fn recording(facts: &ReportData, axis: &Axis, (file, label): (&str, &str), y: i64) -> Markup {
    let runs = || facts.runs.iter().filter(|run| run.file == file);
    let sessions = || runs().map(|run| &run.session);
    let bar = |class: &str, from: i64, to: i64, words: &str| {
        html! {
            @if let Some((x, width)) = axis.span(from, to) {
                rect class=(class) x=(x) y=(y - 5) width=(width) height="10" { title { (words) } }
            }
        }
    };
    html! {
        text.label x=(LEFT - 8) y=(y + 4) text-anchor="end" { (label) title { (file) } }
        // The runs of an imported recording are later than its messages. They do not show when it was recorded.
        @let has_run = sessions().any(|session| axis.span(session.started_at, session.ended_at.unwrap_or(axis.to)).is_some());
        @if has_run {
            (bar("down", axis.from, axis.to, "not recording"))
        } @else {
            (bar("unknown", axis.from, axis.to, "no run of this recorder is known at this time"))
        }
        @for run in runs() {
            @let session = &run.session;
            @let (host, (end, at)) = (escape(session.host.as_bytes()), run_end(run));
            @let words = format!("{host} started at {}, {end} {}", time(session.started_at, 0), time(at, 0));
            // Nothing shows what a run without an end did after its last write.
            (bar("unknown", session.started_at, session.ended_at.unwrap_or(axis.to), &words))
        }
        @for (from, to, is_up, words) in link_spans(facts, axis, file) {
            (bar(if is_up { "up" } else { "down" }, from, to, &words))
        }
        @for hole in facts.holes.iter().filter(|hole| sessions().any(|session| session.id == hole.session)) {
            (bar("down", hole.from_at, hole.to_at, &hole_words(hole)))
        }
        @for session in sessions().filter(|session| (axis.from..=axis.to).contains(&session.started_at)) {
            path.start d=(format!("M{} {} l7 7 l-7 7 z", axis.x(session.started_at), y - 7)) {
                title { "recorder started " (time(session.started_at, 0)) }
            }
        }
    }
}

/// What distinguishes a file from the others: its name, or else the first differing directory. Cut to [`MAX_NAME`] characters.
fn short(file: &str, files: &[&str]) -> String {
    let name = distinct_end(file, files);
    if name.chars().count() <= MAX_NAME {
        return name.to_owned();
    }
    match name.split_once('/') {
        Some((directory, _)) => format!("{}/…", end_of(directory, MAX_NAME - 2)),
        None => end_of(name, MAX_NAME),
    }
}

/// The end of a name, which usually differs more than its start.
fn end_of(name: &str, max: usize) -> String {
    let length = name.chars().count();
    if length <= max {
        return name.to_owned();
    }
    format!("…{}", name.chars().skip(length + 1 - max).collect::<String>())
}

/// The spans in which a recording was connected or not, with the event at their start.
fn link_spans(facts: &ReportData, axis: &Axis, file: &str) -> Vec<(i64, i64, bool, String)> {
    let mut spans: Vec<(i64, i64, bool, String)> = Vec::new();
    let sessions: Vec<(i64, i64)> = facts
        .runs
        .iter()
        .filter(|run| run.file == file)
        .map(|run| (run.session.started_at, run.session.ended_at.unwrap_or(axis.to)))
        .collect();
    for (link, _) in facts.links.iter().filter(|(link, of)| of == file && link.channel.is_none()) {
        let is_up = match link.state {
            LinkState::Connected | LinkState::Live => true,
            LinkState::Disconnected | LinkState::Stale => false,
            LinkState::Denied
            | LinkState::Granted
            | LinkState::UnsubscribeFailed
            | LinkState::TooManyChannels
            | LinkState::ClockSet
            | LinkState::DuplicateCheckIncomplete => continue,
        };
        if let Some(last) = spans.last_mut() {
            last.1 = last.1.min(link.at);
        }
        // A span ends with the run of the recorder.
        let end = sessions.iter().rfind(|(start, _)| *start <= link.at).map_or(axis.to, |(_, end)| *end);
        let words = format!("{} {}", time(link.at, 0), link_words(link));
        spans.push((link.at, end.max(link.at), is_up, words));
    }
    spans
}

fn ticks(axis: &Axis, y: i64) -> Markup {
    let step = TICK_SECONDS.into_iter().find(|step| axis.seconds() / step <= MAX_TICKS).unwrap_or(604_800);
    let first = axis.from.div_euclid(1_000_000).div_euclid(step) * step;
    let at = (0..=MAX_TICKS + 1).map(|tick| (first + tick * step).saturating_mul(1_000_000));
    let texts = at.filter(|at| (axis.from..=axis.to).contains(at)).map(|at| {
        let text = time(at, 0);
        let of_day = text.split_once('T').map_or("", |(_, of_day)| of_day.trim_end_matches('Z')).to_owned();
        (axis.x(at), if step >= 86_400 { text.get(..10).unwrap_or_default().to_owned() } else { of_day })
    });
    html! {
        @for (x, text) in texts {
            line.axis x1=(x) x2=(x) y1=(y - 6) y2=(y) {}
            text.label x=(x) y=(y + 15) text-anchor="middle" { (text) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_have_different_labels() {
        let same = ["host-a/broadcasts.db", "host-b/broadcasts.db"];
        assert_eq!(same.map(|file| short(file, &same)), ["host-a/…", "host-b/…"]);
        let near = ["a/x/ops.db", "b/x/ops.db", "ops-of-the-archive.db"];
        assert_eq!(near.map(|file| short(file, &near)), ["a/x/ops.db", "b/x/ops.db", "…the-archive.db"]);
        let nested = ["ops.db", "old/ops.db"];
        assert_eq!(nested.map(|file| short(file, &nested)), ["ops.db", "old/ops.db"]);
        let long = ["recordings-of-host-a/ops.db", "recordings-of-host-b/ops.db"];
        assert_eq!(long.map(|file| short(file, &long)), ["…gs-of-host-a/…", "…gs-of-host-b/…"]);
    }
}
