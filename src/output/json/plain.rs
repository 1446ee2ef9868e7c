//! Looks eight bytes at a time for what must not stand in a line as it is.

const ONES: u64 = u64::MAX / 255;
/// The highest bit of each byte.
const HIGHS: u64 = ONES * 0x80;

/// Whether a text may stand in a JSON string as it is: printable ASCII without quotes and backslashes.
pub(super) fn is_plain(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks();
    words.iter().all(|word| {
        let word = u64::from_le_bytes(*word);
        is_printable(word) && (equal(word, b'"') | equal(word, b'\\')) == 0
    }) && rest.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
}

/// Whether JSON is on one line of plain characters, without a word in capitals: as most of it is.
pub(super) fn is_ready(json: &[u8]) -> bool {
    let mut place = Place::default();
    let (words, rest) = json.as_chunks();
    words.iter().all(|bytes| {
        let word = u64::from_le_bytes(*bytes);
        if !is_printable(word) {
            return false;
        }
        if place.escaped || equal(word, b'\\') != 0 {
            return bytes.iter().all(|byte| place.takes(*byte));
        }
        // Each byte's bit: whether an odd number of quotes stands before it, with its own.
        let mut inside = equal(word, b'"');
        inside ^= inside << 8;
        inside ^= inside << 16;
        inside ^= inside << 32;
        if place.in_string {
            inside ^= HIGHS;
        }
        place.in_string = inside >> 63 == 1;
        at_least(word, b'A') & !at_least(word, b'Z' + 1) & !inside == 0
    }) && rest.iter().all(|byte| place.takes(*byte))
}

/// Where one is in JSON.
#[derive(Default)]
struct Place {
    in_string: bool,
    /// After a backslash.
    escaped: bool,
}

impl Place {
    /// Goes on by a byte, and says whether it may stand there.
    fn takes(&mut self, byte: u8) -> bool {
        self.in_string ^= byte == b'"' && !self.escaped;
        self.escaped = byte == b'\\' && !self.escaped;
        matches!(byte, b' '..=b'~') && (self.in_string || !byte.is_ascii_uppercase())
    }
}

/// Whether all bytes are printable ASCII; what follows tells bytes apart only where they are.
fn is_printable(word: u64) -> bool {
    word & HIGHS == 0 && at_least(word, b' ') & !at_least(word, 0x7f) == HIGHS
}

/// The highest bit of each byte that is at least `bound`, which is ASCII, as the bytes are.
fn at_least(word: u64, bound: u8) -> u64 {
    ((word & !HIGHS) + ONES * u64::from(0x80 - bound)) & HIGHS
}

/// The highest bit of each byte that is `byte`, which is ASCII, as the bytes are.
fn equal(word: u64, byte: u8) -> u64 {
    (HIGHS - ((word ^ (ONES * u64::from(byte))) & !HIGHS)) & HIGHS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Byte by byte.
    fn ready(json: &[u8]) -> bool {
        let mut place = Place::default();
        json.iter().all(|byte| place.takes(*byte))
    }

    fn plain(text: &[u8]) -> bool {
        text.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
    }

    #[test]
    fn eight_bytes_are_looked_at_as_each_of_them() {
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
    fn quotes_and_backslashes_are_followed_over_words() {
        let signs = [b'"', b'\\', b'A', b'a', b' ', b'\n', b'~'];
        // Every text of five of these signs, after so many others that it lies across two words in each way.
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
