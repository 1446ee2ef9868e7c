//! The messages that wait for their barrier, in stream order.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::table::Tracked;
use crate::ledger::channel::Sequences;
use crate::ledger::interval::{Entry, Interval};
use crate::ledger::sequence::{Channel, Sequence, UnknownReason};
use crate::wire::verdict::Judgement;

/// More than this does not wait for a barrier, in bytes of payloads and entries.
const MAX_BYTES: usize = 32 << 20;

/// Messages without their numbers, of one channel, one right after another.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    /// The entry of the first, counted over all entries ever.
    entry: u64,
    channel: usize,
    /// The index of the first among the channel's messages since the last barrier.
    index: u64,
    count: u64,
}

impl Waiting {
    /// Whether the message of that channel and index, whose entry stands there, comes right after these.
    fn goes_on_with(&self, entry: u64, channel: usize, index: u64) -> bool {
        (self.channel, self.entry + self.count, self.index + self.count) == (channel, entry, index)
    }
}

/// The interval that is being filled.
#[derive(Debug, Default)]
pub(super) struct IntervalBuilder {
    interval: Interval,
    /// Which interval it is, counted from the first; a channel's number is of one interval only.
    nth: u64,
    /// How many entries were handed over before those in `interval`.
    before: u64,
    waiting: VecDeque<Waiting>,
    inserts: Vec<(Place, Entry)>,
}

/// Where an entry is put: right before or right after another one, whose position is counted over all entries ever.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Before(u64),
    After(u64),
}

impl Place {
    /// The position of the entry that it comes before.
    fn position(self) -> u64 {
        match self {
            Self::Before(position) => position,
            Self::After(position) => position + 1,
        }
    }
}

impl IntervalBuilder {
    /// Where the next entry will stand, counted over all entries ever.
    pub(super) fn position(&self) -> u64 {
        self.before + self.interval.entries().len() as u64
    }

    /// Appends a message of a channel, known by its index, which is the `index`th since the last barrier; it waits for its number
    /// unless `sequence` says that there will be none.
    pub(super) fn message(
        &mut self,
        payload: &[u8],
        at: i64,
        (channel, tracked, index): (usize, &mut Tracked, u64),
        judgement: &Judgement<'_>,
        sequence: Option<Sequence>,
    ) {
        if sequence.is_none() {
            let entry = self.position();
            match self.waiting.back_mut() {
                Some(last) if last.goes_on_with(entry, channel, index) => last.count += 1,
                _ => self.waiting.push_back(Waiting { entry, channel, index, count: 1 }),
            }
        }
        let number = match tracked.number {
            Some((nth, number)) if nth == self.nth => number,
            _ => self.interval.add_channel(tracked.channel.clone()),
        };
        tracked.number = Some((self.nth, number));
        self.append(payload, at, number, judgement, sequence.unwrap_or(Sequence::Unknown(UnknownReason::NoBarrier)));
    }

    /// Appends a message that waits for no number, of a channel that is not kept in mind.
    pub(super) fn unnumbered(
        &mut self,
        payload: &[u8],
        at: i64,
        channel: &Channel,
        judgement: &Judgement<'_>,
        sequence: Sequence,
    ) {
        let number = self.interval.add_channel(channel.clone());
        self.append(payload, at, number, judgement, sequence);
    }

    fn append(&mut self, payload: &[u8], at: i64, channel: u32, judgement: &Judgement<'_>, sequence: Sequence) {
        let Judgement { verdict, algorithm, timestamp, .. } = *judgement;
        self.interval.push_numbered(payload, at, channel, sequence, verdict, algorithm, timestamp);
    }

    /// Appends anything but a message.
    pub(super) fn push(&mut self, entry: Entry) {
        self.interval.push(entry);
    }

    /// Marks the message at `position` as a duplicate, unless it was handed over already.
    pub(super) fn set_duplicate(&mut self, position: u64) {
        if let Some(index) = position.checked_sub(self.before).and_then(|index| usize::try_from(index).ok()) {
            self.interval.set_duplicate(index);
        }
    }

