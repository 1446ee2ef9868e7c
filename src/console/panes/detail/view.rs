//! The selected row, or the pinned one. The heading stays while the rest scrolls.
//!
//! ```text
//! ╭ ▪ Detail · user-logout · ops #1047 ─────────── ▪JSON raw hex diff ╮
//! │ ✓ verified  key default (sha256), signed 0 s ago                  │
//! │ ▾ {                                                               ┃
//! │▌    "id": 9                                                       ┃
//! ╰ .id ──────────────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::app::context::Context;
use crate::console::layout::Layout;
use crate::console::panes::Pane;
use crate::console::panes::detail::state::{DetailView, MAX_HITS, Part};
use crate::console::panes::detail::summary::{detail_lines, room, stays};
use crate::console::panes::detail::{changes, json_line, payload, summary};
use crate::console::ui::panel::{Panel, Words};
use crate::console::ui::pen::Pen;
use crate::console::ui::scrollbar::scrollbar;
use crate::console::ui::theme::strong;
use crate::console::ui::{list, panel, prompt};
use crate::ledger::format::number;
use crate::ledger::interval::Message;

/// Draws the pane.
pub(crate) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer) {
    let focused = cx.focused(Pane::Detail);
    let row = cx.state.detail_row();
    let message = row.and_then(|row| Some((row.interval.payload(row.message()?), row.message()?)));
    let border = panel::border(cx.theme, focused);
    let (below, below_right) = below(cx, focused);
    let panel = Panel { border, title: title(cx, area, focused), below, below_right, ..Panel::default() };
    let inner = panel.draw(area, buf);
    if message.is_some() {
        view_names(cx, buf);
    }
    let width = room(inner);
    let Some(row) = row else {
        if cx.state.detail.row_id.is_some() {
            list::empty(cx, inner, buf, "The row was trimmed.", "The scrollback has no space for older rows.");
        } else {
            list::empty(cx, inner, buf, "Nothing is selected.", "Select a row to see its checks and its payload.");
        }
        return;
    };
    if width == 0 || inner.height == 0 {
        return;
    }
    let apart = detail_lines(cx, row, width);
    let stays = stays(&apart, inner);
    let lines = &cx.state.detail.lines;
    let head: Vec<&Words> = apart.heading[stays..].iter().chain(&apart.checks).collect();
    let total = head.len() + lines.parts.len() + apart.tail.len();
    let text = Rect { x: inner.x + 1, width: inner.width - 2, ..inner };
    for (row, words) in (0..).zip(&apart.heading[..stays]) {
        put(&mut Pen::new(buf, text, row), words);
    }
    let top = u16::try_from(stays).unwrap_or(u16::MAX).min(inner.height);
    let height = usize::from(inner.height - top);
    let below_heading = |area: Rect| Rect { y: area.y + top, height: area.height - top, ..area };
    let first = cx.state.detail.position.top.min(total.saturating_sub(height));
    scrollbar(buf, below_heading(inner), total, first, cx.theme.soft);
    for (line, index) in (0..).zip(first..total.min(first + height)) {
        if focused && index == cx.state.detail.position.cursor {
            Pen::new(buf, below_heading(inner), line).put("▌", strong(cx.theme.accent));
        }
        let mut pen = Pen::new(buf, below_heading(text), line);
        if let Some(words) = head.get(index) {
            put(&mut pen, words);
        } else if let Some(part) = lines.parts.get(index - head.len()) {
            put_part(cx, &mut pen, part, message, width);
        } else if let Some(words) = apart.tail.get(index - head.len() - lines.parts.len()) {
            put(&mut pen, words);
        }
    }
}

fn put(pen: &mut Pen<'_>, words: &Words) {
    for (words, style) in words {
        pen.put(words, *style);
    }
}

fn put_part(cx: &Context<'_>, pen: &mut Pen<'_>, part: &Part, message: Option<(&[u8], &Message)>, width: usize) {
    let Some((bytes, message)) = message else { return };
    match cx.state.detail.shown_view() {
        DetailView::Json => json_line::put(cx, pen, part, width),
        DetailView::Raw => payload::put_raw(cx, pen, part),
        DetailView::Hex => payload::put_hex(cx, pen, (bytes, message), part, width),
        DetailView::Diff => changes::put(cx, pen, part),
    }
}

/// `Detail` or `Pinned`, and what is shown.
fn title(cx: &Context<'_>, area: Rect, focused: bool) -> Words {
    let mut title = match &cx.state.detail.pinned {
        None => vec![panel::name(cx.theme, "Detail", focused)],
        Some(_) => vec![(panel::name(cx.theme, "Pinned", focused).0, strong(cx.theme.own))],
    };
    if let Some(row) = cx.state.detail_row() {
        title.extend(summary::title(cx, row, usize::from(area.width).saturating_sub(4)));
    }
    title
}

/// Draws the names of the views at the positions where the mouse dispatch expects them.
fn view_names(cx: &Context<'_>, buf: &mut Buffer) {
    let open = cx.state.detail.view;
    let names = Layout::for_state(cx.state).view_names(open);
    if let (Some((_, first)), Some((_, last))) = (names.first(), names.last()) {
        let all = Rect { x: first.x - 1, width: last.right() - first.x + 2, ..*first };
        Pen::new(buf, all, 0).fill_rest(" ", cx.theme.text);
    }
    for (view, area) in names {
        let mut pen = Pen::new(buf, area, 0);
        if view == open {
            pen.put("▪", strong(cx.theme.accent)).put(view.name(), strong(cx.theme.accent));
        } else {
            pen.put(view.name(), cx.theme.soft);
        }
    }
}

/// The search, and the path of the value under the cursor.
fn below(cx: &Context<'_>, focused: bool) -> (Words, Words) {
    let detail = &cx.state.detail;
    let path = detail.path().filter(|_| focused).map(|path| (path, cx.theme.soft));
    let find = &detail.find;
    if !find.typing && find.line.text().is_empty() {
        return (path.into_iter().collect(), Vec::new());
    }
    let mut words = prompt::on_border(cx, &find.line, find.typing);
    if !find.line.text().is_empty() {
        let more = if find.hits.len() >= MAX_HITS { "+" } else { "" };
        let count = match find.hits.len() {
            0 => String::from(" not found"),
            hits => format!(" {} of {}{more}", number(find.at as u64 + 1), number(hits as u64)),
        };
        words.push((count, if find.hits.is_empty() { cx.theme.warn } else { cx.theme.soft }));
    }
    (words, path.into_iter().collect())
}
