//! The selected row, taken apart.
//!
//! ```text
//! ╭ Detail ──────────────── JSON ╮
//! │ user-logout                  │
//! │ ops #1047                    │
//! │ 12:31:06.412 · 0.3 s old     │
//! │ ✓ algorithm sha256           │
//! │ ✗ hmac      does not match   │
//! │ · time      not reached      │
//! │ {                            ┃
//! │   "id": 9                    ┃
//! ╰──────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::context::Context;
use super::panel::{self, Panel};
use super::pen::Pen;
use super::scrollbar::scrollbar;
use super::text::{self, Precision, age, cells, number};
use super::theme::strong;
use super::{finding, json, list, messages, payload, verdict, window};
use crate::console::state::Pane;
use crate::console::state::detail::DetailView;
use crate::console::state::messages::Row;
use crate::ledger::finding::Finding;
use crate::ledger::interval::{Entry, Link, Message};
use crate::wire::verdict::{CheckKind, CheckOutcome, Verdict};

/// A line of the pane; lines of a payload are made only for those that are seen.
enum Line<'a> {
    Words(Vec<(String, Style)>),
    Json(&'a str),
    Raw(String),
    Hex,
}

/// Draws the pane.
pub(super) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer) {
    let focused = cx.focused(Pane::Detail);
    let row = selected(cx);
    let mut right = Vec::new();
    if matches!(row, Some(row) if matches!(row.entry(), Entry::Message(_))) {
        for (view, name) in [(DetailView::Json, "JSON"), (DetailView::Raw, "raw"), (DetailView::Hex, "hex")] {
            if !right.is_empty() {
                right.push((String::from(" "), Style::new()));
            }
            let open = cx.state.detail.view == view;
            let words = if open { format!("▪{name}") } else { name.to_owned() };
            right.push((words, if open { strong(cx.theme.accent) } else { cx.theme.soft }));
        }
    }
    let title = vec![panel::name(cx.theme, "Detail", focused)];
    let border = panel::border(cx.theme, focused);
    let inner = Panel { border, title, right, ..Panel::default() }.draw(area, buf);
    let Some(row) = row else {
        let advice = "The row that is selected in Messages is taken apart here: each check, then the payload.";
        list::empty(cx, inner, buf, "Nothing is selected.", advice);
        return;
    };
    let width = usize::from(inner.width).saturating_sub(2);
    if width == 0 || inner.height == 0 {
        return;
    }
    let inner = Rect { x: inner.x + 1, width: inner.width - 1, ..inner };
    let (lines, payload) = match row.entry() {
        Entry::Message(message) => (message_lines(cx, row, message, width), row.interval.payload(message)),
        Entry::Finding(found) => (finding_lines(cx, found, width), &[][..]),
        Entry::Link(link) => (link_lines(cx, link, width), &[][..]),
        Entry::Counter { .. } | Entry::Barrier { .. } => (Vec::new(), &[][..]),
    };
    let hex_lines = if matches!(lines.last(), Some(Line::Hex)) { payload::hex_lines(payload, width) } else { 0 };
    let total = lines.len() + hex_lines.saturating_sub(1);
    let height = usize::from(inner.height);
    let first = cx.state.detail.scroll.min(total.saturating_sub(height));
    scrollbar(buf, inner, total, first, cx.theme.soft);
    let inner = Rect { width: inner.width.saturating_sub(1), ..inner };
    for (line, index) in (0..).zip(first..total.min(first + height)) {
        let mut pen = Pen::new(buf, inner, line);
        match lines.get(index).unwrap_or(&Line::Hex) {
            Line::Words(words) => words.iter().for_each(|(words, style)| {
                pen.put(words, *style);
            }),
            Line::Json(line) => json::put(&mut pen, cx.theme, line),
            Line::Raw(line) => {
                pen.put(line, cx.theme.text);
            }
            Line::Hex => payload::put_hex(&mut pen, cx.theme, payload, index + 1 - lines.len(), width),
        }
    }
}

/// The row under the cursor; the newest while following.
fn selected<'a>(cx: &Context<'a>) -> Option<&'a Row> {
    let messages = &cx.state.messages;
    let position = if messages.follow { window::shown(messages).checked_sub(1) } else { window::position(messages) }?;
    let serial = window::serial(messages, position)?;
    messages.rows.get(usize::try_from(serial.checked_sub(messages.first_serial)?).ok()?)
}

