//! JSON with other space between its tokens; strings and numbers stay as they were written.

/// Terminals drop longer clipboard texts silently.
pub(crate) const MAX_LENGTH: usize = 64 << 10;

/// How the tokens are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonStyle {
    /// A value a line, two spaces a level.
    Indented,
    /// All in one line, without space.
    OneLine,
}

/// The text in that layout. It is JSON: what is not UTF-8 is replaced, though JSON has no such bytes.
pub(crate) fn written(json: &[u8], layout: JsonStyle) -> String {
    let mut out = Vec::with_capacity(json.len());
    let mut depth = 0;
    let mut at = 0;
    // A longer text is rejected anyway, and deep levels are mostly space.
    while out.len() <= MAX_LENGTH
        && let Some(byte) = json.get(at)
    {
        let rest = &json[at + 1..];
        at += 1;
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'"' => {
                let end = at + string_rest(rest);
                out.extend_from_slice(&json[at - 1..end]);
                at = end;
            }
            b'{' | b'[' => {
                out.push(*byte);
                let inside = rest.trim_ascii_start();
                if let Some(close @ (b'}' | b']')) = inside.first() {
                    out.push(*close);
                    at += rest.len() - inside.len() + 1;
                } else {
                    depth += 1;
                    new_line(&mut out, depth, layout);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth, layout);
                out.push(*byte);
            }
            b',' => {
                out.push(b',');
                new_line(&mut out, depth, layout);
            }
            b':' if layout == JsonStyle::Indented => out.extend_from_slice(b": "),
            other => out.push(*other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn new_line(out: &mut Vec<u8>, depth: usize, layout: JsonStyle) {
    if layout == JsonStyle::Indented {
        out.push(b'\n');
        out.extend(std::iter::repeat_n(b' ', 2 * depth));
    }
}

/// How many bytes of a string follow its opening quote.
fn string_rest(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    rest.len()
}
