//! What commands print on standard output: lines of one format, gathered until they are written.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};

use jiff::tz::TimeZone;

use super::cli::Format;
use crate::ledger::dropped::Dropped;
use crate::ledger::interval::{Entry, Interval, Message};
use crate::ledger::sequence::Channel;
use crate::output::json::JsonLines;
use crate::output::missed::Missed;
use crate::output::summary::{Checked, HandlerRun, Inspected, Listed, Missing, Published};
use crate::output::text::{Style, TextLines};

/// Lines are gathered to at least this many bytes, where nobody waits for them.
const LARGE: usize = 1 << 16;

/// A buffer that grew beyond this for one large interval, in bytes, is not used again.
const KEEP: usize = 8 << 20;

/// Gathers lines of one format and writes them.
#[derive(Debug)]
pub(super) struct Printer(Lines);

#[derive(Debug)]
enum Lines {
    Json(JsonLines, Vec<u8>),
    Text(Box<TextLines>, String),
}

impl Printer {
    /// Lines of that format; text is coloured where it should be.
    #[must_use]
    pub(super) fn new(format: Format) -> Self {
        Self(match format {
            Format::Json => Lines::Json(JsonLines::default(), Vec::new()),
            Format::Text => {
                let style = style(io::stdout().is_terminal(), |name| std::env::var_os(name));
                Lines::Text(Box::new(TextLines::new(TimeZone::system(), style)), String::new())
            }
        })
    }

    /// Adds the line of an entry, if it has one.
    pub(super) fn entry(&mut self, interval: &Interval, entry: &Entry) {
        match &mut self.0 {
            Lines::Json(lines, out) => lines.entry(out, interval, entry),
            Lines::Text(lines, out) => lines.entry(out, interval, entry),
        };
    }

    /// Adds the line of a message; with `filter_error`, why the filter could not be evaluated.
    pub(super) fn message(&mut self, interval: &Interval, message: &Message, filter_error: Option<&str>) {
        match &mut self.0 {
            Lines::Json(lines, out) => lines.message(out, interval, message, filter_error),
            Lines::Text(lines, out) => lines.message(out, interval, message, filter_error),
        }
    }

    /// Adds messages that were dropped.
    pub(super) fn dropped(&mut self, dropped: &Dropped) {
        match &mut self.0 {
            Lines::Json(lines, out) => lines.dropped(out, dropped),
            Lines::Text(lines, out) => lines.dropped(out, dropped),
        }
    }

    /// Adds missed messages that the recording of `listen --recover` does not contain.
    pub(super) fn not_recovered(&mut self, missed: &Missed) {
        match &mut self.0 {
            Lines::Json(lines, out) => {
                let channel = missed.channel.as_ref().map(Channel::as_bytes);
                let (range, count) = ((missed.sequence_from, missed.sequence_to), missed.count);
                let reason = "the recording does not contain it";
                lines.missing(out, &Missing { channel, range, count, kind: missed.kind, reason });
            }
            Lines::Text(lines, out) => lines.missing(out, missed),
        }
    }

    /// Adds messages that a recording does not contain. Only JSON lines have them on standard output.
    pub(super) fn missing(&mut self, missing: &Missing<'_>) {
        if let Lines::Json(lines, out) = &mut self.0 {
            lines.missing(out, missing);
        }
    }

    /// Adds a finished run of a handler command.
    pub(super) fn handler_run(&mut self, run: &HandlerRun<'_>) {
        match &mut self.0 {
            Lines::Json(lines, out) => lines.handler_run(out, run),
            Lines::Text(lines, out) => lines.handler_run(out, run),
        }
    }

    /// Adds the receipt of a broadcast.
    pub(super) fn published(&mut self, published: &Published<'_>) {
        match &mut self.0 {
            Lines::Json(lines, out) => lines.published(out, published),
            Lines::Text(lines, out) => lines.published(out, published),
        }
    }

