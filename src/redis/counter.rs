//! What a counter key holds.

use crate::ledger::sequence::Reading;

/// Reads the text of a counter as `INCR` would: a canonical decimal that is not negative and below 2^63.
#[must_use]
pub fn read(text: &[u8]) -> Reading {
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse::<i64>().ok());
    match number {
        Some(number) if number.to_string().as_bytes() != text => Reading::Unreadable("not a number".into()),
        Some(number) => match u64::try_from(number) {
            Ok(number) => Reading::Value(number),
            Err(_) => Reading::Unreadable("the counter is negative".into()),
        },
        None => Reading::Unreadable("not a number".into()),
    }
}

/// The key of a channel's counter.
#[must_use]
pub fn key(sequence_prefix: &str, channel: &[u8]) -> Vec<u8> {
    [sequence_prefix.as_bytes(), channel].concat()
}
