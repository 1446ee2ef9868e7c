//! The output of `listen`. It is written concurrently: a slow reader of standard output delays no command.

use std::io;
use std::time::Duration;

use super::job_queues::{FinishedJob, JobCause};
use crate::child::CommandOutcome;
use crate::failure::to_stderr;
use crate::ledger::interval::{Interval, Message};
use crate::ledger::sequence::Channel;
use crate::output::summary::{HandlerRun, RunCause};
use crate::stdout::{Printer, Writer, Writing};

/// The most bytes of lines that wait to be written. If there are more, they are discarded.
const MAX_WAITING: usize = 16 << 20;
/// The longest wait for the output at the end.
const FINISH_TIMEOUT: Duration = Duration::from_secs(2);

/// The lines to print, and the write in progress.
#[derive(Debug)]
pub(super) struct ListenerOutput {
    pub(super) printer: Printer,
    writer: Writer,
    writing: Option<Writing>,
    /// Lines were discarded.
    is_incomplete: bool,
}

impl ListenerOutput {
    pub(super) fn new(printer: Printer, writer: Writer) -> Self {
        Self { printer, writer, writing: None, is_incomplete: false }
    }

    /// Adds a finished job.
    pub(super) fn job_finished(&mut self, finished: &FinishedJob) {
        let (outcome, status, signal) = match finished.outcome {
            CommandOutcome::Done => ("done", Some(0), None),
            CommandOutcome::Status(status) => ("failed", Some(status), None),
            CommandOutcome::Signal(signal) => ("failed", None, Some(signal)),
            CommandOutcome::TooLong(_) => ("killed", None, None),
            CommandOutcome::NotRun(_) => ("not_run", None, None),
        };
        self.printer.handler_run(&HandlerRun {
            at: finished.at,
            channel: finished.job.channel.as_ref().map(Channel::as_bytes),
            cause: match &finished.job.cause {
                JobCause::Message { name, sequence } => RunCause::Message { name, sequence: *sequence },
                JobCause::Missed(missed) => RunCause::Missed(missed),
            },
            recovered: finished.job.recovered,
            outcome,
            status,
            signal,
            reason: &finished.outcome.to_string(),
            attempts: finished.attempts,
            duration_micros: u64::try_from(finished.duration.as_micros()).unwrap_or(u64::MAX),
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
            drop(self.printer.take());
            self.is_incomplete = true;
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
        if self.is_incomplete || finished.is_err() {
            to_stderr("Warning: not all lines were printed: standard output is not read");
        }
        finished.unwrap_or(Ok(()))
    }
}
