//! Errors in a filter's text.

use std::fmt;

use unicode_width::UnicodeWidthStr;

use crate::wire::escape::escape;

/// An error in a filter's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// The column in characters, starting at 1. If something is missing at the end, one more than the length.
    pub column: usize,
    /// What is wrong, escaped for a terminal.
    pub message: String,
    /// The word that was probably meant, e.g. `name:`.
    pub suggestion: Option<&'static str>,
    caret: usize,
}

impl FilterError {
    /// Creates an error at a byte offset of `text`.
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

    /// A line with `^` below the error, if the line above shows the escaped text.
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
