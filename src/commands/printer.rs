//! Where lines go: standard output, in one write for all that came together.

use std::io::{self, IsTerminal as _, Write as _};

use jiff::tz::TimeZone;

use super::cli::Format;
use crate::ledger::interval::{Entry, Interval};
use crate::output::json::JsonLines;
use crate::output::summary::Inspected;
use crate::output::text::{Style, TextLines};

/// Lines are gathered to at least this many bytes, where nobody waits for them.
const LARGE: usize = 1 << 16;

/// Gathers lines of one format and writes them.
#[derive(Debug)]
pub(super) struct Printer {
    lines: Lines,
    out: Vec<u8>,
    text: String,
}

#[derive(Debug)]
enum Lines {
    Json(JsonLines),
    Text(TextLines),
}

impl Printer {
    /// Text is coloured where a terminal shows it and `NO_COLOR` does not forbid it.
    #[must_use]
    pub(super) fn new(format: Format) -> Self {
        let lines = match format {
            Format::Json => Lines::Json(JsonLines::default()),
            Format::Text => {
                let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                let style = if io::stdout().is_terminal() && !plain { Style::Ansi } else { Style::Plain };
                Lines::Text(TextLines::new(TimeZone::system(), style))
            }
        };
        Self { lines, out: Vec::new(), text: String::new() }
    }

    /// Adds the line of an entry, if it has one.
    pub(super) fn entry(&mut self, interval: &Interval, entry: &Entry) {
        match &mut self.lines {
            Lines::Json(lines) => {
                lines.entry(&mut self.out, interval, entry);
            }
            Lines::Text(lines) => {
                lines.entry(&mut self.text, interval, entry);
            }
        }
    }

    /// Adds the judgement of a payload.
    pub(super) fn inspected(&mut self, inspected: &Inspected<'_>) {
        match &mut self.lines {
            Lines::Json(lines) => lines.inspected(&mut self.out, inspected),
            Lines::Text(lines) => lines.inspected(&mut self.text, inspected),
        }
    }

    /// Adds how many messages were not printed.
    pub(super) fn dropped(&mut self, count: u64, at: i64) {
        match &mut self.lines {
            Lines::Json(lines) => lines.dropped(&mut self.out, count, at),
            Lines::Text(lines) => lines.dropped(&mut self.text, count, at),
        }
    }

    /// Adds a line of text that is safe already; only where lines are for people.
    pub(super) fn line(&mut self, line: &str) {
        if let Lines::Text(_) = self.lines {
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    /// Writes what was added where it is much.
    ///
    /// # Errors
    /// Where standard output cannot be written.
    pub(super) fn flush_large(&mut self) -> io::Result<()> {
        if self.out.len().max(self.text.len()) >= LARGE { self.flush() } else { Ok(()) }
    }

    /// Writes what was added, and flushes.
    ///
    /// # Errors
    /// Where standard output cannot be written.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let bytes = if self.out.is_empty() { self.text.as_bytes() } else { &self.out[..] };
        if bytes.is_empty() {
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()?;
        self.out.clear();
        self.text.clear();
        Ok(())
    }
}
