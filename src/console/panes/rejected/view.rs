//! The rejected messages: when, where, which, why; how many of each reason.
//!
//! ```text
//! ╭ Rejected 3 ───────────────────╮    in one line where it is wide:
//! │▸12:31:11 ops     user-logout │    12:31:11  ops  #1047  user-logout  ✗ signature mismatch  key intruder
//! │  ✗ signature mismatch        │
//! ╰ 2 mismatch · 1 unknown key ──╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::app::context::Context;
use crate::console::app::state::Pane;
use crate::console::panes::rejected::state::RejectedEntry;
use crate::console::ui::list::MARK;
use crate::console::ui::panel::Panel;
use crate::console::ui::pen::{Pen, Side};
use crate::console::ui::scrollbar::scrollbar;
use crate::console::ui::text::{Precision, cells, number};
use crate::console::ui::theme::strong;
use crate::console::ui::{list, panel, text, verdict};

/// Draws the pane; `framed` with a border, and each entry in `lines` lines.
pub(crate) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer, framed: bool, lines: u16) {
    let focused = cx.focused(Pane::Rejected);
    let rejections = &cx.state.rejections;
    let inner = if framed { frame(cx, area, buf, focused) } else { area };
    if rejections.list.is_empty() {
        let advice = "Messages that fail a check are listed here with the check: signature, key, time or data.";
        list::empty(cx, inner, buf, "No signature failures", advice);
        return;
    }
    let lines = lines.max(1);
    let height = usize::from(inner.height / lines);
    let seen = rejections.window(height);
    let per_entry = usize::from(lines);
    // Without a border the thumb takes the last column.
    let inner = if framed { inner } else { Rect { width: inner.width.saturating_sub(1), ..inner } };
    scrollbar(buf, inner, rejections.list.len() * per_entry, seen.start * per_entry, cx.theme.soft);
    let width = rejections.list.range(seen.clone()).map(|entry| cells(&text::channel(&entry.channel, 16)));
    let width = width.max().unwrap_or(0);
    for (entry, index) in (0..).zip(seen) {
        let Some(rejected) = rejections.list.get(index) else { break };
        let selected = index == rejections.cursor;
        let row = entry * lines;
        if lines == 1 {
            one_line(cx, rejected, width, selected, inner, row, buf);
        } else {
            two_lines(cx, rejected, selected, inner, row, buf);
        }
        if selected {
            let marked = Rect { height: lines, ..list::line(inner, row) }.intersection(inner);
            list::select(buf, marked, cx.theme.bad, focused);
        }
    }
}

fn frame(cx: &Context<'_>, area: Rect, buf: &mut Buffer, focused: bool) -> Rect {
    let rejections = &cx.state.rejections;
    let mut title = vec![panel::name(cx.theme, "Rejected", focused)];
    if cx.state.totals.rejected > 0 {
        title.push((format!(" · {}", number(cx.state.totals.rejected)), strong(cx.theme.bad)));
    }
    let mut right = Vec::new();
    if rejections.evicted > 0 {
        right.push((format!("{} older trimmed", number(rejections.evicted)), cx.theme.soft));
    }
    let below = summary(cx, usize::from(area.width).saturating_sub(6));
    let below = if below.is_empty() { Vec::new() } else { vec![(below, cx.theme.soft)] };
    Panel { border: panel::border(cx.theme, focused), title, right, below, below_right: Vec::new() }.draw(area, buf)
}

/// How many of each reason, the most frequent first, as many as fit whole.
fn summary(cx: &Context<'_>, room: usize) -> String {
    let in_full = summary_of(cx, room, verdict::words_of);
    if in_full.contains('+') { summary_of(cx, room, verdict::short_of) } else { in_full }
}

fn summary_of(cx: &Context<'_>, room: usize, words_of: impl Fn(&'static str) -> String) -> String {
    let mut reasons: Vec<_> = cx.state.rejections.by_rejection.iter().filter(|(_, count)| **count > 0).collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let mut summary = String::new();
    for (index, (reason, count)) in reasons.iter().enumerate() {
        let words = format!("{} {}", number(**count), words_of(reason));
        let separator = if index == 0 { "" } else { " · " };
        let rest = if index + 1 == reasons.len() { 0 } else { 5 };
        if cells(&summary) + cells(separator) + cells(&words) + rest > room {
            return format!("{summary}{separator}+{}", reasons.len() - index);
        }
        summary.push_str(separator);
        summary.push_str(&words);
    }
    summary
}

fn one_line(
    cx: &Context<'_>,
    rejected: &RejectedEntry,
    channel: usize,
    selected: bool,
    inner: Rect,
    row: u16,
    buf: &mut Buffer,
) {
    let mut pen = Pen::new(buf, inner, row);
    pen.put(if selected { MARK } else { " " }, cx.theme.accent);
    pen.put(&cx.time(rejected.at, Precision::Seconds), cx.theme.soft).skip(2);
    pen.column(&text::channel(&rejected.channel, channel), channel, Side::Left, cx.theme.text).skip(1);
    pen.column(&rejected.sequence.to_string(), 9, Side::Right, cx.theme.soft).skip(2);
    pen.column(&text::row(&rejected.name, 20), 20, Side::Left, cx.theme.text).skip(2);
    pen.put("✗ ", strong(cx.theme.bad)).put(rejected.rejection.words(), cx.theme.bad).skip(2);
    key(cx, rejected, &mut pen);
}

fn two_lines(cx: &Context<'_>, rejected: &RejectedEntry, selected: bool, inner: Rect, row: u16, buf: &mut Buffer) {
    let mut pen = Pen::new(buf, inner, row);
    pen.put(if selected { MARK } else { " " }, cx.theme.accent);
    pen.put(&cx.time(rejected.at, Precision::Seconds), cx.theme.soft).skip(1);
    let name = text::row(&rejected.name, pen.room().saturating_sub(9));
    let width = pen.room().saturating_sub(cells(&name) + 1);
    pen.column(&text::channel(&rejected.channel, width), width, Side::Left, cx.theme.soft).skip(1);
    pen.put(&name, cx.theme.text);
    let mut pen = Pen::new(buf, inner, row + 1);
    pen.skip(3).put("✗ ", strong(cx.theme.bad)).put(rejected.rejection.words(), cx.theme.bad).skip(1);
    key(cx, rejected, &mut pen);
}

fn key(cx: &Context<'_>, rejected: &RejectedEntry, pen: &mut Pen<'_>) {
    if let Some(name) = &rejected.key_name
        && pen.room() > 6
    {
        let name = text::row(name, pen.room().saturating_sub(4));
        pen.put("key ", cx.theme.soft).put(&name, cx.theme.soft);
    }
}
