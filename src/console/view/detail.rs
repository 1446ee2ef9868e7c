//! The selected row, taken apart.
//!
//! ```text
//! ╭ Detail ──────────────── JSON ╮
//! │ user-logout                  │
//! │ ops #1047                    │
//! │ 12:31:06.412 · 0.3 s old     │
//! │ ✓ algorithm sha256           │
//! │ ✗ hmac      does not match   │
//! │ · time      not reached      │
//! │ {                            ┃
//! │   "id": 9                    ┃
//! ╰──────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::context::Context;
use super::panel::{self, Panel};
use super::pen::Pen;
use super::scrollbar::scrollbar;
use super::taken_apart::{Body, take_apart};
use super::text;
use super::theme::strong;
use super::{json, list, payload};
use crate::console::state::Pane;
use crate::console::state::detail::DetailView;

/// Draws the pane.
pub(super) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer) {
    let focused = cx.focused(Pane::Detail);
    let row = cx.state.messages.selected();
    let mut right = Vec::new();
    if row.is_some_and(|row| row.message().is_some()) {
        for (view, name) in [(DetailView::Json, "JSON"), (DetailView::Raw, "raw"), (DetailView::Hex, "hex")] {
            if !right.is_empty() {
                right.push((String::from(" "), Style::new()));
            }
            let open = cx.state.detail.view == view;
            let words = if open { format!("▪{name}") } else { name.to_owned() };
            right.push((words, if open { strong(cx.theme.accent) } else { cx.theme.soft }));
        }
    }
    let title = vec![panel::name(cx.theme, "Detail", focused)];
    let border = panel::border(cx.theme, focused);
    let inner = Panel { border, title, right, ..Panel::default() }.draw(area, buf);
    let Some(row) = row else {
        let advice = "The row that is selected in Messages is taken apart here: each check, then the payload.";
        list::empty(cx, inner, buf, "Nothing is selected.", advice);
        return;
    };
    let width = usize::from(inner.width).saturating_sub(2);
    if width == 0 || inner.height == 0 {
        return;
    }
    let apart = take_apart(cx, row, width);
    let raw = if let Body::Raw(raw) = &apart.body { text::chop(raw, width) } else { Vec::new() };
    let body = match &apart.body {
        Body::Nothing => 0,
        Body::Json(lines) => lines.len(),
        Body::Raw(_) => raw.len(),
        Body::Hex(bytes) => payload::hex_lines(bytes, width).0,
    };
    let head = apart.head.len();
    let total = head + body + apart.tail.len();
    let height = usize::from(inner.height);
    let first = cx.state.detail.scroll.min(total.saturating_sub(height));
    scrollbar(buf, inner, total, first, cx.theme.soft);
    let inner = Rect { x: inner.x + 1, width: inner.width - 2, ..inner };
    for (line, index) in (0..).zip(first..total.min(first + height)) {
        let mut pen = Pen::new(buf, inner, line);
        if index < head || index >= head + body {
            let words = if index < head { &apart.head[index] } else { &apart.tail[index - head - body] };
            for (words, style) in words {
                pen.put(words, *style);
            }
            continue;
        }
        let index = index - head;
        match &apart.body {
            Body::Nothing => {}
            Body::Json(lines) => json::put(&mut pen, cx.theme, &lines[index]),
            Body::Raw(_) => {
                pen.put(raw[index], cx.theme.text);
            }
            Body::Hex(bytes) => payload::put_hex(&mut pen, cx.theme, bytes, index, width),
        }
    }
}
