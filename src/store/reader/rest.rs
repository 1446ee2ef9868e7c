//! What no recording has: what remains of a gap or hole of one recording, by the rule of `merge`.

use super::StoreBackend;
use super::catalog::{Catalog, Part};
use super::column;
use super::rows::StoredFinding;
use super::union::columns;
use crate::ledger::finding::{Cause, Finding};
use crate::recording::file::RecordError;
use crate::recording::reader::{Hole, HoleRange, RecordingBackend, length};

/// The number of messages that are read at once.
const ROWS_PER_READ: usize = 1000;

/// A range of sequence numbers, both inclusive.
type Numbers = (u64, u64);

/// The numbers that are in both ranges.
fn overlap(a: Numbers, b: Numbers) -> Option<Numbers> {
    let both = (a.0.max(b.0), a.1.min(b.1));
    (both.0 <= both.1).then_some(both)
}

/// The part of `ranges` that is not in `taken`.
fn subtract(ranges: &mut Vec<Numbers>, taken: &[Numbers]) {
    for &(low, high) in taken {
        let cut = |&(from, to): &Numbers| {
            let before = (from < low).then(|| (from, to.min(low.saturating_sub(1))));
            let after = (to > high).then(|| (from.max(high.saturating_add(1)), to));
            before.into_iter().chain(after)
        };
        *ranges = ranges.iter().flat_map(cut).collect();
    }
}

/// Extends a range by all numbers that the messages in it may have. Also returns the number of these messages.
fn around(mut range: Numbers, inexact: &[Numbers]) -> (Numbers, u64) {
    loop {
        let inside = || inexact.iter().filter(|numbers| overlap(range, **numbers).is_some());
        let wider = inside().fold(range, |all, numbers| (all.0.min(numbers.0), all.1.max(numbers.1)));
        if wider == range {
            return (range, inside().count() as u64);
        }
        range = wider;
    }
}

impl StoreBackend {
    /// What remains of a gap.
    pub(super) fn rest_of_gap(&self, stored: &StoredFinding, range: Numbers) -> Result<Vec<Finding>, RecordError> {
        let finding = &stored.finding;
        let is_earlier = |part: Part, _: &Finding| part.recording < stored.recording;
        let missed = finding.count.unwrap_or(length(range));
        let rest = self.rest((stored.channel, stored.place.epoch), range, missed, is_earlier)?;
        let remaining = |((from, to), count)| {
            let (sequence_from, sequence_to) = (Some(from), Some(to));
            let mut rest = Finding { sequence_from, sequence_to, count: Some(count), ..finding.clone() };
            if let Cause::NotRunning { lost: Some(lost), .. } = &mut rest.cause {
                // They are the first of the gap.
                *lost = range.0.saturating_add(*lost).saturating_sub(from).min(*lost).min(count);
            }
            rest
        };
        Ok(rest.into_iter().map(remaining).collect())
    }

