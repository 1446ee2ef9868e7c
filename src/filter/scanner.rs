//! Splits a filter's text into words and values.

use super::error::FilterError;

/// A position in the text.
pub(super) struct Scanner<'a> {
    text: &'a str,
    /// The byte offset of the next character.
    pub(super) position: usize,
}

/// The value of a term: the text after its colon or tilde.
pub(super) struct TermValue {
    /// The text without its quotes.
    pub(super) text: String,
    /// The byte offset of its first character.
    pub(super) offset: usize,
    /// Whether it was quoted.
    pub(super) quoted: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Advances past the next character if it is `wanted`.
    pub(super) fn take(&mut self, wanted: char) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.position += wanted.len_utf8();
        }
        found
    }

    /// Advances past all characters that satisfy `wanted`, and returns them.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.position += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Creates an error at a byte offset.
    pub(super) fn error(&self, offset: usize, message: impl Into<String>) -> FilterError {
        FilterError::new(self.text, offset, message)
    }

    /// Reads a value: a quoted text, or the text up to a space or bar.
    pub(super) fn value(&mut self) -> Result<TermValue, FilterError> {
        let open = self.position;
        if !self.take('"') {
            let text = self.take_while(|c| !c.is_whitespace() && c != '|').to_owned();
            return Ok(TermValue { text, offset: open, quoted: false });
        }
        let offset = self.position;
        let mut text = String::new();
        let mut characters = self.rest().char_indices();
        let length = loop {
            match characters.next() {
                None => return Err(self.error(open, "the quote is not closed; write \\\" for a quote in a value")),
                Some((at, '"')) => break at + 1,
                // Globs and regexes need their backslashes. Only the backslash of an escaped quote is removed.
                Some((_, '\\')) => match characters.next() {
                    Some((_, '"')) => text.push('"'),
                    next => text.extend(['\\'].into_iter().chain(next.map(|(_, c)| c))),
                },
                Some((_, c)) => text.push(c),
            }
        };
        self.position += length;
        match self.peek() {
            Some(c) if !c.is_whitespace() && c != '|' => {
                Err(self.error(self.position, "expected a space after the closing quote"))
            }
            _ => Ok(TermValue { text, offset, quoted: true }),
        }
    }
}
