//! The thumb on the right border of a list that is longer than its pane.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// Draws the thumb right of `inner`: `total` lines, of which those from `first` are seen.
pub(crate) fn scrollbar(buf: &mut Buffer, inner: Rect, total: usize, first: usize, style: Style) {
    let height = usize::from(inner.height);
    if height == 0 || inner.width == 0 || total <= height {
        return;
    }
    let length = (height * height / total).clamp(1, height);
    let hidden = total - height;
    let track = height - length;
    let top = (first.min(hidden) * track + hidden / 2) / hidden;
    for line in top..top + length {
        let y = inner.y.saturating_add(u16::try_from(line).unwrap_or(u16::MAX));
        if let Some(cell) = buf.cell_mut(Position::new(inner.right(), y)) {
            cell.set_symbol("┃").set_style(style);
        }
    }
}
