//! The read buffer. Frames borrow from it.

#[cfg(test)]
mod tests;

use super::resp::{self, Frame, FrameProgress, Limits, RespError};

/// The initial capacity, in bytes. It is large, so that a burst needs few reads.
const MIN_CAPACITY: usize = 256 << 10;
/// The maximum capacity that is kept after a large frame, in bytes. A larger buffer is replaced by one with the initial
/// capacity.
const MAX_KEPT_CAPACITY: usize = 4 << 20;

/// The bytes that were read but not yet consumed.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    limits: Limits,
    /// How much of the frame at `start` has been measured.
    measured: FrameProgress,
}

impl Default for Buffer {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Buffer {
    /// Creates an empty buffer.
    pub(super) fn new(limits: Limits) -> Self {
        Self { bytes: vec![0; MIN_CAPACITY], start: 0, end: 0, limits, measured: FrameProgress::default() }
    }

    /// Sets the limits for the next frames.
    pub(super) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Returns the channel, the payload and the length of the next frame if it is a complete `message` frame.
    ///
    /// If this returns `None`, use [`frame`](Self::frame), which handles every frame.
    pub(super) fn message(&self) -> Option<(&[u8], &[u8], usize)> {
        resp::read_message(&self.bytes[self.start..self.end], &self.limits)
    }

    /// Returns the next frame and its length, or `None` if the frame is incomplete.
    pub(super) fn frame(&mut self) -> Result<Option<(Frame<'_>, usize)>, RespError> {
        resp::resume(&self.bytes[self.start..self.end], &self.limits, &mut self.measured)
    }

    /// Removes the first `length` bytes.
    pub(super) fn consume(&mut self, length: usize) {
        self.start += length;
        self.measured = FrameProgress::default();
        debug_assert!(self.start <= self.end);
    }

    /// Returns the space to read into. The buffer grows with the bytes received, never with the length that a frame
    /// announces.
    pub(super) fn free_space(&mut self) -> &mut [u8] {
        let left = self.end - self.start;
        if self.bytes.len() > MAX_KEPT_CAPACITY && left < MIN_CAPACITY / 2 {
            let mut fresh = vec![0; MIN_CAPACITY];
            fresh[..left].copy_from_slice(&self.bytes[self.start..self.end]);
            self.bytes = fresh;
        } else if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
        }
        (self.start, self.end) = (0, left);
        if self.bytes.len() - self.end < MIN_CAPACITY / 4 {
            self.bytes.resize(self.bytes.len() * 2, 0);
        }
        &mut self.bytes[self.end..]
    }

    /// Records that `length` bytes were read into the free space.
    pub(super) fn advance(&mut self, length: usize) {
        self.end += length;
    }
}
