//! Finds the place that a bundle is about.

use std::path::Path;

use rusqlite::params;

use super::BundleFocus;
use crate::ledger::finding::Finding;
use crate::ledger::format::counted;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Channel;
use crate::ledger::sequence::notation::range;
use crate::recording::codes::NameColumn;
use crate::recording::file::RecordError;
use crate::recording::reader::{FilledGap, RecordingReader, bounded};
use crate::wire::escape::escape;

/// The place that a bundle is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Focus {
    /// The finding; none if the place is only a time, or numbers that no finding reports.
    pub(super) finding: Option<Finding>,
    /// The finding's id. A gap that a merge filled has none.
    pub(super) row: Option<i64>,
    /// The session that has the finding. For a filled gap: the first session of the recording that had it.
    pub(super) session: i64,
    /// The sequence numbers whose messages are wanted.
    pub(super) numbers: Option<NumberRange>,
    /// The first and the last id of the finding or the numbers. Other channels can have rows in between.
    pub(super) span: (i64, i64),
    /// The start and the end in microseconds since the epoch.
    pub(super) from: i64,
    pub(super) to: i64,
}

/// A range of sequence numbers, inclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NumberRange {
    pub(super) channel: Channel,
    pub(super) epoch: i64,
    pub(super) range: (u64, u64),
}

impl NumberRange {
    pub(super) fn has(&self, channel: &Channel, number: Option<u64>) -> bool {
        *channel == self.channel && number.is_some_and(|number| (self.range.0..=self.range.1).contains(&number))
    }

    /// How many numbers it has.
    pub(super) fn count(&self) -> u64 {
        self.range.1.saturating_sub(self.range.0).saturating_add(1)
    }
}

impl Focus {
    pub(super) fn find(reader: &RecordingReader, file: &Path, wanted: &BundleFocus) -> Result<Self, RecordError> {
        match wanted {
            BundleFocus::Finding(id) => Self::of_finding(reader, file, *id),
            BundleFocus::FilledGap(finding) => {
                let gap = reader.filled_gaps()?.into_iter().find(|gap| gap.finding == *finding);
                Self::of_filled_gap(reader, gap.ok_or_else(|| changed(file))?)
            }
            BundleFocus::Numbers { channel, epoch, range } => {
                Self::of_numbers(reader, file, NumberRange { channel: channel.clone(), epoch: *epoch, range: *range })
            }
            BundleFocus::Time(at) => Self::of_time(reader, file, *at),
        }
    }

    fn of_finding(reader: &RecordingReader, file: &Path, id: i64) -> Result<Self, RecordError> {
        let page = reader.finding(id)?.unwrap_or_default();
        let (Some(place), Some(Entry::Finding(finding))) = (page.places.first(), page.interval.entries().first())
        else {
            return Err(RecordError::new(
                file,
                format_args!("has no finding with the id {id} (see the SQL view findings)"),
            ));
        };
        // In a merged recording, the finding can be what is left of a gap.
        let whole = reader.filled_gaps()?.into_iter();
        if let Some(gap) = whole.into_iter().find(|gap| gap.epoch == place.epoch && gap.is_whole_of(finding)) {
            return Self::of_filled_gap(reader, gap);
        }
        let numbers = finding.sequence_from.zip(finding.sequence_to).filter(|_| finding.kind.is_gap());
        let numbers = numbers.map(|range| NumberRange { channel: finding.channel.clone(), epoch: place.epoch, range });
        // In a bundle, the messages of the gap can be before the finding.
        let first = match &numbers {
            Some(numbers) => rows(reader, numbers)?.map_or(id, |(first, ..)| first.min(id)),
            None => id,
        };
        Ok(Self {
            row: Some(id),
            session: place.session,
            numbers,
            span: (first, id),
            from: finding.began_at(),
            to: finding.at,
            finding: Some(Finding::clone(finding)),
        })
    }

