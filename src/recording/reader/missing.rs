//! Finds the sequence numbers of a range that are not in a recording, and why.

use super::RecordingReader;
use super::backend::{Direction, FindingQuery, RecordingBackend, bounded};
use super::overview::ChannelRow;
use super::seek::{Hole, HoleRange};
use crate::ledger::finding::{Cause, Finding, FindingKind};
use crate::ledger::format::{counted, number};
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Channel;
use crate::recording::file::RecordError;

/// The most messages without an exact number that are read at once, to count or to print them.
pub(crate) const MAX_RANGED: usize = 100_000;

/// A range of sequence numbers that no message in the recording has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingRange {
    /// The first number.
    pub from: u64,
    /// The last number, inclusive.
    pub to: u64,
    /// The reason.
    pub reason: MissingReason,
}

/// Sequence numbers of messages in the recording, if it is unknown which message has which number: some of them were not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InexactRange {
    /// The first number.
    pub from: u64,
    /// The last number, inclusive.
    pub to: u64,
    /// The number of messages. At least one for each sequence number.
    pub messages: u64,
    /// How many of them were not counted.
    pub uncounted: u64,
    /// When the first and the last of them were received, in microseconds since the epoch.
    pub at: (i64, i64),
}

impl InexactRange {
    /// The range as text: `14 messages without an exact number; 1 of them was not counted`.
    #[must_use]
    pub fn words(&self) -> String {
        let verb = if self.uncounted == 1 { "was" } else { "were" };
        format!(
            "{} without an exact number; {} of them {verb} not counted",
            counted(self.messages, "message"),
            number(self.uncounted)
        )
    }
}

/// Why sequence numbers are not in a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MissingReason {
    /// A finding reports them: they were missed, or may belong to messages whose number is not exact.
    Finding(Box<Finding>),
    /// They are in a hole: the recorder did not record them, or retention deleted them before a store had them.
    Hole(Box<Hole>),
    /// Retention deleted them because of their age or the size of the file.
    Deleted,
    /// They were broadcast before the recording knew the channel.
    Before,
    /// They are higher than any number that the recording knows.
    After,
    /// The recording contains no reason.
    Unknown,
}

impl MissingRange {
    /// Whether messages are missing for this reason. False for a finding of messages that were received but not counted: it also
    /// explains numbers without a message, but no message is missing.
    #[must_use]
    pub fn is_missed(&self) -> bool {
        match &self.reason {
            MissingReason::Finding(finding) => finding.kind != FindingKind::ReceivedNotCounted,
            MissingReason::Hole(_)
            | MissingReason::Deleted
            | MissingReason::Before
            | MissingReason::After
            | MissingReason::Unknown => true,
        }
    }

    /// The lowest and the highest possible number of missed messages with these numbers. They differ if a finding has more
    /// numbers than missed messages, and some of its numbers are not in this range.
    #[must_use]
    pub fn missed(&self) -> (u64, u64) {
        let own = length((self.from, self.to));
        let MissingReason::Finding(finding) = &self.reason else { return (own, own) };
        let range = finding.sequence_from.zip(finding.sequence_to).filter(|_| finding.kind.is_gap());
        let Some(range) = range else { return (own, own) };
        let count = finding.count.unwrap_or(0);
        let others = length(range).saturating_sub(own);
        let least = count.saturating_sub(others).min(own);
        let is_upper_bound = finding.count.is_some() && finding.cause.lower_bound() != Some(true);
        (least, if is_upper_bound { count.min(own) } else { own })
    }
}

/// How many numbers are in a range.
pub(crate) fn length((from, to): (u64, u64)) -> u64 {
    to.saturating_sub(from).saturating_add(1)
}

