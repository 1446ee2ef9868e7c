//! Draws a text area character by character, so that pasted text cannot act on the terminal.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui_textarea::{DataCursor, TextArea};
use unicode_width::UnicodeWidthChar;

use crate::wire::escape::escape;

/// The styles of a field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    /// The text's style.
    pub(crate) text: Style,
    /// The style of a replacement for a character that must not be drawn.
    pub(crate) replaced: Style,
    /// Whether the field has the focus.
    pub(crate) cursor: bool,
    /// A place to mark: line and column in characters, both from 0.
    pub(crate) mistake: Option<(usize, usize)>,
    /// The style of that mark.
    pub(crate) mark: Style,
}

impl Field {
    /// Draws the part of the text around the cursor.
    pub(crate) fn draw(&self, editor: &TextArea<'_>, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let DataCursor(cursor_line, cursor_column) = editor.cursor();
        let lines = editor.lines();
        let Window { first, left, .. } = window(editor, area);
        for (y, index) in (area.y..area.bottom()).zip(first..lines.len()) {
            let cursor = (self.cursor && index == cursor_line).then_some(cursor_column);
            let mistake = self.mistake.filter(|(line, _)| *line == index).map(|(_, column)| column);
            self.line(&lines[index], left, cursor, mistake, Rect { y, height: 1, ..area }, buf);
        }
    }

    fn line(
        &self,
        text: &str,
        left: usize,
        cursor: Option<usize>,
        mistake: Option<usize>,
        area: Rect,
        buf: &mut Buffer,
    ) {
        let room = usize::from(area.width);
        let mut at = 0;
        // One more cell than the text has, for a cursor or mistake at its end.
        for (column, character) in text.chars().chain([' ']).enumerate() {
            let (drawn, style) = self.shown(character);
            let cells = width(character);
            if at >= left + room {
                break;
            }
            if at >= left && at + cells <= left + room {
                let x = area.x + u16::try_from(at - left).unwrap_or(u16::MAX);
                let mut style = style;
                if mistake == Some(column) {
                    style = self.mark;
                }
                if cursor == Some(column) {
                    style = style.add_modifier(Modifier::REVERSED);
                }
                buf.set_stringn(x, area.y, drawn.encode_utf8(&mut [0; 4]), cells, style);
            }
            at += cells;
        }
        if left > 0
            && let Some(cell) = buf.cell_mut(Position::new(area.x, area.y))
        {
            cell.set_symbol("‹").set_style(self.replaced);
        }
    }

    /// The character itself if it has a cell of its own and needs no escape, or its replacement.
    fn shown(&self, character: char) -> (char, Style) {
        match character {
            ' '..='~' => (character, self.text),
            '\t' => ('→', self.replaced),
            '\0'..='\x1f' => (char::from_u32(0x2400 + u32::from(character)).unwrap_or('�'), self.replaced),
            _ => {
                let mut bytes = [0; 4];
                let text: &str = character.encode_utf8(&mut bytes);
                let plain = character.width().unwrap_or(0) > 0 && escape(text.as_bytes()) == text;
                if plain { (character, self.text) } else { ('�', self.replaced) }
            }
        }
    }
}

/// The part of a text that is shown around the cursor.
struct Window {
    /// The first line.
    first: usize,
    /// The number of cells cut off at the left.
    left: usize,
    /// The cells before the cursor, on its line.
    before: usize,
}

fn window(editor: &TextArea<'_>, area: Rect) -> Window {
    let DataCursor(line, column) = editor.cursor();
    let height = usize::from(area.height);
    let lines = editor.lines();
    let first = (line + 1).saturating_sub(height).min(lines.len().saturating_sub(height));
    let before: usize = lines.get(line).map_or(0, |line| line.chars().take(column).map(width).sum());
    // The cursor needs a cell after the last character.
    Window { first, left: (before + 2).saturating_sub(usize::from(area.width)), before }
}

/// The place of a field's cursor on the screen.
pub(crate) fn cursor(editor: &TextArea<'_>, area: Rect) -> Option<Position> {
    if area.is_empty() {
        return None;
    }
    let Window { first, left, before } = window(editor, area);
    let x = u16::try_from(before - left.min(before)).ok()?;
    let y = u16::try_from(editor.cursor().0 - first).ok()?;
    let place = Position::new(area.x.saturating_add(x), area.y.saturating_add(y));
    area.contains(place).then_some(place)
}

/// The cells of a character. A character without a cell is drawn as a sign of one cell.
fn width(character: char) -> usize {
    character.width().unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_without_room_has_no_cursor() {
        for area in [Rect::new(0, 0, 10, 0), Rect::new(0, 0, 0, 3)] {
            assert_eq!(cursor(&TextArea::default(), area), None);
        }
    }
}
