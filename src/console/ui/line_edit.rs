//! A line of text with a cursor. It is the text field of all popups and prompts.

use std::ops::Range;

use strum::EnumIter;

/// The maximum bytes of a text: the length of the longest filter.
const MAX_LENGTH: usize = 4096;

/// The maximum digits of a sequence number.
const MAX_DIGITS: usize = 20;

/// A command of a text field, as in readline. The keymap has one key or more for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum TextEdit {
    /// Move left by a character.
    Left,
    /// Move right by a character.
    Right,
    /// Move left to the start of a word.
    WordLeft,
    /// Move right to the end of a word.
    WordRight,
    /// Move to the start of the line.
    Start,
    /// Move to the end of the line.
    End,
    /// Delete the character before the cursor.
    DeleteLeft,
    /// Delete the character at the cursor.
    DeleteRight,
    /// Delete the word before the cursor.
    DeleteWordLeft,
    /// Delete the word after the cursor.
    DeleteWordRight,
    /// Delete from the start of the line to the cursor.
    DeleteToStart,
    /// Delete from the cursor to the end of the line.
    DeleteToEnd,
    /// Insert the text that was deleted last by a word or to an end of the line.
    Yank,
}

/// The characters that a field takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Accepts {
    /// Any text.
    #[default]
    Text,
    /// Digits.
    Digits,
}

/// A line being typed. Its characters are not escaped, and none is a control character.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineEdit {
    text: String,
    cursor: usize,
    /// The text was filled in: the first character typed replaces it, and a movement keeps it.
    selected: bool,
    accepts: Accepts,
    /// The text for [`TextEdit::Yank`].
    killed: String,
}

impl LineEdit {
    /// A text with the cursor at its end.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut line = Self::default();
        line.insert(text);
        line
    }

    /// A text that is selected, so that typing replaces it.
    #[must_use]
    pub(crate) fn prefilled(text: &str) -> Self {
        Self::new(text).select()
    }

    /// A number that is selected. The field takes digits only.
    #[must_use]
    pub fn number(text: &str) -> Self {
        let mut line = Self { accepts: Accepts::Digits, ..Self::default() };
        line.insert(text);
        line.select()
    }

    fn select(self) -> Self {
        Self { selected: !self.text.is_empty(), ..self }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the text is selected: the next character typed replaces it.
    #[must_use]
    pub fn selected(&self) -> bool {
        self.selected
    }

    /// The text before the cursor, and the text after it.
    #[must_use]
    pub(crate) fn halves(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    /// Inserts a text at the cursor, or replaces a selected text. Control characters become spaces. Characters that the
    /// field does not take, or that do not fit, are left out.
    pub fn insert(&mut self, text: &str) {
        let accepted = text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| self.accepts.takes(*c));
        let accepted: String = accepted.collect();
        if accepted.is_empty() {
            return;
        }
        if std::mem::take(&mut self.selected) {
            self.text.clear();
            self.cursor = 0;
        }
        for char in accepted.chars() {
            if !self.accepts.fits(&self.text, char) {
                return;
            }
            self.text.insert(self.cursor, char);
            self.cursor += char.len_utf8();
        }
    }

    /// Replaces a range of bytes between characters. The cursor goes to the end of the new text.
    pub fn replace(&mut self, range: Range<usize>, text: &str) {
        if self.text.get(range.clone()).is_some() {
            self.selected = false;
            self.cursor = range.start;
            self.text.replace_range(range, "");
            self.insert(text);
        }
    }

    /// Carries out a command. Deleting a character of a selected text deletes all of it.
    pub fn edit(&mut self, edit: TextEdit) {
        let all = 0..self.text.len();
        let selected = std::mem::take(&mut self.selected);
        match edit {
            TextEdit::DeleteLeft | TextEdit::DeleteRight if selected => self.delete(all),
            TextEdit::Left => self.cursor = self.left(),
            TextEdit::Right => self.cursor = self.right(),
            TextEdit::WordLeft => self.cursor = self.word_left(),
            TextEdit::WordRight => self.cursor = self.word_right(),
            TextEdit::Start => self.cursor = 0,
            TextEdit::End => self.cursor = all.end,
            TextEdit::DeleteLeft => self.delete(self.left()..self.cursor),
            TextEdit::DeleteRight => self.delete(self.cursor..self.right()),
            TextEdit::DeleteWordLeft => self.kill(self.blank_left()..self.cursor),
            TextEdit::DeleteWordRight => self.kill(self.cursor..self.word_right()),
            TextEdit::DeleteToStart => self.kill(0..self.cursor),
            TextEdit::DeleteToEnd => self.kill(self.cursor..all.end),
            TextEdit::Yank => {
                let killed = std::mem::take(&mut self.killed);
                self.insert(&killed);
                self.killed = killed;
            }
        }
    }

    fn delete(&mut self, range: Range<usize>) {
        self.cursor = range.start;
        self.text.replace_range(range, "");
    }

    fn kill(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.text[range.clone()].clone_into(&mut self.killed);
            self.delete(range);
        }
    }

    fn left(&self) -> usize {
        self.cursor - self.text[..self.cursor].chars().next_back().map_or(0, char::len_utf8)
    }

    fn right(&self) -> usize {
        self.cursor + self.text[self.cursor..].chars().next().map_or(0, char::len_utf8)
    }

    /// The start of the word before the cursor. Words are letters and digits.
    fn word_left(&self) -> usize {
        let before = self.text[..self.cursor].trim_end_matches(|c: char| !c.is_alphanumeric());
        before.trim_end_matches(char::is_alphanumeric).len()
    }

    /// The end of the word after the cursor.
    fn word_right(&self) -> usize {
        let after = self.text[self.cursor..].trim_start_matches(|c: char| !c.is_alphanumeric());
        self.text.len() - after.trim_start_matches(char::is_alphanumeric).len()
    }

    /// The start of the word before the cursor. Only spaces separate words here.
    fn blank_left(&self) -> usize {
        let before = self.text[..self.cursor].trim_end();
        before.trim_end_matches(|c: char| !c.is_whitespace()).len()
    }
}

