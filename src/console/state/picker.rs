//! A list to choose from, narrowed down by typing.

use std::ops::Range;

use super::compose::Compose;
use super::line_edit::LineEdit;
use super::scroll::Scroll;

/// A list to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picker {
    /// What is chosen from.
    pub choices: Choices,
    /// What was typed: only what has all of its words is shown.
    pub query: LineEdit,
    /// The indices of the choices shown, the best first.
    pub shown: Vec<usize>,
    /// The line under the cursor, as an index of `shown`.
    pub cursor: usize,
    /// The first line shown where not all have room.
    pub top: usize,
}

/// What is chosen from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choices {
    /// Channels for the field.
    Channels(Vec<String>),
    /// Message names for the field.
    Names(Vec<String>),
    /// What was sent before; [`Compose::history`] from its end.
    History,
    /// [`Compose::templates`].
    Templates,
}

impl Picker {
    /// All choices that have the words of the query.
    #[must_use]
    pub fn new(choices: Choices, query: &str, compose: &Compose) -> Self {
        let mut picker = Self { choices, query: LineEdit::new(query), shown: Vec::new(), cursor: 0, top: 0 };
        picker.narrow(compose);
        picker
    }

    /// Looks again for what has the words of the query; the cursor goes to the first.
    pub fn narrow(&mut self, compose: &Compose) {
        let words: Vec<String> = self.query.text().split_whitespace().map(str::to_lowercase).collect();
        let has_all = |text: &str| {
            let text = text.to_lowercase();
            words.iter().all(|word| text.contains(word))
        };
        self.shown = match &self.choices {
            Choices::Channels(list) | Choices::Names(list) => {
                (0..list.len()).filter(|index| has_all(&list[*index])).collect()
            }
            Choices::History => (0..compose.history.len())
                .rev()
                .filter(|index| {
                    let entry = &compose.history[*index];
                    has_all(&format!("{} {} {}", entry.channel, entry.name, entry.data))
                })
                .collect(),
            Choices::Templates => {
                (0..compose.templates.len()).filter(|index| has_all(&compose.templates[*index].title)).collect()
            }
        };
        (self.cursor, self.top) = (0, 0);
    }

    /// The index of the choice under the cursor.
    #[must_use]
    pub fn chosen(&self) -> Option<usize> {
        self.shown.get(self.cursor).copied()
    }

    /// The lines that have room in `height`, as indices of `shown`.
    #[must_use]
    pub fn window(&self, height: usize) -> Range<usize> {
        self.scroll(height).range()
    }

    pub(crate) fn scroll(&self, height: usize) -> Scroll {
        Scroll { len: self.shown.len(), top: self.top, cursor: self.cursor, height }
    }
}
