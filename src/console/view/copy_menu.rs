//! What can be copied.
//!
//! ```text
//! ╭ Copy ───────────────────────── 64 KiB at most ╮
//! │▸y  the payload                                │
//! │ p  the data, indented                         │
//! │  Enter copy  Esc close                        │
//! ╰───────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;

use super::context::Context;
use super::list::{MARK, line, select};
use super::pen::{Pen, Side};
use super::popup;
use crate::console::keymap::copies;
use crate::console::state::Popup;

/// Draws the menu over the panes.
pub(super) fn render(cx: &Context<'_>, popup: &Popup, cursor: usize, buf: &mut Buffer) {
    let limit = vec![(String::from("64 KiB at most"), cx.theme.soft)];
    let inner = popup::draw(cx, popup, "Copy", limit, cx.theme.accent, buf);
    for ((row, index), binding) in (0..inner.height).zip(0..).zip(copies()) {
        let key = binding.keys.first().map(crate::console::keymap::Key::label).unwrap_or_default();
        let mut pen = Pen::new(buf, inner, row);
        pen.put(if index == cursor { MARK } else { " " }, cx.theme.accent);
        pen.column(&key, 2, Side::Left, cx.theme.accent).skip(1).put(binding.help, cx.theme.text);
        if index == cursor {
            select(buf, line(inner, row), cx.theme.accent, true);
        }
    }
}
