//! A template asks for something; and the line in which something is typed.
//!
//! ```text
//! ╭ Template price-update ───────────────────────── 1 of 2 ╮
//! │ SKU                                                    │
//! │ > A-17▏                                                │
//! │  Enter go on  Esc close                                │
//! ╰────────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::context::Context;
use super::pen::Pen;
use super::{popup, prompt, text};
use crate::console::state::Popup;
use crate::console::state::draft::Prompting;
use crate::console::state::line_edit::LineEdit;

/// Draws the question over the panes.
pub(super) fn render(cx: &Context<'_>, popup: &Popup, prompting: &Prompting, buf: &mut Buffer) {
    let theme = cx.theme;
    let title = format!("Template {}", text::row(prompting.template.title.as_bytes(), 40));
    let count = format!("{} of {}", prompting.answers.len() + 1, prompting.template.prompts().len());
    let inner = popup::draw(cx, popup, &title, vec![(count, theme.soft)], theme.accent, buf);
    let label = text::row(prompting.label().as_bytes(), usize::from(inner.width));
    Pen::new(buf, inner, 0).skip(1).put(&label, theme.text);
    let below = Rect { y: inner.y.saturating_add(1), height: inner.height.saturating_sub(1), ..inner };
    line(cx, "> ", &prompting.text, below, buf);
}

/// A line being typed, with what it is.
pub(super) fn line(cx: &Context<'_>, label: &str, typed: &LineEdit, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::new(buf, area, 0);
    pen.skip(1).put(label, cx.theme.soft);
    prompt::line(cx, &mut pen, typed);
}
