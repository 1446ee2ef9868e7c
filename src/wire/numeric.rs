//! Timestamps by PHP's rules: any numeric string except `0` is accepted. The tolerance check compares it as a number with
//! the current time. In the text that the HMAC covers, `name:timestamp:data`, it is cast to an integer.

/// The value of a numeric string, with the type that PHP gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Numeric {
    /// Digits with an optional sign, within 64 bits.
    Integer(i64),
    /// A number with a decimal point or an exponent, or an integer that does not fit into 64 bits.
    Float(f64),
}

/// The maximum number of digits in the fast path. An integer with 18 digits always fits into an `i64`.
const MAX_DIGITS: usize = 18;

impl Numeric {
    /// Parses `text` like PHP 8's `is_numeric`. Returns `None` if it is not numeric. Surrounding white space and a leading
    /// sign are allowed. `.5`, `1.` and `1e3` are numeric. Hexadecimal numbers, `1e`, a single point or sign without digits,
    /// and numbers with trailing text are not.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        // The common case: only digits.
        if (1..=MAX_DIGITS).contains(&text.len()) && text.iter().all(u8::is_ascii_digit) {
            let integer = text.iter().fold(0, |integer, digit| integer * 10 + i64::from(digit - b'0'));
            return Some(Self::Integer(integer));
        }
        let text = trim(text);
        let unsigned = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
        let (whole, rest) = digits(unsigned);
        let (fraction, rest, point) = match rest.strip_prefix(b".") {
            Some(rest) => {
                let (fraction, rest) = digits(rest);
                (fraction, rest, true)
            }
            None => (&[][..], rest, false),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = match rest {
            [] => false,
            [b'e' | b'E', rest @ ..] => {
                let rest = rest.strip_prefix(b"+").or_else(|| rest.strip_prefix(b"-")).unwrap_or(rest);
                let (power, rest) = digits(rest);
                if power.is_empty() || !rest.is_empty() {
                    return None;
                }
                true
            }
            _ => return None,
        };
        let text = std::str::from_utf8(text).ok()?;
        match text.parse() {
            Ok(integer) if !point && !exponent => Some(Self::Integer(integer)),
            _ => text.parse().ok().map(Self::Float),
        }
    }

    /// The integer that PHP casts the number to. Fractions are truncated, values outside 64 bits become the nearest 64-bit
    /// integer, and infinity becomes 0.
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates and truncates, as PHP's does")]
    pub(super) fn to_integer(self) -> i64 {
        match self {
            Self::Integer(integer) => integer,
            Self::Float(float) if float.is_infinite() => 0,
            Self::Float(float) => float as i64,
        }
    }

    /// Whether the number differs from `now` by more than `tolerance`, in seconds. Always true for a float outside the `i64`
    /// range.
    #[expect(clippy::cast_precision_loss, reason = "PHP compares with a float's precision too")]
    pub(super) fn is_further_than(self, tolerance: u64, now: i64) -> bool {
        const I64_BOUND: f64 = i64::MAX as f64;
        match self {
            Self::Integer(integer) => integer.abs_diff(now) > tolerance,
            Self::Float(float) => {
                !(-I64_BOUND..I64_BOUND).contains(&float) || (now as f64 - float).abs() > tolerance as f64
            }
        }
    }
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

/// Removes the white space that PHP ignores: ASCII white space and the vertical tab.
fn trim(mut text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
    while let [first, rest @ ..] = text
        && is_space(first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_space(last)
    {
        text = rest;
    }
    text
}
