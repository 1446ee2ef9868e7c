use proptest::prelude::*;

use super::Row;

#[test]
fn what_ends_early_waits_for_what_began_before() {
    let mut row = Row::default();
    assert_eq!(row.pass(Some(1)), Some(1));
    let (second, third) = (row.begin(Some(2)), row.begin(Some(3)));
    assert_eq!(row.pass(Some(4)), None);
    assert_eq!(row.end(third), None);
    assert_eq!(row.pass(None), None);
    assert_eq!(row.end(second), Some(4));
    assert_eq!(row.pass(Some(5)), Some(5));
    // A counter that was reset begins anew.
    let reset = row.begin(Some(0));
    assert_eq!(row.end(reset), Some(0));
}

#[test]
fn what_passes_takes_no_room() {
    let mut row = Row::default();
    let first = row.begin(Some(1));
    for number in 2..1000 {
        assert_eq!(row.pass(Some(number)), None);
    }
    assert_eq!(row.steps.len(), 2);
    assert_eq!(row.end(first), Some(999));
}

proptest! {
    /// Numbers in a row, some of which are work that ends in any order: what is reached is always the last one before the
    /// first that has not ended.
    #[test]
    fn what_is_reached_is_what_is_done(work in prop::collection::vec(any::<bool>(), 1..40), order in any::<prop::sample::Index>()) {
        let mut row = Row::default();
        let (mut reached, mut open) = (0, Vec::new());
        for (number, is_work) in (1..).zip(&work) {
            if *is_work {
                open.push((number, row.begin(Some(number))));
            } else {
                reached = row.pass(Some(number)).unwrap_or(reached);
            }
        }
        loop {
            let first_open = open.iter().map(|(number, _)| *number).min();
            prop_assert_eq!(reached, first_open.map_or(work.len() as u64, |number| number - 1));
            if open.is_empty() {
                break;
            }
            let (_, place) = open.remove(order.index(open.len()));
            reached = row.end(place).unwrap_or(reached);
        }
    }
}
