//! The messages, findings and link changes in the order in which they were received.
//!
//! ```text
//! ╭ Messages · all channels ───────────────────────────────────── paused ▼ 128 new ╮
//! │ 12:31:06.412 ops     #1046 cache-flush  ✓ {"tag":"cart"}                       ┃
//! │▸12:31:06.913★ops     #1047 price-update ✓ {"sku":"A-17","price":9.5}           ┃
//! │ 12:31:11.007 ┄┄ ops  16 missed  #1031–1046  disconnected 4.2 s ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ │
//! │ 12:31:11.020 ops     #1064 user-logout  ✗ signature mismatch  {"id":9}         │
//! ╰ 204 of 9 977 ──────────────────────────────────────────── 1 204 older trimmed ╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::app::footer;
use crate::console::app::scrollback::Row;
use crate::console::app::settings::MessageColumn;
use crate::console::app::state::State;
use crate::console::keymap::table::Action;
use crate::console::layout::Layout;
use crate::console::panes::Pane;
use crate::console::panes::messages::columns::{Columns, Slot};
use crate::console::ui::list::MARK;
use crate::console::ui::panel::{Panel, Words};
use crate::console::ui::pen::{Align, Pen};
use crate::console::ui::scrollbar::scrollbar;
use crate::console::ui::theme::{PLAIN, strong};
use crate::console::ui::{list, panel, text, verdict};
use crate::console::{filter, search};
use crate::ledger::dropped::Dropped;
use crate::ledger::finding::Finding;
use crate::ledger::format::{counted, number};
use crate::ledger::interval::{Entry, Link, LinkState, Message};
use crate::wire::verdict::Verdict;

/// The maximum cells of the reason why a filter could not be evaluated.
const MAX_REASON: usize = 40;

/// Draws the pane. With a border, it shows the receipt of the message that was sent last.
pub(crate) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer, framed: bool, receipt: Option<Words>) {
    let focused = cx.focused(Pane::Messages);
    let inner = if framed { frame(cx, area, buf, focused, receipt) } else { area };
    let messages = &cx.state.messages;
    let len = messages.shown_len();
    if len == 0 {
        nothing_yet(cx, inner, buf);
        return;
    }
    let inner = list_area(inner, framed);
    let (columns, drawn) = drawn(cx, inner);
    scrollbar(buf, inner, len, drawn.first().map_or(0, |row| row.index), cx.theme.soft);
    for DrawnRow { index, y, lines } in drawn {
        let Some(row_id) = messages.shown_row_id(index) else { continue };
        let Some(row) = messages.row(row_id) else { continue };
        let selected = messages.cursor == Some(row_id);
        let area = Rect { y: inner.y + y, height: lines, ..inner };
        let style = draw_row(cx, row_id, row, &columns, selected, area, buf);
        if selected {
            (0..lines).for_each(|line| list::select(buf, list::line(area, line), style, focused));
        }
        annotations(cx, row_id, area, buf);
        if let Some(search) = cx.state.search.as_ref().filter(|search| search.is_hit(row_id)) {
            let left = 1 + columns.cells(Slot::Time);
            let from = area.x.saturating_add(u16::try_from(left).unwrap_or(u16::MAX)).min(area.right());
            for line in 0..lines {
                let text = Rect { x: from, width: area.right() - from, ..list::line(area, line) };
                search::view::mark(cx, search, text, buf);
            }
        }
    }
}

/// The maximum lines of a row while payloads are wrapped.
const MAX_LINES: u16 = 3;

/// A row that is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DrawnRow {
    /// Its index among the shown rows.
    pub(crate) index: usize,
    /// The lines of the list above it.
    pub(crate) y: u16,
    /// Its lines.
    pub(crate) lines: u16,
}

/// The rows that are drawn for a state.
pub(crate) fn drawn_now(state: &State) -> Vec<DrawnRow> {
    let layout = Layout::for_state(state);
    let Some(inner) = layout.inner(Pane::Messages) else { return Vec::new() };
    drawn(&Context { state, theme: &PLAIN }, list_area(inner, layout.bordered(Pane::Messages))).1
}

/// The area of the rows. Without a border, the scrollbar takes the last column.
fn list_area(inner: Rect, framed: bool) -> Rect {
    if framed { inner } else { Rect { width: inner.width.saturating_sub(1), ..inner } }
}

