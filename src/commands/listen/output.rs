//! The lines of `listen`: written beside everything else, so that a slow reader of them holds nothing up.

use std::io;
use std::time::Duration;

use super::job_queues::{Cause, Ended};
use crate::child::Outcome;
use crate::commands::printer::Printer;
use crate::commands::to_stderr;
use crate::commands::writer::{Writer, Writing};
use crate::ledger::sequence::Channel;
use crate::output::summary::{HandlerRun, RunCause};

/// Lines that nobody reads are kept up to this, in bytes.
const MAX: usize = 16 << 20;
/// How long the output may take once the program is to end.
const GRACE: Duration = Duration::from_secs(2);

/// What is printed.
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

    /// Adds the end of a run.
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

    /// Begins to write what was added, once what was begun before is written.
    pub(super) fn write(&mut self) {
        if self.writing.is_none() && self.printer.length() > 0 {
            self.writing = Some(self.writer.begin(self.printer.take()));
        }
        if self.printer.length() > MAX {
            self.lost = !self.printer.take().is_empty();
        }
    }

    /// Waits until what was begun is written; for ever, where nothing was. Safe to cancel.
    ///
    /// # Errors
    /// Where standard output cannot be written, or its reader has gone away.
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

    /// Writes what is left, and says what could not be.
    ///
    /// # Errors
    /// Where standard output cannot be written.
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
        let finished = tokio::time::timeout(GRACE, all).await;
        if self.lost || finished.is_err() {
            to_stderr("Warning: standard output is not read; not all lines were printed");
        }
        finished.unwrap_or(Ok(()))
    }
}
