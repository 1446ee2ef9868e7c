//! JSON lines: one object per line, for programs. `assets/json-lines.schema.json` describes every type.
//!
//! The keys are a public interface: a key never changes its meaning.

mod listen;
mod message;
mod plain;
mod summaries;
mod value;

use jiff::tz::TimeZone;

use self::message::LineCache;
use super::clock::{TimeFormat, TimeFormatter};
use super::summary::signature_names;
use crate::ledger::dropped::Dropped;
use crate::ledger::finding::{Acknowledgement, Cause, Finding};
use crate::ledger::interval::{Entry, Interval, Link};
use crate::ledger::sequence::{Channel, Sequence};
use crate::wire::envelope::Envelope;
use crate::wire::verdict::{Rejection, Verdict};

/// Writes JSON lines. Each ends with a line feed and contains no control character and no invisible character.
#[derive(Debug, Clone)]
pub struct JsonLines {
    clock: TimeFormatter,
    cache: LineCache,
}

impl Default for JsonLines {
    fn default() -> Self {
        Self { clock: TimeFormatter::new(TimeZone::UTC, TimeFormat::DateTime), cache: LineCache::default() }
    }
}

impl JsonLines {
    /// Appends the line of an entry. Returns false for counters, statuses and barriers, which have no line.
    pub fn entry(&mut self, out: &mut Vec<u8>, interval: &Interval, entry: &Entry) -> bool {
        match entry {
            Entry::Message(message) => self.message(out, interval, message, None),
            Entry::Finding(finding) => self.finding(out, finding),
            Entry::Dropped(dropped) => self.dropped(out, dropped),
            Entry::Link(link) => self.link(out, link),
            Entry::Counter { .. } | Entry::Expectation(_) | Entry::Barrier { .. } => return false,
        }
        true
    }

    /// Appends the line of a finding.
    pub fn finding(&mut self, out: &mut Vec<u8>, finding: &Finding) {
        self.finding_of_recording(out, finding, None);
    }

    /// Appends the line of a recorded finding, which may be acknowledged.
    pub fn finding_of_recording(
        &mut self,
        out: &mut Vec<u8>,
        finding: &Finding,
        acknowledgement: Option<&Acknowledgement>,
    ) {
        self.start(out, "finding", finding.at);
        value::text(out, "kind", finding.kind.name());
        value::bytes(out, "channel", finding.channel.as_bytes());
        range(out, (finding.sequence_from, finding.sequence_to), finding.count);
        self.cause(out, &finding.cause);
        if let Some(Acknowledgement { at, note }) = acknowledgement {
            out.extend_from_slice(b",\"acknowledged_at\":");
            self.time(out, *at);
            if !note.is_empty() {
                value::text(out, "note", note);
            }
        }
        out.extend_from_slice(b"}\n");
    }

    /// Appends the line of a link change.
    pub fn link(&mut self, out: &mut Vec<u8>, link: &Link) {
        self.start(out, "link", link.at);
        value::text(out, "state", link.state.name());
        value::optional_text(out, "reason", link.reason.as_deref());
        if let Some(channel) = &link.channel {
            value::bytes(out, "channel", channel.as_bytes());
        }
        if let Some(server) = &link.server {
            value::text(out, "server_version", &server.version);
            value::text(out, "server_role", &server.role);
            value::text(out, "server_mode", &server.mode);
        }
        out.extend_from_slice(b"}\n");
    }

    /// Appends the line of messages that this consumer was too slow to take.
    pub fn dropped(&mut self, out: &mut Vec<u8>, dropped: &Dropped) {
        self.start(out, "dropped", dropped.at);
        value::optional_bytes(out, "channel", dropped.channel.as_ref().map(Channel::as_bytes));
        range(out, dropped.range.unzip(), Some(dropped.count));
        if dropped.findings > 0 {
            value::number(out, "findings", Some(dropped.findings));
        }
        out.extend_from_slice(b"}\n");
    }

    /// Starts a line with `type` and `at`.
    fn start(&mut self, out: &mut Vec<u8>, name: &'static str, at: i64) {
        out.extend_from_slice(b"{\"type\":");
        value::quoted_plain(out, name.as_bytes());
        out.extend_from_slice(b",\"at\":");
        self.time(out, at);
    }

