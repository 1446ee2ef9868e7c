//! A text with placeholders, and their values.

use super::parse::{self, PlaceholderError};
use super::uuid;

/// A text with placeholders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    pub(super) parts: Vec<TextPart>,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TextPart {
    Plain(String),
    Now,
    NowRfc3339,
    Uuid,
    Seq,
    Prompt(String),
}

/// The values of the placeholders for one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Values {
    /// `{{now}}` in Unix seconds, and `{{now_rfc3339}}` in UTC.
    pub now: i64,
    /// Random bits for `{{uuid}}`; 122 of them are used. All `{{uuid}}` in one message have the same value.
    pub random: u128,
    /// `{{seq}}`: a number that increases with each message of a session.
    pub seq: u64,
}

impl Text {
    /// Parses a text.
    ///
    /// # Errors
    /// A placeholder is unknown, is not closed, or is a prompt without a label.
    pub fn parse(text: &str) -> Result<Self, PlaceholderError> {
        parse::parse(text)
    }

    /// Whether the text is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The labels of the prompts, including repetitions.
    pub fn prompts(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            TextPart::Prompt(label) => Some(label.as_str()),
            _ => None,
        })
    }

    /// Fills the placeholders. Answers are inserted unchanged.
    #[must_use]
    pub fn plain<'a>(&'a self, values: &Values, answer: &impl Fn(&'a str) -> &'a str) -> String {
        let mut out = String::new();
        for part in &self.parts {
            part.write(values, answer, &mut out);
        }
        out
    }

    /// Fills the placeholders of a JSON text. An answer inside a JSON string is escaped, so it cannot end the string. Anywhere
    /// else it is inserted unchanged, so it can be a number or any other value.
    #[must_use]
    pub fn json<'a>(&'a self, values: &Values, answer: &impl Fn(&'a str) -> &'a str) -> String {
        let mut out = String::new();
        let mut in_string = false;
        for part in &self.parts {
            match part {
                TextPart::Plain(text) => {
                    in_string = ends_in_string(text, in_string);
                    out.push_str(text);
                }
                TextPart::Prompt(label) if in_string => {
                    let quoted = serde_json::Value::from(answer(label)).to_string();
                    out.push_str(&quoted[1..quoted.len() - 1]);
                }
                part => part.write(values, answer, &mut out),
            }
        }
        out
    }
}

impl TextPart {
    fn write<'a>(&'a self, values: &Values, answer: &impl Fn(&'a str) -> &'a str, out: &mut String) {
        match self {
            Self::Plain(text) => out.push_str(text),
            Self::Now => out.push_str(&values.now.to_string()),
            Self::NowRfc3339 => match jiff::Timestamp::from_second(values.now) {
                Ok(time) => out.push_str(&time.to_string()),
                Err(_) => out.push_str(&values.now.to_string()),
            },
            Self::Uuid => uuid::write(values.random, out),
            Self::Seq => out.push_str(&values.seq.to_string()),
            Self::Prompt(label) => out.push_str(answer(label)),
        }
    }
}

/// Whether the text ends inside a JSON string.
fn ends_in_string(text: &str, mut in_string: bool) -> bool {
    let mut escaped = false;
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ => {}
        }
    }
    in_string
}
