//! Measures and reads frames.

use super::{Elements, Frame, Limits, RespError};

/// The maximum depth of nesting, whatever [`Limits::depth`] is. It is the length of [`OpenAggregates::open`].
const MAX_DEPTH: usize = 32;
/// The maximum length of a line in bytes, without its type byte and CRLF. Redis has the same limit.
const MAX_LINE: usize = 64 << 10;
/// The smallest possible limit for a whole frame, in bytes. See [`Limits`].
const MIN_FRAME_BOUND: usize = 1 << 20;
/// The length of the shortest frame, in bytes: `_` and CRLF.
const MIN_FRAME_LENGTH: usize = 3;
/// The start of every `message` frame, up to the length of the channel's name.
const MESSAGE_PREFIX: &[u8] = b">3\r\n$7\r\nmessage\r\n$";
/// Lengths with at most this many digits fit into every `usize`.
const MAX_DIGITS: usize = 9;

type ReadResult<T> = Result<Option<T>, RespError>;

/// Returns the value, or makes the calling function return `Ok(None)` if bytes are missing.
macro_rules! complete {
    ($read:expr) => {
        match $read? {
            Some(read) => read,
            None => return Ok(None),
        }
    };
}

/// A frame without elements, or the header of an aggregate.
enum FrameHead<'a> {
    Leaf(Frame<'a>),
    Aggregate(AggregateKind, usize),
    Attribute(usize),
}

#[derive(Debug, Clone, Copy)]
enum AggregateKind {
    Array,
    Push,
    Map,
    Attribute,
}

/// How much of the frame at the start of a buffer has been measured.
///
/// [`resume`] continues there. A frame that arrives in many pieces therefore takes no longer to read than a frame that
/// arrives in one piece.
#[derive(Debug, Default)]
pub struct FrameProgress {
    /// The start of the next header or leaf.
    at: usize,
    aggregates: Option<OpenAggregates>,
}

/// The aggregate or attribute that is being measured, and the aggregates nested in it.
#[derive(Debug)]
struct OpenAggregates {
    kind: AggregateKind,
    count: usize,
    /// The start of its elements.
    start: usize,
    /// The number of elements still to be measured, by depth.
    open: [usize; MAX_DEPTH],
    depth: usize,
    /// The sum of `open`.
    pending: usize,
}

/// Reads the frame at the start of `bytes`. Returns the frame and its length, or `None` if it is incomplete.
///
/// Attributes before the frame are skipped, and count towards the returned length. Like hiredis, this rejects lengths
/// with a plus sign or leading zeros.
///
/// # Errors
/// The bytes are not RESP3, or exceed the limits. A length that exceeds its limit is rejected before the content
/// arrives.
#[inline]
pub fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Option<(Frame<'a>, usize)>, RespError> {
    resume(bytes, limits, &mut FrameProgress::default())
}

/// Like [`read()`], for a frame that arrives in pieces.
///
/// `bytes` must start with the bytes of the previous call. `measured` must be the value that the previous call updated.
/// What was measured is not measured again. Only the last, incomplete header or leaf is read again from its start.
///
/// # Errors
/// As for [`read()`].
#[inline]
pub fn resume<'a>(
    bytes: &'a [u8],
    limits: &Limits,
    measured: &mut FrameProgress,
) -> Result<Option<(Frame<'a>, usize)>, RespError> {
    loop {
        let Some(aggregates) = &mut measured.aggregates else {
            let (head, next) = complete!(head(bytes, measured.at, limits));
            let (kind, count) = match head {
                FrameHead::Leaf(frame) => {
                    measured.at = 0;
                    return Ok(Some((frame, next)));
                }
                FrameHead::Aggregate(kind, count) => (kind, count),
                FrameHead::Attribute(count) => (AggregateKind::Attribute, count),
            };
            measured.at = next;
            measured.aggregates = Some(OpenAggregates::new(kind, count, next, limits)?);
            continue;
        };
        complete!(aggregates.measure(bytes, &mut measured.at, limits));
        let (kind, count, start, end) = (aggregates.kind, aggregates.count, aggregates.start, measured.at);
        measured.aggregates = None;
        let elements = Elements::new(&bytes[start..end], count);
        let frame = match kind {
            AggregateKind::Array => Frame::Array(elements),
            AggregateKind::Push => Frame::Push(elements),
            AggregateKind::Map => Frame::Map(elements),
            // The frame with this attribute follows.
            AggregateKind::Attribute => continue,
        };
        measured.at = 0;
        return Ok(Some((frame, end)));
    }
}

