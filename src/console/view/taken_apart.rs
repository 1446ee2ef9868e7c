//! The selected row in lines: what it is, its checks, and what follows from them.

use ratatui::style::Style;

use super::context::Context;
use super::panel::Words;
use super::text::{self, Precision, age, cells, number};
use super::theme::strong;
use super::{finding, messages, payload, verdict};
use crate::console::state::detail::DetailView;
use crate::console::state::messages::Row;
use crate::ledger::finding::Finding;
use crate::ledger::interval::{Entry, Link, Message};
use crate::wire::verdict::{CheckKind, CheckOutcome, Verdict};

/// A row in lines.
#[derive(Debug, Default)]
pub(super) struct TakenApart<'a> {
    /// What it is, and the checks.
    pub(super) head: Vec<Words>,
    /// The payload.
    pub(super) body: Body<'a>,
    /// What was left out.
    pub(super) tail: Vec<Words>,
}

/// A payload in one of its views; laid out only as far as it is seen.
#[derive(Debug, Default)]
pub(super) enum Body<'a> {
    /// There is none.
    #[default]
    Nothing,
    /// Indented JSON, escaped.
    Json(&'a [String]),
    /// The payload's start, escaped.
    Raw(String),
    /// The payload in hexadecimal.
    Hex(&'a [u8]),
}

/// Takes a row apart for lines of `width` cells.
pub(super) fn take_apart<'a>(cx: &Context<'a>, row: &'a Row, width: usize) -> TakenApart<'a> {
    match row.entry() {
        Entry::Message(message) => {
            let mut apart = TakenApart { head: heading(cx, row, message, width), ..TakenApart::default() };
            content(cx, row, message, width, &mut apart);
            apart
        }
        Entry::Finding(found) => TakenApart { head: finding_lines(cx, found, width), ..TakenApart::default() },
        Entry::Link(link) => TakenApart { head: link_lines(cx, link, width), ..TakenApart::default() },
        // The state keeps no rows of these.
        Entry::Counter { .. } | Entry::Barrier { .. } => TakenApart::default(),
    }
}

fn heading(cx: &Context<'_>, row: &Row, message: &Message, width: usize) -> Vec<Words> {
    let theme = cx.theme;
    let name = text::row(row.interval.envelope(message).name, width.saturating_mul(3));
    let name = if name.is_empty() { String::from("(no name)") } else { name };
    let mut lines: Vec<Words> = wrapped(&name, width, strong(theme.text)).collect();
    let sequence = text::sequence(message.sequence);
    let channel = text::channel(&message.channel, width.saturating_sub(cells(&sequence) + 1));
    lines.push(vec![(channel, theme.text), (format!(" {sequence}"), strong(theme.accent))]);
    if let Some(reason) = text::sequence_reason(message.sequence) {
        lines.extend(wrapped(reason, width, theme.warn));
    }
    lines.push(when(cx, message.at));
    lines.push(verdict_words(cx, message.verdict));
    lines
}

fn content<'a>(cx: &Context<'a>, row: &'a Row, message: &Message, width: usize, apart: &mut TakenApart<'a>) {
    let theme = cx.theme;
    let detail = &cx.state.detail;
    let payload = row.interval.payload(message);
    apart.head.push(Vec::new());
    if detail.too_long_to_check {
        apart.head.extend(wrapped("too long to show the checks one by one", width, theme.soft));
    }
    apart.head.extend(check_lines(cx, width));
    apart.head.push(Vec::new());
    let size = text::counted(payload.len() as u64, "byte");
    let left_out = match detail.view {
        DetailView::Json if !detail.json.is_empty() => {
            apart.body = Body::Json(&detail.json);
            if detail.json_cut {
                apart.tail.extend(wrapped("… the data goes on", width, theme.warn));
            }
            0
        }
        DetailView::Json if row.interval.envelope(message).data.is_empty() => {
            apart.head.push(vec![(String::from("no data"), theme.soft)]);
            0
        }
        DetailView::Json | DetailView::Raw => {
            apart.head.push(vec![(format!("{size}, as they came"), theme.soft)]);
            let (raw, left_out) = payload::raw(payload);
            apart.body = Body::Raw(raw);
            left_out
        }
        DetailView::Hex => {
            apart.head.push(vec![(size, theme.soft)]);
            apart.body = Body::Hex(payload);
            payload::hex_lines(payload, width).1
        }
    };
    if left_out > 0 {
        apart.tail.extend(wrapped(&format!("… {} more bytes", number(left_out as u64)), width, theme.warn));
    }
}

