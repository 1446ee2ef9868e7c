//! Finds the position of a fingerprint.
//!
//! The index is an array of *lines* of the size of a cache line. A fingerprint belongs to one line, so both a search and an
//! insertion touch one cache line. A line has a fixed number of *places*. A new fingerprint takes the oldest place if the
//! message of that place is not stored any more. Otherwise it goes into the *overflow*, a map. When messages expire, only
//! the overflow is cleaned.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

/// The number of words in a line.
const WORDS: usize = 16;
/// The number of places in a line. The last word is the line's *state*.
const PLACES: u32 = 15;
/// The average number of messages in a line of a full index. 1 in 120 lines then has too few places.
const MEAN: usize = 8;
/// The initial number of lines.
const MIN_LINES: usize = 1 << 12;
/// The maximum capacity. Positions run up to eight times the capacity (see [`Index`]). At this capacity, a position takes 28
/// bits of a place, which leaves four bits for the tag.
pub(super) const MAX_CAPACITY: usize = (1 << 25) - 2;

/// Maps the fingerprints of stored messages to their positions. A position is the running number of a message, modulo
/// 2^`position_bits`.
///
/// Each place has a *tag* in its upper bits, and a position in its lower bits. The tag is a part of the fingerprint. Two
/// fingerprints can have the same tag; the caller distinguishes them. A place is free if its message is not stored any more.
#[derive(Debug)]
pub(super) struct Index {
    lines: Vec<Line>,
    /// Fingerprints whose line had no free place.
    overflow: HashMap<u64, u32>,
    max_lines: usize,
    position_bits: u32,
    /// The position of the next message.
    next: u32,
}

/// The lower four bits of the state are the index of the oldest place. The other bits count the fingerprints of this line
/// that are in the overflow.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Line([u32; WORDS]);

impl Index {
    /// Creates an index for `capacity` messages. The capacity must not exceed [`MAX_CAPACITY`].
    pub(super) fn new(capacity: usize) -> Self {
        // After eight times the capacity, a position is used again. By then, nearly every place has been overwritten twice.
        // A place that has not been overwritten looks occupied while the message that reuses its position is stored. At the
        // start, all places have position 0.
        let position_bits = (capacity + 2).next_power_of_two().trailing_zeros() + 3;
        let max_lines = capacity.div_ceil(MEAN).next_power_of_two();
        let next = 1 << (position_bits - 1);
        Self { lines: Vec::new(), overflow: HashMap::new(), max_lines, position_bits, next }
    }

    /// Reads a word of the line of a fingerprint, to load it into the cache. The returned value has no meaning.
    pub(super) fn touch(&self, fingerprint: u64) -> u32 {
        self.lines.get(self.line(fingerprint)).map_or(0, |line| line.0[0])
    }

    /// Finds a fingerprint. `stored` is the number of stored messages, and `is_it` returns whether the message at an index
    /// has this fingerprint. Indices count from the oldest message. Returns the index of the match.
    pub(super) fn find(&self, fingerprint: u64, stored: usize, is_it: impl Fn(usize) -> bool) -> Option<usize> {
        let Line(words) = self.lines.get(self.line(fingerprint))?;
        let tag = self.tag(fingerprint);
        let has_tag = |word: u32| word >> self.position_bits == tag;
        // Reads all words without a branch.
        if words.iter().fold(false, |any, word| any | has_tag(*word)) {
            let places = words.iter().take(PLACES as usize).filter(|place| has_tag(**place));
            let found = places.filter_map(|place| self.stored_at(*place, stored)).find(|index| is_it(*index));
            if found.is_some() {
                return found;
            }
        }
        if words[PLACES as usize] >> 4 == 0 {
            return None;
        }
        self.overflow.get(&fingerprint).and_then(|position| self.stored_at(*position, stored))
    }

    /// Whether [`grow`](Self::grow) must be called before the next [`insert`](Self::insert).
    pub(super) fn must_grow(&self, stored: usize) -> bool {
        self.lines.len() < self.max_lines && stored >= self.lines.len() * MEAN
    }

    /// Grows to the next size. There are only two sizes, because growing costs as much as inserting all messages again.
    /// `all` returns the fingerprints of all stored messages, the oldest first.
    pub(super) fn grow(&mut self, stored: usize, all: impl Iterator<Item = u64>) {
        let lines = if self.lines.is_empty() { MIN_LINES.min(self.max_lines) } else { self.max_lines };
        self.lines = vec![Line::default(); lines];
        self.overflow.clear();
        // The number of stored messages fits in a `u32`, because it is less than 2^`position_bits`.
        self.next = self.next.wrapping_sub(u32::try_from(stored).unwrap_or(0));
        for (before, fingerprint) in all.enumerate() {
            self.insert(fingerprint, before);
        }
    }

    /// Adds the fingerprint of the next message, after `stored` messages.
    pub(super) fn insert(&mut self, fingerprint: u64, stored: usize) {
        let position = self.next & self.position_mask();
        let line = self.line(fingerprint);
        let Some(Line(words)) = self.lines.get(line) else { return };
        let state = words[PLACES as usize];
        let oldest = (state & 15) as usize;
        let is_free = self.stored_at(words[oldest], stored).is_none();
        let place = self.tag(fingerprint) << self.position_bits | position;
        let Some(Line(words)) = self.lines.get_mut(line) else { return };
        if is_free {
            words[oldest] = place;
            let wraps = state & 15 == PLACES - 1;
            words[PLACES as usize] = if wraps { state & !15 } else { state + 1 };
        } else {
            words[PLACES as usize] = state + 16;
            self.overflow.insert(fingerprint, position);
        }
        self.next = self.next.wrapping_add(1);
    }

    /// Removes expired fingerprints from the overflow. Call this after messages expired. `stored` is the number of messages
    /// that are left.
    pub(super) fn remove_expired(&mut self, stored: usize) {
        let expired = self.overflow.iter().filter(|(_, position)| self.stored_at(**position, stored).is_none());
        let expired: Vec<u64> = expired.map(|(fingerprint, _)| *fingerprint).collect();
        for fingerprint in expired {
            self.overflow.remove(&fingerprint);
            let line = self.line(fingerprint);
            self.lines[line].0[PLACES as usize] -= 16;
        }
    }

    /// The index, counted from the oldest message, of the message that a place refers to; `None` if it is not stored any
    /// more.
    fn stored_at(&self, place: u32, stored: usize) -> Option<usize> {
        let age = self.next.wrapping_sub(1).wrapping_sub(place) & self.position_mask();
        stored.checked_sub(1)?.checked_sub(age as usize)
    }

    fn position_mask(&self) -> u32 {
        (1 << self.position_bits) - 1
    }

    /// The lowest bits of the fingerprint.
    fn tag(&self, fingerprint: u64) -> u32 {
        let low = u32::try_from(fingerprint & 0xffff_ffff).unwrap_or(0);
        low & (u32::MAX >> self.position_bits)
    }

    /// The line of a fingerprint. It depends on the highest bits.
    fn line(&self, fingerprint: u64) -> usize {
        usize::try_from((u128::from(fingerprint) * self.lines.len() as u128) >> 64).unwrap_or(0)
    }
}
