//! The frame around a pane:
//!
//! ```text
//! ╭ title ───────────────── right ╮
//! │                               ┃
//! ╰ below ────────────── at right ╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Widget};

use crate::console::ui::pen::Pen;
use crate::console::ui::text::cells;
use crate::console::ui::theme::Theme;
use crate::console::ui::theme::strong;

/// Words on a border, with their styles.
pub(crate) type Words = Vec<(String, Style)>;

/// What stands on the four ends of the borders.
#[derive(Debug, Default)]
pub(crate) struct Panel {
    /// The border's style.
    pub(crate) border: Style,
    /// The pane's name, and what follows it.
    pub(crate) title: Words,
    /// At the right of the upper border; left out where it does not fit whole.
    pub(crate) right: Words,
    /// At the left of the lower border.
    pub(crate) below: Words,
    /// At the right of the lower border; left out where it does not fit whole.
    pub(crate) below_right: Words,
}

impl Panel {
    /// Draws the frame; what is left is inside.
    pub(crate) fn draw(&self, area: Rect, buf: &mut Buffer) -> Rect {
        let area = area.intersection(buf.area);
        if area.width < 2 || area.height < 2 {
            return Rect { width: 0, height: 0, ..area };
        }
        Block::bordered().border_type(BorderType::Rounded).border_style(self.border).render(area, buf);
        edge(buf, area, 0, &self.title, &self.right);
        edge(buf, area, area.height - 1, &self.below, &self.below_right);
        area.inner(Margin::new(1, 1))
    }
}

/// The border's style of a pane.
#[must_use]
pub(crate) fn border(theme: &Theme, focused: bool) -> Style {
    if focused { theme.accent } else { theme.line }
}

/// A pane's name on its border.
#[must_use]
pub(crate) fn name(theme: &Theme, name: &str, focused: bool) -> (String, Style) {
    // The mark says without colours which pane has the keys.
    if focused { (format!("▪ {name}"), strong(theme.accent)) } else { (name.to_owned(), strong(theme.text)) }
}

fn edge(buf: &mut Buffer, area: Rect, row: u16, left: &Words, right: &Words) {
    let room = usize::from(area.width).saturating_sub(4);
    let wanted = width(right);
    let taken = if left.is_empty() { 0 } else { width(left) + 2 };
    let right_fits = wanted > 0 && wanted + 2 + taken <= room;
    if !left.is_empty() {
        let inside = Rect { x: area.x + 1, width: area.width - 2, ..area };
        let mut pen = Pen::new(buf, inside, row).reserve(2);
        pen.put(" ", Style::new());
        for (words, style) in left {
            pen.put(words, *style);
        }
        pen.put_whole(" ", Style::new());
    }
    if right_fits {
        let start = usize::from(area.width) - wanted - 3;
        let mut pen = Pen::new(buf, area, row);
        pen.skip(start).put(" ", Style::new());
        for (words, style) in right {
            pen.put(words, *style);
        }
        pen.put(" ", Style::new());
    }
}

fn width(words: &Words) -> usize {
    words.iter().map(|(words, _)| cells(words)).sum()
}
