//! What is wrong with a filter, and where.

use std::fmt;

use unicode_width::UnicodeWidthStr;

use crate::wire::escape::escape;

/// A mistake in a filter's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// Where it is: in characters, from 1; one past the end where something is missing.
    pub column: usize,
    /// What is wrong, safe to print.
    pub message: String,
    /// What was probably meant, e.g. `name:`.
    pub suggestion: Option<&'static str>,
    caret: usize,
}

impl FilterError {
    /// A mistake at a byte offset of `text`, which may be its end.
    pub(super) fn new(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        Self {
            column: before.chars().count() + 1,
            message: message.into(),
            suggestion: None,
            caret: escape(before.as_bytes()).width(),
        }
    }

    pub(super) fn suggest(self, suggestion: Option<&'static str>) -> Self {
        Self { suggestion, ..self }
    }

    /// A line whose `^` stands under the mistake, where the text, escaped for a terminal, is in the line above.
    #[must_use]
    pub fn pointer(&self) -> String {
        format!("{:>width$}", '^', width = self.caret + 1)
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.message)?;
        self.suggestion.map_or(Ok(()), |word| write!(f, "; did you mean {word}"))
    }
}

impl std::error::Error for FilterError {}
