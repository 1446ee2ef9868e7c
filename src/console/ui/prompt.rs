//! Draws text fields, and prompts in the place of the footer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::console::app::context::Context;
use crate::console::app::footer;
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::panel::Words;
use crate::console::ui::pen::Pen;
use crate::console::ui::popup_frame;
use crate::console::ui::text;
use crate::console::ui::text::{cells, grapheme_cells};
use crate::console::ui::theme::strong;
use crate::wire::escape::escape;

/// The minimum cells for the text.
const MIN_TEXT: usize = 20;

/// Draws a prompt in the footer's place: the label, the text, the keys if they fit, and `known` at the right. A notice takes
/// the place of the keys and of `known`.
pub(crate) fn footer(cx: &Context<'_>, area: Rect, label: &str, line: &LineEdit, known: &Words, buf: &mut Buffer) {
    let inner =
        Rect { x: area.x.saturating_add(1), width: area.width.saturating_sub(2), ..area }.intersection(buf.area);
    popup_frame::clear(inner, buf);
    let notice = cx.state.notice.as_ref().map(|notice| {
        let style = if notice.is_error { strong(cx.theme.bad) } else { cx.theme.text };
        vec![(format!("{} {}", if notice.is_error { "✗" } else { "·" }, notice.text), style)]
    });
    let known = notice.as_ref().unwrap_or(known);
    let width: usize = known.iter().map(|(words, _)| cells(words)).sum();
    let most = usize::from(inner.width).saturating_sub(MIN_TEXT + cells(label));
    let reserved = if width == 0 { 0 } else { (width + 2).min(most) };
    let mut pen = Pen::new(buf, inner, 0).reserve(reserved);
    pen.skip(1).put(label, strong(cx.theme.accent)).skip(1);
    self::line(cx, &mut pen, line);
    if notice.is_none() {
        pen.skip(1);
        footer::keys(cx, &mut pen);
    }
    let right = Rect { x: inner.right().saturating_sub(u16::try_from(reserved).unwrap_or(0)), ..inner };
    let mut pen = Pen::new(buf, Rect { width: inner.right().saturating_sub(right.x), ..right }, 0);
    pen.skip(1);
    for (words, style) in known {
        pen.put(words, *style);
    }
}

/// Draws a line being typed with its cursor, or with the selection colour if it is selected. Returns the cells that are
/// out of sight at the left.
pub(crate) fn line(cx: &Context<'_>, pen: &mut Pen<'_>, line: &LineEdit) -> usize {
    let (before, after) = line.halves();
    let (before, after) = (escape(before.as_bytes()), escape(after.as_bytes()));
    let (hidden, before) = tail(&before, pen.room().saturating_sub(1));
    let style = if line.selected() { cx.theme.accent.add_modifier(Modifier::REVERSED) } else { strong(cx.theme.text) };
    pen.put(before, style);
    let under = after.graphemes(true).next().unwrap_or(" ");
    pen.put(under, Style::new().add_modifier(Modifier::REVERSED));
    pen.put(after.get(under.len()..).unwrap_or_default(), strong(cx.theme.text));
    hidden
}

/// A text on a border, after the key of the search, e.g. `/ord`. Long texts are cut. While it is typed, a bar marks the cursor.
pub(crate) fn on_border(cx: &Context<'_>, line: &LineEdit, typing: bool) -> Words {
    const WIDTH: usize = 24;
    let theme = cx.theme;
    let label = footer::search_label(cx);
    let label = if label.chars().count() == 1 { label } else { label + " " };
    let text = |text: &str| (text::cut(&escape(text.as_bytes()), WIDTH), strong(theme.text));
    let mark = |mark: &str| (mark.to_owned(), strong(theme.accent));
    if !typing {
        return vec![mark(&label), text(line.text())];
    }
    let (before, after) = line.halves();
    let before = tail(&escape(before.as_bytes()), WIDTH).1.to_owned();
    vec![mark(&label), (before, strong(theme.text)), mark("▏"), text(after)]
}

/// The end of a text that fits into `width` cells, and the number of cells before it.
pub(crate) fn tail(text: &str, width: usize) -> (usize, &str) {
    let mut excess = cells(text).saturating_sub(width);
    if excess == 0 {
        return (0, text);
    }
    let mut hidden = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        if excess == 0 {
            return (hidden, &text[at..]);
        }
        let cells = grapheme_cells(grapheme);
        hidden += cells;
        excess = excess.saturating_sub(cells);
    }
    (hidden, "")
}
