//! A hash table from fingerprints to positions, in one flat array.
//!
//! Each message inserts one fingerprint and, if the memory is full, removes one. Both accesses are random in an array far larger than
//! the processor's caches, so the cost is the number of cache lines touched. This table touches about one for each access. The
//! standard hash map needs twice as many, and twice the memory.

#[cfg(test)]
mod tests;

/// The initial number of places. Growing by a factor of 4 from here, the table reaches 2^21 places, enough for 1,000,000 entries.
const MIN_PLACES: usize = 128;

/// Open addressing with linear probing, at most half full. The upper half of a place is the tag: the low 32 bits of a fingerprint,
/// never 0. The lower half is the position of its message. An empty place is 0. Fingerprints can share a tag; the caller
/// distinguishes them.
#[derive(Debug, Default)]
pub(super) struct FingerprintTable {
    /// Its length is a power of two, or 0.
    places: Vec<u64>,
    taken: usize,
}

impl FingerprintTable {
    /// The position of a fingerprint. `is_it` decides whether a position with the same tag is the right one.
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

    /// Reads the place at which the search for a fingerprint begins, to load it into the cache. The value is of no use.
    pub(super) fn search_start(&self, fingerprint: u64) -> u64 {
        self.get(self.home(tag(fingerprint)))
    }

    /// Whether [`grow`](Self::grow) must be called before the next [`insert`](Self::insert).
    pub(super) fn is_full(&self) -> bool {
        self.taken >= self.places.len() / 2
    }

    /// Grows the table to four times its size. The home of a tag increases with the tag, so both tables are accessed sequentially.
    pub(super) fn grow(&mut self) {
        let places = (self.places.len() * 4).max(MIN_PLACES);
        let old = std::mem::replace(&mut self.places, vec![0; places]);
        self.taken = 0;
        for place in old.into_iter().filter(|place| *place != 0) {
            self.put(place);
        }
    }

    /// Adds a fingerprint that is not in the table, which must not be [full](Self::is_full).
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

    /// Empties a place. Moves later entries back that could not be found past an empty place.
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
