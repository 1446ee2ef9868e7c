//! The question for a sequence number.
//!
//! ```text
//! ╭ Go to a sequence number ─────────────────╮
//! │ 1046▏                                    │
//! │  Enter go  Esc close                     │
//! ╰──────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};

use super::context::Context;
use super::pen::Pen;
use super::theme::strong;
use super::{popup, text};
use crate::console::state::Popup;

/// Draws the question over the panes.
pub(super) fn render(cx: &Context<'_>, popup: &Popup, typed: &str, buf: &mut Buffer) {
    let inner = popup::draw(cx, popup, "Go to a sequence number", Vec::new(), cx.theme.accent, buf);
    let mut pen = Pen::new(buf, inner, 0);
    pen.skip(1);
    let room = pen.room().saturating_sub(1);
    pen.put(&text::row(typed.as_bytes(), room), strong(cx.theme.text));
    pen.put(" ", Style::new().add_modifier(Modifier::REVERSED));
}
