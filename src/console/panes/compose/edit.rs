//! Undo, redo, automatic indentation, and formatting of JSON.

use ratatui_textarea::{CursorMove, DataCursor, TextArea};

use crate::console::app::state::{Notice, State};
use crate::console::panes::compose;
use crate::console::panes::compose::draft::Source;
use crate::console::panes::compose::state::Field;
use crate::console::panes::compose::update::{changed, set_text};
use crate::console::ui::json_pretty::indented;
use crate::wire::json;

/// Two spaces per level, as in formatted JSON.
const INDENT: &str = "  ";

/// Undoes the last change. Directly after a text was loaded, restores the text that it replaced.
pub(crate) fn undo(state: &mut State) {
    if let Some(replaced) = state.compose.replaced.take() {
        replaced.restore(&mut state.compose);
        compose::update::preview(state);
        state.notice = Some(Notice::done("restored the previous text"));
        return;
    }
    if state.compose.field_mut().is_some_and(|area| step(area, TextArea::undo, TextArea::redo)) {
        changed(state);
    } else {
        state.notice = Some(Notice::done("nothing to undo in this field"));
    }
}

/// Redoes the change that was undone last.
pub(crate) fn redo(state: &mut State) {
    if state.compose.field_mut().is_some_and(|area| step(area, TextArea::redo, TextArea::undo)) {
        changed(state);
    } else {
        state.notice = Some(Notice::done("nothing to redo in this field"));
    }
}

/// Undoes or redoes one step with `there`, whose inverse is `back`. Returns false if there is none. The field records the
/// replacement of the whole text as two changes, with an empty text in between. They count as one step.
fn step(
    area: &mut TextArea<'static>,
    there: fn(&mut TextArea<'static>) -> bool,
    back: fn(&mut TextArea<'static>) -> bool,
) -> bool {
    let moved = there(area);
    if moved && area.is_empty() && there(area) {
        let is_whole = area.lines().len() > 1 || area.lines()[0].chars().nth(1).is_some();
        if !is_whole {
            back(area);
        }
    }
    moved
}

/// Indents the data, as one change that can be undone. Strings and numbers are kept byte for byte.
pub(crate) fn format(state: &mut State) {
    let data = state.compose.data_text();
    if let Err(error) = json::check(data.as_bytes()) {
        if data.trim().is_empty() {
            state.notice = Some(Notice::done("no data to format"));
        } else {
            go_to(state, error.line, error.column);
            state.notice = Some(Notice::error(format!("not JSON: {error}")));
        }
        return;
    }
    let laid_out = indented(&data);
    if laid_out.len() > compose::update::MAX_DATA {
        state.notice = Some(Notice::error("the formatted data would exceed the limit of the field"));
    } else if laid_out != data {
        let source = state.compose.source.take().map(|source| Source { laid_out: true, ..source });
        state.compose.field = Field::Data;
        set_text(&mut state.compose.data, &laid_out);
        changed(state);
        // Only white space was changed, so the text still counts as that of the template.
        state.compose.source = source;
    }
    state.compose.field = Field::Data;
}

/// Moves the cursor to an error in the data.
fn go_to(state: &mut State, line: usize, column: usize) {
    let place = |number: usize| u16::try_from(number.saturating_sub(1)).unwrap_or(u16::MAX);
    state.compose.field = Field::Data;
    state.compose.data.move_cursor(CursorMove::Jump(place(line), place(column)));
}

/// Inserts a line break in the data. The new line is indented like the previous one, and one level more after an opening bracket.
/// A closing bracket directly after the cursor is moved to its own line.
pub(crate) fn new_line(state: &mut State) {
    let area = &mut state.compose.data;
    let DataCursor(row, column) = area.cursor();
    let line = area.lines().get(row).cloned().unwrap_or_default();
    let (before, after) = split(&line, column);
    let mut indent: String = before.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let outer = indent.clone();
    let opens = before.trim_end().ends_with(['{', '[']);
    if opens {
        indent.push_str(INDENT);
    }
    let closes = opens && after.starts_with(['}', ']']);
    area.insert_newline();
    area.insert_str(&indent);
    if closes {
        let DataCursor(row, column) = area.cursor();
        area.insert_newline();
        area.insert_str(&outer);
        let place = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        area.move_cursor(CursorMove::Jump(place(row), place(column)));
    }
    changed(state);
}

/// Removes one level of indentation before a closing bracket at the start of a line.
pub(crate) fn outdent(state: &mut State) {
    let area = &mut state.compose.data;
    let DataCursor(row, column) = area.cursor();
    let line = area.lines().get(row).cloned().unwrap_or_default();
    let (before, _) = split(&line, column);
    if before.ends_with(INDENT) && before.trim().is_empty() {
        for _ in 0..INDENT.len() {
            area.delete_char();
        }
    }
}

/// The text before and after the cursor. `column` is in characters.
fn split(line: &str, column: usize) -> (&str, &str) {
    let at = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    line.split_at(at)
}
