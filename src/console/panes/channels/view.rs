//! The channels: counter, traffic of the last seconds, gaps and rejections.
//!
//! ```text
//! ╭ Channels ────────────────────╮
//! │  all        1 248 ▁▂▅▇▅ 12/s │    one line, where there is no room:
//! │▸ ops        1 048 ▂▅▇▅  1 gap│    all 12/s · ops #1 048 ▂▅▇ 1 gap · billing #312 ▁▁▂
//! │● billing      312 ▁▁▂▁       │
//! │  ⊟ shop:(3)             9/s  │    a group of names that begin alike
//! │  ◇ audit:*       2 channels  │    a pattern
//! ╰──────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::app::footer;
use crate::console::app::state::Pane;
use crate::console::keymap::action::Action;
use crate::console::panes::channels::columns::Columns;
use crate::console::panes::channels::rate::PerSecond;
use crate::console::panes::channels::rows::{ChannelRow, Group, Order, Sum};
use crate::console::panes::channels::state::{ChannelState, PatternState};
use crate::console::panes::channels::strip;
use crate::console::ui::list::MARK;
use crate::console::ui::panel::Panel;
use crate::console::ui::pen::{Pen, Side};
use crate::console::ui::scrollbar::scrollbar;
use crate::console::ui::sparkline::sparkline;
use crate::console::ui::text::{cells, counted, number};
use crate::console::ui::theme::strong;
use crate::console::ui::{list, panel, text};
use crate::ledger::sequence::Reading;

/// Draws the pane, or its one line where there is no room for a border.
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
    if let Some((words, style)) = trouble(cx, usize::from(area.width)) {
        below = vec![(words, style)];
    }
    let right = match channels.picked.len() {
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
    for (row, index) in (0..).zip(seen) {
        let Some(line) = channels.lines().get(index) else { break };
        let selected = index == channels.cursor;
        draw_row(cx, line, &columns, selected, inner, row, buf);
        if selected {
            list::select(buf, list::line(inner, row), cx.theme.accent, focused);
        }
    }
    if channels.list.is_empty() && channels.patterns.is_empty() && inner.height > 3 {
        let below = Rect { y: inner.y + 2, height: inner.height - 2, ..inner };
        let advice = format!("Each channel gets a line with its first message; {} looks for channels.", discover_key());
        list::empty(cx, below, buf, "No channel yet.", &advice);
    }
}

/// The order in the title; that of appearance needs no word.
fn order(order: Order) -> &'static str {
    match order {
        Order::Seen => "",
        Order::Name => " by name",
        Order::Rate => " by rate",
        Order::Trouble => " by findings",
        Order::Last => " by last",
    }
}

