use crate::console::ui::text::*;

#[test]
fn what_does_not_fit_is_cut_in_cells() {
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
fn numbers_have_their_thousands_apart() {
    for (value, expected) in
        [(0, "0"), (999, "999"), (1000, "1 000"), (12_345_678, "12 345 678"), (u64::MAX, "18 446 744 073 709 551 615")]
    {
        assert_eq!(number(value), expected);
    }
    assert_eq!((counted(1, "gap"), counted(2, "gap")), (String::from("1 gap"), String::from("2 gaps")));
}

#[test]
fn a_rate_is_never_a_zero_that_is_not_known() {
    for (value, expected) in
        [(None, "?"), (Some(0.0), "0"), (Some(0.2), "0.2"), (Some(9.96), "10"), (Some(12_345.4), "12 345")]
    {
        assert_eq!(rate(value), expected);
    }
}

#[test]
fn durations_have_the_two_units_that_matter() {
    for (micros, expected) in [
        (0, "0.0 ms"),
        (412, "0.4 ms"),
        (42_000, "42 ms"),
        (4_200_000, "4.2 s"),
        (59_999_999, "59 s"),
        (60_000_000, "1 min"),
        (65_000_000, "1 min 5 s"),
        (7_380_000_000, "2 h 3 min"),
        (273_600_000_000, "3 d 4 h"),
    ] {
        assert_eq!(duration(micros), expected);
    }
    assert_eq!(age(i64::MAX, i64::MIN), "0.0 s", "a time to come");
    assert_eq!(age(i64::MIN, i64::MAX), duration(i64::MAX.cast_unsigned()));
}

#[test]
fn times_beyond_the_calendar_are_not_shown_as_others() {
    assert_eq!(time(1_782_909_076_412_000, true, Precision::Millis), "12:31:16.412");
    assert_eq!(time(1_782_909_076_412_000, true, Precision::Date), "2026-07-01 12:31:16.412");
    assert_eq!(time(-1, true, Precision::Millis), "23:59:59.999");
    assert_eq!(time(i64::MAX, true, Precision::Seconds), "??:??:??");
}

#[test]
fn text_is_wrapped_between_words_where_it_can_be() {
    assert_eq!(wrap("the counter proves how many", 11), ["the counter", "proves how", "many"]);
    assert_eq!(wrap("a-very-long-word here", 6), ["a-very", "-long-", "word", "here"]);
    assert_eq!(wrap("価格 更新", 4), ["価格", "更新"]);
    assert_eq!(wrap("a\n\nb", 4), ["a", "", "b"]);
    assert_eq!(wrap("", 0), Vec::<String>::new());
    assert_eq!(chop("abcdef", 4), ["abcd", "ef"]);
    assert_eq!(chop("価格更", 5), ["価格", "更"]);
}
