use crate::console::ui::text::*;

#[test]
fn long_text_is_cut_by_cells() {
    for (text, width, expected) in [
        ("cache-flush", 11, "cache-flush"),
        ("cache-flush", 10, "cache-flu…"),
        ("cache-flush", 1, "…"),
        ("cache-flush", 0, ""),
        ("価格更新", 8, "価格更新"),
        ("価格更新", 7, "価格更…"),
        ("価格更新", 6, "価格…"),
        ("cafe\u{301}s", 5, "cafe\u{301}s"),
        ("cafe\u{301}s", 4, "caf…"),
        ("", 0, ""),
    ] {
        let cut = cut(text, width);
        assert_eq!(cut, expected, "{text:?} in {width}");
        assert!(cells(&cut) <= width);
    }
}

#[test]
fn a_row_reads_no_more_of_its_bytes_than_it_shows() {
    let long = "é".repeat(50 << 20);
    assert_eq!(row(long.as_bytes(), 5), "éééé…");
    assert_eq!(row(b"\x1b[2J", 20), "\\x1b[2J");
    // Cut between the bytes of a character, no half of it is shown.
    for width in 1..40 {
        assert!(!row(long.as_bytes(), width).contains("\\x"));
        assert!(!row(&long.as_bytes()[1..], width + 8)[4..].contains("\\x"));
    }
}

#[test]
fn times_beyond_the_calendar_are_not_shown_as_others() {
    assert_eq!(time(1_782_909_076_412_000, true, Precision::Millis), "12:31:16.412");
    assert_eq!(time(1_782_909_076_412_000, true, Precision::Date), "2026-07-01 12:31:16.412");
    assert_eq!(time(-1, true, Precision::Millis), "23:59:59.999");
    assert_eq!(time(i64::MAX, true, Precision::Seconds), "??:??:??");
}

#[test]
fn text_is_wrapped_between_words_if_possible() {
    assert_eq!(wrap("the counter proves how many", 11), ["the counter", "proves how", "many"]);
    assert_eq!(wrap("a-very-long-word here", 6), ["a-very", "-long-", "word", "here"]);
    assert_eq!(wrap("価格 更新", 4), ["価格", "更新"]);
    assert_eq!(wrap("a\n\nb", 4), ["a", "", "b"]);
    assert_eq!(wrap("", 0), Vec::<String>::new());
    assert_eq!(chop("abcdef", 4), ["abcd", "ef"]);
    assert_eq!(chop("価格更", 5), ["価格", "更"]);
}
