//! The note for a finding that is to be marked as handled.
//!
//! ```text
//! ╭ Mark as handled: 16 missed on ops #1031–#1046 ─────────────────╮
//! │ note  told billing, ticket opened▏                             │
//! │ Kept for this session only.                                    │
//! │  Enter mark as handled  Esc close                              │
//! ╰────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};

use super::context::Context;
use super::pen::Pen;
use super::theme::strong;
use super::{finding, popup, text};
use crate::console::state::Popup;
use crate::console::state::line::Line;

/// Draws the question over the panes.
pub(super) fn render(cx: &Context<'_>, popup: &Popup, serial: u64, note: &Line, buf: &mut Buffer) {
    let gaps = &cx.state.gaps.list;
    let found = gaps.get(gaps.partition_point(|entry| entry.serial < serial)).map(|entry| &entry.finding);
    let title = found.map_or_else(
        || String::from("Mark as handled"),
        |found| {
            let channel = text::channel(&found.channel, 20);
            format!("Mark as handled: {} on {channel} {}", finding::headline(found), finding::range(found))
        },
    );
    let inner = popup::draw(cx, popup, title.trim_end(), Vec::new(), cx.theme.accent, buf);
    let mut pen = Pen::new(buf, inner, 0);
    pen.skip(1).put("note  ", cx.theme.soft);
    typed(cx, &mut pen, note);
    Pen::new(buf, inner, 1).skip(1).put("Kept for this session only.", cx.theme.soft);
}

/// The end of a line in the making, and the cursor behind it.
pub(super) fn typed(cx: &Context<'_>, pen: &mut Pen<'_>, line: &Line) {
    let room = pen.room().saturating_sub(1);
    // What is typed now is seen: the start gives way. No character takes less than a cell once escaped.
    let chars: Vec<(usize, char)> = line.text().char_indices().rev().take(room.max(1)).collect();
    let mut start = chars.last().map_or(0, |(at, _)| *at);
    let shown = |start: usize| crate::wire::escape::escape(&line.text().as_bytes()[start..]);
    while text::cells(&shown(start)) > room && start < line.text().len() {
        start += line.text()[start..].chars().next().map_or(1, char::len_utf8);
    }
    pen.put(&shown(start), strong(cx.theme.text));
    pen.put(" ", Style::new().add_modifier(Modifier::REVERSED));
}
