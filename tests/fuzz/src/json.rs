//! Accepted JSON has a value. Where PHP and `serde_json` have the same rules, both accept the same texts.

use aircheck::wire::json::{check, value};
use serde_json::Value;

/// Checks the bytes, and compares with `serde_json`.
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
        // serde_json accepts 128 levels, PHP 511.
        (Some(_), Err(error)) => assert!(error.to_string().contains("recursion limit"), "{error}"),
        (None, Ok(_)) => panic!("serde_json takes it: {checked:?}"),
        (None, Err(_)) => {}
    }
}

/// Keys that `serde_json` uses internally for numbers and raw values. It does not read them as ordinary keys.
fn names_a_type_of_serde(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(names_a_type_of_serde),
        Value::Object(entries) => {
            entries.iter().any(|(key, value)| key.starts_with("$serde_json::private::") || names_a_type_of_serde(value))
        }
        _ => false,
    }
}