impl Accepts {
    fn takes(self, char: char) -> bool {
        match self {
            Self::Text => true,
            Self::Digits => char.is_ascii_digit(),
        }
    }

    /// Whether the text has room for another character.
    fn fits(self, text: &str, char: char) -> bool {
        match self {
            Self::Text => text.len() + char.len_utf8() <= MAX_LENGTH,
            Self::Digits => text.len() < MAX_DIGITS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with a bar at the cursor, after some commands.
    fn after(text: &str, edits: &[TextEdit]) -> String {
        let mut line = LineEdit::new(text);
        for edit in edits {
            line.edit(*edit);
        }
        let (before, after) = line.halves();
        format!("{before}|{after}")
    }

    #[test]
    fn commands_edit_as_readline_does() {
        use TextEdit::*;
        let cases: &[(&[TextEdit], &str)] = &[
            (&[Left], "name:paid  ü_|2"),
            (&[Start, Right], "n|ame:paid  ü_2"),
            (&[WordLeft], "name:paid  ü_|2"),
            (&[WordLeft, WordLeft, WordLeft], "name:|paid  ü_2"),
            (&[Start, WordRight, WordRight], "name:paid|  ü_2"),
            (&[WordLeft, DeleteLeft], "name:paid  ü|2"),
            (&[Start, DeleteRight], "|ame:paid  ü_2"),
            (&[DeleteWordLeft, DeleteWordLeft], "|"),
            (&[Start, DeleteWordRight], "|:paid  ü_2"),
            (&[WordLeft, DeleteToStart, End, Yank], "2name:paid  ü_|"),
            (&[WordLeft, DeleteToEnd, Start, Yank, Yank], "22|name:paid  ü_"),
            (&[DeleteWordLeft, DeleteLeft, Yank], "name:paid ü_2|"),
        ];
        for (edits, expected) in cases {
            assert_eq!(after("name:paid  ü_2", edits), *expected, "{edits:?}");
        }
    }

    #[test]
    fn typing_replaces_a_selected_text_and_moving_keeps_it() {
        let mut line = LineEdit::prefilled("a.db");
        line.insert("b");
        assert_eq!((line.text(), line.selected()), ("b", false));
        let mut line = LineEdit::prefilled("a.db");
        line.edit(TextEdit::End);
        line.insert("x");
        assert_eq!(line.text(), "a.dbx");
        let mut line = LineEdit::prefilled("a.db");
        line.edit(TextEdit::DeleteLeft);
        assert_eq!(line.text(), "");
        let mut line = LineEdit::number("10");
        line.insert("x");
        assert_eq!((line.text(), line.selected()), ("10", true), "a character that the field does not take");
        line.insert("7");
        assert_eq!(line.text(), "7");
        assert!(!LineEdit::prefilled("").selected());
    }
}
