//! Text lines for people: one line per entry, safe to print on a terminal.

mod column;
mod cut;
mod listen;
mod summaries;

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use jiff::tz::TimeZone;

use super::clock::{TimeFormat, TimeFormatter};
use super::summary::signature_names;
use crate::ledger::dropped::Dropped;
use crate::ledger::finding::{Acknowledgement, Finding};
use crate::ledger::interval::{Entry, Interval, Link, LinkState, Message};
use crate::wire::envelope::Envelope;
use crate::wire::escape::escape_into;
use crate::wire::verdict::Verdict;
use column::Column;

/// Whether colours are used. Colours never carry information of their own: a mark or a word shows the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Characters only.
    #[default]
    Plain,
    /// With the colours of ECMA-48, the standard behind ANSI escapes.
    Ansi,
}

/// Writes text lines; each ends with a line feed. A column is as wide as its widest cell so far, up to a limit.
///
/// ```text
/// 12:31:06.412  ops      #1046  cache-flush  ✓ default  {"tag":"cart"}
/// 12:31:06.913  billing  #17    paid         ✓ default  {"id":9}
/// 12:31:11.020  ops      ┄ 16 missed  #1047–1062  disconnected 4.2 s
/// ```
///
/// Data longer than 64 KiB is cut, and its full size is shown.
#[derive(Debug, Clone)]
pub struct TextLines {
    clock: TimeFormatter,
    style: Style,
    channels: Column,
    sequences: Column,
    names: Column,
    verdicts: Column,
}

