//! The search being typed, in the footer's place.
//!
//! ```text
//! ▌ / cart▏  Enter keep  Ctrl-R regex  Esc end                 hit 3 of 128 ▐
//! ```

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::filter::status;
use crate::console::layout::popup_area;
use crate::console::popups::Popup;
use crate::console::search::state::SearchPrompt;
use crate::console::ui::prompt;

/// Draws the prompt.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, typed: &SearchPrompt, buf: &mut Buffer) {
    let known = match &typed.error {
        Some(error) => vec![(format!("✗ {error}"), cx.theme.bad)],
        None => status::hits(cx),
    };
    let label = if typed.is_regex { "/ regex" } else { "/" };
    prompt::footer(cx, popup_area(cx.state.size, popup), label, &typed.line, &known, buf);
}
