//! The one frame that a flood consists of, read in one go.

use super::{Limits, read};

/// What stands before the length of the channel's name when Redis pushes a message.
const START: &[u8] = b">3\r\n$7\r\nmessage\r\n$";
/// So many digits count to less than 10⁹, which no `usize` lacks room for.
const DIGITS: usize = 9;

/// Channel and payload of the message at the start of `bytes`, and the length of its frame; none where something else
/// stands there, or where it is not whole. [`read()`](super::read()) says then what it is, and it reads every message to the
/// same parts.
#[inline]
#[must_use]
pub fn read_message<'a>(bytes: &'a [u8], limits: &Limits) -> Option<(&'a [u8], &'a [u8], usize)> {
    let (channel, rest) = blob(bytes.strip_prefix(START)?, limits)?;
    let (payload, rest) = blob(rest.strip_prefix(b"$")?, limits)?;
    let length = bytes.len() - rest.len();
    (length <= read::frame_bound(limits)).then_some((channel, payload, length))
}

/// The blob whose length stands at the start of `bytes`, and what follows it.
#[inline]
fn blob<'a>(bytes: &'a [u8], limits: &Limits) -> Option<(&'a [u8], &'a [u8])> {
    let mut length = 0;
    let mut at = 0;
    while let Some(digit @ b'0'..=b'9') = bytes.get(at) {
        length = length * 10 + usize::from(digit - b'0');
        at += 1;
        if at > DIGITS {
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