fn message_lines<'a>(cx: &Context<'a>, row: &'a Row, message: &Message, width: usize) -> Vec<Line<'a>> {
    let theme = cx.theme;
    let payload = row.interval.payload(message);
    let name = text::row(row.interval.envelope(message).name, width.saturating_mul(3));
    let name = if name.is_empty() { String::from("(no name)") } else { name };
    let mut lines: Vec<Line<'a>> =
        text::wrap(&name, width).into_iter().map(|line| Line::Words(vec![(line, strong(theme.text))])).collect();
    let sequence = text::sequence(message.sequence);
    let channel = text::channel(&message.channel, width.saturating_sub(cells(&sequence) + 1));
    lines.push(Line::Words(vec![(channel, theme.text), (format!(" {sequence}"), strong(theme.accent))]));
    if let Some(reason) = text::sequence_reason(message.sequence) {
        lines.extend(wrapped(reason, width, theme.warn));
    }
    lines.push(when(cx, message.at));
    lines.push(Line::Words(verdict_words(cx, message.verdict)));
    lines.push(Line::Words(Vec::new()));
    let current = cx.state.detail.serial.is_some_and(|serial| {
        let index = serial.checked_sub(cx.state.messages.first_serial).and_then(|index| usize::try_from(index).ok());
        index
            .and_then(|index| cx.state.messages.rows.get(index))
            .is_some_and(|of| std::sync::Arc::ptr_eq(&of.interval, &row.interval) && of.index == row.index)
    });
    // Checks and JSON of another row would be worse than none: they follow within the same batch of events.
    if current {
        lines.extend(check_lines(cx, width));
        lines.push(Line::Words(Vec::new()));
    }
    let size = text::counted(payload.len() as u64, "byte");
    match cx.state.detail.view {
        DetailView::Json if current && !cx.state.detail.json.is_empty() => {
            lines.extend(cx.state.detail.json.iter().map(|line| Line::Json(line)));
        }
        DetailView::Json if row.interval.envelope(message).data.is_empty() => {
            lines.push(Line::Words(vec![(String::from("no data"), theme.soft)]));
        }
        DetailView::Json | DetailView::Raw => {
            lines.push(Line::Words(vec![(format!("{size}, as they came"), theme.soft)]));
            lines.extend(payload::raw_lines(payload, width).into_iter().map(Line::Raw));
            if payload.len() > payload::MOST_RAW {
                let more = number((payload.len() - payload::MOST_RAW) as u64);
                lines.extend(wrapped(&format!("… {more} more bytes: see hex, or copy"), width, theme.warn));
            }
        }
        DetailView::Hex => {
            lines.push(Line::Words(vec![(size, theme.soft)]));
            if !payload.is_empty() {
                lines.push(Line::Hex);
            }
        }
    }
    lines
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

fn check_lines<'a>(cx: &Context<'_>, width: usize) -> Vec<Line<'a>> {
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
        lines.push(Line::Words(vec![(glyph.to_owned(), style), (label, cx.theme.soft), (first, detail_style)]));
        lines.extend(rest.map(|line| Line::Words(vec![(format!("{:12}{line}", ""), detail_style)])));
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

fn finding_lines<'a>(cx: &Context<'_>, found: &Finding, width: usize) -> Vec<Line<'a>> {
    let theme = cx.theme;
    let style = finding::style(cx, found.kind);
    let mut lines = vec![Line::Words(vec![(finding::headline(found), strong(style))])];
    let channel = text::channel(&found.channel, width);
    lines.push(Line::Words(vec![(format!("{channel} "), theme.text), (finding::range(found), strong(theme.accent))]));
    lines.push(when(cx, found.at));
    lines.push(Line::Words(Vec::new()));
    lines.extend(wrapped(&finding::cause(cx, found), width, style));
    lines.push(Line::Words(Vec::new()));
    lines.extend(wrapped(&found.explain(), width, theme.text));
    lines
}

fn link_lines<'a>(cx: &Context<'_>, link: &Link, width: usize) -> Vec<Line<'a>> {
    let theme = cx.theme;
    let mut lines = vec![Line::Words(vec![(messages::link_words(link.state).to_owned(), strong(theme.text))])];
    if let Some(channel) = &link.channel {
        lines.push(Line::Words(vec![(text::channel(channel, width), theme.text)]));
    }
    lines.push(when(cx, link.at));
    if let Some(server) = &link.server {
        for (label, value) in [("role", &server.role), ("version", &server.version), ("mode", &server.mode)] {
            let value = text::row(value.as_bytes(), width);
            lines.push(Line::Words(vec![(format!("{label:<9}"), theme.soft), (value, theme.text)]));
        }
    }
    if let Some(reason) = &link.reason {
        lines.push(Line::Words(Vec::new()));
        lines.extend(wrapped(&text::row(reason.as_bytes(), 2000), width, theme.text));
    }
    lines
}

fn when<'a>(cx: &Context<'_>, at: i64) -> Line<'a> {
    let zone = if cx.state.setup.utc { " UTC" } else { "" };
    let today = cx.time(cx.state.now, Precision::Date);
    let date = cx.time(at, Precision::Date);
    // The date only where it is another day: the age counts more, and has to fit.
    let time = if date.get(..10) == today.get(..10) { cx.time(at, Precision::Millis) } else { date };
    let words = format!("{time}{zone} · {} old", age(at, cx.state.now));
    Line::Words(vec![(words, cx.theme.soft)])
}

fn wrapped<'a>(words: &str, width: usize, style: Style) -> impl Iterator<Item = Line<'a>> {
    text::wrap(words, width).into_iter().map(move |line| Line::Words(vec![(line, style)]))
}
