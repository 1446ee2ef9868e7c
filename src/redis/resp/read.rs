//! Measuring and reading frames.

use super::{Elements, Frame, Limits, RespError};

/// The depth that no limit can exceed: the open aggregates are counted in an array on the stack.
const DEEPEST: usize = 32;
/// The longest line, in bytes, without type and CRLF; as long as the longest line that Redis itself accepts.
const MAX_LINE: usize = 64 << 10;
/// The bound of a whole frame, in bytes, where twice the longest blob is less.
const SMALLEST_FRAME_BOUND: usize = 1 << 20;
/// The shortest frame, in bytes: `_` and CRLF.
const SHORTEST_FRAME: usize = 3;

type Read<T> = Result<Option<T>, RespError>;

/// Unwraps what is there, and returns none from the calling function where more bytes are needed.
macro_rules! whole {
    ($read:expr) => {
        match $read? {
            Some(read) => read,
            None => return Ok(None),
        }
    };
}

/// What stands at a position: a frame without elements, or the header of an aggregate.
enum Head<'a> {
    Leaf(Frame<'a>),
    Aggregate(Kind, usize),
    Attribute(usize),
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Array,
    Push,
    Map,
    Attribute,
}

/// How far the frame at the start of a buffer has been measured. With more bytes [`resume`] continues there, so a frame that
/// arrives in many pieces costs no more than one that arrives whole.
#[derive(Debug, Default)]
pub struct Measured {
    /// Where the next header or leaf begins.
    at: usize,
    nest: Option<Nest>,
}

/// An aggregate or attribute that has begun.
#[derive(Debug)]
struct Nest {
    kind: Kind,
    count: usize,
    /// Where its elements begin.
    start: usize,
    /// The elements still to be measured, by depth.
    open: [usize; DEEPEST],
    depth: usize,
    /// The sum of `open`.
    pending: usize,
}

/// Reads the frame at the start of `bytes`: the frame and its length in bytes, or none where more bytes are needed.
/// Attributes before it are skipped, and counted in the length.
///
/// Lengths are read as Redis' own client does: no sign, no leading zero.
///
/// # Errors
/// Where the bytes are no RESP3, or beyond the limits; an absurd length is rejected before its bytes have come.
#[inline]
pub fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Option<(Frame<'a>, usize)>, RespError> {
    resume(bytes, limits, &mut Measured::default())
}

/// Like [`read()`], for a frame that arrives in pieces: `bytes` begin with the bytes of the last call, and `measured` remembers
/// how far that call got. A line is the exception: it is searched again from its start, and has at most 64 KiB.
///
/// # Errors
/// As for [`read()`].
#[inline]
pub fn resume<'a>(
    bytes: &'a [u8],
    limits: &Limits,
    measured: &mut Measured,
) -> Result<Option<(Frame<'a>, usize)>, RespError> {
    loop {
        let Some(nest) = &mut measured.nest else {
            let (head, next) = whole!(head(bytes, measured.at, limits));
            let (kind, count) = match head {
                Head::Leaf(frame) => {
                    measured.at = 0;
                    return Ok(Some((frame, next)));
                }
                Head::Aggregate(kind, count) => (kind, count),
                Head::Attribute(count) => (Kind::Attribute, count),
            };
            measured.at = next;
            measured.nest = Some(Nest::new(kind, count, next, limits)?);
            continue;
        };
        whole!(nest.measure(bytes, &mut measured.at, limits));
        let (kind, count, start, end) = (nest.kind, nest.count, nest.start, measured.at);
        measured.nest = None;
        let elements = Elements::new(&bytes[start..end], count);
        let frame = match kind {
            Kind::Array => Frame::Array(elements),
            Kind::Push => Frame::Push(elements),
            Kind::Map => Frame::Map(elements),
            // The frame that it belongs to follows.
            Kind::Attribute => continue,
        };
        measured.at = 0;
        return Ok(Some((frame, end)));
    }
}

impl Nest {
    fn new(kind: Kind, count: usize, start: usize, limits: &Limits) -> Result<Self, RespError> {
        let mut nest = Self { kind, count, start, open: [0; DEEPEST], depth: 0, pending: 0 };
        nest.open(count, start, limits)?;
        Ok(nest)
    }

