//! Builds the next interval. Messages wait in it for their barrier, in stream order.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::table::TrackedChannel;
use crate::ledger::channel::Sequences;
use crate::ledger::interval::{Entry, Interval};
use crate::ledger::sequence::{Channel, Sequence, UnknownReason};
use crate::wire::verdict::Verification;

/// The maximum size of payloads, entries and their texts that wait for a barrier, in bytes.
const MAX_BYTES: usize = 32 << 20;

/// Consecutive messages of one channel that have no sequence number yet.
#[derive(Debug, Clone, Copy)]
struct WaitingRun {
    /// The position of the run's first message.
    entry: u64,
    channel: usize,
    /// The index of the run's first message, counted in the channel's messages since the last barrier.
    index: u64,
    count: u64,
}

impl WaitingRun {
    /// Whether this message directly follows the run.
    fn is_followed_by(&self, entry: u64, channel: usize, index: u64) -> bool {
        (self.channel, self.entry + self.count, self.index + self.count) == (channel, entry, index)
    }
}

/// The interval that is being built.
///
/// The position of an entry is the number of entries before it since this builder was created. This includes entries
/// that were already taken, but not entries added with [`insert`](Self::insert).
#[derive(Debug, Default)]
pub(super) struct IntervalBuilder {
    interval: Interval,
    /// The number of intervals taken so far. A channel's index in an interval is only valid for that interval.
    interval_number: u64,
    /// How many entries were taken before those in `interval`.
    taken: u64,
    waiting: VecDeque<WaitingRun>,
    inserts: Vec<(InsertAt, Entry)>,
}

/// Where an entry is inserted, relative to the entry at a position.
#[derive(Debug, Clone, Copy)]
pub(super) enum InsertAt {
    Before(u64),
    After(u64),
}

impl InsertAt {
    /// The position of the entry that will follow the inserted entry.
    fn position(self) -> u64 {
        match self {
            Self::Before(position) => position,
            Self::After(position) => position + 1,
        }
    }
}

impl IntervalBuilder {
    /// The position of the next entry.
    pub(super) fn position(&self) -> u64 {
        self.taken + self.interval.entries().len() as u64
    }

    /// Appends a message. `index` is how many messages of the same channel came before it since the last barrier.
    ///
    /// It waits for its sequence number unless `sequence` is given.
    pub(super) fn message(
        &mut self,
        payload: &[u8],
        at: i64,
        (channel, tracked, index): (usize, &mut TrackedChannel, u64),
        verification: &Verification<'_>,
        sequence: Option<Sequence>,
    ) {
        if sequence.is_none() {
            let entry = self.position();
            match self.waiting.back_mut() {
                Some(last) if last.is_followed_by(entry, channel, index) => last.count += 1,
                _ => self.waiting.push_back(WaitingRun { entry, channel, index, count: 1 }),
            }
        }
        let number = match tracked.number {
            Some((interval_number, number)) if interval_number == self.interval_number => number,
            _ => self.interval.add_channel(tracked.channel.clone()),
        };
        tracked.number = Some((self.interval_number, number));
        self.append(payload, at, number, verification, sequence.unwrap_or(Sequence::Unknown(UnknownReason::NoBarrier)));
    }

    /// Appends a message of a channel that is not tracked. It does not wait for a sequence number.
    pub(super) fn unnumbered(
        &mut self,
        payload: &[u8],
        at: i64,
        channel: &Channel,
        verification: &Verification<'_>,
        sequence: Sequence,
    ) {
        let number = self.interval.add_channel(channel.clone());
        self.append(payload, at, number, verification, sequence);
    }

    fn append(&mut self, payload: &[u8], at: i64, channel: u32, verification: &Verification<'_>, sequence: Sequence) {
        let Verification { verdict, algorithm, timestamp, .. } = *verification;
        self.interval.push_numbered(payload, at, channel, sequence, verdict, algorithm, timestamp);
    }

    /// Appends an entry that is not a message.
    pub(super) fn push(&mut self, entry: Entry) {
        self.interval.push(entry);
    }

    /// Marks the message at `position` as a duplicate, unless it was taken already.
    pub(super) fn set_duplicate(&mut self, position: u64) {
        if let Some(index) = position.checked_sub(self.taken).and_then(|index| usize::try_from(index).ok()) {
            self.interval.set_duplicate(index);
        }
    }

    /// Inserts an entry. If the entries at its place were taken already, it is inserted before all remaining entries.
    pub(super) fn insert(&mut self, place: InsertAt, entry: Entry) {
        let place = if place.position() < self.taken { InsertAt::Before(self.taken) } else { place };
        self.inserts.push((place, entry));
    }

