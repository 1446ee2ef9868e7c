//! The queries on one recording of the store.

use std::sync::Arc;

use tokio_postgres::Row;

use super::catalog::{Catalog, Part};
use super::equal::EqualMessage;
use super::{Params, StoreBackend, column, number};
use crate::ledger::finding::{Finding, FindingKind};
use crate::ledger::interval::{Entry, Link, ServerInfo};
use crate::ledger::sequence::{Channel, Reading};
use crate::recording::codes::{self, CauseColumns};
use crate::recording::file::RecordError;
use crate::recording::reader::{
    Direction, Hole, HoleRange, MAX_PAGE_BYTES, NumberedMessage, Place, RecordedMessage, one_more,
};
use crate::store::micros::Micros;

/// How long the first page by time is, in microseconds.
pub(super) const FIRST_PAGE_MICROS: i64 = 60_000_000;

/// The columns of a [`StoredMessage`].
const MESSAGE: &str = "SELECT m.id, m.session, m.epoch, m.at, m.at_unix_micros, m.channel, m.certainty, m.sequence, \
     m.sequence_from, m.sequence_to, m.verdict, m.timestamp, m.payload FROM aircheck.message m";

/// Selects messages of an epoch by number. The days are those that can have the numbers, so that the server reads only their
/// partitions.
const NUMBERED: &str = "WHERE m.recording = $1 AND m.channel = $2 AND m.epoch = $3 AND m.sequence IS NOT NULL
        AND m.sequence >= $4 AND m.sequence <= $5 AND (m.sequence, m.id) > ($4, $6) AND m.at BETWEEN $7 AND $8
     ORDER BY m.sequence, m.id LIMIT $9";

/// The columns of a [`StoredFinding`].
const FINDING: &str = "SELECT f.id, f.session, f.epoch, f.at, f.at_unix_micros, f.channel, f.kind, f.sequence_from, \
     f.sequence_to, f.count, f.reason, f.duration_micros, f.since_unix_micros, f.lower_bound, f.advance, f.received, \
     f.value_before, f.value_after, f.first_unix_micros, f.first_channel, f.offset_seconds, f.lost, f.expectation, \
     f.expected, f.proved FROM aircheck.finding f";

/// A message of one recording.
pub(super) struct StoredMessage {
    pub(super) recording: usize,
    pub(super) place: Place,
    /// The id of the channel among all recordings.
    pub(super) channel: i64,
    pub(super) message: RecordedMessage,
    pub(super) payload: Vec<u8>,
}

/// A finding of one recording.
pub(super) struct StoredFinding {
    pub(super) recording: usize,
    pub(super) place: Place,
    /// The id of the channel among all recordings.
    pub(super) channel: i64,
    pub(super) finding: Finding,
}

/// Rows of one recording, and whether there may be more.
pub(super) type Rows<T> = (Vec<T>, bool);

/// The error for a value that aircheck does not write.
fn unexpected(what: &str) -> RecordError {
    RecordError::of_store(format_args!("the store has an unexpected {what}"))
}

impl StoreBackend {
    /// A time: `at`, or `at_unix_micros` if `PostgreSQL` cannot represent it.
    fn time(row: &Row, index: usize) -> Result<i64, RecordError> {
        match column::<Option<i64>>(row, index + 1)? {
            Some(at) => Ok(at),
            None => column::<Micros>(row, index).map(|Micros(at)| at),
        }
    }

    fn place(&self, recording: usize, row: &Row, channel: i64) -> Result<Place, RecordError> {
        Ok(Place {
            id: Catalog::place(recording, column(row, 0)?),
            session: Catalog::place(recording, column(row, 1)?),
            epoch: self.catalog.epoch_of(recording, channel, column(row, 2)?),
        })
    }

    fn channel_of(&self, recording: usize, own: i64) -> Result<(i64, Channel), RecordError> {
        let channel = self.catalog.channel_of(recording, own).ok_or_else(|| unexpected("channel; try again"))?;
        Ok((channel.row.id, channel.row.summary.channel.clone()))
    }

