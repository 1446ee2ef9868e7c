//! A payload as received, and which of its bytes the HMAC covers.

use std::ops::Range;

use crate::console::panes::detail::state::LAID_OUT_BYTES;
use crate::wire::envelope::{Envelope, SignatureText};
use crate::wire::escape::escape_into;

/// The start of a payload, escaped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Raw {
    /// The text.
    pub text: String,
    /// The byte ranges of `text` that show signed bytes.
    pub signed: Vec<Range<usize>>,
}

impl Raw {
    /// Escapes the part of the payload that is shown.
    #[must_use]
    pub fn of(payload: &[u8], timestamp: Option<i64>) -> Self {
        let payload_end = payload.len().min(LAID_OUT_BYTES);
        let mut raw = Self::default();
        let mut at = 0;
        for signed in signed(payload, timestamp) {
            let (start, end) = (signed.start.min(payload_end), signed.end.min(payload_end));
            escape_into(&payload[at..start], &mut raw.text);
            let from = raw.text.len();
            escape_into(&payload[start..end], &mut raw.text);
            raw.signed.push(from..raw.text.len());
            at = end;
        }
        escape_into(&payload[at..payload_end], &mut raw.text);
        raw
    }
}

/// The byte ranges of a payload that the HMAC covers, in order: the name, the timestamp, the data. PHP casts the timestamp to an
/// integer before it is signed, so only the digits of this integer are included. Empty if the message is not signed.
#[must_use]
pub fn signed(payload: &[u8], timestamp: Option<i64>) -> Vec<Range<usize>> {
    let envelope = Envelope::parse(payload);
    let Some(signature) = SignatureText::parse(envelope.signature) else { return Vec::new() };
    let mut ranges = Vec::with_capacity(3);
    ranges.push(0..envelope.name.len());
    if let Some(written) = signature.timestamp {
        let key_name = signature.key_name.map_or(0, <[u8]>::len);
        let start = envelope.name.len() + 1 + signature.algorithm.len() + 1 + key_name + 1;
        let digits = timestamp.map(|timestamp| timestamp.to_string()).unwrap_or_default();
        let found = memchr::memmem::find(written, digits.as_bytes()).filter(|_| !digits.is_empty());
        ranges.push(match found {
            Some(at) => start + at..start + at + digits.len(),
            None => start..start + written.len(),
        });
    }
    ranges.push(payload.len() - envelope.data.len()..payload.len());
    ranges.retain(|range| !range.is_empty());
    ranges
}
