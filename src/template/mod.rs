//! Messages with placeholders: `{{now}}`, `{{now_rfc3339}}`, `{{uuid}}`, `{{seq}}` and `{{prompt:Label}}`.

mod parse;
mod text;
mod uuid;

pub use parse::{PLACEHOLDERS, PlaceholderError};
pub use text::{Text, Values};

/// A message template of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The template's name.
    pub title: String,
    /// The channel. If it is empty, the channel is not changed.
    pub channel: Text,
    /// The message's name.
    pub name: Text,
    /// The JSON data; empty for no data.
    pub data: Text,
}

impl Template {
    /// The labels of all prompts, without repetitions, in order of appearance.
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

    /// Fills the placeholders. Returns channel, name and data. `answers` are in the order of [`Template::prompts`].
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
