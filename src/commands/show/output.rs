//! The output of `show`: text, JSON lines or comma-separated values.

use std::io::{self, StdoutLock};

use base64_simd::STANDARD;
use csv::Writer;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::commands::Failure;
use crate::commands::cli::{Format, Table};
use crate::failure::to_stderr;
use crate::ledger::finding::{Acknowledgement, Finding};
use crate::ledger::interval::{Interval, Message};
use crate::ledger::sequence::notation::range;
use crate::ledger::sequence::{Channel, Sequence};
use crate::output::summary;
use crate::recording::reader::{Hole, InexactRange, MissingRange, MissingReason, Place};
use crate::stdout::Printer;
use crate::wire::envelope::Envelope;
use crate::wire::escape::escape;

/// Prints messages to standard output. Missing ranges go to standard error, except in JSON lines.
pub(super) enum ShowOutput {
    /// `day` is the day of the last line, because lines contain only the time of day.
    Text {
        printer: Printer,
        day: Option<Date>,
    },
    Json(Printer),
    Csv(Box<CsvRows>),
}

/// Sequence numbers, or a time span, for which the recording has no message.
pub(in crate::commands) struct Absent<'a> {
    channel: Option<&'a Channel>,
    range: Option<(u64, u64)>,
    count: Option<u64>,
    kind: &'static str,
    /// The reason as text, escaped.
    reason: String,
}

impl ShowOutput {
    pub(super) fn new(table: Table) -> Result<Self, Failure> {
        Ok(match table {
            Table::Text => Self::Text { printer: Printer::new(Format::Text), day: None },
            Table::Json => Self::Json(Printer::new(Format::Json)),
            Table::Csv => Self::Csv(Box::new(CsvRows::new()?)),
        })
    }

    /// Prints a message. `filter_error` is the reason why the filter could not be evaluated.
    pub(super) fn message(
        &mut self,
        interval: &Interval,
        message: &Message,
        filter_error: Option<&str>,
        place: Place,
    ) -> Result<(), Failure> {
        self.print_new_day(message.at);
        match self {
            Self::Text { printer, .. } | Self::Json(printer) => {
                printer.message(interval, message, filter_error);
                printer.flush_large()?;
            }
            Self::Csv(rows) => rows.message(interval, message, filter_error, place)?,
        }
        Ok(())
    }

    /// Aligns the lines that follow with a message that is printed later.
    pub(super) fn align(&mut self, interval: &Interval, message: &Message) {
        if let Self::Text { printer, .. } = self {
            printer.align(interval, message);
        }
    }

    /// Prints a finding.
    pub(super) fn finding(&mut self, finding: &Finding, acknowledgement: Option<&Acknowledgement>) {
        self.print_new_day(finding.at);
        match self {
            Self::Text { printer, .. } | Self::Json(printer) => printer.finding(finding, acknowledgement),
            Self::Csv(_) if finding.kind.is_gap() => {
                to_stderr(&format!("{}: {}", escape(finding.channel.as_bytes()), finding.line()));
            }
            Self::Csv(_) => {}
        }
    }

    /// Reports messages that the recording does not contain.
    pub(super) fn absent(&mut self, absent: &Absent<'_>) -> Result<(), Failure> {
        if let Self::Json(printer) = self {
            printer.missing(&absent.summary());
            printer.flush_large()?;
        } else {
            self.flush()?;
            to_stderr(&absent.line());
        }
        Ok(())
    }

    /// Reports numbers of messages that have no exact number. In JSON lines, the messages have the range.
    pub(super) fn inexact(&mut self, inexact: &InexactRange) -> Result<(), Failure> {
        if !matches!(self, Self::Json(_)) {
            self.flush()?;
            to_stderr(&format!("{}: {}", range(inexact.from, inexact.to), inexact.words()));
        }
        Ok(())
    }

    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        match self {
            Self::Text { printer, .. } | Self::Json(printer) => printer.flush()?,
            Self::Csv(rows) => rows.flush()?,
        }
        Ok(())
    }

    /// In text, prints the day if it differs from that of the last line.
    fn print_new_day(&mut self, at: i64) {
        let Self::Text { printer, day } = self else { return };
        let new = Timestamp::from_microsecond(at).ok().map(|at| TimeZone::system().to_datetime(at).date());
        if new != *day
            && let Some(new) = new
        {
            *day = Some(new);
            printer.line(&format!("── {new} ──"));
        }
    }
}