    /// Assigns sequence numbers to the messages of all channels whose interval is closed.
    ///
    /// Each call visits every waiting message, so one call should settle many channels.
    pub(super) fn settle(&mut self, channels: &mut [TrackedChannel]) {
        let (interval, before) = (&mut self.interval, self.taken);
        self.waiting.retain(|waiting| {
            let Some(sequences) = channels[waiting.channel].closing else { return true };
            assign_sequences(interval, before, *waiting, sequences);
            false
        });
    }

    /// Assigns sequence numbers to all waiting messages, without waiting for their barrier. `inferred` takes a
    /// channel's index and returns the sequence numbers of that channel's messages.
    pub(super) fn number_without_barrier(&mut self, inferred: impl Fn(usize) -> Sequences) {
        for waiting in std::mem::take(&mut self.waiting) {
            assign_sequences(&mut self.interval, self.taken, waiting, inferred(waiting.channel));
        }
    }

    /// Whether messages wait for a barrier.
    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether the waiting messages take too much memory.
    pub(super) fn is_full(&self) -> bool {
        let interval = &self.interval;
        interval.payload_bytes() + size_of_val(interval.entries()) + interval.pointed_bytes() > MAX_BYTES
    }

    /// Takes all entries that do not wait for a barrier, including those after waiting messages.
    ///
    /// Used to send link changes at once, and to send a channel's entries before another cluster node takes the channel
    /// over.
    pub(super) fn take_settled(&mut self) -> Option<Interval> {
        let entries = self.waiting.iter().flat_map(|waiting| waiting.entry..waiting.entry + waiting.count);
        let mut waiting = entries.map(|entry| entry - self.taken).peekable();
        self.interval_number += 1;
        let mut taken = self.interval.extract(|index| waiting.next_if_eq(&(index as u64)).is_none());
        let before = self.taken;
        self.taken += taken.entries().len() as u64;
        self.inserts.sort_by_key(|(place, _)| place.position());
        let mut inserts = Vec::new();
        for (place, entry) in std::mem::take(&mut self.inserts) {
            let waiting = self.waiting_before(place.position());
            match place {
                // The inserted entry stays with the message that it follows.
                InsertAt::After(position) if waiting > self.waiting_before(position) => {
                    self.inserts.push((InsertAt::After(self.taken + waiting - 1), entry));
                }
                _ => inserts.push((usize::try_from(place.position() - before - waiting).unwrap_or(usize::MAX), entry)),
            }
        }
        taken.insert_all(inserts);
        let mut position = self.taken;
        for waiting in &mut self.waiting {
            waiting.entry = position;
            position += waiting.count;
        }
        (!taken.is_empty()).then_some(taken)
    }

    /// How many waiting messages precede `position`.
    fn waiting_before(&self, position: u64) -> u64 {
        self.waiting.iter().map(|waiting| position.saturating_sub(waiting.entry).min(waiting.count)).sum()
    }

    /// Takes the entries before the first waiting message, if there are any.
    pub(super) fn take(&mut self) -> Option<Interval> {
        let end = self.waiting.front().map(|first| first.entry);
        if end == Some(self.taken) || self.interval.is_empty() && self.inserts.is_empty() {
            return None;
        }
        let kept = end.map(|end| self.interval.split_off(usize::try_from(end - self.taken).unwrap_or(usize::MAX)));
        let next = kept.unwrap_or_else(|| self.interval.successor());
        let mut taken = std::mem::replace(&mut self.interval, next);
        self.interval_number += 1;
        let (from, to) = (self.taken, self.taken + taken.entries().len() as u64);
        self.taken = to;
        if !self.inserts.is_empty() {
            self.inserts.sort_by_key(|(place, _)| place.position());
            let later = self.inserts.partition_point(|(place, _)| end.is_none() || place.position() < to);
            let later = self.inserts.split_off(later);
            let now = std::mem::replace(&mut self.inserts, later);
            taken.insert_all(
                now.into_iter()
                    .map(|(place, entry)| (usize::try_from(place.position() - from).unwrap_or(usize::MAX), entry))
                    .collect(),
            );
        }
        taken.shrink();
        (!taken.is_empty()).then_some(taken)
    }
}

fn assign_sequences(interval: &mut Interval, before: u64, waiting: WaitingRun, sequences: Sequences) {
    if let Ok(first) = usize::try_from(waiting.entry - before) {
        for (entry, index) in (first..).zip(waiting.index..waiting.index + waiting.count) {
            interval.set_sequence(entry, sequences.of(index));
        }
    }
}
