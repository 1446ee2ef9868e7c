//! The row of one channel: what is under way, in the order of the stream.

use std::collections::VecDeque;

/// One thing after which the channel is handled up to `number`, where that is known.
#[derive(Debug)]
struct Step<T> {
    number: Option<T>,
    under_way: bool,
}

/// The steps that are left, the first of them under way. Between two that are under way stands at most one that is done, so
/// that a row is no longer than twice what runs and waits.
#[derive(Debug)]
pub(super) struct Row<T> {
    /// How many steps there were before those that are left.
    before: u64,
    steps: VecDeque<Step<T>>,
}

impl<T> Default for Row<T> {
    fn default() -> Self {
        Self { before: 0, steps: VecDeque::new() }
    }
}

impl<T> Row<T> {
    /// Something begins, after which the channel is handled up to `number`; its place, counted over all steps ever.
    pub(super) fn begin(&mut self, number: Option<T>) -> u64 {
        self.steps.push_back(Step { number, under_way: true });
        self.before + self.steps.len() as u64 - 1
    }

    /// Nothing is to be done; gives the number up to which the channel is handled by that, if it is.
    pub(super) fn pass(&mut self, number: Option<T>) -> Option<T> {
        match self.steps.back_mut() {
            None => return number,
            Some(last) if last.under_way => self.steps.push_back(Step { number, under_way: false }),
            Some(last) if number.is_some() => last.number = number,
            Some(_) => {}
        }
        None
    }

    /// What began at that place has ended; gives the number up to which the channel is handled by that, if it is.
    pub(super) fn end(&mut self, place: u64) -> Option<T> {
        let step = place.checked_sub(self.before).and_then(|step| usize::try_from(step).ok());
        if let Some(step) = step.and_then(|step| self.steps.get_mut(step)) {
            step.under_way = false;
        }
        let mut reached = None;
        while let Some(step) = self.steps.pop_front_if(|step| !step.under_way) {
            self.before += 1;
            reached = step.number.or(reached);
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
}
