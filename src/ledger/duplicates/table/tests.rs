//! Compares the table with the standard hash map, with fingerprints that collide.

use std::collections::HashMap;

use proptest::prelude::*;

use super::FingerprintTable;

/// The highest tags. Their searches begin at the end of the array and continue at its start.
const LAST: std::ops::RangeInclusive<u64> = 0xffff_ffba..=0xffff_ffff;
/// Tags in the middle of the array, enough to make the table grow.
const MIDDLE: std::ops::Range<u64> = 0x8000_0000..0x8000_0046;

/// Fingerprints that collide: low tags including 0, which is stored as 1; tags in `MIDDLE` and `LAST`; and fingerprints that
/// differ only in their high 32 bits. Some are random.
fn fingerprint() -> impl Strategy<Value = u64> {
    prop_oneof![0..6_u64, MIDDLE, (0..4_u64).prop_map(|high| high << 32), LAST, any::<u64>()]
}

fn grown(table: &mut FingerprintTable) {
    if table.is_full() {
        table.grow();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_table_finds_what_a_hash_map_finds(steps in prop::collection::vec((fingerprint(), any::<bool>()), 1..400)) {
        let mut table = FingerprintTable::default();
        let mut known = HashMap::new();
        // Positions are counted modulo 2^32. They start shortly before they wrap around to 0.
        for ((fingerprint, is_added), position) in steps.into_iter().zip((0..).map(|step| (u32::MAX - 20).wrapping_add(step))) {
            match known.get(&fingerprint).copied() {
                None if is_added => {
                    grown(&mut table);
                    table.insert(fingerprint, position);
                    known.insert(fingerprint, position);
                }
                Some(old) if !is_added => {
                    table.remove(fingerprint, old);
                    known.remove(&fingerprint);
                }
                // The table does not have this fingerprint with this position, so nothing is removed.
                _ => table.remove(fingerprint, position),
            }
            prop_assert_eq!(table.taken, known.len());
            for other in (0..6).chain((0..4).map(|high| high << 32)).chain(MIDDLE).chain(LAST).chain(known.keys().copied()) {
                let position = known.get(&other).copied();
                prop_assert_eq!(table.find(other, |found| Some(found) == position), position, "{}", other);
            }
        }
    }
}

#[test]
fn the_table_is_at_most_half_full() {
    let mut table = FingerprintTable::default();
    let mut known = HashMap::new();
    assert_eq!(table.find(1, |_| true), None);
    for (fingerprint, position) in (0..10_000_u64).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).zip(0..) {
        grown(&mut table);
        table.insert(fingerprint, position);
        known.insert(fingerprint, position);
    }
    assert_eq!(table.places.len(), 32_768, "at least twice what is in it, and less than eight times");
    for (fingerprint, position) in known {
        assert_eq!(table.find(fingerprint, |found| found == position), Some(position));
        table.remove(fingerprint, position);
    }
    assert!(table.places.iter().all(|place| *place == 0));
}