    /// An aggregate of `count` elements begins at `at`.
    fn open(&mut self, count: usize, at: usize, limits: &Limits) -> Result<(), RespError> {
        if self.depth == limits.depth.min(DEEPEST) {
            return Err(RespError::TooLarge("nesting"));
        }
        self.open[self.depth] = count;
        self.depth += 1;
        self.pending = self.pending.saturating_add(count);
        if self.pending.saturating_mul(SHORTEST_FRAME).saturating_add(at) > frame_bound(limits) {
            return Err(RespError::TooLarge("elements"));
        }
        Ok(())
    }

    /// Measures from `at` on; moves `at` behind each header or leaf that is whole.
    fn measure(&mut self, bytes: &[u8], at: &mut usize, limits: &Limits) -> Read<()> {
        loop {
            while self.open[self.depth - 1] == 0 {
                self.depth -= 1;
                if self.depth == 0 {
                    return Ok(Some(()));
                }
            }
            let (head, next) = whole!(head(bytes, *at, limits));
            *at = next;
            self.open[self.depth - 1] -= 1;
            self.pending -= 1;
            match head {
                Head::Leaf(_) => {}
                Head::Aggregate(_, count) => self.open(count, next, limits)?,
                // The frame that the attribute belongs to counts as the attribute's last element.
                Head::Attribute(count) => self.open(count.saturating_add(1), next, limits)?,
            }
        }
    }
}

/// The header or leaf at `at`, and where it ends.
#[inline]
fn head<'a>(bytes: &'a [u8], at: usize, limits: &Limits) -> Read<(Head<'a>, usize)> {
    let Some(&kind) = bytes.get(at) else { return Ok(None) };
    let at = at + 1;
    match kind {
        b'$' => blob(bytes, at, limits, Frame::Blob),
        b'!' => match whole!(blob(bytes, at, limits, Frame::Error)) {
            (Head::Leaf(Frame::Null), _) => Err(RespError::Malformed),
            error => Ok(Some(error)),
        },
        b'=' => verbatim(bytes, at, limits),
        b'*' => {
            let (count, next) = whole!(length(bytes, at, limits.elements, "elements"));
            let head = count.map_or(Head::Leaf(Frame::Null), |count| Head::Aggregate(Kind::Array, count));
            Ok(Some((head, next)))
        }
        b'~' => aggregate(bytes, at, limits, |count| Head::Aggregate(Kind::Array, count)),
        b'>' => aggregate(bytes, at, limits, |count| Head::Aggregate(Kind::Push, count)),
        b'%' => pairs(bytes, at, limits, |count| Head::Aggregate(Kind::Map, count)),
        b'|' => pairs(bytes, at, limits, Head::Attribute),
        b'+' | b'-' | b':' | b'_' | b',' | b'#' | b'(' => {
            let (text, next) = whole!(line(bytes, at));
            Ok(Some((Head::Leaf(scalar(kind, text)?), next)))
        }
        _ => Err(RespError::Malformed),
    }
}

fn blob<'a>(bytes: &'a [u8], at: usize, limits: &Limits, frame: fn(&'a [u8]) -> Frame<'a>) -> Read<(Head<'a>, usize)> {
    let (length, start) = whole!(length(bytes, at, limits.length, "blob length"));
    let Some(length) = length else { return Ok(Some((Head::Leaf(Frame::Null), start))) };
    let end = start.saturating_add(length);
    if end > frame_bound(limits) {
        return Err(RespError::TooLarge("frame size"));
    }
    let Some(body) = bytes.get(start..end) else { return Ok(None) };
    let next = whole!(crlf(bytes, end));
    Ok(Some((Head::Leaf(frame(body)), next)))
}

/// A blob that begins with three letters and a colon.
fn verbatim<'a>(bytes: &'a [u8], at: usize, limits: &Limits) -> Read<(Head<'a>, usize)> {
    match whole!(blob(bytes, at, limits, Frame::Blob)) {
        (Head::Leaf(Frame::Blob([_, _, _, b':', text @ ..])), next) => Ok(Some((Head::Leaf(Frame::Blob(text)), next))),
        _ => Err(RespError::Malformed),
    }
}

