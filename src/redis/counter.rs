//! The value of a counter key.

use crate::ledger::sequence::Reading;

const NOT_A_NUMBER: &str = "not a number";
const NEGATIVE_COUNTER: &str = "the counter is negative";

/// Parses the text of a counter. The counter is [unreadable](Reading::Unreadable) if it is negative, if it is 2^63 or
/// more, or if it is not a decimal number in the form that `INCR` writes (without a plus sign or leading zeros).
#[must_use]
pub(crate) fn read(text: &[u8]) -> Reading {
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse::<i64>().ok());
    match number {
        Some(number) if number.to_string().as_bytes() != text => Reading::Unreadable(NOT_A_NUMBER.into()),
        Some(number) => match u64::try_from(number) {
            Ok(number) => Reading::Value(number),
            Err(_) => Reading::Unreadable(NEGATIVE_COUNTER.into()),
        },
        None => Reading::Unreadable(NOT_A_NUMBER.into()),
    }
}

/// Whether a counter is [unreadable](Reading::Unreadable) because of its value or type, not because access was denied.
#[cfg(feature = "program")]
#[must_use]
pub(crate) fn is_wrong_value(reason: &str) -> bool {
    reason == NOT_A_NUMBER || reason == NEGATIVE_COUNTER || reason.starts_with("WRONGTYPE")
}

/// The key of a channel's counter.
#[must_use]
pub(crate) fn key(sequence_prefix: &str, channel: &[u8]) -> Vec<u8> {
    [sequence_prefix.as_bytes(), channel].concat()
}
