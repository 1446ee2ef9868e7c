//! The escaper: its output has no effect on a terminal, and can be converted back to the original bytes.

use aircheck::wire::escape::{escape, escape_capped, escape_into};
use proptest::prelude::*;

use super::corpus::targets::escape::{assert_safe, assert_visible, unescape};

#[test]
fn examples() {
    let cases: [(&[u8], &str); 22] = [
        (b"", ""),
        (b"plain text, {\"a\":1}~", "plain text, {\"a\":1}~"),
        ("Grüße € 日本 🚀".as_bytes(), "Grüße € 日本 🚀"),
        (b"\\", "\\\\"),
        (b"\\x1b", "\\\\x1b"),
        (b"\x1b[31m\r\n\t\0\x7f", "\\x1b[31m\\x0d\\x0a\\x09\\x00\\x7f"),
        (b"a\xffb\x80", "a\\xffb\\x80"),
        ("\u{80}\u{9b}31m".as_bytes(), "\\u{80}\\u{9b}31m"),
        ("a\u{202e}b\u{2066}c".as_bytes(), "a\\u{202e}b\\u{2066}c"),
        ("a\u{200b}\u{feff}\u{ad}".as_bytes(), "a\\u{200b}\\u{feff}\\u{ad}"),
        ("\u{e0041}\u{e000}\u{10ffff}".as_bytes(), "\\u{e0041}\\u{e000}\\u{10ffff}"),
        ("a\u{a0}b\u{3000}".as_bytes(), "a\\u{a0}b\\u{3000}"),
        ("\u{2028}\u{2029}".as_bytes(), "\\u{2028}\\u{2029}"),
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
        (b"\xe2\x82", "\\xe2\\x82"),
        (b"\xc0\xaf", "\\xc0\\xaf"),
        ("e\u{301}".as_bytes(), "e\u{301}"),
        ("\u{301}e".as_bytes(), "\\u{301}e"),
        ("e\u{301}\u{301}\u{301}\u{301}\u{301}x".as_bytes(), "e\u{301}\u{301}\u{301}\u{301}\\u{301}x"),
        ("e\u{200d}\u{301}".as_bytes(), "e\\u{200d}\\u{301}"),
        ("\\\u{301}".as_bytes(), "\\\\\\u{301}"),
        ("❤\u{fe0f}\u{200d}🔥".as_bytes(), "❤\\u{fe0f}\\u{200d}🔥"),
    ];
    for (bytes, text) in cases {
        assert_eq!(escape(bytes), text, "{}", bytes.escape_ascii());
    }
    let mut out = "before ".to_owned();
    escape_into(b"\x07", &mut out);
    assert_eq!(out, "before \\x07");
}

/// Every character of planes 0, 1 and 14, the last two of each plane, and every 17th of the rest, which are all alike:
/// ideographs, private use or unassigned.
fn characters() -> Vec<char> {
    let is_chosen = |code: u32| matches!(code >> 16, 0 | 1 | 14) || code & 0xfffe == 0xfffe || code.is_multiple_of(17);
    ('\0'..=char::MAX).filter(|char| is_chosen(u32::from(*char))).collect()
}

#[test]
fn every_character_is_safe_and_reads_back() {
    for block in characters().chunks(256) {
        let text = block
            .iter()
            .flat_map(|char| [*char, ' ', 'a', *char, ' ', *char, '\u{301}', *char, ' '])
            .collect::<String>();
        let escaped = escape(text.as_bytes());
        assert_eq!(unescape(&escaped).as_deref(), Some(text.as_bytes()));
        assert_visible(&escaped);
    }
    for byte in 0..=u8::MAX {
        assert_eq!(unescape(&escape(&[byte])).as_deref(), Some(&[byte][..]));
    }
}

#[test]
fn no_cluster_is_unbounded() {
    let endless = [
        "\u{301}",
        "\u{1161}",
        "\u{1100}",
        "\u{93e}",
        "\u{94d}\u{915}",
        "\u{600}",
        "\u{d4e}",
        "🔥\u{200d}",
        "🇦",
        "\u{20dd}",
    ];
    for repeated in endless {
        for base in ["", "e", "\\", "क", "가"] {
            let text = format!("{base}{}", repeated.repeat(1000));
            let escaped = escape(text.as_bytes());
            assert_safe(&escaped);
            assert_eq!(unescape(&escaped).as_deref(), Some(text.as_bytes()));
        }
    }
}

#[test]
fn a_capped_text_is_never_cut_inside_an_escape() {
    assert_eq!(escape_capped(b"abcdef", 6), "abcdef");
    assert_eq!(escape_capped(b"abcdefg", 6), "abcde…");
    assert_eq!(escape_capped("äöüß".as_bytes(), 3), "äö…");
    assert_eq!(escape_capped(b"ab\x1bc", 6), "ab…");
    assert_eq!(escape_capped(b"ab\x1bc", 7), "ab\\x1bc");
    assert_eq!(escape_capped(b"ab\x1bcd", 7), "ab\\x1b…");
    assert_eq!(escape_capped(b"\x1b", 3), "…");
    assert_eq!(escape_capped(b"a", 0), "");
    assert_eq!(escape_capped(b"", 0), "");
    assert_eq!(escape_capped(b"a", 1), "a");
    assert_eq!(escape_capped(b"ab", 1), "…");
    assert_eq!(escape_capped(b"ab", usize::MAX), "ab");
}

#[test]
fn a_capped_text_reads_no_more_bytes_than_needed() {
    let long = vec![b'x'; 32 << 20];
    let started = std::time::Instant::now();
    for _ in 0..1000 {
        assert_eq!(escape_capped(&long, 80).chars().count(), 80);
    }
    // Escaping it as a whole takes longer than that for one row alone.
    assert!(started.elapsed().as_secs() < 10);
}

/// Bytes with many escapes, combining marks and broken sequences.
fn nasty() -> impl Strategy<Value = Vec<u8>> {
    let scrap = prop_oneof![
        any::<char>().prop_map(|char| char.to_string().into_bytes()),
        any::<u8>().prop_map(|byte| vec![byte]),
        prop::sample::select(vec![
            "\\", "\\x", "\\u{", "}", "\\\\", "e", "\u{301}", "\u{200d}", "\u{202e}", "\u{93e}", "\u{94d}", "क",
            "\u{1100}", "\u{1161}", "🔥", "🇦", "\u{fe0f}", "\u{600}",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    prop::collection::vec(scrap, 0..40).prop_map(|scraps| scraps.concat())
}

proptest! {
    #[test]
    fn the_bytes_read_back(bytes in nasty()) {
        let text = escape(&bytes);
        assert_safe(&text);
        prop_assert_eq!(unescape(&text), Some(bytes));
    }

    #[test]
    fn different_bytes_are_different_texts(one in nasty(), other in nasty()) {
        prop_assert_eq!(one == other, escape(&one) == escape(&other));
    }

    #[test]
    fn a_capped_text_is_the_start_of_the_whole(bytes in nasty(), max in 0_usize..60) {
        let whole = escape(&bytes);
        let capped = escape_capped(&bytes, max);
        if whole.chars().count() <= max {
            prop_assert_eq!(capped, whole);
        } else {
            prop_assert!(capped.chars().count() <= max);
            let start = capped.strip_suffix('…').unwrap_or(&capped);
            prop_assert!(whole.starts_with(start) && (max == 0 || capped.ends_with('…')));
            // No escape is cut: what is shown reads back, as the start of the bytes.
            prop_assert!(unescape(start).is_some_and(|start| bytes.starts_with(&start)));
        }
    }
}
