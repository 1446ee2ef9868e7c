//! Where the composed text came from.

use std::sync::Arc;

use ratatui_textarea::TextArea;

use crate::console::panes::compose::state::Compose;
use crate::console::ui::json_pretty::indented;
use crate::console::ui::line_edit::LineEdit;
use crate::template::{Template, Values};
use crate::wire::signature::SignWith;

/// A template whose placeholders are evaluated anew for each message, as long as its text is not edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The template.
    pub template: Arc<Template>,
    /// The answers to its prompts.
    pub answers: Vec<String>,
    /// What its placeholders stand for in the text as it is.
    pub values: Values,
    /// Its data was laid out in lines, and so is that of the next message.
    pub laid_out: bool,
}

impl Source {
    /// Channel, name and data of a message with these values; an empty channel leaves that to the field.
    #[must_use]
    pub fn fill(&self, values: Values) -> (String, String, String) {
        let (channel, name, data) = self.template.fill(&values, &self.answers);
        (channel, name, if self.laid_out { indented(&data) } else { data })
    }
}

/// A template's prompts being answered.
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
    /// What is asked for now, not escaped.
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
}

/// A line of the difference between the original and the message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// What became of it.
    pub change: Change,
    /// The line, escaped already.
    pub text: String,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say it")]
pub enum Change {
    Same,
    Removed,
    Added,
}

/// The text that a loaded one took the place of.
#[derive(Debug, Clone)]
pub struct Replaced {
    channel: TextArea<'static>,
    name: TextArea<'static>,
    data: TextArea<'static>,
    sign_with: SignWith,
    unsent: bool,
    channel_typed: bool,
    original: Option<Original>,
    source: Option<Source>,
}

impl Replaced {
    /// The text as it is.
    #[must_use]
    pub fn of(compose: &Compose) -> Self {
        Self {
            channel: compose.channel.clone(),
            name: compose.name.clone(),
            data: compose.data.clone(),
            sign_with: compose.sign_with.clone(),
            unsent: compose.unsent,
            channel_typed: compose.channel_typed,
            original: compose.original.clone(),
            source: compose.source.clone(),
        }
    }

    /// Whether there was a text that was not sent.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        self.unsent
    }

    /// Brings it back.
    pub fn restore(self, compose: &mut Compose) {
        compose.channel = self.channel;
        compose.name = self.name;
        compose.data = self.data;
        compose.sign_with = self.sign_with;
        compose.unsent = self.unsent;
        compose.channel_typed = self.channel_typed;
        compose.original = self.original;
        compose.source = self.source;
    }
}
