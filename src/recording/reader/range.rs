//! The messages that can have a number in a range, and the numbers of the range that a recording lacks. To recover missed
//! messages.

use std::collections::VecDeque;
use std::sync::Arc;

use rusqlite::params;

use super::RecordingReader;
use super::backend::{Cursor, RecordingBackend, bounded, one_more};
use super::missing::length;
use super::page::Page;
use crate::ledger::dropped::span;
use crate::ledger::finding::FindingKind;
use crate::ledger::interval::{Entry, Interval, Message};
use crate::ledger::sequence::Channel;
use crate::recording::file::RecordError;

/// How many messages are read at once.
const PAGE_MESSAGES: usize = 500;

/// Reads the messages of a channel and epoch that can have a number in a range.
///
/// Messages with an exact or inferred number are in the order of their numbers. The other messages are where they were received.
/// Each message is returned once.
#[derive(Debug)]
pub struct RangeMessages {
    channel: Channel,
    epoch: i64,
    range: (u64, u64),
    numbered: VecDeque<PlacedMessage>,
    numbered_after: Option<Cursor>,
    is_numbered_read: bool,
    ranged: VecDeque<PlacedMessage>,
    ranged_after: Option<RangedCursor>,
    is_ranged_read: bool,
}

/// The position in the messages without an exact number.
#[derive(Debug, Clone, Copy)]
struct RangedCursor {
    to: i64,
    from: i64,
    id: i64,
}

/// A message: its interval and the index of its entry, and its place in the stream.
#[derive(Debug)]
struct PlacedMessage {
    id: i64,
    interval: Arc<Interval>,
    index: usize,
}

impl PlacedMessage {
    fn message(&self) -> Option<&Message> {
        match self.interval.entries().get(self.index) {
            Some(Entry::Message(message)) => Some(message),
            _ => None,
        }
    }
}

/// Sequence numbers for which a recording lacks messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LackingRange {
    /// The first number.
    pub from: u64,
    /// The last number, inclusive.
    pub to: u64,
    /// How many messages the recording lacks; `None` if it is unknown. If it is less than the size of the range, the recording
    /// has the other messages, but it is unknown which of them has which number.
    pub count: Option<u64>,
}

/// Messages without an exact number whose possible numbers overlap: usually those between two barriers.
#[derive(Debug)]
struct InexactGroup {
    from: u64,
    to: u64,
    messages: u64,
}

impl RangeMessages {
    /// Starts at the first number of the range, which includes its end.
    #[must_use]
    pub fn new(channel: Channel, epoch: i64, range: (u64, u64)) -> Self {
        Self {
            channel,
            epoch,
            range,
            numbered: VecDeque::new(),
            numbered_after: None,
            is_numbered_read: false,
            ranged: VecDeque::new(),
            ranged_after: None,
            is_ranged_read: false,
        }
    }

    /// The next message: its interval and the index of its entry. `None` at the end.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn next(&mut self, reader: &RecordingReader) -> Result<Option<(Arc<Interval>, usize)>, RecordError> {
        if self.numbered.is_empty() && !self.is_numbered_read {
            let after = self.numbered_after;
            let (page, cursor) = reader.by_sequence(&self.channel, self.epoch, self.range, after, PAGE_MESSAGES)?;
            (self.numbered_after, self.is_numbered_read) = (cursor, cursor.is_none());
            self.numbered = placed(page);
        }
        if self.ranged.is_empty() && !self.is_ranged_read {
            let page = reader.ranged_after(&self.channel, self.epoch, self.range, self.ranged_after, PAGE_MESSAGES)?;
            self.is_ranged_read = !page.is_cut;
            self.ranged = placed(page);
            let last = self.ranged.back();
            self.ranged_after = last.and_then(|last| {
                let (from, to) = last.message()?.sequence.range()?;
                Some(RangedCursor { to: bounded(to), from: bounded(from), id: last.id })
            });
        }
        let is_ranged = match (self.numbered.front(), self.ranged.front()) {
            (Some(numbered), Some(ranged)) => ranged.id < numbered.id,
            (numbered, _) => numbered.is_none(),
        };
        let next = if is_ranged { self.ranged.pop_front() } else { self.numbered.pop_front() };
        Ok(next.map(|PlacedMessage { interval, index, .. }| (interval, index)))
    }
}

