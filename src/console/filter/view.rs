//! The filter being typed.
//!
//! ```text
//! ╭ Filter ─────────────────────────────────── 1 204 hidden by filter ╮
//! │ f channel:ops* nam▏                                               │
//! │                ^ did you mean name: · nam is not a term           │
//! │ Tab name:  messages of these names                                │
//! │  Enter apply  Tab complete  Up/Down used before  Esc show all     │
//! ╰───────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::filter::state::FilterPrompt;
use crate::console::filter::status;
use crate::console::popups::Popup;
use crate::console::ui::pen::Pen;
use crate::console::ui::pen::Side;
use crate::console::ui::text::{cells, row};
use crate::console::ui::theme::{badge, strong};
use crate::console::ui::{popup_frame, prompt};

/// What stands before the text, in cells.
const INDENT: usize = 3;

/// Draws the prompt.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, typed: &FilterPrompt, buf: &mut Buffer) {
    let inner = popup_frame::draw(cx, popup, "Filter", status::filter(cx), cx.theme.accent, buf);
    let mut pen = Pen::new(buf, inner, 0);
    pen.skip(1).put("f", strong(cx.theme.accent)).skip(1);
    let hidden = prompt::line(cx, &mut pen, &typed.line);
    mistake(cx, typed, hidden, &mut Pen::new(buf, inner, 1));
    completions(cx, typed, &mut Pen::new(buf, inner, 2));
}

/// What is wrong, behind a caret below the place, or before it where there is more room.
fn mistake(cx: &Context<'_>, typed: &FilterPrompt, hidden: usize, pen: &mut Pen<'_>) {
    let Some(error) = &typed.error else {
        if typed.line.text().is_empty() {
            pen.skip(INDENT)
                .put("terms that must all hold, e.g. channel:ops* -name:heartbeat | .sku == \"A-17\"", cx.theme.soft);
        }
        return;
    };
    // What helps most is cut off last.
    let meant = error.suggestion.map(|meant| format!("did you mean {meant} · ")).unwrap_or_default();
    let words = meant + &error.message;
    let caret = (INDENT + cells(&error.pointer())).saturating_sub(hidden + 1).min(pen.room().saturating_sub(1));
    let behind = pen.room().saturating_sub(caret + 2);
    if cells(&words) > behind && caret > behind {
        let room = caret.saturating_sub(1);
        pen.skip(room.saturating_sub(cells(&words))).column(&words, room.min(cells(&words)), Side::Left, cx.theme.bad);
        pen.skip(1).put("^", strong(cx.theme.bad));
    } else {
        pen.skip(caret).put("^", strong(cx.theme.bad)).skip(1).put(&words, cx.theme.bad);
    }
}

/// What Tab would write; the one that it wrote last stands out, and comes first where not all have room.
fn completions(cx: &Context<'_>, typed: &FilterPrompt, pen: &mut Pen<'_>) {
    if typed.completions.is_empty() {
        return;
    }
    pen.skip(1).put("Tab", strong(cx.theme.accent)).skip(1);
    let first = typed.taken.filter(|taken| *taken > 2).unwrap_or(0);
    for (index, completion) in typed.completions.iter().enumerate().skip(first) {
        let label = row(completion.label.as_bytes(), 32);
        if pen.room() < cells(&label) {
            return;
        }
        let taken = typed.taken == Some(index);
        pen.put(&label, if taken { badge(cx.theme.accent) } else { cx.theme.text }).skip(1);
        if (taken || typed.completions.len() == 1) && !completion.help.is_empty() {
            pen.put(&row(completion.help.as_bytes(), 60), cx.theme.soft).skip(1);
        }
        pen.skip(1);
    }
}
