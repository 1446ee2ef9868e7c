//! JSON lines, from their schema, with a sample of each type.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::markdown::{code, codes, page as start, table, text};
use crate::source;

pub(crate) fn page() -> String {
    let schema: Value = serde_json::from_str(&source("assets/json-lines.schema.json")).unwrap();
    let samples = source("tests/pure/sample_lines.jsonl");
    let definitions = schema["$defs"].as_object().unwrap();
    let mut page = start(
        "JSON lines",
        "Commands with `--format json` print one JSON object per line, and flush it at once. [The JSON Schema](../../json-lines.schema.json) \
         describes every line exactly; tests validate the output of every command with it. A member that does not apply is \
         absent. New members and types can be added in any version: ignore those that you do not know.",
    );
    let types: Vec<&str> = schema["oneOf"].as_array().unwrap().iter().map(|item| reference(item).unwrap()).collect();
    for name in &types {
        let definition = &definitions[*name];
        write!(page, "\n## {name}\n\n{}\n", text(definition["description"].as_str().unwrap_or_default())).unwrap();
        if let Some(sample) = samples.lines().find(|line| line.starts_with(&format!("{{\"type\":\"{name}\""))) {
            write!(page, "\n```json\n{sample}\n```\n").unwrap();
        }
        let required = definition["required"].as_array().cloned().unwrap_or_default();
        let rows: Vec<_> = definition["properties"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(member, value)| {
                let always = if required.iter().any(|name| name == member) { "always" } else { "" };
                [code(member), kind(value, definitions), always.to_owned(), description(value)]
            })
            .collect();
        page.push_str(&table(["Member", "Value", "Present", "Meaning"], &rows));
    }
    page.push_str("\n## Values\n");
    let rows: Vec<_> = definitions
        .iter()
        .filter(|(name, definition)| !types.contains(&name.as_str()) && definition["properties"].is_null())
        .map(|(name, definition)| [code(name), kind(definition, definitions), description(definition)])
        .collect();
    page.push_str(&table(["Name", "Value", "Meaning"], &rows));
    page
}

/// The name of the definition that a schema refers to.
fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

fn description(schema: &Value) -> String {
    text(schema["description"].as_str().unwrap_or_default())
}

/// The kind of value that a schema describes.
fn kind(schema: &Value, definitions: &Map<String, Value>) -> String {
    if let Some(name) = reference(schema) {
        return if definitions[name]["properties"].is_null() {
            format!("[{name}](#values)")
        } else {
            "object".to_owned()
        };
    }
    if let Some(value) = schema.get("const") {
        return code(&value.to_string());
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> =
            values.iter().map(|value| value.as_str().map_or("null".to_owned(), str::to_owned)).collect();
        return codes(values.iter().map(String::as_str));
    }
    if let Some(items) = schema.get("items") {
        return format!("array of {}", kind(items, definitions));
    }
    match &schema["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "any".to_owned(),
    }
}
