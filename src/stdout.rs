//! Standard output: [`Printer`] formats lines, and [`Writer`] writes them on a thread, so that a slow reader delays nothing else.

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
use crate::ledger::finding::{Acknowledgement, Finding};
use crate::ledger::interval::{Entry, Interval, Message};
use crate::ledger::sequence::Channel;
use crate::output::json::JsonLines;
use crate::output::missed::Missed;
use crate::output::summary::{
    Checked, CheckedExpectation, HandlerRun, Inspected, Listed, Missing, Published, Recorded,
};
use crate::output::text::{Style, TextLines};

/// [`Printer::flush_large`] writes at least this many bytes.
const MIN_FLUSH: usize = 1 << 16;

/// The largest buffer that is reused, in bytes.
const MAX_REUSED: usize = 8 << 20;

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// Text for people
    #[default]
    Text,
    /// JSON lines for programs
    Json,
}

/// Formats lines, and keeps them until they are taken or flushed.
#[derive(Debug)]
pub(crate) struct Printer(Lines);

#[derive(Debug)]
enum Lines {
    Json(JsonLines, Vec<u8>),
    Text(Box<TextLines>, String),
}

impl Printer {
    /// A printer for this format. Text has colours if standard output is a terminal.
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

    /// Adds a recorded finding, which may be acknowledged.
    pub(crate) fn finding(&mut self, finding: &Finding, acknowledgement: Option<&Acknowledgement>) {
        match &mut self.0 {
            Lines::Json(lines, out) => lines.finding_of_recording(out, finding, acknowledgement),
            Lines::Text(lines, out) => lines.finding_of_recording(out, finding, acknowledgement),
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
                let reason = missed.why_not_recovered();
                lines.missing(out, &Missing { channel, range, count, kind: missed.kind, reason });
            }
            Lines::Text(lines, out) => lines.missing(out, missed),
        }
    }

    /// Aligns the text lines that follow with a message that is added later.
    pub(crate) fn align(&mut self, interval: &Interval, message: &Message) {
        if let Lines::Text(lines, _) = &mut self.0 {
            lines.align(interval, message);
        }
    }

    /// Adds messages that a recording does not contain. Only JSON lines have them on standard output.
    pub(crate) fn missing(&mut self, missing: &Missing<'_>) {
        if let Lines::Json(lines, out) = &mut self.0 {
            lines.missing(out, missing);
        }
    }

    /// Adds messages that a recording has. Only JSON lines have them.
    pub(crate) fn recorded(&mut self, recorded: &Recorded<'_>) {
        if let Lines::Json(lines, out) = &mut self.0 {
            lines.recorded(out, recorded);
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

    /// Adds the state of an expectation.
    pub(crate) fn expectation(&mut self, checked: &CheckedExpectation) {
        match &mut self.0 {
            Lines::Json(lines, out) => lines.expectation(out, checked),
            Lines::Text(lines, out) => lines.expectation(out, checked),
        }
    }

    /// Adds all channels. As text, they are one table.
    pub(crate) fn listed(&mut self, listed: &[Listed<'_>]) {
        match &mut self.0 {
            Lines::Json(lines, out) => listed.iter().for_each(|listed| lines.listed(out, listed)),
            Lines::Text(lines, out) => lines.listed(out, listed),
        }
    }

    /// Adds the verification of a payload.
    pub(crate) fn inspected(&mut self, inspected: &Inspected<'_>) {
        match &mut self.0 {
            Lines::Json(lines, out) => lines.inspected(out, inspected),
            Lines::Text(lines, out) => lines.inspected(out, inspected),
        }
    }

    /// Returns the lines added since the last call.
    #[must_use]
    pub(crate) fn take(&mut self) -> Vec<u8> {
        match &mut self.0 {
            Lines::Json(_, out) => std::mem::take(out),
            Lines::Text(_, out) => std::mem::take(out).into_bytes(),
        }
    }

    /// Reuses the buffer of lines that were [taken](Self::take) and written, to avoid an allocation.
    pub(crate) fn reuse(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() > MAX_REUSED {
            return;
        }
        buffer.clear();
        match &mut self.0 {
            Lines::Json(_, out) if out.is_empty() => *out = buffer,
            Lines::Text(_, out) if out.is_empty() => *out = String::from_utf8(buffer).unwrap_or_default(),
            Lines::Json(..) | Lines::Text(..) => {}
        }
    }

    /// Adds a line of escaped text. JSON lines omit it.
    pub(crate) fn line(&mut self, line: &str) {
        if let Lines::Text(_, out) = &mut self.0 {
            out.push_str(line);
            out.push('\n');
        }
    }

    /// Writes the added lines if they are long enough.
    ///
    /// # Errors
    /// Fails if standard output cannot be written.
    pub(crate) fn flush_large(&mut self) -> io::Result<()> {
        if self.length() >= MIN_FLUSH { self.flush() } else { Ok(()) }
    }

    /// The size of the added lines, in bytes.
    pub(crate) fn length(&self) -> usize {
        match &self.0 {
            Lines::Json(_, out) => out.len(),
            Lines::Text(_, out) => out.len(),
        }
    }

    /// Writes the added lines. Blocks until all are written.
    ///
    /// # Errors
    /// Fails if standard output cannot be written.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(&self.take())?;
        stdout.flush()
    }
}

/// Terminals have colours, unless `CLICOLOR=0` or `TERM=dumb` is set. `CLICOLOR_FORCE` enables colours everywhere. `NO_COLOR`
/// disables colours everywhere. See <https://no-color.org> and <https://bixense.com/clicolors>.
fn style(is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> Style {
    let is = |name, value: &str| variable(name).is_some_and(|found| found == value);
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    let forced = is_set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0");
    let by_default = is_terminal && !is("CLICOLOR", "0") && !is("TERM", "dumb");
    if !is_set("NO_COLOR") && (forced || by_default) { Style::Ansi } else { Style::Plain }
}

/// Threads that write to standard output and detect that its reader has gone. They end with the program, even if blocked.
#[derive(Debug)]
pub(crate) struct Writer {
    requests: Sender<WriteRequest>,
    closed: oneshot::Receiver<()>,
}

#[derive(Debug)]
struct WriteRequest {
    bytes: Vec<u8>,
    done: oneshot::Sender<io::Result<Vec<u8>>>,
}

impl Writer {
    /// Starts the threads.
    ///
    /// # Errors
    /// Fails if the system cannot create a thread, or if there is no standard output.
    pub(crate) fn start() -> io::Result<Self> {
        // The standard library's handle holds its lock while a write blocks, and buffers text after the last line feed.
        let mut output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let (requests, waiting) = channel::<WriteRequest>();
        std::thread::Builder::new().name("output".to_owned()).spawn(move || {
            for WriteRequest { bytes, done } in waiting {
                let written = output.write_all(&bytes);
                // The receiver is gone if the program is about to end.
                let _ = done.send(written.map(|()| bytes));
            }
        })?;
        let (reader_gone, closed) = oneshot::channel();
        let output = io::stdout().as_fd().try_clone_to_owned()?;
        std::thread::Builder::new().name("output-closed".to_owned()).spawn(move || {
            if wait_until_closed(&output) {
                let _ = reader_gone.send(());
            }
        })?;
        Ok(Self { requests, closed })
    }

    /// Waits until the reader of standard output has gone. Without traffic, no write would detect that. Safe to cancel.
    pub(crate) async fn closed(&mut self) {
        if (&mut self.closed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Writes all bytes, and returns the buffer. If this is cancelled, the write continues.
    ///
    /// # Errors
    /// Fails if standard output cannot be written.
    pub(crate) async fn write(&self, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        self.begin(bytes).written().await
    }

    /// Starts to write all bytes.
    pub(crate) fn begin(&self, bytes: Vec<u8>) -> Writing {
        let (done, outcome) = oneshot::channel();
        // If the thread is gone, the receiver reports it.
        let _ = self.requests.send(WriteRequest { bytes, done });
        Writing(outcome)
    }
}

/// A write in progress.
#[derive(Debug)]
pub(crate) struct Writing(oneshot::Receiver<io::Result<Vec<u8>>>);

impl Writing {
    /// Waits until all bytes are written. Safe to cancel.
    ///
    /// # Errors
    /// Fails if standard output cannot be written.
    pub(crate) async fn written(&mut self) -> io::Result<Vec<u8>> {
        (&mut self.0).await.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::BrokenPipe)))
    }
}

/// Waits until a pipe or terminal has no reader. Returns false if the system cannot tell.
fn wait_until_closed(output: &OwnedFd) -> bool {
    loop {
        // Errors and hang-ups are always reported.
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
    fn colours_are_on_for_terminals_unless_a_variable_overrides_it() {
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
