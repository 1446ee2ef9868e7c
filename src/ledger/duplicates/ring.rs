//! A queue with random access, for the stored messages in the order of arrival.
//!
//! It consists of fixed-size pieces, so growing copies nothing. A piece that becomes empty at the front is reused at the back.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

/// The number of elements in a piece.
const PIECE_LENGTH: usize = 1 << 15;

/// A queue with access by index.
#[derive(Debug)]
pub(super) struct Ring<T> {
    /// All pieces but the last are full. In the first piece, the elements before index `skipped` have been removed.
    pieces: VecDeque<Vec<T>>,
    skipped: usize,
    length: usize,
    spare: Option<Vec<T>>,
}

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Self { pieces: VecDeque::new(), skipped: 0, length: 0, spare: None }
    }
}

impl<T: Clone> Ring<T> {
    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn get(&self, index: usize) -> Option<&T> {
        let at = index.checked_add(self.skipped)?;
        self.pieces.get(at / PIECE_LENGTH)?.get(at % PIECE_LENGTH)
    }

    pub(super) fn front(&self) -> Option<&T> {
        self.get(0)
    }

    /// The first `count` elements, oldest first.
    pub(super) fn first(&self, count: usize) -> impl Iterator<Item = &T> {
        self.pieces.iter().flatten().skip(self.skipped).take(count)
    }

    pub(super) fn push_back(&mut self, element: T) {
        if self.pieces.back().is_none_or(|last| last.len() == PIECE_LENGTH) {
            self.pieces.push_back(self.spare.take().unwrap_or_else(|| Vec::with_capacity(PIECE_LENGTH)));
        }
        if let Some(last) = self.pieces.back_mut() {
            last.push(element);
            self.length += 1;
        }
    }

    pub(super) fn pop_front(&mut self) -> Option<T> {
        let element = self.front()?.clone();
        self.length -= 1;
        self.skipped += 1;
        if self.skipped == PIECE_LENGTH || self.length == 0 {
            self.skipped = 0;
            if let Some(mut emptied) = self.pieces.pop_front() {
                emptied.clear();
                self.spare = Some(emptied);
            }
        }
        Some(element)
    }
}
