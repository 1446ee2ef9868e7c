//! Saving rows in a file.

use super::line_edit::LineEdit;

/// The prompt for the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SavePrompt {
    /// The path as typed.
    pub line: LineEdit,
    /// How many rows are to be saved.
    pub rows: usize,
}
