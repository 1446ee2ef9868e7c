//! `[profile.NAME.templates.NAME]`: messages with placeholders.

use serde::Deserialize;
use toml::Spanned;

use super::document::{Document, hint};
use super::error::ConfigError;
use crate::template::{PLACEHOLDERS, PlaceholderError, Template, Text, Values};
use crate::wire::escape::escape;
use crate::wire::json;

/// The keys of one template.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TemplateKeys {
    /// The channel; default: the selected channel of the console.
    channel: Option<Spanned<String>>,
    /// The message's name. Required.
    name: Option<Spanned<String>>,
    /// The message's data: JSON after the placeholders are filled in; default: no data.
    data: Option<Spanned<String>>,
}

impl TemplateKeys {
    /// Parses the template.
    pub(super) fn template(&self, title: &Spanned<String>, document: &Document) -> Result<Template, ConfigError> {
        let text = |text: &Option<_>| text.as_ref().map_or_else(|| Ok(Text::default()), |text| parse(document, text));
        let template = Template {
            title: title.get_ref().clone(),
            channel: text(&self.channel)?,
            name: text(&self.name)?,
            data: text(&self.data)?,
        };
        if template.name.is_empty() {
            return Err(document.error(title.span().start, "a template needs a message name: name = \"…\""));
        }
        if let Some(data) = &self.data {
            check_data(document, data, &template)?;
        }
        Ok(template)
    }
}

fn parse(document: &Document, text: &Spanned<String>) -> Result<Text, ConfigError> {
    Text::parse(text.get_ref()).map_err(|error| {
        let what = match &error {
            PlaceholderError::Unknown(name) => {
                let hint = hint(name.trim(), PLACEHOLDERS.into_iter());
                format!("unknown placeholder {{{{{}}}}} {hint}", escape(name.as_bytes()))
            }
            PlaceholderError::Open(_) => String::from("{{ starts a placeholder, but }} is missing"),
            PlaceholderError::NoLabel => String::from("a prompt needs a label: {{prompt:Label}}"),
        };
        // The placeholder itself if the value contains it without TOML escapes; otherwise the value.
        let value = document.text.get(text.span()).unwrap_or_default();
        document.error(text.span().start + value.find(&error.text()).unwrap_or(0), what)
    })
}

/// Checks that the data is JSON once the placeholders are filled in. A prompt outside of a string is replaced with a number,
/// because the answer can be any JSON value.
fn check_data(document: &Document, data: &Spanned<String>, template: &Template) -> Result<(), ConfigError> {
    let values = Values { now: 0, random: 0, seq: 1 };
    let filled = template.data.json(&values, &|_| "0");
    if filled.is_empty() {
        return Ok(());
    }
    json::check(filled.as_bytes()).map_err(|error| {
        document.error(data.span().start, format!("not JSON once the placeholders are filled in: {error}"))
    })
}