/// The columns, and the rows that are drawn in an area. The selected row is one of them.
fn drawn<'a>(cx: &Context<'a>, area: Rect) -> (Columns<'a>, Vec<DrawnRow>) {
    let messages = &cx.state.messages;
    let (len, height) = (messages.shown_len(), usize::from(area.height));
    let width = usize::from(area.width);
    let row = |index| messages.row(messages.shown_row_id(index)?);
    if !messages.wrapped || height == 0 {
        let shown = messages.position(height).range(len, height);
        let columns = Columns::of(cx, &shown.clone().filter_map(row).collect::<Vec<_>>(), width);
        let drawn = shown.zip(0..).map(|(index, y)| DrawnRow { index, y, lines: 1 }).collect();
        return (columns, drawn);
    }
    let cursor = messages.cursor.map_or(0, |row_id| messages.shown_index(row_id));
    let top = if messages.follow { len.saturating_sub(height) } else { messages.shown_index(messages.top).min(cursor) };
    let near: Vec<&Row> = (top..(top + height).min(len)).filter_map(row).collect();
    let columns = Columns::of(cx, &near, width);
    let lines = |index: usize| {
        let row_id = messages.shown_row_id(index);
        row_id.and_then(|row_id| Some(lines_of(cx, row_id, messages.row(row_id)?, &columns, area.width))).unwrap_or(1)
    };
    // The first row of a window that ends before this one.
    let first_before = |end: usize| {
        let mut left = area.height;
        let fits = |index: &usize| {
            let lines = lines(*index);
            let fits = lines <= left;
            left = left.saturating_sub(lines);
            fits
        };
        (0..end).rev().take_while(fits).last().unwrap_or(end.saturating_sub(1))
    };
    let last = first_before(len);
    let first = if messages.follow { last } else { top.max(first_before(cursor + 1)).min(last) };
    let mut drawn = Vec::new();
    let mut y = 0;
    for index in first..len {
        let lines = lines(index).min(area.height);
        if y + lines > area.height {
            break;
        }
        drawn.push(DrawnRow { index, y, lines });
        y += lines;
    }
    (columns, drawn)
}

/// The lines that a row needs for its payload.
fn lines_of(cx: &Context<'_>, row_id: u64, row: &Row, columns: &Columns<'_>, width: u16) -> u16 {
    let Some(message) = row.message().filter(|_| cx.state.messages.copies.sharing(row_id).is_none()) else { return 1 };
    // What is before the payload is drawn to find out how wide it is.
    let area = Rect::new(0, 0, width, 1);
    let mut buf = Buffer::empty(area);
    let mut pen = Pen::new(&mut buf, area, 0);
    draw_head(cx, row_id, row, columns, false, &mut pen);
    draw_message(cx, row, message, columns, &mut pen);
    let room = usize::from(width.saturating_sub(pen.x()));
    let data = scrolled(cx, row.interval.envelope(message).data, room * usize::from(MAX_LINES));
    u16::try_from(text::chop(&data, room).len()).unwrap_or(MAX_LINES).clamp(1, MAX_LINES)
}

/// Draws the bar of rows marked to be saved, and the reason if the filter could not be evaluated.
fn annotations(cx: &Context<'_>, row_id: u64, area: Rect, buf: &mut Buffer) {
    let messages = &cx.state.messages;
    if messages.mark.is_some()
        && messages.cursor != Some(row_id)
        && messages.selection().contains(&messages.shown_index(row_id))
    {
        Pen::new(buf, area, 0).put("┃", strong(cx.theme.own));
    }
    let jq = &cx.state.filtering.jq;
    let (words, style) = if let Some(why) = jq.failed.get(&row_id) {
        (text::cut(why, MAX_REASON.min(usize::from(area.width) / 3)), strong(cx.theme.bad))
    } else if jq.waiting.contains(&row_id) {
        (String::from("…"), cx.theme.soft)
    } else {
        return;
    };
    let words = format!(" jq: {words}");
    let mut pen = Pen::new(buf, area, 0);
    let left = pen.room().saturating_sub(text::cells(&words));
    pen.skip(left).put(&words, style);
}

/// Whether the view is paused, and how many rows are new. Empty while following.
#[must_use]
pub(crate) fn status_short(cx: &Context<'_>) -> String {
    let messages = &cx.state.messages;
    match (messages.follow, messages.unseen) {
        (true, _) => String::new(),
        (false, 0) => String::from("paused"),
        (false, unseen) => format!("▼ {} new", number(unseen)),
    }
}

