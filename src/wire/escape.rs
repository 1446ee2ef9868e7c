//! Escapes untrusted bytes for display on a terminal. Different bytes always produce different texts.
//!
//! | bytes | text |
//! |---|---|
//! | printable ASCII, and visible characters outside ASCII | unchanged |
//! | backslash | `\\` |
//! | ASCII control characters, bytes that are not UTF-8 | `\x1b` |
//! | other control, invisible, directional or private characters, spaces other than U+0020 | `\u{202e}` |
//! | a combining mark without a base character, and any mark after the first four on one base character | `\u{301}` |

mod hidden;

pub use hidden::is_hidden;

use std::ops::ControlFlow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

/// The maximum number of characters in one terminal cell: a base character and four that combine with it. Further ones are
/// escaped.
const MAX_CLUSTER: usize = 5;

/// Appends `bytes` to `out`, and escapes everything that could affect the terminal.
pub fn escape_into(bytes: &[u8], out: &mut String) {
    out.reserve(bytes.len());
    let _ = walk(bytes, &mut |piece| {
        piece.write(out);
        ControlFlow::Continue(())
    });
}

/// Escapes `bytes` for display on a terminal.
#[must_use]
pub fn escape(bytes: &[u8]) -> String {
    let mut out = String::new();
    escape_into(bytes, &mut out);
    out
}

/// Escapes `bytes` to at most `max_chars` characters. A longer text is cut and ends with `…`. It is never cut inside an escape.
/// Reads no more bytes than needed.
#[must_use]
pub fn escape_capped(bytes: &[u8], max_chars: usize) -> String {
    // One character of the result represents at most four bytes. One more character is needed to know whether the text must be
    // cut.
    let bytes = &bytes[..bytes.len().min(max_chars.saturating_add(1).saturating_mul(4))];
    let mut capped = Capped { out: String::new(), chars: 0, max_chars, cut: 0 };
    let flow = walk(bytes, &mut |piece| match piece {
        Piece::Plain(text) => text.chars().try_for_each(|char| capped.add(1, |out| out.push(char))),
        escaped => capped.add(escaped.length(), |out| escaped.write(out)),
    });
    let Capped { mut out, cut, .. } = capped;
    if flow.is_break() {
        out.truncate(cut);
        if max_chars > 0 {
            out.push('…');
        }
    }
    out
}

struct Capped {
    out: String,
    chars: usize,
    max_chars: usize,
    /// The longest prefix of `out`, in bytes, after which `…` still fits.
    cut: usize,
}

impl Capped {
    /// Appends `length` characters, or nothing if they do not fit.
    fn add(&mut self, length: usize, write: impl FnOnce(&mut String)) -> ControlFlow<()> {
        if self.chars + length > self.max_chars {
            return ControlFlow::Break(());
        }
        write(&mut self.out);
        self.chars += length;
        if self.chars < self.max_chars {
            self.cut = self.out.len();
        }
        ControlFlow::Continue(())
    }
}

/// A part of the escaped text.
#[derive(Clone, Copy)]
enum Piece<'a> {
    /// Text that needs no escape.
    Plain(&'a str),
    Backslash,
    /// An ASCII control character, or a byte that is not UTF-8.
    Byte(u8),
    Scalar(char),
}

impl Piece<'_> {
    fn write(self, out: &mut String) {
        match self {
            Self::Plain(text) => out.push_str(text),
            Self::Backslash => out.push_str("\\\\"),
            Self::Byte(byte) => {
                out.push_str("\\x");
                push_hex(u32::from(byte), 2, out);
            }
            Self::Scalar(char) => {
                out.push_str("\\u{");
                push_hex(u32::from(char), hex_length(char), out);
                out.push('}');
            }
        }
    }

    /// The length in characters.
    fn length(self) -> usize {
        match self {
            Self::Plain(text) => text.chars().count(),
            Self::Backslash => 2,
            Self::Byte(_) => 4,
            Self::Scalar(char) => 4 + hex_length(char),
        }
    }
}

fn hex_length(char: char) -> usize {
    (u32::from(char).max(1).ilog2() / 4 + 1) as usize
}

fn push_hex(value: u32, length: usize, out: &mut String) {
    out.extend((0..length).rev().filter_map(|digit| char::from_digit(value >> (4 * digit) & 15, 16)));
}

/// Passes the pieces of `bytes` to `output` in order, until it returns `Break`.
fn walk(bytes: &[u8], output: &mut impl FnMut(Piece<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
    for chunk in bytes.utf8_chunks() {
        walk_text(chunk.valid(), output)?;
        chunk.invalid().iter().try_for_each(|&byte| output(Piece::Byte(byte)))?;
    }
    ControlFlow::Continue(())
}

fn walk_text(mut text: &str, output: &mut impl FnMut(Piece<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
    while let Some(special) = text.bytes().position(|byte| !is_plain(byte)) {
        let byte = text.as_bytes()[special];
        if byte.is_ascii() {
            output(Piece::Plain(&text[..special]))?;
            output(if byte == b'\\' { Piece::Backslash } else { Piece::Byte(byte) })?;
            text = &text[special + 1..];
        } else {
            // The preceding character may be the base of a combining character.
            let start = special.saturating_sub(1);
            let length = text[special..].bytes().position(|byte| byte.is_ascii()).unwrap_or(text.len() - special);
            let (before, joined) = text[..special + length].split_at(start);
            output(Piece::Plain(before))?;
            if text[special..special + length].chars().all(never_combines) {
                output(Piece::Plain(joined))?;
            } else {
                joined.graphemes(true).try_for_each(|cluster| walk_cluster(cluster, output))?;
            }
            text = &text[special + length..];
        }
    }
    output(Piece::Plain(text))
}

/// Escapes a grapheme cluster, which a terminal draws in one place. It leaves at most [`MAX_CLUSTER`] characters unescaped. If
/// a character is escaped, the combining marks after it are escaped too.
fn walk_cluster(cluster: &str, output: &mut impl FnMut(Piece<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
    let mut shown = 0;
    let mut joined = false;
    for (at, char) in cluster.char_indices() {
        let has_width = char.width().is_some_and(|width| width > 0);
        joined = !hidden::is_hidden(char) && shown < MAX_CLUSTER && (has_width || joined);
        if joined {
            shown += 1;
            output(Piece::Plain(&cluster[at..at + char.len_utf8()]))?;
        } else {
            output(Piece::Scalar(char))?;
        }
    }
    ControlFlow::Continue(())
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'\\'
}

/// Whether a character is known to be visible and never to combine with others. This covers only the most common scripts. Text
/// that consists of such characters needs no search for grapheme clusters.
fn never_combines(char: char) -> bool {
    matches!(char,
        '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{2ff}' // Latin
        | '\u{390}'..='\u{482}' // Greek, Cyrillic
        | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{4e00}'..='\u{9fff}' // Kana, Han
    )
}
