//! JSON lines: one object a line, for programs. They are an interface: keys do not change their meaning.

mod message;
mod plain;
mod runs;
mod summaries;
mod value;

use jiff::tz::TimeZone;

use self::message::Recent;
use super::clock::{Clock, Format};
use super::summary::signature_names;
use crate::ledger::dropped::Dropped;
use crate::ledger::finding::{Cause, Finding};
use crate::ledger::interval::{Entry, Interval, Link};
use crate::ledger::sequence::Sequence;
use crate::wire::envelope::Envelope;
use crate::wire::verdict::{Rejection, Verdict};

/// Writes JSON lines; each ends with a line feed, and is pure JSON without a control or invisible character.
#[derive(Debug, Clone)]
pub struct JsonLines {
    clock: Clock,
    recent: Recent,
}

impl Default for JsonLines {
    fn default() -> Self {
        Self { clock: Clock::new(TimeZone::UTC, Format::DateTime), recent: Recent::default() }
    }
}

impl JsonLines {
    /// Appends the line of an interval's entry; false where it has none: counters and barriers are no lines.
    pub fn entry(&mut self, out: &mut Vec<u8>, interval: &Interval, entry: &Entry) -> bool {
        match entry {
            Entry::Message(message) => self.message(out, interval, message, None),
            Entry::Finding(finding) => self.finding(out, finding),
            Entry::Dropped(dropped) => self.dropped(out, dropped),
            Entry::Link(link) => self.link(out, link),
            Entry::Counter { .. } | Entry::Barrier { .. } => return false,
        }
        true
    }

    /// Appends the line of a finding.
    pub fn finding(&mut self, out: &mut Vec<u8>, finding: &Finding) {
        out.extend_from_slice(b"{\"type\":\"finding\"");
        value::text(out, "kind", finding.kind.name());
        value::bytes(out, "channel", finding.channel.as_bytes());
        value::number(out, "from", finding.from);
        value::number(out, "to", finding.to);
        value::number(out, "count", finding.count);
        out.extend_from_slice(b",\"at\":");
        self.time(out, finding.at);
        self.cause(out, &finding.cause);
        out.extend_from_slice(b"}\n");
    }

    /// Appends the line of a change of the link.
    pub fn link(&mut self, out: &mut Vec<u8>, link: &Link) {
        out.extend_from_slice(b"{\"type\":\"link\"");
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
        out.extend_from_slice(b",\"at\":");
        self.time(out, link.at);
        out.extend_from_slice(b"}\n");
    }

    /// Appends the line of messages that this consumer was too slow for.
    pub fn dropped(&mut self, out: &mut Vec<u8>, dropped: &Dropped) {
        out.extend_from_slice(b"{\"type\":\"dropped\",\"at\":");
        self.time(out, dropped.at);
        match &dropped.channel {
            Some(channel) => value::bytes(out, "channel", channel.as_bytes()),
            None => out.extend_from_slice(b",\"channel\":null"),
        }
        value::number(out, "sequence_from", dropped.range.map(|(from, _)| from));
        value::number(out, "sequence_to", dropped.range.map(|(_, to)| to));
        value::number(out, "count", Some(dropped.count));
        if dropped.findings > 0 {
            value::number(out, "findings", Some(dropped.findings));
        }
        out.extend_from_slice(b"}\n");
    }

    fn cause(&mut self, out: &mut Vec<u8>, cause: &Cause) {
        match cause {
            Cause::Disconnected { reason, micros, lower_bound } => {
                value::text(out, "reason", reason);
                value::number(out, "disconnected_micros", Some(*micros));
                value::boolean(out, "lower_bound", *lower_bound);
            }
            Cause::NotRunning { since, lower_bound } => {
                out.extend_from_slice(b",\"since\":");
                self.time(out, *since);
                value::boolean(out, "lower_bound", *lower_bound);
            }
            Cause::CountMismatch { advance, received } => {
                value::number(out, "advance", Some(*advance));
                value::number(out, "received", Some(*received));
            }
            Cause::Reset { before, after } => {
                value::number(out, "before", Some(*before));
                value::number(out, "after", *after);
            }
            Cause::Duplicate { first_at, first_channel } => {
                out.extend_from_slice(b",\"first_at\":");
                self.time(out, *first_at);
                value::bytes(out, "first_channel", first_channel.as_bytes());
            }
            Cause::ClockSkew { seconds } => value::signed(out, "offset_seconds", *seconds),
        }
    }

    /// A time in RFC 3339, UTC; null outside the years 0 to 9999.
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

fn sequence(out: &mut Vec<u8>, sequence: Sequence) {
    let range = match sequence {
        Sequence::Exact(number) => return value::number(out, "sequence", Some(number)),
        Sequence::Inferred(number) => Some((number, number)),
        Sequence::Range { from, to } => Some((from, to)),
        Sequence::Unknown(_) => None,
    };
    value::number(out, "sequence", None);
    if let Some((from, to)) = range {
        value::number(out, "sequence_from", Some(from));
        value::number(out, "sequence_to", Some(to));
    }
    if let Sequence::Unknown(reason) = sequence {
        value::text(out, "sequence_unknown", reason.name());
    }
}

/// What a message says: `name`, and `data` where there is some and it is JSON.
fn content(out: &mut Vec<u8>, envelope: &Envelope<'_>, verdict: Verdict) {
    value::bytes(out, "name", envelope.name);
    if verdict != Verdict::Rejected(Rejection::InvalidJson) && !envelope.data.is_empty() {
        value::data(out, envelope.data);
    }
}

/// What was said of a message: `verdict` to `timestamp`.
fn judged(out: &mut Vec<u8>, signature: &[u8], verdict: Verdict, timestamp: Option<i64>) {
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
