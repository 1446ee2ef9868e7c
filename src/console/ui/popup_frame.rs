//! The frame of all popups: a cleared area with a border, and the keys in its last line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};

use crate::console::app::context::Context;
use crate::console::app::footer;
use crate::console::layout::popup_area;
use crate::console::popups::Popup;
use crate::console::ui::narrowing::Narrowing;
use crate::console::ui::panel::{Panel, Words};
use crate::console::ui::pen::Pen;
use crate::console::ui::text;
use crate::console::ui::theme::strong;

/// Clears the popup's area and draws its frame and keys. Returns the area for the content.
pub(crate) fn draw(
    cx: &Context<'_>,
    popup: &Popup,
    title: &str,
    right: Words,
    border: Style,
    buf: &mut Buffer,
) -> Rect {
    let title = vec![(title.to_owned(), strong(border))];
    draw_panel(cx, popup, &Panel { border, title, right, ..Panel::default() }, buf)
}

/// Clears the popup's area and draws its frame and keys, with the text that narrows its lines. Returns the area for the content.
pub(crate) fn draw_narrowed(
    cx: &Context<'_>,
    popup: &Popup,
    title: &str,
    right: Words,
    narrowing: &Narrowing,
    buf: &mut Buffer,
) -> Rect {
    let border = cx.theme.accent;
    let title = vec![(title.to_owned(), strong(border))];
    draw_panel(cx, popup, &Panel { border, title, right, below: narrowing.words(cx), ..Panel::default() }, buf)
}

/// Clears the popup's area and draws this frame and the keys. Returns the area for the content.
pub(crate) fn draw_panel(cx: &Context<'_>, popup: &Popup, panel: &Panel, buf: &mut Buffer) -> Rect {
    let area = popup_area(cx.state.size, popup).intersection(buf.area);
    clear(area, buf);
    let inner = panel.draw(area, buf);
    if inner.height > 0 {
        let mut pen = Pen::new(buf, inner, inner.height - 1);
        footer::keys(cx, &mut pen);
    }
    Rect { height: inner.height.saturating_sub(1), ..inner }
}

/// Clears an area, and a wide character that would extend into it from the left.
pub(crate) fn clear(area: Rect, buf: &mut Buffer) {
    for y in area.y..area.bottom() {
        if let Some(left) = area.x.checked_sub(1)
            && let Some(cell) = buf.cell_mut((left, y))
            && text::cells(cell.symbol()) > 1
        {
            cell.set_symbol(" ");
        }
    }
    Clear.render(area, buf);
}
