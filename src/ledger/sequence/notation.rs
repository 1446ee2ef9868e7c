//! The notation of sequence numbers and ranges: formatting and parsing.
//!
//! | Text | Meaning |
//! |---|---|
//! | `#1046` | exact |
//! | `#1046?` | inferred |
//! | `#1040–1046?` | one of these numbers |
//! | `?` | unknown |
//! | `#188–192` | a gap: all of these numbers |

use std::fmt;

use super::{Sequence, UnknownReason};

/// The notation and its meaning, for help texts.
pub const LEGEND: [(&str, &str); 5] = [
    ("#1046", "exact sequence number"),
    ("#1046?", "not confirmed by the counter; Detail shows why"),
    ("#1040–1046?", "one of these numbers"),
    ("?", "unknown"),
    ("#188–192", "a gap: all of these numbers"),
];

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Exact(number) => write!(f, "#{number}"),
            Self::Inferred(number) => write!(f, "#{number}?"),
            Self::Range { from, to } => write!(f, "{}?", range(from, to)),
            Self::Unknown(_) => f.write_str("?"),
        }
    }
}

impl Sequence {
    /// A description of why the sequence number is not exact; `None` if it is exact.
    #[must_use]
    pub fn uncertainty(self) -> Option<&'static str> {
        match self {
            Self::Exact(_) => None,
            Self::Inferred(_) => Some("inferred: shown before the counter confirmed the number"),
            Self::Range { from, to } if from == to => {
                Some("this number or none: the counter and the messages received do not match")
            }
            Self::Range { .. } => Some("one of these numbers: the counter and the messages received do not match"),
            Self::Unknown(UnknownReason::CounterUnreadable) => {
                Some("unknown: the counter is not tracked or cannot be read")
            }
            Self::Unknown(UnknownReason::CounterReset) => Some("unknown: the counter was reset around this message"),
            Self::Unknown(UnknownReason::ReceivedNotCounted) => Some("no number: received, not counted"),
            Self::Unknown(UnknownReason::NoBarrier) => Some("unknown: the counter was not read in time"),
        }
    }
}

/// A range of sequence numbers, both ends included: `#188–192`, or `#188` if it is one number.
#[must_use]
pub fn range(from: u64, to: u64) -> String {
    if from == to { format!("#{from}") } else { format!("#{from}–{to}") }
}

/// The first ranges of a list: `#1042–1053, #1057`. `…` stands for the others.
#[cfg(feature = "program")]
#[must_use]
pub(crate) fn ranges(all: &[(u64, u64)]) -> String {
    let shown = all.iter().take(MAX_RANGES).map(|(from, to)| range(*from, *to));
    let more = (all.len() > MAX_RANGES).then(|| "…".to_owned());
    shown.chain(more).collect::<Vec<_>>().join(", ")
}

/// The most ranges that are listed.
#[cfg(feature = "program")]
const MAX_RANGES: usize = 5;

