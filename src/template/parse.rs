//! Parses placeholders.

use super::text::{Text, TextPart};

/// The possible placeholders. The last one takes a label.
pub const PLACEHOLDERS: [&str; 5] = ["now", "now_rfc3339", "uuid", "seq", "prompt:Label"];

/// Why a placeholder is invalid. The texts are as in the template, not escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceholderError {
    /// The placeholder is unknown.
    Unknown(String),
    /// `{{` has no `}}`. The value is the rest of the line.
    Open(String),
    /// `{{prompt:}}` has no label.
    NoLabel,
}

impl PlaceholderError {
    /// The start of the invalid placeholder as written in the template.
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
            parts.push(TextPart::Plain(before.to_owned()));
        }
        parts.push(part(inside)?);
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(TextPart::Plain(rest.to_owned()));
    }
    Ok(Text { parts })
}

fn part(inside: &str) -> Result<TextPart, PlaceholderError> {
    match inside.trim() {
        "now" => Ok(TextPart::Now),
        "now_rfc3339" => Ok(TextPart::NowRfc3339),
        "uuid" => Ok(TextPart::Uuid),
        "seq" => Ok(TextPart::Seq),
        "prompt" => Err(PlaceholderError::NoLabel),
        other => match other.strip_prefix("prompt:").map(str::trim) {
            Some("") => Err(PlaceholderError::NoLabel),
            Some(label) => Ok(TextPart::Prompt(label.to_owned())),
            None => Err(PlaceholderError::Unknown(inside.to_owned())),
        },
    }
}
