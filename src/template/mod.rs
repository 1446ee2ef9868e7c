//! Messages with placeholders: `{{now}}`, `{{now_rfc3339}}`, `{{uuid}}`, `{{seq}}` and `{{prompt:Label}}`.

mod parse;
mod text;
mod uuid;

pub use parse::{PLACEHOLDERS, PlaceholderError};
pub use text::{Text, Values};

/// A named message with placeholders, as a profile has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its name.
    pub title: String,
    /// The channel; empty: the one that is chosen already.
    pub channel: Text,
    /// The message's name.
    pub name: Text,
    /// The JSON text; empty: no data.
    pub data: Text,
}

impl Template {
    /// The labels that must be answered, each once, in the order in which they appear.
    #[must_use]
    pub fn prompts(&self) -> Vec<&str> {
        let mut labels: Vec<&str> = Vec::new();
        for label in [&self.channel, &self.name, &self.data].into_iter().flat_map(Text::prompts) {
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        labels
    }

    /// Channel, name and data with their placeholders filled; `answers` are those to [`Template::prompts`].
    #[must_use]
    pub fn fill(&self, values: &Values, answers: &[String]) -> (String, String, String) {
        let prompts = self.prompts();
        let answer = |label: &str| {
            let at = prompts.iter().position(|prompt| *prompt == label);
            at.and_then(|at| answers.get(at)).map_or("", String::as_str)
        };
        (self.channel.plain(values, &answer), self.name.plain(values, &answer), self.data.json(values, &answer))
    }
}
