//! Draws the search: its prompt in place of the footer, and the hits in the rows.
//!
//! ```text
//! ▌ / cart▏  Enter keep  Ctrl-R regex  Esc end                 hit 3 of 128 ▐
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::app::context::Context;
use crate::console::app::footer;
use crate::console::filter;
use crate::console::layout::popup_area;
use crate::console::popups::Popup;
use crate::console::search::state::{Search, SearchPrompt};
use crate::console::ui::{prompt, text};

/// Draws the prompt.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, typed: &SearchPrompt, buf: &mut Buffer) {
    let known = match &typed.error {
        Some(error) => vec![(format!("✗ {error}"), cx.theme.bad)],
        None => filter::view::hits(cx),
    };
    let mut label = footer::search_label(cx);
    if typed.is_regex {
        label.push_str(" regex");
    }
    prompt::footer(cx, popup_area(cx.state.size, popup), &label, &typed.line, &known, buf);
}

/// Highlights the hits in a drawn line, or the ellipsis if the hit is cut off.
pub(crate) fn mark(cx: &Context<'_>, search: &Search, line: Rect, buf: &mut Buffer) {
    let line = line.intersection(buf.area);
    // The text, and the byte offset of each cell.
    let (mut text, mut starts, mut covered) = (String::new(), Vec::new(), 0);
    for x in line.left()..line.right() {
        let Some(cell) = buf.cell((x, line.y)) else { continue };
        if covered > 0 {
            covered -= 1;
            continue;
        }
        covered = text::grapheme_cells(cell.symbol()).saturating_sub(1);
        starts.push((text.len(), x));
        text.push_str(cell.symbol());
    }
    let mut places: Vec<_> = search.needle.places(text.trim_end()).collect();
    if places.is_empty()
        && let Some(cut) = text.rfind('…')
    {
        places.push(cut..cut + '…'.len_utf8());
    }
    for place in places {
        for (_, x) in starts.iter().filter(|(start, _)| place.contains(start)) {
            if let Some(cell) = buf.cell_mut((*x, line.y)) {
                cell.set_style(cx.theme.found());
            }
        }
    }
}