fn placed(page: Page) -> VecDeque<PlacedMessage> {
    let interval = Arc::new(page.interval);
    let placed = page.places.iter().enumerate();
    placed.map(|(index, place)| PlacedMessage { id: place.id, interval: Arc::clone(&interval), index }).collect()
}

impl RecordingReader {
    /// Up to `limit` messages whose number is not exact and can be in the range, by their highest possible number.
    fn ranged_after(
        &self,
        channel: &Channel,
        epoch: i64,
        (from, to): (u64, u64),
        after: Option<RangedCursor>,
        limit: usize,
    ) -> Result<Page, RecordError> {
        let Some(channel) = self.backend.channel(channel)? else { return Ok(Page::default()) };
        let after = after.unwrap_or(RangedCursor { to: bounded(from), from: i64::MIN, id: 0 });
        self.backend.map_error(self.backend.select_messages(
            "WHERE m.channel = ?1 AND m.sequence_to >= ?2 AND (m.sequence_to, m.sequence_from, m.id) > (?2, ?3, ?4)
                AND m.sequence_from <= ?5 AND m.epoch = ?6
             ORDER BY m.sequence_to, m.sequence_from, m.id LIMIT ?7",
            params![channel.id, after.to, after.from, after.id, bounded(to), epoch, one_more(limit)],
            limit,
        ))
    }

