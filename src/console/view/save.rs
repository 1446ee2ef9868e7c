//! The file to save rows in being typed, in the footer's place.
//!
//! ```text
//! ▌ save 12 rows in ~/incident.jsonl▏  Enter save  Esc close ▐
//! ```

use ratatui::buffer::Buffer;

use super::context::Context;
use super::prompt;
use super::text::counted;
use crate::console::layout::popup_area;
use crate::console::state::Popup;
use crate::console::state::saving::SavePrompt;

/// Draws the prompt.
pub(super) fn render(cx: &Context<'_>, popup: &Popup, typed: &SavePrompt, buf: &mut Buffer) {
    let label = format!("save {} in", counted(typed.rows as u64, "row"));
    prompt::footer(cx, popup_area(cx.state.size, popup), &label, &typed.line, &Vec::new(), buf);
}
