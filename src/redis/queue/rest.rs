//! The remains of intervals whose messages were dropped.

use std::collections::HashMap;

use crate::ledger::dropped::{Dropped, span};
use crate::ledger::finding::{Finding, FindingKind};
use crate::ledger::interval::{Entry, Interval};
use crate::ledger::sequence::Channel;

/// The entries of the remains may take about this many bytes: some tens of thousands of entries.
const MAX_BYTES: usize = 8 << 20;

/// Messages without a sequence number are counted by channel for this many channels. Their names come from the network, so
/// their number has no other bound.
const MAX_UNNUMBERED: usize = 10_000;

/// Intervals without their messages, merged into one. Barriers are not kept: a later one proves as well that the link is live.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// Findings, link changes and dropped messages, in stream order.
    entries: Vec<Entry>,
    /// The last reading of each counter.
    counters: HashMap<Channel, Entry>,
    /// Where more dropped messages of a channel are added: the indices in `entries` for messages without and with a number.
    open: HashMap<Option<Channel>, [Option<usize>; 2]>,
    /// How many entries were left when they were bounded last.
    bounded: usize,
}

impl Rest {
    pub(super) fn add(&mut self, interval: &Interval) {
        // By the channel's number in the interval, so that a channel is looked up once and not for each message.
        let mut known: Vec<[Option<usize>; 2]> = Vec::new();
        for entry in interval.entries() {
            match entry {
                Entry::Message(message) => {
                    let range = message.sequence.range();
                    let (number, kind) = (Interval::channel_number(message), usize::from(range.is_some()));
                    if known.len() <= number {
                        known.resize(number + 1, [None; 2]);
                    }
                    let index = known[number][kind].filter(|&index| self.goes_on(index, range, message.at));
                    let index = index.unwrap_or_else(|| self.message(interval.channel(message), range, message.at));
                    known[number][kind] = Some(index);
                }
                Entry::Finding(finding) => {
                    // What is dropped after it stands after it.
                    self.open.remove(&Some(finding.channel.clone()));
                    known.clear();
                    self.entries.push(entry.clone());
                }
                Entry::Dropped(_) | Entry::Link(_) => self.entries.push(entry.clone()),
                Entry::Counter { channel, .. } => {
                    self.counters.insert(channel.clone(), entry.clone());
                }
                Entry::Barrier { .. } => {}
            }
        }
    }

    /// Adds a message to the entry at `index`; false if it does not belong there.
    fn goes_on(&mut self, index: usize, range: Option<(u64, u64)>, at: i64) -> bool {
        match self.entries.get_mut(index) {
            Some(Entry::Dropped(dropped)) if dropped.is_followed_by(range) => {
                dropped.add(range, at);
                true
            }
            _ => false,
        }
    }

    /// Adds a message of a channel to its open entry, or to a new one; the index of its entry.
    fn message(&mut self, channel: &Channel, range: Option<(u64, u64)>, at: i64) -> usize {
        let kind = usize::from(range.is_some());
        let mut key = Some(channel.clone());
        if range.is_none() && self.open.len() >= MAX_UNNUMBERED && !self.open.contains_key(&key) {
            key = None;
        }
        if let Some(index) = self.open.get(&key).and_then(|open| open[kind])
            && self.goes_on(index, range, at)
        {
            return index;
        }
        let index = self.entries.len();
        self.entries.push(Dropped::new(key.clone(), range, at).into());
        self.open.entry(key).or_default()[kind] = Some(index);
        index
    }

    /// Merges the older half of the entries if they take too much: one entry remains for each channel. Of link changes
    /// the newer ones remain.
    pub(super) fn bound(&mut self) {
        let entries = self.entries.len();
        // What was merged cannot be merged further, so it is only looked at again when twice as much is there.
        if size_of_val(&*self.entries) <= MAX_BYTES || entries < 2 * self.bounded {
            return;
        }
        let newer = self.entries.split_off(entries / 2);
        let mut merged: HashMap<Option<Channel>, Dropped> = HashMap::new();
        for entry in self.entries.drain(..) {
            let (dropped, is_reset) = match entry {
                Entry::Dropped(dropped) => (*dropped, false),
                Entry::Finding(finding) => (of_finding(&finding), finding.kind == FindingKind::CounterReset),
                Entry::Message(_) | Entry::Link(_) | Entry::Counter { .. } | Entry::Barrier { .. } => continue,
            };
            let Some(before) = merged.get_mut(&dropped.channel) else {
                merged.insert(dropped.channel.clone(), dropped);
                continue;
            };
            // Numbers before a reset are not comparable with those after it.
            let unknown = is_reset || [&*before, &dropped].iter().any(|it| it.range.is_none() && it.count > 0);
            before.range = if unknown { None } else { span(before.range, dropped.range) };
            before.count += dropped.count;
            before.findings += dropped.findings;
            before.until = dropped.until;
        }
        self.entries.extend(merged.into_values().map(Entry::from));
        self.entries.extend(newer);
        self.open.clear();
        self.bounded = self.entries.len();
    }

    /// All of it as one interval; none if there is nothing.
    pub(super) fn into_interval(self) -> Option<Interval> {
        let Self { entries, counters, .. } = self;
        let mut interval = Interval::default();
        for entry in entries.into_iter().chain(counters.into_values()) {
            interval.push(entry);
        }
        (!interval.is_empty()).then_some(interval)
    }
}

/// A finding that is dropped. Of a gap the numbers stay known.
fn of_finding(finding: &Finding) -> Dropped {
    let range = finding.from.zip(finding.to).filter(|_| finding.kind.is_gap());
    let channel = Some(finding.channel.clone());
    Dropped { channel, range, count: 0, findings: 1, at: finding.at, until: finding.at }
}
