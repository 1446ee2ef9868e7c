//! Where messages and what is missing are printed.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::super::cli::{Format, Table};
use super::super::{Failure, to_stderr};
use super::table::Rows;
use crate::ledger::interval::{Entry, Interval, Message};
use crate::ledger::sequence::Channel;
use crate::ledger::sequence::notation::range;
use crate::output::summary;
use crate::record::reader::{Hole, Missing, Page, Place, Reason};
use crate::stdout::Printer;
use crate::wire::escape::escape;

/// Lines or rows on standard output; what is missing goes to standard error, but for JSON lines.
pub(super) struct Output {
    kind: Kind,
    /// The day of the last line for people: they show the time of day alone.
    day: Option<Date>,
}

enum Kind {
    Text(Printer),
    Json(Printer),
    Csv(Box<Rows>),
}

/// A range of sequence numbers, or a time span, for which the recording has no message.
pub(super) struct Absent<'a> {
    channel: Option<&'a Channel>,
    range: Option<(u64, u64)>,
    count: Option<u64>,
    kind: &'static str,
    /// For people, already escaped.
    reason: String,
}

impl Output {
    pub(super) fn new(table: Table) -> Result<Self, Failure> {
        let kind = match table {
            Table::Text => Kind::Text(Printer::new(Format::Text)),
            Table::Json => Kind::Json(Printer::new(Format::Json)),
            Table::Csv => Kind::Csv(Box::new(Rows::new()?)),
        };
        Ok(Self { kind, day: None })
    }

    /// A message; with `filter_error`, why the filter could not be evaluated.
    pub(super) fn message(
        &mut self,
        interval: &Interval,
        message: &Message,
        filter_error: Option<&str>,
        place: Place,
    ) -> Result<(), Failure> {
        self.new_day(message.at);
        match &mut self.kind {
            Kind::Text(printer) | Kind::Json(printer) => {
                printer.message(interval, message, filter_error);
                printer.flush_large()?;
            }
            Kind::Csv(rows) => rows.message(interval, message, filter_error, place)?,
        }
        Ok(())
    }

    /// The one finding of a page.
    pub(super) fn finding(&mut self, page: &Page) {
        let Some(entry @ Entry::Finding(finding)) = page.interval.entries().first() else { return };
        self.new_day(finding.at);
        match &mut self.kind {
            Kind::Text(printer) | Kind::Json(printer) => printer.entry(&page.interval, entry),
            Kind::Csv(_) if finding.kind.is_gap() => {
                to_stderr(&format!("{}: {}", escape(finding.channel.as_bytes()), finding.line()));
            }
            Kind::Csv(_) => {}
        }
    }

    pub(super) fn absent(&mut self, absent: &Absent<'_>) -> Result<(), Failure> {
        if let Kind::Json(printer) = &mut self.kind {
            printer.missing(&absent.missing());
            printer.flush_large()?;
        } else {
            self.flush()?;
            to_stderr(&absent.words());
        }
        Ok(())
    }

    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        match &mut self.kind {
            Kind::Text(printer) | Kind::Json(printer) => printer.flush()?,
            Kind::Csv(rows) => rows.flush()?,
        }
        Ok(())
    }

    /// A line for people where another day begins than that of the line before.
    fn new_day(&mut self, at: i64) {
        let Kind::Text(printer) = &mut self.kind else { return };
        let day = Timestamp::from_microsecond(at).ok().map(|at| TimeZone::system().to_datetime(at).date());
        if day != self.day
            && let Some(day) = day
        {
            self.day = Some(day);
            printer.line(&format!("── {day} ──"));
        }
    }
}

impl<'a> Absent<'a> {
    /// `end` says where the recording ends.
    pub(super) fn of(channel: &'a Channel, missing: &Missing, end: &str) -> Self {
        let span = (missing.to - missing.from).saturating_add(1);
        let mut count = Some(span);
        let (kind, reason) = match &missing.reason {
            Reason::Finding(finding) => {
                count = finding.count.map(|count| count.min(span));
                (finding.kind.name(), format!("recorded as {}: {}", finding.kind.name(), finding.line()))
            }
            Reason::Hole(hole) => ("not_recorded", words(hole)),
            Reason::Deleted => ("deleted", "deleted since, because of their age or the size of the file".to_owned()),
            Reason::Before => ("before_recording", "broadcast before this recording".to_owned()),
            Reason::After => ("after_recording", end.to_owned()),
            Reason::Unknown => ("unknown", "nothing in the recording says why".to_owned()),
        };
        Self { channel: Some(channel), range: Some((missing.from, missing.to)), count, kind, reason }
    }

    pub(super) fn of_hole(hole: &Hole) -> Self {
        Self { channel: None, range: None, count: hole.messages, kind: "not_recorded", reason: words(hole) }
    }

    fn words(&self) -> String {
        match self.range {
            Some((from, to)) => format!("missing {}: {}", range(from, to), self.reason),
            None => format!("missing: {}", self.reason),
        }
    }

    /// The JSON line.
    fn missing(&self) -> summary::Missing<'_> {
        summary::Missing {
            channel: self.channel.map(Channel::as_bytes),
            range: self.range.unzip(),
            count: self.count,
            kind: self.kind,
            reason: &self.reason,
        }
    }
}

/// A hole, for people.
fn words(hole: &Hole) -> String {
    let time = |at| Timestamp::from_microsecond(at).map(|at| format!("{at:.6}")).unwrap_or_default();
    let many = match hole.messages {
        Some(1) => "1 message was not recorded".to_owned(),
        Some(messages) => format!("{messages} messages were not recorded"),
        None => "the recorder was down".to_owned(),
    };
    format!("{many} from {} to {}: {}", time(hole.from_at), time(hole.to_at), escape(hole.reason.as_bytes()))
}
