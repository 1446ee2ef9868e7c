//! The gaps that a merge filled.

use rusqlite::Row;

use super::RecordingReader;
use crate::ledger::finding::Finding;
use crate::recording::codes;
use crate::recording::file::RecordError;

/// The maximum number of filled gaps that are read.
const MAX_GAPS: i64 = 100_000;

/// A gap of one recording that was filled, completely or partly, when it was merged with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilledGap {
    /// The gap as it was before the merge.
    pub finding: Finding,
    /// The channel's counter epoch in the merged recording.
    pub epoch: i64,
    /// The first session of the recording that had the gap.
    pub session: i64,
    /// The recording that had the gap, as it was named when it was merged. Not escaped.
    pub file: String,
}

impl RecordingReader {
    /// The gaps that a merge filled, sorted by time. Empty if the recording is not a merged one.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn filled_gaps(&self) -> Result<Vec<FilledGap>, RecordError> {
        let read = || {
            if !self.has_table("backfilled")? {
                return Ok(Vec::new());
            }
            // The columns of a cause in the order that `codes::cause` reads.
            let mut statement = self.connection().prepare(
                "SELECT f.kind, c.name, f.sequence_from, f.sequence_to, f.count, f.at_unix_micros, f.epoch, f.recording,
                    f.reason, f.duration_micros, f.since_unix_micros, f.lower_bound, f.advance, f.received,
                    NULL, NULL, NULL, NULL, NULL, f.lost, NULL, NULL, NULL, r.file
                 FROM backfilled f JOIN channel c ON c.id = f.channel JOIN recording r ON r.first_session = f.recording
                 ORDER BY f.at_unix_micros, f.sequence_from, f.sequence_to DESC LIMIT ?",
            )?;
            let mut gaps: Vec<FilledGap> = Vec::new();
            for gap in statement.query_map([MAX_GAPS], filled_gap)? {
                let gap = gap?;
                // A later merge filled what an earlier one had left of the same gap, or the gap was in two recordings.
                if !gaps
                    .iter()
                    .rev()
                    .take_while(|known| known.finding.at == gap.finding.at)
                    .any(|known| known.epoch == gap.epoch && known.is_whole_of(&gap.finding))
                {
                    gaps.push(gap);
                }
            }
            Ok(gaps)
        };
        self.backend.map_error(read())
    }
}

impl FilledGap {
    /// Whether a finding is what is left of this gap.
    #[must_use]
    pub fn is_whole_of(&self, rest: &Finding) -> bool {
        let whole = &self.finding;
        (&whole.channel, whole.kind, whole.at) == (&rest.channel, rest.kind, rest.at)
            && whole.sequence_from <= rest.sequence_from
            && whole.sequence_to >= rest.sequence_to
    }
}

fn filled_gap(row: &Row<'_>) -> rusqlite::Result<FilledGap> {
    let kind = codes::finding_kind(row, 0)?;
    let number = |column| row.get::<usize, Option<i64>>(column).map(|number| number.map(i64::cast_unsigned));
    let finding = Finding {
        kind,
        channel: codes::channel(row, 1)?,
        sequence_from: number(2)?,
        sequence_to: number(3)?,
        count: number(4)?,
        at: row.get(5)?,
        cause: codes::cause(row, 8, kind)?,
    };
    Ok(FilledGap { finding, epoch: row.get(6)?, session: row.get(7)?, file: row.get("file")? })
}
