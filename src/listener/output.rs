//! The output of `listen`. It is written concurrently: a slow reader of standard output delays no command.

use std::io;
use std::time::Duration;

use super::job_queues::{Cause, Ended};
use crate::child::Outcome;
use crate::failure::to_stderr;
use crate::ledger::interval::{Interval, Message};
use crate::ledger::sequence::Channel;
use crate::output::summary::{HandlerRun, RunCause};
use crate::stdout::{Printer, Writer, Writing};

/// The most bytes that wait to be written. If more wait, they are discarded.
const MAX_WAITING: usize = 16 << 20;
/// The longest wait for the output at the end.
const FINISH_TIMEOUT: Duration = Duration::from_secs(2);

/// The lines to print.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) printer: Printer,
    writer: Writer,
    writing: Option<Writing>,
    lost: bool,
}

impl Output {
    pub(super) fn new(printer: Printer, writer: Writer) -> Self {
        Self { printer, writer, writing: None, lost: false }
    }

    /// Adds a finished run.
    pub(super) fn ran(&mut self, ended: &Ended) {
        let (outcome, status, signal) = match ended.outcome {
            Outcome::Done => ("done", Some(0), None),
            Outcome::Status(status) => ("failed", Some(status), None),
            Outcome::Signal(signal) => ("failed", None, Some(signal)),
            Outcome::TooLong(_) => ("killed", None, None),
            Outcome::NotRun(_) => ("not_run", None, None),
        };
        self.printer.handler_run(&HandlerRun {
            at: ended.at,
            channel: ended.work.channel.as_ref().map(Channel::as_bytes),
            cause: match &ended.work.cause {
                Cause::Message { name, sequence } => RunCause::Message { name, sequence: *sequence },
                Cause::Missed(missed) => RunCause::Missed(missed),
            },
            recovered: ended.work.recovered,
            outcome,
            status,
            signal,
            reason: &ended.outcome.to_string(),
            attempts: ended.attempts,
            duration_micros: u64::try_from(ended.took.as_micros()).unwrap_or(u64::MAX),
        });
    }

    /// Adds a duplicate message for which `--skip-duplicates` runs no command.
    pub(super) fn skipped(&mut self, interval: &Interval, message: &Message, recovered: bool) {
        self.printer.handler_run(&HandlerRun {
            at: message.at,
            channel: Some(interval.channel(message).as_bytes()),
            cause: RunCause::Message { name: interval.envelope(message).name, sequence: message.sequence },
            recovered,
            outcome: "skipped",
            status: None,
            signal: None,
            reason: "skipped: duplicate",
            attempts: 0,
            duration_micros: 0,
        });
    }

    /// Starts to write the added lines, unless earlier ones are still being written.
    pub(super) fn write(&mut self) {
        if self.writing.is_none() && self.printer.length() > 0 {
            self.writing = Some(self.writer.begin(self.printer.take()));
        }
        if self.printer.length() > MAX_WAITING {
            self.lost = !self.printer.take().is_empty();
        }
    }

    /// Waits until the lines are written; forever if there are none. Safe to cancel.
    ///
    /// # Errors
    /// Fails if standard output cannot be written, or its reader has gone.
    pub(super) async fn written(&mut self) -> io::Result<()> {
        let written = async {
            match &mut self.writing {
                Some(writing) => writing.written().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            outcome = written => {
                self.writing = None;
                outcome.map(drop)
            }
            () = self.writer.closed() => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Writes the remaining lines. Warns if not all could be written.
    ///
    /// # Errors
    /// Fails if standard output cannot be written.
    pub(super) async fn finish(&mut self) -> io::Result<()> {
        let all = async {
            loop {
                self.write();
                if self.writing.is_none() {
                    return Ok(());
                }
                self.written().await?;
            }
        };
        let finished = tokio::time::timeout(FINISH_TIMEOUT, all).await;
        if self.lost || finished.is_err() {
            to_stderr("Warning: standard output is not read; not all lines were printed");
        }
        finished.unwrap_or(Ok(()))
    }
}
