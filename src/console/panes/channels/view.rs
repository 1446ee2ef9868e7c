//! The channels: counter, traffic of the last seconds, gaps and rejections.
//!
//! ```text
//! ╭ Channels ────────────────── 5 ╮
//! │▸all           ▁▂▅▇▅ 12/s      │    in one line on a small screen:
//! │ ops     1 048 ▂▅▇▅▁ 1 gap     │    all 12/s · ops #1 048 ▂▅▇ 1 gap · billing:eu #312 ▁▁▂
//! │ billing                       │    a group of names with a common prefix
//! │ ├ eu      312 ▁▁▂▁▁           │
//! │ └ us        8 ▁▁▁▁▁ silent 6m │
//! │ ◇ audit:*  2 channels         │    a pattern
//! ╰───────────────────────────────╯
//! ```

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::app::footer;
use crate::console::app::narrowing;
use crate::console::keymap::table::Action;
use crate::console::panes::Pane;
use crate::console::panes::channels::columns::Columns;
use crate::console::panes::channels::notes::Notes;
use crate::console::panes::channels::rate::PerSecond;
use crate::console::panes::channels::rows::{ChannelRow, Group, Order};
use crate::console::panes::channels::state::{ChannelState, Channels, PatternState};
use crate::console::panes::channels::strip;
use crate::console::ui::list::MARK;
use crate::console::ui::names::distinct;
use crate::console::ui::panel::Panel;
use crate::console::ui::pen::{Align, Pen};
use crate::console::ui::scrollbar::scrollbar;
use crate::console::ui::sparkline::sparkline;
use crate::console::ui::text::cells;
use crate::console::ui::theme::strong;
use crate::console::ui::{list, panel, text};
use crate::ledger::format;
use crate::ledger::format::{counted, number};
use crate::ledger::sequence::Reading;

/// The maximum width of a name before it is shortened to its column, in cells. Longer names are cut at the end first.
const MAX_NAME: usize = 256;

/// Draws the pane, or its line on a small screen.
pub(crate) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer) {
    if area.height < 3 {
        strip::render(cx, area, buf);
        return;
    }
    let focused = cx.focused(Pane::Channels);
    let channels = &cx.state.channels;
    let mut below = Vec::new();
    if channels.others > 0 {
        below.push((format!("{} of further channels", counted(channels.others, "message")), cx.theme.warn));
    }
    if let Some((words, style)) = problem(cx, usize::from(area.width)) {
        below = vec![(words, style)];
    }
    let (text, count) = narrowing::words(cx, Pane::Channels);
    let below = text.into_iter().chain(below).collect();
    let right = match channels.picked.len() {
        _ if !count.is_empty() => count,
        0 => vec![(number(channels.list.len() as u64), cx.theme.soft)],
        picked => vec![(format!("{picked} of {} shown", number(channels.list.len() as u64)), cx.theme.accent)],
    };
    let inner = Panel {
        border: panel::border(cx.theme, focused),
        title: vec![panel::name(cx.theme, "Channels", focused), (order(channels.order).to_owned(), cx.theme.soft)],
        right,
        below,
        below_right: Vec::new(),
    }
    .draw(area, buf);
    let len = channels.lines().len();
    let seen = channels.window(usize::from(inner.height));
    scrollbar(buf, inner, len, seen.start, cx.theme.soft);
    let columns = Columns::of(cx, inner.width, &seen);
    let names = names(cx, &columns, &seen);
    for ((row, index), name) in (0..).zip(seen).zip(&names) {
        let Some(line) = channels.lines().get(index) else { break };
        let selected = index == channels.position.cursor;
        draw_row(cx, (index, line), name, &columns, selected, inner, row, buf);
        if selected {
            list::select(buf, list::line(inner, row), cx.theme.accent, focused);
        }
    }
    let below = Rect { y: inner.y + inner.height.min(2), height: inner.height.saturating_sub(2), ..inner };
    if channels.narrowing.is_narrowed() && channels.found().0 == 0 {
        list::empty(cx, below, buf, "No channel matches.", &narrowing::advice(cx));
    } else if channels.list.is_empty() && channels.patterns.is_empty() && inner.height > 3 {
        let advice =
            format!("Each channel gets a line with its first message; {} looks for channels.", discover_key(cx));
        list::empty(cx, below, buf, "No channel yet.", &advice);
    }
}

/// The name of the order in the title. Empty for the default order.
fn order(order: Order) -> &'static str {
    match order {
        Order::Seen => "",
        Order::Name => " by name",
        Order::Rate => " by rate",
        Order::Findings => " by findings",
        Order::Last => " by last",
    }
}

