//! Finds bytes that must be escaped, eight bytes at a time.

const LOW_BITS: u64 = u64::MAX / 255;
/// The highest bit of each byte.
const HIGH_BITS: u64 = LOW_BITS * 0x80;

/// Whether a text needs no escape in a JSON string: printable ASCII without quotes and backslashes.
pub(super) fn is_plain(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks();
    words.iter().all(|word| {
        let word = u64::from_le_bytes(*word);
        is_printable(word) && (equal(word, b'"') | equal(word, b'\\')) == 0
    }) && rest.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
}

/// Whether JSON can be copied unchanged: printable ASCII on one line, without capital letters outside strings.
pub(super) fn is_ready(json: &[u8]) -> bool {
    let mut position = JsonPosition::default();
    let (words, rest) = json.as_chunks();
    words.iter().all(|bytes| {
        let word = u64::from_le_bytes(*bytes);
        if !is_printable(word) {
            return false;
        }
        if position.escaped || equal(word, b'\\') != 0 {
            return bytes.iter().all(|byte| position.accepts(*byte));
        }
        // The highest bit of each byte: whether the number of quotes up to and including this byte is odd.
        let mut inside = equal(word, b'"');
        inside ^= inside << 8;
        inside ^= inside << 16;
        inside ^= inside << 32;
        if position.in_string {
            inside ^= HIGH_BITS;
        }
        position.in_string = inside >> 63 == 1;
        at_least(word, b'A') & !at_least(word, b'Z' + 1) & !inside == 0
    }) && rest.iter().all(|byte| position.accepts(*byte))
}

/// The position in JSON text.
#[derive(Default)]
struct JsonPosition {
    in_string: bool,
    /// Whether the next byte follows a backslash.
    escaped: bool,
}

impl JsonPosition {
    /// Advances by a byte. Returns whether the byte can be copied as it is.
    fn accepts(&mut self, byte: u8) -> bool {
        self.in_string ^= byte == b'"' && !self.escaped;
        self.escaped = byte == b'\\' && !self.escaped;
        matches!(byte, b' '..=b'~') && (self.in_string || !byte.is_ascii_uppercase())
    }
}

/// Whether all bytes are printable ASCII. The functions below require ASCII.
fn is_printable(word: u64) -> bool {
    word & HIGH_BITS == 0 && at_least(word, b' ') & !at_least(word, 0x7f) == HIGH_BITS
}

/// Sets the highest bit of each byte that is at least `bound`. All bytes and `bound` must be ASCII.
fn at_least(word: u64, bound: u8) -> u64 {
    ((word & !HIGH_BITS) + LOW_BITS * u64::from(0x80 - bound)) & HIGH_BITS
}

/// Sets the highest bit of each byte that equals `byte`. All bytes and `byte` must be ASCII.
fn equal(word: u64, byte: u8) -> u64 {
    (HIGH_BITS - ((word ^ (LOW_BITS * u64::from(byte))) & !HIGH_BITS)) & HIGH_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Like `is_ready`, byte by byte.
    fn ready(json: &[u8]) -> bool {
        let mut position = JsonPosition::default();
        json.iter().all(|byte| position.accepts(*byte))
    }

    fn plain(text: &[u8]) -> bool {
        text.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
    }

    #[test]
    fn checks_of_eight_bytes_equal_checks_byte_by_byte() {
        for byte in 0..=u8::MAX {
            for length in 1..=17 {
                for at in 0..length {
                    let mut text = vec![b'a'; length];
                    text[at] = byte;
                    assert_eq!(is_plain(&text), plain(&text), "{text:?}");
                    assert_eq!(is_ready(&text), ready(&text), "{text:?}");
                    text[0] = b'"';
                    assert_eq!(is_ready(&text), ready(&text), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn quotes_and_backslashes_are_tracked_across_words() {
        let signs = [b'"', b'\\', b'A', b'a', b' ', b'\n', b'~'];
        // Every text of five of these bytes, at each offset within eight bytes.
        for number in 0..signs.len().pow(5) {
            for before in 0..8 {
                let mut text = vec![b'1'; before];
                text.extend((0..5).map(|digit| signs[number / signs.len().pow(digit) % signs.len()]));
                text.extend(b"1A1");
                assert_eq!(is_ready(&text), ready(&text), "{text:?}");
            }
        }
    }
}
