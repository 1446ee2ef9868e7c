//! What commands print on standard output: lines of one format, gathered until they are written.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::mpsc::{Sender, channel};

use clap::ValueEnum;
use jiff::tz::TimeZone;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::oneshot;

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

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// Text for people
    #[default]
    Text,
    /// JSON lines for programs
    Json,
}

/// Gathers lines of one format and writes them.
#[derive(Debug)]
pub(crate) struct Printer(Lines);

#[derive(Debug)]
enum Lines {
    Json(JsonLines, Vec<u8>),
    Text(Box<TextLines>, String),
}

impl Printer {
    /// Lines of that format; text is coloured where it should be.
    #[must_use]
    pub(crate) fn new(format: Format) -> Self {
        Self(match format {
            Format::Json => Lines::Json(JsonLines::default(), Vec::new()),
            Format::Text => {
                let style = style(io::stdout().is_terminal(), |name| std::env::var_os(name));
                Lines::Text(Box::new(TextLines::new(TimeZone::system(), style)), String::new())
            }
        })
    }

    /// Adds the line of an entry, if it has one.
    pub(crate) fn entry(&mut self, interval: &Interval, entry: &Entry) {
        match &mut self.0 {
            Lines::Json(lines, out) => lines.entry(out, interval, entry),
            Lines::Text(lines, out) => lines.entry(out, interval, entry),
        };
    }

    /// Adds the line of a message; with `filter_error`, why the filter could not be evaluated.
    pub(crate) fn message(&mut self, interval: &Interval, message: &Message, filter_error: Option<&str>) {
        match &mut self.0 {
            Lines::Json(lines, out) => lines.message(out, interval, message, filter_error),
            Lines::Text(lines, out) => lines.message(out, interval, message, filter_error),
        }
    }

    /// Adds messages that were dropped.
    pub(crate) fn dropped(&mut self, dropped: &Dropped) {
        match &mut self.0 {
            Lines::Json(lines, out) => lines.dropped(out, dropped),
            Lines::Text(lines, out) => lines.dropped(out, dropped),
        }
    }

