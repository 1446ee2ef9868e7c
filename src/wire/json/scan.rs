//! The one grammar: a single pass over the bytes that tells a sink what it meets.

/// The most arrays and objects that may stand in one another: the recorded PHP refuses the 512th at its default depth of 512.
const MAX_DEPTH: usize = 511;

/// What is wrong, and where.
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) message: &'static str,
}

/// Hears of the parts of a text in their order, as far as it is valid. Tokens are the bytes as written.
pub(super) trait Sink {
    fn open_object(&mut self) {}
    fn open_array(&mut self) {}
    fn close(&mut self) {}
    /// A key, with its quotes.
    fn key(&mut self, _token: &[u8]) {}
    /// A string, with its quotes.
    fn string(&mut self, _token: &[u8]) {}
    fn number(&mut self, _token: &[u8]) {}
    fn boolean(&mut self, _value: bool) {}
    fn null(&mut self) {}
}

/// Hears nothing: the scan is then only a check, and allocates nothing.
impl Sink for () {}

/// Reads one value with white space around it.
pub(super) fn scan(text: &[u8], sink: &mut impl Sink) -> Result<(), Fault> {
    let mut scanner = Scanner { text, at: 0, depth: 0, objects: [0; MAX_DEPTH.div_ceil(64)] };
    scanner.skip_space();
    loop {
        scanner.value(sink)?;
        // A value ended, or a container was opened that is not empty; see what may follow.
        if !scanner.more(sink)? {
            return Ok(());
        }
    }
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
    /// A bit for each open container: set for an object.
    objects: [u64; MAX_DEPTH.div_ceil(64)],
}

