//! One line, where the window has no room for more.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::app::context::Context;
use crate::console::layout::SMALLEST;
use crate::console::ui::pen::Pen;
use crate::console::ui::text::cells;

/// Says that the window is too small, in as many words as there is room for.
pub(crate) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer) {
    let (columns, rows) = SMALLEST;
    let wordings = [
        format!("window too small: {}x{}, needs {columns}x{rows}", area.width, area.height),
        format!("needs {columns}x{rows}"),
        String::from("small"),
        String::from("…"),
    ];
    let room = usize::from(area.width);
    if let Some(words) = wordings.iter().find(|words| cells(words) <= room) {
        let mut pen = Pen::new(buf, area, area.height / 2);
        pen.skip((room - cells(words)) / 2).put(words, cx.theme.warn);
    }
}
