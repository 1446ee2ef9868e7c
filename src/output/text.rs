//! Text lines, for people: a line an entry, safe to print on a terminal.

mod summaries;

use std::fmt::{self, Write as _};

use jiff::tz::TimeZone;

use super::clock::{Clock, Format};
use super::summary::signature_names;
use crate::ledger::finding::Finding;
use crate::ledger::interval::{Entry, Interval, Link, LinkState, Message};
use crate::ledger::sequence::Sequence;
use crate::wire::envelope::Envelope;
use crate::wire::escape::escape_into;
use crate::wire::verdict::Verdict;

/// Whether colours are used. They repeat what marks and words say, and never say it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Characters only.
    #[default]
    Plain,
    /// With the colours of ECMA-48, the standard behind ANSI escapes.
    Ansi,
}

/// Writes text lines; each ends with a line feed.
///
/// ```text
/// 12:31:06.412 ops #1046 cache-flush ✓ default {"tag":"cart"}
/// 12:31:11.020 ops ┄ 16 missed  #1031–#1046  disconnected 4.2 s
/// ```
#[derive(Debug, Clone)]
pub struct TextLines {
    clock: Clock,
    style: Style,
}

/// What a colour stands for.
#[derive(Debug, Clone, Copy)]
enum Colour {
    Good,
    Doubtful,
    Bad,
    Finding,
    Faint,
}

impl TextLines {
    /// Writes times of day in `zone`.
    #[must_use]
    pub fn new(zone: TimeZone, style: Style) -> Self {
        Self { clock: Clock::new(zone, Format::TimeOfDay), style }
    }

    /// Appends the line of an interval's entry; false where it has none: counters and barriers are no lines.
    pub fn entry(&mut self, out: &mut String, interval: &Interval, entry: &Entry) -> bool {
        match entry {
            Entry::Message(message) => self.message(out, message, interval.payload(message)),
            Entry::Finding(finding) => self.finding(out, finding),
            Entry::Link(link) => self.link(out, link),
            Entry::Counter { .. } | Entry::Barrier { .. } => return false,
        }
        true
    }

    /// Appends the line of a message.
    pub fn message(&mut self, out: &mut String, message: &Message, payload: &[u8]) {
        let envelope = Envelope::parse(payload);
        self.time(out, message.at);
        escape_into(message.channel.as_bytes(), out);
        out.push(' ');
        push_sequence(out, message.sequence);
        out.push(' ');
        escape_into(envelope.name, out);
        out.push(' ');
        self.verdict(out, &envelope, message.verdict);
        if !envelope.data.is_empty() {
            out.push(' ');
            escape_into(envelope.data, out);
        }
        out.push('\n');
    }

    /// Appends the line of a finding.
    pub fn finding(&mut self, out: &mut String, finding: &Finding) {
        self.time(out, finding.at);
        escape_into(finding.channel.as_bytes(), out);
        out.push(' ');
        self.painted(out, Colour::Finding, format_args!("┄ {}", finding.line()));
        out.push('\n');
    }

    /// Appends the line of a change of the link.
    pub fn link(&mut self, out: &mut String, link: &Link) {
        self.time(out, link.at);
        let (mark, colour) = match link.state {
            LinkState::Connected | LinkState::Granted | LinkState::Live => ('▲', Colour::Good),
            LinkState::Disconnected | LinkState::Denied => ('▼', Colour::Bad),
            LinkState::Stale => ('▼', Colour::Doubtful),
        };
        self.painted(out, colour, format_args!("{mark} {}", link.state.name()));
        if let Some(channel) = &link.channel {
            out.push(' ');
            escape_into(channel.as_bytes(), out);
        }
        if let Some(server) = &link.server {
            for part in [&server.version, &server.role, &server.mode] {
                out.push(' ');
                escape_into(part.as_bytes(), out);
            }
        }
        if let Some(reason) = &link.reason {
            out.push_str(": ");
            escape_into(reason.as_bytes(), out);
        }
        out.push('\n');
    }

    /// Appends the line that says how many messages were not printed, because the output was read too slowly.
    pub fn dropped(&mut self, out: &mut String, count: u64, at: i64) {
        self.time(out, at);
        self.painted(out, Colour::Bad, format_args!("▼ {count} messages not printed: the output was read too slowly"));
        out.push('\n');
    }

    /// `✓ default`, `○ unsigned` or `✗ hmac does not match`.
    fn verdict(&self, out: &mut String, envelope: &Envelope<'_>, verdict: Verdict) {
        match verdict {
            Verdict::Verified => {
                self.begin(out, Colour::Good);
                out.push_str("✓ ");
                escape_into(signature_names(envelope.signature).1.unwrap_or_default(), out);
                self.end(out);
            }
            Verdict::Unsigned => self.painted(out, Colour::Doubtful, format_args!("○ unsigned")),
            Verdict::Refused(refusal) => self.painted(out, Colour::Bad, format_args!("✗ {}", refusal.words())),
        }
    }

    /// The time of day to the millisecond, and a space; `--:--:--.---` outside the calendar.
    fn time(&mut self, out: &mut String, micros: i64) {
        self.begin(out, Colour::Faint);
        match self.clock.at(micros) {
            Some((text, fraction)) => put(out, format_args!("{text}.{:03}", fraction / 1000)),
            None => out.push_str("--:--:--.---"),
        }
        self.end(out);
        out.push(' ');
    }

    fn painted(&self, out: &mut String, colour: Colour, text: fmt::Arguments<'_>) {
        self.begin(out, colour);
        put(out, text);
        self.end(out);
    }

    fn begin(&self, out: &mut String, colour: Colour) {
        if self.style == Style::Ansi {
            out.push_str(match colour {
                Colour::Good => "\x1b[32m",
                Colour::Doubtful => "\x1b[33m",
                Colour::Bad => "\x1b[31m",
                Colour::Finding => "\x1b[35m",
                Colour::Faint => "\x1b[2m",
            });
        }
    }

    fn end(&self, out: &mut String) {
        if self.style == Style::Ansi {
            out.push_str("\x1b[0m");
        }
    }
}

/// Formats onto the end; a `String` takes everything.
fn put(out: &mut String, text: fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

/// `#1046`, `~1046`, `1040~1046` or `?`.
fn push_sequence(out: &mut String, sequence: Sequence) {
    match sequence {
        Sequence::Exact(number) => put(out, format_args!("#{number}")),
        Sequence::Presumed(number) => put(out, format_args!("~{number}")),
        Sequence::Range { from, to } => put(out, format_args!("{from}~{to}")),
        Sequence::Unknown(_) => out.push('?'),
    }
}
