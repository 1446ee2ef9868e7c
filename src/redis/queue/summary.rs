//! Summarises the intervals whose messages were dropped.

use std::collections::{HashMap, hash_map};
use std::sync::Arc;

use crate::ledger::dropped::{Dropped, span};
use crate::ledger::expectation::ExpectationStatus;
use crate::ledger::finding::{Finding, FindingKind};
use crate::ledger::interval::{Entry, Interval};
use crate::ledger::sequence::Channel;

/// The maximum size of the entries in bytes, with what they point to. This is enough for about 100,000 findings.
const MAX_BYTES: usize = 32 << 20;

/// The maximum size of the merged entries in bytes, with what they point to. This is enough for all tracked channels, unless
/// their names are long. The entries of all further channels are merged into one.
const MAX_MERGED_BYTES: usize = 64 << 20;

/// The maximum number of channels that have their own entry for dropped messages without a sequence number. All further
/// channels share one such entry. Without this limit, channel names from the network could use any amount of memory.
const MAX_UNNUMBERED: usize = 10_000;

/// Intervals without their messages, merged into one.
///
/// Barriers are not kept, because every later barrier also proves that the link is live.
#[derive(Debug, Default)]
pub(super) struct DroppedSummary {
    /// Findings, link changes and dropped messages, in stream order.
    entries: Vec<Entry>,
    /// The last reading of each counter.
    counters: HashMap<Channel, Entry>,
    /// The last state of each expectation, by channel and title.
    statuses: HashMap<(Channel, Arc<str>), Box<ExpectationStatus>>,
    /// For each channel, the indices in `entries` of the `Dropped` entries that more messages can extend. The first
    /// entry counts messages without a sequence number, and the second one counts messages with a sequence number.
    open: HashMap<Option<Channel>, [Option<usize>; 2]>,
    /// The size of `entries`, with what they point to.
    bytes: usize,
    /// The value of `bytes` after the last merge.
    merged_bytes: usize,
}

impl DroppedSummary {
    pub(super) fn add(&mut self, interval: &Interval) {
        // The open entries by the channel's index in the interval. They avoid a map lookup for most messages.
        let mut last: Vec<[Option<usize>; 2]> = Vec::new();
        for entry in interval.entries() {
            match entry {
                Entry::Message(message) => {
                    let range = message.sequence.range();
                    let (number, numbered) = (Interval::channel_number(message), usize::from(range.is_some()));
                    if last.len() <= number {
                        last.resize(number + 1, [None; 2]);
                    }
                    let index = last[number][numbered].filter(|&index| self.extend(index, range, message.at));
                    let index = index.unwrap_or_else(|| self.add_message(interval.channel(message), range, message.at));
                    last[number][numbered] = Some(index);
                }
                Entry::Finding(finding) => {
                    // Messages dropped after the finding need a new entry after it.
                    self.open.remove(&Some(finding.channel.clone()));
                    last.clear();
                    self.push(entry.clone());
                }
                Entry::Dropped(_) | Entry::Link(_) => self.push(entry.clone()),
                Entry::Counter { channel, .. } => {
                    self.counters.insert(channel.clone(), entry.clone());
                }
                Entry::Expectation(status) => {
                    let key = (status.channel.clone(), Arc::clone(&status.title));
                    self.statuses.insert(key, status.clone());
                }
                Entry::Barrier { .. } => {}
            }
        }
    }

    fn push(&mut self, entry: Entry) {
        self.bytes += size_of_entry(&entry);
        self.entries.push(entry);
    }

    /// Adds a message to the entry at `index`. Returns false if the message does not continue that entry's range.
    fn extend(&mut self, index: usize, range: Option<(u64, u64)>, at: i64) -> bool {
        match self.entries.get_mut(index) {
            Some(Entry::Dropped(dropped)) if dropped.is_followed_by(range) => {
                dropped.add(range, at);
                true
            }
            _ => false,
        }
    }

