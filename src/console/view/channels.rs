//! The channels: counter, traffic of the last seconds, gaps and refusals.
//!
//! ```text
//! ╭ Channels ────────────────────╮
//! │  all        1 248 ▁▂▅▇▅ 12/s │    one line, where there is no room:
//! │▸ ops        1 048 ▂▅▇▅  1 gap│    all 12/s · ops #1 048 ▂▅▇ 1 gap · billing #312 ▁▁▂
//! │● billing      312 ▁▁▂▁       │
//! ╰──────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::context::Context;
use super::list::{self, MARK};
use super::panel::{self, Panel};
use super::pen::{Pen, Side};
use super::scrollbar::scrollbar;
use super::sparkline::sparkline;
use super::text::{self, cells, counted, number};
use super::theme::strong;
use crate::console::state::Pane;
use crate::console::state::channels::ChannelState;
use crate::console::state::rate::PerSecond;
use crate::ledger::sequence::Reading;

/// Draws the pane, or its one line where there is no room for a border.
pub(super) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer) {
    if area.height < 3 {
        strip(cx, area, buf);
        return;
    }
    let focused = cx.focused(Pane::Channels);
    let channels = &cx.state.channels;
    let mut below = Vec::new();
    if channels.others > 0 {
        below.push((format!("{} of further channels", counted(channels.others, "message")), cx.theme.warn));
    }
    if let Some((words, style)) = trouble(cx, usize::from(area.width)) {
        below = vec![(words, style)];
    }
    let right = match channels.picked.len() {
        0 => vec![(number(channels.list.len() as u64), cx.theme.soft)],
        picked => vec![(format!("{picked} of {} shown", number(channels.list.len() as u64)), cx.theme.accent)],
    };
    let inner = Panel {
        border: panel::border(cx.theme, focused),
        title: vec![panel::name(cx.theme, "Channels", focused)],
        right,
        below,
        below_right: Vec::new(),
    }
    .draw(area, buf);
    let len = channels.list.len() + 1;
    let seen = channels.window(usize::from(inner.height));
    scrollbar(buf, inner, len, seen.start, cx.theme.soft);
    let columns = Columns::of(cx, inner.width, &seen);
    for (row, index) in (0..).zip(seen) {
        let selected = index == channels.cursor;
        draw_row(cx, index, &columns, selected, inner, row, buf);
        if selected {
            list::select(buf, list::line(inner, row), cx.theme.accent, focused);
        }
    }
    if channels.list.is_empty() && inner.height > 3 {
        let below = Rect { y: inner.y + 2, height: inner.height - 2, ..inner };
        let advice = format!("Each channel gets a line with its first message; {} looks for channels.", discover_key());
        list::empty(cx, below, buf, "No channel yet.", &advice);
    }
}

/// Why the selected channel is denied, or its counter cannot be read.
fn trouble(cx: &Context<'_>, room: usize) -> Option<(String, Style)> {
    let channel = cx.state.channels.selected()?;
    if let Some(reason) = &channel.denied {
        return Some((format!("denied: {}", text::row(reason.as_bytes(), room)), cx.theme.bad));
    }
    match &channel.reading {
        Some(Reading::Unreadable(reason)) => {
            Some((format!("counter ?: {}", text::row(reason.as_bytes(), room)), cx.theme.warn))
        }
        _ => None,
    }
}

/// The key that looks for channels, as the keymap has it.
fn discover_key() -> String {
    super::footer::key_of(crate::console::action::Action::Discover)
}

/// The widths of the columns; 0 where one is left out.
#[derive(Debug)]
struct Columns {
    name: usize,
    counter: usize,
    spark: usize,
    rate: usize,
}

impl Columns {
    fn of(cx: &Context<'_>, width: u16, seen: &std::ops::Range<usize>) -> Self {
        let rows = || seen.clone().filter_map(|index| cx.state.channels.list.get(index.checked_sub(1)?));
        let counter = rows().map(|row| cells(&counter(row))).max().unwrap_or(0).max(5);
        let badge = rows().filter_map(|row| badge(cx, row)).map(|(words, _)| cells(&words)).max().unwrap_or(0);
        let names = rows().map(|row| cells(&text::channel(&row.channel, 32))).max().unwrap_or(0).max(12);
        let mut columns = Self { name: 0, counter, spark: 0, rate: 0 };
        let room = usize::from(width).saturating_sub(2 + 1 + counter + if badge > 0 { badge + 1 } else { 0 });
        // A name of eight cells tells more than bars; then come bars, the rate, and longer of each.
        let mut left = room.saturating_sub(8);
        let mut take = |wanted: usize, least: usize| {
            let taken = if left < least { 0 } else { wanted.min(left) };
            left -= taken;
            taken
        };
        let spark = take(6, 5);
        let rate = take(7, 7);
        let name = take(names.saturating_sub(8), 1);
        let longer = if spark > 0 { take(15, 1) } else { 0 };
        columns.spark = (spark + longer).saturating_sub(1);
        columns.rate = rate.saturating_sub(1);
        columns.name = (8 + name + take(usize::from(width), 1)).min(room);
        columns
    }
}

