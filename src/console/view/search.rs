//! The search being typed, in the footer's place.
//!
//! ```text
//! ▌ / cart▏  Enter keep  Ctrl-R regex  Esc end                 hit 3 of 128 ▐
//! ```

use ratatui::buffer::Buffer;

use super::context::Context;
use super::{filter_status, prompt};
use crate::console::layout::popup_area;
use crate::console::state::Popup;
use crate::console::state::search::SearchPrompt;

/// Draws the prompt.
pub(super) fn render(cx: &Context<'_>, popup: &Popup, typed: &SearchPrompt, buf: &mut Buffer) {
    let known = match &typed.error {
        Some(error) => vec![(format!("✗ {error}"), cx.theme.bad)],
        None => filter_status::hits(cx),
    };
    let label = if typed.is_regex { "/ regex" } else { "/" };
    prompt::footer(cx, popup_area(cx.state.size, popup), label, &typed.line, &known, buf);
}