impl<'a> Absent<'a> {
    /// `end` describes where the recording ends.
    pub(in crate::commands) fn of(channel: &'a Channel, missing: &MissingRange, end: &str) -> Self {
        let (least, most) = missing.missed();
        let (kind, reason) = match &missing.reason {
            MissingReason::Finding(finding) => {
                (finding.kind.name(), format!("recorded as {}: {}", finding.kind.name(), finding.line()))
            }
            MissingReason::Hole(hole) => (kind_of(hole), describe(hole)),
            MissingReason::Deleted => ("deleted", "deleted because of their age or the size of the file".to_owned()),
            MissingReason::Before => ("before_recording", "broadcast before this recording".to_owned()),
            MissingReason::After => ("after_recording", end.to_owned()),
            MissingReason::Unknown => ("unknown", "unknown reason".to_owned()),
        };
        let count = (least == most).then_some(most);
        Self { channel: Some(channel), range: Some((missing.from, missing.to)), count, kind, reason }
    }

    pub(super) fn of_hole(hole: &Hole) -> Self {
        Self { channel: None, range: None, count: hole.messages, kind: kind_of(hole), reason: describe(hole) }
    }

    /// The line on standard error.
    fn line(&self) -> String {
        match self.range {
            Some((from, to)) => format!("missing {}: {}", range(from, to), self.reason),
            None => format!("missing: {}", self.reason),
        }
    }

    /// The content of the JSON line.
    pub(in crate::commands) fn summary(&self) -> summary::Missing<'_> {
        summary::Missing {
            channel: self.channel.map(Channel::as_bytes),
            range: self.range.unzip(),
            count: self.count,
            kind: self.kind,
            reason: &self.reason,
        }
    }
}

fn kind_of(hole: &Hole) -> &'static str {
    if hole.is_deleted() { "deleted" } else { "not_recorded" }
}

/// Describes a hole as text.
fn describe(hole: &Hole) -> String {
    let time = |at| Timestamp::from_microsecond(at).map(|at| format!("{at:.6}")).unwrap_or_default();
    let what = hole.words().unwrap_or_else(|| "nothing recorded".to_owned());
    format!("{what} from {} to {}: {}", time(hole.from_at), time(hole.to_at), escape(hole.reason.as_bytes()))
}

const CSV_HEADER: [&str; 15] = [
    "at",
    "channel",
    "epoch",
    "sequence",
    "sequence_from",
    "sequence_to",
    "name",
    "verdict",
    "rejection",
    "key",
    "algorithm",
    "timestamp",
    "data",
    "payload_base64",
    "filter_error",
];

/// Rows of comma-separated values on standard output.
///
/// Untrusted text is escaped. A cell that a spreadsheet would evaluate as a formula starts with an apostrophe.
/// `payload_base64` has the exact bytes.
pub(super) struct CsvRows(Writer<StdoutLock<'static>>);

impl CsvRows {
    /// Writes the header.
    pub(super) fn new() -> io::Result<Self> {
        let mut writer = Writer::from_writer(io::stdout().lock());
        writer.write_record(CSV_HEADER)?;
        Ok(Self(writer))
    }

    pub(super) fn message(
        &mut self,
        interval: &Interval,
        message: &Message,
        filter_error: Option<&str>,
        place: Place,
    ) -> io::Result<()> {
        let payload = interval.payload(message);
        let envelope = Envelope::parse(payload);
        let mut signature = envelope.signature.split(|&byte| byte == b'|');
        let algorithm = signature.next().unwrap_or_default();
        let key = signature.next().unwrap_or_default();
        let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        let (exact, from, to) = match message.sequence {
            Sequence::Exact(number) => (Some(number), None, None),
            Sequence::Inferred(number) => (None, Some(number), Some(number)),
            Sequence::Range { from, to } => (None, Some(from), Some(to)),
            Sequence::Unknown(_) => (None, None, None),
        };
        self.0.write_record([
            Timestamp::from_microsecond(message.at).map(|at| format!("{at:.6}")).unwrap_or_default(),
            cell(interval.channel(message).as_bytes()),
            place.epoch.to_string(),
            number(exact),
            number(from),
            number(to),
            cell(envelope.name),
            message.verdict.name().to_owned(),
            message.verdict.rejection().map(|rejection| rejection.name().to_owned()).unwrap_or_default(),
            cell(key),
            cell(algorithm),
            message.timestamp.map(|timestamp| timestamp.to_string()).unwrap_or_default(),
            cell(envelope.data),
            STANDARD.encode_to_string(payload),
            filter_error.map(without_formula).unwrap_or_default(),
        ])?;
        Ok(())
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Escaped text that is not a formula. In some programs, a formula can also start with a tab or a line break: these are escaped.
fn cell(bytes: &[u8]) -> String {
    without_formula(&escape(bytes))
}

/// Quotes escaped text that would be a formula.
fn without_formula(text: &str) -> String {
    match text.as_bytes().first() {
        Some(b'=' | b'+' | b'-' | b'@') => format!("'{text}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (bytes, text) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\\x09=1"),
            ("\r=1", "\\x0d=1"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(cell(bytes.as_bytes()), text, "{bytes:?}");
        }
    }
}
