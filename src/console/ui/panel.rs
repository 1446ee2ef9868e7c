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
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Widget};

use crate::console::ui::text::{cells, cut};
use crate::console::ui::theme::Theme;
use crate::console::ui::theme::strong;

/// Styled text on a border.
pub(crate) type Words = Vec<(String, Style)>;

/// The titles at the four ends of the borders.
#[derive(Debug, Default)]
pub(crate) struct Panel {
    /// The border's style.
    pub(crate) border: Style,
    /// At the left of the upper border.
    pub(crate) title: Words,
    /// At the right of the upper border. Left out if it does not fit whole.
    pub(crate) right: Words,
    /// At the left of the lower border.
    pub(crate) below: Words,
    /// At the right of the lower border. Left out if it does not fit whole.
    pub(crate) below_right: Words,
}

impl Panel {
    /// Draws the frame. Returns the area inside.
    pub(crate) fn draw(&self, area: Rect, buf: &mut Buffer) -> Rect {
        let area = area.intersection(buf.area);
        if area.width < 2 || area.height < 2 {
            return Rect { width: 0, height: 0, ..area };
        }
        let [title, right] = titles(area.width, &self.title, &self.right);
        let [below, below_right] = titles(area.width, &self.below, &self.below_right);
        Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(self.border)
            .title_top(title)
            .title_top(right.right_aligned())
            .title_bottom(below)
            .title_bottom(below_right.right_aligned())
            .render(area, buf);
        area.inner(Margin::new(1, 1))
    }
}

/// The style of a pane's border.
#[must_use]
pub(crate) fn border(theme: &Theme, focused: bool) -> Style {
    if focused { theme.accent } else { theme.line }
}

/// A pane's name on its border.
#[must_use]
pub(crate) fn name(theme: &Theme, name: &str, focused: bool) -> (String, Style) {
    // The mark shows the focus without colours, too.
    if focused { (format!("▪ {name}"), strong(theme.accent)) } else { (name.to_owned(), strong(theme.text)) }
}

/// The titles on a border: the left one is cut to fit, and the right one is left out if it does not fit whole.
fn titles(width: u16, left: &Words, right: &Words) -> [Line<'static>; 2] {
    let room = usize::from(width).saturating_sub(4);
    let taken = if left.is_empty() { 0 } else { cells_of(left) + 2 };
    let fits = !right.is_empty() && cells_of(right) + 2 + taken <= room;
    [line(left, room.saturating_sub(1)), if fits { line(right, room) } else { Line::default() }]
}

/// Words cut to `width` cells.
pub(crate) fn cut_words(words: &Words, width: usize) -> Words {
    let mut left = width;
    let mut fitting = Vec::new();
    for (words, style) in words {
        let shown = cut(words, left);
        let whole = shown == *words;
        left -= cells(&shown).min(left);
        fitting.push((shown, *style));
        if !whole {
            break;
        }
    }
    fitting
}

/// Words with a space before and after them, cut to `width` cells.
fn line(words: &Words, width: usize) -> Line<'static> {
    let mut spans: Vec<_> =
        cut_words(words, width).into_iter().map(|(words, style)| Span::styled(words, style)).collect();
    if !spans.is_empty() {
        spans.insert(0, Span::raw(" "));
        spans.push(Span::raw(" "));
    }
    Line::from(spans)
}

/// The width of words.
pub(crate) fn cells_of(words: &Words) -> usize {
    words.iter().map(|(words, _)| cells(words)).sum()
}
