//! Converts verdicts, sequence numbers, link states and causes to and from columns.

use std::sync::Arc;

use rusqlite::types::{ToSqlOutput, Type, ValueRef};
use rusqlite::{Row, ToSql};
use strum::EnumCount as _;

use crate::ledger::finding::{Cause, FindingKind, Program};
use crate::ledger::interval::LinkState;
use crate::ledger::known::ServerId;
use crate::ledger::sequence::{Certainty, Channel, Sequence, UnknownReason};
use crate::wire::json;
use crate::wire::verdict::{Rejection, Verdict};

/// The code in `message.certainty` of an unknown sequence number. The codes below are 0 exact, 1 inferred and 2 range.
fn unknown_code(reason: UnknownReason) -> i64 {
    match reason {
        UnknownReason::CounterUnreadable => 3,
        UnknownReason::CounterReset => 4,
        UnknownReason::ReceivedNotCounted => 5,
        UnknownReason::NoBarrier => 6,
    }
}

/// The rows of the table `certainty`: the code, the certainty, and why the sequence number is unknown.
pub(crate) fn certainties() -> impl Iterator<Item = (i64, &'static str, Option<&'static str>)> {
    let known = [(0, Certainty::Exact), (1, Certainty::Inferred), (2, Certainty::Range)];
    let unknown =
        UnknownReason::ALL.iter().map(|reason| (unknown_code(*reason), Certainty::Unknown.name(), Some(reason.name())));
    known.into_iter().map(|(code, certainty)| (code, certainty.name(), None)).chain(unknown)
}

/// The verdicts. The index of a verdict is its code in `message.verdict`. Existing recordings contain these codes, so add
/// verdicts only at the end.
pub(crate) const VERDICTS: [Verdict; 2 + Rejection::COUNT] = [
    Verdict::Verified,
    Verdict::Unsigned,
    Verdict::Rejected(Rejection::InvalidJson),
    Verdict::Rejected(Rejection::Unsigned),
    Verdict::Rejected(Rejection::AlgorithmNotAllowed),
    Verdict::Rejected(Rejection::UnknownKey),
    Verdict::Rejected(Rejection::TimestampOutOfTolerance),
    Verdict::Rejected(Rejection::InvalidTimestamp),
    Verdict::Rejected(Rejection::MissingSignatureValue),
    Verdict::Rejected(Rejection::SignatureMismatch),
];

/// The code of a verdict.
#[must_use]
pub(crate) fn verdict_code(verdict: Verdict) -> i64 {
    VERDICTS.iter().zip(0..).find_map(|(known, code)| (*known == verdict).then_some(code)).unwrap_or(i64::MAX)
}

/// A name as a column value: text, or a blob if it is not UTF-8 or contains a zero byte, where SQL functions would cut it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NameColumn<'a>(pub &'a [u8]);

impl ToSql for NameColumn<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match std::str::from_utf8(self.0) {
            Ok(text) if !self.0.contains(&0) => ValueRef::Text(text.as_bytes()),
            _ => ValueRef::Blob(self.0),
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

/// Reads a channel's name from a column.
///
/// # Errors
/// The column contains a number.
pub(crate) fn channel(row: &Row<'_>, column: usize) -> rusqlite::Result<Channel> {
    match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(Channel::new(bytes)),
        other => Err(wrong(column, other.data_type(), "a channel's name")),
    }
}

/// The columns `run_id` and `replication_id`.
#[must_use]
pub(crate) fn server_columns(server: Option<&ServerId>) -> (Option<&str>, Option<&str>) {
    server.map(|server| (&*server.run_id, &*server.replication_id)).unzip()
}

