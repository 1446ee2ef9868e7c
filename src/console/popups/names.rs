//! The message names of one or more channels.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::app::narrowing;
use crate::console::app::state::State;
use crate::console::layout::popup_rows;
use crate::console::panes::channels::names::{NameOrder, NameRow};
use crate::console::panes::channels::rows::ChannelRow;
use crate::console::popups::Popup;
use crate::console::ui::list_cursor::ListCursor;
use crate::console::ui::narrowing::Narrowing;
use crate::console::ui::pen::{Align, Pen};
use crate::console::ui::text::Precision;
use crate::console::ui::{list, popup_frame, text, verdict};
use crate::ledger::format;
use crate::ledger::format::{counted, number};
use crate::wire::escape::escape;

/// The names, refreshed every second.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamesView {
    /// The indices of the channels. `None`: all channels.
    pub channels: Option<Vec<usize>>,
    /// The name of the channels, not escaped. Empty: all channels.
    pub title: Vec<u8>,
    /// Whether it shows the newest message of each name instead of the counts.
    pub latest: bool,
    /// The order.
    pub order: NameOrder,
    /// The names.
    pub rows: Vec<NameRow>,
    /// The number of names without the narrowing.
    pub all: usize,
    /// The text that narrows the names.
    pub narrowing: Narrowing,
    /// The cursor.
    pub position: ListCursor,
}

/// Shows the names of the channels under the cursor of Channels, with their counts or their newest messages.
pub(crate) fn show(state: &mut State, latest: bool) {
    let channels = &state.channels;
    let line = channels.line();
    let title = match line {
        ChannelRow::All => Vec::new(),
        ChannelRow::Group(group) => group.prefix.clone(),
        ChannelRow::Channel { index, .. } => {
            channels.list.get(*index).map_or_else(Vec::new, |c| c.channel.as_bytes().to_vec())
        }
        ChannelRow::Pattern(index) => {
            channels.patterns.get(*index).map_or_else(Vec::new, |p| p.name.clone().into_bytes())
        }
    };
    state.popup = Some(Popup::Names(NamesView {
        channels: channels.members(line),
        title,
        latest,
        // New messages do not move the rows.
        order: if latest { NameOrder::Name } else { NameOrder::default() },
        ..NamesView::default()
    }));
    refresh(state);
}

/// Switches to the next order.
pub(crate) fn next_order(state: &mut State) {
    if let Some(Popup::Names(view)) = &mut state.popup {
        view.order = view.order.next();
        view.position = ListCursor::default();
    }
    refresh(state);
}

/// Reads the counts again. The cursor stays on its name.
pub(crate) fn refresh(state: &mut State) {
    let Some(Popup::Names(view)) = &mut state.popup else { return };
    let mut rows = state.names.rows(view.channels.as_deref(), view.order, state.now);
    view.all = rows.iter().filter(|row| row.name.is_some()).count();
    if view.narrowing.is_narrowed() {
        let wanted = view.narrowing.wanted();
        rows.retain(|row| row.name.as_ref().is_some_and(|name| wanted.is_in(&escape(name))));
    }
    if view.position.cursor > 0
        && let Some(before) = view.rows.get(view.position.cursor)
        && let Some(now) = rows.iter().position(|row| row.name == before.name)
    {
        view.position.cursor = now;
    }
    view.position.cursor = view.position.cursor.min(rows.len().saturating_sub(1));
    view.rows = rows;
}

