//! Drawing lists: the rows, the mark of the selected row, and the text of an empty list.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::console::app::context::Context;
use crate::console::ui::list_cursor::ListCursor;
use crate::console::ui::pen::Pen;
use crate::console::ui::scrollbar::scrollbar;
use crate::console::ui::text;

/// The mark before the selected row.
pub(crate) const MARK: &str = "▸";

/// Marks a drawn row as selected: a bar in `style` if its list has the focus, otherwise bold.
pub(crate) fn select(buf: &mut Buffer, line: Rect, style: Style, focused: bool) {
    let line = line.intersection(buf.area);
    if focused {
        buf.set_style(line, style.add_modifier(Modifier::REVERSED));
    } else {
        buf.set_style(line, Style::new().add_modifier(Modifier::BOLD));
    }
}

/// Draws the rows of a list that are in its window, with the mark of the selected row and the scrollbar. `draw` writes the
/// row with that index after the mark.
pub(crate) fn rows(
    cx: &Context<'_>,
    area: Rect,
    position: ListCursor,
    len: usize,
    buf: &mut Buffer,
    mut draw: impl FnMut(&mut Pen<'_>, usize),
) {
    let shown = position.range(len, usize::from(area.height));
    scrollbar(buf, area, len, shown.start, cx.theme.soft);
    for (row, index) in (0..).zip(shown) {
        let selected = index == position.cursor;
        let mut pen = Pen::new(buf, area, row);
        pen.put(if selected { MARK } else { " " }, cx.theme.accent);
        draw(&mut pen, index);
        if selected {
            select(buf, line(area, row), cx.theme.accent, true);
        }
    }
}

/// The `row`th line of an area.
#[must_use]
pub(crate) fn line(area: Rect, row: u16) -> Rect {
    Rect { y: area.y.saturating_add(row), height: u16::from(row < area.height), ..area }
}

/// Draws the text of an empty list: a headline, and advice.
pub(crate) fn empty(cx: &Context<'_>, inner: Rect, buf: &mut Buffer, headline: &str, advice: &str) {
    // Short lines are easier to read, but a low pane only has room for long ones.
    let most = if inner.height < 5 { 120 } else { 60 };
    let width = usize::from(inner.width).saturating_sub(2).min(most);
    if width == 0 {
        return;
    }
    let mut lines: Vec<_> = text::wrap(headline, width).into_iter().map(|line| (line, cx.theme.text)).collect();
    lines.extend(text::wrap(advice, width).into_iter().map(|line| (line, cx.theme.soft)));
    let height = usize::from(inner.height);
    if height == 1 {
        let words = text::cut(&format!("{headline} {advice}"), width);
        let mut pen = Pen::new(buf, inner, 0);
        let left = pen.room().saturating_sub(text::cells(&words)) / 2;
        pen.skip(left).put(&words, cx.theme.soft);
        return;
    }
    // A third from the top is near the place of the first rows.
    let top = height.saturating_sub(lines.len()) / 3;
    for (index, (line, style)) in lines.iter().enumerate() {
        let row = u16::try_from(top + index).unwrap_or(u16::MAX);
        let mut pen = Pen::new(buf, inner, row);
        let line = line.trim_end();
        let left = pen.room().saturating_sub(text::cells(line)) / 2;
        pen.skip(left).put(line, *style);
    }
}