fn draw_row(
    cx: &Context<'_>,
    index: usize,
    columns: &Columns,
    selected: bool,
    inner: Rect,
    row: u16,
    buf: &mut Buffer,
) {
    let theme = cx.theme;
    let mut pen = Pen::new(buf, inner, row);
    pen.put(if selected { MARK } else { " " }, theme.accent);
    let picked = &cx.state.channels.picked;
    let Some(channel) = index.checked_sub(1).and_then(|index| cx.state.channels.list.get(index)) else {
        pen.skip(1);
        pen.column("all channels", columns.name + 1 + columns.counter, Side::Left, strong(theme.text));
        traffic(&mut pen, &cx.state.per_second, columns, theme.traffic, theme.soft);
        return;
    };
    pen.put(if picked.contains(&(index - 1)) { "●" } else { " " }, theme.accent);
    pen.column(&text::channel(&channel.channel, columns.name), columns.name, Side::Left, theme.text);
    let known = matches!(channel.reading, Some(Reading::Value(_)));
    pen.skip(1).column(&counter(channel), columns.counter, Side::Right, if known { theme.text } else { theme.warn });
    traffic(&mut pen, &channel.per_second, columns, theme.traffic, theme.soft);
    if let Some((words, style)) = badge(cx, channel) {
        pen.skip(1).put(&words, style);
    }
}

fn traffic(pen: &mut Pen<'_>, per_second: &PerSecond, columns: &Columns, busy: Style, idle: Style) {
    if columns.spark > 0 {
        let style = if seconds(per_second).rev().take(columns.spark).any(|count| count > 0) { busy } else { idle };
        pen.skip(1).column(&sparkline(seconds(per_second), columns.spark), columns.spark, Side::Left, style);
    }
    if columns.rate > 0 {
        let rate = text::rate(per_second.rate());
        pen.skip(1).column(&format!("{rate}/s"), columns.rate, Side::Right, idle);
    }
}

fn seconds(of: &PerSecond) -> impl DoubleEndedIterator<Item = u64> + Clone {
    of.counts().iter().map(|count| u64::from(*count))
}

/// The counter as it was last read; `?` where it cannot be, `–` where nothing was ever counted.
fn counter(channel: &ChannelState) -> String {
    match &channel.reading {
        Some(Reading::Value(value)) => number(*value),
        Some(Reading::Missing) => String::from("–"),
        Some(Reading::Unreadable(_)) | None => String::from("?"),
    }
}

/// What is wrong with a channel, the worst first.
fn badge(cx: &Context<'_>, channel: &ChannelState) -> Option<(String, Style)> {
    if channel.denied.is_some() {
        Some((String::from("denied"), strong(cx.theme.bad)))
    } else if channel.gaps > channel.handled {
        Some((counted(channel.gaps - channel.handled, "gap"), strong(cx.theme.warn)))
    } else if channel.refused > 0 {
        Some((format!("{} bad", number(channel.refused)), cx.theme.bad))
    } else if channel.other_findings > 0 {
        Some((format!("{} odd", number(channel.other_findings)), cx.theme.note))
    } else {
        None
    }
}

/// All channels in one line; those that do not fit whole are counted.
fn strip(cx: &Context<'_>, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let focused = cx.focused(Pane::Channels);
    let channels = &cx.state.channels;
    let mut pen = Pen::new(buf, area, 0);
    if channels.list.is_empty() {
        pen.skip(1).put("No channel yet", theme.text);
        pen.put(&format!("; {} looks for channels", discover_key()), theme.soft);
        return;
    }
    let mut entries = vec![strip_all(cx)];
    entries.extend(channels.list.iter().enumerate().map(|(index, channel)| strip_entry(cx, index, channel)));
    let width = |entry: &panel::Words| entry.iter().map(|(words, _)| cells(words)).sum::<usize>() + 3;
    // The selected one is always seen: entries left of it give way.
    let cursor = channels.cursor.min(entries.len() - 1);
    let room = usize::from(area.width).saturating_sub(12);
    let mut first = 0;
    while first < cursor && entries[first..=cursor].iter().map(width).sum::<usize>() > room {
        first += 1;
    }
    if first > 0 {
        pen.put(&format!(" ‹{first}"), theme.soft);
    }
    let len = entries.len();
    for (index, entry) in entries.into_iter().enumerate().skip(first) {
        let more = format!(" +{}›", len - index);
        let last = index + 1 == len;
        let needed = width(&entry) - 1 + if last { 0 } else { cells(&more) };
        if index > first && needed > pen.room() {
            pen.put_whole(&more, theme.soft);
            break;
        }
        if index > first {
            pen.put(" ·", theme.line);
        }
        let start = pen.x();
        pen.put(if index == cursor { MARK } else { " " }, theme.accent);
        for (words, style) in &entry {
            pen.put(words, *style);
        }
        if index == cursor {
            let end = pen.x();
            let room = pen.room();
            let line = Rect { x: start, width: end - start, height: 1, y: area.y };
            list::select(buf, line, theme.accent, focused);
            pen = Pen::new(buf, area, 0);
            pen.skip(usize::from(area.width).saturating_sub(room));
        }
    }
}

fn strip_all(cx: &Context<'_>) -> panel::Words {
    vec![(String::from("all"), strong(cx.theme.text)), (format!(" {}/s", text::rate(cx.state.rate())), cx.theme.soft)]
}

fn strip_entry(cx: &Context<'_>, index: usize, channel: &ChannelState) -> panel::Words {
    let theme = cx.theme;
    let picked = if cx.state.channels.picked.contains(&index) { "●" } else { "" };
    let mut words = vec![
        (format!("{picked}{}", text::channel(&channel.channel, 16)), theme.text),
        (format!(" #{}", counter(channel)), theme.soft),
        (
            format!(" {}", sparkline(seconds(&channel.per_second), channel.per_second.counts().len().min(4))),
            theme.traffic,
        ),
    ];
    if let Some((badge, style)) = badge(cx, channel) {
        words.push((format!(" {badge}"), style));
    }
    words
}