    /// Up to `limit` messages of a recording. `condition` follows the selected columns.
    fn messages_of(
        &self,
        recording: usize,
        condition: &str,
        params: Params<'_>,
        limit: usize,
    ) -> Result<Rows<StoredMessage>, RecordError> {
        let (mut messages, mut is_cut, mut bytes) = (Vec::new(), false, 0);
        self.query_while(&format!("{MESSAGE} {condition}"), params, |row| {
            if messages.len() >= limit || bytes >= MAX_PAGE_BYTES {
                is_cut = true;
                return Ok(false);
            }
            let own_channel = column(&row, 5)?;
            let (channel, name) = self.channel_of(recording, own_channel)?;
            let numbers = (column(&row, 7)?, column(&row, 8)?, column(&row, 9)?);
            let certainty = i64::from(column::<i16>(&row, 6)?);
            let sequence = codes::sequence_of(certainty, numbers.0, numbers.1, numbers.2);
            let verdict = codes::verdict_of(i64::from(column::<i16>(&row, 10)?));
            let payload: Vec<u8> = column(&row, 12)?;
            bytes += payload.len();
            messages.push(StoredMessage {
                recording,
                place: self.place(recording, &row, own_channel)?,
                channel,
                message: RecordedMessage {
                    at: Self::time(&row, 3)?,
                    channel: name,
                    sequence: sequence.ok_or_else(|| unexpected("certainty"))?,
                    verdict: verdict.ok_or_else(|| unexpected("verdict"))?,
                    timestamp: column(&row, 11)?,
                },
                payload,
            });
            Ok(true)
        })?;
        Ok((messages, is_cut))
    }

    /// Messages after or before an id.
    pub(super) fn stream_messages(
        &self,
        recording: usize,
        way: Direction,
        from: i64,
        limit: usize,
    ) -> Result<Rows<StoredMessage>, RecordError> {
        let (compare, order) = way.sql();
        let condition = format!("WHERE m.recording = $1 AND m.id {compare} $2 ORDER BY m.id {order} LIMIT $3");
        let params: Params<'_> = &[&self.catalog.recordings[recording], &from, &one_more(limit)];
        self.messages_of(recording, &condition, params, limit)
    }

    /// Messages between two times, after an id at the first of them. The columns `channel` and `epoch` are selected if they are
    /// set.
    pub(super) fn messages_between(
        &self,
        recording: usize,
        (from, after, to): (i64, i64, i64),
        part: (Option<i64>, Option<i64>),
        limit: usize,
    ) -> Result<Rows<StoredMessage>, RecordError> {
        let condition = "WHERE m.recording = $1 AND m.at BETWEEN $2 AND $3 AND (m.at, m.id) > ($2, $4)
                AND ($5::bigint IS NULL OR m.channel = $5) AND ($6::bigint IS NULL OR m.epoch = $6)
             ORDER BY m.at, m.at_unix_micros, m.id LIMIT $7";
        let recording_id = &self.catalog.recordings[recording];
        let params: Params<'_> =
            &[recording_id, &Micros(from), &Micros(to), &after, &part.0, &part.1, &one_more(limit)];
        self.messages_of(recording, condition, params, limit)
    }

    /// The first and the last time of the days that can have a message with one of these numbers.
    fn days_of(&self, part: Part, (from, to): (i64, i64)) -> Result<Option<(Micros, Micros)>, RecordError> {
        let sql = "SELECT min(day)::timestamp AT TIME ZONE 'UTC', (max(day) + 1)::timestamp AT TIME ZONE 'UTC'
                   FROM aircheck.message_day
                   WHERE recording = $1 AND channel = $2 AND epoch = $3 AND sequence_to >= $4 AND sequence_from <= $5";
        let recording = &self.catalog.recordings[part.recording];
        let rows = self.query(sql, &[recording, &part.channel, &part.epoch, &from, &to])?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(column::<Option<Micros>>(row, 0)?.zip(column::<Option<Micros>>(row, 1)?))
    }

    /// Messages with a number, by number, after an id at the first number.
    pub(super) fn messages_numbered(
        &self,
        part: Part,
        (from, after, to): (i64, i64, i64),
        limit: usize,
    ) -> Result<Rows<StoredMessage>, RecordError> {
        let Some((first, last)) = self.days_of(part, (from, to))? else { return Ok((Vec::new(), false)) };
        let recording = &self.catalog.recordings[part.recording];
        let params: Params<'_> =
            &[recording, &part.channel, &part.epoch, &from, &to, &after, &first, &last, &one_more(limit)];
        self.messages_of(part.recording, NUMBERED, params, limit)
    }

