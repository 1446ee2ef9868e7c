//! `[profile.NAME.templates.NAME]`: messages with placeholders.

use toml::Spanned;

use super::document::{Section, hint};
use super::error::ConfigError;
use crate::template::{PLACEHOLDERS, PlaceholderError, Template, Text, Values};
use crate::wire::escape::escape;
use crate::wire::json;

const TEMPLATE: [&str; 3] = ["channel", "name", "data"];

/// Reads the templates of a profile, in alphabetical order.
pub(super) fn templates(profile: &Section<'_>) -> Result<Vec<Template>, ConfigError> {
    let Some(entries) = profile.entries("templates")? else { return Ok(Vec::new()) };
    let mut templates = Vec::new();
    for title in entries.names() {
        let Some(section) = entries.section(title.get_ref(), &TEMPLATE)? else { continue };
        let text = |key| section.text(key)?.map_or_else(|| Ok(Text::default()), |text| parse(&section, &text));
        let template = Template {
            title: title.get_ref().to_string(),
            channel: text("channel")?,
            name: text("name")?,
            data: text("data")?,
        };
        if template.name.is_empty() {
            let what = format!("the template {} has no name for its message", escape(title.get_ref().as_bytes()));
            return Err(section.document().wrong(title.span().start, what));
        }
        if let Some(data) = section.text("data")? {
            check_data(&section, &data, &template)?;
        }
        templates.push(template);
    }
    Ok(templates)
}

fn parse(section: &Section<'_>, text: &Spanned<&str>) -> Result<Text, ConfigError> {
    Text::parse(text.get_ref()).map_err(|error| {
        let what = match &error {
            PlaceholderError::Unknown(name) => {
                let hint = hint(name.trim(), PLACEHOLDERS.into_iter());
                format!("unknown placeholder {{{{{}}}}}; {hint}", escape(name.as_bytes()))
            }
            PlaceholderError::Open(_) => String::from("{{ begins a placeholder, and }} is missing"),
            PlaceholderError::NoLabel => String::from("a prompt needs a label: {{prompt:Label}}"),
        };
        // The place in the file, where the text stands there without TOML escapes; else that of the value.
        let start = text.span().start;
        let value = section.document().text_of(text.span());
        let offset = value.find(&error.text()).unwrap_or(0);
        section.document().wrong(start + offset, what)
    })
}

/// The data must be JSON once it is filled; an answer outside of a string may be any value, so it is taken for a number.
fn check_data(section: &Section<'_>, data: &Spanned<&str>, template: &Template) -> Result<(), ConfigError> {
    let values = Values { now: 0, random: 0, seq: 1 };
    let filled = template.data.json(&values, &|_| "0");
    if filled.is_empty() {
        return Ok(());
    }
    json::check(filled.as_bytes()).map_err(|error| {
        let what = format!("the data is not JSON once its placeholders are filled: {error}");
        section.document().wrong(data.span().start, what)
    })
}
