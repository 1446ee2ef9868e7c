//! Counts the messages that the recorder lost.

use std::collections::HashMap;
use std::iter::Peekable;
use std::slice::Iter;
use std::sync::Arc;

use crate::ledger::dropped::Dropped;
use crate::ledger::finding::FindingKind;
use crate::ledger::interval::{Entry, Interval, Message};
use crate::ledger::known::ServerId;
use crate::ledger::sequence::{Channel, Reading, Sequence};

/// The maximum number of ranges. More are merged into one.
const MAX_RANGES: usize = 1000;

/// The maximum number of findings and link changes that wait for the disk.
const MAX_ENTRIES: usize = 100_000;

/// Why messages were not recorded. The file contains the names in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HoleKind {
    /// The file could not be written.
    Disk,
    /// Messages were received faster than they could be written.
    Slow,
    /// The previous session was killed.
    Killed,
    /// Retention deleted messages that no store has, because the file had reached its maximum size.
    Deleted,
}

/// A time span in which messages were not recorded.
#[derive(Debug, Clone)]
pub(super) struct LostSpan {
    pub(super) kind: HoleKind,
    /// The start, in microseconds since the epoch.
    pub(super) from_at: i64,
    pub(super) to_at: i64,
    /// The wall clock minus the monotonic clock, at both ends.
    pub(super) offsets: Option<(i64, i64)>,
    /// The number of messages. `None` if it is unknown.
    pub(super) messages: Option<u64>,
    /// The reason, not escaped.
    pub(super) reason: String,
    pub(super) ranges: Vec<LostRange>,
}

/// Lost messages of one channel.
#[derive(Debug, Clone)]
pub(super) struct LostRange {
    pub(super) channel: Channel,
    /// The number of counter resets between the start of the hole and this range.
    pub(super) resets: i64,
    pub(super) numbers: Option<(u64, u64)>,
    pub(super) messages: u64,
}

/// What was dropped because it could not be written: the messages as a hole, and all other entries unchanged.
#[derive(Debug)]
pub(super) struct LostEntries {
    pub(super) hole: LostSpan,
    /// Holes of other kinds among the messages.
    pub(super) others: Vec<LostSpan>,
    /// Findings and link changes. If there are too many, the hole's reason contains the number of the others.
    pub(super) entries: Interval,
    /// The original reason of the hole.
    why: String,
    /// The number of findings and link changes that were dropped too.
    given_up: usize,
    /// The last reading of each counter, with its server and time.
    pub(super) counters: HashMap<Channel, (Reading, Option<Arc<ServerId>>, i64)>,
    resets: HashMap<Channel, i64>,
    /// The last range of each channel, as an index of the hole's ranges.
    open: HashMap<Channel, usize>,
}

impl LostSpan {
    /// Messages that were dropped before the writer could take them: `dropped`, and the directly following entries of the same
    /// kind. `offset` is the wall clock minus the monotonic clock.
    pub(super) fn of_dropped(dropped: &Dropped, following: &mut Peekable<Iter<'_, Entry>>, offset: i64) -> Self {
        let mut hole = Self {
            kind: HoleKind::Slow,
            from_at: dropped.at,
            to_at: dropped.until,
            offsets: Some((offset, offset)),
            messages: Some(0),
            reason: "messages arrived faster than they could be recorded".to_owned(),
            ranges: Vec::new(),
        };
        hole.add(dropped);
        while let Some(Entry::Dropped(dropped)) = following.next_if(|entry| matches!(entry, Entry::Dropped(_))) {
            hole.add(dropped);
        }
        hole
    }

    fn add(&mut self, dropped: &Dropped) {
        self.from_at = self.from_at.min(dropped.at);
        self.to_at = self.to_at.max(dropped.until);
        self.messages = self.messages.map(|messages| messages + dropped.count);
        if let Some(channel) = dropped.channel.clone() {
            self.ranges.push(LostRange { channel, resets: 0, numbers: dropped.range, messages: dropped.count });
        }
    }
}

impl HoleKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::Slow => "slow",
            Self::Killed => "killed",
            Self::Deleted => "deleted",
        }
    }
}

