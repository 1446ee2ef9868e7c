//! The row of one channel: what is under way, in the order of the stream.

#[cfg(test)]
mod tests;

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
