//! Edits the composed message.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui_textarea::{CursorMove, TextArea};

use crate::console::app::scrollback::Row;
use crate::console::app::state::{Notice, State, is_pattern};
use crate::console::app::update;
use crate::console::app::update::SECOND;
use crate::console::panes::compose::draft::Source;
use crate::console::panes::compose::edit;
use crate::console::panes::compose::state::Field;
use crate::console::ui::line_edit::TextEdit;
use crate::wire::envelope::Envelope;
use crate::wire::escape::escape;
use crate::wire::json;

/// The maximum size of the data, in bytes.
pub(crate) const MAX_DATA: usize = 1 << 20;

/// The maximum size of the channel and of the name, in bytes.
const MAX_NAME: usize = 4 << 10;

/// The maximum size of the data in the preview, in bytes.
const PREVIEWED: usize = 64 << 10;

/// Fills in the channel when the pane gets the focus, if the field is empty. From then on, only the user changes it: messages
/// that arrive never change where a text is sent. The cursor starts in the first field that needs input.
pub(crate) fn entered(state: &mut State) {
    if state.compose.channel.is_empty()
        && let Some(channel) = initial_channel(state)
    {
        state.compose.channel = vec![channel].into();
        state.compose.channel.move_cursor(CursorMove::End);
    }
    state.compose.field = state.compose.first_empty_field().unwrap_or(state.compose.field);
    preview(state);
}

/// The first of these that is UTF-8: the only channel that Messages shows, the channel under the cursor of Channels, the channel
/// of the row that the user selected, the first subscribed channel.
fn initial_channel(state: &State) -> Option<String> {
    let channels = &state.channels;
    let only = channels.picked.first().filter(|_| channels.picked.len() == 1);
    let chosen = only.and_then(|index| channels.list.get(*index)).or_else(|| channels.selected());
    let of_row = state.messages.selected_by_user().and_then(Row::channel);
    let seen = chosen.map(|known| &known.channel).into_iter().chain(of_row);
    let mut seen = seen.filter_map(|channel| String::from_utf8(channel.as_bytes().to_vec()).ok());
    seen.next().or_else(|| state.subscribed.iter().find(|name| !is_pattern(name)).cloned())
}

/// Handles a key that is not in the table: a character, Enter, or a movement between lines.
pub(crate) fn input(state: &mut State, key: KeyEvent) {
    let field = state.compose.field;
    if field == Field::Key {
        match key.code {
            KeyCode::Left => return step_key(state, false),
            KeyCode::Right => return step_key(state, true),
            KeyCode::Char(_) => {
                let advice = if state.compose.can_sign() { "Left and Right choose the key" } else { NO_KEY };
                state.notice = Some(Notice::done(format!("sign takes no text: {advice}")));
                return;
            }
            _ => {}
        }
    }
    if let KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown = key.code {
        if let Some(area) = state.compose.field_mut() {
            area.input(KeyEvent::from(key.code));
        }
        return;
    }
    if field != Field::Data && key.code == KeyCode::Enter {
        // The next field for text. Few messages need another key.
        state.compose.field = if field == Field::Channel { Field::Name } else { Field::Data };
        return;
    }
    if key.code != KeyCode::Enter && !update::is_text(&key) {
        return;
    }
    if is_full(state) {
        state.notice = Some(Notice::error("the field is full"));
        return;
    }
    if key.code == KeyCode::Enter {
        return edit::new_line(state);
    }
    if field == Field::Data && matches!(key.code, KeyCode::Char('}' | ']')) {
        edit::outdent(state);
    }
    if state.compose.field_mut().is_some_and(|area| area.input(key)) {
        changed(state);
    }
}

/// Carries out a command in the field that has the focus.
pub(crate) fn edit_text(state: &mut State, edit: TextEdit) {
    let full = is_full(state);
    let Some(area) = state.compose.field_mut() else { return };
    let mut go = |to| {
        area.move_cursor(to);
        false
    };
    let is_changed = match edit {
        TextEdit::Left => go(CursorMove::Back),
        TextEdit::Right => go(CursorMove::Forward),
        TextEdit::WordLeft => go(CursorMove::WordBack),
        TextEdit::WordRight => go(CursorMove::WordForward),
        TextEdit::Start => go(CursorMove::Head),
        TextEdit::End => go(CursorMove::End),
        TextEdit::DeleteLeft => area.delete_char(),
        TextEdit::DeleteRight => area.delete_next_char(),
        TextEdit::DeleteWordLeft => area.delete_word(),
        TextEdit::DeleteWordRight => area.delete_next_word(),
        TextEdit::DeleteToStart => area.delete_line_by_head(),
        TextEdit::DeleteToEnd => area.delete_line_by_end(),
        TextEdit::Yank => !full && area.paste(),
    };
    if is_changed {
        changed(state);
    }
}

