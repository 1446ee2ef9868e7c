//! Keys that edit a prompt's line.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::console::state::line_edit::LineEdit;

/// Whether the key changed the text; moving the cursor does not.
pub(super) fn input(line: &mut LineEdit, key: KeyEvent) -> bool {
    let before = line.text().to_owned();
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match key.code {
        KeyCode::Char('a') if control => line.to_start(),
        KeyCode::Char('e') if control => line.to_end(),
        KeyCode::Char('u') if control => line.delete_to_start(),
        KeyCode::Char('w') if control => line.delete_word(),
        KeyCode::Char(char) if plain => line.insert(char.encode_utf8(&mut [0; 4])),
        KeyCode::Backspace => line.backspace(),
        KeyCode::Delete => line.delete(),
        KeyCode::Left => line.left(),
        KeyCode::Right => line.right(),
        KeyCode::Home => line.to_start(),
        KeyCode::End => line.to_end(),
        _ => {}
    }
    line.text() != before
}