fn aggregate<'a>(bytes: &[u8], at: usize, limits: &Limits, head: fn(usize) -> Head<'a>) -> Read<(Head<'a>, usize)> {
    match whole!(length(bytes, at, limits.elements, "elements")) {
        (Some(count), next) => Ok(Some((head(count), next))),
        (None, _) => Err(RespError::Malformed),
    }
}

fn pairs<'a>(bytes: &[u8], at: usize, limits: &Limits, head: fn(usize) -> Head<'a>) -> Read<(Head<'a>, usize)> {
    match whole!(length(bytes, at, limits.elements / 2, "elements")) {
        (Some(count), next) => Ok(Some((head(count * 2), next))),
        (None, _) => Err(RespError::Malformed),
    }
}

/// A length, or none for `-1`, and where its line ends. Rejected with its first digit too many.
#[inline]
fn length(bytes: &[u8], start: usize, most: usize, what: &'static str) -> Read<(Option<usize>, usize)> {
    let mut at = start;
    let mut value = 0_usize;
    loop {
        match bytes.get(at) {
            None => return Ok(None),
            Some(digit @ b'0'..=b'9') => {
                if value == 0 && at > start {
                    return Err(RespError::Malformed);
                }
                value = value.saturating_mul(10).saturating_add(usize::from(digit - b'0'));
                if value > most {
                    return Err(RespError::TooLarge(what));
                }
                at += 1;
            }
            Some(b'\r') if at > start => return Ok(crlf(bytes, at)?.map(|next| (Some(value), next))),
            Some(b'-') if at == start => return null(bytes, at + 1),
            Some(_) => return Err(RespError::Malformed),
        }
    }
}

/// The `1` and CRLF of RESP2's null.
fn null(bytes: &[u8], at: usize) -> Read<(Option<usize>, usize)> {
    match bytes.get(at) {
        None => Ok(None),
        Some(b'1') => Ok(crlf(bytes, at + 1)?.map(|next| (None, next))),
        Some(_) => Err(RespError::Malformed),
    }
}

/// Where the CRLF at `at` ends.
#[inline]
fn crlf(bytes: &[u8], at: usize) -> Read<usize> {
    match bytes.get(at..) {
        Some([b'\r', b'\n', ..]) => Ok(Some(at + 2)),
        None | Some([] | [b'\r']) => Ok(None),
        Some(_) => Err(RespError::Malformed),
    }
}

/// The text up to the next CRLF, and where that ends; a lone CR or LF belongs to the text.
fn line(bytes: &[u8], start: usize) -> Read<(&[u8], usize)> {
    let rest = bytes.get(start..).unwrap_or_default();
    let rest = &rest[..rest.len().min(MAX_LINE + 2)];
    let end = memchr::memchr_iter(b'\r', rest).find(|at| rest.get(at + 1) == Some(&b'\n'));
    match end {
        Some(end) => Ok(Some((&rest[..end], start + end + 2))),
        None if rest.len() == MAX_LINE + 2 => Err(RespError::TooLarge("line length")),
        None => Ok(None),
    }
}

fn scalar(kind: u8, text: &[u8]) -> Result<Frame<'_>, RespError> {
    let frame = match (kind, text) {
        (b'+', _) => Some(Frame::Simple(text)),
        (b'-', _) => Some(Frame::Error(text)),
        (b':', _) => parse(text).map(Frame::Number),
        (b',', _) => parse(text).map(Frame::Double),
        (b'(', _) if is_integer(text) => Some(Frame::BigNumber(text)),
        (b'#', b"t") => Some(Frame::Boolean(true)),
        (b'#', b"f") => Some(Frame::Boolean(false)),
        (b'_', b"") => Some(Frame::Null),
        _ => None,
    };
    frame.ok_or(RespError::Malformed)
}

fn parse<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn is_integer(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// The most bytes a frame may have.
pub(super) fn frame_bound(limits: &Limits) -> usize {
    limits.length.saturating_mul(2).max(SMALLEST_FRAME_BOUND)
}