    /// What is left of a hole after the messages that other recordings have. `None` if nothing is left.
    pub(super) fn rest_of_hole(&self, mut hole: Hole) -> Result<Option<Hole>, RecordError> {
        let (recording, _) = Catalog::own_id(hole.id);
        if hole.ranges.iter().all(|range| range.numbers.is_none()) {
            let sql = "SELECT EXISTS (SELECT 1 FROM aircheck.session
                WHERE recording = ANY ($1) AND recording <> $2 AND started_unix_micros <= $3
                    AND coalesce(ended_unix_micros, last_unix_micros) >= $4)";
            let all = &self.catalog.recordings;
            let rows = self.query(sql, &[all, &all[recording], &hole.from_at, &hole.to_at])?;
            let is_covered = rows.first().map_or(Ok(false), |row| column(row, 0))?;
            return Ok((!is_covered).then_some(hole));
        }
        // A gap reports its numbers. The hole's messages may have numbers of a gap of the same recording, if some of them were
        // not missed.
        let is_reported = |part: Part, gap: &Finding| {
            let numbers = gap.sequence_from.zip(gap.sequence_to);
            part.recording != recording || gap.count.is_none() || gap.count >= numbers.map(length)
        };
        let mut left = Vec::new();
        for range in hole.ranges {
            let (Some(numbers), Some(channel)) = (range.numbers, RecordingBackend::channel(self, &range.channel)?)
            else {
                left.push(range);
                continue;
            };
            for (numbers, messages) in self.rest((channel.id, range.epoch), numbers, range.messages, is_reported)? {
                left.push(HoleRange { numbers: Some(numbers), messages, ..range.clone() });
            }
        }
        hole.messages = hole.messages.map(|_| left.iter().map(|range| range.messages).sum());
        hole.ranges = left;
        Ok((!hole.ranges.is_empty()).then_some(hole))
    }

    /// The numbers of `missed` messages in a range that no recording has and no gap reports, with the number of messages for each
    /// range. `is_reported` selects the gaps.
    fn rest(
        &self,
        counter_epoch: (i64, i64),
        range: Numbers,
        missed: u64,
        is_reported: impl Fn(Part, &Finding) -> bool,
    ) -> Result<Vec<(Numbers, u64)>, RecordError> {
        let stretches = self.absent(counter_epoch, range, &is_reported)?;
        if stretches.is_empty() {
            return Ok(Vec::new());
        }
        let (wide, inexact) = self.inexact(counter_epoch, range)?;
        let absent = if wide == range { stretches.clone() } else { self.absent(counter_epoch, wide, &is_reported)? };
        let mut rest: Vec<(Numbers, u64)> = Vec::new();
        let mut done = None;
        for stretch in stretches {
            if done.is_some_and(|done| stretch.0 <= done) {
                continue;
            }
            let (around, messages) = around(stretch, &inexact);
            if messages == 0 {
                rest.push((stretch, length(stretch)));
                continue;
            }
            // Messages that may have these numbers may also have others, so all of these numbers are counted together.
            done = Some(around.1);
            let absent: Vec<Numbers> = absent.iter().filter_map(|absent| overlap(*absent, around)).collect();
            let left = absent.iter().copied().map(length).sum::<u64>().saturating_sub(messages);
            if let (Some(first), Some(last), 1..) = (absent.first(), absent.last(), left) {
                rest.push(((first.0, last.1), left));
            }
        }
        let is_more = rest.iter().map(|(_, count)| count).sum::<u64>() > missed;
        match (rest.first(), rest.last()) {
            // More numbers are absent than were missed, and it is unknown which of them were missed.
            (Some((first, _)), Some((last, _))) if is_more => {
                Ok(vec![((first.0.max(range.0), last.1.min(range.1)), missed)])
            }
            _ => Ok(rest),
        }
    }

    /// The numbers of a range that no recording has and no selected gap reports.
    fn absent(
        &self,
        (channel, epoch): (i64, i64),
        range: Numbers,
        is_reported: &impl Fn(Part, &Finding) -> bool,
    ) -> Result<Vec<Numbers>, RecordError> {
        let mut absent = vec![range];
        subtract(&mut absent, &RecordingBackend::numbers(self, channel, epoch, range, usize::MAX)?);
        for part in self.catalog.parts(channel, epoch) {
            let gaps = self.gaps_of(part, columns(range), false)?;
            let reported = gaps.iter().map(|gap| &gap.finding).filter(|gap| is_reported(part, gap));
            let reported: Vec<_> = reported.filter_map(|gap| gap.sequence_from.zip(gap.sequence_to)).collect();
            subtract(&mut absent, &reported);
        }
        Ok(absent)
    }

    /// The possible numbers of the messages without an exact number that may have a number in a range, or in this range extended
    /// by all numbers that they may have. Also returns this range.
    fn inexact(
        &self,
        (channel, epoch): (i64, i64),
        mut range: Numbers,
    ) -> Result<(Numbers, Vec<Numbers>), RecordError> {
        loop {
            let mut found = Vec::new();
            for part in self.catalog.parts(channel, epoch) {
                let mut after = -1;
                loop {
                    let (rows, is_cut) = self.messages_ranged(part, columns(range), after, ROWS_PER_READ)?;
                    let kept = self.distinct(&rows)?;
                    let kept = rows.iter().zip(kept).filter(|(_, is_kept)| *is_kept);
                    found.extend(kept.filter_map(|(row, _)| row.message.sequence.range()));
                    match rows.last() {
                        Some(last) if is_cut => after = Catalog::own_id(last.place.id).1,
                        _ => break,
                    }
                }
            }
            let (wider, _) = around(range, &found);
            if wider == range {
                return Ok((range, found));
            }
            range = wider;
        }
    }
}
