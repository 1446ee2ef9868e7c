//! Parses literals, numbers and strings.

use super::scan::{ScanError, Scanner};

impl Scanner<'_> {
    pub(super) fn word(&mut self, word: &[u8]) -> Result<(), ScanError> {
        if !self.text[self.at..].starts_with(word) {
            return self.fault("expected a value; the only words are true, false and null");
        }
        self.at += word.len();
        Ok(())
    }

    pub(super) fn number(&mut self) -> Result<(), ScanError> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
            if matches!(self.peek(), Some(b'0'..=b'9')) {
                return self.fault("a number must not start with 0");
            }
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// Parses one or more digits.
    fn digits(&mut self) -> Result<(), ScanError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { self.fault("expected a digit") } else { Ok(()) }
    }

    /// Parses a string, including its quotes.
    pub(super) fn string(&mut self) -> Result<(), ScanError> {
        self.at += 1;
        loop {
            self.at = plain_end(self.text, self.at);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(0x80..) => self.multibyte()?,
                Some(_) => return self.fault("a control character in a string must be escaped"),
                None => return self.fault("the text ends inside a string"),
            }
        }
    }

    fn escape(&mut self) -> Result<(), ScanError> {
        match self.text.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                self.at += match self.utf16(self.at) {
                    None => return self.fault("expected four hex digits after \\u"),
                    Some(0xd800..=0xdbff) => match self.utf16(self.at + 6) {
                        Some(0xdc00..=0xdfff) => 12,
                        _ => return self.fault("incomplete surrogate pair"),
                    },
                    Some(0xdc00..=0xdfff) => return self.fault("incomplete surrogate pair"),
                    Some(_) => 6,
                }
            }
            Some(_) => return self.fault("unknown escape in a string"),
            None => return self.fault("the text ends inside a string"),
        }
        Ok(())
    }

    /// The UTF-16 code unit of the escape `\uNNNN` at `at`. `None` if there is no valid escape.
    fn utf16(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |unit, &digit| Some(unit << 4 | char::from(digit).to_digit(16)?))
    }

    /// Parses a UTF-8 character of two to four bytes. The accepted byte sequences are those of table 3-7 in the Unicode
    /// standard.
    fn multibyte(&mut self) -> Result<(), ScanError> {
        let rest = &self.text[self.at..];
        self.at += match rest {
            [0xc2..=0xdf, 0x80..=0xbf, ..] => 2,
            [0xe0, 0xa0..=0xbf, 0x80..=0xbf, ..]
            | [0xe1..=0xec | 0xee..=0xef, 0x80..=0xbf, 0x80..=0xbf, ..]
            | [0xed, 0x80..=0x9f, 0x80..=0xbf, ..] => 3,
            [0xf0, 0x90..=0xbf, 0x80..=0xbf, 0x80..=0xbf, ..]
            | [0xf1..=0xf3, 0x80..=0xbf, 0x80..=0xbf, 0x80..=0xbf, ..]
            | [0xf4, 0x80..=0x8f, 0x80..=0xbf, 0x80..=0xbf, ..] => 4,
            _ => return self.fault("invalid UTF-8"),
        };
        Ok(())
    }
}

/// The offset of the first special byte at or after `at`: a quote, a backslash, a control character or a byte outside ASCII.
/// The length of the text if there is no special byte.
#[inline]
fn plain_end(text: &[u8], mut at: usize) -> usize {
    while let Some(word) = text[at..].first_chunk() {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + text[at..].iter().take_while(|&&byte| !matches!(byte, 0..=0x1f | b'"' | b'\\' | 0x80..)).count()
}

/// Returns a word in which the highest bit of each special byte is set. Only the lowest marked byte is reliable, because a
/// subtraction that borrows can also mark bytes above it that are not special.
#[inline]
fn special_bytes(word: u64) -> u64 {
    const LOW_BITS: u64 = u64::MAX / 255;
    const HIGH_BITS: u64 = LOW_BITS * 0x80;
    let below = |word: u64, bound: u64| word.wrapping_sub(LOW_BITS * bound) & !word;
    let control = below(word, 0x20);
    let quote = below(word ^ (LOW_BITS * 0x22), 1);
    let backslash = below(word ^ (LOW_BITS * 0x5c), 1);
    (control | quote | backslash | word) & HIGH_BITS
}
