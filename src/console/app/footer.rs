//! The footer: the most useful keys of the focused pane, or the result of the last action.
//!
//! ```text
//! ▌ Enter detail  Tab pane  Space pause  ]/[ finding  c compose  ? help ▐
//! ▌ ✗ not sent: the server rejected ▐
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::app::context::Context;
use crate::console::filter;
use crate::console::keymap::action::Action;
use crate::console::keymap::key::Key;
use crate::console::keymap::table::TABLE;
use crate::console::keymap::{Hint, contexts, hints};
use crate::console::layout::Layout;
use crate::console::ui::pen::Pen;
use crate::console::ui::text::cells;
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
            let said = usize::from(!words.is_empty());
            pen.skip(said);
            for (words, style) in words {
                pen.put(&words, style);
            }
            pen.skip(2 * said);
        }
        keys(cx, &mut pen);
    }
}

/// Draws the hints that fit, the most useful first. The hint for the help is always shown.
pub(crate) fn keys(cx: &Context<'_>, pen: &mut Pen<'_>) {
    let hints = hints(&contexts(cx.state));
    let help = TABLE.iter().find(|binding| binding.action == Action::Help).and_then(|binding| binding.hint);
    let is_help = |hint: &Hint| Some(hint.text) == help;
    let width = |hint: &Hint| cells(&hint.keys) + cells(hint.text) + 3;
    let reserved = hints.iter().find(|hint| is_help(hint)).map_or(0, width);
    let mut room = pen.room().saturating_sub(reserved);
    let mut full = false;
    for hint in &hints {
        full = full || (!is_help(hint) && width(hint) > room);
        if full && !is_help(hint) {
            continue;
        }
        if !is_help(hint) {
            room -= width(hint);
        }
        pen.skip(1).put(&hint.keys, strong(cx.theme.accent)).skip(1).put(hint.text, cx.theme.soft).skip(1);
    }
}

/// The first key of an action.
#[must_use]
pub(crate) fn key_of(action: Action) -> String {
    let binding = TABLE.iter().find(|binding| binding.action == action);
    binding.and_then(|binding| binding.keys.first()).map(Key::label).unwrap_or_default()
}
