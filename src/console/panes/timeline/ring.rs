//! A ring of buckets of equal length. Only the newest buckets are kept.

use std::collections::VecDeque;

use crate::console::panes::timeline::state::Bucket;

/// The newest buckets, in time order.
#[derive(Debug)]
pub(crate) struct Ring {
    /// The length of a bucket in seconds.
    seconds: i64,
    most: usize,
    /// The number of the oldest bucket. The number of a bucket is its first second divided by `seconds`.
    first: i64,
    buckets: VecDeque<Bucket>,
}

impl Ring {
    pub(crate) fn new(seconds: i64, most: usize) -> Self {
        Self { seconds, most, first: 0, buckets: VecDeque::new() }
    }

    /// The length of a bucket in seconds.
    pub(crate) fn seconds(&self) -> i64 {
        self.seconds
    }

    pub(crate) fn len(&self) -> usize {
        self.buckets.len()
    }

    /// Adds to the bucket of this second. Ignored if the second is too old to be kept.
    pub(crate) fn add(&mut self, second: i64, more: &Bucket) {
        if let Some(bucket) = self.bucket(second.div_euclid(self.seconds)) {
            bucket.add(more);
        }
    }

    /// Adds to every bucket from one second to another, both included.
    pub(crate) fn fill(&mut self, from: i64, to: i64, more: &Bucket) {
        let to = to.div_euclid(self.seconds);
        let most = i64::try_from(self.most).unwrap_or(i64::MAX);
        for number in from.div_euclid(self.seconds).max(to.saturating_sub(most - 1))..=to {
            if let Some(bucket) = self.bucket(number) {
                bucket.add(more);
            }
        }
    }

    /// Removes all buckets after the one of this second.
    pub(crate) fn forget_after(&mut self, second: i64) {
        let kept = second.div_euclid(self.seconds).saturating_sub(self.first).saturating_add(1);
        self.buckets.truncate(usize::try_from(kept).unwrap_or(0));
    }

    /// The sum of the buckets from second `from` on, over `seconds` seconds. Both must be multiples of the bucket's length.
    pub(crate) fn sum(&self, from: i64, seconds: i64) -> Bucket {
        let from = from.div_euclid(self.seconds);
        let mut sum = Bucket::default();
        for number in from..from + (seconds / self.seconds).max(1) {
            if let Some(bucket) = self.index(number).and_then(|index| self.buckets.get(index)) {
                sum.add(bucket);
            }
        }
        sum
    }

    fn index(&self, number: i64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.first)?).ok()
    }

    /// The bucket with this number. It is created if it is missing. `None` if it is too old to be kept.
    fn bucket(&mut self, number: i64) -> Option<&mut Bucket> {
        if self.buckets.is_empty() {
            self.first = number;
        }
        let most = i64::try_from(self.most).unwrap_or(i64::MAX);
        let next = self.first + i64::try_from(self.buckets.len()).unwrap_or(0);
        if number < self.first {
            if next.saturating_sub(number) > most {
                return None;
            }
            for _ in number..self.first {
                self.buckets.push_front(Bucket::default());
            }
            self.first = number;
        }
        if number.saturating_sub(next) >= most {
            self.buckets.clear();
            self.first = number;
        }
        while self.first + i64::try_from(self.buckets.len()).unwrap_or(0) <= number {
            self.buckets.push_back(Bucket::default());
            if self.buckets.len() > self.most {
                self.buckets.pop_front();
                self.first += 1;
            }
        }
        let index = self.index(number)?;
        self.buckets.get_mut(index)
    }
}