    /// Adds a message to its channel's open entry or to a new one. Returns the index of the entry.
    fn add_message(&mut self, channel: &Channel, range: Option<(u64, u64)>, at: i64) -> usize {
        let numbered = usize::from(range.is_some());
        let mut key = Some(channel.clone());
        let is_full = self.open.len() >= MAX_UNNUMBERED || self.bytes > MAX_BYTES;
        if range.is_none() && is_full && !self.open.contains_key(&key) {
            key = None;
        }
        if let Some(index) = self.open.get(&key).and_then(|open| open[numbered])
            && self.extend(index, range, at)
        {
            return index;
        }
        let index = self.entries.len();
        self.push(Dropped::new(key.clone(), range, at).into());
        self.open.entry(key).or_default()[numbered] = Some(index);
        index
    }

    /// If the entries take too much memory, merges the older half into one entry per channel. The older link changes
    /// are lost.
    pub(super) fn limit_size(&mut self) {
        // One entry per channel is left, so another merge would save little until the size has doubled.
        if self.bytes <= MAX_BYTES || self.bytes < 2 * self.merged_bytes {
            return;
        }
        let mut newer_bytes = 0;
        let newer = self.entries.iter().rev().take_while(|entry| {
            newer_bytes += size_of_entry(entry);
            newer_bytes <= MAX_BYTES / 2
        });
        let newer = self.entries.split_off(self.entries.len() - newer.count());
        let mut merged: HashMap<Option<Channel>, Dropped> = HashMap::new();
        let mut merged_bytes = 0;
        for entry in self.entries.drain(..) {
            let (mut dropped, is_reset) = match entry {
                Entry::Dropped(dropped) => (*dropped, false),
                Entry::Finding(finding) => (dropped_finding(&finding), finding.kind == FindingKind::CounterReset),
                Entry::Message(_)
                | Entry::Link(_)
                | Entry::Counter { .. }
                | Entry::Expectation(_)
                | Entry::Barrier { .. } => continue,
            };
            let size = size_of_entry(&dropped.clone().into());
            if merged_bytes + size > MAX_MERGED_BYTES && !merged.contains_key(&dropped.channel) {
                (dropped.channel, dropped.range) = (None, None);
            }
            let before = match merged.entry(dropped.channel.clone()) {
                hash_map::Entry::Occupied(entry) => entry.into_mut(),
                hash_map::Entry::Vacant(entry) => {
                    merged_bytes += size;
                    entry.insert(dropped);
                    continue;
                }
            };
            // Sequence numbers before and after a reset are not comparable.
            let unknown = is_reset || [&*before, &dropped].iter().any(|it| it.range.is_none() && it.count > 0);
            before.range = if unknown { None } else { span(before.range, dropped.range) };
            before.count += dropped.count;
            before.findings += dropped.findings;
            before.until = dropped.until;
        }
        self.entries.extend(merged.into_values().map(Entry::from));
        self.entries.extend(newer);
        self.open.clear();
        self.bytes = self.entries.iter().map(size_of_entry).sum();
        self.merged_bytes = self.bytes;
    }

    /// Returns all entries as one interval, or `None` if there are none.
    pub(super) fn into_interval(self) -> Option<Interval> {
        let Self { entries, counters, statuses, .. } = self;
        let mut interval = Interval::default();
        let statuses = statuses.into_values().map(Entry::Expectation);
        for entry in entries.into_iter().chain(counters.into_values()).chain(statuses) {
            interval.push(entry);
        }
        (!interval.is_empty()).then_some(interval)
    }
}

fn size_of_entry(entry: &Entry) -> usize {
    size_of::<Entry>() + entry.pointed_size()
}

/// Converts a finding to an entry that counts it as dropped. If it is a gap, the entry keeps its range.
fn dropped_finding(finding: &Finding) -> Dropped {
    let range = finding.sequence_from.zip(finding.sequence_to).filter(|_| finding.kind.is_gap());
    let channel = Some(finding.channel.clone());
    Dropped { channel, range, count: 0, findings: 1, at: finding.at, until: finding.at }
}
