//! The parts of an aggregate.

use std::iter::FusedIterator;

use super::{Frame, Limits, read};

/// Whatever is iterated was measured before, within the limits of that time.
const MEASURED: Limits = Limits { depth: usize::MAX, length: usize::MAX, elements: usize::MAX };

/// The elements of an aggregate, read as they are asked for; all of them are known to be whole and well-formed.
/// Attributes of elements are skipped.
#[derive(Debug, Clone, PartialEq)]
pub struct Elements<'a> {
    bytes: &'a [u8],
    left: usize,
}

impl<'a> Elements<'a> {
    /// `bytes` must be exactly `left` frames that were measured.
    pub(super) fn new(bytes: &'a [u8], left: usize) -> Self {
        Self { bytes, left }
    }

    /// How many elements are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.left
    }

    /// Whether none is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Frame<'a>> {
        self.left = self.left.checked_sub(1)?;
        let (frame, length) = read(self.bytes, &MEASURED).ok().flatten()?;
        self.bytes = &self.bytes[length..];
        Some(frame)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Elements<'_> {}

impl FusedIterator for Elements<'_> {}
