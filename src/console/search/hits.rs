//! What the search found stands out in its rows.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::app::context::Context;
use crate::console::search::state::Search;
use crate::console::ui::text;

/// Marks what was found in a drawn line; where it is out of sight, the sign for what was cut off.
pub(crate) fn mark(cx: &Context<'_>, search: &Search, line: Rect, buf: &mut Buffer) {
    let line = line.intersection(buf.area);
    // The text, and where each of its cells begins in it.
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
