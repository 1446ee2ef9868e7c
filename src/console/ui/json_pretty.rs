//! Changes the white space between the tokens of a JSON text. Strings and numbers stay as they are, byte for byte.

use crate::wire::json::string_end;

/// The deepest level that is indented further.
const MAX_INDENT: usize = 40;

/// The white space between the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonStyle {
    /// A line for each value, and two spaces for each level.
    Indented,
    /// One line without spaces.
    OneLine,
}

/// A JSON text with a line for each value. Other text has some result, too.
#[must_use]
pub(crate) fn indented(json: &str) -> String {
    restyled(json.as_bytes(), JsonStyle::Indented, usize::MAX)
}

/// A JSON text in that style. It is cut after `max_length` bytes, or a token later. Bytes that are not UTF-8 are replaced.
#[must_use]
pub(crate) fn restyled(json: &[u8], style: JsonStyle, max_length: usize) -> String {
    let mut out = Vec::with_capacity(json.len());
    let mut depth = 0_usize;
    let mut at = 0;
    while out.len() <= max_length
        && let Some(byte) = json.get(at)
    {
        let mut end = at + 1;
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'"' => {
                end = string_end(json, at);
                out.extend_from_slice(&json[at..end]);
            }
            b'{' | b'[' => {
                out.push(*byte);
                let inside = json[end..].trim_ascii_start();
                if let Some(close @ (b'}' | b']')) = inside.first() {
                    out.push(*close);
                    end = json.len() - inside.len() + 1;
                } else {
                    depth += 1;
                    new_line(&mut out, depth, style);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth, style);
                out.push(*byte);
            }
            b',' => {
                out.push(b',');
                new_line(&mut out, depth, style);
            }
            b':' if style == JsonStyle::Indented => out.extend_from_slice(b": "),
            other => out.push(*other),
        }
        at = end;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn new_line(out: &mut Vec<u8>, depth: usize, style: JsonStyle) {
    if style == JsonStyle::Indented {
        out.push(b'\n');
        out.extend(std::iter::repeat_n(b' ', 2 * depth.min(MAX_INDENT)));
    }
}
