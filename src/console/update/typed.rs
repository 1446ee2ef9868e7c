//! A line that is typed in a popup.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Longer lines are not taken, in bytes.
const LONGEST: usize = 4 << 10;

/// A key while the line is typed; whether it changed the line.
pub(super) fn key(text: &mut String, key: KeyEvent) -> bool {
    if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
        // As in shells and other lines: all that was typed is taken away.
        let clear = key.code == KeyCode::Char('u') && key.modifiers == KeyModifiers::CONTROL && !text.is_empty();
        if clear {
            text.clear();
        }
        return clear;
    }
    match key.code {
        KeyCode::Char(character) => add(text, character.encode_utf8(&mut [0; 4])),
        KeyCode::Backspace => text.pop().is_some(),
        _ => false,
    }
}

/// Adds a text, its line breaks as spaces, if there is room; whether it changed the line.
pub(super) fn add(text: &mut String, more: &str) -> bool {
    if more.is_empty() || text.len() + more.len() > LONGEST {
        return false;
    }
    text.extend(more.chars().map(|c| if matches!(c, '\r' | '\n') { ' ' } else { c }));
    true
}
