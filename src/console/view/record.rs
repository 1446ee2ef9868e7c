//! The file to record to being typed, in the footer's place.
//!
//! ```text
//! ▌ record to aircheck-prod.db▏  Enter record  Esc close ▐
//! ```

use ratatui::buffer::Buffer;

use super::context::Context;
use super::prompt;
use crate::console::layout::popup_area;
use crate::console::state::Popup;
use crate::console::state::line_edit::LineEdit;

/// Draws the prompt.
pub(super) fn render(cx: &Context<'_>, popup: &Popup, typed: &LineEdit, buf: &mut Buffer) {
    prompt::footer(cx, popup_area(cx.state.size, popup), "record to", typed, &Vec::new(), buf);
}