    fn of_filled_gap(reader: &RecordingReader, gap: FilledGap) -> Result<Self, RecordError> {
        let FilledGap { finding, epoch, session, .. } = gap;
        let range = finding.sequence_from.zip(finding.sequence_to).unwrap_or_default();
        let numbers = NumberRange { channel: finding.channel.clone(), epoch, range };
        let span = match rows(reader, &numbers)? {
            Some((first, last, ..)) => (first, last),
            // The messages that filled it have no exact number.
            None => nearest(reader, finding.at)?.unwrap_or_default(),
        };
        Ok(Self {
            row: None,
            session,
            numbers: Some(numbers),
            span,
            from: finding.began_at(),
            to: finding.at,
            finding: Some(finding),
        })
    }

    fn of_numbers(reader: &RecordingReader, file: &Path, numbers: NumberRange) -> Result<Self, RecordError> {
        let Some((first, last, from, to)) = rows(reader, &numbers)? else {
            let (channel, range) = (escape(numbers.channel.as_bytes()), range(numbers.range.0, numbers.range.1));
            return Err(RecordError::new(file, format_args!("has no message of {channel} with the numbers {range}")));
        };
        Ok(Self { finding: None, row: None, session: 0, numbers: Some(numbers), span: (first, last), from, to })
    }

    fn of_time(reader: &RecordingReader, file: &Path, at: i64) -> Result<Self, RecordError> {
        let Some((id, _)) = nearest(reader, at)? else {
            let messages = counted(0, "message");
            return Err(RecordError::new(file, format_args!("has {messages}; choose another recording")));
        };
        // The message itself is after the place.
        Ok(Self {
            finding: None,
            row: None,
            session: 0,
            numbers: None,
            span: (id, id.saturating_sub(1)),
            from: at,
            to: at,
        })
    }

    /// Adds sequence numbers on both sides. Returns the first and the last row of the messages with all of them, and their times.
    pub(super) fn extend(
        &mut self,
        reader: &RecordingReader,
        (low, high): (u64, u64),
    ) -> Result<Option<(i64, i64, i64, i64)>, RecordError> {
        let Some(numbers) = &mut self.numbers else { return Ok(None) };
        numbers.range = (numbers.range.0.min(low), numbers.range.1.max(high));
        rows(reader, numbers)
    }

    /// The channel; none if the place is a time.
    pub(super) fn channel(&self) -> Option<&Channel> {
        self.finding.as_ref().map(|finding| &finding.channel).or(self.numbers.as_ref().map(|numbers| &numbers.channel))
    }

    /// Whether it is a gap that a merge filled. Such a gap has no row.
    pub(super) fn is_filled_gap(&self) -> bool {
        self.finding.is_some() && self.row.is_none()
    }
}

fn changed(file: &Path) -> RecordError {
    RecordError::new(file, "no longer contains the gap; try again")
}

/// The message nearest to a time, as the first and the last row.
fn nearest(reader: &RecordingReader, at: i64) -> Result<Option<(i64, i64)>, RecordError> {
    Ok(reader.nearest(at)?.map(|id| (id, id)))
}

/// The first and the last row with these numbers, and their times.
pub(super) fn rows(
    reader: &RecordingReader,
    numbers: &NumberRange,
) -> Result<Option<(i64, i64, i64, i64)>, RecordError> {
    let (from, to) = numbers.range;
    let sql = "SELECT min(m.id), max(m.id), min(m.at_unix_micros), max(m.at_unix_micros)
               FROM message m JOIN channel c ON c.id = m.channel
               WHERE c.name = ? AND m.sequence BETWEEN ? AND ? AND m.epoch = ?";
    let name = NameColumn(numbers.channel.as_bytes());
    let row = reader.connection().query_row(sql, params![name, bounded(from), bounded(to), numbers.epoch], |row| {
        Ok(match (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?) {
            (Some(first), Some(last), Some(from), Some(to)) => Some((first, last, from, to)),
            _ => None,
        })
    });
    row.map_err(|error| RecordError::failed(reader.path(), "read", &error))
}