impl Scanner<'_> {
    /// Reads a value; of a container that is not empty, up to where its first inner value that is none ends.
    fn value(&mut self, sink: &mut impl Sink) -> Result<(), Fault> {
        loop {
            let start = self.at;
            match self.peek() {
                Some(b'"') => {
                    self.string()?;
                    sink.string(&self.text[start..self.at]);
                }
                Some(b'{') => {
                    self.open(true)?;
                    sink.open_object();
                    if self.peek() == Some(b'}') {
                        self.close(sink);
                    } else {
                        self.key(sink)?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.open(false)?;
                    sink.open_array();
                    if self.peek() == Some(b']') {
                        self.close(sink);
                    } else {
                        continue;
                    }
                }
                Some(b'-' | b'0'..=b'9') => {
                    self.number()?;
                    sink.number(&self.text[start..self.at]);
                }
                Some(b't') => {
                    self.word(b"true")?;
                    sink.boolean(true);
                }
                Some(b'f') => {
                    self.word(b"false")?;
                    sink.boolean(false);
                }
                Some(b'n') => {
                    self.word(b"null")?;
                    sink.null();
                }
                Some(_) => return self.fault("expected a value"),
                None => return self.fault("the text ends where a value is expected"),
            }
            return Ok(());
        }
    }

    /// After a value: closes what is closed here. False at the end of the text; true before the next value.
    fn more(&mut self, sink: &mut impl Sink) -> Result<bool, Fault> {
        loop {
            self.skip_space();
            if self.depth == 0 {
                return if self.at == self.text.len() { Ok(false) } else { self.fault("text after the value") };
            }
            let in_object = self.in_object();
            match (self.peek(), in_object) {
                (Some(b','), _) => {
                    self.at += 1;
                    self.skip_space();
                    if in_object {
                        self.key(sink)?;
                    }
                    return Ok(true);
                }
                (Some(b'}'), true) | (Some(b']'), false) => self.close(sink),
                (Some(_), true) => return self.fault("expected a comma or }"),
                (Some(_), false) => return self.fault("expected a comma or ]"),
                (None, true) => return self.fault("the text ends inside an object"),
                (None, false) => return self.fault("the text ends inside an array"),
            }
        }
    }

    fn open(&mut self, object: bool) -> Result<(), Fault> {
        if self.depth == MAX_DEPTH {
            return self.fault("nested deeper than 511 levels");
        }
        let (word, bit) = (self.depth / 64, 1 << (self.depth % 64));
        if object {
            self.objects[word] |= bit;
        } else {
            self.objects[word] &= !bit;
        }
        self.depth += 1;
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    fn close(&mut self, sink: &mut impl Sink) {
        self.depth -= 1;
        self.at += 1;
        sink.close();
    }

    fn in_object(&self) -> bool {
        let innermost = self.depth - 1;
        self.objects[innermost / 64] >> (innermost % 64) & 1 == 1
    }

    /// A key, its colon, and the white space up to the value.
    fn key(&mut self, sink: &mut impl Sink) -> Result<(), Fault> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return self.fault("expected a key in double quotes");
        }
        self.string()?;
        sink.key(&self.text[start..self.at]);
        self.skip_space();
        if self.peek() != Some(b':') {
            return self.fault("expected a colon after the key");
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Fault> {
        if !self.text[self.at..].starts_with(word) {
            return self.fault("expected a value; words are true, false and null");
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
            if matches!(self.peek(), Some(b'0'..=b'9')) {
                return self.fault("a number does not start with a zero");
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

    /// One digit or more.
    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { self.fault("expected a digit") } else { Ok(()) }
    }

    /// A string, from its opening to behind its closing quote.
    fn string(&mut self) -> Result<(), Fault> {
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

    fn escape(&mut self) -> Result<(), Fault> {
        match self.text.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                self.at += match self.utf16(self.at) {
                    None => return self.fault("expected four hex digits after \\u"),
                    Some(0xd800..=0xdbff) => match self.utf16(self.at + 6) {
                        Some(0xdc00..=0xdfff) => 12,
                        _ => return self.fault("half of a surrogate pair"),
                    },
                    Some(0xdc00..=0xdfff) => return self.fault("half of a surrogate pair"),
                    Some(_) => 6,
                }
            }
            Some(_) => return self.fault("unknown escape in a string"),
            None => return self.fault("the text ends inside a string"),
        }
        Ok(())
    }

    /// The unit of a `\uNNNN` that stands at `at`.
    fn utf16(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |unit, &digit| Some(unit << 4 | char::from(digit).to_digit(16)?))
    }

    /// A character of two to four bytes: the well-formed sequences of the Unicode standard, table 3-7.
    fn multibyte(&mut self) -> Result<(), Fault> {
        let rest = &self.text[self.at..];
        self.at += match rest {
            [0xc2..=0xdf, 0x80..=0xbf, ..] => 2,
            [0xe0, 0xa0..=0xbf, 0x80..=0xbf, ..]
            | [0xe1..=0xec | 0xee..=0xef, 0x80..=0xbf, 0x80..=0xbf, ..]
            | [0xed, 0x80..=0x9f, 0x80..=0xbf, ..] => 3,
            [0xf0, 0x90..=0xbf, 0x80..=0xbf, 0x80..=0xbf, ..]
            | [0xf1..=0xf3, 0x80..=0xbf, 0x80..=0xbf, 0x80..=0xbf, ..]
            | [0xf4, 0x80..=0x8f, 0x80..=0xbf, 0x80..=0xbf, ..] => 4,
            _ => return self.fault("not UTF-8"),
        };
        Ok(())
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    #[inline]
    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    #[cold]
    fn fault<T>(&self, message: &'static str) -> Result<T, Fault> {
        Err(Fault { offset: self.at, message })
    }
}

/// Where the plain part of a string that goes on at `at` ends: at a quote, a backslash, a control character, a byte that
/// is not ASCII, or the end of the text.
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

/// Sets the highest bit of each byte that is special; above the lowest such byte it may set too many.
#[inline]
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES * 0x80;
    let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word;
    let control = below(word, 0x20);
    let quote = below(word ^ (ONES * 0x22), 1);
    let backslash = below(word ^ (ONES * 0x5c), 1);
    (control | quote | backslash | word) & HIGHS
}
