//! What a counter key holds.

use crate::ledger::sequence::Reading;

const NOT_A_NUMBER: &str = "not a number";
const NEGATIVE: &str = "the counter is negative";

/// Reads the text of a counter as `INCR` would: a canonical decimal that is not negative and below 2^63.
#[must_use]
pub fn read(text: &[u8]) -> Reading {
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse::<i64>().ok());
    match number {
        Some(number) if number.to_string().as_bytes() != text => Reading::Unreadable(NOT_A_NUMBER.into()),
        Some(number) => match u64::try_from(number) {
            Ok(number) => Reading::Value(number),
            Err(_) => Reading::Unreadable(NEGATIVE.into()),
        },
        None => Reading::Unreadable(NOT_A_NUMBER.into()),
    }
}

/// Whether a counter is [unreadable](Reading::Unreadable) because of what the key holds, and not because the server does not
/// give it.
#[must_use]
pub fn is_wrong_value(reason: &str) -> bool {
    reason == NOT_A_NUMBER || reason == NEGATIVE || reason.starts_with("WRONGTYPE")
}

/// The key of a channel's counter.
#[must_use]
pub fn key(sequence_prefix: &str, channel: &[u8]) -> Vec<u8> {
    [sequence_prefix.as_bytes(), channel].concat()
}
