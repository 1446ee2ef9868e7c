//! The question for a channel or pattern to subscribe to.
//!
//! ```text
//! ╭ Add a channel or pattern ────────────────────────────────────╮
//! │ billing:▏                                                    │
//! │ ▸ billing:*                                                  │
//! │   billing:eu                                                 │
//! │  Enter subscribe  Tab complete  Esc close                    │
//! ╰──────────────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;

use super::context::Context;
use super::list::MARK;
use super::pen::Pen;
use super::{popup, prompt, text};
use crate::console::state::Popup;
use crate::console::state::add_channel::AddChannel;

/// Draws the question over the panes.
pub(super) fn render(cx: &Context<'_>, popup: &Popup, add: &AddChannel, buf: &mut Buffer) {
    let inner = popup::draw(cx, popup, "Add a channel or pattern", Vec::new(), cx.theme.accent, buf);
    let mut pen = Pen::new(buf, inner, 0);
    pen.skip(1);
    prompt::line(cx, &mut pen, &add.line);
    Pen::new(buf, inner, 1).skip(1).put("A pattern has * ? or [: billing:* brings what begins so.", cx.theme.soft);
    for ((index, name), row) in cx.state.offered(&add.typed).iter().enumerate().zip(3..) {
        let mut pen = Pen::new(buf, inner, row);
        let chosen = add.chosen == Some(index);
        pen.skip(1).put(if chosen { MARK } else { " " }, cx.theme.accent).skip(1);
        let width = pen.room();
        pen.put(&text::row(name.as_bytes(), width), if chosen { cx.theme.accent } else { cx.theme.text });
    }
}