fn frame(cx: &Context<'_>, area: Rect, buf: &mut Buffer, focused: bool, receipt: Option<Words>) -> Rect {
    let theme = cx.theme;
    let messages = &cx.state.messages;
    let mut title = vec![
        panel::name(theme, "Messages", focused),
        (String::from(" · "), theme.line),
        (channels_shown(cx, usize::from(area.width) / 3), theme.text),
    ];
    if let Some(filter) = &cx.state.filtering.filter {
        let filter = text::row(filter.to_string().as_bytes(), usize::from(area.width) / 3);
        title.push((format!(" · filter {filter}"), theme.warn));
    }
    let right: Words = match (messages.follow, messages.unseen) {
        (true, _) => vec![(String::from("following"), theme.soft)],
        (false, 0) => vec![(String::from("paused"), strong(theme.warn))],
        (false, unseen) => {
            vec![(String::from("paused "), theme.warn), (format!("▼ {} new", number(unseen)), strong(theme.warn))]
        }
    };
    let len = messages.shown_len();
    let mut below = Vec::new();
    match messages.cursor.filter(|_| !messages.follow).map(|row_id| messages.shown_index(row_id)) {
        Some(position) => {
            below.push((format!("{} of {}", number(position as u64 + 1), number(len as u64)), theme.soft));
        }
        None if len > 0 => below.push((counted(len as u64, "row"), theme.soft)),
        None => {}
    }
    if !messages.bookmarks.is_empty() {
        below.push((format!(" · ★ {}", number(messages.bookmarks.len() as u64)), theme.own));
    }
    let words = [filter::view::cleared(cx), filter::view::filter(cx), filter::view::hits(cx)];
    for words in words.into_iter().filter(|words| !words.is_empty()) {
        if !below.is_empty() {
            below.push((String::from(" · "), theme.line));
        }
        below.extend(words);
    }
    let trimmed = cx.state.totals.trimmed;
    let below_right = match receipt {
        Some(receipt) => {
            let room = usize::from(area.width).saturating_sub(panel::cells_of(&below) + 8);
            panel::cut_words(&receipt, room)
        }
        None if trimmed > 0 => vec![(format!("{} older trimmed", number(trimmed)), theme.soft)],
        None => Vec::new(),
    };
    Panel { border: panel::border(theme, focused), title, right, below, below_right }.draw(area, buf)
}

fn channels_shown(cx: &Context<'_>, room: usize) -> String {
    let channels = &cx.state.channels;
    let mut names = channels.picked.iter().filter_map(|index| channels.list.get(*index));
    match (names.next(), channels.picked.len()) {
        (None, _) => String::from("all channels"),
        (Some(only), 1) => text::channel(&only.channel, room),
        (Some(first), picked) => format!("{} +{}", text::channel(&first.channel, room), picked - 1),
    }
}

fn nothing_yet(cx: &Context<'_>, inner: Rect, buf: &mut Buffer) {
    let asked = &cx.state.setup.channels;
    let (headline, advice) = if asked.is_empty() && cx.state.channels.list.is_empty() {
        let key = footer::key_of(cx, Action::Discover);
        ("No channel is watched.", format!("Press {key} to look for channels on the server."))
    } else if cx.state.filtering.filter.is_some() && !cx.state.messages.rows.is_empty() {
        let key = footer::key_of(cx, Action::Filter);
        let hidden = number(cx.state.filtering.hidden.len() as u64);
        ("Nothing matches the filter yet.", format!("{hidden} rows are hidden. Press {key} to change the filter."))
    } else if cx.state.messages.row_ids().is_empty() && !cx.state.messages.rows.is_empty() {
        let hidden = counted(cx.state.messages.cleared_len(), "earlier row");
        ("No message since you cleared the list.", format!("The command show-cleared shows {hidden} again."))
    } else if cx.state.messages.shown_len() < cx.state.messages.rows.len() {
        let key = footer::key_of(cx, Action::PickAll);
        ("No message on the channels picked yet.", format!("Press {key} to show all channels."))
    } else {
        let names: Vec<_> = asked.iter().take(8).map(|name| text::row(name.as_bytes(), 32)).collect();
        let more = if asked.len() > names.len() { " …" } else { "" };
        let names = if names.is_empty() { String::from("the channels watched") } else { names.join(", ") };
        ("No message yet.", format!("Broadcasts on {names}{more} appear here."))
    };
    list::empty(cx, inner, buf, headline, &advice);
}

