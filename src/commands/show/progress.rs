//! The progress of a long search, on standard error.

#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::ledger::format::counted;

/// A search that ends within this time shows no progress.
const FIRST: Duration = Duration::from_secs(1);
/// The time between two progress lines.
const INTERVAL: Duration = Duration::from_millis(250);

/// A line that is overwritten. Without a terminal, there is none.
#[derive(Debug)]
pub(super) struct Progress {
    is_terminal: bool,
    due: Instant,
    messages: u64,
    has_line: bool,
}

impl Progress {
    pub(super) fn new(now: Instant) -> Self {
        Self { is_terminal: io::stderr().is_terminal(), due: now + FIRST, messages: 0, has_line: false }
    }

    /// Removes the line, so that other output can be written.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.has_line) {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }

    /// Adds messages that were searched, up to this time, in microseconds since the epoch. Shows the line again.
    pub(super) fn read(&mut self, messages: usize, until: i64, now: Instant) {
        self.messages += messages as u64;
        if let Some(line) = self.line(until, now).filter(|_| self.is_terminal) {
            let mut err = io::stderr().lock();
            let _ = write!(err, "\r{line}\x1b[K").and_then(|()| err.flush());
            self.has_line = true;
        }
    }

    /// `400 000 messages searched, up to 23:12:07; Ctrl-C stops`, if it is time for a line.
    fn line(&mut self, until: i64, now: Instant) -> Option<String> {
        if now < self.due {
            return None;
        }
        self.due = now + INTERVAL;
        let time = Timestamp::from_microsecond(until).ok()?;
        let time = TimeZone::system().to_datetime(time).strftime("%H:%M:%S").to_string();
        Some(format!("{} searched, up to {time}; Ctrl-C stops", counted(self.messages, "message")))
    }
}