/// Reads a message at the start of `bytes`: channel, payload and the length of the frame.
///
/// This is the fast path for bursts. It reads only complete `message` frames. If it returns `None`, use [`read()`], which
/// reads every frame, and returns an error for a malformed or too large one.
#[inline]
#[must_use]
pub fn read_message<'a>(bytes: &'a [u8], limits: &Limits) -> Option<(&'a [u8], &'a [u8], usize)> {
    let (channel, rest) = message_blob(bytes.strip_prefix(MESSAGE_PREFIX)?, limits)?;
    let (payload, rest) = message_blob(rest.strip_prefix(b"$")?, limits)?;
    let length = bytes.len() - rest.len();
    (length <= frame_bound(limits)).then_some((channel, payload, length))
}

/// Reads a blob from the byte after its `$`. Returns the blob and the bytes after it.
#[inline]
fn message_blob<'a>(bytes: &'a [u8], limits: &Limits) -> Option<(&'a [u8], &'a [u8])> {
    let mut length = 0;
    let mut at = 0;
    while let Some(digit @ b'0'..=b'9') = bytes.get(at) {
        length = length * 10 + usize::from(digit - b'0');
        at += 1;
        if at > MAX_DIGITS {
            return None;
        }
    }
    let is_canonical = at == 1 || at > 1 && bytes.first() != Some(&b'0');
    if !is_canonical || length > limits.length {
        return None;
    }
    let body = bytes[at..].strip_prefix(b"\r\n")?;
    let (blob, rest) = body.split_at_checked(length)?;
    Some((blob, rest.strip_prefix(b"\r\n")?))
}

impl OpenAggregates {
    fn new(kind: AggregateKind, count: usize, start: usize, limits: &Limits) -> Result<Self, RespError> {
        let mut aggregates = Self { kind, count, start, open: [0; MAX_DEPTH], depth: 0, pending: 0 };
        aggregates.open(count, start, limits)?;
        Ok(aggregates)
    }

    /// Opens an aggregate of `count` elements whose first one starts at `at`.
    fn open(&mut self, count: usize, at: usize, limits: &Limits) -> Result<(), RespError> {
        if self.depth == limits.depth.min(MAX_DEPTH) {
            return Err(RespError::TooLarge("nesting"));
        }
        self.open[self.depth] = count;
        self.depth += 1;
        self.pending = self.pending.saturating_add(count);
        if self.pending.saturating_mul(MIN_FRAME_LENGTH).saturating_add(at) > frame_bound(limits) {
            return Err(RespError::TooLarge("elements"));
        }
        Ok(())
    }

    /// Continues measuring at `at`, and moves `at` past each complete header or leaf.
    fn measure(&mut self, bytes: &[u8], at: &mut usize, limits: &Limits) -> ReadResult<()> {
        loop {
            while self.open[self.depth - 1] == 0 {
                self.depth -= 1;
                if self.depth == 0 {
                    return Ok(Some(()));
                }
            }
            let (head, next) = complete!(head(bytes, *at, limits));
            *at = next;
            self.open[self.depth - 1] -= 1;
            self.pending -= 1;
            match head {
                // Blobs check the limit before their content arrives. Many lines can exceed it together.
                FrameHead::Leaf(_) if next > frame_bound(limits) => return Err(RespError::TooLarge("frame size")),
                FrameHead::Leaf(_) => {}
                FrameHead::Aggregate(_, count) => self.open(count, next, limits)?,
                // The frame with the attribute counts as the attribute's last element.
                FrameHead::Attribute(count) => self.open(count.saturating_add(1), next, limits)?,
            }
        }
    }
}

