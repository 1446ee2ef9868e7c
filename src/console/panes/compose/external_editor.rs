//! Edits the data in `$EDITOR`.

use crate::console::app::event::Effect;
use crate::console::app::state::{Notice, State};
use crate::console::panes::compose::state::Field;
use crate::console::panes::compose::update::{MAX_DATA, changed, set_text};

/// Opens the data in the editor.
pub(crate) fn begin(state: &mut State) -> Vec<Effect> {
    state.compose.editing = true;
    state.compose.field = Field::Data;
    vec![Effect::Edit(state.compose.data_text())]
}

/// Handles the end of the editor: the edited data, or the error.
pub(crate) fn ended(state: &mut State, result: Result<String, String>) {
    if !std::mem::take(&mut state.compose.editing) {
        return;
    }
    let text = match result {
        Ok(text) => text.replace("\r\n", "\n").replace('\r', "\n"),
        Err(why) => {
            state.notice = Some(Notice::error(why));
            return;
        }
    };
    if text.len() > MAX_DATA {
        state.notice = Some(Notice::error("not loaded: the data field holds at most 1024 KiB"));
    } else if text == state.compose.data_text() {
        state.notice = Some(Notice::done("the editor changed nothing"));
    } else {
        set_text(&mut state.compose.data, &text);
        changed(state);
    }
}
