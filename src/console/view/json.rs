//! Light colours for a line of indented JSON.

use ratatui::style::Style;

use super::pen::Pen;
use super::theme::Theme;

/// Writes a line of JSON that is escaped already: keys, strings, other values.
pub(super) fn put(pen: &mut Pen<'_>, theme: &Theme, line: &str) {
    let mut rest = line;
    while !rest.is_empty() && pen.room() > 0 {
        let (token, after) = rest.split_at(token(rest));
        pen.put(token, style(theme, token, after));
        rest = after;
    }
}

fn style(theme: &Theme, token: &str, after: &str) -> Style {
    match token.as_bytes()[0] {
        b'"' if after.trim_start().starts_with(':') => theme.json_key,
        b'"' => theme.json_string,
        b'-' | b'0'..=b'9' | b'a'..=b'z' => theme.json_value,
        b'{' | b'}' | b'[' | b']' | b',' | b':' => theme.soft,
        _ => theme.text,
    }
}

/// How many bytes the token at the start of a text that is not empty has; it takes along what may join its last character.
fn token(text: &str) -> usize {
    let bytes = text.as_bytes();
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
    let end = match bytes[0] {
        b'"' => string(bytes),
        byte if word(&byte) => bytes.iter().take_while(|byte| word(byte)).count(),
        _ => 1,
    };
    end + bytes[end..].iter().take_while(|byte| !byte.is_ascii()).count()
}

/// A string ends at the first quote without a backslash before it.
fn string(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            // Quote and backslash alone have one before them, so that what follows is one byte.
            b'\\' if matches!(bytes.get(at + 1), Some(b'"' | b'\\')) => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}
