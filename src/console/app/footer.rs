//! The footer: the most useful keys here, or the result of the last action.
//!
//! ```text
//! ▌ Enter detail  / search  f filter  ] [ finding  Space pause  c compose  ? help  : commands ▐
//! ▌ ✗ not sent: the server rejected ▐
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::app::context::Context;
use crate::console::filter;
use crate::console::keymap::contexts;
use crate::console::keymap::key::Key;
use crate::console::keymap::table::Action;
use crate::console::layout::Layout;
use crate::console::ui::pen::Pen;
use crate::console::ui::theme::strong;

/// Draws the footer.
pub(crate) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer) {
    let profile = cx.profile();
    let mut edge = Pen::new(buf, area, 0);
    edge.put("▌", profile);
    edge.skip(usize::from(area.width).saturating_sub(2)).put("▐", profile);
    let inner = Rect { x: area.x.saturating_add(1), width: area.width.saturating_sub(2), ..area };
    let mut pen = Pen::new(buf, inner, 0);
    if let Some(notice) = &cx.state.notice {
        let (glyph, style) = if notice.is_error { ("✗ ", strong(cx.theme.bad)) } else { ("· ", cx.theme.text) };
        pen.skip(1).put(glyph, style).put(&notice.text, style);
        return;
    }
    // A popup shows its own keys.
    if cx.state.popup.is_none() {
        if !Layout::for_state(cx.state).wide {
            let room = pen.room();
            let words = filter::view::both(cx, room);
            let gap = usize::from(!words.is_empty());
            pen.skip(gap);
            for (words, style) in words {
                pen.put(&words, style);
            }
            pen.skip(2 * gap);
        }
        keys(cx, &mut pen);
    }
}

/// Draws the hints that fit.
pub(crate) fn keys(cx: &Context<'_>, pen: &mut Pen<'_>) {
    for hint in cx.state.keymap.fitting_hints(&contexts(cx.state), pen.room()) {
        pen.skip(1).put(&hint.keys, strong(cx.theme.accent)).skip(1).put(hint.text, cx.theme.soft).skip(1);
    }
}

/// The label of the main key of an action. Without a key, that of the palette.
#[must_use]
pub(crate) fn key_of(cx: &Context<'_>, action: Action) -> String {
    let keymap = &cx.state.keymap;
    keymap.key_of(action).or_else(|| keymap.key_of(Action::Palette)).as_ref().map(Key::label).unwrap_or_default()
}
