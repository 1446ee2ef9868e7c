//! A hash table from fingerprints to positions, in one flat array.
//!
//! Each stored message inserts one fingerprint and, if the capacity is reached, removes one. Both access random places of an
//! array that is far larger than the processor's caches, so the cost depends on the number of cache lines touched. This table
//! touches about one cache line for each access. The standard hash map touches twice as many, and needs twice the memory.

#[cfg(test)]
mod tests;

/// The initial number of places. The table grows by a factor of 4, so it reaches 2^21 places, which is enough for 1,000,000
/// entries.
const MIN_PLACES: usize = 128;

/// A hash table with open addressing and linear probing. It is at most half full.
///
/// Each place is 64 bits wide. The upper half is the *tag*: the low 32 bits of a fingerprint, or 1 if they are 0. The lower
/// half is the position of the message. An empty place is 0. Two fingerprints can have the same tag; the caller distinguishes
/// them.
#[derive(Debug, Default)]
pub(super) struct FingerprintTable {
    /// Its length is a power of two, or 0.
    places: Vec<u64>,
    taken: usize,
}

impl FingerprintTable {
    /// The position of a fingerprint. `is_it` is called for positions with the same tag, and returns whether the position
    /// belongs to this fingerprint.
    pub(super) fn find(&self, fingerprint: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let tag = tag(fingerprint);
        let mut at = self.home(tag);
        loop {
            let place = *self.places.get(at)?;
            if place == 0 {
                return None;
            }
            if place >> 32 == tag && is_it(position(place)) {
                return Some(position(place));
            }
            at = self.after(at);
        }
    }

    /// Reads the place at which the search for a fingerprint begins, to load it into the cache. The returned value has no
    /// meaning.
    pub(super) fn search_start(&self, fingerprint: u64) -> u64 {
        self.get(self.home(tag(fingerprint)))
    }

    /// Whether [`grow`](Self::grow) must be called before the next [`insert`](Self::insert).
    pub(super) fn is_full(&self) -> bool {
        self.taken >= self.places.len() / 2
    }

    /// Grows the table to four times its size. The place where a search begins is proportional to the tag, so the old array
    /// is read and the new one is written sequentially.
    pub(super) fn grow(&mut self) {
        let places = (self.places.len() * 4).max(MIN_PLACES);
        let old = std::mem::replace(&mut self.places, vec![0; places]);
        self.taken = 0;
        for place in old.into_iter().filter(|place| *place != 0) {
            self.put(place);
        }
    }

    /// Adds a fingerprint. It must not be in the table already, and the table must not be [full](Self::is_full).
    pub(super) fn insert(&mut self, fingerprint: u64, position: u32) {
        self.put(tag(fingerprint) << 32 | u64::from(position));
    }

    fn put(&mut self, place: u64) {
        let mut at = self.home(place >> 32);
        while let Some(here) = self.places.get_mut(at) {
            if *here == 0 {
                *here = place;
                self.taken += 1;
                return;
            }
            at = self.after(at);
        }
    }

    /// Removes the fingerprint that was inserted with that position.
    pub(super) fn remove(&mut self, fingerprint: u64, position: u32) {
        let tag = tag(fingerprint);
        let mut at = self.home(tag);
        while self.get(at) != tag << 32 | u64::from(position) {
            if self.get(at) == 0 {
                return;
            }
            at = self.after(at);
        }
        self.taken -= 1;
        self.close(at);
    }

    /// Empties the place `hole`. A search ends at an empty place, so entries after the hole that could no longer be found are
    /// moved back.
    fn close(&mut self, mut hole: usize) {
        let mut at = self.after(hole);
        while self.get(at) != 0 {
            let place = self.get(at);
            let way = |to: usize| to.wrapping_sub(self.home(place >> 32)) & (self.places.len() - 1);
            if way(hole) < way(at) {
                self.set(hole, place);
                hole = at;
            }
            at = self.after(at);
        }
        self.set(hole, 0);
    }

    /// The place at which the search for a 32-bit tag begins. It is proportional to the tag.
    fn home(&self, tag: u64) -> usize {
        usize::try_from((u128::from(tag) * self.places.len() as u128) >> 32).unwrap_or(0)
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & (self.places.len() - 1)
    }

    fn get(&self, at: usize) -> u64 {
        self.places.get(at).copied().unwrap_or(0)
    }

    fn set(&mut self, at: usize, place: u64) {
        if let Some(here) = self.places.get_mut(at) {
            *here = place;
        }
    }
}

fn tag(fingerprint: u64) -> u64 {
    (fingerprint & 0xffff_ffff).max(1)
}

#[expect(clippy::cast_possible_truncation, reason = "the position is the low half")]
fn position(place: u64) -> u32 {
    place as u32
}