    /// Adds the comparison of a counter.
    pub(super) fn checked(&mut self, checked: &Checked<'_>) {
        match &mut self.0 {
            Lines::Json(lines, out) => lines.checked(out, checked),
            Lines::Text(lines, out) => lines.checked(out, checked),
        }
    }

    /// Adds channels: all there are, for in text they are one table.
    pub(super) fn listed(&mut self, listed: &[Listed<'_>]) {
        match &mut self.0 {
            Lines::Json(lines, out) => listed.iter().for_each(|listed| lines.listed(out, listed)),
            Lines::Text(lines, out) => lines.listed(out, listed),
        }
    }

    /// Adds the verification of a payload.
    pub(super) fn inspected(&mut self, inspected: &Inspected<'_>) {
        match &mut self.0 {
            Lines::Json(lines, out) => lines.inspected(out, inspected),
            Lines::Text(lines, out) => lines.inspected(out, inspected),
        }
    }

    /// Gives what was added since the last time.
    #[must_use]
    pub(super) fn take(&mut self) -> Vec<u8> {
        match &mut self.0 {
            Lines::Json(_, out) => std::mem::take(out),
            Lines::Text(_, out) => std::mem::take(out).into_bytes(),
        }
    }

    /// Takes a buffer that was [taken](Self::take) and written back, so that the next lines need no new memory.
    pub(super) fn reuse(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() > KEEP {
            return;
        }
        buffer.clear();
        match &mut self.0 {
            Lines::Json(_, out) if out.is_empty() => *out = buffer,
            Lines::Text(_, out) if out.is_empty() => *out = String::from_utf8(buffer).unwrap_or_default(),
            Lines::Json(..) | Lines::Text(..) => {}
        }
    }

    /// Adds a line of text that is safe already; only where lines are for people.
    pub(super) fn line(&mut self, line: &str) {
        if let Lines::Text(_, out) = &mut self.0 {
            out.push_str(line);
            out.push('\n');
        }
    }

    /// Writes what was added where it is much.
    ///
    /// # Errors
    /// Where standard output cannot be written.
    pub(super) fn flush_large(&mut self) -> io::Result<()> {
        if self.length() >= LARGE { self.flush() } else { Ok(()) }
    }

    /// How much was added since the last time, in bytes.
    pub(super) fn length(&self) -> usize {
        match &self.0 {
            Lines::Json(_, out) => out.len(),
            Lines::Text(_, out) => out.len(),
        }
    }

    /// Writes what was added, and waits as long as it takes.
    ///
    /// # Errors
    /// Where standard output cannot be written.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(&self.take())?;
        stdout.flush()
    }
}

/// Colours are for a terminal, or where `CLICOLOR_FORCE` asks for them; `NO_COLOR` forbids them anywhere, and `CLICOLOR=0`
/// or a dumb terminal on the terminal. See <https://no-color.org> and <https://bixense.com/clicolors>.
fn style(is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> Style {
    let is = |name, value: &str| variable(name).is_some_and(|found| found == value);
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    let forced = is_set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0");
    let fitting = is_terminal && !is("CLICOLOR", "0") && !is("TERM", "dumb");
    if !is_set("NO_COLOR") && (forced || fitting) { Style::Ansi } else { Style::Plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_unless_someone_says_otherwise() {
        for (is_terminal, variables, expected) in [
            (true, &[][..], Style::Ansi),
            (false, &[], Style::Plain),
            (true, &[("NO_COLOR", "1")], Style::Plain),
            (true, &[("NO_COLOR", "")], Style::Ansi),
            (true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], Style::Plain),
            (false, &[("CLICOLOR_FORCE", "1")], Style::Ansi),
            (false, &[("CLICOLOR_FORCE", "0")], Style::Plain),
            (true, &[("CLICOLOR_FORCE", "0")], Style::Ansi),
            (true, &[("CLICOLOR", "0")], Style::Plain),
            (false, &[("CLICOLOR", "1")], Style::Plain),
            (true, &[("TERM", "dumb")], Style::Plain),
        ] {
            let variable =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
            assert_eq!(style(is_terminal, variable), expected, "{is_terminal} {variables:?}");
        }
    }
}