    /// Puts an entry at its place; if that has been handed over already, before all that wait.
    pub(super) fn insert(&mut self, place: Place, entry: Entry) {
        let place = if place.position() < self.before { Place::Before(self.before) } else { place };
        self.inserts.push((place, entry));
    }

    /// Gives numbers to the messages of the channels that a barrier has closed. Walks all that wait: once for many channels.
    pub(super) fn settle(&mut self, channels: &mut [Tracked]) {
        let (interval, before) = (&mut self.interval, self.before);
        self.waiting.retain(|waiting| {
            let Some(sequences) = channels[waiting.channel].closing else { return true };
            set(interval, before, *waiting, sequences);
            false
        });
    }

    /// Gives every waiting message what can be said of it without a barrier.
    pub(super) fn give_up(&mut self, inferred: impl Fn(usize) -> Sequences) {
        for waiting in std::mem::take(&mut self.waiting) {
            set(&mut self.interval, self.before, waiting, inferred(waiting.channel));
        }
    }

    /// Whether messages wait for a barrier.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether so much waits that it must leave without a barrier.
    pub(super) fn is_full(&self) -> bool {
        self.interval.payload_bytes() + size_of_val(self.interval.entries()) > MAX_BYTES
    }

    /// Takes all that does not wait, also what stands behind messages that do: so that nothing of a channel which goes on
    /// elsewhere comes later than what follows there.
    pub(super) fn take_settled(&mut self) -> Option<Interval> {
        let entries = self.waiting.iter().flat_map(|waiting| waiting.entry..waiting.entry + waiting.count);
        let mut waiting = entries.map(|entry| entry - self.before).peekable();
        self.nth += 1;
        let mut taken = self.interval.extract(|index| waiting.next_if_eq(&(index as u64)).is_none());
        let before = self.before;
        self.before += taken.entries().len() as u64;
        self.inserts.sort_by_key(|(place, _)| place.position());
        let mut inserts = Vec::new();
        for (place, entry) in std::mem::take(&mut self.inserts) {
            let waiting = self.waiting_before(place.position());
            match place {
                // It stays with the message that it comes after.
                Place::After(position) if waiting > self.waiting_before(position) => {
                    self.inserts.push((Place::After(self.before + waiting - 1), entry));
                }
                _ => inserts.push((usize::try_from(place.position() - before - waiting).unwrap_or(usize::MAX), entry)),
            }
        }
        taken.insert_all(inserts);
        let mut position = self.before;
        for waiting in &mut self.waiting {
            waiting.entry = position;
            position += waiting.count;
        }
        (!taken.is_empty()).then_some(taken)
    }

    /// How many messages wait before that position.
    fn waiting_before(&self, position: u64) -> u64 {
        self.waiting.iter().map(|waiting| position.saturating_sub(waiting.entry).min(waiting.count)).sum()
    }

    /// Takes what stands before the first waiting message, if there is anything.
    pub(super) fn take(&mut self) -> Option<Interval> {
        let end = self.waiting.front().map(|first| first.entry);
        if end == Some(self.before) || self.interval.is_empty() && self.inserts.is_empty() {
            return None;
        }
        let kept = end.map(|end| self.interval.split_off(usize::try_from(end - self.before).unwrap_or(usize::MAX)));
        let next = kept.unwrap_or_else(|| self.interval.successor());
        let mut taken = std::mem::replace(&mut self.interval, next);
        self.nth += 1;
        let (from, to) = (self.before, self.before + taken.entries().len() as u64);
        self.before = to;
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

fn set(interval: &mut Interval, before: u64, waiting: Waiting, sequences: Sequences) {
    if let Ok(first) = usize::try_from(waiting.entry - before) {
        for (entry, index) in (first..).zip(waiting.index..waiting.index + waiting.count) {
            interval.set_sequence(entry, sequences.of(index));
        }
    }
}