fn verdict_words(cx: &Context<'_>, of: Verdict) -> Vec<(String, Style)> {
    let style = strong(verdict::style(cx, of));
    let words = match of {
        Verdict::Verified => String::from("verified"),
        Verdict::Unsigned => String::from("accepted unsigned: there is no own key"),
        Verdict::Refused(refusal) => format!("refused: {}", refusal.words()),
    };
    vec![(format!("{} {words}", verdict::glyph(of)), style)]
}

fn check_lines(cx: &Context<'_>, width: usize) -> Vec<Words> {
    let mut lines = Vec::new();
    for check in &cx.state.detail.checks {
        let (glyph, style) = match check.outcome {
            CheckOutcome::Passed => ("✓", cx.theme.good),
            CheckOutcome::Failed => ("✗", strong(cx.theme.bad)),
            CheckOutcome::Skipped => ("·", cx.theme.soft),
        };
        let detail_style = match check.outcome {
            CheckOutcome::Passed => cx.theme.text,
            CheckOutcome::Failed => cx.theme.bad,
            CheckOutcome::Skipped => cx.theme.soft,
        };
        let label = format!(" {:<10}", check_label(check.kind));
        let mut rest = text::wrap(&check.detail, width.saturating_sub(12)).into_iter();
        let first = rest.next().unwrap_or_default();
        lines.push(vec![(glyph.to_owned(), style), (label, cx.theme.soft), (first, detail_style)]);
        lines.extend(rest.map(|line| vec![(format!("{:12}{line}", ""), detail_style)]));
    }
    lines
}

fn check_label(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Json => "data",
        CheckKind::Signature => "signature",
        CheckKind::Algorithm => "algorithm",
        CheckKind::Key => "key",
        CheckKind::Timestamp => "timestamp",
        CheckKind::Time => "time",
        CheckKind::Hmac => "hmac",
    }
}

fn finding_lines(cx: &Context<'_>, found: &Finding, width: usize) -> Vec<Words> {
    let theme = cx.theme;
    let style = finding::style(cx, found);
    let mut lines = vec![vec![(finding::headline(found), strong(style))]];
    let channel = text::channel(&found.channel, width);
    lines.push(vec![(format!("{channel} "), theme.text), (finding::range(found), strong(theme.accent))]);
    lines.push(when(cx, found.at));
    lines.push(Vec::new());
    lines.extend(wrapped(&finding::cause(cx, found), width, style));
    lines.push(Vec::new());
    lines.extend(wrapped(&found.explain(), width, theme.text));
    lines
}

fn link_lines(cx: &Context<'_>, link: &Link, width: usize) -> Vec<Words> {
    let theme = cx.theme;
    let mut lines = vec![vec![(messages::link_words(link.state).to_owned(), strong(theme.text))]];
    if let Some(channel) = &link.channel {
        lines.push(vec![(text::channel(channel, width), theme.text)]);
    }
    lines.push(when(cx, link.at));
    if let Some(server) = &link.server {
        for (label, value) in [("role", &server.role), ("version", &server.version), ("mode", &server.mode)] {
            let value = text::row(value.as_bytes(), width);
            lines.push(vec![(format!("{label:<9}"), theme.soft), (value, theme.text)]);
        }
    }
    if let Some(reason) = &link.reason {
        lines.push(Vec::new());
        lines.extend(wrapped(&text::row(reason.as_bytes(), 2000), width, theme.text));
    }
    lines
}

fn when(cx: &Context<'_>, at: i64) -> Words {
    let zone = if cx.state.setup.utc { " UTC" } else { "" };
    let today = cx.time(cx.state.now, Precision::Date);
    let date = cx.time(at, Precision::Date);
    // The date only where it is another day: the age counts more, and has to fit.
    let time = if date.get(..10) == today.get(..10) { cx.time(at, Precision::Millis) } else { date };
    let words = format!("{time}{zone} · {} old", age(at, cx.state.now));
    vec![(words, cx.theme.soft)]
}

fn wrapped(words: &str, width: usize, style: Style) -> impl Iterator<Item = Words> {
    text::wrap(words, width).into_iter().map(move |line| vec![(line, style)])
}
