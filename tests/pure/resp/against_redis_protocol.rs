//! Compares the reader with the crate `redis-protocol` on arbitrary, truncated and mutated frames. [`Quirk`] lists the accepted
//! differences.

use aircheck::redis::resp::{Elements, Frame, Limits, RespError, read};
use proptest::prelude::*;
use redis_protocol::resp3::decode::complete::decode_range;
use redis_protocol::resp3::types::RangeFrame;

use super::tree::tree;

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agree_on_arbitrary_frames(tree in tree()) {
        let mut bytes = Vec::new();
        tree.encode(&mut bytes);
        let (ours, length) = read(&bytes, &Limits::default()).unwrap().unwrap();
        let (theirs, their_length) = decode_range(&bytes).unwrap().unwrap();
        prop_assert_eq!(length, their_length);
        prop_assert!(same(&ours, &theirs, &bytes), "{:?} and {:?}", ours, theirs);
    }

    #[test]
    fn agree_on_mutated_frames(tree in tree(), mutations in prop::collection::vec(mutation(), 1..4)) {
        let mut bytes = Vec::new();
        tree.encode(&mut bytes);
        for mutation in mutations {
            mutate(&mut bytes, &mutation);
        }
        agree(&bytes)?;
    }

    #[test]
    fn agree_on_cut_and_mutated_frames(tree in tree(), mutation in mutation()) {
        let mut bytes = Vec::new();
        tree.encode(&mut bytes);
        mutate(&mut bytes, &mutation);
        for cut in 0..bytes.len() {
            agree(&bytes[..cut])?;
        }
    }
}

fn agree(bytes: &[u8]) -> Result<(), TestCaseError> {
    let ours = read(bytes, &Limits::default());
    let theirs = decode_range(bytes);
    let text = bytes.escape_ascii();
    match (&ours, &theirs) {
        (Ok(Some((ours, length))), Ok(Some((theirs, their_length)))) => {
            prop_assert_eq!(length, their_length, "{}", text);
            prop_assert!(same(ours, theirs, bytes), "{}: {:?} and {:?}", text, ours, theirs);
        }
        // Only aircheck limits sizes.
        (Ok(None), Ok(None)) | (Err(_), Err(_)) | (Err(RespError::TooLarge(_)), Ok(_)) => {}
        _ => prop_assert!(Walk::new(bytes).quirk().is_some(), "{}: {:?} and {:?}", text, ours, theirs),
    }
    Ok(())
}

