//! Compares the ring with the standard library's queue.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::{PIECE_LENGTH, Ring};

fn same(ring: &Ring<usize>, known: &VecDeque<usize>) -> Result<(), TestCaseError> {
    prop_assert_eq!(ring.len(), known.len());
    prop_assert_eq!(ring.front(), known.front());
    for index in
        [0, 1, known.len() / 2, known.len().saturating_sub(1), known.len(), known.len() + PIECE_LENGTH, usize::MAX]
    {
        prop_assert_eq!(ring.get(index), known.get(index), "{}", index);
    }
    prop_assert!(ring.first(PIECE_LENGTH + 3).eq(known.iter().take(PIECE_LENGTH + 3)));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_ring_equals_a_queue(steps in prop::collection::vec((any::<bool>(), 0..2 * PIECE_LENGTH), 1..12)) {
        let (mut ring, mut known, mut next) = (Ring::default(), VecDeque::new(), 0);
        for (is_added, count) in steps {
            for _ in 0..count {
                if is_added {
                    ring.push_back(next);
                    known.push_back(next);
                    next += 1;
                } else {
                    prop_assert_eq!(ring.pop_front(), known.pop_front());
                }
            }
            same(&ring, &known)?;
        }
    }
}

#[test]
fn keeps_at_most_one_emptied_piece() {
    let mut ring = Ring::default();
    for element in 0..10 * PIECE_LENGTH {
        ring.push_back(element);
    }
    while ring.pop_front().is_some() {}
    assert!(ring.pieces.is_empty() && ring.spare.as_ref().is_some_and(Vec::is_empty));
    ring.push_back(1);
    assert!(ring.spare.is_none());
}