/// Joins ranges that overlap or are adjacent. They are sorted.
#[cfg(feature = "program")]
pub(crate) fn joined(ranges: impl IntoIterator<Item = (u64, u64)>) -> Vec<(u64, u64)> {
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (from, to) in ranges {
        match joined.last_mut() {
            Some((_, last)) if from <= last.saturating_add(1) => *last = to.max(*last),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// Parses a sequence number or an inclusive range: `1046`, `1040-1046`, `1040..1046`, `1040..` or `..1046`. It also accepts the
/// notation on screen, such as `#1040–1046?`. A missing start is 0, and a missing end is `u64::MAX`.
///
/// # Errors
///
/// The text is not a sequence number or a range. The error contains the byte offset of the mistake and a message.
pub fn parse_range(text: &str) -> Result<(u64, u64), (usize, &'static str)> {
    let separator = ["..", "–", "-"].into_iter().find_map(|separator| text.split_once(separator).zip(Some(separator)));
    let Some(((from, to), separator)) = separator else {
        let one = number(text).ok_or((0, EXPECTED_FORMS))?;
        return Ok((one, one));
    };
    let is_open = separator == "..";
    let end = |text: &str, offset, open| {
        if text.is_empty() && is_open { Ok(open) } else { number(text).ok_or((offset, EXPECTED_FORMS)) }
    };
    if from.is_empty() && to.is_empty() {
        return Err((0, "a range needs at least one end, e.g. 1040.. or ..1046"));
    }
    let (low, high) = (end(from, 0, 0)?, end(to, from.len() + separator.len(), u64::MAX)?);
    if low > high {
        return Err((0, "the range ends before it begins"));
    }
    Ok((low, high))
}

const EXPECTED_FORMS: &str = "expected a sequence number or a range, e.g. 1046, 1040-1046, 1040.. or ..1046";

/// Parses a number. Like on screen, `#` can precede it and `?` can follow it.
fn number(text: &str) -> Option<u64> {
    let text = text.strip_prefix('#').unwrap_or(text);
    let text = text.strip_suffix('?').unwrap_or(text);
    if text.starts_with('+') { None } else { text.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_certainty_has_a_notation() {
        for (sequence, text) in [
            (Sequence::Exact(1046), "#1046"),
            (Sequence::Inferred(1046), "#1046?"),
            (Sequence::Range { from: 1040, to: 1046 }, "#1040–1046?"),
            (Sequence::Unknown(UnknownReason::NoBarrier), "?"),
        ] {
            assert_eq!(sequence.to_string(), text);
            assert_eq!(parse_range(text).ok(), sequence.range());
        }
        assert_eq!(range(188, 192), "#188–192");
        assert_eq!(range(188, 188), "#188");
    }

    #[test]
    fn a_number_that_is_not_exact_has_a_reason() {
        let reason = |sequence: Sequence| sequence.uncertainty().unwrap_or_default();
        assert_eq!(reason(Sequence::Exact(1046)), "");
        assert_eq!(reason(Sequence::Inferred(1046)), "inferred: shown before the counter confirmed the number");
        // Two messages for one count: at most one of them has the number.
        assert!(reason(Sequence::Range { from: 1046, to: 1046 }).starts_with("this number or none: "));
        assert!(reason(Sequence::Range { from: 1040, to: 1046 }).starts_with("one of these numbers: "));
    }

    #[cfg(feature = "program")]
    #[test]
    fn adjacent_ranges_are_joined_and_the_first_ones_are_listed() {
        assert_eq!(ranges(&joined([(1, 1), (2, 2), (4, 4)])), "#1–2, #4");
        assert_eq!(joined([(1, 5), (2, 3), (u64::MAX, u64::MAX)]), [(1, 5), (u64::MAX, u64::MAX)]);
        assert!(ranges(&[(1, 1); 5]).ends_with(", #1"));
        assert!(ranges(&[(1, 1); 6]).ends_with(", …"));
    }

    #[test]
    fn each_form_of_a_range_is_read() {
        for (text, expected) in [
            ("1046", (1046, 1046)),
            ("#1046", (1046, 1046)),
            ("1040-1046", (1040, 1046)),
            ("1040..1046", (1040, 1046)),
            ("1040–1046", (1040, 1046)),
            ("#1040–1046", (1040, 1046)),
            ("#1040-#1046", (1040, 1046)),
            ("1040..", (1040, u64::MAX)),
            ("..1046", (0, 1046)),
        ] {
            assert_eq!(parse_range(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn invalid_ranges_are_errors() {
        for (text, offset) in [
            ("", 0),
            ("x", 0),
            ("+1", 0),
            ("-1", 0),
            ("1040-", 5),
            ("1040..x", 6),
            ("1..2..3", 3),
            ("9-1", 0),
            ("..", 0),
            ("-", 0),
            ("99999999999999999999", 0),
        ] {
            assert_eq!(parse_range(text).map_err(|(at, _)| at), Err(offset), "{text}");
        }
    }
}
