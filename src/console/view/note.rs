//! The note for a finding that is to be marked as handled.
//!
//! ```text
//! ╭ Mark as handled: 16 missed on ops #1031–1046 ─────────────────╮
//! │ note  told billing, ticket opened▏                             │
//! │ Kept for this session only.                                    │
//! │  Enter mark as handled  Esc close                              │
//! ╰────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;

use super::context::Context;
use super::pen::Pen;
use super::{popup, prompt, text};
use crate::console::state::Popup;
use crate::console::state::line_edit::LineEdit;

/// Draws the question over the panes.
pub(super) fn render(cx: &Context<'_>, popup: &Popup, row_id: u64, note: &LineEdit, buf: &mut Buffer) {
    let gaps = &cx.state.findings.list;
    let found = gaps.get(gaps.partition_point(|entry| entry.row_id < row_id)).map(|entry| &entry.finding);
    let title = found.map_or_else(
        || String::from("Mark as handled"),
        |found| {
            let channel = text::channel(&found.channel, 20);
            format!("Mark as handled: {} on {channel} {}", found.headline(), found.range())
        },
    );
    let inner = popup::draw(cx, popup, title.trim_end(), Vec::new(), cx.theme.accent, buf);
    let mut pen = Pen::new(buf, inner, 0);
    pen.skip(1).put("note  ", cx.theme.soft);
    prompt::line(cx, &mut pen, note);
    Pen::new(buf, inner, 1).skip(1).put("Kept for this session only.", cx.theme.soft);
}
