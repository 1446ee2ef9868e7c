//! One line of text with a cursor, for prompts.

use std::ops::Range;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The longest text, in bytes; as long as the longest filter.
const MAX_LENGTH: usize = 4096;

/// A line being typed. Its characters are not escaped, and none is a control character.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineEdit {
    text: String,
    cursor: usize,
}

impl LineEdit {
    /// A text, with the cursor behind it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut line = Self::default();
        line.insert(text);
        line
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before the cursor, and what is behind it.
    #[must_use]
    pub fn halves(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    /// Puts a text at the cursor; control characters become spaces, and what has no room is left out.
    pub fn insert(&mut self, text: &str) {
        for char in text.chars() {
            let char = if char.is_control() { ' ' } else { char };
            if self.text.len() + char.len_utf8() > MAX_LENGTH {
                return;
            }
            self.text.insert(self.cursor, char);
            self.cursor += char.len_utf8();
        }
    }

    /// Puts a text in the place of a range of bytes between characters, with the cursor behind it.
    pub fn replace(&mut self, range: Range<usize>, text: &str) {
        if self.text.get(range.clone()).is_some() {
            self.cursor = range.start;
            self.text.replace_range(range, "");
            self.insert(text);
        }
    }

    /// Takes the character before the cursor away.
    pub fn backspace(&mut self) {
        let end = self.cursor;
        self.left();
        self.text.replace_range(self.cursor..end, "");
    }

    /// Takes the character at the cursor away.
    pub fn delete(&mut self) {
        let start = self.cursor;
        self.right();
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }

    /// Takes the word before the cursor away, with the spaces behind it.
    pub fn delete_word(&mut self) {
        let before = self.text[..self.cursor].trim_end();
        let start = before.rfind(char::is_whitespace).map_or(0, |space| space + 1);
        let start = self.text.ceil_char_boundary(start);
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }

    /// Takes all before the cursor away.
    pub fn delete_to_start(&mut self) {
        self.text.replace_range(..self.cursor, "");
        self.cursor = 0;
    }

    /// The cursor goes back by a character.
    pub fn left(&mut self) {
        self.cursor -= self.text[..self.cursor].chars().next_back().map_or(0, char::len_utf8);
    }

    /// The cursor goes on by a character.
    pub fn right(&mut self) {
        self.cursor += self.text[self.cursor..].chars().next().map_or(0, char::len_utf8);
    }

    /// The cursor goes before the first character.
    pub fn to_start(&mut self) {
        self.cursor = 0;
    }

    /// The cursor goes behind the last character.
    pub fn to_end(&mut self) {
        self.cursor = self.text.len();
    }
}

/// Whether the key changed the text; moving the cursor does not.
pub(crate) fn input(line: &mut LineEdit, key: KeyEvent) -> bool {
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
