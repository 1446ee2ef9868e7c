//! One line of text that is typed in a popup.

/// The longest text, in bytes.
const LONGEST: usize = 4 << 10;

/// A line in the making; text is added and removed at its end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    text: String,
}

impl Line {
    /// A line that holds this text already.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut line = Self::default();
        line.add(text);
        line
    }

    /// What was typed; not escaped.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Adds a text, as far as there is room. Control characters, line breaks among them, are left out.
    pub fn add(&mut self, more: &str) {
        for character in more.chars().filter(|character| !character.is_control()) {
            if self.text.len() + character.len_utf8() > LONGEST {
                return;
            }
            self.text.push(character);
        }
    }

    /// Removes the last character.
    pub fn remove_last(&mut self) {
        self.text.pop();
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.text.clear();
    }
}
