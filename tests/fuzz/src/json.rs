//! What is taken as JSON has a value, and is what `serde_json` takes wherever the rules of PHP and of `serde_json` coincide.

use aircheck::wire::json::{check, value};
use serde_json::Value;

/// Checks the bytes and compares.
pub fn run(bytes: &[u8]) {
    let checked = check(bytes);
    let read = value(bytes);
    assert_eq!(checked.is_ok(), read.is_some());
    if let Err(error) = &checked {
        assert!(error.offset <= bytes.len() && error.line >= 1 && error.column >= 1, "{error:?}");
    }
    let peer = serde_json::from_slice::<Value>(bytes);
    match (read, peer) {
        (Some(read), _) if names_a_type_of_serde(&read) => {}
        (Some(read), Ok(peer)) => assert_eq!(read, peer),
        // 128 levels there, 511 here.
        (Some(_), Err(error)) => assert!(error.to_string().contains("recursion limit"), "{error}"),
        (None, Ok(_)) => panic!("serde_json takes it: {checked:?}"),
        (None, Err(_)) => {}
    }
}

/// Keys by which `serde_json` passes numbers and raw values to itself; it reads something else in them.
fn names_a_type_of_serde(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(names_a_type_of_serde),
        Value::Object(entries) => {
            entries.iter().any(|(key, value)| key.starts_with("$serde_json::private::") || names_a_type_of_serde(value))
        }
        _ => false,
    }
}
