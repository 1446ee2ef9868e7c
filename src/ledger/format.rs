//! Numbers, counts and durations as text for people.

/// A number with a space between groups of three digits: `9 977`.
#[must_use]
pub fn number(value: u64) -> String {
    grouped(&value.to_string())
}

/// A number and its noun: `1 gap`, `2 gaps`.
#[must_use]
pub fn counted(value: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(value), if value == 1 { "" } else { "s" })
}

/// A size in bytes, e.g. `412 B`. Sizes of at least 10 000 bytes have a binary unit, e.g. `97.7 KiB` or `8 MiB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    if bytes < 10_000 {
        return format!("{} B", number(bytes));
    }
    let (unit, name) = match bytes {
        0..0x10_0000 => (1 << 10, "KiB"),
        0x10_0000..0x4000_0000 => (1 << 20, "MiB"),
        _ => (1 << 30, "GiB"),
    };
    match u128::from(bytes) * 10 / unit {
        tenths if tenths % 10 == 0 => format!("{} {name}", tenths / 10),
        tenths => format!("{}.{} {name}", tenths / 10, tenths % 10),
    }
}

/// A rate in messages per second, e.g. `412`. Rates between 0 and 10 have one decimal, e.g. `4.1`. `?` if the rate is not
/// known yet.
#[must_use]
pub fn rate(rate: Option<f64>) -> String {
    match rate {
        None => String::from("?"),
        Some(rate) if rate > 0.0 && rate < 9.95 => format!("{rate:.1}"),
        Some(rate) => grouped(&format!("{rate:.0}")),
    }
}

/// The rate per second of events that were counted over ten seconds, e.g. `41.2`. Rates of at least 100 have no decimal.
#[must_use]
pub fn tenths(in_ten_seconds: u64) -> String {
    match in_ten_seconds {
        0 => String::from("0"),
        1..1_000 => format!("{}.{}", in_ten_seconds / 10, in_ten_seconds % 10),
        _ => number(in_ten_seconds / 10),
    }
}

/// From here on, durations are shown in whole seconds: rounded to tenths, this is 10 s. In microseconds.
const WHOLE_SECONDS: u64 = 9_950_000;

/// Formats a duration, given in microseconds, in its one or two largest units: `0.4 ms`, `4.2 s`, `1 min 5 s`, `2 h 3 min`,
/// `3 d 4 h`. Tenths of seconds are rounded to the nearest, everything else is rounded down.
#[must_use]
pub fn duration(micros: u64) -> String {
    match micros {
        0..100 => String::from("<0.1 ms"),
        100..10_000 => format!("{}.{} ms", micros / 1000, micros % 1000 / 100),
        10_000..1_000_000 => format!("{} ms", micros / 1000),
        1_000_000..WHOLE_SECONDS => tenth_of_second(micros),
        _ => match (micros / 1_000_000).max(10) {
            seconds @ 0..60 => format!("{seconds} s"),
            seconds @ 60..3600 => two_units(seconds / 60, "min", seconds % 60, "s"),
            seconds @ 3600..86_400 => two_units(seconds / 3600, "h", seconds % 3600 / 60, "min"),
            seconds => two_units(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
        },
    }
}

/// The time from `at` to `now`, both in microseconds since the epoch, e.g. `4.2 s`. Times of at least 10 s are formatted like
/// [`duration`].
#[must_use]
pub fn age(at: i64, now: i64) -> String {
    let micros = between(at, now);
    if micros < WHOLE_SECONDS { tenth_of_second(micros) } else { duration(micros) }
}

/// Like [`age`], but without a decimal: `4 s`.
#[must_use]
pub fn seconds(at: i64, now: i64) -> String {
    let micros = between(at, now);
    if micros < 10_000_000 { format!("{} s", micros / 1_000_000) } else { duration(micros) }
}

/// The time from `at` to `now`, both in microseconds since the epoch, in at most four characters: `4s`, `12m`, `3h`, `99d`. More
/// than 999 days are shown as `999d`.
#[must_use]
pub fn short_age(at: i64, now: i64) -> String {
    let seconds = between(at, now) / 1_000_000;
    match seconds {
        0..100 => format!("{seconds}s"),
        100..6_000 => format!("{}m", seconds / 60),
        6_000..360_000 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", (seconds / 86_400).min(999)),
    }
}

/// The microseconds from one time to another; 0 if `to` is before `from`.
#[must_use]
pub fn between(from: i64, to: i64) -> u64 {
    u64::try_from(to.saturating_sub(from)).unwrap_or(0)
}

fn tenth_of_second(micros: u64) -> String {
    let tenths = (micros + 50_000) / 100_000;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

fn two_units(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 {
        format!("{} {large_unit}", number(large))
    } else {
        format!("{} {large_unit} {small} {small_unit}", number(large))
    }
}

fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_thousands_apart() {
        for (value, expected) in [
            (0, "0"),
            (999, "999"),
            (1000, "1 000"),
            (12_345_678, "12 345 678"),
            (u64::MAX, "18 446 744 073 709 551 615"),
        ] {
            assert_eq!(number(value), expected);
        }
        assert_eq!((counted(1, "gap"), counted(2, "gap")), (String::from("1 gap"), String::from("2 gaps")));
    }

    #[test]
    fn an_unknown_rate_is_not_zero() {
        for (value, expected) in
            [(None, "?"), (Some(0.0), "0"), (Some(0.2), "0.2"), (Some(9.96), "10"), (Some(12_345.4), "12 345")]
        {
            assert_eq!(rate(value), expected);
        }
    }

    #[test]
    fn durations_have_their_largest_units() {
        for (micros, expected) in [
            (0, "<0.1 ms"),
            (100, "0.1 ms"),
            (412, "0.4 ms"),
            (42_000, "42 ms"),
            (999_999, "999 ms"),
            (1_000_000, "1.0 s"),
            (4_200_000, "4.2 s"),
            (4_849_999, "4.8 s"),
            (4_874_302, "4.9 s"),
            (9_949_999, "9.9 s"),
            (9_950_000, "10 s"),
            (9_960_000, "10 s"),
            (10_000_000, "10 s"),
            (10_999_999, "10 s"),
            (59_999_999, "59 s"),
            (60_000_000, "1 min"),
            (65_000_000, "1 min 5 s"),
            (7_380_000_000, "2 h 3 min"),
            (273_600_000_000, "3 d 4 h"),
        ] {
            assert_eq!(duration(micros), expected);
        }
        for (micros, expected) in [(49_999, "0.0 s"), (50_000, "0.1 s"), (9_949_999, "9.9 s"), (9_950_000, "10 s")] {
            assert_eq!(age(0, micros), expected);
        }
        assert_eq!(age(i64::MAX, i64::MIN), "0.0 s", "a time in the future");
        assert_eq!(age(i64::MIN, i64::MAX), duration(i64::MAX.cast_unsigned()));
    }
}