/// Draws one row. Returns the style of its selection bar.
fn draw_row(
    cx: &Context<'_>,
    row_id: u64,
    row: &Row,
    columns: &Columns<'_>,
    selected: bool,
    area: Rect,
    buf: &mut Buffer,
) -> Style {
    let mut pen = Pen::new(buf, area, 0);
    draw_head(cx, row_id, row, columns, selected, &mut pen);
    match row.entry() {
        Entry::Message(message) => {
            let style = draw_message(cx, row, message, columns, &mut pen);
            let x = pen.x().min(area.right());
            draw_payload(cx, row_id, row, message, Rect { x, width: area.right() - x, ..area }, buf);
            style
        }
        Entry::Finding(found) => draw_finding(cx, found, columns, &mut pen),
        Entry::Dropped(dropped) => draw_dropped(cx, dropped, &mut pen),
        Entry::Link(link) => draw_link(cx, link, &mut pen),
        // The state keeps no rows of these.
        Entry::Counter { .. } | Entry::Expectation(_) | Entry::Barrier { .. } => cx.theme.text,
    }
}

/// Draws the mark of the selected row, the time and the mark of a bookmark.
fn draw_head(cx: &Context<'_>, row_id: u64, row: &Row, columns: &Columns<'_>, selected: bool, pen: &mut Pen<'_>) {
    pen.put(if selected { MARK } else { " " }, cx.theme.accent);
    let mark = if is_bookmarked(cx, row_id) {
        "★"
    } else if cx.state.messages.is_own(row_id) {
        "»"
    } else {
        " "
    };
    draw_times(cx, row, mark, columns, pen);
}

/// Whether the row, or a copy that shares it, is bookmarked.
fn is_bookmarked(cx: &Context<'_>, row_id: u64) -> bool {
    let messages = &cx.state.messages;
    messages.bookmarks.iter().any(|bookmark| messages.copies.row_of(*bookmark) == row_id)
}

/// The time and the age. The mark of a bookmark or of an own message takes the gap after them.
fn draw_times(cx: &Context<'_>, row: &Row, mark: &str, columns: &Columns<'_>, pen: &mut Pen<'_>) {
    if columns.draw_before_gap(cx, row, Slot::Time, pen) || mark != " " {
        pen.put(mark, cx.theme.own);
    }
}

/// Draws the columns before the payload. Returns the style of the row's selection bar.
fn draw_message(cx: &Context<'_>, of: &Row, message: &Message, columns: &Columns<'_>, pen: &mut Pen<'_>) -> Style {
    let theme = cx.theme;
    let envelope = of.interval.envelope(message);
    let rejected = matches!(message.verdict, Verdict::Rejected(_));
    columns.draw(cx, of, Slot::Sequence, pen);
    let exact = matches!(message.sequence, crate::ledger::sequence::Sequence::Exact(_));
    let style = if exact { theme.soft } else { theme.warn };
    let sequence = message.sequence.to_string();
    // A range is rare and wide. It takes cells from the name in its own row.
    let width = columns.sequence.max(text::cells(&sequence));
    pen.column(&sequence, width, Align::Right, style).skip(1);
    let width = columns.name.saturating_sub(width - columns.sequence).max(4);
    let name = match text::row(envelope.name, width) {
        name if name.is_empty() => text::cut("(no name)", width),
        name => name,
    };
    let style = match (rejected, envelope.name.is_empty()) {
        (true, _) => theme.bad,
        (false, true) => theme.soft,
        (false, false) => theme.text,
    };
    pen.column(&name, width, Align::Left, style).skip(1);
    columns.draw(cx, of, Slot::Verdict, pen);
    pen.put(verdict::glyph(message.verdict), strong(verdict::style(cx, message.verdict))).skip(1);
    match message.verdict {
        Verdict::Rejected(rejection) => {
            pen.put(rejection.words(), theme.bad).skip(2);
        }
        Verdict::Unsigned | Verdict::Verified => columns.draw(cx, of, Slot::Payload, pen),
    }
    if rejected { theme.bad } else { theme.accent }
}