#[derive(Debug, Clone)]
enum Mutation {
    Replace(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let byte =
        || prop_oneof![3 => prop::sample::select(b"+-:$*_,#!=(%~>|\r\n0123456789tf?;.H".to_vec()), 1 => any::<u8>()];
    prop_oneof![
        (any::<prop::sample::Index>(), byte()).prop_map(|(at, byte)| Mutation::Replace(at, byte)),
        (any::<prop::sample::Index>(), byte()).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
        any::<prop::sample::Index>().prop_map(Mutation::Remove),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    match mutation {
        Mutation::Replace(at, byte) => {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        Mutation::Insert(at, byte) => bytes.insert(at.index(bytes.len()), *byte),
        Mutation::Remove(at) => {
            bytes.remove(at.index(bytes.len()));
        }
    }
}

/// Whether both frames are equal. `redis-protocol` reads maps and sets into hash tables, without order and duplicates.
fn same(ours: &Frame<'_>, theirs: &RangeFrame, bytes: &[u8]) -> bool {
    let text = |range: &(usize, usize)| &bytes[range.0..range.1];
    let all = |elements: &Elements<'_>, frames: &[RangeFrame]| {
        elements.len() == frames.len() && elements.clone().zip(frames).all(|(ours, theirs)| same(&ours, theirs, bytes))
    };
    match (ours, theirs) {
        (Frame::Simple(ours), RangeFrame::SimpleString { data, .. })
        | (Frame::Error(ours), RangeFrame::SimpleError { data, .. } | RangeFrame::BlobError { data, .. })
        | (Frame::Blob(ours), RangeFrame::BlobString { data, .. } | RangeFrame::VerbatimString { data, .. })
        | (Frame::BigNumber(ours), RangeFrame::BigNumber { data, .. }) => *ours == text(data),
        (Frame::Number(ours), RangeFrame::Number { data, .. }) => ours == data,
        (Frame::Double(ours), RangeFrame::Double { data, .. }) => ours.to_bits() == data.to_bits(),
        (Frame::Boolean(ours), RangeFrame::Boolean { data, .. }) => ours == data,
        (Frame::Null, RangeFrame::Null) => true,
        (Frame::Array(ours), RangeFrame::Array { data, .. }) | (Frame::Push(ours), RangeFrame::Push { data, .. }) => {
            all(ours, data)
        }
        (Frame::Array(ours), RangeFrame::Set { data, .. }) => {
            let ours: Vec<_> = ours.clone().collect();
            ours.iter().all(|ours| data.iter().any(|theirs| same(ours, theirs, bytes)))
                && data.iter().all(|theirs| ours.iter().any(|ours| same(ours, theirs, bytes)))
        }
        (Frame::Map(ours), RangeFrame::Map { data, .. }) => {
            let flat: Vec<_> = ours.clone().collect();
            let ours: Vec<_> = flat.chunks(2).map(|pair| (&pair[0], &pair[1])).collect();
            ours.iter().all(|(ours, _)| data.keys().any(|theirs| same(ours, theirs, bytes)))
                && data.iter().all(|(key, value)| {
                    ours.iter().any(|(our_key, our_value)| same(our_key, key, bytes) && same(our_value, value, bytes))
                })
        }
        _ => false,
    }
}

/// The differences between the two readers. Redis' own client is hiredis.
#[derive(Debug, Clone, Copy)]
enum Quirk {
    /// `$+5`, `$05`: `redis-protocol` accepts these lengths. hiredis and this reader reject them.
    Length,
    /// An invalid length in an incomplete line: this reader rejects it at once, without waiting for the CRLF.
    UnfinishedLength,
    /// `$-1` and `*-1`: the start of a stream for `redis-protocol`, null for Redis.
    Null,
    /// `$?`, `*?`, `;`, `.`: streams, which Redis does not send. `H` is not part of RESP3.
    Stream,
    /// `redis-protocol` accepts any two bytes instead of the CRLF after a blob.
    BlobEnd,
    /// `redis-protocol` accepts any byte instead of the colon after the format, and only the formats `txt` and `mkd`. It also
    /// waits for the bytes of a verbatim string that is too short to have a format.
    Verbatim,
    /// `redis-protocol` accepts text after `_`.
    NullText,
    /// `redis-protocol` accepts any text as a big number.
    BigNumber,
    /// `redis-protocol` rejects aggregates as keys of maps and members of sets, because they cannot be hashed.
    Key,
    /// `redis-protocol` rejects a second attribute, and one on null.
    Attribute,
}

/// Reads one frame like `redis-protocol`, and finds the first quirk.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Why a walk ended early.
enum End {
    Quirk(Quirk),
    /// The frame is malformed for both readers, or incomplete.
    Other,
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn quirk(mut self) -> Option<Quirk> {
        match self.frame() {
            Err(End::Quirk(quirk)) => Some(quirk),
            Ok(()) | Err(End::Other) => None,
        }
    }

    /// Walks over a frame.
    fn frame(&mut self) -> Result<(), End> {
        let kind = self.byte()?;
        match kind {
            b'+' | b'-' | b':' | b',' | b'#' => {
                self.line()?;
            }
            b'_' => {
                if !self.line()?.is_empty() {
                    return Err(End::Quirk(Quirk::NullText));
                }
            }
            b'(' => {
                let line = self.line()?;
                let digits = line.strip_prefix(b"-").or_else(|| line.strip_prefix(b"+")).unwrap_or(line);
                if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                    return Err(End::Quirk(Quirk::BigNumber));
                }
            }
            b'$' | b'!' | b'=' => self.blob(kind)?,
            b'*' | b'>' => {
                for _ in 0..self.length(kind)? {
                    self.frame()?;
                }
            }
            b'~' => {
                for _ in 0..self.length(kind)? {
                    self.key()?;
                }
            }
            b'%' => self.pairs(kind)?,
            b'|' => {
                self.pairs(kind)?;
                if matches!(self.bytes.get(self.at), Some(b'|' | b'_')) {
                    return Err(End::Quirk(Quirk::Attribute));
                }
                self.frame()?;
            }
            b';' | b'.' | b'H' => return Err(End::Quirk(Quirk::Stream)),
            _ => return Err(End::Other),
        }
        Ok(())
    }

    fn pairs(&mut self, kind: u8) -> Result<(), End> {
        for _ in 0..self.length(kind)? {
            self.key()?;
            self.frame()?;
        }
        Ok(())
    }

    fn key(&mut self) -> Result<(), End> {
        let start = self.at;
        match self.frame() {
            Ok(()) if self.is_aggregate(start) => Err(End::Quirk(Quirk::Key)),
            other => other,
        }
    }

    /// Whether the frame at `start`, after its attributes, is an aggregate.
    fn is_aggregate(&self, start: usize) -> bool {
        let mut walk = Walk { bytes: self.bytes, at: start };
        if self.bytes[start] == b'|' {
            walk.at += 1;
            if walk.pairs(b'|').is_err() {
                return false;
            }
        }
        matches!(self.bytes.get(walk.at), Some(b'*' | b'~' | b'>' | b'%' | b'|'))
    }

    fn blob(&mut self, kind: u8) -> Result<(), End> {
        let length = self.length(kind)?;
        if kind == b'=' && length < 4 {
            return Err(End::Quirk(Quirk::Verbatim));
        }
        let end = self.at.saturating_add(length);
        let blob = self.bytes.get(self.at..end).ok_or(End::Other)?;
        if self.bytes.get(end..end + 2).is_some_and(|end| end != b"\r\n")
            || self.bytes.get(end).is_some_and(|end| *end != b'\r')
        {
            return Err(End::Quirk(Quirk::BlobEnd));
        }
        if kind == b'=' && !matches!(blob, [b't', b'x', b't', b':', ..] | [b'm', b'k', b'd', b':', ..]) {
            return Err(End::Quirk(Quirk::Verbatim));
        }
        self.at = end + 2;
        Ok(())
    }

    fn length(&mut self, kind: u8) -> Result<usize, End> {
        let start = self.at;
        let line = match self.line() {
            Ok(line) => line,
            Err(_) if is_length(&self.bytes[start.min(self.bytes.len())..]) => return Err(End::Other),
            Err(_) => return Err(End::Quirk(Quirk::UnfinishedLength)),
        };
        let text = std::str::from_utf8(line).map_err(|_| End::Other)?;
        match text {
            "-1" if matches!(kind, b'$' | b'*' | b'%' | b'~') => Err(End::Quirk(Quirk::Null)),
            "?" => Err(End::Quirk(Quirk::Stream)),
            _ if text.parse::<usize>().is_ok_and(|length| length.to_string() != text) => Err(End::Quirk(Quirk::Length)),
            _ if text.parse::<isize>() == Ok(0) && text != "0" => Err(End::Quirk(Quirk::Length)),
            _ => text.parse().map_err(|_| End::Other),
        }
    }

    fn line(&mut self) -> Result<&'a [u8], End> {
        let rest = &self.bytes[self.at..];
        let end = rest.windows(2).position(|pair| pair == b"\r\n").ok_or(End::Other)?;
        self.at += end + 2;
        Ok(&rest[..end])
    }

    fn byte(&mut self) -> Result<u8, End> {
        let byte = *self.bytes.get(self.at).ok_or(End::Other)?;
        self.at += 1;
        Ok(byte)
    }
}

/// Whether this may be the beginning of a length's line.
fn is_length(text: &[u8]) -> bool {
    let text = match text.strip_suffix(b"\r") {
        Some([] | b"-") => return false,
        Some(text) => text,
        None => text,
    };
    text.is_empty()
        || text == b"-"
        || text == b"-1"
        || text.iter().all(u8::is_ascii_digit) && (text[0] != b'0' || text == b"0")
}