/// Draws the list over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, view: &NamesView, buf: &mut Buffer) {
    let theme = cx.theme;
    let of = if view.title.is_empty() { String::from("all channels") } else { text::row(&view.title, 32) };
    let what = if view.latest { "Latest per name" } else { "Names" };
    let title = format!("{what} on {of} {}", order(view.order));
    let names = view.rows.iter().filter(|row| row.name.is_some()).count();
    let right = if view.narrowing.is_narrowed() {
        view.narrowing.count(names, view.all, theme.accent)
    } else {
        vec![(counted(names as u64, "name"), theme.soft)]
    };
    let inner = popup_frame::draw_narrowed(cx, popup, &title, right, &view.narrowing, buf);
    if view.rows.is_empty() && view.narrowing.is_narrowed() {
        list::empty(cx, inner, buf, "No name matches.", &narrowing::popup_advice(cx));
        return;
    }
    if view.rows.is_empty() {
        list::empty(cx, inner, buf, "No message yet.", "Each name gets a line with its first message.");
        return;
    }
    let rows = popup_rows(cx.state.size, popup).intersection(inner);
    if view.latest {
        let mut pen = Pen::new(buf, inner, 0);
        pen.skip(2).column("name", LATEST_NAME, Align::Left, theme.soft).skip(1);
        pen.column("time", LATEST_TIME, Align::Left, theme.soft).skip(1);
        pen.column("number", LATEST_SEQUENCE, Align::Right, theme.soft).skip(3).put("data", theme.soft);
        list::rows(cx, rows, view.position, view.rows.len(), buf, |pen, index| {
            draw_latest(cx, &view.rows[index], pen.skip(1));
        });
        return;
    }
    let width = usize::from(inner.width).saturating_sub(2 + COLUMNS.iter().map(|(_, width)| width + 1).sum::<usize>());
    let mut pen = Pen::new(buf, inner, 0);
    pen.skip(2).column("name", width, Align::Left, theme.soft);
    for (heading, width) in COLUMNS {
        pen.skip(1).column(heading, width, Align::Right, theme.soft);
    }
    let all = view.rows.iter().map(|row| row.count.count).fold(0, u64::saturating_add).max(1);
    list::rows(cx, rows, view.position, view.rows.len(), buf, |pen, index| {
        draw_row(cx, &view.rows[index], all, width, pen.skip(1));
    });
}

/// The columns after the name, and their widths.
const COLUMNS: [(&str, usize); 5] = [("count", 11), ("share", 6), ("rate/s", 8), ("rejected", 9), ("last", 5)];

/// The widths of the columns that show the newest message of each name.
const LATEST_NAME: usize = 20;
const LATEST_TIME: usize = 8;
const LATEST_SEQUENCE: usize = 12;

fn name_of(cx: &Context<'_>, row: &NameRow, width: usize) -> (String, Style) {
    let theme = cx.theme;
    match &row.name {
        Some(name) if name.is_empty() => (String::from("(empty name)"), theme.soft),
        Some(name) => (text::row(name, width), theme.text),
        None => (String::from("…all other names"), theme.soft),
    }
}

/// Draws a name with its newest message, which the scrollback has until it is trimmed.
fn draw_latest(cx: &Context<'_>, row: &NameRow, pen: &mut Pen<'_>) {
    let theme = cx.theme;
    let (name, style) = name_of(cx, row, LATEST_NAME);
    pen.column(&name, LATEST_NAME, Align::Left, style).skip(1);
    let time = cx.time(row.count.last_at, Precision::Seconds);
    pen.column(&time, LATEST_TIME, Align::Left, theme.soft).skip(1);
    let latest = cx.state.messages.row(row.count.last_row);
    let Some((latest, message)) = latest.and_then(|row| row.message().map(|message| (row, message))) else {
        pen.column("?", LATEST_SEQUENCE, Align::Right, theme.soft).skip(1).put("trimmed", theme.soft);
        return;
    };
    pen.column(&message.sequence.to_string(), LATEST_SEQUENCE, Align::Right, theme.accent).skip(1);
    let glyph = verdict::glyph(message.verdict);
    pen.put(glyph, verdict::style(cx, message.verdict)).skip(1);
    let room = pen.room();
    pen.put(&text::row(latest.interval.envelope(message).data, room), theme.text);
}

fn draw_row(cx: &Context<'_>, row: &NameRow, all: u64, width: usize, pen: &mut Pen<'_>) {
    let theme = cx.theme;
    let (name, style) = name_of(cx, row, width);
    let count = &row.count;
    let rejected = if count.rejected == 0 { String::from("–") } else { number(count.rejected) };
    let cells = [
        (number(count.count), theme.text),
        (share(count.count, all), theme.soft),
        (format::tenths(count.in_ten_seconds(cx.state.now)), theme.text),
        (rejected, if count.rejected == 0 { theme.soft } else { theme.bad }),
        (format::short_age(count.last_at, cx.state.now), theme.soft),
    ];
    pen.column(&name, width, Align::Left, style);
    for ((text, style), (_, width)) in cells.iter().zip(COLUMNS) {
        pen.skip(1).column(text, width, Align::Right, *style);
    }
}

/// A share in whole percent; `<1%` if it is less but not zero.
fn share(count: u64, all: u64) -> String {
    match u128::from(count) * 100 / u128::from(all) {
        0 if count > 0 => String::from("<1%"),
        percent => format!("{percent}%"),
    }
}

fn order(order: NameOrder) -> &'static str {
    match order {
        NameOrder::Count => "by count",
        NameOrder::Rate => "by rate",
        NameOrder::Rejected => "by rejected",
        NameOrder::Last => "by last",
        NameOrder::Name => "by name",
    }
}