/// The reason why the selected channel or pattern is denied, or why its counter cannot be read.
fn problem(cx: &Context<'_>, room: usize) -> Option<(String, Style)> {
    let channels = &cx.state.channels;
    if let ChannelRow::Pattern(index) = channels.line() {
        let reason = channels.patterns.get(*index)?.denied.as_ref()?;
        return Some((format!("denied: {}", text::row(reason.as_bytes(), room)), cx.theme.bad));
    }
    let channel = channels.selected()?;
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

/// The key that starts discovery, from the keymap.
pub(crate) fn discover_key(cx: &Context<'_>) -> String {
    footer::key_of(cx, Action::Discover)
}

/// The names of the lines that are shown, each in the width of its column. The names in a group stay distinct.
fn names(cx: &Context<'_>, columns: &Columns, seen: &Range<usize>) -> Vec<String> {
    let channels = &cx.state.channels;
    let lines = channels.lines().get(seen.clone()).unwrap_or_default();
    let mut names = vec![String::new(); lines.len()];
    let deepest = lines.iter().map(ChannelRow::depth).max().unwrap_or(0);
    for depth in 0..=deepest {
        let places: Vec<usize> = (0..lines.len()).filter(|place| lines[*place].depth() <= depth).collect();
        // A line that is less deep begins another group.
        for group in places.chunk_by(|_, next| lines[*next].depth() == depth) {
            let channel = |place: &usize| match &lines[*place] {
                ChannelRow::Channel { index, shared, depth: own } if *own == depth => {
                    let channel = channels.list.get(*index)?;
                    Some((*place, text::row(own_part(channel.channel.as_bytes(), *shared), MAX_NAME)))
                }
                _ => None,
            };
            let (places, whole): (Vec<usize>, Vec<String>) = group.iter().filter_map(channel).unzip();
            let head = if depth == 0 { 0 } else { 2 };
            let short = distinct(&whole, columns.name.saturating_sub(2 * depth), head);
            for (place, name) in places.into_iter().zip(short) {
                names[place] = name;
            }
        }
    }
    names
}

/// The connector of a line in the tree: `└` before the last one of a group.
fn connector(channels: &Channels, index: usize) -> String {
    let depth = channels.lines().get(index).map_or(0, ChannelRow::depth);
    if depth == 0 {
        return String::new();
    }
    let glyph = if channels.is_end(index) { "└" } else { "├" };
    format!("{}{glyph} ", "  ".repeat(depth - 1))
}

#[expect(clippy::too_many_arguments, reason = "one argument for each thing that the row depends on")]
fn draw_row(
    cx: &Context<'_>,
    (index, line): (usize, &ChannelRow),
    name: &str,
    columns: &Columns,
    selected: bool,
    inner: Rect,
    row: u16,
    buf: &mut Buffer,
) {
    let theme = cx.theme;
    let channels = &cx.state.channels;
    let connector = connector(channels, index);
    let mut pen = Pen::new(buf, inner, row);
    pen.put(if selected { MARK } else { " " }, theme.accent);
    match line {
        ChannelRow::All => {
            pen.column("all", columns.name + 2 + columns.counter, Align::Left, strong(theme.text));
            traffic(&mut pen, &cx.state.per_second, columns.spark, columns.rate, (theme.traffic, theme.soft));
            if columns.rate == 0 {
                let rate = cx.state.per_second.rate();
                let exact = format!("{}/s", format::rate(rate));
                let rounded = rate.map(|rate| format!("{rate:.0}/s"));
                let shown = rounded.filter(|_| cells(&exact) >= pen.room()).unwrap_or(exact);
                pen.skip(1).put(&shown, theme.soft);
            }
        }
        ChannelRow::Group(group) => group_row(cx, group, &connector, columns, &mut pen),
        ChannelRow::Channel { index, .. } => {
            if let Some(channel) = channels.list.get(*index) {
                channel_row(cx, (*index, channel), (&connector, name), columns, &mut pen);
            }
        }
        ChannelRow::Pattern(index) => {
            if let Some(pattern) = channels.patterns.get(*index) {
                let (words, style) = problem_of_pattern(cx, pattern);
                pen.put("◇ ", theme.soft);
                let room = pen.room().saturating_sub(cells(&words) + 1);
                let width = (columns.name + 1 + columns.counter).saturating_sub(2).min(room);
                let name = if pattern.unsubscribed { theme.soft } else { theme.text };
                pen.column(&text::row(pattern.name.as_bytes(), width), width, Align::Left, name).skip(1);
                pen.put(&words, style);
            }
        }
    }
}

fn group_row(cx: &Context<'_>, group: &Group, connector: &str, columns: &Columns, pen: &mut Pen<'_>) {
    let theme = cx.theme;
    let channels = &cx.state.channels;
    let sum = &group.sum;
    let picked = channels.picked.iter().filter(|index| group.members.binary_search(index).is_ok()).count();
    pen.put(connector, theme.line);
    let width = (columns.name + 2 + columns.counter).saturating_sub(cells(connector));
    let count = if group.folded { format!(" ({})", number(group.members.len() as u64)) } else { String::new() };
    let mark = match (pick_mark(picked, group.members.len()), group.folded) {
        (" ", true) => "⊞ ",
        (" ", false) => "",
        ("●", _) => "● ",
        (_, _) => "◐ ",
    };
    let prefix = own_part(&group.prefix, group.shared);
    let name =
        text::row(prefix.get(..prefix.len().saturating_sub(1)).unwrap_or(prefix), width - cells(&count).min(width));
    pen.column(&format!("{mark}{name}{count}"), width, Align::Left, theme.text);
    let (notes, bars) = columns.notes(&Notes::of_group(cx, group));
    if bars > 0 {
        pen.skip(1 + bars);
    }
    if columns.rate > 0 {
        pen.skip(1).column(&format!("{}/s", format::rate(sum.rate)), columns.rate, Align::Right, theme.soft);
    }
    age(cx, sum.last_at, columns, pen);
    put_notes(&notes, pen);
}

/// The part of a name after the prefix that its group shows.
pub(crate) fn own_part(name: &[u8], shared: usize) -> &[u8] {
    name.get(shared..).unwrap_or(name)
}

/// The mark of a line of which `picked` of `of` channels are picked.
fn pick_mark(picked: usize, of: usize) -> &'static str {
    match picked {
        0 => " ",
        all if all == of => "●",
        _ => "◐",
    }
}