    /// The numbers of a range for which the recording lacks messages, in ascending order.
    ///
    /// A message without an exact number stands for one of its possible numbers. If messages without an exact number may be missing
    /// too, because the recorder dropped or retention deleted some, their range is included without a count.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn lacking(&self, channel: &Channel, epoch: i64, range: (u64, u64)) -> Result<Vec<LackingRange>, RecordError> {
        let _snapshot = self.snapshot()?;
        let mut lacking = LackingRanges { range, ranges: Vec::new() };
        let Some(channel) = self.backend.channel(channel)?.map(|channel| channel.id) else {
            lacking.add_all(range);
            return Ok(lacking.ranges);
        };
        let searched = self.with_unequal_intervals(channel, epoch, range)?;
        let groups = self.backend.map_error(self.inexact_groups(channel, epoch, searched))?;
        let searched = groups.iter().fold(searched, |(low, high), group| (low.min(group.from), high.max(group.to)));
        let holes = self.backend.hole_ranges(channel, epoch, searched)?;
        let mut absent: VecDeque<_> = self.stretches(channel, epoch, searched, usize::MAX)?.into();
        let mut may_be_deleted = match groups.first() {
            Some(first) => self.may_begin_with_deleted(channel, epoch, first.from)?,
            None => false,
        };
        for group in groups {
            while let Some(part) = group.from.checked_sub(1).and_then(|end| take_up_to(&mut absent, end)) {
                lacking.add_all(part);
            }
            let (mut numbers, mut own) = (0_u64, None);
            while let Some(part) = take_up_to(&mut absent, group.to) {
                numbers = numbers.saturating_add(length(part));
                own = span(own, lacking.within(part));
            }
            let is_incomplete =
                holes.iter().any(|(from, to, _)| *from <= group.to && *to >= group.from) || may_be_deleted;
            may_be_deleted = false;
            let is_inside = range.0 <= group.from && group.to <= range.1;
            match own {
                Some(own) if is_incomplete => lacking.add(own, None),
                Some(own) if group.messages < numbers => {
                    lacking.add(own, Some(numbers - group.messages).filter(|_| is_inside));
                }
                _ => {}
            }
        }
        for part in absent {
            lacking.add_all(part);
        }
        Ok(lacking.ranges)
    }

    /// Extends a range to the whole of the intervals at its ends whose messages were counted, but not all received. Their
    /// messages have different possible numbers, of which some may be outside of the range.
    fn with_unequal_intervals(&self, channel: i64, epoch: i64, range: (u64, u64)) -> Result<(u64, u64), RecordError> {
        let mut extended = range;
        for end in [range.0, range.1] {
            for (low, high, finding) in self.gaps(channel, epoch, (end, end))? {
                if finding.kind == FindingKind::CountedNotReceived {
                    extended = (extended.0.min(low), extended.1.max(high));
                }
            }
        }
        Ok(extended)
    }

    fn inexact_groups(&self, channel: i64, epoch: i64, (from, to): (u64, u64)) -> rusqlite::Result<Vec<InexactGroup>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT sequence_from, sequence_to FROM message
             WHERE channel = ? AND sequence_to >= ? AND sequence_from <= ? AND epoch = ? ORDER BY sequence_to, sequence_from",
        )?;
        let mut rows = statement.query(params![channel, bounded(from), bounded(to), epoch])?;
        let mut groups: Vec<InexactGroup> = Vec::new();
        while let Some(row) = rows.next()? {
            let number = |column| row.get::<usize, i64>(column).map(i64::cast_unsigned);
            let mut group = InexactGroup { from: number(0)?, to: number(1)?, messages: 1 };
            while let Some(overlapping) = groups.pop_if(|last| last.to >= group.from) {
                group.from = group.from.min(overlapping.from);
                group.messages += overlapping.messages;
            }
            groups.push(group);
        }
        Ok(groups)
    }

    /// Whether retention may have deleted messages just before the first one that can have this number.
    fn may_begin_with_deleted(&self, channel: i64, epoch: i64, from: u64) -> Result<bool, RecordError> {
        if self.backend.totals()?.deleted == 0 || self.id_below(channel, epoch, from)?.is_some() {
            return Ok(false);
        }
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM message WHERE channel = ? AND sequence_to < ? AND epoch = ?)";
        let read = || {
            self.connection().prepare_cached(sql)?.query_row(params![channel, bounded(from), epoch], |row| row.get(0))
        };
        self.backend.map_error(read())
    }
}

/// Collects the result of [`RecordingReader::lacking`].
struct LackingRanges {
    /// Other numbers are of no interest.
    range: (u64, u64),
    ranges: Vec<LackingRange>,
}

impl LackingRanges {
    /// The part of these numbers that is of interest.
    fn within(&self, (from, to): (u64, u64)) -> Option<(u64, u64)> {
        let part = (from.max(self.range.0), to.min(self.range.1));
        (part.0 <= part.1).then_some(part)
    }

    /// Adds numbers of which the recording has no message.
    fn add_all(&mut self, part: (u64, u64)) {
        if let Some(part) = self.within(part) {
            self.add(part, Some(length(part)));
        }
    }

    fn add(&mut self, (from, to): (u64, u64), count: Option<u64>) {
        let is_whole = |range: &LackingRange| range.count == Some(length((range.from, range.to)));
        let new = LackingRange { from, to, count };
        match self.ranges.last_mut() {
            Some(last) if last.to.checked_add(1) == Some(from) && is_whole(last) && is_whole(&new) => {
                last.to = to;
                last.count = Some(length((last.from, to)));
            }
            _ => self.ranges.push(new),
        }
    }
}

/// Removes the first of these ranges up to a number, which can be inside of it.
fn take_up_to(ranges: &mut VecDeque<(u64, u64)>, end: u64) -> Option<(u64, u64)> {
    let (from, to) = ranges.pop_front_if(|(from, _)| *from <= end)?;
    if to > end {
        ranges.push_front((end + 1, to));
    }
    Some((from, to.min(end)))
}
