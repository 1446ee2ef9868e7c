//! What the rows of all lists have in common: the mark of the selected row, and words where there are no rows.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::console::app::context::Context;
use crate::console::ui::pen::Pen;
use crate::console::ui::text;

/// What stands before the selected row.
pub(crate) const MARK: &str = "▸";

/// Marks a drawn row as selected: a bar in `style` where its list has the keys, bold where it has not.
pub(crate) fn select(buf: &mut Buffer, line: Rect, style: Style, focused: bool) {
    let line = line.intersection(buf.area);
    if focused {
        buf.set_style(line, style.add_modifier(Modifier::REVERSED));
    } else {
        buf.set_style(line, Style::new().add_modifier(Modifier::BOLD));
    }
}

/// The `row`th line of an area.
#[must_use]
pub(crate) fn line(area: Rect, row: u16) -> Rect {
    Rect { y: area.y.saturating_add(row), height: u16::from(row < area.height), ..area }
}

/// Says what would appear in an empty list, and how: a headline and what to do.
pub(crate) fn empty(cx: &Context<'_>, inner: Rect, buf: &mut Buffer, headline: &str, advice: &str) {
    // Short lines read best; a low pane has room for long ones only.
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
    // A third from the top rests better than the very middle, and is where the first rows come.
    let top = height.saturating_sub(lines.len()) / 3;
    for (index, (line, style)) in lines.iter().enumerate() {
        let row = u16::try_from(top + index).unwrap_or(u16::MAX);
        let mut pen = Pen::new(buf, inner, row);
        let line = line.trim_end();
        let left = pen.room().saturating_sub(text::cells(line)) / 2;
        pen.skip(left).put(line, *style);
    }
}
