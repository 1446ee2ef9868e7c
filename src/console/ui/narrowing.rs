//! Reduces a list to the entries that contain a typed text.
//!
//! ```text
//! ╰ /ord▏ ──────────────── 3 of 20 ╯
//! ```

use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::panel::Words;
use crate::console::ui::prompt;
use crate::ledger::format::number;

/// The text that narrows a list. An empty text shows all entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// The text.
    pub line: LineEdit,
    /// Whether the text has the keyboard.
    pub typing: bool,
}

impl Narrowing {
    /// Whether the list is narrowed, or the text is being typed.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.typing || self.is_narrowed()
    }

    /// Whether the list is narrowed.
    #[must_use]
    pub(crate) fn is_narrowed(&self) -> bool {
        !self.line.text().is_empty()
    }

    /// Shows all entries again. Returns false if the narrowing was not active.
    pub fn clear(&mut self) -> bool {
        std::mem::take(self).is_active()
    }

    /// What the entries must match.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        Wanted::of(self.line.text())
    }

    /// `/ord` for the border; empty if the narrowing is not active.
    pub(crate) fn words(&self, cx: &Context<'_>) -> Words {
        if self.is_active() { prompt::on_border(cx, &self.line, self.typing) } else { Words::new() }
    }

    /// `3 of 20`; empty if the list is not narrowed.
    pub(crate) fn count(&self, found: usize, all: usize, style: Style) -> Words {
        if !self.is_narrowed() {
            return Words::new();
        }
        vec![(format!("{} of {}", number(found as u64), number(all as u64)), style)]
    }
}

/// The typed words. A text matches if it contains all of them, in any order. Case is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted(Vec<String>);

impl Wanted {
    /// Splits a typed text into words.
    #[must_use]
    pub fn of(typed: &str) -> Self {
        Self(typed.split_whitespace().map(str::to_lowercase).collect())
    }

    /// Whether a text contains all words.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.0.iter().all(|word| text.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::Wanted;

    #[test]
    fn all_words_are_found_in_any_order_and_case() {
        for (typed, text, found) in [
            ("ord", "billing:orders", true),
            ("ord bil", "billing:orders", true),
            ("ORD", "orders", true),
            ("ord", "ORDERS", true),
            ("ord x", "orders", false),
            (":us", "shop:eu:stock", false),
            ("", "orders", true),
            (" ", "", true),
        ] {
            assert_eq!(Wanted::of(typed).is_in(text), found, "{typed} in {text}");
        }
    }
}
