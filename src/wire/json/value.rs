//! Parses JSON data into a value, for display and filters.

use serde_json::{Map, Number, Value};

use super::scan::{TokenSink, scan};

/// Parses a text. Returns `None` if [`check`](super::check) does not accept it. Numbers keep the digits as written. If a key is
/// repeated, its last value is used, as in PHP.
///
/// `serde_json`'s own parser is not used: it accepts fewer levels of nesting than PHP, and interprets an object with its private
/// number key (`$serde_json::private::Number`) as a number.
#[must_use]
pub fn value(text: &[u8]) -> Option<Value> {
    let mut builder = Builder::default();
    scan(text, &mut builder).ok()?;
    builder.root
}

#[derive(Default)]
struct Builder {
    /// The open containers, outermost first, each with the key of the next value.
    open: Vec<(Value, String)>,
    root: Option<Value>,
}

impl Builder {
    fn put(&mut self, value: Value) {
        match self.open.last_mut() {
            Some((Value::Object(object), key)) => {
                object.insert(std::mem::take(key), value);
            }
            Some((Value::Array(array), _)) => array.push(value),
            _ => self.root = Some(value),
        }
    }
}

impl TokenSink for Builder {
    fn open_object(&mut self) {
        self.open.push((Value::Object(Map::new()), String::new()));
    }

    fn open_array(&mut self) {
        self.open.push((Value::Array(Vec::new()), String::new()));
    }

    fn close(&mut self) {
        if let Some((container, _)) = self.open.pop() {
            self.put(container);
        }
    }

    fn key(&mut self, token: &[u8]) {
        if let Some((_, key)) = self.open.last_mut() {
            *key = unquote(token);
        }
    }

    fn string(&mut self, token: &[u8]) {
        self.put(Value::String(unquote(token)));
    }

    fn number(&mut self, token: &[u8]) {
        let number = std::str::from_utf8(token).ok().and_then(|token| token.parse::<Number>().ok());
        self.put(number.map_or(Value::Null, Value::Number));
    }

    fn boolean(&mut self, value: bool) {
        self.put(Value::Bool(value));
    }

    fn null(&mut self) {
        self.put(Value::Null);
    }
}

/// The content of a string token. The scanner passes only valid tokens.
fn unquote(token: &[u8]) -> String {
    serde_json::from_slice(token).unwrap_or_default()
}