    /// Adds missed messages that the recording of `listen --recover` does not contain.
    pub(crate) fn not_recovered(&mut self, missed: &Missed) {
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
    pub(crate) fn missing(&mut self, missing: &Missing<'_>) {
        if let Lines::Json(lines, out) = &mut self.0 {
            lines.missing(out, missing);
        }
    }

    /// Adds a finished run of a handler command.
    pub(crate) fn handler_run(&mut self, run: &HandlerRun<'_>) {
        match &mut self.0 {
            Lines::Json(lines, out) => lines.handler_run(out, run),
            Lines::Text(lines, out) => lines.handler_run(out, run),
        }
    }

    /// Adds the receipt of a broadcast.
    pub(crate) fn published(&mut self, published: &Published<'_>) {
        match &mut self.0 {
            Lines::Json(lines, out) => lines.published(out, published),
            Lines::Text(lines, out) => lines.published(out, published),
        }
    }

    /// Adds the comparison of a counter.
    pub(crate) fn checked(&mut self, checked: &Checked<'_>) {
        match &mut self.0 {
            Lines::Json(lines, out) => lines.checked(out, checked),
            Lines::Text(lines, out) => lines.checked(out, checked),
        }
    }

    /// Adds channels: all there are, for in text they are one table.
    pub(crate) fn listed(&mut self, listed: &[Listed<'_>]) {
        match &mut self.0 {
            Lines::Json(lines, out) => listed.iter().for_each(|listed| lines.listed(out, listed)),
            Lines::Text(lines, out) => lines.listed(out, listed),
        }
    }

    /// Adds the judgement of a payload.
    pub(crate) fn inspected(&mut self, inspected: &Inspected<'_>) {
        match &mut self.0 {
            Lines::Json(lines, out) => lines.inspected(out, inspected),
            Lines::Text(lines, out) => lines.inspected(out, inspected),
        }
    }

    /// Gives what was added since the last time.
    #[must_use]
    pub(crate) fn take(&mut self) -> Vec<u8> {
        match &mut self.0 {
            Lines::Json(_, out) => std::mem::take(out),
            Lines::Text(_, out) => std::mem::take(out).into_bytes(),
        }
    }

    /// Takes a buffer that was [taken](Self::take) and written back, so that the next lines need no new memory.
    pub(crate) fn reuse(&mut self, mut buffer: Vec<u8>) {
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
    pub(crate) fn line(&mut self, line: &str) {
        if let Lines::Text(_, out) = &mut self.0 {
            out.push_str(line);
            out.push('\n');
        }
    }

    /// Writes what was added where it is much.
    ///
    /// # Errors
    /// Where standard output cannot be written.
    pub(crate) fn flush_large(&mut self) -> io::Result<()> {
        if self.length() >= LARGE { self.flush() } else { Ok(()) }
    }

    /// How much was added since the last time, in bytes.
    pub(crate) fn length(&self) -> usize {
        match &self.0 {
            Lines::Json(_, out) => out.len(),
            Lines::Text(_, out) => out.len(),
        }
    }

    /// Writes what was added, and waits as long as it takes.
    ///
    /// # Errors
    /// Where standard output cannot be written.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
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

/// Threads that write to standard output and see that its reader goes away. They end with the program, blocked or not.
#[derive(Debug)]
pub(crate) struct Writer {
    jobs: Sender<Job>,
    closed: oneshot::Receiver<()>,
}

#[derive(Debug)]
struct Job {
    bytes: Vec<u8>,
    done: oneshot::Sender<io::Result<Vec<u8>>>,
}

impl Writer {
    /// Starts the threads.
    ///
    /// # Errors
    /// Where the system gives no thread, or there is no standard output.
    pub(crate) fn start() -> io::Result<Self> {
        // Not the standard library's handle: that keeps back what comes after the last line feed, and holds its lock
        // while it is blocked.
        let mut output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let (jobs, waiting) = channel::<Job>();
        std::thread::Builder::new().name("output".to_owned()).spawn(move || {
            for job in waiting {
                // Nobody waits for the outcome any more where the program is about to end.
                let written = output.write_all(&job.bytes);
                let _ = job.done.send(written.map(|()| job.bytes));
            }
        })?;
        let (gone, closed) = oneshot::channel();
        let output = io::stdout().as_fd().try_clone_to_owned()?;
        std::thread::Builder::new().name("output-closed".to_owned()).spawn(move || {
            if is_left(&output) {
                let _ = gone.send(());
            }
        })?;
        Ok(Self { jobs, closed })
    }

    /// Waits until the reader of a pipe has gone away, which on a quiet channel no write would tell. Safe to cancel.
    pub(crate) async fn closed(&mut self) {
        if (&mut self.closed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Writes all of it, and gives the buffer back. What was begun goes on where the waiting is given up.
    ///
    /// # Errors
    /// Where standard output cannot be written.
    pub(crate) async fn write(&self, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        self.begin(bytes).written().await
    }

    /// Begins to write all of it.
    pub(crate) fn begin(&self, bytes: Vec<u8>) -> Writing {
        let (done, outcome) = oneshot::channel();
        // Where the thread is gone, the outcome says so.
        let _ = self.jobs.send(Job { bytes, done });
        Writing(outcome)
    }
}

/// What is being written.
#[derive(Debug)]
pub(crate) struct Writing(oneshot::Receiver<io::Result<Vec<u8>>>);

impl Writing {
    /// Waits until it is written. Safe to cancel.
    ///
    /// # Errors
    /// Where standard output cannot be written.
    pub(crate) async fn written(&mut self) -> io::Result<Vec<u8>> {
        (&mut self.0).await.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::BrokenPipe)))
    }
}

/// Waits until nobody reads a pipe or terminal any more; false where the system does not tell.
fn is_left(output: &OwnedFd) -> bool {
    loop {
        // No flag: errors and hang-ups are told unasked.
        let mut waited = [PollFd::new(output, PollFlags::empty())];
        match poll(&mut waited, None) {
            Ok(_) if waited[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) => return true,
            Err(Errno::INTR) => {}
            Ok(_) | Err(_) => return false,
        }
    }
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
