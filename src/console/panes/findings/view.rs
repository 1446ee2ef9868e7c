//! The findings: when, where, what, how many, why.
//!
//! ```text
//! ╭ Findings · 2 gaps, 1 other ──╮    in one line where it is wide:
//! │▸12:31:11 ops       16 missed │    12:31:11  ops  16 missed  #1031–1046  disconnected 4.2 s
//! │  #1031–1046 disconnected 4 s│
//! ╰──────────────────────────────╯
//! ```

use std::collections::HashMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::app::state::{Pane, Phase, State};
use crate::console::panes::findings::state::FindingEntry;
use crate::console::ui::list::MARK;
use crate::console::ui::panel::Panel;
use crate::console::ui::pen::{Pen, Side};
use crate::console::ui::scrollbar::scrollbar;
use crate::console::ui::text::{Precision, cells};
use crate::console::ui::theme::strong;
use crate::console::ui::{list, names, panel, text};
use crate::ledger::format::counted;
use crate::ledger::format::number;

/// A channel takes at most this many cells on a row of one line.
const MAX_CHANNEL: usize = 20;

/// The widths of the columns, from the entries that are shown.
struct Widths<'a> {
    channels: HashMap<&'a [u8], String>,
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
        let advice = "Gaps, counter resets, duplicates and clock skew appear here, with their range and cause.";
        list::empty(cx, inner, buf, empty_headline(cx.state), advice);
        return;
    }
    let lines = lines.max(1);
    let height = usize::from(inner.height / lines);
    let seen = gaps.window(height);
    let per_entry = usize::from(lines);
    // Without a border the thumb takes the last column.
    let inner = if framed { inner } else { Rect { width: inner.width.saturating_sub(1), ..inner } };
    scrollbar(buf, inner, gaps.list.len() * per_entry, seen.start * per_entry, cx.theme.soft);
    let channels = names::channels(gaps.list.range(seen.clone()).map(|entry| &entry.finding.channel), MAX_CHANNEL);
    let ranges = gaps.list.range(seen.clone()).map(|entry| cells(&entry.finding.range()));
    let headlines = gaps.list.range(seen.clone()).map(|entry| cells(&entry.finding.headline()));
    let widths = Widths {
        channel: channels.values().map(|name| cells(name)).max().unwrap_or(0),
        channels,
        headline: headlines.max().unwrap_or(0).min(24),
        range: ranges.max().unwrap_or(0).min(24),
    };
    for (entry, index) in (0..).zip(seen) {
        let Some(gap) = gaps.list.get(index) else { break };
        let selected = index == gaps.position.cursor;
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

/// What an empty list means. Without a subscription, nothing is known.
fn empty_headline(state: &State) -> &'static str {
    if state.replay.is_some() {
        return "No findings yet.";
    }
    match state.link.phase {
        Phase::Connecting => "Unknown until connected.",
        Phase::Down => "Unknown until reconnected.",
        Phase::Live | Phase::Stale if state.is_all_denied() => "Unknown: access denied.",
        Phase::Live | Phase::Stale => "No findings yet.",
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
    widths: &Widths<'_>,
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
    let channel = widths.channels.get(found.channel.as_bytes()).map_or("", String::as_str);
    pen.column(channel, widths.channel, Side::Left, plain).skip(2);
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
    // The channel keeps eight cells. A longer headline is cut.
    let width = pen.room().saturating_sub(cells(&headline) + 1).max(8);
    let all = cx.state.channels.list.iter().map(|channel| &channel.channel).chain([&found.channel]);
    let name = names::channels(all, width).remove(found.channel.as_bytes()).unwrap_or_default();
    pen.put(&name, plain).skip(1);
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
