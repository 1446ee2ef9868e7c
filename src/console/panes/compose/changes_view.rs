//! Draws the difference between the composed message and the loaded one.
//!
//! ```text
//! │ changed  - name cache-flush                          │
//! │          + name cache-flush-all                      │
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::app::context::Context;
use crate::console::panes::compose::draft::{Change, DiffLine};
use crate::console::ui::pen::{Align, Pen};

/// Draws as many lines as fit into the area.
pub(crate) fn render(cx: &Context<'_>, difference: &[DiffLine], area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let room = usize::from(area.height);
    if difference.is_empty() {
        let is_signed = cx.state.compose.signing_key(&cx.state.setup.keyring).is_some();
        let words = if is_signed { "only the signature is new" } else { "nothing" };
        let mut pen = Pen::new(buf, area, 0);
        pen.skip(1).column("changed", 9, Align::Left, theme.soft).put(words, theme.text);
        return;
    }
    for (row, line) in (0..area.height).zip(difference) {
        let mut pen = Pen::new(buf, area, row);
        pen.skip(1).column(if row == 0 { "changed" } else { "" }, 9, Align::Left, theme.soft);
        if usize::from(row) + 1 == room && difference.len() > room {
            pen.put(&format!("… {} more lines", difference.len() - room + 1), theme.warn);
            return;
        }
        let (sign, style) = match line.change {
            Change::Same => ("  ", theme.soft),
            Change::Removed => ("- ", theme.bad),
            Change::Added => ("+ ", theme.good),
        };
        pen.put(sign, style).put(&line.text, style);
    }
}