/// The meaning of a colour.
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
        Self {
            clock: TimeFormatter::new(zone, TimeFormat::TimeOfDay),
            style,
            channels: Column::up_to(32),
            sequences: Column::up_to(16),
            names: Column::up_to(32),
            // Rejections are longer and rare.
            verdicts: Column::up_to(16),
        }
    }

    /// Appends the line of an entry. Returns false for counters, statuses and barriers, which have no line.
    pub fn entry(&mut self, out: &mut String, interval: &Interval, entry: &Entry) -> bool {
        match entry {
            Entry::Message(message) => self.message(out, interval, message, None),
            Entry::Finding(finding) => self.finding(out, finding),
            Entry::Dropped(dropped) => self.dropped(out, dropped),
            Entry::Link(link) => self.link(out, link),
            Entry::Counter { .. } | Entry::Expectation(_) | Entry::Barrier { .. } => return false,
        }
        true
    }

    /// Appends the line of a message. `filter_error` is the reason why the filter could not be evaluated, escaped.
    pub fn message(&mut self, out: &mut String, interval: &Interval, message: &Message, filter_error: Option<&str>) {
        let payload = interval.payload(message);
        let envelope = Envelope::parse(payload);
        self.time(out, message.at);
        self.channel(out, interval.channel(message).as_bytes());
        let start = out.len();
        put(out, format_args!("{}", message.sequence));
        pad(out, self.sequences.padding(&out[start..]));
        let start = out.len();
        cut::name_into(envelope.name, out);
        pad(out, self.names.padding(&out[start..]));
        let words = verdict(&envelope, message.verdict);
        let padding = self.verdicts.padding(&words);
        self.painted(out, verdict_colour(message.verdict), format_args!("{words}"));
        if let Some(why) = filter_error {
            out.push_str("  ");
            self.painted(out, Colour::Bad, format_args!("filter error: {why}"));
        }
        if !envelope.data.is_empty() {
            pad(out, padding);
            self.data(out, envelope.data);
        }
        out.push('\n');
    }

    /// Widens the columns for a message that will be appended later, so that the lines before it are aligned with it.
    pub fn align(&mut self, interval: &Interval, message: &Message) {
        let envelope = interval.envelope(message);
        let (mut channel, mut name) = (String::new(), String::new());
        cut::name_into(interval.channel(message).as_bytes(), &mut channel);
        cut::name_into(envelope.name, &mut name);
        self.channels.padding(&channel);
        self.sequences.padding(&message.sequence.to_string());
        self.names.padding(&name);
        self.verdicts.padding(&verdict(&envelope, message.verdict));
    }

    /// Appends the line of a finding.
    pub fn finding(&mut self, out: &mut String, finding: &Finding) {
        self.finding_of_recording(out, finding, None);
    }

    /// Appends the line of a recorded finding, which may be acknowledged.
    pub fn finding_of_recording(
        &mut self,
        out: &mut String,
        finding: &Finding,
        acknowledgement: Option<&Acknowledgement>,
    ) {
        self.time(out, finding.at);
        self.channel(out, finding.channel.as_bytes());
        self.painted(out, Colour::Finding, format_args!("┄ {}", finding.line()));
        if let Some(Acknowledgement { note, .. }) = acknowledgement {
            out.push_str("  ✓ acknowledged ");
            escape_into(note.as_bytes(), out);
            out.truncate(out.trim_end().len());
        }
        out.push('\n');
    }

    /// Appends the line of a link change.
    pub fn link(&mut self, out: &mut String, link: &Link) {
        self.time(out, link.at);
        let (mark, colour) = match link.state {
            LinkState::Connected | LinkState::Granted | LinkState::Live => ('▲', Colour::Good),
            LinkState::Disconnected | LinkState::Denied => ('▼', Colour::Bad),
            LinkState::Stale
            | LinkState::UnsubscribeFailed
            | LinkState::TooManyChannels
            | LinkState::ClockSet
            | LinkState::DuplicateCheckIncomplete => ('▼', Colour::Doubtful),
        };
        self.painted(out, colour, format_args!("{mark} {}", link.state.name()));
        if let Some(channel) = &link.channel {
            out.push(' ');
            cut::name_into(channel.as_bytes(), out);
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

    /// Appends the line of messages that this consumer was too slow to take.
    pub fn dropped(&mut self, out: &mut String, dropped: &Dropped) {
        self.time(out, dropped.at);
        if let Some(channel) = &dropped.channel {
            self.channel(out, channel.as_bytes());
        }
        self.painted(out, Colour::Bad, format_args!("▼ {}: too slow", dropped.line()));
        out.push('\n');
    }

    fn channel(&mut self, out: &mut String, channel: &[u8]) {
        let start = out.len();
        cut::name_into(channel, out);
        pad(out, self.channels.padding(&out[start..]));
    }

    fn data(&self, out: &mut String, data: &[u8]) {
        if cut::data_into(data, out) {
            self.begin(out, Colour::Faint);
            out.push_str("… ");
            cut::size_into(data.len(), out);
            out.push_str(" in all");
            self.end(out);
        }
    }

    /// Appends the time of day to the millisecond, or `--:--:--.---` outside the years 0 to 9999, and two spaces.
    fn time(&mut self, out: &mut String, micros: i64) {
        self.begin(out, Colour::Faint);
        match self.clock.at(micros) {
            Some((text, fraction)) => put(out, format_args!("{text}.{:03}", fraction / 1000)),
            None => out.push_str("--:--:--.---"),
        }
        self.end(out);
        out.push_str("  ");
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

/// `✓ default`, `○ unsigned` or `✗ signature mismatch`.
fn verdict(envelope: &Envelope<'_>, verdict: Verdict) -> Cow<'static, str> {
    match verdict {
        Verdict::Verified => {
            let mut words = "✓ ".to_owned();
            escape_into(signature_names(envelope.signature).1.unwrap_or_default(), &mut words);
            words.into()
        }
        Verdict::Unsigned => "○ unsigned".into(),
        Verdict::Rejected(rejection) => format!("✗ {}", rejection.words()).into(),
    }
}

fn verdict_colour(verdict: Verdict) -> Colour {
    match verdict {
        Verdict::Verified => Colour::Good,
        Verdict::Unsigned => Colour::Doubtful,
        Verdict::Rejected(_) => Colour::Bad,
    }
}

/// Fills a column with spaces, and adds the space between columns.
fn pad(out: &mut String, padding: usize) {
    put(out, format_args!("{:padding$}  ", ""));
}

/// Appends formatted text. Writing to a `String` cannot fail.
fn put(out: &mut String, text: fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}