impl<B: RecordingBackend> RecordingReader<B> {
    /// The numbers from `from` to `to`, inclusive, of a channel and epoch that no message in the recording has as its exact or
    /// inferred number. Returns about `limit` ranges at most, in ascending order.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn missing(
        &self,
        channel: &Channel,
        epoch: i64,
        (from, to): (u64, u64),
        limit: usize,
    ) -> Result<Vec<MissingRange>, RecordError> {
        let _snapshot = self.snapshot()?;
        let Some(channel) = self.backend.channel(channel)? else {
            return Ok(vec![MissingRange { from, to, reason: MissingReason::Unknown }]);
        };
        let mut missing = Vec::new();
        let highest = self.end_of(&channel, epoch)?.map_or(0, |(number, _)| number);
        for range in self.stretches(channel.id, epoch, (from, to), limit)? {
            self.explain(&channel, epoch, range, highest, &mut missing)?;
        }
        Ok(missing)
    }

    /// The numbers of a missing range that messages in the recording have. `None` if messages are missing.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn inexact(
        &self,
        channel: &Channel,
        epoch: i64,
        missing: &MissingRange,
    ) -> Result<Option<InexactRange>, RecordError> {
        let MissingReason::Finding(finding) = &missing.reason else { return Ok(None) };
        if missing.is_missed() {
            return Ok(None);
        }
        let page = self.ranged(channel, epoch, (missing.from, missing.to), MAX_RANGED)?;
        let entries = page.interval.entries();
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(None) };
        let possible = entries.iter().filter_map(|entry| match entry {
            Entry::Message(message) => message.sequence.range(),
            _ => None,
        });
        let (from, to) = possible.fold((missing.from, missing.to), |all, (from, to)| (all.0.min(from), all.1.max(to)));
        let (messages, uncounted) = (entries.len() as u64, finding.count.unwrap_or(0));
        let found = InexactRange { from, to, messages, uncounted, at: (first.at(), last.at()) };
        // Retention may have deleted some of them.
        Ok((messages > missing.to - missing.from).then_some(found))
    }

    /// Up to `limit` ranges between the numbers of the recorded messages.
    pub(super) fn stretches(
        &self,
        channel: i64,
        epoch: i64,
        (from, to): (u64, u64),
        limit: usize,
    ) -> Result<Vec<(u64, u64)>, RecordError> {
        let mut next = Some(from);
        let mut stretches = Vec::new();
        // One range more than there can be stretches before them.
        for (low, high) in self.backend.numbers(channel, epoch, (from, to), limit.saturating_add(1))? {
            let Some(expected) = next else { break };
            if low > expected {
                stretches.push((expected, low - 1));
                if stretches.len() >= limit {
                    return Ok(stretches);
                }
            }
            next = high.checked_add(1);
        }
        if let Some(next) = next.filter(|&next| next <= to) {
            stretches.push((next, to));
        }
        Ok(stretches)
    }

    /// Splits a range by reason. `highest` is the highest known number of the epoch.
    fn explain(
        &self,
        channel: &ChannelRow,
        epoch: i64,
        (from, to): (u64, u64),
        highest: u64,
        missing: &mut Vec<MissingRange>,
    ) -> Result<(), RecordError> {
        let gaps = self.gaps(channel.id, epoch, (from, to))?.into_iter();
        let holes = self.hole_ranges(channel.id, epoch, (from, to))?.into_iter();
        let mut known: Vec<(u64, u64, MissingReason)> = gaps
            .map(|(low, high, finding)| (low, high, MissingReason::Finding(finding)))
            .chain(holes.map(|(low, high, hole)| (low, high, MissingReason::Hole(hole))))
            .collect();
        known.sort_by_key(|(from, to, _)| (*from, *to));
        let mut next = from;
        for (low, high, reason) in known {
            if high < next {
                continue;
            }
            if low > next {
                missing.push(self.unexplained(channel, epoch, (next, low - 1))?);
            }
            let (from, end) = (low.max(next), high.min(to));
            missing.push(MissingRange { from, to: end, reason });
            let Some(after) = end.checked_add(1) else { return Ok(()) };
            next = after;
        }
        if next > to {
            return Ok(());
        }
        if next <= highest {
            missing.push(self.unexplained(channel, epoch, (next, to.min(highest)))?);
        }
        if to > highest {
            missing.push(MissingRange { from: next.max(highest + 1), to, reason: MissingReason::After });
        }
        Ok(())
    }

    pub(super) fn gaps(
        &self,
        channel: i64,
        epoch: i64,
        (from, to): (u64, u64),
    ) -> Result<Vec<(u64, u64, Box<Finding>)>, RecordError> {
        let query = FindingQuery::Gaps { channel, epoch, from: bounded(from), to: bounded(to) };
        let mut found = Vec::new();
        for entry in self.backend.findings(&query, usize::MAX)?.interval.entries() {
            if let Entry::Finding(finding) = entry
                && let (Some(low), Some(high)) = (finding.sequence_from, finding.sequence_to)
            {
                found.push((low, high, finding.clone()));
            }
        }
        Ok(found)
    }

    fn hole_ranges(
        &self,
        channel: i64,
        epoch: i64,
        numbers: (u64, u64),
    ) -> Result<Vec<(u64, u64, Box<Hole>)>, RecordError> {
        let mut found = Vec::new();
        for (low, high, hole) in self.backend.hole_ranges(channel, epoch, numbers)? {
            if let Some(hole) = self.backend.holes(hole, hole)?.pop() {
                found.push((low, high, Box::new(hole)));
            }
        }
        Ok(found)
    }

    /// The first and the last time of what the recording knows about these numbers: messages and gaps. `None` if it knows nothing.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn span(
        &self,
        channel: &Channel,
        epoch: i64,
        (from, to): (u64, u64),
    ) -> Result<Option<(i64, i64)>, RecordError> {
        let Some(channel) = self.backend.channel(channel)? else { return Ok(None) };
        let first = self.backend.numbered(channel.id, epoch, from, Direction::Forward)?;
        let last = self.backend.numbered(channel.id, epoch, to, Direction::Backward)?;
        let messages = first.into_iter().chain(last).filter(|message| (from..=to).contains(&message.number));
        let mut times: Vec<i64> = messages.map(|message| message.at).collect();
        for (_, _, finding) in self.gaps(channel.id, epoch, (from, to))? {
            times.extend([finding.began_at(), finding.at]);
        }
        Ok(times.iter().min().copied().zip(times.iter().max().copied()))
    }

    /// The end of a counter epoch of a channel: the highest known sequence number, and its time in microseconds since the Unix epoch.
    /// `None` if no number is known.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn end(&self, channel: &Channel, epoch: i64) -> Result<Option<(u64, i64)>, RecordError> {
        match self.backend.channel(channel)? {
            Some(channel) => self.end_of(&channel, epoch),
            None => Ok(None),
        }
    }

    fn end_of(&self, channel: &ChannelRow, epoch: i64) -> Result<Option<(u64, i64)>, RecordError> {
        let message = self.backend.numbered(channel.id, epoch, u64::MAX, Direction::Backward)?;
        let message = message.map(|message| (message.number, message.at));
        // For the newest epoch, the counter is known. For the others, it is known from the reset that ended them.
        let counter = if channel.summary.epoch == epoch {
            channel.summary.counter.zip(channel.counter_at)
        } else {
            self.reset(channel.id, epoch.saturating_add(1))?.and_then(|reset| match reset.cause {
                Cause::Reset { before, .. } => Some((before, reset.at)),
                _ => None,
            })
        };
        // An imported recording has no counter.
        let above = (message.map_or(0, |(number, _)| number.saturating_add(1)), u64::MAX);
        let gaps = self.gaps(channel.id, epoch, above)?.into_iter().map(|(_, number, finding)| (number, finding.at));
        let holes =
            self.hole_ranges(channel.id, epoch, above)?.into_iter().map(|(_, number, hole)| (number, hole.to_at));
        // If the last message has the counter's number, use the message's time.
        Ok(gaps.chain(holes).chain(counter).chain(message).max_by_key(|(number, _)| *number))
    }

    /// The counter reset that began an epoch. `None` if the recording began later, or if retention deleted the reset and
    /// everything before it.
    fn reset(&self, channel: i64, epoch: i64) -> Result<Option<Box<Finding>>, RecordError> {
        let page = self.backend.findings(&FindingQuery::Reset { channel, epoch }, 1)?;
        Ok(page.interval.entries().first().and_then(|entry| match entry {
            Entry::Finding(finding) => Some(finding.clone()),
            _ => None,
        }))
    }

    /// The reason for numbers that no finding and no hole contains. It is derived from the neighbouring messages.
    fn unexplained(
        &self,
        channel: &ChannelRow,
        epoch: i64,
        (from, to): (u64, u64),
    ) -> Result<MissingRange, RecordError> {
        let before = self.id_below(channel.id, epoch, from)?;
        let after = match to.checked_add(1) {
            Some(above) => self.backend.numbered(channel.id, epoch, above, Direction::Forward)?,
            None => None,
        };
        let after = after.map_or(i64::MAX, |message| message.id);
        let can_have = |hole: &Hole| {
            let is_own = |range: &HoleRange| (&range.channel, range.epoch) == (&channel.summary.channel, epoch);
            hole.ranges.is_empty() || hole.ranges.iter().any(|range| is_own(range) && range.numbers.is_none())
        };
        let hole = match before {
            Some(before) => self.backend.holes(before.min(after), before.max(after))?.into_iter().find(can_have),
            None => None,
        };
        let reason = match (before, hole) {
            (_, Some(hole)) => MissingReason::Hole(Box::new(hole)),
            (Some(_), None) => MissingReason::Unknown,
            // The recording has everything since the reset, but perhaps without numbers.
            (None, None) if self.reset(channel.id, epoch)?.is_some() => MissingReason::Unknown,
            (None, None) if self.backend.totals()?.deleted > 0 => MissingReason::Deleted,
            (None, None) => MissingReason::Before,
        };
        Ok(MissingRange { from, to, reason })
    }
}
