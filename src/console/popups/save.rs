//! Saves rows to a file.

use std::sync::Arc;

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::event::Effect;
use crate::console::app::scrollback::Row;
use crate::console::app::state::{Notice, State};
use crate::console::filter;
use crate::console::layout::popup_area;
use crate::console::panes;
use crate::console::panes::Pane;
use crate::console::popups::Popup;
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::prompt;
use crate::ledger::format::counted;

/// The prompt for the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SavePrompt {
    /// The typed path.
    pub line: LineEdit,
    /// The number of rows to save.
    pub rows: usize,
    /// Whether these are all rows that Messages lists.
    pub view: bool,
}

/// A row to save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedRow {
    /// The row.
    pub row: Row,
    /// Why the filter could not be evaluated for it, already escaped.
    pub filter_error: Option<Arc<str>>,
}

/// Starts marking rows at the selected one, or stops.
pub(crate) fn mark(state: &mut State) {
    if state.messages.mark.take().is_some() {
        return;
    }
    if state.messages.cursor.is_some() {
        // Without this, new rows would extend the marked ones.
        if state.messages.follow {
            let height = panes::entries(state, Pane::Messages);
            state.messages.pause(height);
        }
        state.messages.mark = state.messages.cursor;
    }
}

/// Asks for a file.
pub(crate) fn open(state: &mut State) {
    let rows = state.messages.selected_serials().len();
    if rows == 0 {
        state.notice = Some(Notice::error("no row is selected"));
        return;
    }
    state.popup = Some(Popup::Save(SavePrompt { rows, ..SavePrompt::default() }));
}

/// Asks for a file for all rows that Messages lists.
pub(crate) fn open_view(state: &mut State) {
    let rows = state.messages.listed_len();
    if rows == 0 {
        state.notice = Some(Notice::error("Messages is empty"));
        return;
    }
    state.popup = Some(Popup::Save(SavePrompt { rows, view: true, ..SavePrompt::default() }));
}

/// Saves the rows. The prompt stays open until they are saved.
pub(crate) fn save(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Save(prompt)) = &state.popup else { return Vec::new() };
    let path = prompt.line.text().to_owned();
    if path.trim().is_empty() {
        state.notice = Some(Notice::error("type the name of a new file"));
        return Vec::new();
    }
    if prompt.view && filter::update::is_scanning(state) {
        state.notice = Some(Notice::error("the filter has not examined all rows yet"));
        return Vec::new();
    }
    let messages = &state.messages;
    let row_ids = if prompt.view { messages.listed_serials().collect() } else { messages.selected_serials() };
    let rows = row_ids.into_iter().filter_map(|row_id| {
        Some(SavedRow { row: messages.row(row_id)?.clone(), filter_error: filter::update::error_of(state, row_id) })
    });
    vec![Effect::Save { path, rows: rows.collect() }]
}

/// Takes the result. After an error, another name can be typed.
pub(crate) fn saved(state: &mut State, result: Result<(u64, String), String>) {
    state.notice = Some(match result {
        Ok((rows, path)) => {
            if matches!(state.popup, Some(Popup::Save(_))) {
                state.popup = None;
            }
            state.messages.mark = None;
            Notice::done(format!("{} saved in {path}", counted(rows, "row")))
        }
        Err(why) => Notice::error(format!("not saved: {why}")),
    });
}

/// Draws the prompt.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, typed: &SavePrompt, buf: &mut Buffer) {
    let label = format!("save {} in", counted(typed.rows as u64, "row"));
    prompt::footer(cx, popup_area(cx.state.size, popup), &label, &typed.line, &Vec::new(), buf);
}