    /// How the server reads [`messages_numbered`](Self::messages_numbered).
    pub(super) fn plan_numbered(&self, part: Part, (from, to): (i64, i64)) -> Result<Vec<String>, RecordError> {
        let Some((first, last)) = self.days_of(part, (from, to))? else { return Ok(Vec::new()) };
        let recording = &self.catalog.recordings[part.recording];
        let params: Params<'_> =
            &[recording, &part.channel, &part.epoch, &from, &to, &-1_i64, &first, &last, &one_more(1000)];
        let rows = self.query(&format!("EXPLAIN {MESSAGE} {NUMBERED}"), params)?;
        rows.iter().map(|row| column(row, 0)).collect()
    }

    /// Messages after an id whose number is not exact and can be in this range.
    pub(super) fn messages_ranged(
        &self,
        part: Part,
        (from, to): (i64, i64),
        after: i64,
        limit: usize,
    ) -> Result<Rows<StoredMessage>, RecordError> {
        let Some((first, last)) = self.days_of(part, (from, to))? else { return Ok((Vec::new(), false)) };
        let condition = "WHERE m.recording = $1 AND m.channel = $2 AND m.epoch = $3 AND m.sequence_to IS NOT NULL
                AND m.sequence_to >= $4 AND m.sequence_from <= $5 AND m.at BETWEEN $6 AND $7 AND m.id > $8
             ORDER BY m.id LIMIT $9";
        let recording = &self.catalog.recordings[part.recording];
        let params: Params<'_> =
            &[recording, &part.channel, &part.epoch, &from, &to, &first, &last, &after, &one_more(limit)];
        self.messages_of(part.recording, condition, params, limit)
    }

    /// The best certainty of each number in a range, near some times.
    pub(super) fn certainties(
        &self,
        part: Part,
        (from, to): (i64, i64),
        (first, last): (i64, i64),
    ) -> Result<Vec<(u64, i16)>, RecordError> {
        let sql = "SELECT sequence, min(certainty) FROM aircheck.message
                   WHERE recording = $1 AND channel = $2 AND epoch = $3 AND sequence IS NOT NULL AND sequence BETWEEN $4 AND $5
                       AND at BETWEEN $6 AND $7
                   GROUP BY sequence";
        let recording = &self.catalog.recordings[part.recording];
        let (first, last) = (Micros(first), Micros(last));
        let rows = self.query(sql, &[recording, &part.channel, &part.epoch, &from, &to, &first, &last])?;
        rows.iter().map(|row| Ok((number(row, 0)?.unwrap_or_default(), column(row, 1)?))).collect()
    }

    /// The messages of a part with one of these payloads between two times, with a number or without.
    pub(super) fn equal_messages(
        &self,
        part: Part,
        payloads: &[&[u8]],
        (first, last): (i64, i64),
    ) -> Result<Vec<EqualMessage>, RecordError> {
        let sql = "SELECT m.id, m.at, m.at_unix_micros, p.position, m.sequence, coalesce(m.sequence_from, m.sequence),
                coalesce(m.sequence_to, m.sequence)
            FROM aircheck.message m JOIN unnest($6::bytea[]) WITH ORDINALITY AS p (payload, position) ON p.payload = m.payload
            WHERE m.recording = $1 AND m.channel = $2 AND m.epoch = $3 AND m.at BETWEEN $4 AND $5 ORDER BY m.id";
        let recording = &self.catalog.recordings[part.recording];
        let (first, last) = (Micros(first), Micros(last));
        let rows = self.query(sql, &[recording, &part.channel, &part.epoch, &first, &last, &payloads])?;
        let message = |row: &Row| {
            Ok(EqualMessage {
                id: Catalog::place(part.recording, column(row, 0)?),
                at: Self::time(row, 1)?,
                payload: column(row, 3)?,
                number: number(row, 4)?,
                range: number(row, 5)?.zip(number(row, 6)?),
            })
        };
        rows.iter().map(message).collect()
    }

