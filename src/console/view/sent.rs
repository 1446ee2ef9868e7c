//! What was sent in this run, the newest first.
//!
//! ```text
//! ╭ Messages sent ─────────────────────────────────────────── 12 sent ╮
//! │▸12:31:06  ops  cache-flush #1048 to 3 receivers · echo 0.6 ms ✓ … │
//! │  Enter go to echo  Esc close                                      │
//! ╰───────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;

use super::context::Context;
use super::list::{self, MARK};
use super::pen::{Pen, Side};
use super::scrollbar::scrollbar;
use super::text::{self, Precision};
use super::{popup, receipt};
use crate::console::state::{Popup, SentList};

/// Draws the list over the panes.
pub(super) fn render(cx: &Context<'_>, popup: &Popup, at: SentList, buf: &mut Buffer) {
    let theme = cx.theme;
    let sent = &cx.state.compose.sent;
    let right = vec![(format!("{} sent", sent.len()), theme.soft)];
    let inner = popup::draw(cx, popup, "Messages sent", right, theme.accent, buf);
    if sent.is_empty() {
        let advice = "Each message sent is listed here with its receipt and its echo.";
        list::empty(cx, inner, buf, "Nothing was sent in this run.", advice);
        return;
    }
    let seen = at.scroll(sent.len(), usize::from(inner.height)).range();
    scrollbar(buf, inner, sent.len(), seen.start, theme.soft);
    for (row, index) in (0..).zip(seen) {
        let Some(message) = sent.iter().rev().nth(index) else { break };
        let selected = index == at.cursor;
        let mut pen = Pen::new(buf, inner, row).reserve(1);
        pen.put(if selected { MARK } else { " " }, theme.accent);
        pen.put(&cx.time(message.at, Precision::Seconds), theme.soft).skip(1);
        pen.column(&text::row(&message.channel, 14), 14, Side::Left, theme.text).skip(1);
        for (words, style) in receipt::words(cx, message) {
            pen.put(&words, style);
        }
        if selected {
            list::select(buf, list::line(inner, row), theme.accent, true);
        }
    }
}