/// Reads the header or leaf at `at`. Returns it and the position of its end.
#[inline]
fn head<'a>(bytes: &'a [u8], at: usize, limits: &Limits) -> ReadResult<(FrameHead<'a>, usize)> {
    let Some(&kind) = bytes.get(at) else { return Ok(None) };
    let at = at + 1;
    match kind {
        b'$' => blob(bytes, at, limits, Frame::Blob),
        b'!' => match complete!(blob(bytes, at, limits, Frame::Error)) {
            (FrameHead::Leaf(Frame::Null), _) => Err(RespError::Malformed),
            error => Ok(Some(error)),
        },
        b'=' => verbatim(bytes, at, limits),
        b'*' => {
            let (count, next) = complete!(length(bytes, at, limits.elements, "elements"));
            let head =
                count.map_or(FrameHead::Leaf(Frame::Null), |count| FrameHead::Aggregate(AggregateKind::Array, count));
            Ok(Some((head, next)))
        }
        b'~' => aggregate(bytes, at, limits, |count| FrameHead::Aggregate(AggregateKind::Array, count)),
        b'>' => aggregate(bytes, at, limits, |count| FrameHead::Aggregate(AggregateKind::Push, count)),
        b'%' => pairs(bytes, at, limits, |count| FrameHead::Aggregate(AggregateKind::Map, count)),
        b'|' => pairs(bytes, at, limits, FrameHead::Attribute),
        b'+' | b'-' | b':' | b'_' | b',' | b'#' | b'(' => {
            let (text, next) = complete!(line(bytes, at));
            Ok(Some((FrameHead::Leaf(scalar(kind, text)?), next)))
        }
        _ => Err(RespError::Malformed),
    }
}

fn blob<'a>(
    bytes: &'a [u8],
    at: usize,
    limits: &Limits,
    frame: fn(&'a [u8]) -> Frame<'a>,
) -> ReadResult<(FrameHead<'a>, usize)> {
    let (length, start) = complete!(length(bytes, at, limits.length, "blob length"));
    let Some(length) = length else { return Ok(Some((FrameHead::Leaf(Frame::Null), start))) };
    let end = start.saturating_add(length);
    if end > frame_bound(limits) {
        return Err(RespError::TooLarge("frame size"));
    }
    let Some(body) = bytes.get(start..end) else { return Ok(None) };
    let next = complete!(crlf(bytes, end));
    Ok(Some((FrameHead::Leaf(frame(body)), next)))
}

/// Reads a verbatim string: a blob that starts with a three-letter format and a colon.
fn verbatim<'a>(bytes: &'a [u8], at: usize, limits: &Limits) -> ReadResult<(FrameHead<'a>, usize)> {
    match complete!(blob(bytes, at, limits, Frame::Blob)) {
        (FrameHead::Leaf(Frame::Blob([_, _, _, b':', text @ ..])), next) => {
            Ok(Some((FrameHead::Leaf(Frame::Blob(text)), next)))
        }
        _ => Err(RespError::Malformed),
    }
}

fn aggregate<'a>(
    bytes: &[u8],
    at: usize,
    limits: &Limits,
    head: fn(usize) -> FrameHead<'a>,
) -> ReadResult<(FrameHead<'a>, usize)> {
    match complete!(length(bytes, at, limits.elements, "elements")) {
        (Some(count), next) => Ok(Some((head(count), next))),
        (None, _) => Err(RespError::Malformed),
    }
}

fn pairs<'a>(
    bytes: &[u8],
    at: usize,
    limits: &Limits,
    head: fn(usize) -> FrameHead<'a>,
) -> ReadResult<(FrameHead<'a>, usize)> {
    match complete!(length(bytes, at, limits.elements / 2, "elements")) {
        (Some(count), next) => Ok(Some((head(count * 2), next))),
        (None, _) => Err(RespError::Malformed),
    }
}

/// Reads a length. Returns it (`None` for `-1`) and the position of the end of its line. A length is rejected as soon
/// as its value exceeds `max`.
#[inline]
fn length(bytes: &[u8], start: usize, max: usize, what: &'static str) -> ReadResult<(Option<usize>, usize)> {
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
                if value > max {
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

/// Reads the `1` and CRLF of RESP2's null.
fn null(bytes: &[u8], at: usize) -> ReadResult<(Option<usize>, usize)> {
    match bytes.get(at) {
        None => Ok(None),
        Some(b'1') => Ok(crlf(bytes, at + 1)?.map(|next| (None, next))),
        Some(_) => Err(RespError::Malformed),
    }
}

/// Returns the position after the CRLF at `at`.
#[inline]
fn crlf(bytes: &[u8], at: usize) -> ReadResult<usize> {
    match bytes.get(at..) {
        Some([b'\r', b'\n', ..]) => Ok(Some(at + 2)),
        None | Some([] | [b'\r']) => Ok(None),
        Some(_) => Err(RespError::Malformed),
    }
}

/// Reads the text up to the next CRLF. Returns the text and the position after the CRLF. A single CR or LF belongs to
/// the text.
fn line(bytes: &[u8], start: usize) -> ReadResult<(&[u8], usize)> {
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

/// The longest frame, in bytes.
fn frame_bound(limits: &Limits) -> usize {
    limits.length.saturating_mul(2).max(MIN_FRAME_BOUND)
}