    /// The numbers in a range that a part has, as ranges.
    pub(super) fn numbers_of(
        &self,
        part: Part,
        (from, to): (i64, i64),
        limit: i64,
    ) -> Result<Vec<(u64, u64)>, RecordError> {
        let Some((first, last)) = self.days_of(part, (from, to))? else { return Ok(Vec::new()) };
        let sql = "SELECT min(sequence), max(sequence) FROM (
                SELECT sequence, sequence - dense_rank() OVER (ORDER BY sequence) AS island FROM aircheck.message
                WHERE recording = $1 AND channel = $2 AND epoch = $3 AND sequence IS NOT NULL AND sequence BETWEEN $4 AND $5
                    AND at BETWEEN $6 AND $7) numbered
            GROUP BY island ORDER BY 1 LIMIT $8";
        let recording = &self.catalog.recordings[part.recording];
        let rows = self.query(sql, &[recording, &part.channel, &part.epoch, &from, &to, &first, &last, &limit])?;
        rows.iter().map(|row| Ok((number(row, 0)?.unwrap_or_default(), number(row, 1)?.unwrap_or_default()))).collect()
    }

    /// The message of a part with this number, or the nearest one in this direction.
    pub(super) fn numbered_of(
        &self,
        part: Part,
        number_wanted: i64,
        way: Direction,
    ) -> Result<Option<NumberedMessage>, RecordError> {
        let (compare, order) = way.sql();
        let (bound, nearest) = match way {
            Direction::Forward => ("sequence_to", "sequence_from"),
            Direction::Backward => ("sequence_from", "sequence_to"),
        };
        // A day's bounds include numbers that no message is known to have, so the nearest day may have none.
        let sql = format!(
            "SELECT day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC' FROM aircheck.message_day
             WHERE recording = $1 AND channel = $2 AND epoch = $3 AND {bound} {compare}= $4
             ORDER BY {nearest} {order}, day {order}"
        );
        let recording = &self.catalog.recordings[part.recording];
        let days = self.query(&sql, &[recording, &part.channel, &part.epoch, &number_wanted])?;
        let sql = format!(
            "SELECT id, sequence, at, at_unix_micros FROM aircheck.message
             WHERE recording = $1 AND channel = $2 AND epoch = $3 AND sequence IS NOT NULL AND sequence {compare}= $4
                AND at BETWEEN $5 AND $6
             ORDER BY sequence {order} LIMIT 1"
        );
        // Messages around midnight may be out of order: the days overlap, and two days are compared.
        let mut best: Option<NumberedMessage> = None;
        let mut searched = 0;
        for day in &days {
            let (first, last): (Micros, Micros) = (column(day, 0)?, column(day, 1)?);
            let params: Params<'_> = &[recording, &part.channel, &part.epoch, &number_wanted, &first, &last];
            if let Some(row) = self.query(&sql, params)?.first() {
                let id = Catalog::place(part.recording, column(row, 0)?);
                let found =
                    NumberedMessage { id, number: number(row, 1)?.unwrap_or_default(), at: Self::time(row, 2)? };
                let is_nearer = |best: &NumberedMessage| match way {
                    Direction::Forward => found.number.cast_signed() < best.number.cast_signed(),
                    Direction::Backward => found.number.cast_signed() > best.number.cast_signed(),
                };
                if best.as_ref().is_none_or(is_nearer) {
                    best = Some(found);
                }
            }
            searched += usize::from(best.is_some());
            if searched == 2 {
                break;
            }
        }
        Ok(best)
    }

    /// Whether a part has a message or a finding that can have one of these numbers.
    pub(super) fn has_numbers(&self, part: Part, (from, to): (i64, i64)) -> Result<bool, RecordError> {
        let recording = &self.catalog.recordings[part.recording];
        let sql = "SELECT EXISTS (SELECT 1 FROM aircheck.finding WHERE recording = $1 AND channel = $2 AND epoch = $3
            AND sequence_to >= $4 AND sequence_from <= $5 AND kind <> 'counter_reset')";
        let rows = self.query(sql, &[recording, &part.channel, &part.epoch, &from, &to])?;
        let has_finding = rows.first().map_or(Ok(false), |row| column(row, 0))?;
        Ok(has_finding
            || !self.messages_numbered(part, (from, -1, to), 1)?.0.is_empty()
            || !self.messages_ranged(part, (from, to), -1, 1)?.0.is_empty())
    }

    /// Up to `limit` findings of a recording. `condition` follows the selected columns.
    pub(super) fn findings_of(
        &self,
        recording: usize,
        condition: &str,
        params: Params<'_>,
    ) -> Result<Vec<StoredFinding>, RecordError> {
        let mut findings = Vec::new();
        self.query_while(&format!("{FINDING} WHERE f.recording = $1 AND {condition}"), params, |row| {
            let own_channel = column(&row, 5)?;
            let (channel, name) = self.channel_of(recording, own_channel)?;
            let kind = column::<&str>(&row, 6)?.parse::<FindingKind>().map_err(|_| unexpected("kind of finding"))?;
            let first_channel = match column::<Option<i64>>(&row, 19)? {
                Some(first) => Some(self.channel_of(recording, first)?.1),
                None => None,
            };
            let flag = |index| column::<Option<i64>>(&row, index).map(|flag| flag.map(|flag| flag != 0));
            let cause = CauseColumns {
                reason: column(&row, 10)?,
                micros: column(&row, 11)?,
                since: column(&row, 12)?,
                lower_bound: flag(13)?,
                advance: column(&row, 14)?,
                received: column(&row, 15)?,
                before: column(&row, 16)?,
                after: column(&row, 17)?,
                first_at: column(&row, 18)?,
                first_channel: first_channel.as_ref(),
                offset_seconds: column(&row, 20)?,
                lost: column(&row, 21)?,
                expectation: column(&row, 22)?,
                expected: column(&row, 23)?,
                proved: flag(24)?,
            };
            findings.push(StoredFinding {
                recording,
                place: self.place(recording, &row, own_channel)?,
                channel,
                finding: Finding {
                    kind,
                    channel: name,
                    sequence_from: number(&row, 7)?,
                    sequence_to: number(&row, 8)?,
                    count: number(&row, 9)?,
                    at: Self::time(&row, 3)?,
                    cause: cause.cause(kind).ok_or_else(|| unexpected("cause of a finding"))?,
                },
            });
            Ok(true)
        })?;
        Ok(findings)
    }

    pub(super) fn counters_of(
        &self,
        recording: usize,
        way: Direction,
        from: i64,
        limit: usize,
    ) -> Result<Vec<(Place, Entry)>, RecordError> {
        let (compare, order) = way.sql();
        let sql = format!(
            "SELECT id, session, epoch, at, at_unix_micros, channel, value, error FROM aircheck.counter
             WHERE recording = $1 AND id {compare} $2 ORDER BY id {order} LIMIT $3"
        );
        let mut found = Vec::new();
        for row in &self.query(&sql, &[&self.catalog.recordings[recording], &from, &one_more(limit)])? {
            let own_channel = column(row, 5)?;
            let reading = match (number(row, 6)?, column::<Option<&str>>(row, 7)?) {
                (_, Some(error)) => Reading::Unreadable(error.into()),
                (Some(value), None) => Reading::Value(value),
                (None, None) => Reading::Missing,
            };
            let channel = self.channel_of(recording, own_channel)?.1;
            let entry = Entry::Counter { channel, reading, server: None, at: Self::time(row, 3)? };
            found.push((self.place(recording, row, own_channel)?, entry));
        }
        Ok(found)
    }

    /// Link changes after or before an id. With `is_whole`, only those of the whole link.
    pub(super) fn links_of(
        &self,
        recording: usize,
        (way, from): (Direction, i64),
        is_whole: bool,
        limit: i64,
    ) -> Result<Vec<(Place, Entry)>, RecordError> {
        let (compare, order) = way.sql();
        let whole = if is_whole { "AND channel IS NULL" } else { "" };
        let condition = format!("id {compare} $2 {whole} ORDER BY id {order} LIMIT $3");
        self.select_links(recording, &condition, &[&self.catalog.recordings[recording], &from, &limit])
    }

    /// The link changes of all recordings between two times.
    pub(super) fn links_between(&self, from: i64, to: i64) -> Result<Vec<(Place, Entry)>, RecordError> {
        let mut found = Vec::new();
        for (recording, id) in self.catalog.recordings.iter().enumerate() {
            let condition = "at BETWEEN $2 AND $3 ORDER BY id";
            found.append(&mut self.select_links(recording, condition, &[id, &Micros(from), &Micros(to)])?);
        }
        Ok(found)
    }

    fn select_links(
        &self,
        recording: usize,
        condition: &str,
        params: Params<'_>,
    ) -> Result<Vec<(Place, Entry)>, RecordError> {
        let sql = format!(
            "SELECT id, session, channel, at, at_unix_micros, state, reason, server_version, server_role, server_mode
             FROM aircheck.link WHERE recording = $1 AND {condition}"
        );
        let mut found = Vec::new();
        for row in &self.query(&sql, params)? {
            let channel = match column::<Option<i64>>(row, 2)? {
                Some(channel) => Some(self.channel_of(recording, channel)?.1),
                None => None,
            };
            let server = match column::<Option<String>>(row, 7)? {
                Some(version) => Some(Arc::new(ServerInfo { version, role: column(row, 8)?, mode: column(row, 9)? })),
                None => None,
            };
            let link = Link {
                state: column::<&str>(row, 5)?.parse().map_err(|_| unexpected("state of the link"))?,
                reason: column::<Option<&str>>(row, 6)?.map(Into::into),
                channel,
                server,
                at: Self::time(row, 3)?,
            };
            let id = Catalog::place(recording, column(row, 0)?);
            let session = Catalog::place(recording, column(row, 1)?);
            found.push((Place { id, session, epoch: 0 }, Entry::Link(link)));
        }
        Ok(found)
    }

    pub(super) fn holes_of(&self, recording: usize, (from, to): (i64, i64)) -> Result<Vec<Hole>, RecordError> {
        let recording_id = &self.catalog.recordings[recording];
        let sql = "SELECT id, session, kind, from_unix_micros, to_unix_micros, messages, reason FROM aircheck.hole
                   WHERE recording = $1 AND id BETWEEN $2 AND $3 ORDER BY id";
        let ranges = "SELECT channel, epoch, sequence_from, sequence_to, messages FROM aircheck.hole_range
                      WHERE recording = $1 AND hole = $2 ORDER BY position";
        let mut holes = Vec::new();
        for row in &self.query(sql, &[recording_id, &from, &to])? {
            let own_id: i64 = column(row, 0)?;
            let ranges = self.query(ranges, &[recording_id, &own_id])?;
            let range = |row: &Row| {
                let own_channel = column(row, 0)?;
                Ok(HoleRange {
                    channel: self.channel_of(recording, own_channel)?.1,
                    epoch: self.catalog.epoch_of(recording, own_channel, column(row, 1)?),
                    numbers: number(row, 2)?.zip(number(row, 3)?),
                    messages: number(row, 4)?.unwrap_or_default(),
                })
            };
            holes.push(Hole {
                id: Catalog::place(recording, own_id),
                session: Catalog::place(recording, column(row, 1)?),
                kind: column(row, 2)?,
                from_at: column(row, 3)?,
                to_at: column(row, 4)?,
                messages: number(row, 5)?,
                reason: column(row, 6)?,
                ranges: ranges.iter().map(range).collect::<Result<_, RecordError>>()?,
            });
        }
        Ok(holes)
    }

    pub(super) fn hole_ranges_of(
        &self,
        part: Part,
        (from, to): (i64, i64),
    ) -> Result<Vec<(u64, u64, i64)>, RecordError> {
        let sql = "SELECT sequence_from, sequence_to, hole FROM aircheck.hole_range
                   WHERE recording = $1 AND channel = $2 AND epoch = $3 AND sequence_to >= $4 AND sequence_from <= $5";
        let recording = &self.catalog.recordings[part.recording];
        let rows = self.query(sql, &[recording, &part.channel, &part.epoch, &from, &to])?;
        let range = |row: &Row| {
            let hole = Catalog::place(part.recording, column(row, 2)?);
            Ok((number(row, 0)?.unwrap_or_default(), number(row, 1)?.unwrap_or_default(), hole))
        };
        rows.iter().map(range).collect()
    }
}
