//! Matches messages that were not counted, and their findings, by the rule of `merge`: they are the same if both recordings have
//! the same messages since the last one with the same exact number in both, and neither recorder was interrupted since then.

use super::catalog::{Catalog, Part};
use super::rows::{StoredFinding, StoredMessage};
use super::union::columns;
use super::{StoreBackend, column};
use crate::ledger::finding::FindingKind;
use crate::ledger::sequence::Sequence;
use crate::recording::file::RecordError;
use crate::store::epochs::MAX_CLOCK_DIFFERENCE;
use crate::store::micros::Micros;

/// How far before an uncounted message to look for a message with the same exact number in both recordings, in microseconds. It
/// limits the partitions that are read.
const MAX_DISTANCE: i64 = 86_400_000_000;
/// How many rows before it.
const MAX_ROWS: i64 = 10_000;

/// The messages of a part ($1, $2, $3) up to the id $4, and as many of another part ($5, $6, $7), since the last message with the
/// same exact number in both. `aligned` is empty if they differ.
const ALIGNED: &str = "WITH start AS (
        SELECT x.id AS own_id, x.session AS own_session, x.at AS own_at,
            y.id AS other_id, y.session AS other_session, y.at AS other_at
        FROM aircheck.message x JOIN aircheck.message y
            ON y.recording = $5 AND y.channel = $6 AND y.epoch = $7 AND y.sequence = x.sequence AND y.certainty = 0
                AND y.payload = x.payload AND y.at BETWEEN $8 AND $9
        WHERE x.recording = $1 AND x.channel = $2 AND x.epoch = $3 AND x.certainty = 0
            AND x.id BETWEEN $4::bigint - $10::bigint AND $4 AND x.at BETWEEN $8 AND $9
        ORDER BY x.id DESC LIMIT 1
    ), own AS (
        SELECT row_number() OVER (ORDER BY id) AS place, m.* FROM start, aircheck.message m
        WHERE recording = $1 AND channel = $2 AND id > own_id AND id <= $4 AND at BETWEEN $8 AND $9
    ), other AS (
        SELECT row_number() OVER (ORDER BY id) AS place, m.* FROM start, aircheck.message m
        WHERE recording = $5 AND channel = $6 AND id > other_id AND at BETWEEN $8 AND $9
        ORDER BY id LIMIT (SELECT count(*) FROM own)
    ), aligned AS (
        SELECT start.* FROM start WHERE EXISTS (SELECT 1 FROM own)
            AND NOT EXISTS (SELECT 1 FROM own LEFT JOIN other USING (place) WHERE other.payload IS DISTINCT FROM own.payload)
    ) ";

/// Whether one session of the recorder received everything from the start to the row `end`.
fn is_uninterrupted(side: &str, recording: &str, end: &str) -> String {
    format!(
        "{end}.session = {side}_session
            AND NOT EXISTS (SELECT 1 FROM aircheck.link WHERE recording = {recording} AND id BETWEEN {side}_id AND {end}.id)
            AND NOT EXISTS (SELECT 1 FROM aircheck.hole WHERE recording = {recording} AND (id BETWEEN {side}_id AND {end}.id
                OR (to_unix_micros >= 1000000 * extract(epoch FROM {side}_at)
                    AND from_unix_micros <= 1000000 * extract(epoch FROM {end}.at))))"
    )
}

/// How many messages between the start and the finding `end` were not counted. Null if it is not certain: between two barriers, a
/// message that was not counted and a number without a message cancel out.
fn uncounted_before(side: &str, [recording, channel, epoch]: [&str; 3], end: &str) -> String {
    format!(
        "(SELECT CASE WHEN count(*) FILTER (WHERE kind = 'counted_not_received') = 0 THEN coalesce(sum(count), 0) END
            FROM aircheck.finding WHERE recording = {recording} AND channel = {channel} AND epoch = {epoch}
                AND id > {side}_id AND id < {end}.id AND kind IN ('counted_not_received', 'received_not_counted'))"
    )
}