/// Why the selected channel or pattern is denied, or its counter cannot be read.
fn trouble(cx: &Context<'_>, room: usize) -> Option<(String, Style)> {
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

/// The key that looks for channels, as the keymap has it.
pub(crate) fn discover_key() -> String {
    footer::key_of(Action::Discover)
}

fn draw_row(
    cx: &Context<'_>,
    line: &ChannelRow,
    columns: &Columns,
    selected: bool,
    inner: Rect,
    row: u16,
    buf: &mut Buffer,
) {
    let theme = cx.theme;
    let channels = &cx.state.channels;
    let mut pen = Pen::new(buf, inner, row);
    pen.put(if selected { MARK } else { " " }, theme.accent);
    match line {
        ChannelRow::All => {
            pen.skip(1);
            pen.column("all channels", columns.name + 1 + columns.counter, Side::Left, strong(theme.text));
            traffic(&mut pen, &cx.state.per_second, columns, theme.traffic, theme.soft);
        }
        ChannelRow::Group(group) => group_row(cx, group, columns, &mut pen),
        ChannelRow::Channel { index, depth, said } => {
            if let Some(channel) = channels.list.get(*index) {
                channel_row(cx, (*index, channel), (*depth, *said), columns, &mut pen);
            }
        }
        ChannelRow::Pattern(index) => {
            if let Some(pattern) = channels.patterns.get(*index) {
                let (words, style) = trouble_of_pattern(cx, pattern);
                pen.skip(1).put("◇ ", theme.soft);
                let room = pen.room().saturating_sub(cells(&words) + 1);
                let width = (columns.name + 1 + columns.counter).saturating_sub(2).min(room);
                let name = if pattern.dropped { theme.soft } else { theme.text };
                pen.column(&text::row(pattern.name.as_bytes(), width), width, Side::Left, name).skip(1);
                pen.put(&words, style);
            }
        }
    }
}

fn group_row(cx: &Context<'_>, group: &Group, columns: &Columns, pen: &mut Pen<'_>) {
    let theme = cx.theme;
    let channels = &cx.state.channels;
    let sum = Sum::of(&channels.list, &group.members);
    let picked = group.members.iter().filter(|index| channels.picked.contains(index)).count();
    pen.put(pick_mark(picked, group.members.len()), theme.accent);
    let indent = 2 * group.depth;
    let count = format!("({})", text::number(group.members.len() as u64));
    let width = (columns.name + 1 + columns.counter).saturating_sub(indent + 2 + cells(&count) + 1);
    pen.skip(indent).put(if group.folded { "⊞ " } else { "⊟ " }, theme.soft);
    pen.column(&text::row(own_part(&group.prefix, group.said), width), width, Side::Left, theme.text)
        .skip(1)
        .put(&count, theme.soft);
    if columns.spark > 0 {
        pen.skip(1 + columns.spark);
    }
    if columns.rate > 0 {
        pen.skip(1).column(&format!("{}/s", text::rate(sum.rate)), columns.rate, Side::Right, theme.soft);
    }
    age(cx, sum.last_at, columns, pen);
    if let Some((words, style)) = trouble_of_group(cx, &sum) {
        pen.skip(1).put(&words, style);
    }
}

/// What a line says of a name; its group says the rest.
pub(crate) fn own_part(name: &[u8], said: usize) -> &[u8] {
    name.get(said..).unwrap_or(name)
}

/// How much of a line is picked.
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
    (depth, said): (usize, usize),
    columns: &Columns,
    pen: &mut Pen<'_>,
) {
    let theme = cx.theme;
    pen.put(if cx.state.channels.picked.contains(&index) { "●" } else { " " }, theme.accent);
    let width = columns.name.saturating_sub(2 * depth);
    let name = if channel.dropped { theme.soft } else { theme.text };
    pen.skip(columns.name - width).column(
        &text::row(own_part(channel.channel.as_bytes(), said), width),
        width,
        Side::Left,
        name,
    );
    let known = matches!(channel.reading, Some(Reading::Value(_))) && !channel.dropped;
    let unknown = if channel.dropped { theme.soft } else { theme.warn };
    pen.skip(1).column(&counter(channel), columns.counter, Side::Right, if known { theme.text } else { unknown });
    traffic(pen, &channel.per_second, columns, theme.traffic, theme.soft);
    age(cx, channel.last_at, columns, pen);
    if let Some((words, style)) = worst(cx, channel) {
        pen.skip(1);
        if columns.every_trouble {
            pen.put(&every_trouble(cx, channel), style);
        } else {
            pen.put(&words, style);
        }
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

/// How long ago the last message came; nothing before the first.
fn age(cx: &Context<'_>, last_at: Option<i64>, columns: &Columns, pen: &mut Pen<'_>) {
    if columns.age > 0 {
        let age = last_at.map(|at| text::short_age(at, cx.state.now)).unwrap_or_default();
        pen.skip(1).column(&age, columns.age, Side::Right, cx.theme.soft);
    }
}

pub(crate) fn seconds(of: &PerSecond) -> impl DoubleEndedIterator<Item = u64> + Clone {
    of.counts().iter().map(|count| u64::from(*count))
}

/// The counter as it was last read; `?` where it cannot be, `–` where nothing was ever counted.
pub(crate) fn counter(channel: &ChannelState) -> String {
    match &channel.reading {
        Some(Reading::Value(value)) => number(*value),
        Some(Reading::Missing) => String::from("–"),
        Some(Reading::Unreadable(_)) | None => String::from("?"),
    }
}

/// The worst that is to be said of a channel.
pub(crate) fn worst(cx: &Context<'_>, channel: &ChannelState) -> Option<(String, Style)> {
    troubles(cx, channel).into_iter().next()
}

/// All that is to be said of a channel, the worst first.
pub(crate) fn every_trouble(cx: &Context<'_>, channel: &ChannelState) -> String {
    let words: Vec<String> = troubles(cx, channel).into_iter().map(|(words, _)| words).collect();
    words.join(" · ")
}

fn troubles(cx: &Context<'_>, channel: &ChannelState) -> Vec<(String, Style)> {
    let mut words = Vec::new();
    if channel.denied.is_some() {
        words.push((String::from("denied"), strong(cx.theme.bad)));
    }
    if channel.dropped {
        words.push((String::from("dropped"), cx.theme.soft));
    }
    let sum =
        Sum { gaps: channel.open_gaps(), rejected: channel.rejected, others: channel.other_findings, ..Sum::default() };
    words.extend(found(cx, &sum));
    words
}

/// The worst of a group's channels together.
pub(crate) fn trouble_of_group(cx: &Context<'_>, sum: &Sum) -> Option<(String, Style)> {
    if sum.denied > 0 {
        return Some((format!("{} denied", number(sum.denied)), strong(cx.theme.bad)));
    }
    found(cx, sum).into_iter().next()
}

fn found(cx: &Context<'_>, sum: &Sum) -> Vec<(String, Style)> {
    let mut words = Vec::new();
    if sum.gaps > 0 {
        words.push((counted(sum.gaps, "gap"), strong(cx.theme.warn)));
    }
    if sum.rejected > 0 {
        words.push((format!("✗ {}", number(sum.rejected)), cx.theme.bad));
    }
    if sum.others > 0 {
        words.push((format!("{} other", number(sum.others)), cx.theme.note));
    }
    words
}

/// What a pattern brought, or what became of it.
pub(crate) fn trouble_of_pattern(cx: &Context<'_>, pattern: &PatternState) -> (String, Style) {
    if pattern.denied.is_some() {
        (String::from("denied"), strong(cx.theme.bad))
    } else if pattern.dropped {
        (String::from("dropped"), cx.theme.soft)
    } else {
        (counted(pattern.channels as u64, "channel"), cx.theme.soft)
    }
}
