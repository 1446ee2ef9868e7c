//! The findings: when, where, what, how many, why.
//!
//! ```text
//! ╭ Findings · 2 gaps, 1 other ──╮    in one line where it is wide:
//! │▸12:31:11 ops       16 missed │    12:31:11  ops  16 missed  #1031–1046  disconnected 4.2 s
//! │  #1031–1046 disconnected 4 s│
//! ╰──────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::app::state::Pane;
use crate::console::app::state::Phase;
use crate::console::panes::findings::state::FindingEntry;
use crate::console::ui::list::MARK;
use crate::console::ui::panel::Panel;
use crate::console::ui::pen::{Pen, Side};
use crate::console::ui::scrollbar::scrollbar;
use crate::console::ui::text::{Precision, cells, counted, number};
use crate::console::ui::theme::strong;
use crate::console::ui::{list, panel, text};

/// The widths of the columns, from the entries that are seen.
struct Widths {
    channel: usize,
    headline: usize,
    range: usize,
}

/// Draws the pane; `framed` with a border, and each entry in `lines` lines.
pub(crate) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer, framed: bool, lines: u16) {
    let focused = cx.focused(Pane::Findings);
    let gaps = &cx.state.findings;
    let inner = if framed { frame(cx, area, buf, focused) } else { area };
    if gaps.list.is_empty() {
        let is_known = cx.state.replay.is_some() || matches!(cx.state.link.phase, Phase::Live | Phase::Stale);
        let headline = if is_known { "No findings yet." } else { "Unknown until reconnected." };
        let advice = "Gaps, counter resets, duplicates and clock skew appear here, with their range and cause.";
        list::empty(cx, inner, buf, headline, advice);
        return;
    }
    let lines = lines.max(1);
    let height = usize::from(inner.height / lines);
    let seen = gaps.window(height);
    let per_entry = usize::from(lines);
    // Without a border the thumb takes the last column.
    let inner = if framed { inner } else { Rect { width: inner.width.saturating_sub(1), ..inner } };
    scrollbar(buf, inner, gaps.list.len() * per_entry, seen.start * per_entry, cx.theme.soft);
    let width = gaps.list.range(seen.clone()).map(|entry| cells(&text::channel(&entry.finding.channel, 16)));
    let ranges = gaps.list.range(seen.clone()).map(|entry| cells(&entry.finding.range()));
    let headlines = gaps.list.range(seen.clone()).map(|entry| cells(&entry.finding.headline()));
    let widths = Widths {
        channel: width.max().unwrap_or(0),
        headline: headlines.max().unwrap_or(0).min(24),
        range: ranges.max().unwrap_or(0).min(24),
    };
    for (entry, index) in (0..).zip(seen) {
        let Some(gap) = gaps.list.get(index) else { break };
        let selected = index == gaps.cursor;
        let row = entry * lines;
        if lines == 1 {
            one_line(cx, gap, &widths, selected, inner, row, buf);
        } else {
            two_lines(cx, gap, selected, inner, row, buf);
        }
        if selected {
            let marked = Rect { height: lines, ..list::line(inner, row) }.intersection(inner);
            list::select(buf, marked, cx.theme.finding(&gap.finding), focused);
        }
    }
}

fn frame(cx: &Context<'_>, area: Rect, buf: &mut Buffer, focused: bool) -> Rect {
    let totals = &cx.state.totals;
    let mut title = vec![panel::name(cx.theme, "Findings", focused)];
    if totals.gaps > 0 {
        let open = cx.state.open_gaps();
        let style = if open > 0 { strong(cx.theme.warn) } else { cx.theme.soft };
        title.push((format!(" · {}", counted(open, "gap")), style));
    }
    if totals.other_findings > 0 {
        let separator = if totals.gaps > 0 { ", " } else { " · " };
        title.push((format!("{separator}{} other", number(totals.other_findings)), cx.theme.note));
    }
    let mut below = Vec::new();
    if cx.state.findings.evicted > 0 {
        below.push((format!("{} older trimmed", number(cx.state.findings.evicted)), cx.theme.soft));
    }
    let mut below_right = Vec::new();
    let acknowledged = cx.state.findings.acknowledged.len() as u64;
    if acknowledged > 0 {
        below_right.push((format!("✓ {} acknowledged", number(acknowledged)), cx.theme.soft));
    }
    Panel { border: panel::border(cx.theme, focused), title, right: Vec::new(), below, below_right }.draw(area, buf)
}

fn one_line(
    cx: &Context<'_>,
    gap: &FindingEntry,
    widths: &Widths,
    selected: bool,
    inner: Rect,
    row: u16,
    buf: &mut Buffer,
) {
    let found = &gap.finding;
    let (style, plain) = styles(cx, gap);
    let mut pen = Pen::new(buf, inner, row);
    pen.put(if selected { MARK } else { " " }, cx.theme.accent);
    pen.put(&cx.time(found.at, Precision::Seconds), cx.theme.soft).skip(2);
    pen.column(&text::channel(&found.channel, widths.channel), widths.channel, Side::Left, plain).skip(2);
    pen.column(&found.headline(), widths.headline, Side::Left, style).skip(2);
    pen.column(&found.range(), widths.range, Side::Left, plain).skip(2);
    pen.put(&note_or_cause(cx, gap), cx.theme.soft);
}

fn two_lines(cx: &Context<'_>, gap: &FindingEntry, selected: bool, inner: Rect, row: u16, buf: &mut Buffer) {
    let found = &gap.finding;
    let (style, plain) = styles(cx, gap);
    let headline = found.headline();
    let mut pen = Pen::new(buf, inner, row);
    pen.put(if selected { MARK } else { " " }, cx.theme.accent);
    pen.put(&cx.time(found.at, Precision::Seconds), cx.theme.soft).skip(1);
    let width = pen.room().saturating_sub(cells(&headline) + 1);
    pen.column(&text::channel(&found.channel, width), width, Side::Left, plain).skip(1);
    pen.put(&headline, style);
    let mut pen = Pen::new(buf, inner, row + 1);
    pen.skip(3);
    let range = found.range();
    if !range.is_empty() {
        pen.put(&range, plain).skip(1);
    }
    pen.put(&note_or_cause(cx, gap), cx.theme.soft);
}

/// The styles of the headline and of the rest; what was acknowledged is dimmed.
fn styles(cx: &Context<'_>, gap: &FindingEntry) -> (Style, Style) {
    match cx.state.findings.note(gap) {
        Some(_) => (cx.theme.soft, cx.theme.soft),
        None => (strong(cx.theme.finding(&gap.finding)), cx.theme.text),
    }
}

/// What another recording knows of it, the note of a finding that was acknowledged, otherwise its cause.
fn note_or_cause(cx: &Context<'_>, gap: &FindingEntry) -> String {
    if let Some(filled) = cx.state.findings.backfilled.get(&gap.row_id) {
        return filled.words();
    }
    match cx.state.findings.note(gap) {
        Some("") => String::from("✓ acknowledged"),
        Some(note) => format!("✓ {}", text::row(note.as_bytes(), 200)),
        None => gap.finding.cause_words(),
    }
}
