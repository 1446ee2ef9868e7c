//! The data is edited in `$EDITOR`.

use super::compose::{MAX_DATA, changed, set_text};
use crate::console::action::Effect;
use crate::console::state::compose::Field;
use crate::console::state::{Notice, State};

/// Gives the data to the editor.
pub(super) fn begin(state: &mut State) -> Vec<Effect> {
    state.compose.editing = true;
    state.compose.field = Field::Data;
    vec![Effect::Edit(state.compose.data_text())]
}

/// The editor ended.
pub(super) fn ended(state: &mut State, result: Result<String, String>) {
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
        state.notice = Some(Notice::error("not taken over: the data field holds at most 1024 KiB"));
    } else if text == state.compose.data_text() {
        state.notice = Some(Notice::done("the editor changed nothing"));
    } else {
        set_text(&mut state.compose.data, &text);
        changed(state);
    }
}
