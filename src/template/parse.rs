//! Placeholders are found, and mistakes in them named.

use super::text::{Part, Text};

/// What may stand between `{{` and `}}`; the last one goes on with a label.
pub const PLACEHOLDERS: [&str; 5] = ["now", "now_rfc3339", "uuid", "seq", "prompt:Label"];

/// What is wrong with a placeholder. The texts are as in the template, not escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceholderError {
    /// There is no placeholder of that name.
    Unknown(String),
    /// `{{` without `}}`; with what follows it.
    Open(String),
    /// `{{prompt:}}`: it does not say what to ask for.
    NoLabel,
}

impl PlaceholderError {
    /// The beginning of the faulty placeholder as it stands in the template, to find its place.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Unknown(name) => format!("{{{{{name}"),
            Self::Open(rest) => format!("{{{{{rest}"),
            Self::NoLabel => String::from("{{prompt"),
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Text, PlaceholderError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, after)) = after.split_once("}}") else {
            return Err(PlaceholderError::Open(after.lines().next().unwrap_or_default().to_owned()));
        };
        if !before.is_empty() {
            parts.push(Part::Plain(before.to_owned()));
        }
        parts.push(part(inside)?);
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Plain(rest.to_owned()));
    }
    Ok(Text { parts })
}

fn part(inside: &str) -> Result<Part, PlaceholderError> {
    match inside.trim() {
        "now" => Ok(Part::Now),
        "now_rfc3339" => Ok(Part::NowRfc3339),
        "uuid" => Ok(Part::Uuid),
        "seq" => Ok(Part::Seq),
        "prompt" => Err(PlaceholderError::NoLabel),
        other => match other.strip_prefix("prompt:").map(str::trim) {
            Some("") => Err(PlaceholderError::NoLabel),
            Some(label) => Ok(Part::Prompt(label.to_owned())),
            None => Err(PlaceholderError::Unknown(inside.to_owned())),
        },
    }
}