    /// Appends the members that depend on the kind of the finding.
    fn cause(&mut self, out: &mut Vec<u8>, cause: &Cause) {
        match cause {
            Cause::Disconnected { reason, duration_micros: micros, lower_bound } => {
                value::boolean(out, "lower_bound", *lower_bound);
                value::number(out, "duration_micros", Some(*micros));
                value::text(out, "reason", reason);
            }
            Cause::NotRunning { program: _, since, lower_bound, lost } => {
                value::boolean(out, "lower_bound", *lower_bound);
                out.extend_from_slice(b",\"since\":");
                self.time(out, *since);
                if lost.is_some() {
                    value::number(out, "lost", *lost);
                }
            }
            Cause::CountMismatch { advance, received } => {
                value::number(out, "advance", Some(*advance));
                value::number(out, "received", Some(*received));
            }
            Cause::Reset { before, after } => {
                value::number(out, "value_before", Some(*before));
                value::number(out, "value_after", *after);
            }
            Cause::Duplicate { first_at, first_channel } => {
                out.extend_from_slice(b",\"first_at\":");
                self.time(out, *first_at);
                value::bytes(out, "first_channel", first_channel.as_bytes());
            }
            Cause::ClockSkew { seconds } => value::signed(out, "offset_seconds", *seconds),
            Cause::Expectation { expectation, expected, since, duration_micros, is_proved } => {
                value::text(out, "expectation", expectation);
                value::text(out, "expected", expected);
                out.extend_from_slice(b",\"since\":");
                self.time(out, *since);
                value::number(out, "duration_micros", Some(*duration_micros));
                value::boolean(out, "proved", *is_proved);
            }
        }
    }

    /// Appends a time as RFC 3339 in UTC, or null outside the years 0 to 9999.
    fn time(&mut self, out: &mut Vec<u8>, micros: i64) {
        match self.clock.at(micros) {
            Some((text, fraction)) => {
                out.push(b'"');
                out.extend_from_slice(text.as_bytes());
                out.push(b'.');
                value::six_digits(out, fraction);
                out.extend_from_slice(b"Z\"");
            }
            None => out.extend_from_slice(b"null"),
        }
    }
}

/// Appends the members from `sequence` to `unknown_reason`.
fn sequence(out: &mut Vec<u8>, sequence: Sequence) {
    let exact = if let Sequence::Exact(number) = sequence { Some(number) } else { None };
    value::number(out, "sequence", exact);
    value::plain_text(out, "certainty", sequence.certainty().name());
    match sequence {
        Sequence::Exact(_) => {}
        Sequence::Inferred(number) => {
            value::number(out, "sequence_from", Some(number));
            value::number(out, "sequence_to", Some(number));
        }
        Sequence::Range { from, to } => {
            value::number(out, "sequence_from", Some(from));
            value::number(out, "sequence_to", Some(to));
        }
        Sequence::Unknown(reason) => value::plain_text(out, "unknown_reason", reason.name()),
    }
}

/// Appends `sequence_from`, `sequence_to` and `count`.
fn range(out: &mut Vec<u8>, (from, to): (Option<u64>, Option<u64>), count: Option<u64>) {
    value::number(out, "sequence_from", from);
    value::number(out, "sequence_to", to);
    value::number(out, "count", count);
}

/// Appends `name`, and `data` if the payload has data and it is JSON.
fn content(out: &mut Vec<u8>, envelope: &Envelope<'_>, verdict: Verdict) {
    value::bytes(out, "name", envelope.name);
    if verdict != Verdict::Rejected(Rejection::InvalidJson) && !envelope.data.is_empty() {
        value::data(out, envelope.data);
    }
}

/// Appends the members from `verdict` to `timestamp`.
fn verdict_members(out: &mut Vec<u8>, signature: &[u8], verdict: Verdict, timestamp: Option<i64>) {
    value::text(out, "verdict", verdict.name());
    if let Verdict::Rejected(rejection) = verdict {
        value::text(out, "rejection", rejection.name());
    }
    let (algorithm, key) = signature_names(signature);
    value::escaped(out, "key", key);
    value::escaped(out, "algorithm", algorithm);
    if let Some(timestamp) = timestamp {
        value::signed(out, "timestamp", timestamp);
    }
}