/// Reads the server from the columns `run_id` and `replication_id`, starting at `column`.
///
/// # Errors
/// The columns contain numbers.
pub(crate) fn server(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Arc<ServerId>>> {
    let (run_id, replication_id): (Option<String>, Option<String>) = (row.get(column)?, row.get(column + 1)?);
    let id = run_id.zip(replication_id).and_then(|(run_id, replication_id)| ServerId::new(&run_id, &replication_id));
    Ok(id.map(Arc::new))
}

/// The columns `certainty`, `sequence`, `sequence_from` and `sequence_to`.
#[must_use]
pub(crate) fn sequence_columns(sequence: Sequence) -> (i64, Option<i64>, Option<i64>, Option<i64>) {
    match sequence {
        Sequence::Exact(number) => (0, Some(number.cast_signed()), None, None),
        Sequence::Inferred(number) => (1, Some(number.cast_signed()), None, None),
        Sequence::Range { from, to } => (2, None, Some(from.cast_signed()), Some(to.cast_signed())),
        Sequence::Unknown(reason) => (unknown_code(reason), None, None, None),
    }
}

/// Reads the sequence number from the columns `certainty`, `sequence`, `sequence_from` and `sequence_to`, starting at `column`.
///
/// # Errors
/// The columns are inconsistent.
pub(crate) fn sequence(row: &Row<'_>, column: usize) -> rusqlite::Result<Sequence> {
    sequence_of(row.get(column)?, row.get(column + 1)?, row.get(column + 2)?, row.get(column + 3)?)
        .ok_or_else(|| wrong(column, Type::Integer, "a certainty"))
}

/// The sequence number in the columns `certainty`, `sequence`, `sequence_from` and `sequence_to`. `None` if they are
/// inconsistent.
#[must_use]
pub(crate) fn sequence_of(
    certainty: i64,
    sequence: Option<i64>,
    from: Option<i64>,
    to: Option<i64>,
) -> Option<Sequence> {
    let number = |column: Option<i64>| column.map(i64::cast_unsigned);
    Some(match certainty {
        0 => Sequence::Exact(number(sequence)?),
        1 => Sequence::Inferred(number(sequence)?),
        2 => Sequence::Range { from: number(from)?, to: number(to)? },
        code => Sequence::Unknown(*UnknownReason::ALL.iter().find(|reason| unknown_code(**reason) == code)?),
    })
}

/// Reads a verdict from a column.
///
/// # Errors
/// The value is unknown.
pub(crate) fn verdict(row: &Row<'_>, column: usize) -> rusqlite::Result<Verdict> {
    verdict_of(row.get(column)?).ok_or_else(|| wrong(column, Type::Integer, "a verdict"))
}

/// The verdict with this code.
#[must_use]
pub(crate) fn verdict_of(code: i64) -> Option<Verdict> {
    usize::try_from(code).ok().and_then(|code| VERDICTS.get(code).copied())
}

/// Corrects a verdict that contradicts the data. Code that trusts a verdict prints the data as JSON without checking it, but the
/// file can be damaged or forged.
#[must_use]
pub(crate) fn checked_verdict(stored: Verdict, data: &[u8]) -> Verdict {
    if data.is_empty() || json::check(data).is_ok() { stored } else { Verdict::Rejected(Rejection::InvalidJson) }
}

/// Reads a link state from a column.
///
/// # Errors
/// The value is unknown.
pub(crate) fn link_state(row: &Row<'_>, column: usize) -> rusqlite::Result<LinkState> {
    let name: String = row.get(column)?;
    name.parse().map_err(|_| wrong(column, Type::Text, "a state of the link"))
}

/// Reads a kind of finding from a column.
///
/// # Errors
/// The value is unknown.
pub(crate) fn finding_kind(row: &Row<'_>, column: usize) -> rusqlite::Result<FindingKind> {
    let name: String = row.get(column)?;
    name.parse().map_err(|_| wrong(column, Type::Text, "a kind of finding"))
}

/// The kinds of findings that are gaps, as a list of SQL strings: `'missed_disconnected', …`.
#[must_use]
pub(crate) fn gap_kinds() -> String {
    let gaps = FindingKind::ALL.iter().filter(|kind| kind.is_gap());
    gaps.map(|kind| format!("'{}'", kind.name())).collect::<Vec<_>>().join(", ")
}

/// A cause as columns of `finding`. Columns that it does not use are null.
#[derive(Debug, Default)]
pub(crate) struct CauseColumns<'a> {
    pub(crate) reason: Option<&'a str>,
    pub(crate) micros: Option<i64>,
    pub(crate) since: Option<i64>,
    pub(crate) lower_bound: Option<bool>,
    pub(crate) lost: Option<i64>,
    pub(crate) advance: Option<i64>,
    pub(crate) received: Option<i64>,
    pub(crate) before: Option<i64>,
    pub(crate) after: Option<i64>,
    pub(crate) first_at: Option<i64>,
    pub(crate) first_channel: Option<&'a Channel>,
    pub(crate) offset_seconds: Option<i64>,
    pub(crate) expectation: Option<&'a str>,
    pub(crate) expected: Option<&'a str>,
    pub(crate) proved: Option<bool>,
}

