//! The rejected messages: where, how many, which check failed, since when; how many of each reason.
//!
//! ```text
//! ╭ Rejected · 4 ────────────────╮    in one line in the tabs:
//! │▸ops  3 × unknown key v2      │    ops  3 × unknown key v2      since 23:10:12
//! │  since 23:10:12              │    ops  1 × signature mismatch  23:12:40  #197  price-update  key default
//! │ ops  1 × signature mismatch  │
//! │  23:12:40 price-update       │
//! ╰ 3 unknown key · 1 mismatch ──╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::app::context::Context;
use crate::console::app::narrowing;
use crate::console::panes::Pane;
use crate::console::panes::rejected::state::{RejectedEntry, RejectedLine};
use crate::console::ui::list::MARK;
use crate::console::ui::panel::Panel;
use crate::console::ui::pen::{Align, Pen};
use crate::console::ui::scrollbar::scrollbar;
use crate::console::ui::text::{Precision, cells};
use crate::console::ui::theme::strong;
use crate::console::ui::{list, names, panel, text, verdict};
use crate::ledger::format::number;
use crate::wire::verdict::Rejection;

/// A channel takes at most this many cells on a row of one line.
const MAX_CHANNEL: usize = 20;
/// A headline takes at most this many cells on a row of one line.
const MAX_HEADLINE: usize = 40;

/// The widths of the columns, from the lines that are shown.
struct Widths {
    channel: usize,
    headline: usize,
}

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
    if rejections.list.found().0 == 0 {
        list::empty(cx, inner, buf, "No rejected message matches.", &narrowing::advice(cx));
        return;
    }
    let lines = lines.max(1);
    let seen = rejections.list.window(usize::from(inner.height / lines));
    let per_entry = usize::from(lines);
    // Without a border, the scrollbar takes the last column.
    let inner = if framed { inner } else { Rect { width: inner.width.saturating_sub(1), ..inner } };
    scrollbar(buf, inner, rejections.list.len() * per_entry, seen.start * per_entry, cx.theme.soft);
    let shown: Vec<RejectedLine<'_>> = seen.clone().filter_map(|line| rejections.list.line(line)).collect();
    let newest = || shown.iter().filter_map(|line| Some((line, line.newest()?)));
    let channels = names::channels(newest().map(|(_, newest)| &newest.channel), MAX_CHANNEL);
    let channel_of = |newest: &RejectedEntry| channels.get(newest.channel.as_bytes()).map_or("", String::as_str);
    let headlines =
        newest().filter(|(line, _)| !line.is_indented).map(|(line, newest)| (headline(line, newest), newest));
    let widths = headlines.map(|(headline, newest)| (cells(channel_of(newest)), cells(&headline)));
    let (channel, headline) = widths.fold((0, 0), |most, width| (most.0.max(width.0), most.1.max(width.1)));
    let widths = Widths { channel, headline: headline.min(MAX_HEADLINE) };
    for ((place, index), (line, newest)) in (0..).zip(seen).zip(newest()) {
        let selected = index == rejections.list.position.cursor;
        let row = place * lines;
        let mut pen = Pen::new(buf, inner, row);
        pen.put(if selected { MARK } else { " " }, cx.theme.accent);
        if lines == 1 {
            one_line(cx, line, newest, channel_of(newest), &widths, &mut pen);
        } else {
            two_lines(cx, line, newest, &shown, &mut pen);
            let mut pen = Pen::new(buf, inner, row + 1);
            second_line(cx, line, newest, &mut pen);
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
    if rejections.list.trimmed > 0 {
        right.push((format!("{} older trimmed", number(rejections.list.trimmed)), cx.theme.soft));
    }
    let (mut below, below_right) = narrowing::words(cx, Pane::Rejected);
    let summary = summary(cx, usize::from(area.width).saturating_sub(6));
    if below.is_empty() && !summary.is_empty() {
        below.push((summary, cx.theme.soft));
    }
    Panel { border: panel::border(cx.theme, focused), title, right, below, below_right }.draw(area, buf)
}

/// The number of messages for each rejection, the most frequent first. The messages with the other rejections are counted
/// together.
fn summary(cx: &Context<'_>, room: usize) -> String {
    let (in_full, is_complete) = summary_of(cx, room, verdict::words_of);
    if is_complete { in_full } else { summary_of(cx, room, verdict::short_of).0 }
}

/// The summary, and whether it has all rejections.
fn summary_of(cx: &Context<'_>, room: usize, words_of: impl Fn(&'static str) -> String) -> (String, bool) {
    let mut reasons: Vec<_> = cx.state.rejections.by_rejection.iter().filter(|(_, count)| **count > 0).collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let mut summary = String::new();
    for (index, (reason, count)) in reasons.iter().enumerate() {
        let words = format!("{} {}", number(**count), words_of(reason));
        let separator = if index == 0 { "" } else { " · " };
        let others = |from: usize| -> u64 { reasons.iter().skip(from).map(|(_, count)| **count).sum() };
        let other = |from: usize| format!("{} more", number(others(from)));
        let rest = if index + 1 == reasons.len() { 0 } else { cells(" · ") + cells(&other(index + 1)) };
        if cells(&summary) + cells(separator) + cells(&words) + rest > room {
            return (format!("{summary}{separator}{}", other(index)), false);
        }
        summary.push_str(separator);
        summary.push_str(&words);
    }
    (summary, true)
}

