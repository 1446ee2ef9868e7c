//! The JSON parser. It reads the text once and passes the tokens to a [`TokenSink`].

/// The maximum number of nested arrays and objects. With its default depth of 512, PHP's `json_decode` rejects 512 levels.
const MAX_DEPTH: usize = 511;

/// An error in the text, with its byte offset.
pub(super) struct ScanError {
    pub(super) offset: usize,
    pub(super) message: &'static str,
}

/// Receives the tokens of a text in order, up to the first error. A token is passed as written in the text.
pub(super) trait TokenSink {
    fn open_object(&mut self) {}
    fn open_array(&mut self) {}
    fn close(&mut self) {}
    /// A key, including its quotes.
    fn key(&mut self, _token: &[u8]) {}
    /// A string, including its quotes.
    fn string(&mut self, _token: &[u8]) {}
    fn number(&mut self, _token: &[u8]) {}
    fn boolean(&mut self, _value: bool) {}
    fn null(&mut self) {}
}

/// Ignores all tokens. The scan then only validates, and does not allocate.
impl TokenSink for () {}

/// Parses one value. White space is allowed before and after it.
pub(super) fn scan(text: &[u8], sink: &mut impl TokenSink) -> Result<(), ScanError> {
    let mut scanner = Scanner { text, at: 0, depth: 0, objects: [0; MAX_DEPTH.div_ceil(64)] };
    scanner.skip_space();
    loop {
        scanner.value(sink)?;
        if !scanner.more(sink)? {
            return Ok(());
        }
    }
}

pub(super) struct Scanner<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    depth: usize,
    /// One bit per open container. It is set if the container is an object.
    objects: [u64; MAX_DEPTH.div_ceil(64)],
}

impl Scanner<'_> {
    /// Parses a scalar or an empty array or object. If the next value is a non-empty array or object, opens it and continues
    /// with its first value.
    fn value(&mut self, sink: &mut impl TokenSink) -> Result<(), ScanError> {
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
                None => return self.fault("the text ends, but a value is expected"),
            }
            return Ok(());
        }
    }

    /// Closes the containers that end after a value. If another value follows, parses the comma and the key before it, and
    /// returns true. Returns false at the end of the text.
    fn more(&mut self, sink: &mut impl TokenSink) -> Result<bool, ScanError> {
        loop {
            self.skip_space();
            if self.depth == 0 {
                return if self.at == self.text.len() {
                    Ok(false)
                } else {
                    self.fault("unexpected text after the value")
                };
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

    fn open(&mut self, object: bool) -> Result<(), ScanError> {
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

    fn close(&mut self, sink: &mut impl TokenSink) {
        self.depth -= 1;
        self.at += 1;
        sink.close();
    }

    fn in_object(&self) -> bool {
        let innermost = self.depth - 1;
        self.objects[innermost / 64] >> (innermost % 64) & 1 == 1
    }

    /// Parses a key, its colon, and white space.
    fn key(&mut self, sink: &mut impl TokenSink) -> Result<(), ScanError> {
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

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    #[inline]
    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    #[cold]
    pub(super) fn fault<T>(&self, message: &'static str) -> Result<T, ScanError> {
        Err(ScanError { offset: self.at, message })
    }
}
