//! The source of the composed text: a template, or a loaded message.

use std::sync::Arc;

use ratatui_textarea::TextArea;

use crate::console::panes::compose::state::Compose;
use crate::console::ui::json_pretty::indented;
use crate::console::ui::line_edit::LineEdit;
use crate::template::{Template, Values};
use crate::wire::signature::SignWith;
use crate::wire::verdict::Verdict;

/// The template of the text. As long as the text is not edited, the placeholders are evaluated again for each message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The template.
    pub template: Arc<Template>,
    /// The answers to its prompts.
    pub answers: Vec<String>,
    /// The values of its placeholders in the current text.
    pub values: Values,
    /// Whether the data was indented. The data of the next message is then indented too.
    pub laid_out: bool,
}

impl Source {
    /// The channel, name and data of a message with these values. If the channel is empty, the channel field is used.
    #[must_use]
    pub fn fill(&self, values: Values) -> (String, String, String) {
        let (channel, name, data) = self.template.fill(&values, &self.answers);
        (channel, name, if self.laid_out { indented(&data) } else { data })
    }
}

/// The prompts of a template, while they are being answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompting {
    /// The template.
    pub template: Arc<Template>,
    /// The answers given.
    pub answers: Vec<String>,
    /// The answer being typed.
    pub text: LineEdit,
}

impl Prompting {
    /// The current prompt, not escaped.
    #[must_use]
    pub fn label(&self) -> &str {
        self.template.prompts().get(self.answers.len()).copied().unwrap_or_default()
    }
}

/// The message that the text was loaded from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// The channel.
    pub channel: Vec<u8>,
    /// The exact payload.
    pub payload: Vec<u8>,
    /// The verdict when it was received.
    pub verdict: Verdict,
}

/// A line of the difference between the original and the message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// Whether the line was added, removed or kept.
    pub change: Change,
    /// The line, already escaped.
    pub text: String,
}

/// The change of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the variants are enough")]
pub enum Change {
    Same,
    Removed,
    Added,
}

/// The text that a loaded text replaced.
#[derive(Debug, Clone)]
pub struct Replaced {
    channel: TextArea<'static>,
    name: TextArea<'static>,
    data: TextArea<'static>,
    sign_with: SignWith,
    unsent: bool,
    original: Option<Original>,
    source: Option<Source>,
}

impl Replaced {
    /// The current text.
    #[must_use]
    pub fn of(compose: &Compose) -> Self {
        Self {
            channel: compose.channel.clone(),
            name: compose.name.clone(),
            data: compose.data.clone(),
            sign_with: compose.sign_with.clone(),
            unsent: compose.unsent,
            original: compose.original.clone(),
            source: compose.source.clone(),
        }
    }

    /// Whether it was not sent.
    #[must_use]
    pub(crate) fn is_unsent(&self) -> bool {
        self.unsent
    }

    /// Restores it.
    pub fn restore(self, compose: &mut Compose) {
        compose.channel = self.channel;
        compose.name = self.name;
        compose.data = self.data;
        compose.sign_with = self.sign_with;
        compose.unsent = self.unsent;
        compose.original = self.original;
        compose.source = self.source;
    }
}
