//! Escaped text has no effect on a terminal, and can be converted back: different bytes never look alike.

use std::sync::LazyLock;

use aircheck::wire::escape::{escape, escape_capped};
use regex::Regex;
use unicode_segmentation::UnicodeSegmentation;

/// The characters that must not be in the output. They come from the `regex` crate, not from the tables under test.
#[expect(clippy::unwrap_used, reason = "the pattern is fixed")]
static FORBIDDEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\p{Bidi_Control}\p{Join_Control}\u{2800}]|[\p{Zs}--\x20]")
        .unwrap()
});

/// Escapes the bytes, whole and truncated.
pub fn run(bytes: &[u8]) {
    let whole = escape(bytes);
    assert_safe(&whole);
    assert_eq!(unescape(&whole).as_deref(), Some(bytes));
    for most in [0, 1, 2, 7, 40, usize::MAX] {
        let capped = escape_capped(bytes, most);
        assert_safe(&capped);
        match capped.strip_suffix('…') {
            _ if capped == whole => {}
            Some(start) => assert!(whole.starts_with(start) && capped.chars().count() <= most, "{capped:?}"),
            None => assert!(capped.is_empty() && most == 0, "{capped:?}"),
        }
    }
}

/// Checks a result: it is safe, and no cell is too long.
///
/// # Panics
/// A property does not hold.
pub fn assert_safe(text: &str) {
    assert_visible(text);
    for cluster in text.graphemes(true) {
        assert!(cluster.chars().count() <= 6, "{cluster:?}");
    }
}

/// Checks that a text has no effect on a terminal, and no invisible character.
///
/// # Panics
/// The text is not safe.
pub fn assert_visible(text: &str) {
    assert!(!FORBIDDEN.is_match(text), "{:?} in {text:?}", FORBIDDEN.find(text));
}

/// The original bytes of an escaped text; none if it contains an invalid escape.
pub fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('\\') {
            bytes.push(b'\\');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('x') {
            bytes.push(u8::from_str_radix(after.get(..2)?, 16).ok()?);
            rest = &after[2..];
        } else {
            let (digits, after) = rest.strip_prefix("u{")?.split_once('}')?;
            let char = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            rest = after;
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    Some(bytes)
}
