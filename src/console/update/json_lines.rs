//! JSON as indented lines for the eyes of a person.
//!
//! The text is known to be JSON: it was checked when it came. It is gone through token by token without recursion, so
//! depth costs nothing, and a cut text is no error.

use crate::console::state::detail::{LAID_OUT_BYTES, LAID_OUT_LINES};
use crate::wire::escape::escape;

/// Deeper levels are not indented further.
const DEEPEST_INDENT: usize = 40;

/// Longer strings are cut, with an ellipsis after the closing quote.
const LONGEST_STRING: usize = 4 << 10;

/// The lines, escaped, and whether the text goes on after the last one.
pub(super) fn lines(json: &[u8]) -> (Vec<String>, bool) {
    let looked_at = &json[..json.len().min(LAID_OUT_BYTES)];
    let mut printer = Printer::default();
    let mut rest = looked_at;
    while printer.lines.len() < LAID_OUT_LINES {
        rest = rest.trim_ascii_start();
        let Some(length) = printer.token(rest) else { break };
        rest = &rest[length..];
    }
    let cut = looked_at.len() < json.len() || !rest.is_empty();
    (printer.finish(), cut)
}

#[derive(Default)]
struct Printer {
    lines: Vec<String>,
    line: String,
    depth: usize,
}

impl Printer {
    /// Prints the token at the start of `rest`, and says how long it is; none at the end.
    fn token(&mut self, rest: &[u8]) -> Option<usize> {
        let first = *rest.first()?;
        match first {
            b'{' | b'[' => return Some(self.open(first, rest)),
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.new_line();
                self.line.push(char::from(first));
            }
            b',' => {
                self.line.push(',');
                self.new_line();
            }
            b':' => self.line.push_str(": "),
            b'"' => {
                let length = string_length(rest);
                self.string(&rest[..length]);
                return Some(length);
            }
            _ => {
                let end = rest.iter().position(|byte| b" \t\r\n,:[]{}\"".contains(byte)).unwrap_or(rest.len()).max(1);
                self.line.push_str(&escape(&rest[..end]));
                return Some(end);
            }
        }
        Some(1)
    }

    /// An empty array or object stays on its line.
    fn open(&mut self, bracket: u8, rest: &[u8]) -> usize {
        self.line.push(char::from(bracket));
        let inside = rest[1..].trim_ascii_start();
        if let Some(close @ (b'}' | b']')) = inside.first() {
            self.line.push(char::from(*close));
            return rest.len() - inside.len() + 1;
        }
        self.depth += 1;
        self.new_line();
        1
    }

    /// A string with its JSON escapes undone, so that `\u00e9` reads as é; then escaped for the terminal.
    fn string(&mut self, token: &[u8]) {
        let text = serde_json::from_slice::<String>(token);
        let bytes = text.as_ref().map_or(token, String::as_bytes);
        let mut end = bytes.len().min(LONGEST_STRING);
        while end < bytes.len() && bytes[end] & 0xC0 == 0x80 {
            end -= 1;
        }
        let shown = escape(&bytes[..end]);
        if text.is_ok() {
            self.line.push('"');
            self.line.push_str(&shown.replace('"', "\\\""));
            self.line.push('"');
        } else {
            self.line.push_str(&shown);
        }
        if end < bytes.len() {
            self.line.push('…');
        }
    }

    fn new_line(&mut self) {
        let indent = " ".repeat(2 * self.depth.min(DEEPEST_INDENT));
        self.lines.push(std::mem::replace(&mut self.line, indent));
    }

    fn finish(mut self) -> Vec<String> {
        if !self.line.trim().is_empty() && self.lines.len() < LAID_OUT_LINES {
            self.lines.push(self.line);
        }
        self.lines
    }
}

/// The length of the string at the start of `rest`, with its quotes; all of it where the closing one was cut off.
fn string_length(rest: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    rest.len()
}