/// `3 × unknown key v2`
fn headline(line: &RejectedLine<'_>, newest: &RejectedEntry) -> String {
    let headline = format!("{} × {}", number(line.group.count), newest.rejection.words());
    match &newest.key_name {
        Some(name) if names_key(newest) => format!("{headline} {}", text::row(name, MAX_HEADLINE)),
        _ => headline,
    }
}

/// Whether the headline names the key.
fn names_key(entry: &RejectedEntry) -> bool {
    entry.rejection == Rejection::UnknownKey
}

fn one_line(
    cx: &Context<'_>,
    line: &RejectedLine<'_>,
    newest: &RejectedEntry,
    channel: &str,
    widths: &Widths,
    pen: &mut Pen<'_>,
) {
    if line.is_indented {
        pen.skip(2);
    } else {
        pen.column(channel, widths.channel, Align::Left, cx.theme.text).skip(2);
        pen.column(&headline(line, newest), widths.headline, Align::Left, strong(cx.theme.bad)).skip(2);
    }
    match line.entry {
        Some(entry) => {
            pen.put(&cx.time(entry.at, Precision::Seconds), cx.theme.soft).skip(2);
            pen.put(&entry.sequence.to_string(), cx.theme.soft).skip(2);
            pen.put(&text::row(&entry.name, 20), cx.theme.text).skip(2);
        }
        None => since(cx, line, pen),
    }
    key(cx, line, newest, pen);
}

/// The upper one of two lines.
fn two_lines(
    cx: &Context<'_>,
    line: &RejectedLine<'_>,
    newest: &RejectedEntry,
    shown: &[RejectedLine<'_>],
    pen: &mut Pen<'_>,
) {
    if line.is_indented {
        pen.skip(2).put(&cx.time(newest.at, Precision::Seconds), cx.theme.soft).skip(1);
        pen.put(&newest.sequence.to_string(), cx.theme.soft);
        return;
    }
    let headline = headline(line, newest);
    // The channel keeps eight cells. A longer headline is cut.
    let width = pen.room().saturating_sub(cells(&headline) + 1).max(8);
    let shown = shown.iter().filter_map(|line| Some(&line.newest()?.channel));
    let channel = names::channels(shown, width).remove(newest.channel.as_bytes()).unwrap_or_default();
    pen.put(&channel, cx.theme.text).skip(1).put(&headline, strong(cx.theme.bad));
}

/// The lower one of two lines.
fn second_line(cx: &Context<'_>, line: &RejectedLine<'_>, newest: &RejectedEntry, pen: &mut Pen<'_>) {
    pen.skip(if line.is_indented { 3 } else { 2 });
    match line.entry {
        Some(entry) => {
            if !line.is_indented {
                pen.put(&cx.time(entry.at, Precision::Seconds), cx.theme.soft).skip(1);
            }
            pen.put(&text::row(&entry.name, pen.room()), cx.theme.text).skip(1);
        }
        None => since(cx, line, pen),
    }
    key(cx, line, newest, pen);
}

fn since(cx: &Context<'_>, line: &RejectedLine<'_>, pen: &mut Pen<'_>) {
    pen.put("since ", cx.theme.soft).put(&cx.time(line.group.since, Precision::Seconds), cx.theme.soft).skip(2);
}

/// The key, unless the line of the group or its headline names it.
fn key(cx: &Context<'_>, line: &RejectedLine<'_>, newest: &RejectedEntry, pen: &mut Pen<'_>) {
    if let Some(name) = &newest.key_name
        && !line.is_indented
        && !names_key(newest)
        && pen.room() > 6
    {
        let name = text::row(name, pen.room().saturating_sub(4));
        pen.put("key ", cx.theme.soft).put(&name, cx.theme.soft);
    }
}