impl<'a> From<&'a Cause> for CauseColumns<'a> {
    fn from(cause: &'a Cause) -> Self {
        match cause {
            Cause::Disconnected { reason, duration_micros: micros, lower_bound } => Self {
                reason: Some(reason),
                micros: Some(micros.cast_signed()),
                lower_bound: Some(*lower_bound),
                ..Self::default()
            },
            Cause::NotRunning { program: _, since, lower_bound, lost } => Self {
                since: Some(*since),
                lower_bound: Some(*lower_bound),
                lost: lost.map(u64::cast_signed),
                ..Self::default()
            },
            Cause::CountMismatch { advance, received } => {
                Self { advance: Some(advance.cast_signed()), received: Some(received.cast_signed()), ..Self::default() }
            }
            Cause::Reset { before, after } => {
                Self { before: Some(before.cast_signed()), after: after.map(u64::cast_signed), ..Self::default() }
            }
            Cause::Duplicate { first_at, first_channel } => {
                Self { first_at: Some(*first_at), first_channel: Some(first_channel), ..Self::default() }
            }
            Cause::ClockSkew { seconds } => Self { offset_seconds: Some(*seconds), ..Self::default() },
            Cause::Expectation { expectation, expected, since, duration_micros, is_proved } => Self {
                expectation: Some(expectation),
                expected: Some(expected),
                since: Some(*since),
                micros: Some(duration_micros.cast_signed()),
                proved: Some(*is_proved),
                ..Self::default()
            },
        }
    }
}

/// The columns of a cause for a SELECT that [`cause`] reads. `o` is the channel of the first copy.
pub(crate) const CAUSE_COLUMNS: &str = "f.reason, f.duration_micros, f.since_unix_micros, f.lower_bound, f.advance, f.received, \
     f.value_before, f.value_after, f.first_unix_micros, o.name, f.offset_seconds, f.lost, f.expectation, f.expected, f.proved";

/// Reads the cause of a finding of this kind from the [`CAUSE_COLUMNS`], starting at `column`.
///
/// # Errors
/// The columns do not match the kind.
pub(crate) fn cause(row: &Row<'_>, column: usize, kind: FindingKind) -> rusqlite::Result<Cause> {
    let text = |at: usize| -> rusqlite::Result<Option<&str>> { Ok(row.get_ref(column + at)?.as_str_or_null()?) };
    let first_channel = match row.get_ref(column + 9)? {
        ValueRef::Null => None,
        _ => Some(channel(row, column + 9)?),
    };
    let columns = CauseColumns {
        reason: text(0)?,
        micros: row.get(column + 1)?,
        since: row.get(column + 2)?,
        lower_bound: row.get(column + 3)?,
        advance: row.get(column + 4)?,
        received: row.get(column + 5)?,
        before: row.get(column + 6)?,
        after: row.get(column + 7)?,
        first_at: row.get(column + 8)?,
        first_channel: first_channel.as_ref(),
        offset_seconds: row.get(column + 10)?,
        lost: row.get(column + 11)?,
        expectation: text(12)?,
        expected: text(13)?,
        proved: row.get(column + 14)?,
    };
    columns.cause(kind).ok_or_else(|| wrong(column, Type::Null, "the cause of a finding of this kind"))
}

impl CauseColumns<'_> {
    /// The cause of a finding of this kind. `None` if a column is missing.
    #[must_use]
    pub(crate) fn cause(&self, kind: FindingKind) -> Option<Cause> {
        let number = |column: Option<i64>| column.map(i64::cast_unsigned);
        Some(match kind {
            FindingKind::MissedDisconnected => Cause::Disconnected {
                reason: self.reason?.into(),
                duration_micros: number(self.micros)?,
                lower_bound: self.lower_bound?,
            },
            FindingKind::MissedNotRunning => Cause::NotRunning {
                program: Program::Recorder,
                since: self.since?,
                lower_bound: self.lower_bound?,
                lost: number(self.lost),
            },
            FindingKind::CountedNotReceived | FindingKind::ReceivedNotCounted => {
                Cause::CountMismatch { advance: number(self.advance)?, received: number(self.received)? }
            }
            FindingKind::CounterReset => Cause::Reset { before: number(self.before)?, after: number(self.after) },
            FindingKind::Duplicate => {
                Cause::Duplicate { first_at: self.first_at?, first_channel: self.first_channel?.clone() }
            }
            FindingKind::ClockSkew => Cause::ClockSkew { seconds: self.offset_seconds? },
            FindingKind::Silent | FindingKind::TooMany | FindingKind::Resumed => Cause::Expectation {
                expectation: self.expectation?.into(),
                expected: self.expected?.into(),
                since: self.since?,
                duration_micros: number(self.micros)?,
                is_proved: self.proved?,
            },
        })
    }
}

fn wrong(column: usize, found: Type, what: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, found, format!("not {what}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_lists_the_kinds_of_gaps() {
        let list = format!("FROM findings WHERE kind IN ({});", gap_kinds());
        assert!(crate::recording::schema::SCHEMA.contains(&list), "{list}");
    }

    #[test]
    fn every_verdict_has_a_code() {
        let rejections = Rejection::ALL.iter().map(|rejection| Verdict::Rejected(*rejection));
        for verdict in rejections.chain([Verdict::Verified, Verdict::Unsigned]) {
            assert!(VERDICTS.contains(&verdict), "{verdict:?}");
        }
    }
}