impl LostEntries {
    /// Whether no messages and no findings were lost.
    pub(super) fn is_empty(&self) -> bool {
        self.hole.messages == Some(0) && self.given_up == 0
    }

    pub(super) fn new(reason: String) -> Self {
        Self {
            why: reason.clone(),
            given_up: 0,
            hole: LostSpan {
                kind: HoleKind::Disk,
                from_at: 0,
                to_at: 0,
                offsets: None,
                messages: Some(0),
                reason,
                ranges: Vec::new(),
            },
            others: Vec::new(),
            entries: Interval::default(),
            counters: HashMap::new(),
            resets: HashMap::new(),
            open: HashMap::new(),
        }
    }

    /// All holes.
    pub(super) fn holes_mut(&mut self) -> impl Iterator<Item = &mut LostSpan> {
        self.others.iter_mut().chain([&mut self.hole])
    }

    /// Adds an interval that was dropped. `offset` is the wall clock minus the monotonic clock when it was received.
    pub(super) fn add(&mut self, interval: &Interval, offset: i64) {
        let mut entries = interval.entries().iter().peekable();
        while let Some(entry) = entries.next() {
            match entry {
                Entry::Message(message) => self.message(interval.channel(message), message, offset),
                Entry::Dropped(dropped) => {
                    let mut hole = LostSpan::of_dropped(dropped, &mut entries, offset);
                    for range in &mut hole.ranges {
                        range.resets = self.resets.get(&range.channel).copied().unwrap_or_default();
                    }
                    self.others.push(hole);
                }
                Entry::Counter { channel, reading, server, at } => {
                    self.counters.insert(channel.clone(), (reading.clone(), server.clone(), *at));
                }
                Entry::Finding(finding) => {
                    if finding.kind == FindingKind::CounterReset {
                        *self.resets.entry(finding.channel.clone()).or_default() += 1;
                        self.open.remove(&finding.channel);
                    }
                    self.entries.push(entry.clone());
                }
                Entry::Link(_) => self.entries.push(entry.clone()),
                Entry::Expectation(_) | Entry::Barrier { .. } => {}
            }
        }
        let waiting = self.entries.entries().len();
        if waiting > MAX_ENTRIES {
            self.entries = self.entries.split_off(waiting / 2);
            self.given_up += waiting / 2;
            self.hole.reason = format!("{}; {} findings and link changes were dropped too", self.why, self.given_up);
        }
    }

    fn message(&mut self, channel: &Channel, message: &Message, offset: i64) {
        let hole = &mut self.hole;
        let first = hole.offsets.map_or(offset, |(first, _)| first);
        if hole.offsets.is_none() {
            hole.from_at = message.at;
        }
        hole.offsets = Some((first, offset));
        hole.to_at = message.at;
        hole.messages = hole.messages.map(|messages| messages + 1);
        let numbers = match message.sequence {
            Sequence::Exact(number) | Sequence::Inferred(number) => Some((number, number)),
            Sequence::Range { from, to } => Some((from, to)),
            Sequence::Unknown(_) => None,
        };
        let is_full = hole.ranges.len() >= MAX_RANGES;
        if let Some(range) = self.open.get(channel).and_then(|&index| hole.ranges.get_mut(index))
            && range.take(numbers, is_full)
        {
            return;
        }
        self.open.insert(channel.clone(), hole.ranges.len());
        let resets = self.resets.get(channel).copied().unwrap_or_default();
        hole.ranges.push(LostRange { channel: channel.clone(), resets, numbers, messages: 1 });
    }
}

impl LostRange {
    /// Adds a message to this range. Returns false if the message does not continue the range. If `allow_gaps` is set, the range
    /// may skip numbers. It then has more numbers than messages.
    fn take(&mut self, numbers: Option<(u64, u64)>, allow_gaps: bool) -> bool {
        match (&mut self.numbers, numbers) {
            (None, None) => {}
            (Some((low, high)), Some((from, to))) if allow_gaps || (from >= *low && from <= high.saturating_add(1)) => {
                (*low, *high) = ((*low).min(from), (*high).max(to));
            }
            _ => return false,
        }
        self.messages += 1;
        true
    }
}
