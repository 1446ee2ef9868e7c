//! Matches a text or regex against bytes and their escaped form.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

use crate::wire::escape::escape;

/// The largest compiled regex, in bytes.
const REGEX_SIZE: usize = 1 << 20;

/// A text or regex. It is case-insensitive unless it contains a capital letter.
#[derive(Debug, Clone)]
pub struct Needle {
    text: String,
    is_regex: bool,
    regex: Regex,
}

impl Needle {
    /// Reads a text, or a regex.
    ///
    /// # Errors
    /// If the regex is invalid. The error is escaped.
    pub fn new(text: &str, is_regex: bool) -> Result<Self, String> {
        let pattern = if is_regex { text.to_owned() } else { regex::escape(text) };
        let insensitive = !has_capital(text, is_regex);
        let regex = RegexBuilder::new(&pattern).case_insensitive(insensitive).size_limit(REGEX_SIZE).build();
        let regex = regex.map_err(|error| {
            // The error text contains a drawing. Only its last line is shown, which has the reason.
            let words = error.to_string();
            let last = words.lines().last().unwrap_or_default();
            escape(last.strip_prefix("error: ").unwrap_or(last).as_bytes())
        })?;
        Ok(Self { text: text.to_owned(), is_regex, regex })
    }

    /// What was typed, not escaped.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is a regex.
    #[must_use]
    pub fn is_regex(&self) -> bool {
        self.is_regex
    }

    /// Whether it matches these bytes, or their escaped form.
    #[must_use]
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        if self.regex.is_match(bytes) {
            return true;
        }
        let shown_as_it_is = bytes.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'\\');
        !shown_as_it_is && self.regex.is_match(escape(bytes).as_bytes())
    }

    /// The byte ranges of the matches in a displayed text.
    pub fn places(&self, shown: &str) -> impl Iterator<Item = Range<usize>> {
        self.regex.find_iter(shown.as_bytes()).map(|found| found.range()).filter(|range| !range.is_empty())
    }
}

/// Whether there is a capital letter, except after a backslash in a regex.
fn has_capital(text: &str, is_regex: bool) -> bool {
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if is_regex && char == '\\' {
            chars.next();
        } else if char.is_uppercase() {
            return true;
        }
    }
    false
}
