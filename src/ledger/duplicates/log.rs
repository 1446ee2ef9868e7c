//! The stored messages in the order of arrival, in buckets that are forgotten as a whole.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::names::ChannelNumbers;

/// The maximum number of messages in a bucket.
const MAX_BUCKET: usize = 1 << 14;
/// A full log consists of about this many buckets, or of more if `MAX_BUCKET` limits their size.
const BUCKETS: usize = 64;

/// A queue of fingerprints with access by index. All buckets but the last are full.
#[derive(Debug, Default)]
pub(super) struct Log {
    buckets: VecDeque<Bucket>,
    bucket_length: usize,
    length: usize,
    spare: Option<Bucket>,
}

/// Consecutive messages.
#[derive(Debug)]
struct Bucket {
    fingerprints: Vec<u64>,
    /// Where and when the messages were received.
    runs: Vec<Run>,
    /// The last time at which a message of this bucket is within the tolerance, in microseconds since the epoch.
    until: i64,
}

/// Consecutive messages of one channel that were received at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    at: i64,
    channel: u32,
    /// The index of the first message in its bucket.
    from: u32,
}

impl Log {
    /// Creates an empty log, which is to hold at most `capacity` messages.
    pub(super) fn new(capacity: usize) -> Self {
        Self { bucket_length: (capacity / BUCKETS).clamp(1, MAX_BUCKET), ..Self::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// The fingerprint at an index.
    pub(super) fn fingerprint(&self, index: usize) -> Option<u64> {
        let (bucket, index) = self.find(index)?;
        bucket.fingerprints.get(index).copied()
    }

    /// When the message at an index was received, and the number of its channel.
    pub(super) fn origin(&self, index: usize) -> Option<(i64, u32)> {
        let (bucket, index) = self.find(index)?;
        let after = bucket.runs.partition_point(|run| run.from as usize <= index);
        bucket.runs.get(after.checked_sub(1)?).map(|run| (run.at, run.channel))
    }

    /// All fingerprints, oldest first.
    pub(super) fn fingerprints(&self) -> impl Iterator<Item = u64> {
        self.buckets.iter().flat_map(|bucket| &bucket.fingerprints).copied()
    }

    /// Appends a message. The caller has already counted one use of the channel's number with [`ChannelNumbers::take`]. If
    /// the message starts a new run, the run keeps this use. If it continues the last run, the use is released.
    pub(super) fn push(&mut self, fingerprint: u64, at: i64, until: i64, channel: u32, names: &mut ChannelNumbers) {
        if self.buckets.back().is_none_or(|last| last.fingerprints.len() == self.bucket_length) {
            let new =
                || Bucket { fingerprints: Vec::with_capacity(self.bucket_length), runs: Vec::new(), until: i64::MIN };
            self.buckets.push_back(self.spare.take().unwrap_or_else(new));
        }
        let Some(last) = self.buckets.back_mut() else { return };
        if last.runs.last().is_some_and(|run| (run.at, run.channel) == (at, channel)) {
            names.release(channel);
        } else {
            // A bucket has fewer than 2^32 messages.
            let from = u32::try_from(last.fingerprints.len()).unwrap_or(u32::MAX);
            last.runs.push(Run { at, channel, from });
        }
        last.fingerprints.push(fingerprint);
        last.until = last.until.max(until);
        self.length += 1;
    }

    /// The last time at which a message of the first bucket is within the tolerance, in microseconds since the epoch.
    pub(super) fn first_until(&self) -> Option<i64> {
        self.buckets.front().map(|bucket| bucket.until)
    }

    /// Removes the first bucket. Returns its `until`.
    pub(super) fn remove_first(&mut self, names: &mut ChannelNumbers) -> Option<i64> {
        let mut bucket = self.buckets.pop_front()?;
        self.length -= bucket.fingerprints.len();
        for run in bucket.runs.drain(..) {
            names.release(run.channel);
        }
        let until = std::mem::replace(&mut bucket.until, i64::MIN);
        bucket.fingerprints.clear();
        self.spare = Some(bucket);
        Some(until)
    }

    fn find(&self, index: usize) -> Option<(&Bucket, usize)> {
        let bucket = self.buckets.get(index.checked_div(self.bucket_length)?)?;
        Some((bucket, index % self.bucket_length))
    }
}