/// Replaces a field's text, as one change that can be undone.
pub(crate) fn set_text(area: &mut TextArea<'static>, text: &str) {
    let yanked = area.yank_text();
    area.select_all();
    if text.is_empty() {
        area.cut();
    } else {
        area.insert_str(text);
    }
    area.set_yank_text(yanked);
}

/// Pastes a text into the field. Line breaks become spaces, except in the data.
pub(crate) fn paste(state: &mut State, text: &str) {
    let field = state.compose.field;
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let (text, longest) = match field {
        Field::Data => (text, MAX_DATA),
        Field::Channel | Field::Name => (text.replace('\n', " "), MAX_NAME),
        Field::Key => return,
    };
    if length(state) + text.len() > longest {
        state.notice = Some(Notice::error(format!("not pasted: the field holds at most {} KiB", longest >> 10)));
        return;
    }
    if state.compose.field_mut().is_some_and(|area| area.insert_str(&text)) {
        changed(state);
    }
}

/// Why the way to sign cannot be chosen.
const NO_KEY: &str = "the profile has no key that can sign";

/// Chooses the next or previous way to sign, and shows which one it is.
pub(crate) fn step_key(state: &mut State, forward: bool) {
    let compose = &mut state.compose;
    let count = compose.choices.len();
    let at = compose.choices.iter().position(|choice| *choice == compose.sign_with);
    let next = at.map_or(0, |at| (at + if forward { 1 } else { count - 1 }) % count);
    if let Some(choice) = compose.choices.get(next) {
        compose.sign_with = choice.clone();
    }
    compose.asked_at = None;
    state.notice = Some(Notice::done(if !compose.can_sign() {
        format!("unsigned: {NO_KEY}")
    } else if compose.is_signing_off() {
        String::from("unsigned: listeners with a signing key reject it")
    } else {
        format!("signed with {}", compose.key_label(&state.setup.keyring))
    }));
    preview(state);
}

fn length(state: &mut State) -> usize {
    state.compose.field_mut().map_or(0, |area| area.lines().iter().map(|line| line.len() + 1).sum())
}

fn is_full(state: &mut State) -> bool {
    let longest = if state.compose.field == Field::Data { MAX_DATA } else { MAX_NAME };
    length(state) >= longest
}

/// Updates everything that depends on the text of the focused field, which was changed.
pub(crate) fn changed(state: &mut State) {
    let compose = &mut state.compose;
    compose.replaced = None;
    // The channel may change if the template does not set it.
    let field = compose.field;
    let goes_on = |source: &Source| field == Field::Channel && source.template.channel.is_empty();
    compose.source = compose.source.take().filter(goes_on);
    compose.unsent = !(compose.name.is_empty() && compose.data.is_empty());
    compose.asked_at = None;
    preview(state);
}

/// Checks the fields and updates the preview.
pub(crate) fn preview(state: &mut State) {
    let compose = &mut state.compose;
    let (name, data) = (compose.name_text(), compose.data_text());
    compose.data_error = if data.is_empty() { None } else { json::check(data.as_bytes()).err() };
    compose.field_error = name.contains(':').then(|| "a message name must not contain a colon".to_owned());
    compose.preview = None;
    let now = state.now.div_euclid(SECOND);
    // A payload without name and data is as long as the signature and the separators.
    let empty = state.setup.keyring.payload(b"", b"", &compose.sign_with, now).map_or(0, |payload| payload.len());
    compose.size = (empty + name.len() + data.len()) as u64;
    let faulty = compose.data_error.is_some() || compose.field_error.is_some();
    if state.setup.read_only || faulty || name.is_empty() || compose.channel.is_empty() {
        return;
    }
    match state.setup.keyring.payload(name.as_bytes(), data.as_bytes(), &compose.sign_with, now) {
        Ok(payload) => compose.preview = Some(masked(&payload)),
        Err(error) => compose.field_error = Some(error.to_string()),
    }
}

/// The payload, escaped, without the digits of its HMAC.
fn masked(payload: &[u8]) -> String {
    let Envelope { name, signature, data } = Envelope::parse(payload);
    let shown = &data[..data.len().min(PREVIEWED)];
    let mut text = escape(name);
    text.push(':');
    if let Some(bar) = signature.iter().rposition(|byte| *byte == b'|') {
        text.push_str(&escape(&signature[..=bar]));
        text.push('…');
    }
    text.push(':');
    text.push_str(&escape(shown));
    if shown.len() < data.len() {
        text.push_str("… (");
        text.push_str(&payload.len().to_string());
        text.push_str(" bytes in all)");
    }
    text
}
