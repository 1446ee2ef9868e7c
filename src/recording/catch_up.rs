//! Adds findings for messages that a recording missed while nothing was recorded to it.
//!
//! A subscription only reports messages that it missed itself. If recording starts while the subscription is already running, the
//! file also lacks the messages that the subscription received before. Findings for them are added before the first entry of each
//! channel.

use std::collections::HashMap;
use std::sync::Arc;

use crate::ledger::finding::{Cause, Finding, FindingKind, Program};
use crate::ledger::interval::{Entry, Interval};
use crate::ledger::known::{KnownCounter, ServerId};
use crate::ledger::sequence::{Channel, Reading, Sequence, UnknownReason};

/// The channels for which it is not known yet whether messages were missed.
#[derive(Debug, Default)]
pub struct CatchUp(HashMap<Channel, OpenChannel>);

#[derive(Debug)]
struct OpenChannel {
    /// The counter that the recording knows.
    known: KnownCounter,
    /// The number of messages received since then that may have a sequence number, but it is unknown which.
    unnumbered: u64,
}

/// The first entry of a channel in an interval.
#[derive(Debug, Clone, Copy)]
struct FirstEntry {
    /// The index of the entry.
    index: usize,
    /// The counter before the entry, and the value of [`OpenChannel::unnumbered`] there. `None` if the counter cannot be
    /// determined.
    before: Option<(u64, u64)>,
}

impl CatchUp {
    /// Starts with the counters that the recording knows.
    #[must_use]
    pub fn new(known: &[KnownCounter]) -> Self {
        let open = |known: &KnownCounter| OpenChannel { known: known.clone(), unnumbered: 0 };
        Self(known.iter().map(|known| (known.channel.clone(), open(known))).collect())
    }

    /// Adds findings for missed messages before the first entry of each channel. Returns the same interval if there are none.
    #[must_use]
    pub fn add_missed(&mut self, interval: Arc<Interval>) -> Arc<Interval> {
        if self.0.is_empty() {
            return interval;
        }
        let mut missed = Vec::new();
        for (channel, first) in self.firsts(&interval) {
            let Some((before, unnumbered)) = first.before else { continue };
            let Some(OpenChannel { known, .. }) = self.0.remove(&channel) else { continue };
            if before < known.highest() {
                continue;
            }
            // The messages of unknown number may have any of these numbers, except those that a killed recorder lost.
            let lost = known.highest() - known.counter;
            let count = lost + (before - known.highest()).saturating_sub(unnumbered);
            if count > 0 {
                let at = interval.entries()[first.index].at();
                let is_same = ServerId::is_same(known.server.as_ref(), server(&interval, &channel));
                missed.push((first.index, finding(known, (before, count), !is_same || unnumbered > 0, at)));
            }
        }
        if missed.is_empty() {
            return interval;
        }
        missed.sort_by_key(|(index, _)| *index);
        let mut with_missed = copy(&interval);
        with_missed.insert_all(missed);
        Arc::new(with_missed)
    }

    /// The first entries of the open channels. Counts the messages of unknown number.
    fn firsts(&mut self, interval: &Interval) -> HashMap<Channel, FirstEntry> {
        let mut firsts: HashMap<Channel, FirstEntry> = HashMap::new();
        for (index, entry) in interval.entries().iter().enumerate() {
            if let Entry::Dropped(dropped) = entry
                && dropped.channel.is_none()
            {
                // They may be of any channel.
                for open in self.0.values_mut() {
                    open.unnumbered = open.unnumbered.saturating_add(dropped.count);
                }
            }
            let Some((channel, before)) = before(interval, entry) else { continue };
            let Some(open) = self.0.get_mut(channel) else { continue };
            let before = before.map(|before| (before, open.unnumbered));
            open.unnumbered = open.unnumbered.saturating_add(unnumbered(entry));
            let first = firsts.entry(channel.clone()).or_insert(FirstEntry { index, before });
            first.before = match (first.before, before) {
                (Some(first), Some(before)) => Some(first.min(before)),
                (first, before) => first.or(before),
            };
        }
        firsts
    }
}

/// The number of messages of an entry that may have a sequence number, but it is unknown which.
fn unnumbered(entry: &Entry) -> u64 {
    match entry {
        Entry::Message(message) => {
            u64::from(matches!(message.sequence, Sequence::Unknown(why) if why != UnknownReason::ReceivedNotCounted))
        }
        Entry::Dropped(dropped) if dropped.range.is_none() => dropped.count,
        _ => 0,
    }
}

/// The channel of an entry, and the counter before it.
fn before<'a>(interval: &'a Interval, entry: &'a Entry) -> Option<(&'a Channel, Option<u64>)> {
    match entry {
        Entry::Message(message) => {
            let number = match message.sequence {
                Sequence::Exact(number) | Sequence::Inferred(number) | Sequence::Range { from: number, .. } => {
                    Some(number.saturating_sub(1))
                }
                Sequence::Unknown(_) => None,
            };
            Some((interval.channel(message), number))
        }
        Entry::Finding(finding) if finding.kind.is_gap() => {
            Some((&finding.channel, finding.sequence_from.map(|from| from.saturating_sub(1))))
        }
        // The finding for the reset already reports that an unknown number of messages may have been missed.
        Entry::Finding(finding) if finding.kind == FindingKind::CounterReset => Some((&finding.channel, Some(0))),
        Entry::Counter { channel, reading: Reading::Value(counter), .. } => Some((channel, Some(*counter))),
        Entry::Counter { channel, reading: Reading::Missing, .. } => Some((channel, Some(0))),
        Entry::Dropped(dropped) => {
            let channel = dropped.channel.as_ref()?;
            Some((channel, dropped.range.map(|(from, _)| from.saturating_sub(1))))
        }
        Entry::Finding(_) | Entry::Counter { .. } | Entry::Expectation(_) | Entry::Link(_) | Entry::Barrier { .. } => {
            None
        }
    }
}

/// The server that a channel's counter was read from in this interval. `None` if it is unknown.
fn server<'a>(interval: &'a Interval, channel: &Channel) -> Option<&'a Arc<ServerId>> {
    interval.entries().iter().find_map(|entry| match entry {
        Entry::Counter { channel: of, server, .. } if of == channel => server.as_ref(),
        _ => None,
    })
}

fn finding(known: KnownCounter, (before, count): (u64, u64), lower_bound: bool, at: i64) -> Entry {
    Entry::from(Finding {
        kind: FindingKind::MissedNotRunning,
        channel: known.channel,
        sequence_from: Some(known.counter + 1),
        sequence_to: Some(before),
        count: Some(count),
        at,
        cause: Cause::NotRunning { program: Program::Recorder, since: known.at, lower_bound, lost: known.lost },
    })
}

fn copy(interval: &Interval) -> Interval {
    let mut copy = Interval::with_capacity(interval.payload_bytes(), interval.entries().len());
    for entry in interval.entries() {
        match entry {
            Entry::Message(message) => copy.adopt(message, interval),
            other => copy.push(other.clone()),
        }
    }
    copy
}