fn channel_row(
    cx: &Context<'_>,
    (index, channel): (usize, &ChannelState),
    (connector, name): (&str, &str),
    columns: &Columns,
    pen: &mut Pen<'_>,
) {
    let theme = cx.theme;
    let style = if channel.unsubscribed { theme.soft } else { theme.text };
    let width = (columns.name + 1).saturating_sub(cells(connector));
    pen.put(connector, theme.line);
    let picked = cx.state.channels.picked.contains(&index);
    if picked {
        pen.put("●", theme.accent).column(name, width.saturating_sub(1), Align::Left, style);
    } else {
        pen.column(name, width, Align::Left, style);
    }
    let known = matches!(channel.reading, Some(Reading::Value(_))) && !channel.unsubscribed;
    let unknown = if channel.unsubscribed { theme.soft } else { theme.warn };
    pen.skip(1).column(&counter(channel), columns.counter, Align::Right, if known { theme.text } else { unknown });
    let (notes, bars) = columns.notes(&Notes::of_channel(cx, channel));
    traffic(pen, &channel.per_second, bars, columns.rate, (theme.traffic, theme.soft));
    age(cx, channel.last_at, columns, pen);
    put_notes(&notes, pen);
}

/// Writes the notes of a line.
fn put_notes(words: &panel::Words, pen: &mut Pen<'_>) {
    pen.skip(1);
    for (words, style) in words {
        pen.put(words, *style);
    }
}

/// Writes the bars and the rate, if they have a width.
fn traffic(pen: &mut Pen<'_>, per_second: &PerSecond, bars: usize, rate: usize, (busy, idle): (Style, Style)) {
    if bars > 0 {
        let style = if seconds(per_second).rev().take(bars).any(|count| count > 0) { busy } else { idle };
        pen.skip(1).column(&sparkline(seconds(per_second), bars), bars, Align::Left, style);
    }
    if rate > 0 {
        let words = format!("{}/s", format::rate(per_second.rate()));
        pen.skip(1).column(&words, rate, Align::Right, idle);
    }
}

/// Writes the age of the last message. Writes nothing before the first one.
fn age(cx: &Context<'_>, last_at: Option<i64>, columns: &Columns, pen: &mut Pen<'_>) {
    if columns.age > 0 {
        let age = last_at.map(|at| format::short_age(at, cx.state.now)).unwrap_or_default();
        pen.skip(1).column(&age, columns.age, Align::Right, cx.theme.soft);
    }
}

pub(crate) fn seconds(of: &PerSecond) -> impl DoubleEndedIterator<Item = u64> + Clone {
    of.counts().iter().map(|count| u64::from(*count))
}

/// The last reading of the counter. `?` if it cannot be read, `–` if there is no counter.
pub(crate) fn counter(channel: &ChannelState) -> String {
    match &channel.reading {
        Some(Reading::Value(value)) => number(*value),
        Some(Reading::Missing) => String::from("–"),
        Some(Reading::Unreadable(_)) | None => String::from("?"),
    }
}

/// The number of channels that a pattern matches, or that it is denied or was unsubscribed.
pub(crate) fn problem_of_pattern(cx: &Context<'_>, pattern: &PatternState) -> (String, Style) {
    if pattern.denied.is_some() {
        (String::from("denied"), strong(cx.theme.bad))
    } else if pattern.unsubscribed {
        (String::from("off"), cx.theme.soft)
    } else {
        (counted(pattern.channels as u64, "channel"), cx.theme.soft)
    }
}
