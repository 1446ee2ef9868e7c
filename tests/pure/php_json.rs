//! Compares the JSON parser with PHP's `json_decode` on five thousand texts, and checks error positions.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aircheck::wire::json::{JsonError, check, value};
use base64_simd::STANDARD;
use serde_json::{Value, json};

fn recorded() -> Vec<(Vec<u8>, bool)> {
    let record: Value = serde_json::from_str(include_str!("../vectors/php-json.json")).unwrap();
    let case = |case: &Value| (STANDARD.decode_to_vec(case[0].as_str().unwrap()).unwrap(), case[1].as_bool().unwrap());
    record["cases"].as_array().unwrap().iter().map(case).collect()
}

#[test]
fn the_parser_accepts_exactly_what_php_accepts() {
    let cases = recorded();
    assert_eq!(cases.len(), 5067);
    assert_eq!(cases.iter().filter(|(_, accepted)| *accepted).count(), 717);
    for (text, accepted) in cases {
        let found = check(&text);
        assert_eq!(found.is_ok(), accepted, "{}: {found:?}", text.escape_ascii());
        if let Err(error) = found {
            assert!(error.offset <= text.len() && error.line >= 1 && error.column >= 1, "{error:?}");
        }
    }
}

#[test]
fn the_parser_has_a_value_for_exactly_the_accepted_texts() {
    for (text, accepted) in recorded() {
        let value = value(&text);
        assert_eq!(value.is_some(), accepted, "{}", text.escape_ascii());
        // Where serde_json takes the text too, it must mean the same.
        if let Ok(expected) = serde_json::from_slice::<Value>(&text) {
            assert_eq!(value, Some(expected), "{}", text.escape_ascii());
        }
    }
}

#[test]
fn the_deepest_value_needs_little_stack() {
    let deep = |open: &str, close: &str| open.repeat(511) + "1" + &close.repeat(511);
    let texts = [deep("[", "]"), deep("{\"a\":", "}")];
    let depth = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        texts.map(|text| {
            let whole = value(text.as_bytes()).unwrap();
            assert_eq!(whole.to_string(), text);
            let mut inner = &whole;
            let mut depth = 0;
            while let Some(next) = inner.get(0).or_else(|| inner.get("a")) {
                inner = next;
                depth += 1;
            }
            depth
        })
    });
    assert_eq!(depth.unwrap().join().unwrap(), [511, 511]);
}

#[test]
fn a_parsed_value_equals_the_text() {
    assert_eq!(
        value(br#"{"a":1,"b":true,"a":[null,"\u00fc\ud83d\ude80\/"]}"#),
        Some(json!({"a": [null, "ü🚀/"], "b": true}))
    );
    assert_eq!(value(b"123456789012345678901234567890.10").unwrap().to_string(), "123456789012345678901234567890.10");
    assert_eq!(value(b"1e400").unwrap().to_string().to_lowercase().replace('+', ""), "1e400");
    // serde_json would make a number and an array of these.
    for key in ["$serde_json::private::Number", "$serde_json::private::RawValue"] {
        let text = format!(r#"{{"{key}":"[1]"}}"#);
        assert_eq!(value(text.as_bytes()).unwrap().as_object().unwrap()[key], "[1]");
    }
}

#[test]
fn a_json_error_has_its_position() {
    let cases: [(&[u8], &str, usize, usize, usize); 16] = [
        (b"", "the text ends, but a value is expected", 0, 1, 1),
        (b"{\"a\":1,}", "expected a key in double quotes", 7, 1, 8),
        (b"{\n  \"a\": 1\n  \"b\": 2\n}", "expected a comma or }", 13, 3, 3),
        ("[\"ü€🚀\" x]".as_bytes(), "expected a comma or ]", 13, 1, 8),
        (b"[1,]", "expected a value", 3, 1, 4),
        (b"{\"a\" 1}", "expected a colon after the key", 5, 1, 6),
        (b"{} {}", "unexpected text after the value", 3, 1, 4),
        (b"\"a\nb\"", "a control character in a string must be escaped", 2, 1, 3),
        (b"\"a\xffb\"", "invalid UTF-8", 2, 1, 3),
        (b"\"\\x\"", "unknown escape in a string", 1, 1, 2),
        (b"\"\\u12\"", "expected four hex digits after \\u", 1, 1, 2),
        (b"\"\\ud800\"", "incomplete surrogate pair", 1, 1, 2),
        (b"01", "a number must not start with 0", 1, 1, 2),
        (b"1.", "expected a digit", 2, 1, 3),
        (b"nope", "expected a value; the only words are true, false and null", 0, 1, 1),
        (b"[\"", "the text ends inside a string", 2, 1, 3),
    ];
    for (text, message, offset, line, column) in cases {
        assert_eq!(check(text), Err(JsonError { message, offset, line, column }), "{}", text.escape_ascii());
    }
    let error = check(&b"[".repeat(512)).unwrap_err();
    assert_eq!(error.to_string(), "nested deeper than 511 levels at column 512");
    let error = check(b"[1,\n2").unwrap_err();
    assert_eq!(error.to_string(), "the text ends inside an array at line 2, column 2");
}