impl StoreBackend {
    /// Whether an earlier part has the same message with other possible numbers, which proves that it was not counted.
    pub(super) fn has_uncounted(&self, part: Part, stored: &StoredMessage) -> Result<bool, RecordError> {
        let Sequence::Range { from, to } = stored.message.sequence else { return Ok(false) };
        let own = self.catalog.parts(stored.channel, stored.place.epoch);
        let Some(own) = own.into_iter().find(|own| own.recording == stored.recording) else { return Ok(false) };
        let is_uncounted = |found: &StoredFinding| found.finding.kind == FindingKind::ReceivedNotCounted;
        // A range of one number is only recorded for such messages.
        if part.recording > own.recording
            || (from < to && !self.gaps_of(own, columns((from, to)), true)?.iter().any(is_uncounted))
        {
            return Ok(false);
        }
        let sql = format!(
            "{ALIGNED} SELECT EXISTS (SELECT 1 FROM aligned, own JOIN other USING (place)
                WHERE own.id = $4 AND (other.sequence_to < own.sequence_from OR other.sequence_from > own.sequence_to)
                    AND (other.sequence_from = other.sequence_to OR EXISTS (SELECT 1 FROM aircheck.finding f
                        WHERE f.recording = $5 AND f.channel = $6 AND f.epoch = $7 AND f.kind = 'received_not_counted'
                            AND f.sequence_to >= other.sequence_from AND f.sequence_from <= other.sequence_to))
                    AND {} AND {})",
            is_uninterrupted("own", "$1", "own"),
            is_uninterrupted("other", "$5", "other"),
        );
        self.is_same(&sql, [own, part], (stored.place.id, stored.message.at))
    }

    /// Whether a part has the same finding of messages that were not counted, with other numbers.
    pub(super) fn has_uncounted_finding(&self, part: Part, stored: &StoredFinding) -> Result<bool, RecordError> {
        let own = self.catalog.parts(stored.channel, stored.place.epoch);
        let own = own.into_iter().find(|own| own.recording == stored.recording);
        let Some(own) = own.filter(|_| stored.finding.kind == FindingKind::ReceivedNotCounted) else {
            return Ok(false);
        };
        let sql = format!(
            "{ALIGNED} SELECT EXISTS (SELECT 1 FROM aligned, aircheck.finding f JOIN aircheck.finding g
                    ON g.recording = $5 AND g.channel = $6 AND g.epoch = $7 AND g.kind = f.kind AND g.count = f.count
                WHERE f.recording = $1 AND f.id = $4 AND g.id BETWEEN other_id AND other_id + $10::bigint AND {} = {} AND {} AND {})",
            uncounted_before("own", ["$1", "$2", "$3"], "f"),
            uncounted_before("other", ["$5", "$6", "$7"], "g"),
            is_uninterrupted("own", "$1", "f"),
            is_uninterrupted("other", "$5", "g"),
        );
        self.is_same(&sql, [own, part], (stored.place.id, stored.finding.at))
    }

    /// Asks about a row of the first part.
    fn is_same(&self, sql: &str, [own, other]: [Part; 2], (id, at): (i64, i64)) -> Result<bool, RecordError> {
        let recordings = [own, other].map(|part| self.catalog.recordings[part.recording]);
        let (_, id) = Catalog::own_id(id);
        let first = Micros(at.saturating_sub(MAX_DISTANCE));
        let last = Micros(at.saturating_add(MAX_CLOCK_DIFFERENCE));
        let rows = self.query(
            sql,
            &[
                &recordings[0],
                &own.channel,
                &own.epoch,
                &id,
                &recordings[1],
                &other.channel,
                &other.epoch,
                &first,
                &last,
                &MAX_ROWS,
            ],
        )?;
        rows.first().map_or(Ok(false), |row| column(row, 0))
    }
}
