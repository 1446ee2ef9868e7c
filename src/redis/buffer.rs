//! The read buffer: one block of bytes that frames are borrowed from.

#[cfg(test)]
mod tests;

use super::resp::{self, Frame, Limits, Measured, RespError};

/// What one read may bring; big enough that a flood takes few reads.
const BLOCK: usize = 256 << 10;
/// A buffer that grew beyond this for one large frame is given back once that has been read.
const KEEP: usize = 4 << 20;

/// Channel and payload of a message.
pub(super) type Pushed<'a> = (&'a [u8], &'a [u8]);

/// How many messages are read at a time.
const BUNCH: usize = 16;

/// Bytes read and not yet consumed.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    limits: Limits,
    /// How far the frame at `start` has been measured.
    measured: Measured,
}

impl Default for Buffer {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Buffer {
    /// An empty buffer for frames within these limits.
    pub(super) fn new(limits: Limits) -> Self {
        Self { bytes: vec![0; BLOCK], start: 0, end: 0, limits, measured: Measured::default() }
    }

    /// The next frames may be within these limits.
    pub(super) fn limit(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Channel and payload of the next messages, a bunch at most, and the length of their frames; a frame that is not whole yet,
    /// or wrong, or of another kind, is for [`frame`](Self::frame).
    pub(super) fn messages(&self) -> (Vec<Pushed<'_>>, usize) {
        let mut rest = &self.bytes[self.start..self.end];
        let mut messages = Vec::with_capacity(BUNCH);
        while messages.len() < BUNCH
            && let Some((channel, payload, length)) = resp::read_message(rest, &self.limits)
        {
            messages.push((channel, payload));
            rest = &rest[length..];
        }
        (messages, self.end - self.start - rest.len())
    }

    /// The next whole frame and its length, if there is one.
    pub(super) fn frame(&mut self) -> Result<Option<(Frame<'_>, usize)>, RespError> {
        resp::resume(&self.bytes[self.start..self.end], &self.limits, &mut self.measured)
    }

    /// The frame of that length has been dealt with.
    pub(super) fn consume(&mut self, length: usize) {
        self.start += length;
        self.measured = Measured::default();
        debug_assert!(self.start <= self.end);
    }

    /// Room to read into; grows with what has come, never with what was announced.
    pub(super) fn room(&mut self) -> &mut [u8] {
        let left = self.end - self.start;
        if self.bytes.len() > KEEP && left < BLOCK / 2 {
            let mut fresh = vec![0; BLOCK];
            fresh[..left].copy_from_slice(&self.bytes[self.start..self.end]);
            self.bytes = fresh;
        } else if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
        }
        (self.start, self.end) = (0, left);
        if self.bytes.len() - self.end < BLOCK / 4 {
            self.bytes.resize(self.bytes.len() * 2, 0);
        }
        &mut self.bytes[self.end..]
    }

    /// That many bytes were read into the room.
    pub(super) fn filled(&mut self, length: usize) {
        self.end += length;
    }
}
