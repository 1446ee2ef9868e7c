//! Validates JSON lines against `assets/json-lines.schema.json`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

const TEXT: &str = include_str!("../../assets/json-lines.schema.json");
const URL: &str = "file:///json-lines.schema.json";

static VALIDATOR: LazyLock<Validator> = LazyLock::new(Validator::new);

struct Validator {
    schemas: Schemas,
    whole: SchemaIndex,
    /// The definition of each type, because its error messages are shorter than those of the whole schema.
    types: BTreeMap<String, SchemaIndex>,
}

impl Validator {
    fn new() -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let schema: Value = serde_json::from_str(TEXT).unwrap();
        compiler.add_resource(URL, schema.clone()).unwrap();
        let whole = compiler.compile(URL, &mut schemas).unwrap();
        let references = schema["oneOf"].as_array().unwrap().iter().map(|one| one["$ref"].as_str().unwrap());
        let types = references
            .map(|reference| {
                let index = compiler.compile(&format!("{URL}{reference}"), &mut schemas).unwrap();
                (reference.rsplit('/').next().unwrap().to_owned(), index)
            })
            .collect();
        Self { schemas, whole, types }
    }
}

/// Parses a line, and panics if it does not match the definition of its type.
pub(crate) fn validated(line: &str) -> Value {
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let name = value["type"].as_str().unwrap_or_else(|| panic!("no type: {line}"));
    let index = VALIDATOR.types.get(name).unwrap_or_else(|| panic!("unknown type: {line}"));
    if let Err(error) = VALIDATOR.schemas.validate(&value, *index) {
        panic!("{error:#}\n{line}");
    }
    assert!(VALIDATOR.schemas.validate(&value, VALIDATOR.whole).is_ok(), "more than one type matches: {line}");
    value
}
