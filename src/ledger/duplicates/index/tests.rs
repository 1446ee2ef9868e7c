//! Compares the index with the standard hash map, with fingerprints that collide.

use std::collections::HashMap;

use proptest::prelude::*;

use super::{Index, MIN_LINES};

/// Inserts fingerprints that are new, and removes the oldest ones.
struct Model {
    index: Index,
    /// The fingerprints of the stored messages, the oldest first.
    stored: Vec<u64>,
}

impl Model {
    fn new(capacity: usize) -> Self {
        Self { index: Index::new(capacity), stored: Vec::new() }
    }

    fn find(&self, fingerprint: u64) -> Option<usize> {
        self.index.find(fingerprint, self.stored.len(), |index| self.stored.get(index) == Some(&fingerprint))
    }

    fn insert(&mut self, fingerprint: u64) {
        if self.index.must_grow(self.stored.len()) {
            self.index.grow(self.stored.len(), self.stored.iter().copied());
        }
        self.index.insert(fingerprint, self.stored.len());
        self.stored.push(fingerprint);
    }

    fn remove_oldest(&mut self, count: usize) {
        self.stored.drain(..count.min(self.stored.len()));
        self.index.remove_expired(self.stored.len());
    }
}

/// A fingerprint for each number. A different fingerprint for each number. Those of 0 to 99 have the same line and tag, and
/// so on for each hundred.
fn colliding(number: u64) -> u64 {
    (number / 100) << 60 | (number % 100) << 32
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_finds_what_a_list_finds(
        capacity in 1..200_usize,
        steps in prop::collection::vec((prop_oneof![(0..300_u64).prop_map(colliding), any::<u64>()], 0..3_usize), 1..300),
    ) {
        let mut model = Model::new(capacity);
        for (fingerprint, removed) in steps {
            let known = model.stored.iter().position(|stored| *stored == fingerprint);
            prop_assert_eq!(model.find(fingerprint), known);
            if known.is_none() {
                model.insert(fingerprint);
                prop_assert_eq!(model.find(fingerprint), Some(model.stored.len() - 1));
            }
            if model.stored.len() > capacity || removed == 2 {
                model.remove_oldest(removed.max(1));
            }
        }
        for (index, fingerprint) in model.stored.iter().enumerate() {
            prop_assert_eq!(model.find(*fingerprint), Some(index));
        }
    }
}

#[test]
fn positions_are_reused_many_times() {
    let mut model = Model::new(20);
    for number in 0..10_000_u64 {
        let fingerprint = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        assert_eq!(model.find(fingerprint), None);
        model.insert(fingerprint);
        if model.stored.len() > 20 {
            model.remove_oldest(5);
        }
        assert!(model.stored.iter().enumerate().all(|(index, fingerprint)| model.find(*fingerprint) == Some(index)));
    }
}

#[test]
fn few_fingerprints_of_a_full_index_overflow() {
    let capacity = 40_000;
    let mut index = Index::new(capacity);
    let (mut stored, mut known) = (0, HashMap::new());
    let fingerprints = (0..3 * capacity as u64).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number << 7);
    for (number, fingerprint) in fingerprints.enumerate() {
        if index.must_grow(stored) {
            let all: Vec<u64> = known.keys().copied().collect();
            assert!(index.lines.is_empty() || all.len() == MIN_LINES * 8);
            let mut all = all;
            all.sort_by_key(|fingerprint| known[fingerprint]);
            index.grow(stored, all.into_iter());
        }
        index.insert(fingerprint, stored);
        known.insert(fingerprint, number);
        stored += 1;
        if stored > capacity {
            stored -= 1_000;
            index.remove_expired(stored);
        }
    }
    let overflown = index.overflow.len();
    assert!(overflown < capacity / 100, "{overflown}");
    let first = known.len() - stored;
    for (fingerprint, number) in known {
        let expected = number.checked_sub(first);
        assert_eq!(index.find(fingerprint, stored, |found| Some(found) == expected), expected);
    }
}