/// Draws the payload, on each line of the area. If the row has copies, draws their number and the last sequence number instead.
fn draw_payload(cx: &Context<'_>, row_id: u64, row: &Row, message: &Message, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let room = usize::from(area.width);
    if room <= 3 {
        return;
    }
    let rejected = matches!(message.verdict, Verdict::Rejected(_));
    let messages = &cx.state.messages;
    if let Some(copies) = messages.copies.sharing(row_id) {
        let mut pen = Pen::new(buf, area, 0);
        pen.put(&format!("×{}", number(copies.len() as u64 + 1)), strong(theme.text));
        let last = copies.back().and_then(|row_id| messages.row(*row_id)?.message());
        if let Some(last) = last.filter(|last| last.sequence.number().is_some()) {
            pen.put(&format!(" to {}", last.sequence), theme.soft);
        }
        return;
    }
    let style = if rejected { theme.soft } else { theme.text };
    let data = scrolled(cx, row.interval.envelope(message).data, room * usize::from(area.height));
    let mut from = 0;
    for (line, part) in (0..area.height).zip(text::chop(&data, room)) {
        // The last line ends in `…` if the payload goes on.
        let shown = if line + 1 == area.height { &data[from..] } else { part };
        Pen::new(buf, area, line).put(shown, style);
        from += part.len();
    }
}

/// The data, without the cells by which it is scrolled to the left.
fn scrolled(cx: &Context<'_>, data: &[u8], room: usize) -> String {
    let skip = cx.state.messages.sideways;
    if skip == 0 {
        return text::row(data, room);
    }
    let whole = text::row(data, room.saturating_add(skip));
    let mut skipped = 0;
    let mut chars = whole.chars();
    while skipped <= skip
        && let Some(char) = chars.next()
    {
        skipped += text::cells(char.encode_utf8(&mut [0; 4]));
    }
    format!("…{}", chars.as_str())
}

fn draw_finding(cx: &Context<'_>, found: &Finding, columns: &Columns<'_>, pen: &mut Pen<'_>) -> Style {
    let style = cx.theme.finding(found);
    pen.put("┄┄ ", style);
    if columns.width(MessageColumn::Channel) > 0 {
        pen.put(&columns.channel_name(&found.channel), style).skip(2);
    }
    pen.put(&found.headline(), strong(style)).skip(2);
    for words in [found.range(), found.cause_words()] {
        if !words.is_empty() {
            pen.put(&words, style).skip(2);
        }
    }
    dashes(pen, "┄", style);
    style
}

fn draw_dropped(cx: &Context<'_>, dropped: &Dropped, pen: &mut Pen<'_>) -> Style {
    let theme = cx.theme;
    pen.put("── ", theme.line).put("▼", theme.warn).skip(1);
    if let Some(channel) = &dropped.channel {
        pen.put(&text::channel(channel, 32), theme.text).skip(1);
    }
    pen.put(&dropped.line(), strong(theme.warn)).skip(1);
    dashes(pen, "─", theme.line);
    theme.warn
}

fn draw_link(cx: &Context<'_>, link: &Link, pen: &mut Pen<'_>) -> Style {
    let theme = cx.theme;
    let (glyph, style) = match link.state {
        LinkState::Connected | LinkState::Granted | LinkState::Live => ("●", theme.good),
        LinkState::Disconnected => ("○", theme.bad),
        LinkState::Denied => ("✗", theme.bad),
        LinkState::Stale
        | LinkState::UnsubscribeFailed
        | LinkState::TooManyChannels
        | LinkState::ClockSet
        | LinkState::DuplicateCheckIncomplete => ("◐", theme.warn),
    };
    pen.put("── ", theme.line).put(glyph, style).skip(1).put(text::link_words(link.state), style).skip(1);
    if let Some(channel) = &link.channel {
        pen.put(&text::channel(channel, 32), theme.text).skip(1);
    }
    if let Some(server) = &link.server {
        let words = format!("{} {} ", text::row(server.role.as_bytes(), 16), text::row(server.version.as_bytes(), 16));
        pen.put(&words, theme.soft);
    }
    if let Some(reason) = &link.reason {
        let room = pen.room();
        pen.put(&text::row(reason.as_bytes(), room), theme.soft).skip(1);
    }
    dashes(pen, "─", theme.line);
    style
}

/// Fills the rest of the row.
fn dashes(pen: &mut Pen<'_>, symbol: &str, style: Style) {
    if pen.room() > 1 {
        pen.fill_rest(symbol, style);
    }
}
